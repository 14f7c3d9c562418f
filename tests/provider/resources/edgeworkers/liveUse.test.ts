import { z } from "zod";
import { packBundle } from "../../../../provider/bundle/pack";
import type { TestEngine } from "../../../support/testEngine";
import { plain, tokensFile } from "../../liveUse/bundles";
import { account, type Declared, greeterArgs, ids, live, Stack, startPrepared } from "./support";

let engine: TestEngine;
afterAll(() => engine.close());

type Network = "staging" | "production";
const words = { name: "words", network: "production", groupId: 0, retentionInSeconds: 0 };

/** A namespace, and a token that may read it. No code: that is somebody else's. */
const data = (token: object = {}, namespace: object = {}): Declared[] => [
  { token: "edgekv:Namespace", name: "words", args: () => ({ ...words, ...namespace }) },
  {
    token: "edgekv:AccessToken",
    name: "reader",
    args: () => ({ allowOnProduction: true, namespacePermissions: { words: ["r"] }, ...token }),
  },
];
const namespaceAlone = (namespace: object = {}) => data({}, namespace).slice(0, 1);

async function begin(
  program = data(),
  settings: Record<string, string> = {},
  options: object = { lag: "none" },
): Promise<Stack> {
  await engine?.close();
  engine = await startPrepared("nothing", async () => undefined, options, settings);
  const stack = new Stack(engine);
  await stack.up(program);
  engine.emulator.clearJournal();
  engine.clearMessages();
  return stack;
}

/** Another person, or another stack, uploads code and activates it. */
async function activateByHand(
  files: Parameters<typeof packBundle>[0],
  network: Network = "production",
  seconds = 600,
): Promise<number> {
  const http = engine.somebody();
  const created = await http.send({
    method: "POST",
    path: "/edgeworkers/v1/ids",
    json: { name: "theirs", ...greeterArgs },
  });
  const { edgeWorkerId } = created.as(z.object({ edgeWorkerId: z.number() }));
  const path = `/edgeworkers/v1/ids/${edgeWorkerId}`;
  const raw = { contentType: "application/gzip", bytes: await packBundle(files) };
  await http.send({ method: "POST", path: `${path}/versions`, raw });
  const json = { network: network.toUpperCase(), version: "1.0" };
  await http.send({ method: "POST", path: `${path}/activations`, json });
  engine.later(seconds);
  engine.emulator.clearJournal();
  return edgeWorkerId;
}

const reads = `const kv = new EdgeKV({ namespace: "words", group: "countries" });\nexport async function onClientRequest(request) { request.respondWith(200, {}, await kv.getText({ item: "DE" })); }\n`;
const holding = (stack: Stack, name = String(stack.of("reader").name)) =>
  plain(reads, { "edgekv_tokens.js": tokensFile("words", name, String(stack.of("reader").reference)) });
const tokens = () =>
  Object.entries(account(engine).edgekv.tokens).flatMap(([name, states]) =>
    states.at(-1)?.value ? [name] : [],
  );
const status = () => account(engine).edgekv.namespaces.production.words?.at(-1)?.value?.namespaceStatus;
const failure = (run: Promise<void>) =>
  run.then(
    () => "no failure",
    (error: Error) => error.message,
  );
const looks = () =>
  engine.requests().filter((one) => /activeOnNetwork|\/content|GET \/edgeworkers\/v1\/ids$/.test(one));

test("a token that live code of others holds is not revoked: what, where, what would break, what to do", async () => {
  const stack = await begin();
  const id = await activateByHand(holding(stack));
  const message = await failure(stack.up(namespaceAlone()));
  expect(message).toContain(
    `deleting access token ${String(stack.of("reader").name)}: it is in use: version 1.0 of EdgeWorker ${id}, live on production, holds it (edgekv_tokens.js). Its requests to EdgeKV would get 401. ` +
      "Deactivate that code, or activate a version without the token, and run again. " +
      'To leave the token as it is, set `deletion: { mode: "retain" }`. To revoke it all the same, set `deletion: { mode: "revoke", evenIfLive: true }`. Run `pulumi up` with that before you remove it',
  );
  expect(engine.changes()).toEqual([]);
  expect(tokens()).toHaveLength(1);
  expect(stack.resources.map(({ name }) => name)).toContain("reader");
  expect(looks()).toHaveLength(4);
  expect(engine.messages.filter((line) => line.includes("reading what the code of 1 version"))).toHaveLength(
    1,
  );
});

test("the same token under another name is found by its reference, and `evenIfLive` revokes it", async () => {
  const stack = await begin();
  await activateByHand(holding(stack, "renamed"));
  expect(await failure(stack.up(namespaceAlone()))).toContain("holds it (edgekv_tokens.js)");
  await stack.up(data({ deletion: { mode: "revoke", evenIfLive: true } }));
  expect(engine.changes()).toEqual([]);
  await stack.up(namespaceAlone());
  expect(tokens()).toEqual([]);
});

test.each<[what: string, network: Network, token: object]>([
  ["live on the other network", "staging", {}],
  ["live under an id that the token is not for", "production", { restrictToEdgeWorkerIds: [4242] }],
])("code that holds the token, but is %s, breaks nothing", async (_what, network, token) => {
  const stack = await begin(data(token));
  await activateByHand(holding(stack), network);
  await stack.up(namespaceAlone());
  expect(tokens()).toEqual([]);
});

test("a token for some EdgeWorkers: only these are looked at", async () => {
  const stack = await begin(data({ restrictToEdgeWorkerIds: [4242, 4343] }));
  await activateByHand(holding(stack));
  await stack.up(namespaceAlone());
  expect(looks()).toEqual(
    [4242, 4343].map((id) => `GET /edgeworkers/v1/ids/${id}/activations?activeOnNetwork=true`),
  );
});

test("a namespace that live code reads is not deleted; with `liveUseCheck: false` nothing is read, and it is", async () => {
  for (const liveUseCheck of ["true", "false"]) {
    const stack = await begin(data({ deletion: { mode: "retain" } }), { liveUseCheck });
    const id = await activateByHand(holding(stack));
    const message = await failure(stack.up([]));
    if (liveUseCheck === "true") {
      expect(message).toContain(
        `it is in use: version 1.0 of EdgeWorker ${id}, live on production, reads the namespace (main.js, line 3). Its data could not be read or written any more.`,
      );
      expect([engine.changes(), status()]).toEqual([[], "READY"]);
    } else expect([message, status(), looks()]).toEqual(["no failure", "DELETING", []]);
  }
});

test("an activation that is on its way counts as live, until it ends", async () => {
  const stack = await begin(data(), {}, {});
  const id = await activateByHand(holding(stack), "production", 0);
  expect(await failure(stack.up(namespaceAlone()))).toContain(
    `it is in use: version 1.0 of EdgeWorker ${id}, on its way to production, holds it (edgekv_tokens.js)`,
  );
  const path = `/edgeworkers/v1/ids/${id}/activations/1`;
  await engine.somebody().send({ method: "DELETE", path });
  engine.later(60);
  await stack.up(namespaceAlone());
  expect(tokens()).toEqual([]);
});

test("code that can't be read counts as use", async () => {
  const stack = await begin();
  await activateByHand(holding(stack));
  engine.emulator.faults.add({ path: "*/content", kind: "status", status: 403, times: 9 });
  expect(await failure(stack.up(namespaceAlone()))).toMatch(
    /version 1\.0 of EdgeWorker \d+, live on production, may use it: its bundle can't be read/,
  );
  expect(tokens()).toHaveLength(1);
});

test("an API client that may not read EdgeWorkers at all: the run says so once, and goes on", async () => {
  const stack = await begin();
  await activateByHand(holding(stack));
  engine.emulator.faults.add({ path: "/edgeworkers/v1/ids", kind: "status", status: 403, times: 9 });
  await stack.up([]);
  expect(tokens()).toEqual([]);
  expect(
    engine.messages.filter((line) => line.includes("live code is not checked before deletes")),
  ).toHaveLength(1);
});

test("a stale answer refuses nothing: what somebody took off meanwhile is looked at again", async () => {
  const stack = await begin();
  const id = await activateByHand(holding(stack));
  const path = `/edgeworkers/v1/ids/${id}/activations`;
  const query = { activeOnNetwork: "true" };
  const before = await engine.somebody().send({ method: "GET", path, query });
  const json = { network: "PRODUCTION", version: "1.0" };
  await engine.somebody().send({ method: "POST", path: `/edgeworkers/v1/ids/${id}/deactivations`, json });
  engine.later(600);
  engine.emulator.faults.add({
    method: "GET",
    path,
    kind: "status",
    status: 200,
    body: before.text,
    contentType: "application/json",
    times: 1,
  });
  await stack.up(namespaceAlone());
  expect([tokens(), live(engine, id, "PRODUCTION")]).toEqual([[], undefined]);
});

test("a token of a fixed name that live code holds is not replaced in place: reported at preview", async () => {
  const fixed = { name: "reader" };
  const stack = await begin(data(fixed));
  const id = await activateByHand(holding(stack));
  const changed = { ...fixed, namespacePermissions: { words: ["r", "w"] } };
  const message = await failure(stack.up(data(changed)));
  expect(message).toContain(
    `name is fixed: this change would revoke the token before another one exists. Now it is in use: version 1.0 of EdgeWorker ${id}, live on production, holds it`,
  );
  expect(engine.changes()).toEqual([]);
  await stack.up(data({ ...changed, deletion: { mode: "revoke", evenIfLive: true } }));
  expect(engine.changes()).toEqual(["DELETE /tokens/reader", "POST /tokens"]);
});

test("a namespace that live code uses is not replaced in place, and its move to another group is reported", async () => {
  const stack = await begin();
  const id = await activateByHand(holding(stack));
  const changed = { geoLocation: "EU", replaceDeletesData: true };
  expect(await failure(stack.up(data({}, changed)))).toContain(
    `geoLocation can't be changed while live code uses the namespace, whose data is deleted: version 1.0 of EdgeWorker ${id}`,
  );
  expect(engine.changes()).toEqual([]);
  engine.clearMessages();
  await stack.up(data({}, { groupId: 98_765 }));
  expect(engine.messages.join("\n")).toContain(
    "namespace words on production moves to access group 98765. Code of EdgeWorkers in other groups uses it: version 1.0 of EdgeWorker",
  );
});

test("where nothing is deleted or narrowed, nothing is read of live code", async () => {
  const stack = await begin();
  await activateByHand(holding(stack));
  await stack.up(data());
  await stack.up(data({}, { retentionInSeconds: 86_400 }));
  await stack.up(data({ deletion: { mode: "retain" } }));
  await stack.up(namespaceAlone());
  expect(looks()).toEqual([]);
  expect(ids(engine)).toHaveLength(1);
});
