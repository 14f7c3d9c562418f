export * from "./activation";
export * from "./edgeWorker";
export * from "./functions";
export { Version, type VersionArgs } from "./version";
