import { Agent, request } from "node:https";
import { readTokensFile } from "../../../../provider/api/edgekv/tokensFile";
import type { TestEngine } from "../../../support/testEngine";
import {
  account,
  content,
  type Declared,
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

type Network = "staging" | "production";
const networks = ["staging", "production"] as const;

interface Wanted {
  /** The networks with an activation; all else is declared for both. */
  readonly activations?: readonly Network[];
  readonly permissions?: readonly string[];
  /** Of the token for production. */
  readonly alsoOnStaging?: boolean;
  readonly deletion?: object;
}

/** Words, a token, code that reads them, and that code live: for each network its own, destroyed in the reverse order. */
const shop = ({
  activations = networks,
  permissions = ["r"],
  alsoOnStaging = false,
  deletion,
}: Wanted = {}): Declared[] => [
  ...networks.flatMap((network) => {
    const place = { network, namespace: "words" };
    return [
      {
        token: "edgekv:Namespace",
        name: `words-${network}`,
        args: () => ({ name: "words", network, groupId: 0, retentionInSeconds: 0 }),
      },
      {
        token: "edgekv:Item",
        name: `DE-${network}`,
        args: () => ({ ...place, group: "countries", key: "DE", value: "Guten Tag" }),
      },
      {
        token: "edgekv:ItemGroup",
        name: `others-${network}`,
        args: () => ({ ...place, group: "others", items: { US: "Hello" } }),
      },
    ];
  }),
  { token: "edgeworkers:EdgeWorker", name: "greeter", args: () => greeterArgs },
  ...networks.flatMap((network) => [
    {
      token: "edgekv:AccessToken",
      name: `reader-${network}`,
      args: (of: Stack["of"]) => ({
        allowOnStaging: network === "staging" || alsoOnStaging,
        allowOnProduction: network === "production",
        namespacePermissions: { words: permissions },
        restrictToEdgeWorkerIds: [of("greeter").edgeWorkerId],
      }),
    },
    {
      token: "edgeworkers:Version",
      name: `code-${network}`,
      args: (of: Stack["of"]) => ({
        edgeWorkerId: of("greeter").edgeWorkerId,
        bundle: edgeKvCode(network),
        version: "auto",
        tokens: [of(`reader-${network}`).name],
      }),
    },
  ]),
  ...activations.map((network) => ({
    token: "edgeworkers:Activation",
    name: `live-${network}`,
    args: (of: Stack["of"]) => ({
      edgeWorkerId: of("greeter").edgeWorkerId,
      network,
      version: of(`code-${network}`).version,
      ...(deletion && { deletion }),
    }),
  })),
];

const kept = new Map<string, Stack["resources"]>();

/** The program carried out, and some time gone by. */
async function begin(
  wanted: Wanted = {},
  options: Parameters<typeof startPrepared>[2] = { lag: "none" },
): Promise<Stack> {
  await engine?.close();
  const what = JSON.stringify(wanted);
  const prepare = async (fresh: TestEngine) => {
    const stack = new Stack(fresh);
    await stack.up(shop(wanted));
    kept.set(what, stack.resources);
  };
  engine = await startPrepared(what, prepare, options);
  engine.emulator.clearJournal();
  return new Stack(engine, kept.get(what));
}

/** What the code that is live would read, with the token that its bundle holds. */
async function readLive(
  network: Network,
  group = "countries",
  key = "DE",
): Promise<[status: number | undefined, text: string]> {
  const [id = 0] = ids(engine);
  const text =
    (await content(engine, id, live(engine, id, network === "staging" ? "STAGING" : "PRODUCTION") ?? ""))[
      "edgekv_tokens.js"
    ] ?? "";
  const headers = {
    "X-Akamai-EdgeDB-Auth-Ref": readTokensFile(text).words?.reference ?? "",
    "X-Emulator-EdgeWorker-Id": String(id),
    "X-Emulator-Network": network,
  };
  return new Promise((resolve, reject) => {
    const url = `${engine.emulator.url}/api/v1/namespaces/words/groups/${group}/items/${key}`;
    const sent = request(
      url,
      { headers, agent: new Agent({ ca: engine.emulator.ca, keepAlive: false }) },
      async (reply) => {
        resolve([reply.statusCode, Buffer.concat(await reply.toArray()).toString("utf8")]);
      },
    );
    sent.on("error", reject);
    sent.end();
  });
}

const tokens = () =>
  Object.entries(account(engine).edgekv.tokens).flatMap(([name, states]) =>
    states.at(-1)?.value ? [name] : [],
  );
const namespaceStatus = (network: Network) =>
  account(engine).edgekv.namespaces[network].words?.at(-1)?.value?.namespaceStatus;
const contents = () => engine.requests().filter((one) => one.endsWith("/content"));
const stays = () => engine.messages.filter((line) => line.includes("stay"));

/** What code that is live on production needs is as it was. */
async function expectProductionIntact(): Promise<void> {
  expect(await readLive("production")).toEqual([200, "Guten Tag"]);
  expect(await readLive("production", "others", "US")).toEqual([200, "Hello"]);
  expect(namespaceStatus("production")).toBe("READY");
}

test.each(["none", "default"] as const)(
  "a destroy leaves production with all that its code uses, takes all of staging away, and says so once (lag %s)",
  async (lag) => {
    const stack = await begin({}, { lag });
    const [id = 0] = ids(engine);
    const { name } = stack.of("reader-production");
    const { version } = stack.of("code-production");
    await stack.up([]);
    expect(stack.resources).toEqual([]);
    await expectProductionIntact();
    expect([ids(engine), versions(engine, id), tokens(), namespaceStatus("staging")]).toEqual([
      [id],
      [version],
      [name],
      "DELETING",
    ]);
    expect(live(engine, id)).toBeUndefined();
    expect(contents()).toHaveLength(1);
    expect(stays()).toEqual([
      [
        `EdgeWorker ${id}: version ${version} stays live on production. What its code uses stays too: access token ${name}, namespace words on production with its items. The run removes all of that from the state, and leaves it in the account.`,
        '  To take everything down, set `deletion: { mode: "deactivate" }` on the activation, and run `pulumi up` before `pulumi destroy`.',
        "  If the state is gone already, bring the last one back with `pulumi stack import` first.",
        "  Without it, declare the activation with this EdgeWorker and version, and the namespaces with `adopt: true`; delete the EdgeWorker and the tokens by hand.",
      ].join("\n"),
    ]);
  },
);

test("with `deactivate` everything goes, and nothing is read that live code may use", async () => {
  const stack = await begin({ deletion: { mode: "deactivate" } });
  await stack.up([]);
  expect([ids(engine), tokens(), ...networks.map(namespaceStatus)]).toEqual([[], [], "DELETING", "DELETING"]);
  expect([contents(), stays()]).toEqual([[], []]);
});

test("what to do to take it down: `deactivate`, up, destroy", async () => {
  const stack = await begin();
  await stack.up(shop({ deletion: { mode: "deactivate" } }));
  expect(engine.changes()).toEqual([]);
  await stack.up([]);
  expect([ids(engine), tokens(), ...networks.map(namespaceStatus)]).toEqual([[], [], "DELETING", "DELETING"]);
});

test("a line that was taken out, and all the rest in a later run: the version is found live, and keeps what it uses", async () => {
  const stack = await begin();
  const rest = shop({ activations: [] });
  await stack.up(rest);
  expect(stays()).toHaveLength(1);
  engine.clearMessages();
  await stack.up([]);
  await expectProductionIntact();
  expect(stays()).toEqual([
    expect.stringContaining(
      "stays live on production. What its code uses stays too: access token reader-production-",
    ),
  ]);
  expect(tokens()).toHaveLength(1);
});

test("a run that was killed while it took staging down: the next destroy ends it, and production is as it was", async () => {
  const stack = await begin();
  await expect(stack.up([], { at: 4, after: true })).rejects.toThrow();
  expect(stack.resources.map(({ name }) => name)).not.toContain("live-production");
  expect(stack.resources.map(({ name }) => name)).toContain("code-production");
  await stack.up([]);
  await expectProductionIntact();
  expect([tokens().length, namespaceStatus("staging")]).toEqual([1, "DELETING"]);
});

test.each([
  ["the service does not show the bundle", { status: 403 }],
  ["the bundle is damaged", { status: 200, body: "no archive", contentType: "application/gzip" }],
])(
  "when %s, the tokens that the state names for the version stay, with their namespaces",
  async (_what, fault) => {
    const stack = await begin();
    engine.emulator.faults.add({ path: "*/content", kind: "status", times: 9, ...fault });
    await stack.up([]);
    engine.emulator.faults.clear();
    await expectProductionIntact();
    expect([tokens().length, namespaceStatus("staging")]).toEqual([1, "DELETING"]);
    expect(engine.messages.filter((line) => line.includes("could not be read"))).toHaveLength(1);
    expect(stays()).toContainEqual(
      expect.stringMatching(
        /^access token reader-production-\w+ stays with its other namespaces \(words on production\)/,
      ),
    );
  },
);

test("a token that is allowed on both networks keeps its namespaces on both", async () => {
  const stack = await begin({ alsoOnStaging: true });
  await stack.up([]);
  await expectProductionIntact();
  expect(namespaceStatus("staging")).toBe("READY");
  expect(stays()[1]).toMatch(
    /stays with its other namespaces \(words on staging\): version \S+ of EdgeWorker \d+, live on production, holds it\.$/,
  );
});

test("what somebody took off the network before, no longer needs anything", async () => {
  const stack = await begin();
  const [id = 0] = ids(engine);
  const json = { network: "PRODUCTION", version: stack.of("code-production").version };
  await engine.somebody().send({ method: "POST", path: `/edgeworkers/v1/ids/${id}/deactivations`, json });
  engine.later(600);
  await stack.up([]);
  expect([ids(engine), tokens(), ...networks.map(namespaceStatus), stays()]).toEqual([
    [],
    [],
    "DELETING",
    "DELETING",
    [],
  ]);
});

test("what somebody activated instead keeps what it uses", async () => {
  const stack = await begin();
  const [id = 0] = ids(engine);
  const json = { network: "PRODUCTION", version: stack.of("code-staging").version };
  await engine.somebody().send({ method: "POST", path: `/edgeworkers/v1/ids/${id}/activations`, json });
  engine.later(600);
  await stack.up([]);
  expect(versions(engine, id)).toEqual([json.version]);
  expect(tokens()).toEqual([expect.stringMatching(/^reader-staging-/)]);
  expect(stays()[0]).toContain(
    `version ${String(json.version)} stays live on production. What its code uses stays too: access token reader-staging-`,
  );
});

test("a rotation revokes as before, without a word and without a look at a bundle", async () => {
  const stack = await begin();
  await stack.up(shop({ permissions: ["r", "w"] }));
  expect(tokens().sort()).toEqual(networks.map((network) => stack.of(`reader-${network}`).name).sort());
  expect(engine.changes().filter((one) => one.startsWith("DELETE "))).toHaveLength(4);
  expect([contents(), stays()]).toEqual([[], []]);
});
