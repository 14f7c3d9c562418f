import { type BuildFiles, outputOf, staleBuild } from "../../scripts/staleBuild";

const at = (path: string, writtenAt: number) => ({ path, writtenAt });
const fresh: BuildFiles = {
  sources: [at("provider/config.ts", 10), at("sdk/index.ts", 12), at("examples/x/worker/main.js", 11)],
  settings: [at("tsconfig.json", 5)],
  outputs: [
    at("dist/provider/config.js", 20),
    at("dist/sdk/index.js", 21),
    at("dist/examples/x/worker/main.js", 22),
  ],
};
const without = (path: string) => fresh.outputs.filter((one) => one.path !== path);

test.each([
  ["provider/config.ts", "dist/provider/config.js"],
  ["examples/x/worker/main.js", "dist/examples/x/worker/main.js"],
  ["examples/x/worker/bundle.json", "dist/examples/x/worker/bundle.json"],
])("%s is built to %s", (source, output) => {
  expect(outputOf(source)).toBe(output);
});

test("a build that is newer than all its sources is up to date", () => {
  expect(staleBuild(fresh)).toEqual({ reason: undefined, orphans: [] });
});

test.each<[what: string, change: Partial<BuildFiles>, reason: string]>([
  ["there is no build", { outputs: [] }, "dist has no dist/provider/config.js"],
  ["a source is new", { outputs: without("dist/sdk/index.js") }, "dist has no dist/sdk/index.js"],
  [
    "a file was not copied",
    { outputs: without("dist/examples/x/worker/main.js") },
    "dist has no dist/examples/x/worker/main.js",
  ],
  // Newer than its own output is enough: others may have been built later.
  [
    "a source changed",
    { sources: [at("provider/config.ts", 21), ...fresh.sources.slice(1)] },
    "provider/config.ts is newer than its build",
  ],
  [
    "a source changed at the same time",
    { sources: [at("provider/config.ts", 20)] },
    "provider/config.ts is newer than its build",
  ],
  ["a setting changed", { settings: [at("tsconfig.json", 20)] }, "tsconfig.json is newer than the build"],
])("it is stale when %s", (_what, change, reason) => {
  expect(staleBuild({ ...fresh, ...change }).reason).toBe(reason);
});

test("an output without a source makes it stale, and is named to be removed", () => {
  const outputs = [...fresh.outputs, at("dist/provider/gone.js", 30)];
  expect(staleBuild({ ...fresh, outputs })).toEqual({
    reason: "dist has dist/provider/gone.js, which has no source",
    orphans: ["dist/provider/gone.js"],
  });
});
