/** A whole site is taken down by settings alone: `akamai-edge:takeDown`, up, destroy. */

import { all, Others } from "../../../support/property";
import type { TestEngine } from "../../../support/testEngine";
import { plain } from "../../liveUse/bundles";
import { account, type Declared, greeterArgs, ids, live, Stack, startPrepared } from "./support";

let engine: TestEngine;
afterAll(() => engine.close());

const reads = `const kv = new EdgeKV({ namespace: "words" });\nexport async function onClientRequest(request) { request.respondWith(200, {}, await kv.getText({ item: "DE" })); }\n`;
const bundle = Object.fromEntries(
  [...plain(reads)].flatMap(([path, bytes]) => (path === "edgekv_tokens.js" ? [] : [[path, String(bytes)]])),
);
const network = "production";
const site: Declared[] = [
  {
    token: "edgekv:Namespace",
    name: "words",
    args: () => ({ name: "words", network, groupId: 72_297, retentionInSeconds: 0 }),
  },
  { token: "edgeworkers:EdgeWorker", name: "greeter", args: () => greeterArgs },
  {
    token: "property:EdgeWorkerRules",
    name: "rules",
    args: (of) => ({
      propertyName: "www.example.com",
      baseVersion: "production",
      rules: [{ name: "R", paths: ["/r/*"], edgeWorker: { edgeWorkerId: of("greeter").edgeWorkerId } }],
    }),
  },
  {
    token: "edgekv:AccessToken",
    name: "reader",
    args: (of) => ({
      allowOnProduction: true,
      namespacePermissions: { words: ["r"] },
      restrictToEdgeWorkerIds: [of("greeter").edgeWorkerId],
    }),
  },
  {
    token: "edgeworkers:Version",
    name: "code",
    args: (of) => ({
      edgeWorkerId: of("greeter").edgeWorkerId,
      bundle,
      version: "auto",
      tokens: [of("reader").name],
    }),
  },
  {
    token: "edgeworkers:Activation",
    name: "live",
    args: (of) => ({ edgeWorkerId: of("greeter").edgeWorkerId, network, version: of("code").version }),
  },
  {
    token: "property:Activation",
    name: "site",
    args: (of) => ({
      propertyId: of("rules").propertyId,
      version: of("rules").version,
      network,
      notifyEmails: ["a@example.com"],
      acknowledgeWarnings: "all",
    }),
  },
];

let kept: Stack["resources"] = [];
async function begin(settings: Record<string, string> = {}): Promise<Stack> {
  await engine?.close();
  const prepare = async (fresh: TestEngine) => {
    const stack = new Stack(fresh);
    await stack.up(site);
    kept = stack.resources;
  };
  engine = await startPrepared("site", prepare, { lag: "none" }, settings);
  engine.emulator.clearJournal();
  return new Stack(engine, kept);
}
const tokens = () =>
  Object.entries(account(engine).edgekv.tokens).flatMap(([name, states]) =>
    states.at(-1)?.value ? [name] : [],
  );
const status = () => account(engine).edgekv.namespaces.production.words?.at(-1)?.value?.namespaceStatus;
const marked = async (version: number) =>
  all(await new Others(engine.somebody()).tree(version)).filter(({ comments }) =>
    comments?.includes("[pulumi "),
  );

test("up takes the rules off production, and destroy removes all the rest, in order", async () => {
  const stack = await begin({ takeDown: "true" });
  await stack.up(site);
  expect(stack.of("live")).toMatchObject({ deletion: { mode: "deactivate" } });
  expect(stack.of("site")).toMatchObject({
    deletion: { mode: "retain" },
    version: stack.of("rules").version,
  });
  expect(await marked(Number(stack.of("rules").version))).toEqual([]);
  const [id = 0] = ids(engine);
  expect(live(engine, id, "PRODUCTION")).toBe(stack.of("code").version);
  engine.emulator.clearJournal();
  await stack.up([]);
  expect(stack.resources).toEqual([]);
  expect([ids(engine), tokens(), status()]).toEqual([[], [], "DELETING"]);
  const order = engine.changes().map((one) => one.replace(/\?.*/, ""));
  const at = (what: RegExp) => order.findIndex((one) => what.test(one));
  expect(at(/deactivations$/)).toBeGreaterThanOrEqual(0);
  expect(at(/deactivations$/)).toBeLessThan(at(/^DELETE \/tokens\//));
  expect(at(/^DELETE \/tokens\//)).toBeLessThan(at(/^DELETE .*namespaces\/words$/));
});

test("without the setting, a destroy leaves production as it is", async () => {
  const stack = await begin();
  await stack.up([]);
  const [id = 0] = ids(engine);
  expect([live(engine, id, "PRODUCTION") !== undefined, tokens().length, status()]).toEqual([
    true,
    1,
    "READY",
  ]);
});
