/** What the database, items and groups of items cost in requests when nothing contradicts the run. */
import { CountedRuns, catalog, folder, listing } from "./support";

let runs: CountedRuns;
const begin = async (options?: Parameters<typeof CountedRuns.start>[0]) => {
  runs = await CountedRuns.start(options);
};
afterEach(() => runs.engine.close());
const requestsOf = (act: () => Promise<unknown>) => runs.requestsOf(act);

describe("the database", () => {
  const up = (...[args, old]: [object, Parameters<CountedRuns["engine"]["up"]>[3]?]) =>
    runs.engine.up("edgekv:Database", "edgekv", args, old);
  const requests = async (act: () => Promise<unknown>) => {
    runs.engine.run().emulator.clearJournal();
    await act();
    return runs.engine.requests();
  };

  test("is adopted without a write, and left alone without a change", async () => {
    await begin();
    let made: Awaited<ReturnType<typeof up>> | undefined;
    expect(
      await requests(async () => {
        made = await up({});
      }),
      // The preview's, and the one before the work.
    ).toEqual(["GET /initialize", "GET /initialize"]);
    expect(await requests(() => up({}, made))).toEqual([]);
    expect(await requests(async () => made && runs.engine.destroy(made))).toEqual([]);
  });

  test("is initialized by one write, after one look and before the one that shows it", async () => {
    await begin({ lag: "none", settings: { initialized: false } });
    expect(await requests(() => up({}))).toEqual(["GET /initialize", "PUT /initialize", "GET /initialize"]);
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
  const up = (...[args, old]: [object, Parameters<CountedRuns["engine"]["up"]>[3]?]) =>
    runs.engine.up("edgekv:Item", "hello", args, old);

  test("in a new namespace is written by one request, and one read shows it", async () => {
    await begin();
    const requests = await requestsOf(async () => {
      await runs.engine.up("edgekv:Namespace", "catalog", catalog);
      await up(hello);
    });
    expect(requests).toEqual([listing, "POST /networks/staging/namespaces", `PUT ${path}`, `GET ${path}`]);
  });

  test("in an existing namespace is looked at before: PUT replaces without asking", async () => {
    await begin();
    await runs.engine.up("edgekv:Namespace", "catalog", catalog);
    expect(await requestsOf(() => up({ ...hello, waitForPropagation: false }))).toEqual([
      `GET ${path}`,
      `PUT ${path}`,
    ]);
  });

  test("is changed by one write and one read, and deleted by one request", async () => {
    await begin();
    await runs.engine.up("edgekv:Namespace", "catalog", catalog);
    let made = await up(hello);
    expect(
      await requestsOf(async () => {
        made = await up({ ...hello, value: "Hi" }, made);
      }),
    ).toEqual([`PUT ${path}`, `GET ${path}`]);
    expect(await requestsOf(() => up({ ...hello, value: "Hi" }, made))).toEqual([]);
    // A destroy looks once whether code is live.
    expect(await requestsOf(() => runs.engine.destroy(made))).toEqual([
      "GET /edgeworkers/v1/ids",
      `DELETE ${path}`,
    ]);
  });
});

describe("a group of items", () => {
  const place = { network: "staging", namespace: "catalog", group: "greetings", transfer: "items" };
  const items = (count: number, edition = 1) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, n) => [`key-${n}`, `value ${n}.${n < 2 ? edition : 1}`]),
    );
  const up = (...[args, old]: [object, Parameters<CountedRuns["engine"]["up"]>[3]?]) =>
    runs.engine.up("edgekv:ItemGroup", "greetings", { ...place, ...args }, old);
  const count = (requests: readonly string[], method: string) =>
    new Set(requests.filter((request) => request.startsWith(`${method} ${folder}/groups/greetings/items/`)))
      .size;

  test("costs a write for each item, and a few reads for all", async () => {
    await begin({ lag: "none", settings: { itemRatePerSecond: 100_000 } });
    await runs.engine.up("edgekv:Namespace", "catalog", catalog);
    let made: Awaited<ReturnType<typeof up>> | undefined;
    const created = await requestsOf(async () => {
      made = await up({ items: items(200) });
    });
    expect(count(created, "PUT")).toBe(200);
    expect(created.length).toBeLessThanOrEqual(1.2 * 200);
    expect(await requestsOf(() => up({ items: items(200) }, made))).toEqual([]);
    const changed = await requestsOf(async () => {
      made = await up({ items: items(200, 2) }, made);
    });
    expect(count(changed, "PUT")).toBe(2);
    expect(changed.length).toBeLessThanOrEqual(10);
    const destroyed = await requestsOf(async () => made && runs.engine.destroy(made));
    expect(count(destroyed, "DELETE")).toBe(200);
    expect(destroyed.length).toBeLessThanOrEqual(1.2 * 200);
  });
});
