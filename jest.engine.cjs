/** `npm run test:engine`: each engine test by each adapter. */
const { dynamic, native } = require("./tests/engine/adapters.cjs");
const { maxWorkers, reporters, testSequencer, testTimeout, ...project } = require("./jest.config.cjs");

const all = ["**/engine/**/*.test.ts", "**/emulator/edge/limit*.test.ts"];
const files = (ofOtherAdapter) =>
  Object.keys(ofOtherAdapter).map((file) => `/tests/engine/${file.replaceAll(".", "\\.")}$`);

/** @type {import("jest").Config} */
module.exports = {
  maxWorkers,
  reporters,
  testSequencer,
  testTimeout,
  projects: [
    { ...project, displayName: "dynamic", testMatch: all, testPathIgnorePatterns: files(native) },
    {
      ...project,
      displayName: "native",
      testMatch: all.slice(0, 1),
      testPathIgnorePatterns: files(dynamic),
      testEnvironmentOptions: { adapter: "native" },
    },
  ],
};
