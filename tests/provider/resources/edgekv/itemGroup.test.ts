import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { shardGroup } from "../../../../provider/items/shard";
import type { HttpClient } from "../../../../provider/runtime/httpClient";
import { refusalLine } from "../../../support/refusal";
import { TestEngine } from "../../../support/testEngine";
import { resourceUnderTest } from "../../../support/testEngine/resourceUnderTest";

const group = { network: "staging", namespace: "catalog", group: "countries" };
/** Single requests, whatever the number: uploads have a suite of their own. */
const place = { ...group, transfer: "items" };
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const day = 86_400;
const token = "edgekv:ItemGroup";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "akamai-edge-group-"));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await engine.close();
});

let engine: TestEngine;
/** An account with the namespace `catalog` on staging. */
const begin = async (
  options: Parameters<typeof TestEngine.start>[0] = {},
  settings: Record<string, string> = {},
  retentionInSeconds = 0,
) => {
  engine = await TestEngine.start(
    { lag: "none", ...options, settings: { itemRatePerSecond: 100_000, ...options.settings } },
    { concurrency: "2", ...settings },
  );
  const json = { namespace: "catalog", groupId: 72297, retentionInSeconds };
  await engine.somebody().send({ method: "POST", path: "/edgekv/v1/networks/staging/namespaces", json });
  engine.later(10).emulator.clearJournal();
};
const { up, failingUp, preview, refused, notice } = resourceUnderTest(
  () => engine,
  token,
  "countries",
  {},
  {
    complete: (args) => ({ ...place, ...args }),
  },
);
const pathOf = (key: string, group = "countries") =>
  `/edgekv/v1/networks/staging/namespaces/catalog/groups/${group}/items/${key}`;
/** Somebody else's write. */
const put = (key: string, value: string, group?: string) =>
  engine
    .somebody()
    .send({ method: "PUT", path: pathOf(key, group), raw: { contentType: "text/plain", bytes: value } });
const remove = (key: string) => engine.somebody().send({ method: "DELETE", path: pathOf(key) });
type Stored = Record<string, Record<string, { value: { value: string; contentType: string } | null }[]>>;
/** What the account has in a group, as last written. */
const storedItems = (group = "countries"): Record<string, string> => {
  const { edgekv } = engine.emulator.state.get() as {
    edgekv: { items: { staging: Record<string, Stored> } };
  };
  const items = Object.entries(edgekv.items.staging.catalog?.[group] ?? {});
  return Object.fromEntries(
    items.flatMap(([key, versions]) =>
      versions.at(-1)?.value ? [[key, versions.at(-1)?.value?.value ?? ""]] : [],
    ),
  );
};
const sent = (method: string) =>
  engine.requests().filter((request) => request.startsWith(`${method} `) && request.includes("/items/"));
const keysOf = (requests: readonly string[]) => requests.map((request) => request.split("/").at(-1)).sort();
const file = (name: string, content: string) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const csv = (items: Readonly<Record<string, string>>, name = "items.csv") =>
  file(
    name,
    `key,value\n${Object.entries(items)
      .map(([key, value]) => `${key},${value}\n`)
      .join("")}`,
  );
const many = (count: number, value = "v") =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${index}`, `${value}${index}`]));
const hello = { US: "Hello", DE: "Guten Tag", FR: "Bonjour" };

describe("writing a group", () => {
  test.each([1, 2, 3])("all of it, once, and one wait for all (seed %s)", async (seed) => {
    await begin({ lag: "default", seed });
    const began = engine.emulator.clock.now();
    const made = await up({ items: hello });
    expect(made).toMatchObject({
      id: "staging/catalog/countries",
      inputs: {
        items: hello,
        ownership: "shared",
        shards: 1,
        groups: ["countries"],
        count: 3,
        bytes: 21,
        digest: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
      state: {
        writes: [expect.stringMatching(/Z$/)],
        manifest: expect.stringMatching(/^DE \S+\nFR \S+\nUS \S+$/),
      },
    });
    expect(storedItems()).toEqual(hello);
    expect(keysOf(sent("PUT"))).toEqual(["DE", "FR", "US"]);
    expect((engine.emulator.clock.now() - began) / 1000).toBeLessThan(20);
    expect((await preview({ items: hello }, made)).plan).toBe("same");
    expect((await engine.run().refresh(made))?.state).toEqual(made.state);
  });

  test("only what changed is written, and what goes is deleted; preview names it", async () => {
    await begin();
    const made = await up({ items: hello });
    engine.run().clearMessages().emulator.clearJournal();
    const items = { US: "Hi", DE: "Guten Tag", JP: "こんにちは" };
    expect((await preview({ items }, made)).plan).toBe("update");
    expect(engine.messages).toEqual([
      "items of group staging/catalog/countries: 1 added (JP), 1 changed (US), 1 removed (FR).",
    ]);
    const changed = await up({ items }, made);
    expect(storedItems()).toEqual(items);
    expect([keysOf(sent("PUT")), keysOf(sent("DELETE"))]).toEqual([["JP", "US"], ["FR"]]);
    engine.run().emulator.clearJournal();
    expect((await preview({ items }, changed)).plan).toBe("same");
    expect(engine.requests()).toEqual([]);
    // A setting alone asks nothing of the service.
    await up({ items, waitForPropagation: false }, changed);
    expect(engine.requests()).toEqual([]);
  });

  test("kinds of values: texts are text, all else is JSON and compared by meaning", async () => {
    await begin();
    const made = await up({ items: { a: "1", b: { json: '{"y":1,"x":null}' }, c: { json: "null" }, d: "" } });
    expect(storedItems()).toEqual({ a: "1", b: '{"x":null,"y":1}', c: "null", d: "" });
    const same = { a: "1", b: { json: '{ "x": null, "y": 1 }' }, c: { json: "null" }, d: "" };
    engine.run().emulator.clearJournal();
    await up({ items: same }, made);
    expect(engine.changes()).toEqual([]);
    await engine.somebody().send({
      method: "PUT",
      path: pathOf("b"),
      raw: { contentType: "application/json", bytes: '{ "y": 1, "x": null }' },
    });
    expect((await engine.run().refresh(made))?.state).toEqual(made.state);
    expect(
      engine.emulator.journal().find(({ path, method }) => method === "PUT" && path.endsWith("/a")),
    ).toBeUndefined();
  });

  test.each<[string, () => object]>([
    ["a CSV file", () => ({ file: csv(hello) })],
    ["a JSON file", () => ({ file: file("items.json", JSON.stringify(hello)) })],
    [
      "an NDJSON file",
      () => ({
        file: file(
          "items.ndjson",
          Object.entries(hello)
            .map(([key, value]) => JSON.stringify({ key, value }))
            .join("\n"),
        ),
      }),
    ],
    [
      "a CSV file with other columns",
      () => ({
        file: file("x.csv", "id;text\nUS;Hello\nDE;Guten Tag\nFR;Bonjour\n"),
        columns: { key: "id", value: "text", delimiter: ";" },
      }),
    ],
    [
      "a folder",
      () => {
        for (const [key, value] of Object.entries(hello)) file(`${key}.txt`, value);
        return { folder };
      },
    ],
  ])("from %s: the state has no values", async (_what, source) => {
    await begin();
    const made = await up(source());
    expect(storedItems()).toEqual(hello);
    expect(JSON.stringify(made)).not.toContain("Guten Tag");
    // The path is one from the program's folder: the same on every machine.
    expect(made.inputs.file ?? made.inputs.folder).toBe(
      relative(process.cwd(), String("file" in source() ? (source() as { file: string }).file : folder)),
    );
    expect((await engine.run().preview(token, "countries", { ...place, ...source() }, made)).plan).toBe(
      "same",
    );
    // The same items from elsewhere: nothing to write.
    engine.emulator.clearJournal();
    await up({ items: hello }, made);
    expect(engine.changes()).toEqual([]);
  });

  test("spread over shards, each key where a worker finds it; another number of shards moves them", async () => {
    await begin();
    const items = many(30);
    const made = await up({ items, shards: 4 });
    expect(made.inputs.groups).toEqual(["countries-0", "countries-1", "countries-2", "countries-3"]);
    for (const [key, value] of Object.entries(items))
      expect(storedItems(shardGroup("countries", key, 4))[key]).toBe(value);
    expect(storedItems()).toEqual({});
    expect((await engine.run().refresh(made))?.state).toEqual(made.state);
    expect(
      await engine.run().preview(token, "countries", { ...place, items, shards: 3 }, made),
    ).toMatchObject({
      plan: "replace",
      replaces: ["shards"],
      deleteBeforeReplace: false,
    });
    const moved = await engine.run().up(token, "countries", { ...place, items, shards: 3 }, made);
    const all = ["countries-0", "countries-1", "countries-2", "countries-3"].flatMap((group) =>
      Object.keys(storedItems(group)).map((key) => [key, group]),
    );
    expect(Object.fromEntries(all)).toEqual(
      Object.fromEntries(Object.keys(items).map((key) => [key, shardGroup("countries", key, 3)])),
    );
    expect(all).toHaveLength(30);
    await engine.run().destroy(moved);
    expect([storedItems("countries-0"), storedItems("countries-1"), storedItems("countries-2")]).toEqual([
      {},
      {},
      {},
    ]);
  });

  test("in a namespace that this run has just made, which not every replica shows yet", async () => {
    await begin({ lag: "default" });
    await engine.up("edgekv:Namespace", "fresh", {
      network: "staging",
      groupId: 72297,
      retentionInSeconds: 0,
    });
    const body = { status: 400, errorCode: "EKV_9000", detail: "The requested namespace does not exist." };
    engine.emulator.faults.add({ path: "*/fresh/groups/*", kind: "status", status: 400, body, times: 6 });
    expect((await up({ namespace: "fresh", items: hello })).id).toBe("staging/fresh/countries");
  });

  test("nothing is waited for when the program sets that", async () => {
    await begin({ lag: "default" });
    await up({ items: hello, waitForPropagation: false });
    expect(sent("GET")).toEqual([]);
  });

  test("an empty map is a group without items", async () => {
    await begin();
    const made = await up({ items: {} });
    expect(made.state).toMatchObject({ count: 0, manifest: "" });
    expect((await engine.run().refresh(made))?.state).toEqual(made.state);
    await up({ items: hello }, made);
    expect(storedItems()).toEqual(hello);
  });
});

describe("the number of requests", () => {
  test.each([200, 500])(
    "for %i items is one for each and one in a hundred for checking; for a change of a hundredth likewise",
    async (count) => {
      await begin();
      const made = await up({ file: csv(many(count)) });
      expect(sent("PUT")).toHaveLength(count);
      expect(engine.requests().length).toBeLessThanOrEqual(count * 1.01 + 9);
      engine.run().emulator.clearJournal();
      const items = {
        ...many(count),
        ...Object.fromEntries(Object.keys(many(count / 100)).map((key) => [key, "other"])),
      };
      await up({ file: csv(items) }, made);
      expect(sent("PUT")).toHaveLength(count / 100);
      expect(engine.requests().length).toBeLessThanOrEqual(count / 100 + 9);
    },
  );
});

describe("a key that fails", () => {
  const tooLarge = {
    kind: "status" as const,
    status: 413,
    body: { status: 413, errorCode: "EKV_9000", detail: "Value cannot exceed 262144 characters." },
  };

  test("does not stop the others: it is reported, and the next run writes it alone", async () => {
    await begin();
    const items = many(30);
    for (const key of ["key-7", "key-21"])
      engine.emulator.faults.add({ method: "PUT", path: `*/items/${key}`, ...tooLarge });
    const { message, stored } = await failingUp({ items });
    expect(message).toMatch(
      /^creating items of group staging\/catalog\/countries: 2 items failed\. The state has what was done\. Run `up` again/,
    );
    expect(message).toMatch(
      /\n {2}key-7: PUT .*413.*\n {2}key-21: PUT .*413|\n {2}key-21: PUT .*413.*\n {2}key-7: PUT .*413/,
    );
    expect(Object.keys(storedItems())).toHaveLength(28);
    expect(stored?.state).toMatchObject({ count: 28 });
    engine.run().emulator.clearJournal();
    const mended = await up({ items }, stored);
    expect(keysOf(sent("PUT"))).toEqual(["key-21", "key-7"]);
    expect(storedItems()).toEqual(items);
    expect(mended.state).toMatchObject({ count: 30, digest: mended.inputs.digest });
    expect((await preview({ items }, mended)).plan).toBe("same");
  });

  test("in an update leaves what it was, so that it is a change still", async () => {
    await begin();
    const made = await up({ items: hello });
    engine.emulator.faults.add({ method: "PUT", path: "*/items/US", ...tooLarge });
    engine.emulator.faults.add({
      method: "DELETE",
      path: "*/items/FR",
      kind: "status",
      status: 400,
      body: { status: 400 },
    });
    const items = { US: "Hi", DE: "Servus" };
    const { message, stored } = await engine.run().failingUp(token, "countries", { ...place, items }, made);
    expect(message).toContain("2 items failed");
    engine.run().clearMessages().emulator.clearJournal();
    await up({ items }, stored);
    expect(engine.messages).toContain(
      "items of group staging/catalog/countries: 1 changed (US), 1 removed (FR).",
    );
    expect([keysOf(sent("PUT")), keysOf(sent("DELETE"))]).toEqual([["US"], ["FR"]]);
    expect(storedItems()).toEqual(items);
  });

  test.each([
    ["the connection broke", { kind: "reset-after" }],
    ["the gateway gave up", { kind: "status", status: 504, afterEffect: true }],
    ["the service asked to slow down", { kind: "status", status: 429 }],
  ] as const)("because %s is tried again", async (_what, fault) => {
    await begin();
    engine.emulator.faults.add({ method: "PUT", path: "*/items/key-3", times: 3, ...fault });
    await up({ items: many(5) });
    expect(storedItems()).toEqual(many(5));
  });

  test("like all others ends the attempt: a missing permission, a service that is down", async () => {
    await begin();
    const items = many(500);
    engine.emulator.faults.add({
      method: "PUT",
      path: "*/items/*",
      kind: "status",
      status: 403,
      times: 10_000,
    });
    const denied = await failingUp({ items });
    expect(denied.message).toMatch(/403/);
    expect(denied.message).toMatch(/, and \d+ were skipped because they would fail alike/);
    // Nothing was done: there is no state.
    expect(denied.stored).toBeUndefined();
    expect(sent("PUT").length).toBeLessThan(200);
    engine.run().emulator.faults.clear();
    engine.emulator.clearJournal();
    engine.emulator.faults.add({
      method: "PUT",
      path: "*/items/*",
      kind: "status",
      status: 400,
      body: { status: 400, errorCode: "EKV_7" },
      times: 10_000,
    });
    expect((await failingUp({ items })).message).toMatch(/and \d+ more/);
    expect(sent("PUT").length).toBeLessThan(200);
  });
});

describe("a run that was killed in the middle", () => {
  test("is followed by one that writes what is missing, and reads what it finds", async () => {
    await begin();
    const items = many(40);
    for (const key of Object.keys(items).slice(0, 25)) await put(key, items[key] ?? "");
    engine.run().emulator.clearJournal();
    expect(await refused({ items })).toEqual([]);
    expect(notice("some exist already with the declared values (")).toContain(
      "`up` adopts them and writes the others",
    );
    await up({ items });
    expect(keysOf(sent("PUT"))).toEqual(Object.keys(items).slice(25).sort());
    expect(notice("25 exist already; those with the declared value are not written again")).toBeDefined();
    expect(storedItems()).toEqual(items);
  });

  test("and after which the source changed: what differs is not adopted", async () => {
    await begin({}, { previewReads: "false" });
    const items = many(40);
    for (const key of Object.keys(items)) await put(key, items[key] ?? "");
    const { message, stored } = await failingUp({ items: { ...items, "key-3": "other" } });
    expect(message).toContain(
      "key-3: exists already with another value, and is not managed by this program: set `overwrite: true`",
    );
    await engine
      .run()
      .up(token, "countries", { ...place, items: { ...items, "key-3": "other" }, overwrite: true }, stored);
    expect(storedItems()).toEqual({ ...items, "key-3": "other" });
  });
});

describe("items that are somebody else's", () => {
  test("are seen by the preview, and left as they are", async () => {
    await begin();
    await put("DE", "Servus");
    await put("AT", "Servus");
    expect(await refused({ items: hello })).toEqual([
      expect.stringMatching(
        /^group: group has items of these keys already with other values, which this program does not manage: DE \(1 of 1 that were read\)\. Set `overwrite: true`/,
      ),
    ]);
    const made = await up({ items: hello, overwrite: true });
    expect(storedItems()).toEqual({ ...hello, AT: "Servus" });
    await engine.run().destroy(made);
    expect(storedItems()).toEqual({ AT: "Servus" });
  });

  test("are all reported, and stop none of the others, however many there are", async () => {
    await begin({}, { previewReads: "false" });
    const theirs = Object.keys(many(60)).slice(0, 30);
    for (const key of theirs) await put(key, "theirs");
    const { message } = await failingUp({ items: many(60) });
    expect(message).toContain("30 items failed. The state has what was done");
    expect(message).toContain("and 20 more");
    expect(Object.values(storedItems()).filter((value) => value === "theirs")).toHaveLength(30);
    expect(Object.keys(storedItems())).toHaveLength(60);
  });

  test("are met by an update too", async () => {
    await begin();
    const made = await up({ items: { US: "Hello" } });
    await put("DE", "Servus");
    const { message, stored } = await engine
      .run()
      .failingUp(token, "countries", { ...place, items: hello }, made);
    expect(message).toContain("DE: exists already with another value");
    expect(storedItems()).toEqual({ ...hello, DE: "Servus" });
    await engine.run().up(token, "countries", { ...place, items: hello, overwrite: true }, stored);
    expect(storedItems()).toEqual(hello);
  });
});

describe("an exclusive group", () => {
  test("has nothing but what is declared: preview names what goes, and reports whether others may be left", async () => {
    await begin();
    for (const key of ["AT", "CH"]) await put(key, "Servus");
    const made = await up({ items: hello, ownership: "exclusive" });
    expect(notice("`up` deletes what is not declared, 2 in all (AT, CH).")).toContain(
      "EdgeKV may not have shown all of them",
    );
    expect(notice("deleted what is not declared, 2 in all (AT, CH).")).not.toContain("random sample");
    expect(storedItems()).toEqual(hello);
    // Without a refresh too.
    await put("AT", "Servus");
    engine.clearMessages();
    expect(
      (
        await engine
          .run()
          .preview(token, "countries", { ...place, items: hello, ownership: "exclusive" }, made)
      ).plan,
    ).toBe("update");
    expect(notice("`up` deletes what is not declared, 1 in all (AT).")).not.toContain("may not");
    await up({ items: hello, ownership: "exclusive" }, made);
    expect(storedItems()).toEqual(hello);
  });

  test("that got others shows them as drift", async () => {
    await begin();
    const made = await up({ items: hello, ownership: "exclusive" });
    await put("AT", "Servus");
    const drifted = await engine.run().refresh(made);
    expect(drifted?.inputs).toMatchObject({ unmanagedKeys: ["AT"] });
    const mended = await up({ items: hello, ownership: "exclusive" }, drifted);
    expect(mended.inputs).toEqual(made.inputs);
    expect(storedItems()).toEqual(hello);
  });

  test("where samples show a part is emptied as far as they show, and that is reported", async () => {
    await begin();
    const seen = JSON.stringify(["US", "DE", "XX"]);
    await put("XX", "x");
    await put("YY", "y");
    const part = {
      method: "GET",
      path: "*/groups/countries",
      kind: "status" as const,
      status: 200,
      contentType: "application/json",
      body: seen,
    };
    engine.emulator.faults.add({ ...part, times: 100 });
    await up({ items: hello, ownership: "exclusive" });
    expect(storedItems()).toEqual({ ...hello, YY: "y" });
    expect(
      notice(
        "deleted what is not declared, 1 in all (XX). EdgeKV shows a random sample of a large group: 3 samples in a row showed nothing else, but that is no proof",
      ),
    ).toBeDefined();
  });

  test("in shared mode nothing is ever deleted because of a sample", async () => {
    await begin();
    const made = await up({ items: hello });
    await put("AT", "Servus");
    await engine.run().up(token, "countries", { ...place, items: { US: "Hello" } }, made);
    expect(storedItems()).toEqual({ US: "Hello", AT: "Servus" });
  });
});

describe("two resources of a program", () => {
  test("can share a group, but no item; an exclusive one shares nothing", async () => {
    await begin();
    expect(await refused({ items: hello })).toEqual([]);
    expect(await refused({ items: { JP: "x" } }, undefined, "more")).toEqual([]);
    expect(await refused({ items: { CN: "x", FR: "x" } }, undefined, "twin")).toEqual([
      "group: the resource countries of this program declares the item FR as well: an item belongs to one resource only",
    ]);
    expect(
      (await engine.preview("edgekv:Item", "one", { ...group, key: "JP", value: "x" })).failures,
    ).toEqual([
      {
        property: "key",
        reason:
          "the resource more of this program declares the item JP as well: an item belongs to one resource only",
      },
    ]);
    expect(await refused({ items: { KR: "x" }, ownership: "exclusive" }, undefined, "all")).toEqual([
      expect.stringContaining('has items in the group too, and one of the two sets `ownership: "exclusive"`'),
    ]);
    expect(await refused({ items: hello, shards: 2 }, undefined, "spread")).toEqual([]);
  });

  test("hand an item over: it is written by one, and not deleted by the other", async () => {
    await begin();
    const old = await up({ items: hello });
    engine.run();
    await up({ items: { FR: "Salut" }, overwrite: true }, undefined, "french");
    await up({ items: { US: "Hello", DE: "Guten Tag" } }, old);
    expect(storedItems()).toEqual({ ...hello, FR: "Salut" });
    expect(notice("not deleted, since another resource has just written them: FR.")).toBeDefined();
  });

  test("of which one is the other under a new name leave everything", async () => {
    await begin();
    const old = await up({ items: hello });
    await engine.run().up(token, "renamed", { ...place, items: hello });
    await engine.destroy(old);
    expect(storedItems()).toEqual(hello);
  });
});

describe("a preview refuses", () => {
  test.each<[object, string]>([
    [{}, "items: is required, or `file`, or `folder`"],
    [{ items: {}, file: "a.csv" }, "file: can't be set together with `items`"],
    [{ items: unknown, folder: "a" }, "folder: can't be set together with `items`"],
    [{ items: {}, columns: { key: "a" } }, "columns: can be set together with `file` only"],
    [{ items: { "a b": "x" } }, 'items: a b: the key "a b" must be 1 to 512 letters, digits, _ or -'],
    [
      { items: { a: "x".repeat(1_048_577) } },
      "items (not shown): a: the value of a has 1048577 bytes: an item can hold at most 1048576 (1 MB)",
    ],
    [{ items: ["x"] }, "items: must be a map from keys to values"],
    [
      { items: { a: { json: '{"b":[1,{"c":1,"c":2}]}' } } },
      "items: a, line 1, column 16: `b.1` has the name c twice",
    ],
    [{ items: { a: { json: "[1e400]" } } }, "items: a, line 1, column 2: `0` is 1e400, a number beyond the"],
    [{ file: "nowhere.csv" }, "file: there is no nowhere.csv (resolved to "],
    [{ items: hello, shards: 0 }, "shards: must be at least 1"],
    [{ items: hello, shards: 1001 }, "shards: must be at most 1000"],
    [
      { items: hello, group: "g".repeat(127), shards: 2 },
      "group: is too long for 2 shards: with the number of the last shard it has 129 characters",
    ],
    [{ items: hello, group: "a/b" }, "group: must be 1 to 128 letters"],
    [{ items: hello, ownership: "mine" }, "ownership: must be `shared` or `exclusive`"],
    [{ items: hello, namespace: "other" }, "namespace: there is no namespace other on staging"],
    [{ file: "x.csv", columns: { delimiter: ";;" } }, "columns.delimiter: must be one character"],
  ])("%#", async (args, message) => {
    await begin();
    expect(await refused(args)).toEqual([refusalLine(message)]);
  });

  test("a file with mistakes in many lines: the first few are reported", async () => {
    await begin();
    const path = file(
      "a.csv",
      `key,value\nok,1\nok,2\n${Array.from({ length: 8 }, (_, index) => `a ${index},x\n`).join("")}`,
    );
    expect(await refused({ file: path })).toEqual([
      'file: line 4: the key "a 0" must be 1 to 512 letters, digits, _ or -; line 5: the key "a 1" must be 1 to 512 letters, digits, _ or -; line 6: the key "a 2" must be 1 to 512 letters, digits, _ or -; line 7: the key "a 3" must be 1 to 512 letters, digits, _ or -; line 8: the key "a 4" must be 1 to 512 letters, digits, _ or -; and 4 more like these',
    ]);
    expect(await refused({ file: file("b.csv", "key,value\na,1\nb,2\na,1\n") })).toEqual([
      "file: the key a occurs more than once: line 2, line 4",
    ]);
  });

  test("a key that comes twice, by the positions in each kind of source", async () => {
    await begin();
    const twice = (positions: string) => `the key a occurs more than once: ${positions}`;
    expect(await refused({ file: file("a.csv", "key,value\na,1\nb,2\na,1\na,2\na,3\n") })).toEqual([
      `file: ${twice("line 2, line 4, line 5")}`,
    ]);
    expect(await refused({ file: file("a.ndjson", '{"key":"a"}\n\n{"key":"a"}') })).toEqual([
      `file: ${twice("line 1, line 3")}`,
    ]);
    expect(await refused({ file: file("a.json", '[{"key":"a"},{"key":"b"},{"key":"a"}]') })).toEqual([
      `file: ${twice("entry 1, entry 3")}`,
    ]);
    expect(await refused({ file: file("b.json", '{"a":1,\n"a":2}') })).toEqual([
      expect.stringMatching(/^file: .*b\.json, line 2, column 1: the text has the name a twice$/),
    ]);
    mkdirSync(join(folder, "two"));
    file("two/a.txt", "x");
    file("two/a.json", "1");
    expect(await refused({ folder: join(folder, "two") })).toEqual([`folder: ${twice("a.json, a.txt")}`]);
  });

  test("numbers and texts of a file are stored as the file has them", async () => {
    await begin();
    const path = file("n.json", '{"n":{"id":9007199254740993,"price":{"v":1.10}},"t":"x"}');
    const made = await up({ file: path });
    expect(storedItems()).toEqual({ n: '{"id":9007199254740993,"price":{"v":1.10}}', t: "x" });
    // A read shows what was written: nothing is drift, and nothing is written again.
    expect(await preview({ file: path }, made)).toMatchObject({ plan: "same" });
    file("n.json", '{"n":{"id":9007199254740992,"price":{"v":1.10}},"t":"x"}');
    await up({ file: path }, made);
    expect(storedItems().n).toBe('{"id":9007199254740992,"price":{"v":1.10}}');
  });

  test("an empty file or folder, which may be a mistake of whoever made it", async () => {
    await begin();
    mkdirSync(join(folder, "empty"));
    expect(await refused({ file: csv({}) })).toEqual([
      "file: it has no items: set `items: {}` for a group without items",
    ]);
    expect(await refused({ folder: join(folder, "empty") })).toEqual([
      "folder: it has no items: set `items: {}` for a group without items",
    ]);
  });

  test("nothing of what is not known yet", async () => {
    await begin();
    for (const args of [
      { items: unknown },
      { items: { a: unknown, b: "x" } },
      { file: unknown },
      { file: "x.csv", columns: { key: unknown } },
      { items: hello, group: unknown },
      { items: hello, shards: unknown },
      { items: hello, namespace: unknown, network: unknown },
    ])
      expect([args, await refused(args)]).toEqual([args, []]);
  });

  test("nothing when the program makes the namespace; a value that may be too large is a warning", async () => {
    await begin();
    await engine.preview("edgekv:Namespace", "fresh", {
      network: "staging",
      groupId: 72297,
      retentionInSeconds: 0,
    });
    expect(await refused({ namespace: "fresh", items: { a: "x".repeat(262_145) } })).toEqual([]);
    expect(
      notice("`items` has 1 item of more than 262,144 characters, the limit that Akamai documents"),
    ).toBeDefined();
    expect(notice("items of group staging/fresh/countries: 1 item to write (a).")).toBeDefined();
  });
});

describe("refresh", () => {
  test.each([1, 2, 3])(
    "shows what was deleted and what was changed, and up writes just that (seed %s)",
    async (seed) => {
      await begin({ lag: "default", seed });
      const made = await up({ items: hello });
      await remove("DE");
      await put("FR", "Salut");
      const drifted = await engine.later(60).refresh(made);
      expect(engine.messages).toContain(
        "warning: items of group staging/catalog/countries: 1 deleted outside of this program (DE), 1 changed outside of this program (FR); `up` writes them again.",
      );
      expect(drifted?.inputs).toMatchObject({ count: 2 });
      expect(drifted?.inputs.digest).not.toBe(made.inputs.digest);
      engine.run().emulator.clearJournal();
      const mended = await up({ items: hello }, drifted);
      expect(keysOf(sent("PUT"))).toEqual(["DE", "FR"]);
      expect(storedItems()).toEqual(hello);
      expect(mended.inputs).toEqual(made.inputs);
    },
  );

  test("of a large group reads a sample, reports that, and reads all when the sample shows drift", async () => {
    await begin();
    // By an upload, which takes a second instead of ten; then as if it was written one by one.
    const written = await up({ file: csv(many(1100)), transfer: "bulk", waitForPropagation: false });
    const made = {
      ...written,
      inputs: { ...written.inputs, transfer: "items" },
      state: { ...written.state, transfer: "items" },
    };
    engine.run().emulator.clearJournal();
    expect((await engine.refresh(made))?.state).toEqual(made.state);
    expect(sent("GET").length).toBe(1);
    expect(notice("read 1 of 1,100 items, and found no drift")).toBeDefined();
    // The randomness of these tests is constant: the item in the middle is the sample.
    const [middle] = keysOf(sent("GET"));
    await remove(String(middle));
    await remove("key-3");
    expect((await engine.run().refresh(made))?.inputs).toMatchObject({ count: 1098 });
  });

  test("of a group of which nothing is left drops it from the state", async () => {
    await begin();
    const made = await up({ items: hello });
    for (const key of Object.keys(hello)) await remove(key);
    expect(await engine.run().refresh(made)).toBeUndefined();
  });

  test("of a group that is gone with its namespace, or is about to go", async () => {
    await begin();
    const made = await up({ items: hello });
    await engine
      .somebody()
      .send({ method: "DELETE", path: "/edgekv/v1/networks/staging/namespaces/catalog" });
    expect((await engine.run().refresh(made))?.state).toEqual(made.state);
    expect(notice("can't be read: the deletion of their namespace is scheduled")).toBeDefined();
    await engine.run().destroy(made);
    expect(await engine.later(3 * day + 60).refresh(made)).toBeUndefined();
    expect(notice("were deleted with their namespace")).toBeDefined();
    await engine.run().destroy(made);
  });
});

describe("items that have outlived their retention", () => {
  test.each(["with a refresh", "without"])("are drift, and reported as expired, %s", async (how) => {
    await begin({}, {}, day);
    const made = await up({ items: { US: "Hello", DE: "Guten Tag" } });
    const grown = await engine.later(day / 2).up(token, "countries", { ...place, items: hello }, made);
    expect(grown.state.writes).toHaveLength(2);
    engine
      .later(day / 2 + 60)
      .clearMessages()
      .emulator.clearJournal();
    const old = how === "without" ? grown : await engine.refresh(grown);
    if (how === "without") {
      expect((await preview({ items: hello }, grown)).plan).toBe("update");
      expect(engine.requests()).toEqual(["GET /networks/staging/namespaces?details=on"]);
    } else expect(old?.inputs).toMatchObject({ count: 1 });
    expect(
      notice("2 expired, since the namespace retains items for 1 d (DE, US); `up` writes them again"),
    ).toBeDefined();
    const renewed = await up({ items: hello }, old);
    expect(keysOf(sent("PUT"))).toEqual(["DE", "US"]);
    expect(storedItems()).toEqual(hello);
    expect(renewed.state).toMatchObject({ count: 3, digest: grown.inputs.digest });
    expect(renewed.state.writes).toHaveLength(2);
    expect((await preview({ items: hello }, renewed)).plan).toBe("same");
  });
});

describe("what goes wrong on the way", () => {
  test("writes that never show: the state has what reads showed, and the next run goes on", async () => {
    await begin();
    engine.emulator.faults.add({
      method: "GET",
      path: "*/items/*",
      kind: "status",
      status: 404,
      body: { status: 404, errorCode: "EKV_9000" },
      times: 100_000,
    });
    const { message, stored } = await failingUp({ items: hello, overwrite: true });
    expect(message).toMatch(
      /waited 20 min.* for items of group staging\/catalog\/countries to be up to date; it is still not visible, or visible as before/,
    );
    expect(stored?.state).toMatchObject({ count: 2 });
    engine.run().emulator.faults.clear();
    engine.emulator.clearJournal();
    const mended = await up({ items: hello, overwrite: true }, stored);
    expect(sent("PUT")).toHaveLength(1);
    expect(mended.state).toMatchObject({ count: 3 });
  });

  test("a file that changes while up is running: nothing else is written than what preview has shown", async () => {
    await begin();
    const path = csv(many(20));
    let reads = 0;
    // The preview reads the group, and then `up`: a group that was empty a moment before is not read again.
    await put("AT", "Servus");
    const through = (http: HttpClient): HttpClient => ({
      send: async (request) => {
        if (request.path.endsWith("/groups/countries") && ++reads === 2)
          csv({ ...many(20), "key-3": "other" });
        return http.send(request);
      },
    });
    engine.run({ through });
    const { message } = await failingUp({ file: path });
    expect(message).toContain("the source of the items changed while `up` was running. Run it again");
    expect(storedItems()).not.toHaveProperty("key-3");
  });

  test("progress is reported with its rate and the time that is left", async () => {
    await begin({ lag: "none" });
    // Every answer takes a while on the emulator's clock.
    const tick = setInterval(() => engine.emulator.clock.advance(1), 1);
    try {
      await up({ file: csv(many(200)), waitForPropagation: false });
    } finally {
      clearInterval(tick);
    }
    expect(notice("writing items of group staging/catalog/countries: ")).toMatch(
      /[\d,]+ of 200 done, [\d.]+ in a second, about .* left/,
    );
  });
});

describe("destroying a group", () => {
  test.each([1, 2])("deletes what is declared, and waits until it is gone (seed %s)", async (seed) => {
    await begin({ lag: "default", seed });
    const made = await up({ items: hello });
    await put("AT", "Servus");
    await engine.run().destroy(made);
    expect(storedItems()).toEqual({ AT: "Servus" });
    // Absent already is done.
    await engine.run().destroy(made);
  });

  test("that fails for one names it, and has deleted the others", async () => {
    await begin();
    const made = await up({ items: hello });
    engine.run().emulator.faults.add({
      method: "DELETE",
      path: "*/items/DE",
      kind: "status",
      status: 400,
      body: { status: 400 },
    });
    await expect(engine.destroy(made)).rejects.toThrow(
      /deleting items of group staging\/catalog\/countries: 1 item failed.*\n {2}DE: DELETE/,
    );
    expect(storedItems()).toEqual({ DE: "Guten Tag" });
  });
});

test("writes that took much longer than the others are verified one by one", async () => {
  await begin();
  const { clock } = engine.context;
  // All that are on their way with it take as long: they share the clock.
  const through = (http: HttpClient): HttpClient => ({
    send: async (request) => {
      if (request.method === "PUT" && request.path.endsWith("/key-150")) await clock.sleep(20_000);
      return http.send(request);
    },
  });
  engine.run({ through });
  await up({ items: many(160) });
  const reads = sent("GET").map((request) => request.split("/").at(-1));
  const times = Object.values(Object.groupBy(reads, String)).map((some) => some?.length);
  expect(times.length).toBeGreaterThan(5);
  // The last one is read four times, and each slow one once.
  expect(times.sort()).toEqual([...Array(times.length - 1).fill(1), 4]);
});
