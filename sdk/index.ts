import "../provider/nodeVersion";

export * as edgekv from "./edgekv";
export * as edgeworkers from "./edgeworkers";
export * as property from "./property";
export { Provider, type ProviderArgs } from "./provider";
