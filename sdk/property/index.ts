export * from "./activation";
export * from "./edgeWorkerRules";
export * from "./functions";
