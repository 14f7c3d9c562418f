/**
 * What this product promises, asked of the site itself: at every request and every wait of a run, both networks answer, with the code
 * that is live by the emulator's clock and the words of EdgeKV. Runs the compiled emulator.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ids, live } from "../../provider/resources/edgeworkers/support";
import { TestEngine } from "../../support/testEngine";
import { type Declared, Stack } from "../../support/testEngine/orderedStack";
import { edgeWorker, SITE, TestSite } from "./support/site";

const helper = readFileSync(join(__dirname, "../../../examples/full-site/worker/edgekv.js"), "utf8");
const networks = ["staging", "production"] as const;
type Network = (typeof networks)[number];

interface Wanted {
  readonly greeting?: string;
  readonly permissions?: string[];
  readonly isBroken?: boolean;
  /** Of the probe that has to succeed before production. */
  readonly probe?: object;
  readonly keep?: number;
}

const code = ({ greeting = "one", isBroken = false }: Wanted) => ({
  "main.js": `import { EdgeKV } from "./edgekv.js";
const words = new EdgeKV("words", "countries");
export async function onClientRequest(request) {
  ${isBroken ? "undeclared.call();" : ""}
  request.respondWith(200, {}, "${greeting} " + (await words.text("US", "no word")));
}`,
  "edgekv.js": helper,
  "bundle.json": JSON.stringify({ "edgeworker-version": "1.0" }),
});

/** Words, a token, code that holds it, and that code live: on staging first, and then on production. */
const program = (wanted: Wanted = {}): Declared[] => [
  ...networks.flatMap((network): Declared[] => [
    {
      token: "edgekv:Namespace",
      name: `words-${network}`,
      args: () => ({ name: "words", network, groupId: 0, retentionInSeconds: 0 }),
    },
    {
      token: "edgekv:Item",
      name: `word-${network}`,
      args: () => ({ network, namespace: "words", group: "countries", key: "US", value: "hello" }),
    },
  ]),
  {
    token: "edgeworkers:EdgeWorker",
    name: "greeter",
    args: () => ({ groupId: 72_297, resourceTierId: 200 }),
  },
  {
    token: "edgekv:AccessToken",
    name: "reader",
    args: (of) => ({
      allowOnStaging: true,
      allowOnProduction: true,
      namespacePermissions: { words: wanted.permissions ?? ["r"] },
      restrictToEdgeWorkerIds: [of("greeter").edgeWorkerId],
    }),
  },
  {
    token: "edgeworkers:Version",
    name: "code",
    args: (of) => ({
      edgeWorkerId: of("greeter").edgeWorkerId,
      bundle: code(wanted),
      version: "auto",
      tokens: [of("reader").name],
      keepVersions: wanted.keep ?? 0,
    }),
  },
  ...networks.map((network) => ({
    token: "edgeworkers:Activation",
    name: network,
    args: (of: (name: string) => Record<string, unknown>) => ({
      edgeWorkerId: of("greeter").edgeWorkerId,
      network,
      version: of("code").version,
      ...(network === "production" &&
        wanted.probe !== undefined && {
          after: { activation: `${String(of("greeter").edgeWorkerId)}/staging`, probe: wanted.probe },
        }),
    }),
  })),
];

let site: TestSite;
let engine: TestEngine;
let stack: Stack;
/** By EdgeWorker and version. */
let greetings: Map<string, string>;
/** What was wrong at any instant, and what was answered, without repetitions. */
let wrong: Set<string>;
let seen: Record<Network, string[]>;

async function look(): Promise<void> {
  const [id = 0] = ids(engine);
  await Promise.all(
    networks.map(async (network) => {
      const version = live(engine, id, network === "staging" ? "STAGING" : "PRODUCTION");
      if (version === undefined) return;
      const expected = `${greetingOf(id, version)} hello`;
      const response = await site.edge.fetch(`${SITE}/hello`, { network });
      const text = await response.text();
      if (response.status !== 200 || text !== expected)
        wrong.add(`${network} ${version}: ${response.status} ${text} instead of ${expected}`);
      if (seen[network].at(-1) !== text) seen[network].push(text);
    }),
  );
}

/** What a version greets with: what the program set when it was first seen live. */
function greetingOf(id: number, version: string): string {
  const known = greetings.get(`${id} ${version}`);
  if (known !== undefined) return known;
  greetings.set(`${id} ${version}`, current);
  return current;
}
let current = "one";

async function up(wanted: Wanted): Promise<void> {
  current = wanted.greeting ?? "one";
  await stack.up(program(wanted));
}

beforeEach(async () => {
  site = await TestSite.start({}, { lag: "default", settings: { initialized: true } });
  engine = TestEngine.on(site.emulator);
  stack = new Stack(engine);
  [greetings, wrong, seen] = [new Map(), new Set(), { staging: [], production: [] }];
  current = "one";
  await stack.up(program());
  // Replicas have settled, and the site's rules call the code.
  engine.later(600);
  site.rules([edgeWorker(ids(engine)[0] ?? 0)]);
  stack.watch = look;
  await look();
  expect(seen).toEqual({ staging: ["one hello"], production: ["one hello"] });
});
afterEach(() => site.close());

test("through new code, a rotation, a rollback: no request fails, and the greeting changes when the activation is COMPLETE", async () => {
  const wider = ["r", "w"];
  for (const wanted of [
    { greeting: "two" },
    { greeting: "two", permissions: wider },
    { greeting: "three", permissions: wider },
    { greeting: "one" },
  ])
    await up(wanted);
  expect([...wrong]).toEqual([]);
  const greeted = ["one", "two", "three", "one"].map((word) => `${word} hello`);
  expect(seen).toEqual({ staging: greeted, production: greeted });
  expect(
    site.emulator.journal().filter(({ path, status }) => path.startsWith("/api/v1/") && status === 401),
  ).toEqual([]);
});

test("a failed activation leaves the old code and its token at work, until the next run goes through", async () => {
  engine.set({ failActivations: 1 });
  await expect(up({ greeting: "two", permissions: ["r", "w"] })).rejects.toThrow(/ERROR/);
  await look();
  expect(seen).toEqual({ staging: ["one hello"], production: ["one hello"] });
  await up({ greeting: "two", permissions: ["r", "w"] });
  await look();
  expect([...wrong]).toEqual([]);
  expect(seen.production).toEqual(["one hello", "two hello"]);
});

test("a namespace whose delete somebody scheduled refuses reads, never the token, and is called back with its words", async () => {
  const reads = () =>
    new Set(
      site.emulator
        .journal()
        .filter(({ path }) => path.startsWith("/api/v1/"))
        .map(({ status }) => status),
    );
  for (const network of networks)
    await engine.somebody().send({
      method: "DELETE",
      path: `/edgekv/v1/networks/${network}/namespaces/words`,
      expectedStatuses: [202, 204],
    });
  engine.later(24 * 3600);
  expect(await site.status("/hello")).toBe(500);
  await up({});
  expect(reads()).toEqual(new Set([200, 400]));
  engine.later(3600).emulator.clearJournal();
  wrong.clear();
  await look();
  // Past the time of the delete, the words are still there.
  engine.later(7 * 24 * 3600);
  await look();
  expect([...wrong]).toEqual([]);
  expect(seen.production.at(-1)).toBe("one hello");
  expect(reads()).toEqual(new Set([200]));
});

test("a broken version fails the probe on staging, and never reaches production", async () => {
  const probe = {
    url: "http://www.example.com/hello",
    connectTo: new URL(site.edge.staging).host,
    expect: { status: 200, body: "hello" },
    within: 60,
  };
  await up({ greeting: "two", probe });
  expect(seen.production.at(-1)).toBe("two hello");
  stack.watch = async () => undefined;
  await expect(up({ greeting: "three", probe, isBroken: true })).rejects.toThrow(/status 500/);
  expect(await site.status("/hello")).toBe(500);
  expect(await site.text("/hello", { network: "production" })).toBe("two hello");
  await up({ greeting: "three", probe });
  expect(await site.text("/hello", { network: "production" })).toBe("three hello");
  expect([...wrong]).toEqual([]);
});
