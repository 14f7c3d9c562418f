/**
 * A whole site is destroyed, with every default and with `akamai-edge:takeDown`, and the run is killed at each of its requests. After each
 * request and each wait, the live code reads EdgeKV as it does at the edge: it gets its data until it is off.
 */
import { Agent, request } from "node:https";
import { readTokensFile } from "../../../provider/api/edgekv/tokensFile";
import { packBundle } from "../../../provider/bundle/pack";
import { ApiError } from "../../../provider/errors";
import { plain } from "../../provider/liveUse/bundles";
import {
  account,
  content,
  type Declared,
  greeterArgs,
  ids,
  live,
  Stack,
  startPrepared,
  versions,
} from "../../provider/resources/edgeworkers/support";
import { Others } from "../../support/property";
import type { TestEngine } from "../../support/testEngine";
import { every, isFull, report } from "../support/extent";

jest.setTimeout(isFull ? 3_600_000 : 300_000);

const network = "production";
const reads = `const kv = new EdgeKV({ namespace: "words" });\nexport async function onClientRequest(request) { request.respondWith(200, {}, await kv.getText({ item: "DE" })); }\n`;
const bundle = Object.fromEntries(
  [...plain(reads)].flatMap(([path, bytes]) => (path === "edgekv_tokens.js" ? [] : [[path, String(bytes)]])),
);

/** The shape of examples/full-site, for one network. */
const site: readonly Declared[] = [
  { token: "edgekv:Database", name: "edgekv", args: () => ({}) },
  {
    token: "edgekv:Namespace",
    name: "words",
    args: () => ({ name: "words", network, groupId: 72_297, retentionInSeconds: 0 }),
  },
  {
    token: "edgekv:Item",
    name: "DE",
    args: (of) => ({
      network,
      namespace: of("words").name,
      group: "countries",
      key: "DE",
      value: "Guten Tag",
    }),
  },
  { token: "edgeworkers:EdgeWorker", name: "greeter", args: () => greeterArgs },
  {
    token: "property:EdgeWorkerRules",
    name: "rules",
    args: (of) => ({
      propertyName: "www.example.com",
      baseVersion: network,
      rules: [{ name: "R", paths: ["/r/*"], edgeWorker: { edgeWorkerId: of("greeter").edgeWorkerId } }],
    }),
  },
  {
    token: "edgekv:AccessToken",
    name: "reader",
    args: (of) => ({
      allowOnProduction: true,
      namespacePermissions: { words: ["r"], shared: ["r"] },
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
  // In a namespace that is not the program's: nothing but its name leads there.
  {
    token: "edgekv:Item",
    name: "own",
    args: () => ({ network, namespace: "shared", group: "countries", key: "own", value: "Hallo" }),
  },
  {
    token: "edgekv:ItemGroup",
    name: "others",
    args: () => ({ network, namespace: "shared", group: "others", items: { a: "1", b: "2" } }),
  },
];
/** So the engine may delete the data of the namespace at the same time as the activation. */
const together = ["live", "own", "others"];

let engine: TestEngine;
let agent: Agent;
afterAll(() => engine.close());

/** What live code reads: an item of the program, one that its visitors wrote, and the program's own in a namespace of others. */
const items = {
  declared: "words/groups/countries/items/DE",
  theirs: "words/groups/countries/items/visits",
  own: "shared/groups/countries/items/own",
  grouped: "shared/groups/others/items/b",
};

let kept: Stack["resources"] = [];
const prepare = async (fresh: TestEngine) => {
  const stack = new Stack(fresh);
  const json = { namespace: "shared", groupId: 72_297, retentionInSeconds: 0 };
  await fresh.somebody().send({ method: "POST", path: `/edgekv/v1/networks/${network}/namespaces`, json });
  fresh.later(60);
  await stack.up(site);
  const path = `/edgekv/v1/networks/${network}/namespaces/${items.theirs}`;
  const raw = { contentType: "text/plain", bytes: "1" };
  await fresh.somebody().send({ method: "PUT", path, raw });
  kept = stack.resources;
};

interface Site {
  readonly stack: Stack;
  /** What live code got that was no answer with its data. Empty, if nothing live breaks. */
  readonly broken: Set<string>;
  /** Reads of live code. */
  reads: number;
}

async function begin(settings: Record<string, string>): Promise<Site> {
  await engine?.close();
  engine = await startPrepared("a whole site", prepare, {}, settings);
  agent = new Agent({ ca: engine.emulator.ca, keepAlive: true });
  const found: Site = { stack: new Stack(engine, kept), broken: new Set(), reads: 0 };
  found.stack.together = together;
  found.stack.watch = () => readAsLiveCode(found);
  return found;
}

async function readAsLiveCode(found: Site): Promise<void> {
  for (const id of Object.keys(account(engine).edgeworkers.belongings).map(Number)) {
    const version = live(engine, id, "PRODUCTION");
    if (version === undefined) continue;
    const reference = await referenceIn(id, version);
    for (const [what, item] of Object.entries(items)) {
      const status = await readData(id, reference, item);
      found.reads += 1;
      if (status !== 200) found.broken.add(`${status} for the ${what} item`);
    }
  }
}

const references = new Map<string, string>();
async function referenceIn(id: number, version: string): Promise<string> {
  const key = `${id}/${version}`;
  const known = references.get(key);
  if (known !== undefined) return known;
  const text = (await content(engine, id, version))["edgekv_tokens.js"] ?? "";
  const { reference = "" } = readTokensFile(text).words ?? {};
  references.set(key, reference);
  return reference;
}

/** A request to EdgeKV as code at the edge makes it. */
function readData(id: number, reference: string, item: string): Promise<number | undefined> {
  const headers = {
    "X-Akamai-EdgeDB-Auth-Ref": reference,
    "X-Emulator-EdgeWorker-Id": String(id),
    "X-Emulator-Network": network,
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${engine.emulator.url}/api/v1/namespaces/${item}`, { headers, agent }, (reply) => {
      reply.resume();
      reply.on("end", () => resolve(reply.statusCode));
    });
    sent.on("error", reject);
    sent.end();
  });
}

const tokens = () =>
  Object.entries(account(engine).edgekv.tokens).flatMap(([name, states]) =>
    states.at(-1)?.value ? [name] : [],
  );
const status = () => account(engine).edgekv.namespaces.production.words?.at(-1)?.value?.namespaceStatus;
const liveCode = () => ids(engine).flatMap((id) => live(engine, id, "PRODUCTION") ?? []);
const down: readonly Declared[] = [];

/** As the message says: the property goes back to a version without the rules, and the code is deactivated and deleted. */
async function takeOffByHand(): Promise<void> {
  const http = engine.somebody();
  await new Others(http).activate(2, "PRODUCTION");
  for (const id of ids(engine)) {
    const json = { network: "PRODUCTION", version: live(engine, id, "PRODUCTION") };
    await http.send({ method: "POST", path: `/edgeworkers/v1/ids/${id}/deactivations`, json });
  }
  engine.later(3600);
  // The state may have let go of a version that stayed live.
  for (const id of ids(engine))
    for (const name of versions(engine, id))
      await http.send({ method: "DELETE", path: `/edgeworkers/v1/ids/${id}/versions/${name}` });
  engine.later(60);
}

type Kill = { readonly at: number; readonly after: boolean };
/** The error of a run, and undefined when it is done. */
const run = (stack: Stack, program: readonly Declared[], kill?: Kill): Promise<string | undefined> =>
  stack.up(program, kill).then(
    () => undefined,
    (error: Error) => error.message || error.constructor.name,
  );

/** Whether the run was killed. What goes side by side may share its reads: a run can end well before the moment comes. */
async function isKilled(
  where: string,
  stack: Stack,
  program: readonly Declared[],
  kill: Kill,
): Promise<boolean> {
  const ended = await run(stack, program, kill);
  if (ended === undefined && stack.requests.length <= kill.at) return false;
  expect([where, ended]).toEqual([where, "Crashed"]);
  return true;
}

/** Each request of a run, once before and once after its effect. */
const kills = (requests: number, step: number): Kill[] =>
  every(
    step,
    Array.from({ length: requests * 2 }, (_, index) => ({ at: index >> 1, after: index % 2 === 1 })),
  );

test("with every default: what is live serves on, killed at any request, and a later run ends, or names what is live", async () => {
  const whole = await begin({});
  expect(await run(whole.stack, down)).toBeUndefined();
  const requests = [...whole.stack.requests];
  expect([[...whole.broken], liveCode().length, tokens().length, status()]).toEqual([[], 1, 1, "READY"]);
  expect(whole.stack.resources).toEqual([]);

  let [crashes, refused] = [0, 0];
  const cases = kills(requests.length, 17);
  for (const kill of cases) {
    const where = `killed ${kill.after ? "after" : "before"} ${requests[kill.at]} (${kill.at})`;
    const killed = await begin({});
    if (await isKilled(where, killed.stack, down, kill)) crashes += 1;
    const message = await run(killed.stack, down);
    expect([where, liveCode().length, tokens().length, status()]).toEqual([where, 1, 1, "READY"]);
    if (message !== undefined) {
      refused += 1;
      expect([where, message]).toEqual([where, expect.stringContaining("it is in use: ")]);
      await takeOffByHand();
      expect([where, await run(killed.stack, down)]).toEqual([where, undefined]);
    }
    expect([where, killed.stack.resources, [...killed.broken]]).toEqual([where, [], []]);
    expect(killed.reads).toBeGreaterThan(kill.at);
  }
  report("Live reads while a site is destroyed", {
    run: "defaults",
    requests: requests.length,
    crashes,
    refused,
  });
});

test("with `akamai-edge:takeDown`: live code reads until it is off, killed at any request, and nothing is left", async () => {
  const settings = { takeDown: "true" };
  const programs = [site, down];
  const whole = await begin(settings);
  const requests: string[][] = [];
  for (const program of programs) {
    expect(await run(whole.stack, program)).toBeUndefined();
    requests.push([...whole.stack.requests]);
  }
  expect([[...whole.broken], ids(engine), tokens(), status()]).toEqual([[], [], [], "DELETING"]);

  for (const [step, asked] of requests.entries()) {
    const cases = kills(asked.length, 35);
    let crashes = 0;
    for (const kill of cases) {
      const where = `${step === 0 ? "up" : "destroy"} killed ${kill.after ? "after" : "before"} ${asked[kill.at]} (${kill.at})`;
      const killed = await begin(settings);
      for (const [index, program] of programs.entries()) {
        if (index === step && (await isKilled(where, killed.stack, program, kill))) crashes += 1;
        expect([where, await run(killed.stack, program)]).toEqual([where, undefined]);
      }
      expect([where, [...killed.broken], killed.stack.resources]).toEqual([where, [], []]);
      expect([where, ids(engine), tokens(), status()]).toEqual([where, [], [], "DELETING"]);
      expect(killed.reads).toBeGreaterThan(0);
    }
    report("Live reads while a site is destroyed", {
      run: `takeDown: ${step === 0 ? "up" : "destroy"}`,
      requests: asked.length,
      crashes,
      refused: 0,
    });
  }
});

test("others activate code with the token at any request of the destroy: it reads, unless nothing was looked at any more", async () => {
  const begun = async () => {
    const started = await begin({ takeDown: "true" });
    await run(started.stack, site);
    return started;
  };
  const whole = await begun();
  await run(whole.stack, down);
  const { requests } = whole.stack;
  let unseen = 0;
  const moments = every(9, [...requests.keys()]);
  for (const moment of moments) {
    const where = `somebody activates after ${requests[moment]} (${moment})`;
    const { stack, broken } = await begun();
    const token = stack.of("reader");
    const id = Number(stack.of("greeter").edgeWorkerId);
    const theirs = plain(reads, {
      "edgekv_tokens.js": tokensOfBoth(String(token.name), String(token.reference)),
      "bundle.json": '{ "edgeworker-version": "theirs" }',
    });
    const packed = await packBundle(theirs);
    const { watch } = stack;
    // Two requests may be on their way at once.
    let asked: number | undefined;
    stack.watch = async () => {
      if (asked === undefined && stack.requests.length > moment) {
        asked = stack.requests.length - 1;
        await activateTheirs(id, packed);
      }
      await watch();
    };
    const message = await run(stack, down);
    // Their activation takes minutes, and may come to its end after the run.
    engine.later(3600);
    await watch();
    const made = [...stack.requests];
    const lookBefore = (path: string) => {
      const deleted = made.findIndex((one) => one.startsWith(`DELETE /edgekv/v1/${path}`));
      const looked = made.findLastIndex((one, at) => at < deleted && one.endsWith("/activations"));
      return deleted < 0 ? Number.POSITIVE_INFINITY : looked;
    };
    // The data goes first, and was not looked at again.
    if ((asked ?? moment) >= lookBefore("networks/"))
      for (const what of ["own", "grouped"]) broken.delete(`404 for the ${what} item`);
    if ((asked ?? moment) >= lookBefore("tokens/")) {
      unseen += 1;
      continue;
    }
    expect([where, [...broken]]).toEqual([where, []]);
    expect([where, message]).toEqual([where, expect.any(String)]);
  }
  expect(unseen).toBeLessThan(moments.length);
  report("Live reads while a site is destroyed", {
    run: "takeDown: destroy, others activate",
    requests: requests.length,
    crashes: 0,
    refused: moments.length - unseen,
  });
});

/** The token is for both namespaces. */
function tokensOfBoth(name: string, reference: string): string {
  const entry = JSON.stringify({ name, reference });
  return `var edgekv_access_tokens = { "namespace-words": ${entry}, "namespace-shared": ${entry} };\nexport { edgekv_access_tokens };\n`;
}

/** What can't be uploaded any more, because the EdgeWorker is gone, is live nowhere. */
async function activateTheirs(id: number, bytes: Uint8Array): Promise<void> {
  const http = engine.somebody();
  const path = `/edgeworkers/v1/ids/${id}`;
  try {
    await http.send({
      method: "POST",
      path: `${path}/versions`,
      raw: { contentType: "application/gzip", bytes },
    });
    const json = { network: "PRODUCTION", version: "theirs" };
    await http.send({ method: "POST", path: `${path}/activations`, json });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}
