/** What one object costs in requests when nothing contradicts the run. The listings that previews share are aside. */
import type { EmulatorOptions } from "../../emulator";
import { type StoredResource, TestEngine } from "../support/testEngine";

const day = 86_400;
const catalog = { network: "staging", groupId: 72297, retentionInSeconds: 30 * day };
const immediate = { ...catalog, deletion: { mode: "immediate" } };

let engine: TestEngine;
const begin = async (options: EmulatorOptions = { lag: "none" }) => {
  // Previews have reads of their own.
  engine = await TestEngine.start(options, { previewReads: "false" });
};
afterEach(() => engine.close());

/** The requests of one run. */
async function requestsOf(act: () => Promise<unknown>): Promise<string[]> {
  engine.run().emulator.clearJournal();
  await act();
  return engine.requests().filter((request) => request !== "GET /initialize");
}

const listing = "GET /networks/staging/namespaces?details=on";
const post = "POST /networks/staging/namespaces";
const folder = "/networks/staging/namespaces/catalog";

/** Before a delete, once in a run: the EdgeWorkers whose live code could use what is deleted. */
const liveCode = ["GET /edgeworkers/v1/ids"];

describe("a namespace", () => {
  const up = (args: object, old?: StoredResource) => engine.up("edgekv:Namespace", "catalog", args, old);

  test("is created by one write, after one look", async () => {
    await begin();
    expect(await requestsOf(() => up(catalog))).toEqual([listing, post]);
  });

  test.each([
    ["retention", { retentionInSeconds: day }, `PUT ${folder}`],
    ["access group", { groupId: 98765 }, "PUT /auth/namespaces/catalog"],
  ])("changes its %s by one write, and one read that shows it", async (_, change, write) => {
    await begin();
    const made = await up(catalog);
    expect(await requestsOf(() => up({ ...catalog, ...change }, made))).toEqual([write, listing]);
  });

  test("costs nothing without a change", async () => {
    await begin();
    const made = await up(catalog);
    expect(await requestsOf(() => up(catalog, made))).toEqual([]);
  });

  test.each([
    ["after three days by one request", catalog, [`DELETE ${folder}`]],
    [
      "sooner by two",
      { ...catalog, deletion: { afterSeconds: 3600 } },
      [`DELETE ${folder}`, `PUT ${folder}/status/scheduled-delete`],
    ],
    ["at once by one", immediate, [`DELETE ${folder}?sync=true`]],
  ])("is deleted %s", async (_, args, requests) => {
    await begin();
    const made = await up(args);
    expect(await requestsOf(() => engine.destroy(made))).toEqual([...liveCode, ...requests]);
  });

  test("of 200 in one run costs its write alone: all share a few listings", async () => {
    await begin({ lag: "none", settings: { namespacesPerNetwork: 300 } });
    const names = Array.from({ length: 200 }, (_, n) => `namespace-${n}`);
    const upAll = (args: object, olds: readonly StoredResource[] = []) =>
      Promise.all(names.map((name, n) => engine.up("edgekv:Namespace", name, args, olds[n])));
    let made: StoredResource[] = [];
    const created = await requestsOf(async () => {
      made = await upAll(immediate);
    });
    expect(created.filter((request) => request === post)).toHaveLength(200);
    expect(created.length).toBeLessThanOrEqual(220);
    const changed = await requestsOf(async () => {
      made = await upAll({ ...immediate, retentionInSeconds: day }, made);
    });
    // On a busy machine a request may time out, and be sent again.
    expect(new Set(changed.filter((request) => request.startsWith("PUT "))).size).toBe(200);
    expect(changed.length).toBeLessThanOrEqual(240);
    const destroyed = await requestsOf(() => Promise.all(made.map((one) => engine.destroy(one))));
    expect(new Set(destroyed.filter((request) => request.startsWith("DELETE "))).size).toBe(200);
    expect(destroyed.length).toBeLessThanOrEqual(220);
  });
});

describe("an item", () => {
  const hello = {
    network: "staging",
    namespace: "catalog",
    group: "greetings",
    key: "hello",
    value: "Hello",
  };
  const path = `${folder}/groups/greetings/items/hello`;
  const up = (args: object, old?: StoredResource) => engine.up("edgekv:Item", "hello", args, old);

  test("in a new namespace is written by one request, and one read shows it", async () => {
    await begin();
    const requests = await requestsOf(async () => {
      await engine.up("edgekv:Namespace", "catalog", catalog);
      await up(hello);
    });
    expect(requests).toEqual([listing, post, `PUT ${path}`, `GET ${path}`]);
  });

  test("in an existing namespace is looked at before: PUT replaces without asking", async () => {
    await begin();
    await engine.up("edgekv:Namespace", "catalog", catalog);
    expect(await requestsOf(() => up({ ...hello, waitForPropagation: false }))).toEqual([
      `GET ${path}`,
      `PUT ${path}`,
    ]);
  });

  test("is changed by one write and one read, and deleted by one request", async () => {
    await begin();
    await engine.up("edgekv:Namespace", "catalog", catalog);
    let made = await up(hello);
    expect(
      await requestsOf(async () => {
        made = await up({ ...hello, value: "Hi" }, made);
      }),
    ).toEqual([`PUT ${path}`, `GET ${path}`]);
    expect(await requestsOf(() => up({ ...hello, value: "Hi" }, made))).toEqual([]);
    expect(await requestsOf(() => engine.destroy(made))).toEqual([`DELETE ${path}`]);
  });
});

describe("an access token", () => {
  const reader = { allowOnStaging: true, namespacePermissions: { catalog: ["r"] } };

  test("is created by one write, followed in the list, and revoked by one request", async () => {
    await begin();
    await engine.up("edgekv:Namespace", "catalog", catalog);
    let made: StoredResource | undefined;
    const requests = await requestsOf(async () => {
      made = await engine.up("edgekv:AccessToken", "reader", { ...reader, name: "reader" });
    });
    expect(requests).toEqual(["POST /tokens", "GET /tokens"]);
    expect(await requestsOf(async () => made && engine.destroy(made))).toEqual([
      ...liveCode,
      "DELETE /tokens/reader",
    ]);
  });

  test("of 60 in one run costs its write alone: all share the polls", async () => {
    await begin({ lag: "none" });
    await engine.up("edgekv:Namespace", "catalog", catalog);
    const requests = await requestsOf(() =>
      Promise.all(
        Array.from({ length: 60 }, (_, n) => engine.up("edgekv:AccessToken", `reader-${n}`, reader)),
      ),
    );
    expect(requests.filter((request) => request === "POST /tokens")).toHaveLength(60);
    expect(requests.length).toBeLessThanOrEqual(75);
  });
});

describe("an EdgeWorker, its version and its activation", () => {
  const ids = "/edgeworkers/v1/ids";
  const one = `${ids}/54321`;
  const bundle = {
    "main.js": "export function onClientRequest(request) { request.respondWith(200, {}, 'hello'); }\n",
    "bundle.json": JSON.stringify({ "edgeworker-version": "1.0" }),
  };
  const worker = { name: "greeter", groupId: 72297, resourceTierId: 200 };
  const code = { edgeWorkerId: 54321, bundle };
  const live = { edgeWorkerId: 54321, network: "staging", version: "1.0" };
  type Made = Readonly<Record<"worker" | "code" | "live", StoredResource>>;
  const up = async (olds: Partial<Made> = {}): Promise<Made> => ({
    worker: await engine.up("edgeworkers:EdgeWorker", "greeter", worker, olds.worker),
    code: await engine.up("edgeworkers:Version", "code", code, olds.code),
    live: await engine.up("edgeworkers:Activation", "live", live, olds.live),
  });
  const asked = async (act: () => Promise<unknown>) =>
    (await requestsOf(act)).filter(
      // What every preview reads once, and what it sends to be validated.
      (request) => !/\/(validations|limits|groups|contracts|resource-tiers.*)$/.test(request),
    );

  test("cost one write each, a look and the polls; nothing without a change; as little at their end", async () => {
    await begin();
    let made: Made | undefined;
    const created = await asked(async () => {
      made = await up();
    });
    const polls = created.filter((request) => request.startsWith(`GET ${one}/activations/`));
    expect(created.filter((request) => !polls.includes(request))).toEqual([
      // Once for a run: nothing tells it that an earlier one was killed right after its create.
      ...Array.from({ length: 4 }, () => `GET ${ids}`),
      `POST ${ids}`,
      `POST ${one}/versions`,
      `GET ${one}/activations?network=STAGING`,
      `POST ${one}/activations`,
      `GET ${one}/activations?network=STAGING&activeOnNetwork=true`,
    ]);
    expect(polls.length).toBeLessThanOrEqual(10);
    expect(await asked(() => up(made))).toEqual([]);
    const destroyed = await asked(async () => {
      for (const key of ["live", "code", "worker"] as const) if (made) await engine.destroy(made[key]);
    });
    expect(destroyed.filter((request) => !request.startsWith(`GET ${one}/deactivations/`))).toEqual([
      `GET ${one}/activations?network=STAGING`,
      `POST ${one}/deactivations`,
      `DELETE ${one}/versions/1.0`,
      `GET ${one}/properties`,
      `DELETE ${one}`,
    ]);
  });

  test("of 40 EdgeWorkers in one run each costs its write alone, beside what previews share", async () => {
    await begin({ lag: "none", settings: { edgeWorkerIds: 300 } });
    const created = await asked(() =>
      Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          engine.up("edgeworkers:EdgeWorker", `greeter-${n}`, { ...worker, name: `greeter-${n}` }),
        ),
      ),
    );
    expect(created.filter((request) => request === `POST ${ids}`)).toHaveLength(40);
    expect(created.length).toBeLessThanOrEqual(45);
  });
});
