/** What the provider can fail with, and how it tells the user. */
export * from "./errors";
export * from "./truncate";
