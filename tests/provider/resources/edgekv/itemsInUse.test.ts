/** A destroy does not take data away that live code reads. */
import { z } from "zod";
import { packBundle } from "../../../../provider/bundle/pack";
import { PluginTest, urnOf } from "../../../support/plugin";
import type { TestEngine } from "../../../support/testEngine";
import { plain } from "../../liveUse/bundles";
import { type Declared, greeterArgs, live, Stack, startPrepared } from "../edgeworkers/support";

let engine: TestEngine;
afterAll(() => engine.close());

const network = "production";
const place = { network, namespace: "words" };
const item = (more: object = {}): Declared => ({
  token: "edgekv:Item",
  name: "DE",
  args: () => ({ ...place, group: "countries", key: "DE", value: "Guten Tag", ...more }),
});
const group = (items: object = { a: "1", b: "2" }, more: object = {}): Declared => ({
  token: "edgekv:ItemGroup",
  name: "others",
  args: () => ({ ...place, group: "others", items, ...more }),
});
const database: Declared = { token: "edgekv:Database", name: "edgekv", args: () => ({}) };
const get = `await kv.getText({ item: "DE" })`;
const tokensOf = (namespace: string) =>
  `export const edgekv_access_tokens = { "namespace-${namespace}": { name: "for-${namespace}", reference: "${references.get(namespace)}" } };`;
const reads = (namespace = "words") =>
  plain(
    `const kv = new EdgeKV({ namespace: "${namespace}" });\nexport async function onClientRequest(request) { request.respondWith(200, {}, ${get}); }\n`,
    { "edgekv_tokens.js": tokensOf(namespace) },
  );

/** Namespaces and their tokens are nobody's in the program, which names them. */
const namespaces = ["words", "other"];
const prepare = async (fresh: TestEngine) => {
  const http = fresh.somebody();
  for (const namespace of namespaces) {
    const json = { namespace, groupId: 0, retentionInSeconds: 0 };
    await http.send({ method: "POST", path: `/edgekv/v1/networks/${network}/namespaces`, json });
    const token = {
      name: `for-${namespace}`,
      allowOnProduction: true,
      allowOnStaging: false,
      namespacePermissions: { [namespace]: ["r"] },
    };
    fresh.later(60);
    await http.send({ method: "POST", path: "/edgekv/v1/tokens", json: token });
  }
};
const references = new Map<string, string>();

async function begin(
  program: readonly Declared[] | (() => readonly Declared[]) = [item(), group()],
  settings: Record<string, string> = {},
): Promise<Stack> {
  await engine?.close();
  engine = await startPrepared("items in use", prepare, { lag: "none" }, settings);
  for (const namespace of namespaces) {
    const path = `/edgekv/v1/tokens/for-${namespace}`;
    const { uuid } = (await engine.somebody().send({ method: "GET", path })).as(
      z.object({ uuid: z.string() }),
    );
    references.set(namespace, uuid);
  }
  const stack = new Stack(engine);
  await stack.up(typeof program === "function" ? program() : program);
  forget();
  return stack;
}

function forget(): void {
  engine.emulator.clearJournal();
  engine.clearMessages();
}

/** Another person uploads code, and activates it. */
async function activateByHand(files: Parameters<typeof packBundle>[0] = reads()): Promise<number> {
  const http = engine.somebody();
  const json = { name: "theirs", ...greeterArgs };
  const made = await http.send({ method: "POST", path: "/edgeworkers/v1/ids", json });
  const { edgeWorkerId } = made.as(z.object({ edgeWorkerId: z.number() }));
  const path = `/edgeworkers/v1/ids/${edgeWorkerId}`;
  const raw = { contentType: "application/gzip", bytes: await packBundle(files) };
  await http.send({ method: "POST", path: `${path}/versions`, raw });
  const activation = { network: "PRODUCTION", version: "1.0" };
  await http.send({ method: "POST", path: `${path}/activations`, json: activation });
  engine.later(600);
  forget();
  return edgeWorkerId;
}

const failure = (run: Promise<void>) =>
  run.then(
    () => "no failure",
    (error: Error) => error.message,
  );
const looks = () => engine.requests().filter((one) => one.startsWith("GET /edgeworkers/"));
const names = (stack: Stack) => stack.resources.map(({ name }) => name);

test.each([
  ["an item", item(), "item DE of group production/words/countries"],
  ["a group", group(), "items of group production/words/others"],
])(
  "%s that live code of others reads is not deleted: who, where, what would break, what to do",
  async (_what, declared, title) => {
    const stack = await begin([declared]);
    const id = await activateByHand();
    expect(await failure(stack.up([]))).toBe(
      `deleting ${title}: it is in use: version 1.0 of EdgeWorker ${id}, live on production, reads the namespace (main.js, line 3). That code would no longer find the data. ` +
        "Deactivate that code, or activate a version without it, and run again. " +
        'To leave the data as it is, set `deletion: { mode: "retain" }`. To delete it all the same, set `deletion: { mode: "delete", evenIfLive: true }`. Run `pulumi up` with that before you destroy it',
    );
    expect(engine.changes()).toEqual([]);
    expect(names(stack)).toEqual([declared.name]);
  },
);

test("an `up` whose program drops an item, a key or a group asks nothing", async () => {
  const stack = await begin([database, item(), group()]);
  await activateByHand();
  await stack.up([database, group({ a: "1" })]);
  await stack.up([database]);
  expect(engine.changes()).toHaveLength(3);
  expect(looks()).toEqual([]);
});

test.each([
  [{ mode: "delete", evenIfLive: true }, 3],
  [{ evenIfLive: true }, 3],
  [{ mode: "retain" }, 0],
])("with `deletion` as %j the destroy looks at no code", async (deletion, changes) => {
  const stack = await begin([item(), group()]);
  await activateByHand();
  await stack.up([item({ deletion }), group(undefined, { deletion })]);
  expect(engine.changes()).toEqual([]);
  await stack.up([]);
  expect(engine.changes()).toHaveLength(changes);
  expect([names(stack), looks()]).toEqual([[], []]);
  expect(engine.messages.filter((line) => line.includes("no longer managed"))).toHaveLength(
    changes === 0 ? 2 : 0,
  );
});

test("where no code is live, a destroy sends one more request for all items of a namespace", async () => {
  const stack = await begin();
  await stack.up([]);
  expect(looks()).toEqual(["GET /edgeworkers/v1/ids"]);
  expect(engine.changes()).toHaveLength(3);
});

test("code that uses another namespace is in nobody's way, and none is looked at with `liveUseCheck: false`", async () => {
  const stack = await begin();
  await activateByHand(reads("other"));
  await stack.up([]);
  expect(engine.changes()).toHaveLength(3);

  const unchecked = await begin(undefined, { liveUseCheck: "false" });
  await activateByHand();
  await unchecked.up([]);
  expect([engine.changes().length, looks()]).toEqual([3, []]);
});

const unknownReference = "99999999-c47e-568e-ab3e-1921ffcefe0c";
test("code that can't be determined counts as one that reads", async () => {
  const stack = await begin();
  const computed = `const kv = new EdgeKV({ namespace: await load("${unknownReference}") });\nexport const onClientRequest = async () => ${get};\n`;
  await activateByHand(plain(computed, { "edgekv_tokens.js": tokensOf("other") }));
  expect(await failure(stack.up([]))).toContain("may use it: its code");
  expect(engine.changes()).toEqual([]);
});

test("data of a namespace that is to be deleted can't be read any more: nothing holds it", async () => {
  const stack = await begin();
  await activateByHand();
  const path = `/edgekv/v1/networks/${network}/namespaces/words`;
  await engine.somebody().send({ method: "DELETE", path });
  await stack.up([]);
  expect(names(stack)).toEqual([]);
});

test("items of a sandbox are read by no live code", async () => {
  const json = { namespace: "words", groupId: 0, retentionInSeconds: 0 };
  const sandboxed = item({ network: "staging", sandboxId: "box" });
  await begin([]);
  const path = "/edgekv/v1/networks/staging/namespaces";
  await engine.somebody().send({ method: "POST", path, json });
  const stack = new Stack(engine.later(60));
  await stack.up([sandboxed]);
  forget();
  await stack.up([]);
  expect([engine.changes().length, looks()]).toEqual([1, []]);
});

/** Code of the program, and data that it reads. Nothing but names leads from one to the other. */
const site = (mode: string): Declared[] => [
  { token: "edgeworkers:EdgeWorker", name: "greeter", args: () => greeterArgs },
  {
    token: "edgeworkers:Version",
    name: "code",
    args: (of) => ({
      edgeWorkerId: of("greeter").edgeWorkerId,
      bundle: Object.fromEntries([...reads()].map(([path, bytes]) => [path, String(bytes)])),
    }),
  },
  item(),
  group(),
  {
    token: "edgeworkers:Activation",
    name: "live",
    args: (of) => ({
      edgeWorkerId: of("greeter").edgeWorkerId,
      network,
      version: of("code").version,
      deletion: { mode },
    }),
  },
];

describe("data and the activation of its code, deleted side by side", () => {
  test.each([
    ["first", ["live", "DE", "others"]],
    ["last", ["DE", "others", "live"]],
  ])("the data goes when the code is off; the activation came %s", async (_where, order) => {
    const stack = await begin(() => {
      const program = site("deactivate");
      const sorted = order.toReversed().flatMap((name) => program.filter((one) => one.name === name));
      return [...program.slice(0, 2), ...sorted];
    });
    stack.together = order;
    const id = Number(stack.of("greeter").edgeWorkerId);
    let early = 0;
    stack.watch = async () => {
      const isGone = stack.requests.some((one) => one.startsWith("DELETE /edgekv/"));
      if (isGone && live(engine, id, "PRODUCTION") !== undefined) early += 1;
    };
    await stack.up([]);
    expect([early, names(stack)]).toEqual([0, []]);
    expect(engine.changes().filter((one) => one.includes("/items/"))).toHaveLength(3);
  });

  test("the data stays with code that the run leaves live, and leaves the state", async () => {
    const stack = await begin(() => site("retain"));
    stack.together = ["DE", "others", "live"];
    await stack.up([]);
    expect(engine.changes().filter((one) => one.includes("/items/"))).toEqual([]);
    expect(names(stack)).toEqual([]);
  });

  test("the data stays in the state when the code can't be taken off; the next run ends it", async () => {
    const stack = await begin(() => site("deactivate"));
    stack.together = ["DE", "others", "live"];
    engine.emulator.faults.add({ method: "POST", path: "*/deactivations", kind: "status", status: 403 });
    expect(await failure(stack.up([]))).not.toBe("no failure");
    expect(engine.changes().filter((one) => one.includes("/items/"))).toEqual([]);
    expect(names(stack)).toEqual(["greeter", "code", "DE", "others", "live"]);
    engine.emulator.faults.clear();
    await stack.up([]);
    expect(names(stack)).toEqual([]);
  });

  test("where the activation comes too late, the destroy is refused, and the next one ends", async () => {
    const stack = await begin(() => [...site("deactivate").filter(({ name }) => name !== "DE"), item()]);
    expect(await failure(stack.up([]))).toContain("it is in use: version 1.0 of EdgeWorker");
    expect(names(stack)).toContain("DE");
    stack.together = ["live", "DE"];
    await stack.up([]);
    expect(names(stack)).toEqual([]);
  });
});

test("a killed destroy: what was left live before is not known any more, and its data is not deleted", async () => {
  const stack = await begin(() => {
    const [worker, code, DE, others, live] = site("retain");
    return [DE, others, worker, code, live].filter((one) => one !== undefined);
  });
  const state = stack.resources.filter(({ name }) => name !== "live");
  const next = new Stack(engine.run(), state);
  expect(await failure(next.up([]))).toBe("no failure");
  expect(engine.changes().filter((one) => one.includes("/items/"))).toEqual([]);

  // Nothing but the data is left in the state.
  const last = new Stack(
    engine.run(),
    state.filter(({ name }) => name === "DE"),
  );
  expect(await failure(last.up([]))).toContain("it is in use: ");
});

test("the native plugin: a run that begins with a delete is a destroy, and one with a check is none", async () => {
  const stack = await begin([item()]);
  await activateByHand();
  const plugin = await PluginTest.start(engine.emulator);
  const urn = urnOf("edgekv:Item", "DE");
  const [stored] = stack.resources;
  if (stored === undefined) throw new Error("no item was made");
  const { id, inputs, state } = stored;
  try {
    await plugin.configure();
    await expect(plugin.delete(urn, id, state)).rejects.toThrow("it is in use: ");
    expect(engine.changes()).toEqual([]);
    await plugin.configure();
    await plugin.check(urnOf("edgekv:Item", "other"), { ...inputs, key: "US" });
    await plugin.delete(urn, id, state);
    expect(engine.changes()).toHaveLength(1);
  } finally {
    plugin.close();
  }
});
