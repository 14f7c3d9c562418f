import type { Account } from "../../../../emulator/account/account";
import { tokenByUuid, tokenStatus } from "../../../../emulator/edgekv/accessTokens/lifecycle";
import { activationHistory, type Network } from "../../../../emulator/edgeworkers/state";
import { readTokensFile } from "../../../../provider/api/edgekv/tokensFile";
import { unpack } from "../../../../provider/bundle/files";
import { adapt, type DynamicProvider } from "../../../../provider/dynamic";
import { registry } from "../../../../provider/registry";
import type { HttpClient } from "../../../../provider/runtime/httpClient";
import { type Kept, World } from "../../../support/world";

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
    "edgekv.js": 'import { edgekv_access_tokens } from "./edgekv_tokens.js"; export class EdgeKV { tokens = edgekv_access_tokens; }',
  }),
  "main.js": `import { EdgeKV } from "./edgekv.js"; export const onClientRequest = () => new EdgeKV("${greeting}");`,
});

const prepared = new Map<string, Account>();

/** A world in which something was done before; done once, without lag, and copied from then on. */
export async function startPrepared(
  what: string,
  prepare: (world: World) => Promise<void>,
  ...[options = {}, settings]: Parameters<typeof World.start>
): Promise<World> {
  const key = JSON.stringify([what, options.settings]);
  let state = prepared.get(key);
  if (state === undefined) {
    const world = await World.start({ ...options, lag: "none" });
    await prepare(world);
    state = account(world.later(1000));
    prepared.set(key, state);
    await world.close();
  }
  const world = await World.start(options, settings);
  world.emulator.state.put({ ...state, prng: options.seed ?? Number(process.env.SEED ?? 1) });
  return world.run();
}

export function account(world: World): Account {
  return world.emulator.state.get() as Account;
}

/** The EdgeWorker ids that are there, as last written. */
export function ids(world: World): number[] {
  return Object.entries(account(world).edgeworkers.ids).flatMap(([id, states]) => (states.at(-1)?.value ? [Number(id)] : []));
}

/** The versions that are there, as last written. */
export function versions(world: World, id: number): string[] {
  const all = account(world).edgeworkers.belongings[id]?.versions ?? {};
  return Object.entries(all).flatMap(([name, states]) => (states.at(-1)?.value ? [name] : []));
}

/** The files of a version. */
export async function content(world: World, id: number, name: string): Promise<Record<string, string>> {
  const value = account(world).edgeworkers.belongings[id]?.versions[name]?.at(-1)?.value;
  const files = await unpack(Buffer.from(value?.content ?? "", "base64"), name);
  return Object.fromEntries([...files].map(([path, bytes]) => [path, Buffer.from(bytes).toString("utf8")]));
}

/** The version that is live. */
export function live(world: World, id: number, network: Network = "STAGING"): string | undefined {
  const { edgeworkers, now } = account(world);
  const own = edgeworkers.belongings[id];
  return own && activationHistory(own, network, now).active?.version;
}

/** What stands in the tokens file of an archive, by the archive's checksum. */
const tokensFiles = new Map<string, readonly { name: string; reference: string }[]>();

async function tokensOf(version: { checksum: string; content: string }): Promise<readonly { name: string; reference: string }[]> {
  const known = tokensFiles.get(version.checksum);
  if (known !== undefined) return known;
  const file = (await unpack(Buffer.from(version.content, "base64"), version.checksum)).get("edgekv_tokens.js");
  const entries = Object.values(file === undefined ? {} : readTokensFile(Buffer.from(file).toString("utf8")));
  const tokens = entries.map(({ name, reference = "" }) => ({ name, reference }));
  tokensFiles.set(version.checksum, tokens);
  return tokens;
}

/** Tokens that a live version names and that code could not use. Empty at every instant, if rotation has no gap. */
export async function deadTokens(world: World): Promise<string[]> {
  const all = account(world);
  const dead: string[] = [];
  for (const own of Object.values(all.edgeworkers.belongings)) {
    for (const network of ["STAGING", "PRODUCTION"] as const) {
      const serving = activationHistory(own, network, all.now).active?.version;
      const version = serving === undefined ? undefined : own.versions[serving]?.at(-1)?.value;
      for (const { name, reference } of version ? await tokensOf(version) : []) {
        const token = tokenByUuid(all.edgekv, reference);
        if (token === undefined || tokenStatus(token, all.now) !== "COMPLETE") dead.push(`${name} in ${serving} on ${network}`);
      }
    }
  }
  return dead;
}

type Outputs = (name: string) => Record<string, unknown>;
export interface Declared {
  readonly token: string;
  readonly name: string;
  readonly args: (outputs: Outputs) => object;
}

/** The engine was killed. */
export class Killed extends Error {}

/** What the engine does with a program of several resources: replaced ones go at the end, and not at all when something failed. */
export class Stack {
  #kept: readonly Kept[];
  #doomed: Kept[] = [];
  /** Called before and after every request, and after every wait. */
  watch: () => Promise<void> = async () => undefined;
  /** Requests so far in this run, as `POST /…`. */
  requests: string[] = [];

  constructor(
    readonly world: World,
    kept: readonly Kept[] = [],
  ) {
    this.#kept = kept;
  }

  of = (name: string): Record<string, unknown> => {
    const found = this.#kept.find((one) => one.name === name);
    if (found === undefined) throw new Error(`the stack has no ${name}`);
    return found.state;
  };

  /** What is in the state file, deleted ones to be included. */
  get resources(): readonly Kept[] {
    return [...this.#kept, ...this.#doomed];
  }

  /** @param kill the number of a request, from 0, and whether it still has its effect */
  async up(program: readonly Declared[], kill?: { readonly at: number; readonly after: boolean }): Promise<void> {
    const providers = this.#begin(kill);
    for (const { token, name, args } of program) {
      const provider = providers(token);
      const old = this.#kept.find((one) => one.name === name);
      const news = { ...args(this.of), owner: `project/stack/${name}`, __provider: "text" };
      let { inputs, failures } = await provider.check(old?.inputs ?? {}, news);
      const difference = old && failures.length === 0 ? await provider.diff(old.id, old.state, inputs) : undefined;
      if (difference && difference.replaces.length > 0) ({ inputs, failures } = await provider.check({}, news));
      if (failures.length > 0) throw new Error(failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n"));
      const sent = { ...inputs, __provider: "text" };
      const keep = (id: string, outs: object): Kept => ({ token, name, id, inputs, state: { ...outs, __provider: "text" } });
      try {
        if (old && difference && difference.replaces.length === 0) {
          if (difference.changes || old.failed) this.#save(keep(old.id, (await provider.update(old.id, old.state, sent)).outs));
          continue;
        }
        if (old && difference?.deleteBeforeReplace) await provider.delete(old.id, old.state);
        else if (old) this.#doomed.unshift(old);
        const { id, outs } = await provider.create(sent).catch((error: unknown) => {
          this.#doomed = this.#doomed.filter((one) => one !== old);
          throw error;
        });
        this.#save(keep(id, outs));
      } catch (error) {
        if (!this.#dead && error instanceof Error && "id" in error && "properties" in error) {
          this.#save({ ...keep(String(error.id), error.properties as object), failed: true });
        }
        throw this.#dead ? new Killed() : error;
      }
    }
    const dropped = this.#kept.filter(({ name }) => !program.some((one) => one.name === name)).reverse();
    for (const gone of [...this.#doomed, ...dropped]) {
      await providers(gone.token).delete(gone.id, gone.state);
      this.#doomed = this.#doomed.filter((one) => one !== gone);
      this.#kept = this.#kept.filter((one) => one !== gone);
    }
  }

  #save(kept: Kept): void {
    this.#kept = [...this.#kept.filter(({ name }) => name !== kept.name), kept];
  }

  #dead = false;

  /** A new process. */
  #begin(kill: { readonly at: number; readonly after: boolean } | undefined): (token: string) => DynamicProvider {
    this.#dead = false;
    this.requests = [];
    const { context } = this.world.run();
    const die = () => {
      this.#dead = true;
      throw new Killed();
    };
    const http: HttpClient = {
      send: async (request) => {
        if (this.#dead) die();
        const number = this.requests.push(`${request.method} ${request.path}`) - 1;
        if (kill?.at === number && !kill.after) die();
        const settled = await Promise.allSettled([context.http.send(request)]);
        await this.watch();
        if (kill?.at === number) die();
        const [reply] = settled;
        if (reply?.status === "rejected") throw reply.reason;
        return (reply as PromiseFulfilledResult<Awaited<ReturnType<HttpClient["send"]>>>).value;
      },
    };
    const clock = {
      ...context.clock,
      sleep: async (milliseconds: number) => {
        if (this.#dead) die();
        await context.clock.sleep(milliseconds);
        await this.watch();
      },
    };
    const watched = Promise.resolve({ ...context, http, clock });
    const known = new Map<string, DynamicProvider>();
    return (token) => {
      const resource = registry.get(token);
      if (resource === undefined) throw new Error(`no resource ${token}`);
      const provider = known.get(token) ?? adapt(resource, watched, () => undefined);
      known.set(token, provider);
      return provider;
    };
  }
}
