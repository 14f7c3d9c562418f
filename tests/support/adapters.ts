/** What serves the resources of a program. */
export type Adapter = "dynamic" | "native";

/** The one of tests that name none. `npm run test:engine` runs each of them by both. */
export const adapterOfRun: Adapter = process.env.AKAMAI_EDGE_ADAPTER === "native" ? "native" : "dynamic";

/** A test of what only one of them has. */
export const dynamicTest = adapterOfRun === "dynamic" ? test : test.skip;
