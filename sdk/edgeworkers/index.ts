export * from "./activation";
export * from "./edgeWorker";
export * from "./lookups";
export { Version, type VersionArgs } from "./version";
