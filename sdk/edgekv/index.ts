export * from "./accessToken";
export * from "./database";
export { Item, type ItemArgs, type JsonInput } from "./item";
export * from "./itemGroup";
export * from "./functions";
export * from "./namespace";
export * from "./shards";
export * from "./tokensFile";
