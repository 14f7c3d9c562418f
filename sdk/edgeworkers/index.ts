export * from "./activation";
export * from "./edgeWorker";
export * from "./version";
