import { readTokensFile } from "../../../../provider/api/edgekv/tokensFile";
import { isFull } from "../../../support/extent";
import type { TestEngine } from "../../../support/testEngine";
import {
  account,
  content,
  type Declared,
  deadTokens,
  edgeKvCode,
  greeterArgs,
  ids,
  live,
  Stack,
  startPrepared,
  versions,
} from "./support";

let engine: TestEngine;
afterAll(() => engine.close());

interface Wanted {
  readonly greeting?: string;
  readonly permissions?: Record<string, string[]>;
  readonly networks?: readonly ("staging" | "production")[];
}

/** A token, code that holds it, and that code live: what the example program declares. */
const program = ({
  greeting = "hello",
  permissions = { catalog: ["r"] },
  networks = ["staging", "production"],
}: Wanted = {}): Declared[] => [
  { token: "edgeworkers:EdgeWorker", name: "greeter", args: () => greeterArgs },
  {
    token: "edgekv:AccessToken",
    name: "reader",
    args: (of) => ({
      allowOnStaging: true,
      allowOnProduction: true,
      namespacePermissions: permissions,
      restrictToEdgeWorkerIds: [of("greeter").edgeWorkerId],
    }),
  },
  {
    token: "edgeworkers:Version",
    name: "code",
    args: (of) => ({
      edgeWorkerId: of("greeter").edgeWorkerId,
      bundle: edgeKvCode(greeting),
      version: "auto",
      tokens: [of("reader").name],
    }),
  },
  ...networks.map((network) => ({
    token: "edgeworkers:Activation",
    name: network,
    args: (of: (name: string) => Record<string, unknown>) => ({
      edgeWorkerId: of("greeter").edgeWorkerId,
      network,
      version: of("code").version,
    }),
  })),
];

const prepare = async (fresh: TestEngine) => {
  for (const network of ["staging", "production"]) {
    for (const namespace of ["catalog", "orders"]) {
      const json = { namespace, groupId: 0, retentionInSeconds: 0 };
      await fresh
        .somebody()
        .send({ method: "POST", path: `/edgekv/v1/networks/${network}/namespaces`, json });
    }
  }
};

/** A stack that is watched at every request and every wait: what was dead at any instant. */
function watched(kept?: ConstructorParameters<typeof Stack>[1]): { stack: Stack; dead: Set<string> } {
  const stack = new Stack(engine, kept);
  const dead = new Set<string>();
  stack.watch = async () => {
    for (const one of await deadTokens(engine)) dead.add(one);
  };
  return { stack, dead };
}

type Options = Parameters<typeof TestEngine.start>[0];

async function begin(options?: Options) {
  await engine?.close();
  engine = await startPrepared("namespaces", prepare, options);
  return watched();
}

let first: Stack["resources"] = [];

/** The same with the program of the first run carried out. */
async function beginWithFirst(options?: Options) {
  await engine?.close();
  const prepareFirst = async (fresh: TestEngine) => {
    await prepare(fresh);
    const stack = new Stack(fresh);
    await stack.up(program());
    first = stack.resources;
  };
  engine = await startPrepared("first run", prepareFirst, options);
  return watched(first);
}

const tokens = () =>
  Object.entries(account(engine).edgekv.tokens).flatMap(([name, states]) =>
    states.at(-1)?.value ? [name] : [],
  );
const wider = { permissions: { catalog: ["r", "w"], orders: ["r"] } };

/** What is there once everything went through: one id, one version, live on both networks, one token. */
async function expectSettled(stack: Stack): Promise<void> {
  const [id = 0, ...others] = ids(engine);
  expect(others).toEqual([]);
  const version = stack.of("code").version as string;
  expect([live(engine, id), live(engine, id, "PRODUCTION"), versions(engine, id)]).toEqual([
    version,
    version,
    [version],
  ]);
  expect(tokens()).toEqual([stack.of("reader").name]);
  const text = (await content(engine, id, version))["edgekv_tokens.js"] ?? "";
  expect([...new Set(Object.values(readTokensFile(text)).map(({ name }) => name))]).toEqual(tokens());
  expect(stack.resources).toHaveLength(5);
}

test.each([1, 2, 3, 4])(
  "at every instant, live code names only tokens that work: first run, other permissions, other code, back again (seed %d)",
  async (seed) => {
    const { stack, dead } = await begin({ seed });
    for (const wanted of [{}, wider, { ...wider, greeting: "good day" }, {}]) {
      await stack.up(program(wanted));
      await expectSettled(stack);
    }
    expect([...dead]).toEqual([]);
  },
);

test("in one run: the new token COMPLETE, the new version, live on each network, and only then the old ones go", async () => {
  const { stack } = await beginWithFirst();
  engine.later(60).emulator.clearJournal();
  await stack.up(program(wider));
  // What a stale replica refused is no change.
  const changes = engine.emulator
    .journal()
    .filter(({ method, status }) => method !== "GET" && status !== null && status < 300)
    .map(
      ({ method, path }) =>
        `${method} ${path.replace(/^\/edge(kv|workers)\/v1/, "").replace(/(reader|1\.0)-\w+$/, "*")}`,
    );
  expect(changes).toEqual([
    "POST /tokens",
    "POST /validations",
    "POST /ids/54321/versions",
    "POST /ids/54321/activations",
    "POST /ids/54321/activations",
    "DELETE /ids/54321/versions/*",
    "DELETE /tokens/*",
  ]);
});

test("what the live bundle holds opens the data plane, before, and after, for this EdgeWorker only", async () => {
  const { stack } = await begin({ lag: "none" });
  const read = async (edgeWorker: number) => {
    const [id = 0] = ids(engine);
    const text = (await content(engine, id, live(engine, id) ?? ""))["edgekv_tokens.js"] ?? "";
    const { reference = "" } = readTokensFile(text).catalog ?? {};
    const { Agent, request } = await import("node:https");
    const headers = { "X-Akamai-EdgeDB-Auth-Ref": reference, "X-Emulator-EdgeWorker-Id": String(edgeWorker) };
    return new Promise<number | undefined>((resolve, reject) => {
      const url = `${engine.emulator.url}/api/v1/namespaces/catalog/groups/g/items/i`;
      const sent = request(
        url,
        { headers, agent: new Agent({ ca: engine.emulator.ca, keepAlive: false }) },
        (reply) => {
          reply.resume();
          resolve(reply.statusCode);
        },
      );
      sent.on("error", reject);
      sent.end();
    });
  };
  await engine.somebody().send({
    method: "PUT",
    path: "/edgekv/v1/networks/staging/namespaces/catalog/groups/g/items/i",
    raw: { contentType: "text/plain", bytes: "item" },
  });
  for (const wanted of [{}, wider]) {
    await stack.up(program(wanted));
    expect([await read(54_321), await read(54_322)]).toEqual([200, 403]);
  }
});

test.each(["staging", "production"])(
  "when the activation on %s fails halfway, the old version and the old token stay, and the next run ends it",
  async (network) => {
    const { stack, dead } = await begin();
    await stack.up(program());
    const before = tokens();
    // The first of them is for staging.
    engine.set({ failActivations: 1, failedStatus: "ERROR" });
    const order =
      network === "staging" ? (["staging", "production"] as const) : (["production", "staging"] as const);
    await expect(stack.up(program({ ...wider, networks: order }))).rejects.toThrow(
      "to be COMPLETE, but it is ERROR",
    );
    expect(tokens()).toEqual(expect.arrayContaining(before));
    expect(tokens()).toHaveLength(2);
    await stack.up(program(wider));
    await expectSettled(stack);
    expect([...dead]).toEqual([]);
  },
);

test("killed at any request that changes something, before or after its effect, and run again, there is no gap, and nothing is left over", async () => {
  // How many requests a whole rotation has, and which of them change something.
  const whole = await beginWithFirst({ seed: 1 });
  await whole.stack.up(program(wider));
  const { requests } = whole.stack;
  const changing = requests.flatMap((request, at) => (request.startsWith("GET ") ? [] : [at]));
  expect(changing).toHaveLength(7);
  for (const at of changing) {
    for (const after of [false, true]) {
      const { stack, dead } = await beginWithFirst({ seed: 1 });
      await expect(stack.up(program(wider), { at, after })).rejects.toThrow();
      await stack.up(program(wider));
      await expectSettled(stack);
      expect([requests[at], after, ...dead]).toEqual([requests[at], after]);
    }
  }
});

test("killed at looks here and there, with other servers lagging, and run again, there is no gap", async () => {
  for (let seed = 1; seed <= (isFull ? 8 : 3); seed++) {
    const { stack, dead } = await beginWithFirst({ seed });
    await stack.up(program(wider), { at: seed * 9, after: seed % 2 === 0 }).catch(() => undefined);
    await stack.up(program(wider));
    await expectSettled(stack);
    expect([...dead]).toEqual([]);
  }
});

test("a token that is revoked outside of the program is noticed by the watch: it can see a gap", async () => {
  const { stack, dead } = await beginWithFirst({ lag: "none" });
  await engine.somebody().send({ method: "DELETE", path: `/edgekv/v1/tokens/${tokens()[0]}` });
  await stack.watch();
  expect([...dead]).toHaveLength(2);
});
