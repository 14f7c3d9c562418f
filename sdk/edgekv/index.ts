export * from "./accessToken";
export * from "./database";
export * from "./functions";
export { Item, type ItemArgs, type JsonInput } from "./item";
export * from "./itemGroup";
export { Namespace, type NamespaceArgs, type NamespaceOutputs } from "./namespace";
export * from "./shards";
export * from "./tokensFile";
