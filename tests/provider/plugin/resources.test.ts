/** Every resource by the plugin: it goes on with what a dynamic provider wrote, and imports what no state has. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { registry } from "../../../provider/registry";
import { closure } from "../../../sdk/resource";
import { makeAll, writeSources } from "../../resilience/fuzz/inputs";
import { PluginTest, urnOf, type Values } from "../../support/plugin";
import { type StoredResource, TestEngine } from "../../support/testEngine";

const home = process.cwd();
let folder: string;
let engine: TestEngine;
let plugin: PluginTest;
let stored: ReadonlyMap<string, StoredResource>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "akamai-edge-plugin-"));
  process.chdir(folder);
  writeSources(folder);
  engine = await TestEngine.start({
    lag: "none",
    settings: { papiRequestsPerMinute: 1_000_000, papiRequestBurst: 1_000_000, initialized: false },
  });
  stored = await makeAll(engine);
  plugin = await PluginTest.start(engine.emulator);
});
beforeEach(async () => {
  await plugin.configure();
  plugin.lines.length = 0;
});
afterAll(async () => {
  plugin.close();
  await engine.close();
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

function storedOf(token: string): StoredResource {
  const found = stored.get(token);
  if (found === undefined) throw new Error(`no ${token} was made`);
  return found;
}

/** Without the marks of secrets, whose places the other tests check. */
const open = (values: Values): Values =>
  JSON.parse(
    JSON.stringify(values, (_name, value: unknown) =>
      typeof value === "object" && value !== null && "4dabf18193072939515e22adb298388d" in value
        ? (value as Values).value
        : value,
    ),
  ) as Values;

const changesSince = (before: number) => engine.changes().slice(before);

describe.each([...registry.keys()])("%s", (token) => {
  test("a state of a dynamic provider is the same: nothing changes, and nothing is sent", async () => {
    const { name, id, state, inputs } = storedOf(token);
    const before = engine.changes().length;
    const urn = urnOf(token, name);
    const checked = await plugin.check(urn, inputs, inputs);
    expect(checked.failures).toEqual([]);
    expect(await plugin.diff(urn, state, checked.inputs)).toMatchObject({ changes: false, replaces: [] });
    const read = await plugin.read(urn, id, state, inputs);
    expect(read.id).toBe(id);
    expect(open(read.properties)).toEqual({ ...state, __provider: closure(token) });
    expect(changesSince(before)).toEqual([]);
  });
});

/** What a program declares for what was imported: all that differs from the defaults. */
const programs: Readonly<Record<string, Values>> = {
  "edgekv:Database": {},
  "edgekv:Namespace": { name: "catalog", network: "staging", groupId: 72297, retentionInSeconds: 86_400 },
  "edgekv:AccessToken": { name: "reader", allowOnStaging: true, namespacePermissions: { catalog: ["r"] } },
  "edgekv:Item": { network: "staging", namespace: "catalog", group: "pages", key: "home", value: "text" },
  "edgeworkers:EdgeWorker": { name: "ew", groupId: 72297, resourceTierId: 200 },
  "edgeworkers:Activation": { edgeWorkerId: 54_321, network: "staging", version: "1.0" },
  "property:Activation": {
    propertyId: "prp_173136",
    network: "staging",
    version: 2,
    notifyEmails: ["web@example.com"],
  },
};

describe.each(Object.entries(programs))("import of %s", (token, program) => {
  test("finds the object by its id, and the program that declares it changes nothing", async () => {
    const urn = urnOf(token, "imported");
    const { id } = storedOf(token);
    const before = engine.changes().length;
    const read = await plugin.read(urn, id);
    expect(read.id).toBe(id);
    expect(read.properties).toMatchObject({ owner: "shop/dev/imported", __provider: closure(token) });
    const { inputs, failures } = await plugin.check(urn, program, read.inputs);
    expect(failures).toEqual([]);
    expect(open(inputs)).toEqual(open(read.inputs));
    expect(await plugin.diff(urn, read.properties, inputs)).toMatchObject({ changes: false, fields: {} });
    expect(changesSince(before)).toEqual([]);
  });
});

test.each([
  ["edgekv:Namespace", "staging/nowhere"],
  ["edgekv:AccessToken", "nobody"],
  ["edgekv:Item", "staging/catalog/pages/nothing"],
  ["edgekv:Item", "staging/nowhere/pages/nothing"],
  ["edgeworkers:EdgeWorker", "999999"],
  ["edgeworkers:Activation", "54321/production"],
  ["property:Activation", "prp_1/staging"],
])("import of %s that is not there, %s: no id, and no message of its own", async (token, id) => {
  expect((await plugin.read(urnOf(token, "absent"), id)).id).toBe("");
  expect(plugin.lines).toEqual([]);
});

test.each([
  ["edgekv:Database", "other", 'the id "other" is not of the form edgekv, such as edgekv'],
  ["edgekv:Namespace", "catalog", "NETWORK/NAME, such as staging/catalog"],
  ["edgekv:Namespace", "staging/a/b", "NETWORK/NAME"],
  ["edgekv:Namespace", "testing/catalog", "NETWORK/NAME"],
  ["edgekv:AccessToken", "a token", "NAME, such as catalog-reader"],
  ["edgekv:Item", "staging/catalog/pages", "NETWORK/NAMESPACE/GROUP/KEY"],
  ["edgeworkers:EdgeWorker", "ew", "EDGEWORKER-ID, such as 42"],
  ["edgeworkers:Activation", "54321", "EDGEWORKER-ID/NETWORK"],
  ["property:Activation", "prp_173136/testing", "PROPERTY-ID/NETWORK"],
])("import of %s by %s names the form of its ids", async (token, id, form) => {
  await expect(plugin.read(urnOf(token, "x"), id)).rejects.toThrow(form);
});

test.each(["edgekv:ItemGroup", "edgeworkers:Version", "property:EdgeWorkerRules"])(
  "%s can't be imported, and says where to read on",
  async (token) => {
    await expect(plugin.read(urnOf(token, "x"), "1/2")).rejects.toThrow(
      "can't be imported: the service does not have all that its inputs need. Its page has how to go on with one that exists",
    );
  },
);
