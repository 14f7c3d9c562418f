const { TestEnvironment } = require("jest-environment-node");

/**
 * A run that the engine ends early rejects what its program still registers, with nobody waiting for it. Pulumi's
 * language host ignores that; jest would call it a failed suite when it comes between two tests.
 */
module.exports = class EngineEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    // The adapter of a project in jest.engine.cjs; tests/support/adapters.ts reads it.
    const { adapter } = config.projectConfig.testEnvironmentOptions;
    if (adapter !== undefined) this.global.process.env.AKAMAI_EDGE_ADAPTER = adapter;
  }

  handleTestEvent(event, state) {
    if (event.name !== "error" || event.promise === undefined) return;
    if (event.error?.message !== "Resource monitor is terminating") return;
    state.unhandledRejectionErrorByPromiseTarget.get(event.promise)?.delete(event.promise);
    state.unhandledRejectionErrorByPromiseTarget.delete(event.promise);
  }
};
