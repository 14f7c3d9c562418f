/** What becomes of the data of a namespace that is deleted or replaced: snapshots, restores and moves. */
import { createHash } from "node:crypto";
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type StoredResource, TestEngine } from "../../../support/testEngine";
import { failure, resourceUnderTest } from "../../../support/testEngine/resourceUnderTest";

const network = "production";
const namespaces = `/edgekv/v1/networks/${network}/namespaces`;
const args = { network, groupId: 72_297, retentionInSeconds: 0, geoLocation: "US" };
const toEu = { ...args, geoLocation: "EU" };

let folder: string;
let engine: TestEngine;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "akamai-edge-data-"));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await engine.close();
});

const begin = async (options: Parameters<typeof TestEngine.start>[0] = {}) => {
  engine = await TestEngine.start(
    { lag: "none", ...options, settings: { itemRatePerSecond: 100_000, ...options.settings } },
    { concurrency: "2" },
  );
};
const { up, failingUp, preview, refused, notice } = resourceUnderTest(
  () => engine,
  "edgekv:Namespace",
  "catalog",
  args,
);
const put = (group: string, key: string, value: string | Buffer, namespace = "catalog") =>
  engine.somebody().send({
    method: "PUT",
    path: `${namespaces}/${namespace}/groups/${group}/items/${key}`,
    raw: { contentType: "text/plain", bytes: value },
  });
const upload = (csv: string, namespace = "catalog") =>
  engine.somebody().send({
    method: "POST",
    path: `${namespaces}/${namespace}/upload`,
    raw: { contentType: "text/csv", bytes: csv },
  });
const fault = (method: string, path: string, options: object) =>
  engine.emulator.faults.add({ method, path: `${namespaces}/${path}`, ...options } as never);
type Stored = Record<string, Record<string, { value: { value: string; expiresAt: number | null } | null }[]>>;
const live = () =>
  (engine.emulator.state.get() as { edgekv: { items: Record<string, Record<string, Stored>> } }).edgekv.items[
    network
  ] ?? {};
/** All items of a namespace, as `group/key`. */
const data = (namespace = "catalog") =>
  Object.fromEntries(
    Object.entries(live()[namespace] ?? {}).flatMap(([group, items]) =>
      Object.entries(items).flatMap(([key, versions]) => {
        const value = versions.at(-1)?.value;
        return value ? [[`${group}/${key}`, value.value] as const] : [];
      }),
    ),
  );
const isThere = (name = "catalog") => {
  const { edgekv } = engine.emulator.state.get() as {
    edgekv: { namespaces: Record<string, Record<string, { value: object | null }[]>> };
  };
  return (edgekv.namespaces[network]?.[name]?.at(-1)?.value ?? null) !== null;
};
const deletes = () => engine.changes().filter((request) => request.startsWith("DELETE "));
const csvOf = () => readdirSync(folder).filter((name) => name.endsWith(".snapshot.csv"));
const manifest = () => {
  const [name = ""] = readdirSync(folder).filter((one) => one.endsWith(".snapshot.json"));
  return JSON.parse(readFileSync(join(folder, name), "utf8"));
};
const values = {
  "words/DE": 'Hallo, "Welt"\r\n',
  "words/JP": "こんにちは",
  "more/empty": "",
  "more/json": '{"a":1}',
};
const fill = async (namespace?: string) => {
  for (const [path, value] of Object.entries(values)) {
    const [group = "", key = ""] = path.split("/");
    await put(group, key, value, namespace);
  }
  engine.later(60);
};
const kept = () => ({ ...args, snapshotBeforeDelete: folder });

describe("snapshotBeforeDelete", () => {
  test("writes all items and their manifest before a destroy, and a restore is an up", async () => {
    await begin();
    const made = await up(kept());
    await fill();
    await put("bytes", "b", Buffer.from([0x80, 0xff, 0x22]));
    engine.later(60).emulator.clearJournal();
    await engine.destroy(made);
    expect(deletes()).toEqual([`DELETE /networks/${network}/namespaces/catalog`]);
    const journal = engine.requests();
    expect(journal.findLastIndex((line) => line.includes("/download"))).toBeLessThan(
      journal.findIndex((line) => line.startsWith("DELETE ")),
    );
    const [csv = ""] = csvOf();
    const bytes = readFileSync(join(folder, csv));
    expect(manifest()).toEqual({
      network,
      namespace: "catalog",
      takenAt: expect.any(String),
      file: csv,
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      items: 5,
      groups: { bytes: 1, more: 2, words: 2 },
    });
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toHaveLength(2);
    expect(notice("are kept in")).toMatch(
      /^namespace catalog on production: 5 items are kept in .*snapshot\.csv/,
    );

    await up({ ...args, name: "second" }, undefined, "second");
    const restored = async (group: string) => {
      const item = { network, namespace: "second", group, file: join(folder, csv), transfer: "bulk" };
      return engine.run().up("edgekv:ItemGroup", group, item);
    };
    const words = await restored("words");
    for (const group of ["more", "bytes"]) await restored(group);
    expect(data("second")).toEqual({
      ...values,
      "bytes/b": Buffer.from([0x80, 0xff, 0x22]).toString("base64"),
    });
    expect((await engine.run().refresh(words))?.state).toEqual(words.state);
  });

  test.each(["scheduled", "immediate"])(
    "comes before a %s delete, also of an empty namespace",
    async (mode) => {
      await begin();
      const made = await up({ ...kept(), deletion: { mode } });
      await engine.run().destroy(made);
      expect(manifest()).toMatchObject({ items: 0, groups: {} });
      expect(csvOf()).toHaveLength(1);
    },
  );

  test("is not taken where nothing is deleted", async () => {
    await begin();
    await engine.destroy(await up({ ...kept(), deletion: { mode: "retain" } }));
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each(["default", "none"] as const)(
    "waits for replicas that are behind (lag %s): what was written just now is in it",
    async (lag) => {
      await begin({ lag });
      const made = await up(kept());
      engine.later(600);
      await put("words", "DE", "old");
      engine.later(60);
      await put("words", "DE", "new");
      await put("words", "FR", "Bonjour");
      await engine.destroy(made);
      expect(readFileSync(join(folder, csvOf()[0] ?? ""), "utf8")).toMatch(/words,DE,"new"/);
      expect(manifest()).toMatchObject({ items: 2 });
    },
  );

  test("is taken before a replacement under the same name, whose items go with the namespace", async () => {
    await begin();
    const made = await up(args);
    await fill();
    const item = { network, namespace: "catalog", group: "words", key: "own", value: "mine" };
    const own = await engine.up("edgekv:Item", "own", item);
    const wanted = { ...toEu, replaceDeletesData: true, snapshotBeforeDelete: folder };
    engine.run().emulator.clearJournal();
    await preview(wanted, made);
    expect(notice("keeps its data in")).toContain("namespace catalog on production");
    // The engine deletes what depends on it first.
    await engine.destroy(own);
    expect(deletes()).toEqual([]);
    const next = await up(wanted, made);
    expect(manifest()).toMatchObject({ items: 5, groups: { more: 2, words: 3 } });
    expect([next.state.geoLocation, data()]).toEqual(["EU", {}]);
  });

  test.each<[string, object, RegExp]>([
    ["has none", { status: 404 }, /the service has no download of its data/],
    ["has none (501)", { status: 501 }, /the service has no download of its data/],
    [
      "is cut off",
      { status: 200, contentType: "text/csv", body: 'words,DE,"Ha' },
      /snapshot is short: .*cut off/,
    ],
    [
      "lacks items",
      { status: 200, contentType: "text/csv", body: "words,DE,x\r\n" },
      /snapshot is short: .*1 item, without 3 that the service lists \(.*words/,
    ],
    [
      "is empty",
      { status: 200, contentType: "text/csv", body: "" },
      /0 items, without 4 that the service lists/,
    ],
    ["is refused", { status: 403 }, /its snapshot failed: GET .* was answered with 403/],
  ])("refuses the delete when the download %s", async (_what, answer, message) => {
    await begin();
    const made = await up({ ...kept(), deletion: { mode: "immediate" } });
    await fill();
    engine.run().emulator.clearJournal();
    fault("GET", "*/download", { kind: "status", times: 500, ...answer });
    const reported = await failure(engine.destroy(made));
    expect(reported).toMatch(/namespace catalog on production is not deleted: /);
    expect(reported).toMatch(message);
    expect([deletes(), data(), readdirSync(folder)]).toEqual([[], values, []]);
    engine.emulator.faults.clear();
    await engine.run().destroy(made);
    expect(manifest()).toMatchObject({ items: 4 });
  });

  test("refuses the delete while others write all the time", async () => {
    await begin();
    const made = await up({ ...kept(), deletion: { mode: "immediate" } });
    await fill();
    let count = 0;
    const through = engine.open({
      through: (inner) => ({
        send: async (request) => {
          if (request.path.endsWith("/download")) await put("words", "DE", `edition ${++count}`);
          return inner.send(request);
        },
      }),
    });
    const { delete: remove } = through.provider("edgekv:Namespace");
    const reported = await failure(remove(made.id, made.state));
    expect(reported).toMatch(/snapshot is short: .*4 items with other values each time\. Stop what writes/);
    expect([isThere(), csvOf()]).toEqual([true, []]);
  });

  test("of a namespace whose delete is scheduled already: only an earlier snapshot will do", async () => {
    await begin();
    const made = await up(kept());
    await fill();
    await engine.somebody().send({ method: "DELETE", path: `${namespaces}/catalog` });
    expect(await failure(engine.run().destroy(made))).toMatch(
      /is not deleted: its delete is scheduled already, so that its data can't be read, and .* has no snapshot of it/,
    );
    await engine.somebody().send({ method: "DELETE", path: `${namespaces}/catalog/status/scheduled-delete` });
    await engine.later(600).destroy(made);
    // A run that was killed once the delete was sent is repeated.
    await engine.run().destroy(made);
    expect(notice("is scheduled for deletion already; its data is in")).toBeDefined();
    expect(csvOf()).toHaveLength(1);
  });

  test.each([1, 2, 3, 4])("of one that a killed run has deleted is not asked for (seed %s)", async (seed) => {
    await begin({ lag: "default", seed });
    const made = await up({ ...kept(), deletion: { mode: "immediate" } });
    engine.later(600);
    await fill();
    await engine.later(600).destroy(made);
    await engine.run().destroy(made);
    expect(csvOf()).toHaveLength(1);
  });

  test.each(["a file", "no folder"])("is refused at preview for %s", async (what) => {
    await begin();
    const file = join(folder, "file");
    writeFileSync(file, "");
    const path = what === "a file" ? file : join(file, "below");
    expect(await refused({ ...args, snapshotBeforeDelete: path })).toEqual([
      "snapshotBeforeDelete: snapshotBeforeDelete is not a folder that can be read",
    ]);
  });

  test("makes its folder, for the owner alone", async () => {
    await begin();
    const made = await up({ ...args, snapshotBeforeDelete: join(folder, "a", "b") });
    await engine.run().destroy(made);
    expect(statSync(join(folder, "a", "b")).mode & 0o777).toBe(0o700);
  });
});

describe("a snapshot as the source of a group", () => {
  const source = async (): Promise<string> => {
    await begin();
    const made = await up(kept());
    await fill();
    await engine.destroy(made);
    await up({ ...args, name: "second" }, undefined, "second");
    return join(folder, csvOf()[0] ?? "");
  };
  const group = (file: string, more: object = {}) => ({
    network,
    namespace: "second",
    group: "words",
    file,
    ...more,
  });
  const reasons = async (wanted: object) =>
    (await engine.preview("edgekv:ItemGroup", "words", wanted)).failures.map(({ reason }) => reason);

  test("that was changed, cut off, has no manifest or no such group is refused", async () => {
    const file = await source();
    expect(await reasons(group(file, { group: "none" }))).toEqual([
      expect.stringMatching(/has no items of group none; it has more, words$/),
    ]);
    expect(await reasons(group(file, { columns: { key: "a" } }))).toEqual([
      "columns can't be set for a snapshot: it has its own",
    ]);
    appendFileSync(file, 'words,X,"1",0\r\n');
    expect(await reasons(group(file))).toEqual([
      expect.stringMatching(/is not what its manifest describes: it was changed, or it is cut off/),
    ]);
    rmSync(file.replace(/csv$/, "json"));
    expect(await reasons(group(file))).toEqual([expect.stringMatching(/has no manifest beside it/)]);
  });

  test("goes into shards", async () => {
    const file = await source();
    await engine.up("edgekv:ItemGroup", "more", group(file, { group: "more" }));
    expect(data("second")).toEqual({ "more/empty": "", "more/json": '{"a":1}' });
  });
});

describe("moveDataOnReplace", () => {
  const moving = { ...toEu, moveDataOnReplace: true };
  /** The old one as it was, and its data. */
  const old = async (options = {}): Promise<StoredResource> => {
    await begin(options);
    const made = await up();
    engine.later(600);
    await fill();
    engine.run().emulator.clearJournal();
    return made;
  };

  test("copies the data to a namespace with a name of its own, compares, and the old one goes last", async () => {
    const before = await old();
    const planned = await preview(moving, before);
    expect([planned.plan, planned.deleteBeforeReplace, planned.inputs.name]).toEqual([
      "replace",
      false,
      "catalog-eu",
    ]);
    expect(planned.inputs.movedFrom).toBe("production/catalog");
    expect(notice("copies the data of")).toContain("namespace catalog-eu on production");
    const after = await up(moving, before);
    expect(after.state).toMatchObject({ name: "catalog-eu", geoLocation: "EU" });
    expect(data("catalog-eu")).toEqual(values);
    expect(notice("were moved to")).toContain("4 items of namespace catalog on production");
    const sent = engine.changes();
    expect(sent.at(-1)).toBe(`DELETE /networks/${network}/namespaces/catalog`);
    expect(sent.filter((line) => line.includes("/items/"))).toEqual([]);
    // The next runs keep the name, and move nothing.
    engine.run().emulator.clearJournal();
    expect((await preview(moving, after)).plan).toBe("same");
    expect((await preview({ ...toEu, moveDataOnReplace: false }, after)).plan).toBe("update");
    expect((await engine.run().preview("edgekv:Namespace", "catalog", toEu, after)).inputs.name).toBe(
      "catalog-eu",
    );
    expect(engine.changes()).toEqual([]);
    const back = await engine
      .run()
      .preview("edgekv:Namespace", "catalog", { ...args, moveDataOnReplace: true }, after);
    expect([back.plan, back.inputs.name]).toEqual(["replace", "catalog-us"]);
  });

  test("keeps what is left of each item's time", async () => {
    const before = await old();
    await upload("timed,short,1,600\r\ntimed,long,2,0\r\n");
    engine.later(100);
    await up(moving, before);
    const left = live()["catalog-eu"]?.timed?.short?.at(-1)?.value?.expiresAt ?? 0;
    expect(left - engine.emulator.clock.now()).toBeLessThan(510_000);
    expect(live()["catalog-eu"]?.timed?.long?.at(-1)?.value?.expiresAt).toBeNull();
  });

  test("is refused under the same name, which can be used once", async () => {
    const before = await old();
    expect(await refused({ ...moving, name: "catalog" }, before)).toEqual([
      expect.stringMatching(
        /^geoLocation: geoLocation can't be changed under the same name .* Give the new namespace another `name`/,
      ),
    ]);
    const named = await up({ ...moving, name: "europe" }, before);
    expect([named.state.name, data("europe")]).toEqual(["europe", values]);
  });

  test("goes on where it was interrupted, and does not touch what is not its own", async () => {
    const before = await old();
    fault("POST", "catalog-eu/upload", { kind: "status", status: 400, times: 1 });
    const { message, stored } = await failingUp(moving, before);
    expect(message).toMatch(
      /the data of namespace catalog on production could not be moved to namespace catalog-eu/,
    );
    expect(message).toMatch(/The old one stays as it is\. Run `up` again: the copy goes on/);
    expect([stored, isThere(), data()]).toEqual([before, true, values]);
    engine.run();
    await put("words", "DE", values["words/DE"], "catalog-eu");
    await put("foreign", "F", "not ours", "catalog-eu");
    engine.later(30);
    expect((await failingUp(moving, before)).message).toMatch(
      /it has items already that the old one has not: foreign\/F \(1 in all\)/,
    );
    await engine
      .somebody()
      .send({ method: "DELETE", path: `${namespaces}/catalog-eu/groups/foreign/items/F` });
    engine.later(30);
    await up(moving, before);
    expect(data("catalog-eu")).toEqual(values);
  });

  test("copies what others write meanwhile, and deletes what they delete", async () => {
    const before = await old({ lag: "default" });
    let downloads = 0;
    const through = engine.open({
      through: (inner) => ({
        send: async (request) => {
          if (request.path.endsWith("/catalog-eu/download") && ++downloads === 1) {
            await put("words", "NEW", "late");
            await engine
              .somebody()
              .send({ method: "DELETE", path: `${namespaces}/catalog/groups/words/items/JP` });
          }
          return inner.send(request);
        },
      }),
    });
    const provider = through.provider("edgekv:Namespace");
    const inputs = { ...moving, owner: "project/stack/catalog", __provider: "text" };
    const checked = await provider.check(before.inputs, inputs);
    await provider.create(checked.inputs);
    const { "words/JP": _, ...rest } = values;
    expect(data("catalog-eu")).toEqual({ ...rest, "words/NEW": "late" });
    // What comes after that keeps the old one.
    await put("words", "AFTER", "later");
    engine.emulator.clock.advance(60);
    expect(await failure(provider.delete(before.id, before.state))).toMatch(
      /namespace catalog on production was written to since its data was moved, and is not deleted/,
    );
  });

  test("without uploads, items are written one by one; without downloads, nothing is touched", async () => {
    const before = await old();
    fault("POST", "*/upload", { kind: "status", status: 404, times: 50 });
    await up(moving, before);
    expect(data("catalog-eu")).toEqual(values);
    await engine.close();
    const again = await old();
    fault("GET", "*/download", { kind: "status", status: 404, times: 50 });
    expect((await failingUp(moving, again)).message).toMatch(
      /the service has no download .* The old one stays as it is\. Without `moveDataOnReplace`/,
    );
    expect(data()).toEqual(values);
  });

  test("a group of items is written into the new namespace anew, and its old items go with the old one", async () => {
    const before = await old();
    const items = { DE: values["words/DE"], FR: "Bonjour" };
    const words = { network, namespace: "catalog", group: "words", items, overwrite: true };
    const group = await engine.up("edgekv:ItemGroup", "words", words);
    engine.later(60);
    const after = await engine
      .run()
      .up("edgekv:Namespace", "catalog", moving, before)
      .catch((error) => error);
    expect(after.state?.name).toBe("catalog-eu");
    const { overwrite: _, ...plain } = words;
    await engine.up(
      "edgekv:ItemGroup",
      "words",
      { ...plain, items: { ...items, DE: "changed" }, namespace: "catalog-eu" },
      group,
    );
    expect(data("catalog-eu")).toMatchObject({ "words/DE": "changed", "words/JP": values["words/JP"] });
  });
});
