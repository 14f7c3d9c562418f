/** What a provider process loads before its first request: it is started for each run, also for one that changes nothing. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { registry } from "../../provider/registry";
import { root } from "../../scripts/root";

/** The packages and the files of this one that a process loads for a resource, as Pulumi's own process does. */
function loadedFor(token: string, then = ""): string[] {
  const dynamic = join(root, "dist", "provider", "dynamic.js");
  const program = `
    const loaded = [];
    require("node:module").registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    const provider = require(${JSON.stringify(dynamic)}).handler(${JSON.stringify(token)});
    ${then}
    console.log(JSON.stringify(loaded));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", program], { encoding: "utf8", cwd: root });
  if (stdout === "") throw new Error(stderr);
  const urls = JSON.parse(stdout) as string[];
  const here = pathToFileURL(root).href;
  return urls
    .filter((url) => url.startsWith(here))
    .map((url) => url.slice(here.length).replace(/^\/(?:dist|node_modules)\//, ""));
}

const packagesOf = (files: readonly string[]) =>
  [...new Set(files.map((file) => file.split("/", file.startsWith("@") ? 2 : 1).join("/")))].filter(
    (name) => name !== "provider",
  );

// No client, no signature, no archives, no parsers of code or CSV.
test.each(["edgekv:Database", "edgekv:Namespace", "edgekv:AccessToken", "edgekv:Item"])(
  "a run that sends nothing for %s loads zod alone of all packages, and nothing of other products",
  (token) => {
    const files = loadedFor(token);
    expect(packagesOf(files)).toEqual(["zod"]);
    expect(
      files.filter((file) => /resources\/(?:edgeworkers\/(?!byName)|property)|liveUse|bundle/.test(file)),
    ).toEqual([]);
    expect(files.filter((file) => file.startsWith("provider/")).length).toBeLessThanOrEqual(78);
  },
);

test.each([
  "edgeworkers:EdgeWorker",
  "edgeworkers:Activation",
  "property:EdgeWorkerRules",
  "property:Activation",
])("%s loads nothing of EdgeKV's resources, and no client", (token) => {
  const files = loadedFor(token);
  expect(files.filter((file) => /resources\/edgekv\//.test(file))).toEqual([]);
  expect(packagesOf(files)).not.toContain("got");
});

test("with the first request come got and what signs", () => {
  const files = loadedFor(
    "edgekv:Item",
    'require(require("node:path").resolve("dist/provider/http/client.js"));',
  );
  expect(packagesOf(files)).toEqual(expect.arrayContaining(["got", "akamai-edgegrid"]));
});

test("each token is that of the resource that is loaded for it", () => {
  for (const [token, resource] of registry) expect(resource.token).toBe(token);
});
