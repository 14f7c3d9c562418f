/** What the database, items and groups of items cost in requests when nothing contradicts the run. */
import type { HttpClient } from "../../../provider/runtime/httpClient";
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

  test("is read when the documented ten seconds are over, and not later", async () => {
    await begin();
    await runs.engine.up("edgekv:Namespace", "catalog", catalog);
    const body = { status: 404, errorCode: "EKV_9000" };
    runs.engine
      .run()
      .emulator.faults.add({ method: "GET", path: "*/hello", kind: "status", status: 404, body, times: 5 });
    runs.engine.emulator.clearJournal();
    await up({ ...hello, overwrite: true });
    const entries = runs.engine.emulator.journal().filter((entry) => entry.path.endsWith("/items/hello"));
    const [written = 0, ...reads] = entries.map(({ at }) => Date.parse(at));
    expect(reads.map((at) => (at - written) / 1000)).toEqual([0, 1, 2.5, 4.75, 8.125, 10]);
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

  const group = `${folder}/groups/greetings`;
  const reads = (requests: readonly string[]) =>
    requests.filter((request) => request.startsWith(`GET ${group}/items/`));
  const others = (requests: readonly string[]) => requests.filter((request) => !request.includes("/items/"));

  test("costs a write for each item, and four reads of the last one for all", async () => {
    await begin({ lag: "none", settings: { itemRatePerSecond: 100_000 } });
    await runs.engine.up("edgekv:Namespace", "catalog", catalog);
    let made: Awaited<ReturnType<typeof up>> | undefined;
    const created = await requestsOf(async () => {
      made = await up({ items: items(200) });
    });
    expect(count(created, "PUT")).toBe(200);
    expect(reads(created)).toEqual(Array(4).fill(reads(created)[0]));
    expect(others(created)).toEqual([`GET ${group}?maxItems=200`]);
    expect(await requestsOf(() => up({ items: items(200) }, made))).toEqual([]);
    const changed = await requestsOf(async () => {
      made = await up({ items: items(200, 2) }, made);
    });
    expect([count(changed, "PUT"), reads(changed).length, others(changed)]).toEqual([2, 4, []]);
    const destroyed = await requestsOf(async () => made && runs.engine.destroy(made));
    expect([count(destroyed, "DELETE"), reads(destroyed).length]).toEqual([200, 4]);
    expect(others(destroyed)).toEqual(["GET /edgeworkers/v1/ids"]);
  });

  test("of more than 400 reads another item for each 400, once", async () => {
    await begin({ lag: "none", settings: { itemRatePerSecond: 100_000 } });
    await runs.engine.up("edgekv:Namespace", "catalog", catalog);
    const created = reads(await requestsOf(() => up({ items: items(900) })));
    expect([created.length, new Set(created).size]).toEqual([6, 3]);
  });

  describe("that a preflight has listed", () => {
    const lists = (requests: readonly string[]) =>
      requests.filter((request) => request.startsWith("GET ") && request.includes("?maxItems"));
    const beginWithPreflight = async () => {
      runs = await CountedRuns.start({ lag: "none" }, {});
      await runs.engine.up("edgekv:Namespace", "catalog", catalog);
    };
    const args = { items: items(3) };

    test("as empty is not listed again", async () => {
      await beginWithPreflight();
      expect(lists(await requestsOf(() => up(args)))).toEqual([`GET ${group}?maxItems=1000`]);
    });

    test("with items is listed again", async () => {
      await beginWithPreflight();
      const one = { network: "staging", namespace: "catalog", group: "greetings", key: "key-0" };
      await runs.engine.up("edgekv:Item", "key-0", { ...one, value: "value 0.1" });
      expect(lists(await requestsOf(() => up(args)))).toEqual([
        `GET ${group}?maxItems=1000`,
        `GET ${group}?maxItems=3`,
      ]);
    });

    test("more than a minute ago is listed again", async () => {
      await beginWithPreflight();
      const provider = runs.engine.run().open().provider("edgekv:ItemGroup");
      const news = { ...place, ...args, owner: "project/stack/greetings", __provider: "text" };
      const { inputs } = await provider.check({}, news);
      runs.engine.later(61).emulator.clearJournal();
      await provider.create({ ...inputs, __provider: "text" });
      expect(lists(runs.engine.requests())).toEqual([`GET ${group}?maxItems=3`]);
    });
  });

  describe("by upload", () => {
    const bulk = (of: string, number = 200) => ({
      ...place,
      group: of,
      items: items(number),
      transfer: "bulk",
    });
    const lists = [`GET ${folder}/groups/greetings?maxItems=200`, `GET ${folder}/upload`];
    const job = (request: string) => request.replace(/jobs\/.*/, "jobs/j");

    test("is one upload, a look at its job, and a sample that is read once", async () => {
      await begin();
      await runs.engine.up("edgekv:Namespace", "catalog", catalog);
      const requests = await requestsOf(() => up(bulk("greetings")));
      expect(others(requests).map(job)).toEqual([...lists, `POST ${folder}/upload`, `GET ${folder}/jobs/j`]);
      const seen = Object.values(Object.groupBy(reads(requests), String)).map((some) => some?.length ?? 0);
      expect(seen.sort()).toEqual([...Array(seen.length - 1).fill(1), 4]);
      expect(seen.length).toBeLessThanOrEqual(11);
    });

    test("into a namespace of the same run asks for neither its items nor its uploads", async () => {
      await begin();
      const requests = await requestsOf(async () => {
        await runs.engine.up("edgekv:Namespace", "catalog", catalog);
        await up(bulk("greetings"));
      });
      expect(others(requests).map(job)).toEqual([
        listing,
        "POST /networks/staging/namespaces",
        `POST ${folder}/upload`,
        `GET ${folder}/jobs/j`,
      ]);
    });

    test("does not wait for the upload of another group of the run", async () => {
      await begin({ lag: 60 });
      await runs.engine.up("edgekv:Namespace", "catalog", catalog);
      runs.engine.later(60).emulator.clearJournal();
      let second: Promise<unknown> | undefined;
      // The second group begins when the upload of the first one is on its way.
      const through = (http: HttpClient): HttpClient => ({
        send: async (request) => {
          if (request.path.includes("/jobs/") && second === undefined) {
            second = runs.engine.up("edgekv:ItemGroup", "b", bulk("b", 20));
            await second;
          }
          return http.send(request);
        },
      });
      runs.engine.run({ through });
      await runs.engine.up("edgekv:ItemGroup", "a", bulk("a", 20));
      const uploads = runs.engine.requests().filter((request) => request.endsWith("/upload"));
      const one = [`GET ${folder}/upload`, `POST ${folder}/upload`];
      expect(uploads).toEqual([...one, ...one]);
    });
  });

  test("is read when a lag of ten seconds is over, and then each second or so", async () => {
    await begin();
    await runs.engine.up("edgekv:Namespace", "catalog", catalog);
    const hidden = { status: 404, errorCode: "EKV_9000" };
    const path = `*/greetings/items/*`;
    const add = (times: number) =>
      runs.engine.emulator.faults.add({
        method: "GET",
        path,
        kind: "status",
        status: 404,
        body: hidden,
        times,
      });
    const moments = async (act: () => Promise<unknown>) => {
      runs.engine.run().emulator.clearJournal();
      await act();
      const of = (method: string) =>
        runs.engine.emulator.journal().flatMap((entry) => {
          return entry.method === method && entry.path.includes("/items/") ? [Date.parse(entry.at)] : [];
        });
      const [written = 0] = of("PUT").slice(-1);
      return of("GET").map((at) => (at - written) / 1000);
    };
    add(5);
    const ten = [10, 10, 10, 10];
    expect(await moments(() => up({ items: items(3) }))).toEqual([1, 2, 3.5, 5.75, 8.75, ...ten]);
    add(6);
    const later = await moments(() =>
      runs.engine.up("edgekv:ItemGroup", "more", { ...place, group: "greetings", items: { z: "z" } }),
    );
    expect(later).toEqual([1, 2, 3.5, 5.75, 8.75, 10, 11, 11, 11, 11]);
  });
});
