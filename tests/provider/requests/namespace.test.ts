/** What namespaces cost in requests when nothing contradicts the run. The listings that previews share are aside. */
import type { StoredResource } from "../../support/testEngine";
import { CountedRuns, catalog, day, distinct, folder, immediate, listing, liveCode } from "./support";

const token = "edgekv:Namespace";
const post = "POST /networks/staging/namespaces";

let runs: CountedRuns;
const begin = async (...options: Parameters<typeof CountedRuns.start>) => {
  runs = await CountedRuns.start(...options);
};
afterEach(() => runs.engine.close());

const up = (args: object, old?: StoredResource) => runs.engine.up(token, "catalog", args, old);
const requestsOf = (act: () => Promise<unknown>) => runs.requestsOf(act);

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

test.each([
  ["retention", { retentionInSeconds: day }, `PUT ${folder}`],
  ["access group", { groupId: 98765 }, "PUT /auth/namespaces/catalog"],
])("reads until a change of its %s shows, and writes it once", async (_, change, write) => {
  await begin({ lag: "default" });
  const made = await up(catalog);
  runs.engine.later(300);
  const requests = await requestsOf(() => up({ ...catalog, ...change }, made));
  expect(requests.filter((request) => request !== listing)).toEqual([write]);
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
  expect(await requestsOf(() => runs.engine.destroy(made))).toEqual([...liveCode, ...requests]);
});

const programs = (count: number, args: object) =>
  Array.from({ length: count }, (_, n) => [`namespace-${n}`, args] as const);

test("of 20 in one run: no more than 45 requests to create them, and to delete them at once", async () => {
  await begin({ lag: "none", settings: { namespacesPerNetwork: 21 } }, { namespacesPerNetwork: "21" });
  let made: StoredResource[] = [];
  const created = await requestsOf(async () => {
    made = await runs.upAll(token, programs(20, immediate));
  });
  expect(created.filter((request) => request === post)).toHaveLength(20);
  expect(created.length).toBeLessThanOrEqual(45);
  expect((await requestsOf(() => runs.upAll(token, programs(20, immediate), made))).length).toBeLessThan(3);
  const destroyed = await requestsOf(() => runs.destroyAll(made));
  expect(distinct(destroyed, "DELETE")).toBe(20);
  expect(destroyed.length).toBeLessThanOrEqual(45);
});

test("of 20, each previewed when others are made already: what previews read is read once", async () => {
  await begin({ lag: "none", settings: { namespacesPerNetwork: 21 } }, { namespacesPerNetwork: "21" });
  const made: StoredResource[] = [];
  const created = await requestsOf(async () => {
    for (const [name, args] of programs(20, immediate)) made.push(await runs.engine.up(token, name, args));
  });
  expect(created.filter((request) => request !== post)).toEqual(["GET /auth/groups", listing, listing]);
  expect(created).toHaveLength(23);
  const changed = await requestsOf(async () => {
    for (const [n, [name]] of programs(20, immediate).entries())
      made[n] = await runs.engine.up(token, name, { ...immediate, retentionInSeconds: day }, made[n]);
  });
  expect(distinct(changed, "PUT")).toBe(20);
  // One look at the preview, and one for each change.
  expect(changed.length).toBeLessThanOrEqual(41);
});

test("of 200 in one run: each costs its write, and all share a few listings", async () => {
  await begin({ lag: "none", settings: { namespacesPerNetwork: 300 } });
  let made: StoredResource[] = [];
  const created = await requestsOf(async () => {
    made = await runs.upAll(token, programs(200, immediate));
  });
  expect(created.filter((request) => request === post)).toHaveLength(200);
  expect(created.length).toBeLessThanOrEqual(1.1 * 200);
  const changed = await requestsOf(async () => {
    made = await runs.upAll(token, programs(200, { ...immediate, retentionInSeconds: day }), made);
  });
  expect(distinct(changed, "PUT")).toBe(200);
  expect(changed.length).toBeLessThanOrEqual(1.2 * 200);
  const destroyed = await requestsOf(() => runs.destroyAll(made));
  expect(distinct(destroyed, "DELETE")).toBe(200);
  expect(destroyed.length).toBeLessThanOrEqual(1.1 * 200);
});

test("of 200 that are scheduled for deletion: one request each", async () => {
  await begin({ lag: "none", settings: { namespacesPerNetwork: 300 } });
  const made = await runs.upAll(token, programs(200, catalog));
  const destroyed = await requestsOf(() => runs.destroyAll(made));
  expect(distinct(destroyed, "DELETE")).toBe(200);
  expect(destroyed.length).toBeLessThanOrEqual(1.1 * 200);
});
