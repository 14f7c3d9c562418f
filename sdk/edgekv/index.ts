export * from "./accessToken";
export * from "./database";
export * from "./lookups";
export * from "./namespace";
export * from "./tokensFile";
