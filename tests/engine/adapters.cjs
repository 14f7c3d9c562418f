/**
 * The engine tests of one adapter only, each with its reason. All others run by both: `npm run test:engine` takes each file once by the dynamic provider and
 * once by the native plugin. docs/development/testing.md has the same as a table.
 */
module.exports = {
  dynamic: {
    "demo.test.ts": "`npm run demo` is one program, by the dynamic provider",
    "installation.test.ts": "only a dynamic provider is loaded from the program's packages",
    "package.test.ts":
      "the npm package as programs load it; `tarball.test.ts` has the plugin as the engine loads it",
  },
  native: {
    "adopt.test.ts": "`pulumi import` needs the plugin",
    "languages.test.ts": "other languages have the plugin only",
    "moving.test.ts": "goes from one adapter to the other and back",
    "plugin.test.ts": "what only the plugin has: Providers, moving over, `pulumi import`, attach mode",
    "tarball.test.ts": "the plugin's release files",
  },
};
