import type { Account } from "../../../../emulator/account/account";
import { tokenByUuid, tokenStatus } from "../../../../emulator/edgekv/accessTokens/lifecycle";
import { activationHistory, type Network } from "../../../../emulator/edgeworkers/state";
import { readTokensFile } from "../../../../provider/api/edgekv/tokensFile";
import { unpack } from "../../../../provider/bundle/files";
import { TestEngine } from "../../../support/testEngine";

export { type Declared, Stack } from "../../../support/testEngine/orderedStack";

export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
export const greeterArgs = { groupId: 72297, resourceTierId: 200 };

const main = "export function onClientRequest(request) { request.respondWith(200, {}, 'hello'); }\n";
/** A worker that answers with a greeting. */
export const code = (greeting = "hello", more: Record<string, unknown> = {}) => ({
  "main.js": main.replace("hello", greeting),
  "bundle.json": JSON.stringify({ "edgeworker-version": "1.0" }),
  ...more,
});
/** A worker that reads EdgeKV; its tokens come from the program. */
export const edgeKvCode = (greeting = "hello") => ({
  ...code(greeting, {
    "edgekv.js":
      'import { edgekv_access_tokens } from "./edgekv_tokens.js"; export class EdgeKV { tokens = edgekv_access_tokens; }',
  }),
  "main.js": `import { EdgeKV } from "./edgekv.js"; export const onClientRequest = () => new EdgeKV("${greeting}");`,
});

const prepared = new Map<string, Account>();

/** A engine in which something was done before; done once, without lag, and copied from then on. */
export async function startPrepared(
  what: string,
  prepare: (engine: TestEngine) => Promise<void>,
  ...[options = {}, settings]: Parameters<typeof TestEngine.start>
): Promise<TestEngine> {
  const key = JSON.stringify([what, options.settings]);
  let state = prepared.get(key);
  if (state === undefined) {
    const engine = await TestEngine.start({ ...options, lag: "none" });
    await prepare(engine);
    state = account(engine.later(1000));
    prepared.set(key, state);
    await engine.close();
  }
  const engine = await TestEngine.start(options, settings);
  engine.emulator.state.put({ ...state, prng: options.seed ?? Number(process.env.SEED ?? 1) });
  return engine.run();
}

export function account(engine: TestEngine): Account {
  return engine.emulator.state.get() as Account;
}

/** The EdgeWorker ids that are there, as last written. */
export function ids(engine: TestEngine): number[] {
  return Object.entries(account(engine).edgeworkers.ids).flatMap(([id, states]) =>
    states.at(-1)?.value ? [Number(id)] : [],
  );
}

/** The versions that are there, as last written. */
export function versions(engine: TestEngine, id: number): string[] {
  const all = account(engine).edgeworkers.belongings[id]?.versions ?? {};
  return Object.entries(all).flatMap(([name, states]) => (states.at(-1)?.value ? [name] : []));
}

/** The files of a version. */
export async function content(engine: TestEngine, id: number, name: string): Promise<Record<string, string>> {
  const value = account(engine).edgeworkers.belongings[id]?.versions[name]?.at(-1)?.value;
  const files = await unpack(Buffer.from(value?.content ?? "", "base64"), name);
  return Object.fromEntries([...files].map(([path, bytes]) => [path, Buffer.from(bytes).toString("utf8")]));
}

/** The version that is live. */
export function live(engine: TestEngine, id: number, network: Network = "STAGING"): string | undefined {
  const { edgeworkers, now } = account(engine);
  const own = edgeworkers.belongings[id];
  return own && activationHistory(own, network, now).active?.version;
}

/** What stands in the tokens file of an archive, by the archive's checksum. */
const tokensFiles = new Map<string, readonly { name: string; reference: string }[]>();

async function tokensOf(version: {
  checksum: string;
  content: string;
}): Promise<readonly { name: string; reference: string }[]> {
  const known = tokensFiles.get(version.checksum);
  if (known !== undefined) return known;
  const file = (await unpack(Buffer.from(version.content, "base64"), version.checksum)).get(
    "edgekv_tokens.js",
  );
  const entries = Object.values(file === undefined ? {} : readTokensFile(Buffer.from(file).toString("utf8")));
  const tokens = entries.map(({ name, reference = "" }) => ({ name, reference }));
  tokensFiles.set(version.checksum, tokens);
  return tokens;
}

/** Tokens that a live version names and that code could not use. Empty at every instant, if rotation has no gap. */
export async function deadTokens(engine: TestEngine): Promise<string[]> {
  const all = account(engine);
  const dead: string[] = [];
  for (const own of Object.values(all.edgeworkers.belongings)) {
    for (const network of ["STAGING", "PRODUCTION"] as const) {
      const serving = activationHistory(own, network, all.now).active?.version;
      const version = serving === undefined ? undefined : own.versions[serving]?.at(-1)?.value;
      for (const { name, reference } of version ? await tokensOf(version) : []) {
        const token = tokenByUuid(all.edgekv, reference);
        if (token === undefined || tokenStatus(token, all.now) !== "COMPLETE")
          dead.push(`${name} in ${serving} on ${network}`);
      }
    }
  }
  return dead;
}
