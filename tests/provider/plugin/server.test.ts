/** Each method of the provider protocol, over gRPC. */
import { startEmulator } from "../../../emulator";
import { closure } from "../../../sdk/resource";
import { PluginFailure, PluginTest, secretOf, urnOf, type Values } from "../../support/plugin";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const args = { network: "staging", groupId: 72297, retentionInSeconds: 0 };
const urn = urnOf("edgekv:Namespace", "catalog");

/** Tokens that don't become usable within the half hour that a create waits. */
const slowTokens = { preset: "none", activation: 86_400 } as const;

async function sandbox(lag: "none" | typeof slowTokens = "none") {
  const emulator = await startEmulator({
    clock: "manual",
    seed: 1,
    lag,
    settings: { initialized: true },
  });
  const plugin = await (await PluginTest.start(emulator)).configure();
  return {
    emulator,
    plugin,
    changes: () => emulator.journal().filter(({ method }) => method !== "GET").length,
    async [Symbol.asyncDispose]() {
      plugin.close();
      await emulator.close();
    },
  };
}

async function failureOf(work: Promise<unknown>): Promise<PluginFailure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof PluginFailure) return error;
    throw error;
  }
  throw new Error("this was to fail");
}

test("check fills in names and defaults, and takes the owner from the URN", async () => {
  await using engine = await sandbox();
  const { inputs, failures } = await engine.plugin.check(urn, args);
  expect(failures).toEqual([]);
  expect(inputs).toMatchObject({ ...args, name: "catalog", owner: "shop/dev/catalog", adopt: false });
  expect(inputs.deletion).toEqual({ mode: "scheduled", afterSeconds: 259_200 });
});

test("a name in the program may hold what separates the parts of a URN", async () => {
  await using engine = await sandbox();
  const nested = "urn:pulumi:dev::shop::my:site:Site$akamai-edge:edgekv:Namespace::a::b$c";
  const { inputs } = await engine.plugin.check(nested, { ...args, name: "x" });
  expect(inputs.owner).toBe("shop/dev/a::b$c");
});

test("what is not known yet stays unknown", async () => {
  await using engine = await sandbox();
  const { inputs } = await engine.plugin.check(urn, { ...args, groupId: unknown });
  expect(inputs.groupId).toBe(unknown);
});

test("failures name the property, and no sensitive input", async () => {
  await using engine = await sandbox();
  const { failures } = await engine.plugin.check(urn, { ...args, retentionInSeconds: 5 });
  expect(failures).toEqual([
    { property: "retentionInSeconds", reason: expect.stringContaining("must be 0 (keep for ever)") },
  ]);
  const item = { network: "staging", namespace: "a", group: "b", key: "c", json: "{ nonsense" };
  const refused = await engine.plugin.check(urnOf("edgekv:Item", "limits"), item);
  expect(refused.failures).toMatchObject([{ property: "json (not shown)" }]);
});

test("create, update, read and delete work on the account, and previews of them don't", async () => {
  await using engine = await sandbox();
  const { plugin } = engine;
  const { inputs } = await plugin.check(urn, args);

  const planned = await plugin.create(urn, inputs, { preview: true });
  expect(planned).toMatchObject({ id: "", properties: { ...inputs, namespaceStatus: unknown } });
  expect(engine.changes()).toBe(0);

  const created = await plugin.create(urn, inputs);
  expect(created).toMatchObject({ id: "staging/catalog", properties: { namespaceStatus: "READY" } });

  const news = { ...inputs, retentionInSeconds: 86_400 };
  expect(await plugin.diff(urn, created.properties, inputs)).toMatchObject({ changes: false, fields: {} });
  const before = engine.changes();
  const preview = await plugin.update(urn, created.properties, news, { preview: true });
  expect(preview).toMatchObject({ retentionInSeconds: 86_400, policy: created.properties.policy });
  expect(preview.namespaceStatus).toBe(unknown);
  expect(engine.changes()).toBe(before);
  const updated = await plugin.update(urn, created.properties, news);
  expect(updated).toMatchObject({ retentionInSeconds: 86_400, namespaceStatus: "READY" });

  const read = await plugin.read(urn, created.id, updated, news);
  expect(read).toEqual({ id: created.id, properties: updated, inputs: news });

  // This run made it, and would take it for its own replacement.
  await plugin.configure();
  await plugin.delete(urn, created.id, { ...updated, deletion: { mode: "immediate" } });
  expect((await plugin.read(urn, created.id, updated, news)).id).toBe("");
});

test("a diff has the kind of each field, and what stays", async () => {
  await using engine = await sandbox();
  const state = await engine.plugin.up("edgekv:Namespace", "catalog", args);
  const { inputs } = await engine.plugin.check(urn, args, state);
  const { retentionInSeconds, geoLocation } = inputs;
  expect([retentionInSeconds, geoLocation]).toEqual([0, "US"]);
  const wider = { ...inputs, retentionInSeconds: 86_400, scheduledDeleteTime: "2026-01-01" };
  expect(await engine.plugin.diff(urn, state, wider)).toEqual({
    changes: true,
    replaces: [],
    deleteBeforeReplace: false,
    stables: ["policy"],
    fields: { retentionInSeconds: "UPDATE", scheduledDeleteTime: "ADD" },
  });
  const elsewhere = { ...inputs, network: "production", replaceDeletesData: true };
  expect(await engine.plugin.diff(urn, state, elsewhere)).toEqual({
    changes: true,
    replaces: ["network"],
    deleteBeforeReplace: false,
    stables: [],
    fields: { network: "UPDATE_REPLACE", replaceDeletesData: "UPDATE" },
  });
  const scheduled = { ...state, scheduledDeleteTime: "2026-01-01" };
  expect((await engine.plugin.diff(urn, scheduled, inputs)).fields).toEqual({
    scheduledDeleteTime: "DELETE",
  });
});

test("secrets of inputs are secret in inputs and outputs, at any depth; so are the outputs of the contract", async () => {
  await using engine = await sandbox();
  const { plugin } = engine;
  await plugin.up("edgekv:Namespace", "catalog", args);
  const items = { a: secretOf("hidden"), b: "open" };
  const group = { network: "staging", namespace: "catalog", group: "g", items };
  const groupUrn = urnOf("edgekv:ItemGroup", "group");
  const { inputs } = await plugin.check(groupUrn, group);
  expect(inputs.items).toEqual(items);
  expect((await plugin.create(groupUrn, inputs, { preview: true })).properties.items).toEqual(items);
  const { properties } = await plugin.create(groupUrn, inputs);
  expect(properties.items).toEqual(items);
  const refreshed = await plugin.read(groupUrn, "x", properties, inputs);
  expect([refreshed.properties.items, refreshed.inputs.items]).toEqual([items, items]);

  const token = await plugin.up("edgekv:AccessToken", "reader", {
    allowOnStaging: true,
    namespacePermissions: { catalog: ["r"] },
  });
  expect(token.reference).toEqual(secretOf(expect.stringMatching(/./)));
});

test("every state has the text by which a dynamic provider goes on with it", async () => {
  await using engine = await sandbox();
  const state = await engine.plugin.up("edgekv:Namespace", "catalog", args);
  expect(state.__provider).toBe(closure("edgekv:Namespace"));
});

test("`ignoreChanges` of an input that stands for content keeps what was read of it", async () => {
  await using engine = await sandbox();
  const urnOfGroup = urnOf("edgekv:ItemGroup", "group");
  const old = {
    network: "staging",
    namespace: "n",
    group: "g",
    file: "a.csv",
    digest: "1",
    count: 1,
    bytes: 1,
  };
  const state = { ...old, groups: ["g"], owner: "shop/dev/group", manifest: "", writes: [] };
  const news = { ...old, digest: "2", count: 2, bytes: 2, groups: ["g"], owner: "shop/dev/group" };
  const { plugin } = engine;
  await plugin.configure({ previewReads: "false" });
  expect((await plugin.diff(urnOfGroup, state, news)).changes).toBe(true);
  expect(await plugin.diff(urnOfGroup, state, news, ["file"])).toMatchObject({ changes: false, fields: {} });
  expect(await plugin.update(urnOfGroup, state, news, { preview: true, ignore: ["file"] })).toMatchObject({
    digest: "1",
    count: 1,
  });
});

test("a failure after an accepted change has the state, the id and the reason", async () => {
  await using engine = await sandbox(slowTokens);
  const { plugin } = engine;
  await plugin.up("edgekv:Namespace", "catalog", args);
  const tokenUrn = urnOf("edgekv:AccessToken", "reader");
  const { inputs } = await plugin.check(tokenUrn, {
    allowOnStaging: true,
    namespacePermissions: { catalog: ["r"] },
  });
  const { message, partial } = await failureOf(plugin.create(tokenUrn, inputs));
  expect(message).toMatch(/^creating access token reader-/);
  expect(partial).toMatchObject({ id: inputs.name, reasons: [message], inputs });
  expect(partial?.properties.__provider).toBe(closure("edgekv:AccessToken"));
});

test("other failures have their message alone", async () => {
  await using engine = await sandbox();
  const { inputs } = await engine.plugin.check(urn, args);
  engine.emulator.faults.add({
    method: "POST",
    path: "*/namespaces",
    kind: "status",
    status: 403,
    times: 10,
  });
  const { message, partial } = await failureOf(engine.plugin.create(urn, inputs));
  expect(message).toMatch(/^creating namespace catalog on staging/);
  expect(partial).toBeUndefined();
});

test("an unknown type is refused with the list of types", async () => {
  await using engine = await sandbox();
  const { message } = await failureOf(engine.plugin.check(urnOf("edgekv:Bucket", "a"), {}));
  expect(message).toContain(
    "has no resource akamai-edge:edgekv:Bucket. It has akamai-edge:edgekv:Database, ",
  );
});

test("messages go to the engine's log with the URN of their resource, each once", async () => {
  await using engine = await sandbox();
  const { plugin } = engine;
  const state = await plugin.up("edgekv:Namespace", "catalog", args);
  await plugin.delete(urn, "staging/catalog", { ...state, deletion: { mode: "retain" } } as Values);
  await plugin.delete(urn, "staging/catalog", { ...state, deletion: { mode: "retain" } } as Values);
  expect(plugin.lines).toEqual([
    `info ${urn}: namespace catalog on staging stays with its data. It is no longer managed by Pulumi.`,
  ]);
});

test("Cancel ends a wait, keeps what was accepted, and the next run begins anew", async () => {
  await using engine = await sandbox(slowTokens);
  const { emulator, plugin } = engine;
  await plugin.up("edgekv:Namespace", "catalog", args);
  const tokenUrn = urnOf("edgekv:AccessToken", "reader");
  const token = { allowOnStaging: true, namespacePermissions: { catalog: ["r"] } };
  const { inputs } = await plugin.check(tokenUrn, token);
  plugin.pace.ms = 20;
  const failing = failureOf(plugin.create(tokenUrn, inputs));
  while (!emulator.journal().some(({ method, path }) => method === "POST" && path.endsWith("/tokens")))
    await new Promise((resolve) => setTimeout(resolve, 5));
  await plugin.cancel();
  const { message, partial } = await failing;
  expect(message).toContain("the run was cancelled, so nothing more was sent");
  expect(partial?.id).toBe(inputs.name);
  plugin.pace.ms = 0;
  emulator.clock.advance(86_400);
  await plugin.configure();
  const state = partial?.properties ?? {};
  expect(await plugin.diff(tokenUrn, state, inputs)).toMatchObject({ changes: true });
  expect(await plugin.update(tokenUrn, state, inputs)).toMatchObject({ tokenActivationStatus: "COMPLETE" });
});

test("two runs of one process share no memory", async () => {
  await using engine = await sandbox();
  const { plugin } = engine;
  await plugin.check(urn, args);
  await plugin.configure();
  expect(plugin.runs).toHaveLength(2);
  expect(plugin.runs[0]?.context.runState.planned.size).toBeGreaterThan(0);
  expect(plugin.runs[1]?.context.runState.planned.size).toBe(0);
});

test("`customTimeouts` ends an operation that takes longer, with what was accepted", async () => {
  await using engine = await sandbox(slowTokens);
  const { plugin } = engine;
  await plugin.up("edgekv:Namespace", "catalog", args);
  const tokenUrn = urnOf("edgekv:AccessToken", "reader");
  const { inputs } = await plugin.check(tokenUrn, {
    allowOnStaging: true,
    namespacePermissions: { catalog: ["r"] },
  });
  plugin.pace.ms = 100;
  const { message, partial } = await failureOf(plugin.create(tokenUrn, inputs, { timeout: 0.5 }));
  expect(message).toContain("that `customTimeouts` gives it, so nothing more was sent");
  expect(partial?.id).toBe(inputs.name);
});

test("settings: a misspelled one is refused, and credentials are secret also from plain config", async () => {
  await using engine = await sandbox();
  const { plugin } = engine;
  expect((await plugin.checkConfig({ hots: "x", version: "1.0.0", __internal: {} })).failures).toEqual([
    { property: "hots", reason: "there is no setting `hots` of the provider; did you mean `host`?" },
  ]);
  const { inputs, failures } = await plugin.checkConfig({
    host: "h",
    clientToken: "a",
    clientSecret: secretOf("b"),
  });
  expect(failures).toEqual([]);
  expect(inputs).toEqual({ host: "h", clientToken: secretOf("a"), clientSecret: secretOf("b") });
});

test("settings reach the run as text, whatever their type", async () => {
  await using engine = await sandbox();
  await engine.plugin.configure({ previewReads: false });
  expect(engine.plugin.runs.at(-1)?.context.settings.previewReads).toBe(false);
  await engine.plugin.configure({ previewReads: secretOf("false") });
  expect(engine.plugin.runs.at(-1)?.context.settings.previewReads).toBe(false);
});

test("the version is the one of the package", async () => {
  await using engine = await sandbox();
  expect(await engine.plugin.version()).toBe("1.2.3");
});

test("names and ids that a terminal would obey are escaped, whatever the method", async () => {
  await using engine = await sandbox();
  const { plugin } = engine;
  const hostile = "a\n##vso[c]\u001b[31m\u202e";
  const { failures } = await plugin.checkConfig({ [hostile]: "x" });
  const unknownType = await failureOf(plugin.create(urnOf(`edgekv:${hostile}`, "x"), {}));
  const noSuchId = await failureOf(plugin.read(urn, hostile));
  const texts = [...failures.flatMap((one) => Object.values(one)), unknownType.message, noSuchId.message];
  expect(texts.length).toBe(4);
  for (const text of texts) {
    expect(text).toMatch(/\\u(?:\{1b\}|001b)\[31m/);
    expect(text).not.toMatch(/[\p{Cc}\p{Bidi_Control}]|##vso\[/u);
  }
});
