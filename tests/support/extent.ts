/** `npm run test:engine` runs every test of tests/engine. `npm test` leaves out what other tests show without the engine. */
export const isFull = process.env.AKAMAI_EDGE_ENGINE === "full";

/** A test for the full form. `npm test` counts it as skipped. */
export const fullTest = isFull ? test : test.skip;

/** The first of many alike in `npm test`, all of them in the full form. */
export const firstOrAll = <T>(all: readonly T[]): readonly T[] => (isFull ? all : all.slice(0, 1));
