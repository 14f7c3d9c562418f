import { gunzipSync } from "node:zlib";
import { propertyChanges } from "../../scripts/engine";
import { killDescendants } from "../../scripts/processes";
import { edgekv, edgeworkers } from "../../sdk";
import { changed, EngineTest, succeeded } from "../support/engine";
import { firstOrAll, fullTest } from "../support/extent";

interface Wanted {
  readonly permissions?: ("r" | "w" | "d")[];
  readonly greeting?: string;
  readonly networks?: ("staging" | "production")[];
  readonly keep?: number;
}

const manifest = JSON.stringify({ "edgeworker-version": "1.0" });
const main = (greeting: string) =>
  `import { EdgeKV } from "./edgekv.js";\nexport function onClientRequest(request) {\n  request.respondWith(200, {}, "${greeting}" + typeof EdgeKV);\n}\n`;
const helper = `import { edgekv_access_tokens } from "./edgekv_tokens.js";\nexport class EdgeKV {\n  tokens() {\n    return edgekv_access_tokens;\n  }\n}\n`;

/** A namespace, a token, the code that holds it, live on the networks. */
const shop =
  ({ permissions = ["r"], greeting = "hello", networks = ["staging"], keep = 0 }: Wanted = {}) =>
  async () => {
    const names = networks.map(
      (network) =>
        new edgekv.Namespace(`words-${network}`, {
          name: "words",
          network,
          groupId: 0,
          retentionInSeconds: 0,
        }),
    );
    const worker = new edgeworkers.EdgeWorker("greeter", { groupId: 72_297, resourceTierId: 200 });
    const reader = new edgekv.AccessToken(
      "reader",
      {
        allowOnStaging: true,
        allowOnProduction: networks.includes("production"),
        namespacePermissions: { words: permissions },
      },
      { dependsOn: names },
    );
    const code = new edgeworkers.Version("code", {
      edgeWorkerId: worker.edgeWorkerId,
      bundle: { "main.js": main(greeting), "edgekv.js": helper, "bundle.json": manifest },
      version: "auto",
      tokens: [reader],
      keepVersions: keep,
    });
    for (const network of networks) {
      new edgeworkers.Activation(`live-${network}`, {
        edgeWorkerId: worker.edgeWorkerId,
        network,
        version: code.version,
        deletion: { mode: "deactivate" },
      });
    }
  };

/** What the account holds, as far as it matters here. */
interface Account {
  readonly edgekv: { readonly tokens: Record<string, { value: { name: string; uuid: string } | null }[]> };
}

/** The token references in an archive; text in a tar archive is found as it is. */
function referencesIn(archive: Buffer): string[] {
  const text = gunzipSync(archive).toString("utf8");
  return [...text.matchAll(/"reference": "([0-9a-f-]{36})"/g)].map(([, reference]) => String(reference));
}

/** What is live on a network names only tokens that are there and COMPLETE. */
async function expectNoDeadToken(engine: EngineTest, networks: readonly string[]): Promise<void> {
  const http = engine.somebody();
  const get = async (path: string, query = {}) => http.send({ method: "GET", path, query });
  const { edgeWorkerIds } = JSON.parse((await get("/edgeworkers/v1/ids")).text) as {
    edgeWorkerIds: { edgeWorkerId: number }[];
  };
  for (const { edgeWorkerId } of edgeWorkerIds) {
    for (const network of networks) {
      const path = `/edgeworkers/v1/ids/${edgeWorkerId}/activations`;
      const { activations } = JSON.parse(
        (await get(path, { network: network.toUpperCase(), activeOnNetwork: "true" })).text,
      ) as {
        activations: { version: string }[];
      };
      for (const { version } of activations) {
        const content = await http.send({
          method: "GET",
          path: `/edgeworkers/v1/ids/${edgeWorkerId}/versions/${version}/content`,
          accept: "application/gzip",
        });
        const references = referencesIn(Buffer.from(content.bytes));
        expect(references.length).toBeGreaterThan(0);
        const listing = await http.send({
          method: "GET",
          path: "/edgekv/v1/tokens",
          expectedStatuses: [404],
        });
        const { tokens = [] } = JSON.parse(listing.text) as {
          tokens?: { uuid: string; tokenActivationStatus: string }[];
        };
        for (const reference of references) {
          expect(tokens.find(({ uuid }) => uuid === reference)).toMatchObject({
            tokenActivationStatus: "COMPLETE",
          });
        }
      }
    }
  }
}

let engine: EngineTest;
afterEach(() => engine.close());

fullTest(
  "code from a map of files goes live; a change of it is previewed by file, and going back is an update",
  async () => {
    engine = await EngineTest.start();
    await succeeded(engine.up(shop()));
    expect(changed(await succeeded(engine.up(shop())))).toEqual([]);
    const first = (await engine.resources()).find(({ urn }) => urn.endsWith("::live-staging"))?.outputs
      .version;

    const changedCode = shop({ greeting: "good day" });
    const previewed = await succeeded(engine.preview(changedCode));
    expect(changed(previewed)).toEqual([
      "create-replacement code",
      "replace code",
      "update live-staging",
      "delete-replaced code",
    ]);
    const [before, after] = ["old" as const, "new" as const].map(
      (side) => previewed.steps.find(({ op }) => op === "replace")?.[side].files as Record<string, string>,
    );
    const differing = Object.keys(after ?? {}).filter((path) => before?.[path] !== after?.[path]);
    expect(differing).toEqual(["main.js"]);
    expect(previewed.steps.filter(({ name }) => name === "live-staging").flatMap(propertyChanges)).toEqual([
      expect.stringMatching(/^version: "1\.0-\w{10}" -> "1\.0-\w{10}"$/),
    ]);
    await succeeded(engine.up(changedCode));

    // The name of the first version was used up when it was deleted: the same content comes back under a name that follows it.
    const back = await succeeded(engine.up(shop()));
    expect(changed(back)).toContain("update live-staging");
    const again = (await engine.resources()).find(({ urn }) => urn.endsWith("::live-staging"))?.outputs
      .version;
    expect(String(again).startsWith(String(first))).toBe(true);
    expect(changed(await succeeded(engine.preview(shop())))).toEqual([]);

    const state = engine.checkpoint();
    expect(state).toContain(String(first));
    const { tokens } = (engine.emulator.state.get() as Account).edgekv;
    // The token's own resource keeps its reference, encrypted; nothing else has it.
    const references = Object.values(tokens).flatMap((versions) =>
      versions.flatMap(({ value }) => value?.uuid ?? []),
    );
    expect(references).toHaveLength(1);
    expect(references.filter((reference) => state.includes(reference))).toEqual([]);
  },
);

fullTest(
  "another version that somebody activated is drift: found by refresh, and put right by up",
  async () => {
    engine = await EngineTest.start();
    const live = async () =>
      (await engine.resources()).find(({ urn }) => urn.endsWith("::live-staging"))?.inputs ?? {};
    await succeeded(engine.up(shop({ keep: 1 })));
    const { edgeWorkerId, version: first } = await live();
    await succeeded(engine.up(shop({ keep: 1, greeting: "good day" })));
    const { version: second } = await live();
    await engine.somebody().send({
      method: "POST",
      path: `/edgeworkers/v1/ids/${edgeWorkerId}/activations`,
      json: { network: "STAGING", version: first, note: "back to what worked" },
    });
    await succeeded(engine.refresh());
    expect(await live()).toMatchObject({ version: first });
    const previewed = await succeeded(engine.preview(shop({ keep: 1, greeting: "good day" })));
    expect(previewed.steps.flatMap(propertyChanges)).toEqual([
      `version: ${JSON.stringify(first)} -> ${JSON.stringify(second)}`,
    ]);
    await succeeded(engine.up(shop({ keep: 1, greeting: "good day" })));
    expect(await live()).toMatchObject({ version: second });
    await succeeded(engine.destroy());
    expect(engine.changes().filter((request) => /^DELETE .*\/versions\//.test(request))).toHaveLength(2);
  },
);

test("a permission change goes through token, version and both networks before anything old goes", async () => {
  engine = await EngineTest.start();
  const networks = ["staging", "production"] as const;
  await succeeded(engine.up(shop({ networks: [...networks] })));
  await expectNoDeadToken(engine, networks);
  engine.emulator.clearJournal();
  const wider = shop({ networks: [...networks], permissions: ["r", "w"] });
  expect(changed(await succeeded(engine.preview(wider)))).toEqual(
    expect.arrayContaining([
      "replace reader",
      "replace code",
      "update live-staging",
      "update live-production",
    ]),
  );
  await succeeded(engine.up(wider));
  const order = engine.changes().map((request) =>
    request
      .replace(/\/edge(kv|workers)\/v1\//, "")
      .replace(/ids\/\d+\//, "")
      .replace(/\/(reader-|1\.0-).*/, ""),
  );
  expect(order).toEqual([
    "POST tokens",
    "POST versions",
    "POST activations",
    "POST activations",
    "DELETE versions",
    "DELETE tokens",
  ]);
  await expectNoDeadToken(engine, networks);
});

fullTest("when an activation fails, the old token stays, and the next up goes on", async () => {
  engine = await EngineTest.start();
  await succeeded(engine.up(shop()));
  engine.emulator.clearJournal();
  const wider = shop({ permissions: ["r", "w"] });
  const state = engine.emulator.state.get() as { settings: object };
  engine.emulator.state.put({ ...state, settings: { ...state.settings, failActivations: 1 } });
  const failed = await engine.up(wider);
  expect(failed.error).toBeDefined();
  expect(failed.messages.join("\n")).toMatch(
    /activation of version 1\.0-\w+ of EdgeWorker \d+ on staging.*ERROR/s,
  );
  expect(engine.changes().filter((request) => request.startsWith("DELETE"))).toEqual([]);
  await expectNoDeadToken(engine, ["staging"]);
  await succeeded(engine.up(wider));
  await expectNoDeadToken(engine, ["staging"]);
  expect(changed(await succeeded(engine.preview(wider)))).toEqual([]);
  const listing = await engine.somebody().send({ method: "GET", path: "/edgekv/v1/tokens" });
  expect((JSON.parse(listing.text) as { tokens: unknown[] }).tokens).toHaveLength(1);
});

const interruptions: readonly (readonly [what: string, method: string, path: string])[] = [
  ["makes the new token", "POST", "/edgekv/v1/tokens"],
  ["uploads the new version", "POST", "*/versions"],
  ["activates it", "POST", "*/activations"],
  ["deletes the old version", "DELETE", "*/versions/*"],
  ["revokes the old token", "DELETE", "*/tokens/*"],
];
test.each(firstOrAll(interruptions))(
  "killed while it %s, a rotation is finished by the next run, and no live code ever holds a dead token",
  async (_what, method, path) => {
    engine = await EngineTest.start();
    await succeeded(engine.up(shop()));
    engine.emulator.clearJournal();
    engine.emulator.faults.add({ method, path, kind: "hang", afterEffect: true });
    const wider = shop({ permissions: ["r", "w"] });
    const killed = engine.up(wider);
    const pattern = new RegExp(`^${method} .*${path.replaceAll("*", "").replace(/\/$/, "")}`);
    while (!engine.changes().some((request) => pattern.test(request)))
      await new Promise((resolve) => setTimeout(resolve, 30));
    killDescendants();
    await killed;
    await engine.stack.cancel();
    engine.emulator.faults.clear();
    await expectNoDeadToken(engine, ["staging"]);

    await succeeded(engine.up(wider));
    await expectNoDeadToken(engine, ["staging"]);
    expect(changed(await succeeded(engine.preview(wider)))).toEqual([]);
    const http = engine.somebody();
    const { tokens } = JSON.parse((await http.send({ method: "GET", path: "/edgekv/v1/tokens" })).text) as {
      tokens: unknown[];
    };
    const { edgeWorkerIds } = JSON.parse(
      (await http.send({ method: "GET", path: "/edgeworkers/v1/ids" })).text,
    ) as {
      edgeWorkerIds: { edgeWorkerId: number }[];
    };
    const { versions } = JSON.parse(
      (
        await http.send({
          method: "GET",
          path: `/edgeworkers/v1/ids/${edgeWorkerIds[0]?.edgeWorkerId}/versions`,
        })
      ).text,
    ) as {
      versions: unknown[];
    };
    expect([tokens.length, edgeWorkerIds.length, versions.length]).toEqual([1, 1, 1]);
  },
);
