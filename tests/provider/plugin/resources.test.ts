/** Every resource by the plugin: it goes on with what a dynamic provider wrote, and imports what no state has. */
import { writeItem } from "../../../provider/api/edgekv/items";
import { uploadVersion } from "../../../provider/api/edgeworkers/versions";
import { packBundle } from "../../../provider/bundle/pack";
import { registry } from "../../../provider/registry";
import { closure } from "../../../sdk/resource";
import { type FilledAccount, startFilledAccount } from "../../resilience/fuzz/filledAccount";
import { PluginTest, secretOf, urnOf, type Values } from "../../support/plugin";
import type { StoredResource, TestEngine } from "../../support/testEngine";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
let account: FilledAccount;
let engine: TestEngine;
let plugin: PluginTest;
let stored: ReadonlyMap<string, StoredResource>;

beforeAll(async () => {
  account = await startFilledAccount({ lag: "none" });
  engine = account.engine;
  stored = account.made;
  plugin = await PluginTest.start(engine.emulator);
});
beforeEach(async () => {
  await plugin.configure();
  plugin.lines.length = 0;
});
afterAll(async () => {
  plugin.close();
  await account.close();
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

test("import of an item group: all its items, as texts", async () => {
  for (const [key, text] of Object.entries({ a: "one", b: '{"x":[1,null]}' })) {
    const place = { network: "staging", namespace: "catalog", group: "shop", key } as const;
    await writeItem(engine.somebody(), place, { bytes: Buffer.from(text), json: false });
  }
  const token = "edgekv:ItemGroup";
  const urn = urnOf(token, "imported");
  const read = await plugin.read(urn, "staging/catalog/shop");
  const items = { a: "one", b: '{"x":[1,null]}' };
  expect(open(read.properties)).toMatchObject({ items, count: 2, groups: ["shop"] });
  const before = engine.changes().length;
  const program = { network: "staging", namespace: "catalog", group: "shop", items };
  const { inputs, failures } = await plugin.check(urn, program, read.inputs);
  expect(failures).toEqual([]);
  expect(await plugin.diff(urn, read.properties, inputs)).toMatchObject({ changes: false, fields: {} });
  const again = await plugin.read(urn, read.id, read.properties, read.inputs);
  expect(again.properties).toEqual(read.properties);
  expect(changesSince(before)).toEqual([]);
});

test("import of a version: its files as texts", async () => {
  const token = "edgeworkers:Version";
  const urn = urnOf(token, "imported");
  const { id, state } = storedOf(token);
  const before = engine.changes().length;
  const read = await plugin.read(urn, id);
  const { bundle } = read.inputs;
  expect(read.inputs).toMatchObject({ edgeWorkerId: 54_321, version: "1.0", files: state.files });
  expect(read.properties.checksum).toBe(state.checksum);
  const program = { edgeWorkerId: 54_321, bundle, version: "1.0" };
  const { inputs, failures } = await plugin.check(urn, program, read.inputs);
  expect(failures).toEqual([]);
  expect(await plugin.diff(urn, read.properties, inputs)).toMatchObject({ changes: false, fields: {} });
  expect(await plugin.read(urn, id, read.properties, read.inputs)).toMatchObject({ id });
  expect(changesSince(before)).toEqual([]);
});

test("import of a version with tokens: by their names while the account has them, else as a secret file", async () => {
  const somebody = engine.somebody();
  const made = await somebody.send({
    method: "POST",
    path: "/edgekv/v1/tokens",
    json: {
      name: "temporary",
      allowOnStaging: true,
      allowOnProduction: false,
      namespacePermissions: { catalog: ["r"] },
      restrictToEdgeWorkerIds: ["all"],
    },
  });
  const { uuid } = JSON.parse(made.text) as { uuid: string };
  engine.later(60);
  const entry = JSON.stringify({ "namespace-catalog": { name: "temporary", reference: uuid } });
  const texts = {
    "bundle.json": '{"edgeworker-version":"9.9"}',
    "main.js":
      'import { edgekv_access_tokens } from "./edgekv_tokens.js";\nexport function onClientRequest() {}\n',
    "edgekv_tokens.js": `var edgekv_access_tokens = ${entry};\nexport { edgekv_access_tokens };\n`,
  };
  const files = Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)] as const);
  await uploadVersion(somebody, 54_321, await packBundle(new Map(files)));
  const urn = urnOf("edgeworkers:Version", "other");
  const named = await plugin.read(urn, "54321/9.9");
  expect(named.inputs.tokens).toEqual(["temporary"]);
  expect(Object.keys(named.inputs.bundle as Values).sort()).toEqual(["bundle.json", "main.js"]);
  expect(JSON.stringify(named)).not.toContain(uuid);

  await somebody.send({ method: "DELETE", path: "/edgekv/v1/tokens/temporary" });
  await plugin.configure();
  const read = await plugin.read(urn, "54321/9.9");
  expect(read.inputs.tokens).toBeUndefined();
  const file = (read.inputs.bundle as Values)["edgekv_tokens.js"];
  expect(file).toEqual(secretOf(texts["edgekv_tokens.js"]));
  expect((read.properties.bundle as Values)["edgekv_tokens.js"]).toEqual(file);
});

test("import of rules: those with the ownership marker of the resource, in the format of Property Manager", async () => {
  const token = "property:EdgeWorkerRules";
  const { id, name, state } = storedOf(token);
  const urn = `urn:pulumi:stack::project::akamai-edge:${token}::${name}`;
  const before = engine.changes().length;
  const read = await plugin.read(urn, id);
  expect(read.id).toBe(id);
  expect(read.properties).toMatchObject({ propertyId: id, version: state.version });
  expect((read.properties.managedRules as Values[]).map(({ key }) => key)).toEqual(
    (state.managedRules as Values[]).map(({ key }) => key),
  );
  const program = { propertyId: id, rules: read.inputs.rules };
  const { inputs, failures } = await plugin.check(urn, program, read.inputs);
  expect(failures).toEqual([]);
  expect(await plugin.diff(urn, read.properties, inputs)).toMatchObject({ changes: false, fields: {} });
  expect((await plugin.read(urnOf(token, "somebody"), id)).id).toBe("");
  expect(changesSince(before)).toEqual([]);
});

test("a JSON value may be set as itself: it is kept as its text", async () => {
  const item = { network: "staging", namespace: "catalog", group: "pages", key: "limits" };
  const urn = urnOf("edgekv:Item", "limits");
  const json = { perMinute: 60, burst: null, tags: ["a"] };
  const { inputs, failures } = await plugin.check(urn, { ...item, json });
  expect(failures).toEqual([]);
  expect(inputs.json).toBe('{"burst":null,"perMinute":60,"tags":["a"]}');
  const later = await plugin.check(urn, { ...item, json: { a: unknown } });
  expect([later.failures, later.inputs.json]).toEqual([[], unknown]);
  const group = { network: "staging", namespace: "catalog", group: "many" };
  const items = { a: "text", b: [1, null], c: { json: "[2]" }, d: 5, e: true };
  const many = await plugin.check(urnOf("edgekv:ItemGroup", "many"), { ...group, items });
  expect(many.failures).toEqual([]);
  expect(many.inputs.items).toEqual({
    a: "text",
    b: { json: "[1,null]" },
    c: { json: "[2]" },
    d: { json: "5" },
    e: { json: "true" },
  });
});

test.each([
  ["edgekv:ItemGroup", "staging/catalog/nothing"],
  ["edgekv:ItemGroup", "staging/nowhere/nothing"],
  ["edgeworkers:Version", "54321/7.7"],
  ["edgeworkers:Version", "999999/1.0"],
  ["property:EdgeWorkerRules", "prp_1"],
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
  ["edgekv:ItemGroup", "staging/catalog", "NETWORK/NAMESPACE/GROUP, such as staging/catalog/settings"],
  ["edgeworkers:Version", "54321", "EDGEWORKER-ID/VERSION, such as 42/1.4.0"],
  ["property:EdgeWorkerRules", "shop", "PROPERTY-ID, such as prp_173136"],
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

test("every resource can be imported", () => {
  expect([...registry.values()].filter((one) => one.import === undefined)).toEqual([]);
});
