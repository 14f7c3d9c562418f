/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "<rootDir>/tests/support/environment.cjs",
  roots: ["<rootDir>/tests"],
  testMatch: ["**/*.test.ts"],
  transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2023" }, module: { type: "commonjs" } }] },
  testSequencer: "<rootDir>/tests/support/sequencer.cjs",
  globalSetup: "<rootDir>/tests/support/engine-setup.ts",
  reporters: ["default", "summary", "<rootDir>/tests/support/closing-line-reporter.cjs"],
  maxWorkers: 2,
  // Tests take a minute at most where they have the machine for themselves.
  testTimeout: 120_000,
};
