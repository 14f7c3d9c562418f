import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { merge } from "../../../../emulator/account/account";
import { contentOf } from "../../../../provider/items/content";
import { fingerprintOf } from "../../../../provider/items/fingerprint";
import { usesBulk } from "../../../../provider/resources/edgekv/bulk/transfer";
import type { Context } from "../../../../provider/runtime/context";
import { RunState } from "../../../../provider/runtime/runState";
import { TestEngine } from "../../../support/testEngine";
import { resourceUnderTest } from "../../../support/testEngine/resourceUnderTest";

const place = { network: "staging", namespace: "catalog", group: "countries" };
const base = "/edgekv/v1/networks/staging/namespaces/catalog";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "akamai-edge-bulk-"));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await engine.close();
});

let engine: TestEngine;
const begin = async (options: Parameters<typeof TestEngine.start>[0] = {}) => {
  engine = await TestEngine.start(
    { lag: "none", ...options, settings: { itemRatePerSecond: 100_000, ...options.settings } },
    { concurrency: "2" },
  );
  const json = { namespace: "catalog", groupId: 72297, retentionInSeconds: 0 };
  await engine.somebody().send({ method: "POST", path: "/edgekv/v1/networks/staging/namespaces", json });
  engine.later(10).emulator.clearJournal();
};
const { up, failingUp, preview, notice, refused } = resourceUnderTest(
  () => engine,
  "edgekv:ItemGroup",
  "countries",
  {},
  {
    complete: (args) => ({ ...place, transfer: "bulk", ...args }),
  },
);
const set = (settings: object) => engine.set(settings);
const put = (key: string, value: string) =>
  engine.somebody().send({
    method: "PUT",
    path: `${base}/groups/countries/items/${key}`,
    raw: { contentType: "text/plain", bytes: value },
  });
/** Foreign items, written without requests. */
function putMany(count: number): void {
  const value = { value: "1", encoding: "utf8", contentType: "text/plain", expiresAt: null };
  const entries = Array.from({ length: count }, (_, index) => [`other-${index}`, [{ at: 0, lag: 0, value }]]);
  const { state } = engine.emulator;
  const items = { staging: { catalog: { countries: Object.fromEntries(entries) } } };
  state.put(merge(state.get(), { edgekv: { items } }));
}
const remove = (key: string) =>
  engine.somebody().send({ method: "DELETE", path: `${base}/groups/countries/items/${key}` });
type Stored = Record<string, Record<string, { value: { value: string } | null }[]>>;
const stored = (group = "countries"): Record<string, string> => {
  const { edgekv } = engine.emulator.state.get() as {
    edgekv: { items: { staging: Record<string, Stored> } };
  };
  return Object.fromEntries(
    Object.entries(edgekv.items.staging.catalog?.[group] ?? {}).flatMap(([key, versions]) => {
      const value = versions.at(-1)?.value;
      return value ? [[key, value.value]] : [];
    }),
  );
};
const many = (count: number, value = "v"): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${index}`, `${value}${index}, "x"`]));
const puts = () => engine.changes().filter((request) => request.startsWith("PUT "));
const uploads = () => engine.changes().filter((request) => /^POST .*\/upload$/.test(request));
const downloads = () => engine.requests().filter((request) => request.includes("/download"));
const fault = (method: string, path: string, options: object) =>
  engine.emulator.faults.add({ method, path: `*${path}`, ...options } as never);

describe("writing", () => {
  test.each([1, 2])(
    "many items are one upload, whose job is waited for; a sample is read back (seed %s)",
    async (seed) => {
      await begin({ lag: "default", seed });
      const items = many(600);
      const made = await up({ items, transfer: "auto" });
      expect(stored()).toEqual(items);
      expect([uploads().length, puts().length]).toEqual([1, 0]);
      const reads = engine.requests().filter((request) => request.includes("/items/"));
      // The last item until four reads in a row show it, and then the sample. The numbers of `random` make that one other item.
      const isOf = (key: string) => (request: string) => request.endsWith(`/${key}`);
      const ofOther = reads.filter(isOf("key-300"));
      expect(ofOther.length).toBeGreaterThan(0);
      expect(reads.slice(-ofOther.length - 4, -ofOther.length).filter(isOf("key-599"))).toHaveLength(4);
      expect(reads.length).toBeLessThan(200);
      expect(made.state).toMatchObject({ count: 600, transfer: "auto" });
      engine.run().emulator.clearJournal();
      expect((await preview({ items, transfer: "auto" }, made)).plan).toBe("same");
      await up({ items, transfer: "auto" }, made);
      expect(engine.changes()).toEqual([]);
    },
  );

  test("after a group was written, its keys and its content are still known to the others of the run", async () => {
    await begin();
    const items = many(1200);
    const made = await up({ items });
    expect(made.state).toMatchObject({ manifestParts: expect.any(Array) });
    const other = await up({ items, group: "others" }, undefined, "others");
    expect(stored("others")).toEqual(items);
    expect(other.state.digest).toBe(made.state.digest);
    expect(await refused({ items: { "key-1199": "mine" } }, undefined, "third")).toEqual([
      expect.stringMatching(/^group: .*key-1199/),
    ]);
    engine.emulator.clearJournal();
    expect((await preview({ items }, made)).plan).toBe("same");
    await up({ items: { ...items, "key-7": "new" } }, made);
    expect(stored()).toEqual({ ...items, "key-7": "new" });
    expect(uploads()).toHaveLength(1);
  });

  test("the number of changed items decides, and `transfer` decides otherwise", async () => {
    await begin();
    const context = { runState: new RunState() } as unknown as Context;
    const isBulk = (transfer: "auto" | "items" | "bulk", items: number) =>
      usesBulk(context, { transfer }, "upload", items);
    expect([isBulk("auto", 499), isBulk("auto", 500), isBulk("bulk", 1), isBulk("bulk", 0)]).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(isBulk("items", 100_000)).toBe(false);
    const few = await up({ items: many(20), transfer: "auto" });
    expect([uploads().length, puts().length]).toEqual([0, 20]);
    engine.emulator.clearJournal();
    const changed = { ...many(20), ...many(3, "w") };
    const bulk = await up({ items: changed }, few);
    expect([uploads().length, puts().length, stored()]).toEqual([1, 0, changed]);
    engine.emulator.clearJournal();
    await up({ items: many(20, "x"), transfer: "items" }, bulk);
    expect([uploads().length, puts().length]).toEqual([0, 20]);
  });

  test("a documented lag counts from the time at which the job was last seen on its way", async () => {
    await begin({ lag: { preset: "none", item: 10, upload: { min: 11, max: 11 } } });
    await up({ items: many(20) });
    const journal = engine.emulator.journal();
    const at = (entry: (typeof journal)[number] | undefined) => Date.parse(entry?.at ?? "") / 1000;
    const sent = at(journal.find(({ method }) => method === "POST"));
    const polls = journal.filter(({ path }) => path.includes("/jobs/"));
    const shownAt = sent + 11 + 10;
    expect(at(journal.at(-1))).toBeGreaterThanOrEqual(shownAt - 1);
    expect(at(journal.at(-1)) - shownAt).toBeLessThan(1.5);
    // 0, 1, 2.1, 3.3, 4.6, 6.1, 7.7, 9.5, 11.4 s.
    expect(polls).toHaveLength(9);
  });

  test("a state from before `transfer` is not changed by it", async () => {
    await begin();
    const made = await up({ items: many(3), transfer: "auto" });
    const { transfer: _, ...inputs } = made.inputs;
    const { transfer: __, ...state } = made.state;
    expect((await preview({ items: many(3), transfer: undefined }, { ...made, inputs, state })).plan).toBe(
      "same",
    );
  });

  test("a large state from before manifests were packed is read as it is, and packed when something changes", async () => {
    await begin();
    const items = many(1100);
    const made = await up({ items });
    expect(made.state).toMatchObject({
      manifest: expect.stringMatching(/^=/),
      manifestParts: expect.any(Array),
    });
    const { manifestParts: _, ...state } = made.state;
    const lines = Object.entries(items)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key} ${fingerprintOf(contentOf({ value }))}`);
    const old = { ...made, state: { ...state, manifest: lines.join("\n") } };
    engine.run().emulator.clearJournal();
    expect((await preview({ items }, old)).plan).toBe("same");
    expect((await engine.refresh(old))?.state).toEqual(old.state);
    expect(engine.changes()).toEqual([]);
    const now = await up({ items: { ...items, "key-7": "other" }, transfer: "auto" }, old);
    expect(puts()).toHaveLength(1);
    expect(now.state).toMatchObject({ count: 1100, manifest: expect.stringMatching(/^=/) });
    // Also what a packed state has reads as unchanged.
    engine.run().emulator.clearJournal();
    expect((await engine.refresh(now))?.state).toEqual(now.state);
    const less = Object.fromEntries(Object.entries(items).slice(0, 1000));
    const small = await up({ items: { ...less, "key-7": "other" }, transfer: "auto" }, now);
    expect(small.state).toMatchObject({ count: 1000, manifest: expect.stringMatching(/^key-0 /) });
    expect(small.state).not.toHaveProperty("manifestParts");
  });

  test("large content goes in pieces, shards into their groups, and bytes that are no UTF-8 go alone", async () => {
    await begin();
    const long = "x".repeat(250_000);
    const items = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`k${index}`, `${index}${long}`]),
    );
    await up({ items, shards: 2, transfer: "bulk" });
    // A connection that was closed while it was idle makes another one.
    expect(uploads().length).toBeGreaterThanOrEqual(2);
    expect(puts()).toEqual([]);
    expect({ ...stored("countries-0"), ...stored("countries-1") }).toEqual(items);
    engine.run().emulator.clearJournal();
    writeFileSync(join(folder, "a.txt"), "text");
    writeFileSync(join(folder, "b.bin"), Buffer.from([0x80, 0xff, 0x41]));
    await up({ folder, transfer: "bulk", group: "files" });
    expect([uploads().length, puts().length]).toEqual([1, 1]);
    expect(stored("files")).toEqual({ a: "text", b: "gP9B" });
  });

  test("what goes is deleted by single requests", async () => {
    await begin();
    const made = await up({ items: many(40) });
    engine.emulator.clearJournal();
    await up({ items: many(34, "w") }, made);
    expect(stored()).toEqual(many(34, "w"));
    expect(engine.changes().filter((request) => request.startsWith("DELETE ")).length).toBe(6);
  });
});

describe("an upload that does not do what it should", () => {
  test("names the items that failed: the next run sends them alone", async () => {
    await begin({ settings: { failUploadItems: 3 } });
    const items = many(50);
    const { message, stored: left } = await failingUp({ items });
    expect(message).toContain("3 items failed");
    expect(message).toContain(
      "key-0: the upload could not write it: The item could not be written. Please try again.",
    );
    expect(Object.keys(stored()).length).toBe(47);
    engine.run().emulator.clearJournal();
    await up({ items, transfer: "auto" }, left);
    expect(stored()).toEqual(items);
    expect(puts().length).toBe(3);
  });

  test("names items that are there nevertheless: they count as written", async () => {
    await begin({ settings: { failUploadItems: 2 } });
    const items = many(50);
    await put("key-0", items["key-0"] as string);
    await put("key-1", items["key-1"] as string);
    await up({ items, overwrite: true });
    expect(stored()).toEqual(items);
  });

  test.each([404, 405, 415, 501])(
    "is refused with %s: single requests from then on, reported once",
    async (status) => {
      await begin();
      fault("POST", "/upload", { kind: "status", status, times: 100 });
      fault("GET", "/upload", {
        kind: "status",
        status: status === 415 ? 503 : status,
        times: status === 415 ? 1 : 100,
      });
      const made = await up({ items: many(40) });
      expect(stored()).toEqual(many(40));
      expect(engine.messages.filter((line) => line.includes("takes no upload"))).toEqual([
        expect.stringMatching(
          /^warning: the service takes no upload of items .*written one by one, which takes longer\.$/,
        ),
      ]);
      await up({ items: many(40, "w") }, made);
      expect(engine.messages.filter((line) => line.includes("takes no upload"))).toHaveLength(1);
      expect(stored()).toEqual(many(40, "w"));
    },
  );

  test("never ends, or ends as failed: single requests write its items", async () => {
    await begin({ settings: { stallUploads: 1 } });
    const made = await up({ items: many(40) });
    expect(stored()).toEqual(many(40));
    expect(notice("written one by one")).toMatch(
      /40 items .*waited 20 min for upload .* it is still STARTED/,
    );
    set({ failUploads: 1 });
    await up({ items: many(40, "w") }, made);
    expect(stored()).toEqual(many(40, "w"));
    expect(uploads().length).toBe(3);
  });

  test.each(["reset-before", "reset-after", "status"])(
    "loses its answer (%s): it is sent again, and nothing is lost",
    async (kind) => {
      await begin({ lag: "default" });
      fault("POST", "/upload", { kind });
      fault("GET", "/jobs/*", { kind: "reset-after", times: 2 });
      await up({ items: many(40) });
      expect(stored()).toEqual(many(40));
      expect(puts()).toEqual([]);
    },
  );

  test("says that it wrote what reads do not show: none of its items counts as written", async () => {
    await begin();
    const items = many(40);
    const done = {
      jobId: "j",
      jobType: "UPLOAD",
      jobStatus: "COMPLETED",
      successesCount: 40,
      errorsCount: 0,
    };
    fault("POST", "/upload", { kind: "status", status: 202, body: { jobId: "j" } });
    fault("GET", "/jobs/*", { kind: "status", status: 200, body: done, times: 5 });
    const { stored: left } = await failingUp({ items });
    expect(stored()).toEqual({});
    engine.run().emulator.clearJournal();
    await up({ items }, left);
    expect(stored()).toEqual(items);
    expect(uploads().length).toBe(1);
  });

  test("reports failures without names: its items are written one by one", async () => {
    await begin();
    const done = {
      jobId: "j",
      jobType: "UPLOAD",
      jobStatus: "COMPLETED",
      successesCount: 1,
      errorsCount: 39,
    };
    fault("POST", "/upload", { kind: "status", status: 202, body: { jobId: "j" } });
    fault("GET", "/jobs/*", { kind: "status", status: 207, body: done, times: 5 });
    await up({ items: many(40) });
    expect(stored()).toEqual(many(40));
    expect(notice("names 0 of them")).toContain("its 40 items are written one by one");
  });

  test("is too large, or one of too many: it waits, or goes by single requests", async () => {
    await begin({ settings: { uploadBytes: 100 } });
    const made = await up({ items: many(40) });
    expect(stored()).toEqual(many(40));
    set({ uploadBytes: 100_000_000, uploadsAtOnce: 1 });
    engine.emulator.clearJournal();
    await up({ items: many(40, "w") }, made);
    expect([stored(), puts()]).toEqual([many(40, "w"), []]);
  });
});

test.each([1, 4, 7, 10, 13])(
  "others write while it runs (at request %i): what is theirs stays, and the next run has the rest right",
  async (at) => {
    await begin({ lag: "default" });
    const items = many(60);
    let requests = 0;
    const process = engine.open({
      through: (inner) => ({
        send: async (request) => {
          if (++requests === at) {
            await put("key-7", "of somebody else");
            await put("theirs", "foreign");
          }
          return inner.send(request);
        },
      }),
    });
    const provider = process.provider("edgekv:ItemGroup");
    const inputs = { ...place, items, transfer: "bulk", overwrite: true, owner: "project/stack/countries" };
    const { inputs: checked } = await provider.check({}, { ...inputs, __provider: "text" });
    const made = await provider.create({ ...checked, __provider: "text" });
    engine.later(60);
    const stored0 = {
      token: "edgekv:ItemGroup",
      name: "countries",
      id: made.id,
      inputs: checked,
      state: made.outs,
    };
    const seen = (await engine.refresh(stored0)) ?? stored0;
    await engine
      .run()
      .up("edgekv:ItemGroup", "countries", { ...place, items, transfer: "bulk", overwrite: true }, seen);
    engine.later(60);
    const { theirs = "not there yet", ...ours } = stored();
    expect(["foreign", "not there yet"]).toContain(theirs);
    expect(ours).toEqual(items);
  },
);

describe("an interrupted run", () => {
  test("left its items: a download shows them, and the rest is written", async () => {
    await begin();
    await up({ items: many(150) });
    engine.run().emulator.clearJournal();
    const items = { ...many(150), ...Object.fromEntries(Object.entries(many(200)).slice(150)) };
    await up({ items });
    expect(stored()).toEqual(items);
    expect(downloads().length).toBe(1);
    expect(notice("exist already")).toBeDefined();
    expect(engine.requests().filter((request) => request.includes("/items/")).length).toBeLessThan(100);
  });

  test("left a job that is still on the way: its values do not come after those of the next run", async () => {
    await begin({ lag: 60 });
    const body = Buffer.from(
      Object.keys(many(40))
        .map((key) => `countries,${key},old\n`)
        .join(""),
    );
    await engine
      .somebody()
      .send({ method: "POST", path: `${base}/upload`, raw: { contentType: "text/csv", bytes: body } });
    await up({ items: many(40), overwrite: true });
    engine.later(600);
    expect(stored()).toEqual(many(40));
  });
});

test("foreign items that a listing would hide are not overwritten", async () => {
  await begin();
  const items = many(40);
  putMany(20_000);
  await put("key-7", "foreign");
  const { message } = await failingUp({ items });
  expect(message).toContain("key-7: exists already with another value");
  expect(stored()["key-7"]).toBe("foreign");
  expect(Object.keys(stored()).length).toBe(20_040);
});

describe("a refresh of a large group", () => {
  test.each([1, 2, 3])("is one download that shows each difference (seed %s)", async (seed) => {
    await begin({ lag: "default", seed });
    const items = many(600);
    const made = await up({ items });
    engine.later(30).run().emulator.clearJournal();
    expect((await engine.run().refresh(made))?.state).toEqual(made.state);
    expect(downloads()).toHaveLength(1);
    expect(engine.requests().length).toBeLessThan(60);
    await put("key-17", "changed");
    await remove("key-599");
    engine.later(30);
    const refreshed = await engine.run().refresh(made);
    expect(refreshed?.state).toMatchObject({ count: 599 });
    expect(notice("changed outside")).toContain(
      "1 deleted outside of this program (key-599), 1 changed outside of this program (key-17)",
    );
    await engine.run().up("edgekv:ItemGroup", "countries", { ...place, items, transfer: "bulk" }, refreshed);
    expect(stored()).toEqual(items);
  });

  test("knows every key that an exclusive group should not have, and `up` deletes them", async () => {
    await begin();
    const items = many(40);
    const made = await up({ items, ownership: "exclusive" });
    putMany(150);
    engine.run().clearMessages();
    expect((await preview({ items, ownership: "exclusive" }, made)).plan).toBe("update");
    expect(notice("deletes what is not declared")).toMatch(/150 in all .*\)\.$/);
    await up({ items, ownership: "exclusive" }, made);
    expect(stored()).toEqual(items);
    expect(notice("no proof")).toBeUndefined();
  });

  test.each<[string, object]>([
    ["has no downloads", { kind: "status", status: 404 }],
    ["breaks off", { kind: "status", status: 200, contentType: "text/csv", body: 'countries,key-0,"v' }],
  ])("of a service that %s reads items as before", async (_name, options) => {
    await begin();
    const made = await up({ items: many(40) });
    fault("GET", "/download", { ...options, times: 5 });
    await remove("key-3");
    expect((await engine.run().refresh(made))?.state).toMatchObject({ count: 39 });
  });

  test.each<[string, object]>([
    ["breaks off in its body", { kind: "drip", delayMs: 1 }],
    ["gets no answer", { kind: "reset-before" }],
    ["fails", { kind: "status", status: 503 }],
  ])("begins anew when it %s", async (_name, options) => {
    await begin();
    const made = await up({ items: many(40) });
    fault("GET", "/download", { ...options, times: 2 });
    expect((await engine.run().refresh(made))?.state).toEqual(made.state);
    expect(engine.requests().filter((request) => request.includes("/items/k")).length).toBeLessThan(40);
  });

  test("that a proxy answers with a page fails, and drops nothing", async () => {
    await begin();
    const made = await up({ items: many(40) });
    const page = { contentType: "text/html", body: "<html>Sign in</html>" };
    fault("GET", "/download", { kind: "status", status: 200, ...page, times: 9 });
    await expect(engine.run().refresh(made)).rejects.toThrow(
      "but the body is not what the API documents: it is a page, not data",
    );
  });

  test("waits for the rate control of downloads", async () => {
    await begin();
    const made = await up({ items: many(40) });
    const headers = { "retry-after": "30" };
    fault("GET", "/download", { kind: "status", status: 429, headers, times: 1 });
    const before = engine.emulator.clock.now();
    expect((await engine.run().refresh(made))?.state).toEqual(made.state);
    expect(engine.emulator.clock.now() - before).toBeGreaterThanOrEqual(30_000);
  });
});
