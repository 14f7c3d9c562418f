import type { TestEngine } from "../../../support/testEngine";
import { plain } from "../../liveUse/bundles";
import { greeterArgs, startPrepared } from "./support";

let engine: TestEngine;
afterAll(() => engine?.close());

const made = `const kv = new EdgeKV({ namespace: "words" });\n`;
const handler = (body: string) =>
  `${made}export async function onClientRequest(request) { ${body} request.respondWith(200, {}, ""); }\n`;
const files = (body: string) =>
  Object.fromEntries(
    [...plain(handler(body))].flatMap(([path, bytes]) =>
      path === "edgekv_tokens.js" ? [] : [[path, String(bytes)]],
    ),
  );
const read = `await kv.getText({ item: "a" });`;
const write = `await kv.putText({ item: "a", value: "b" });`;
const words = (groupId = 72_297) => ({ name: "words", network: "staging", groupId, retentionInSeconds: 0 });
const token = (permissions: object) => ({ allowOnStaging: true, namespacePermissions: permissions });

/** One preview of namespace, token and version, none of which exists yet. */
async function preview(body: string, permissions: object, groupId = 72_297) {
  await engine?.close();
  engine = await startPrepared("nothing", async () => undefined, { lag: "none" });
  const worker = await engine.up("edgeworkers:EdgeWorker", "greeter", greeterArgs);
  engine.run().clearMessages();
  engine.emulator.clearJournal();
  await engine.preview("edgeworkers:EdgeWorker", "greeter", greeterArgs, worker);
  await engine.preview("edgekv:Namespace", "words", words(groupId));
  const reader = await engine.preview("edgekv:AccessToken", "reader", token(permissions));
  const version = await engine.preview("edgeworkers:Version", "code", {
    edgeWorkerId: worker.state.edgeWorkerId,
    bundle: files(body),
    version: "auto",
    tokens: [reader.inputs.name],
  });
  return { version, name: String(reader.inputs.name) };
}
const warnings = () => engine.messages.filter((line) => line.startsWith("warning"));

test("code that does more than its token allows is refused on `tokens`, before the token exists", async () => {
  const { version, name } = await preview(read + write, { words: ["r"] });
  expect(version.failures).toEqual([
    {
      property: "tokens",
      reason: expect.stringContaining(
        `has access token ${name}, which does not allow it: the code writes to the namespace words (main.js, line 3). Set its \`namespacePermissions\` of words to ["r","w"]`,
      ),
    },
  ]);
});

test("a namespace without a token", async () => {
  const { version } = await preview(`await kv.delete({ namespace: "others", item: "a" });`, { words: ["r"] });
  expect(version.failures[0]?.reason).toContain(
    'has no access token for the namespace others: the code deletes in the namespace others (main.js, line 3). Add a token that allows {"others":["d"]}',
  );
});

test("a token that allows more gives one warning, with the smaller permissions", async () => {
  const { version, name } = await preview(read, { words: ["r", "w", "d"] });
  expect(version.failures).toEqual([]);
  expect(warnings()).toEqual([
    expect.stringMatching(
      new RegExp(
        `access token ${name} allows \\{"words":\\["r","w","d"\\]\\}\\. The code of version .* needs no more than \`namespacePermissions: \\{"words":\\["r"\\]\\}\`\\. Unless other code holds the token, allow no more\\.`,
      ),
    ),
  ]);
});

test.each([
  ["as much as the code needs", read, { words: ["r"] }],
  ["code whose use can't be determined", "globalThis.use(kv);", { words: ["r", "w", "d"] }],
])("%s: not a word", async (_what, body, permissions) => {
  const { version } = await preview(body, permissions);
  expect([version.failures, warnings()]).toEqual([[], []]);
});

test("an EdgeWorker in another access group than the namespace gives a warning, without a request", async () => {
  const { version } = await preview(read, { words: ["r"] }, 98_765);
  expect(version.failures).toEqual([]);
  expect(warnings().join("\n")).toContain(
    "is in access group 72297. The namespace words, which its code uses, is in access group 98765. Everyone who may read the bundle can read the token in it. Put both into one access group.",
  );
  expect(engine.requests().filter((one) => /\/ids\/\d+$/.test(one))).toEqual([]);
});

test("`default` on production gives one warning", async () => {
  await preview(read, { words: ["r"] });
  engine.run().clearMessages();
  await engine.preview("edgekv:AccessToken", "t", {
    allowOnProduction: true,
    namespacePermissions: { default: ["r"] },
  });
  await engine.preview("edgekv:Item", "i", {
    network: "production",
    namespace: "default",
    group: "g",
    key: "k",
    value: "v",
  });
  await engine.preview("edgekv:Item", "j", {
    network: "staging",
    namespace: "default",
    group: "g",
    key: "k",
    value: "v",
  });
  expect(warnings().filter((line) => line.includes("`default` on production"))).toHaveLength(1);
});
