/** What access tokens cost in requests when nothing contradicts the run. */
import type { StoredResource } from "../../support/testEngine";
import { CountedRuns, catalog, distinct, liveCode } from "./support";

const token = "edgekv:AccessToken";
const reader = { allowOnStaging: true, namespacePermissions: { catalog: ["r"] } };
const programs = (count: number) => Array.from({ length: count }, (_, n) => [`reader-${n}`, reader] as const);

let runs: CountedRuns;
const begin = async (...options: Parameters<typeof CountedRuns.start>) => {
  runs = await CountedRuns.start(...options);
  await runs.engine.up("edgekv:Namespace", "catalog", catalog);
};
afterEach(() => runs.engine.close());

const up = (args: object, old?: StoredResource) => runs.engine.up(token, "reader", args, old);
const requestsOf = (act: () => Promise<unknown>) => runs.requestsOf(act);

test("is created by one write, followed in the list, and revoked by one request", async () => {
  await begin();
  let made: StoredResource | undefined;
  const created = await requestsOf(async () => {
    made = await up({ ...reader, name: "reader" });
  });
  expect(created).toEqual(["POST /tokens", "GET /tokens"]);
  expect(await requestsOf(() => up({ ...reader, name: "reader" }, made))).toEqual([]);
  const revoked = await requestsOf(async () => made && runs.engine.destroy(made));
  expect(revoked).toEqual([...liveCode, "DELETE /tokens/reader"]);
});

test("that takes its time is written once, and polled in the list alone", async () => {
  await begin({ lag: "default" });
  runs.engine.later(10);
  const created = await requestsOf(() => up(reader));
  expect(created.filter((request) => request !== "GET /tokens")).toEqual(["POST /tokens"]);
});

test.each([
  ["none", 1.1],
  // Each minute of the wait has a few polls, which all share.
  ["default", 1.2],
] as const)(
  "of 200 in one run: each costs its write, and all share the polls (lag %s)",
  async (lag, each) => {
    await begin({ lag, settings: { tokensPerAccount: 300 } });
    runs.engine.later(10);
    let made: StoredResource[] = [];
    const created = await requestsOf(async () => {
      made = await runs.upAll(token, programs(200));
    });
    expect(created.filter((request) => request === "POST /tokens")).toHaveLength(200);
    expect(created.length).toBeLessThanOrEqual(each * 200);
    expect(await requestsOf(() => runs.upAll(token, programs(200), made))).toEqual([]);
    const destroyed = await requestsOf(() => runs.destroyAll(made));
    expect(distinct(destroyed, "DELETE")).toBe(200);
    expect(destroyed.length).toBeLessThanOrEqual(1.1 * 200);
  },
);

test("of 200 that are refreshed in one run: a look and a write each, and all share the polls", async () => {
  await begin({ lag: "default", settings: { tokensPerAccount: 300 } });
  runs.engine.later(10);
  const made = await runs.upAll(token, programs(200));
  const again = programs(200).map(([name, args]) => [name, { ...args, refreshTriggers: 1 }] as const);
  const requests = await requestsOf(() => runs.upAll(token, again, made));
  expect(distinct(requests, "POST")).toBe(200);
  expect(requests.length).toBeLessThanOrEqual(2.2 * 200);
});

test("of 20, each previewed when others are made already: what previews read is read once", async () => {
  await begin({ lag: "none" }, {});
  const made: StoredResource[] = [];
  const created = await requestsOf(async () => {
    for (const [name, args] of programs(20)) made.push(await runs.engine.up(token, name, args));
  });
  expect(created.filter((request) => request !== "POST /tokens" && request !== "GET /tokens")).toEqual([
    "GET /networks/staging/namespaces?details=on",
  ]);
  // One look at the preview, and one for each that is made alone.
  expect(created.filter((request) => request === "GET /tokens")).toHaveLength(21);
  const changed = await requestsOf(async () => {
    for (const [n, [name, args]] of programs(20).entries())
      await runs.engine.up(token, name, { ...args, expiry: undefined, refreshTriggers: 1 }, made[n]);
  });
  // Refreshed alone, each is believed after three looks.
  expect(changed.filter((request) => request === "GET /tokens")).toHaveLength(1 + 3 * 20);
});
