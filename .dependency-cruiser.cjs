/**
 * The layers of docs/development/architecture.md: imports point down only, and no file is in a circle, types included.
 * `npm run layers` checks it.
 */

/** Folders and files of provider/, lowest layer first. What stands in one line does not import each other's insides by accident: it may. */
const layers = [
  ["errors", "runtime"],
  ["http"],
  ["consistency", "framework"],
  ["api"],
  ["items", "rules", "bundle", "functions"],
  ["liveUse"],
  ["resources"],
  ["registry"],
  ["config", "openContext", "adapter"],
  ["dynamic", "plugin"],
];

const pathOf = (names) => `^provider/(?:${names.join("|")})(?:/|\\.ts$)`;

const upward = layers.slice(0, -1).map((names, level) => ({
  name: `layer-${names.join("-")}`,
  severity: "error",
  comment: `provider/${names.join(", provider/")}: imports point to lower layers only`,
  from: { path: pathOf(names) },
  to: { path: pathOf(layers.slice(level + 1).flat()) },
}));

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "no-circle",
      severity: "error",
      comment: "no file is in a circle",
      from: {},
      to: { circular: true },
    },
    ...upward,
    {
      name: "emulator-apart",
      severity: "error",
      comment: "the emulator and the provider share no code: what both got wrong no test would see",
      from: { path: "^emulator/" },
      to: { path: "^(provider|sdk|cli)/" },
    },
    {
      name: "provider-apart",
      severity: "error",
      comment: "the provider knows neither the emulator nor the classes of the package",
      from: { path: "^provider/" },
      to: { path: "^(emulator|sdk|cli|scripts|tests|examples)/" },
    },
    {
      name: "sdk-apart",
      severity: "error",
      comment: "the package's classes know the provider only",
      from: { path: "^sdk/" },
      to: { path: "^(emulator|cli|scripts|tests|examples)/" },
    },
    {
      name: "cli-apart",
      severity: "error",
      comment: "the command knows the provider and the emulator, not the classes of the package",
      from: { path: "^cli/" },
      to: { path: "^(sdk|scripts|tests|examples)/" },
    },
    {
      name: "without-pulumi",
      severity: "error",
      comment: "the commands run where @pulumi/pulumi is not installed",
      from: { path: "^(emulator|cli)/" },
      to: { path: "(^|/)@pulumi/", reachable: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^dist/" },
  },
};
