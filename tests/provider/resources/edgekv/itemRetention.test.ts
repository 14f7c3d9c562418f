/** Retentions of single items, and sandboxes. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestEngine } from "../../../support/testEngine";

const base = "/edgekv/v1/networks/staging/namespaces/catalog";
const place = { network: "staging", namespace: "catalog", group: "words" };
let engine: TestEngine;
let folder: string;
const begin = async (options: Parameters<typeof TestEngine.start>[0] = {}) => {
  engine = await TestEngine.start({ lag: "none", ...options }, { concurrency: "2" });
  const json = { namespace: "catalog", groupId: 72297, retentionInSeconds: 0 };
  await engine.somebody().send({ method: "POST", path: "/edgekv/v1/networks/staging/namespaces", json });
  engine.later(30).emulator.clearJournal();
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "akamai-edge-retention-"));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await engine.close();
});

const live = (group = "words") =>
  Object.fromEntries(
    Object.entries(
      (
        engine.emulator.state.get() as {
          edgekv: {
            items: {
              staging: Record<
                string,
                Record<
                  string,
                  Record<string, { value: { value: string; expiresAt: number | null } | null }[]>
                >
              >;
            };
          };
        }
      ).edgekv.items.staging.catalog?.[group] ?? {},
    ).flatMap(([key, versions]) => {
      const item = versions.at(-1)?.value;
      if (!item) return [];
      const seconds =
        item.expiresAt === null ? 0 : Math.round((item.expiresAt - engine.emulator.clock.now()) / 1000);
      return [[key, { value: item.value, seconds }]];
    }),
  );
const itemArgs = { ...place, key: "DE", value: 'Hallo, "Welt"', retentionInSeconds: 5000 };
const reasons = async (token: string, args: object) =>
  (await engine.preview(token, "it", args)).failures.map(({ property, reason }) => `${property}: ${reason}`);

describe("an item with a retention of its own", () => {
  test("is written by an upload, and written again once it has expired", async () => {
    await begin();
    const made = await engine.up("edgekv:Item", "it", itemArgs);
    expect(engine.changes()).toEqual(["POST /networks/staging/namespaces/catalog/upload"]);
    expect(live().DE?.value).toBe(itemArgs.value);
    expect(Math.abs((live().DE?.seconds ?? 0) - 5000)).toBeLessThan(60);
    expect((await engine.run().preview("edgekv:Item", "it", itemArgs, made)).plan).toBe("same");
    engine.later(6000);
    expect((await engine.preview("edgekv:Item", "it", itemArgs, made)).plan).toBe("update");
    expect(engine.messages.join("\n")).toMatch(/has expired: .* and it is retained for/);
    // Another retention is another write; without one, the namespace's holds.
    const longer = await engine.up("edgekv:Item", "it", { ...itemArgs, retentionInSeconds: 0 }, made);
    expect(live().DE?.seconds).toBe(0);
    const { retentionInSeconds: _, ...plain } = itemArgs;
    engine.run().emulator.clearJournal();
    await engine.up("edgekv:Item", "it", plain, longer);
    expect(engine.changes()).toEqual(["PUT /networks/staging/namespaces/catalog/groups/words/items/DE"]);
  });

  test.each([404, 405, 501])(
    "is refused at preview where the account takes no uploads (%s)",
    async (status) => {
      await begin();
      engine.emulator.faults.add({ method: "GET", path: `${base}/upload`, kind: "status", status, times: 9 });
      expect(await reasons("edgekv:Item", itemArgs)).toEqual([
        expect.stringMatching(
          /^retentionInSeconds: retentionInSeconds can't be set on this account, which takes no uploads .*: only an upload can set it/,
        ),
      ]);
      writeFileSync(join(folder, "words.csv"), "key,value,ttl\nDE,Hallo,5000\n");
      const group = { ...place, file: join(folder, "words.csv"), columns: { retentionInSeconds: "ttl" } };
      expect(await reasons("edgekv:ItemGroup", group)).toEqual([
        expect.stringMatching(/^columns: columns.retentionInSeconds can't be set on this account/),
      ]);
    },
  );

  test("fails by the words of its job, and without one where an upload is refused", async () => {
    await begin({ settings: { failUploadItems: 1 } });
    const failed = await engine.failingUp("edgekv:Item", "it", itemArgs);
    expect(failed.message).toContain("the upload could not write it: The item could not be written");
    engine.emulator.faults.add({
      method: "POST",
      path: `${base}/upload`,
      kind: "status",
      status: 405,
      times: 9,
    });
    const refused = await engine.run().failingUp("edgekv:Item", "it", itemArgs);
    expect(refused.message).toContain("requests for one item carry no retention");
    expect(live()).toEqual({});
  });

  test.each([-1, 1.5, 315_360_001])("%s s is refused", async (retentionInSeconds) => {
    await begin();
    expect(await reasons("edgekv:Item", { ...itemArgs, retentionInSeconds })).toHaveLength(1);
  });
});

describe("a column with the retention of each item", () => {
  const file = () => join(folder, "words.csv");
  const group = (more: object = {}) => ({
    ...place,
    file: file(),
    columns: { retentionInSeconds: "TTL " },
    ...more,
  });

  test("goes with the upload, however few they are; a change of it is a change of the item", async () => {
    await begin();
    writeFileSync(file(), "key,value,ttl\nDE,Hallo,5000\nFR,Bonjour,\nJP,x, 0\n");
    const made = await engine.up("edgekv:ItemGroup", "it", group());
    expect(engine.changes()).toEqual(["POST /networks/staging/namespaces/catalog/upload"]);
    expect(live()).toMatchObject({ FR: { value: "Bonjour", seconds: 0 }, JP: { value: "x", seconds: 0 } });
    expect(Math.abs((live().DE?.seconds ?? 0) - 5000)).toBeLessThan(60);
    expect((await engine.run().preview("edgekv:ItemGroup", "it", group(), made)).plan).toBe("same");
    expect((await engine.run().refresh(made))?.state).toEqual(made.state);
    writeFileSync(file(), "key,value,ttl\nDE,Hallo,9000\nFR,Bonjour,\nJP,x,0\n");
    engine.run().emulator.clearJournal();
    const changed = await engine.up("edgekv:ItemGroup", "it", group(), made);
    expect(Math.abs((live().DE?.seconds ?? 0) - 9000)).toBeLessThan(60);
    engine.later(9100).clearMessages();
    expect((await engine.preview("edgekv:ItemGroup", "it", group(), changed)).plan).toBe("update");
    expect(engine.messages.join("\n")).toContain("1 expired, since their retention is over (DE)");
    await engine.run().up("edgekv:ItemGroup", "it", group(), changed);
    expect(Object.keys(live()).sort()).toEqual(["DE", "FR", "JP"]);
  });

  test("takes part in JSON and NDJSON, and is no part of the value", async () => {
    await begin();
    writeFileSync(
      join(folder, "words.ndjson"),
      '{"key":"DE","to":"/de","ttl":700}\n{"key":"FR","to":"/fr"}\n',
    );
    const columns = { retentionInSeconds: "ttl" };
    await engine.up("edgekv:ItemGroup", "it", { ...place, file: join(folder, "words.ndjson"), columns });
    expect(live()).toMatchObject({
      DE: { value: '{"to":"/de"}' },
      FR: { value: '{"to":"/fr"}', seconds: 0 },
    });
  });

  test("is refused where it is no number of seconds, and where single requests would have to carry it", async () => {
    await begin();
    writeFileSync(file(), "key,value,ttl\nDE,Hallo,soon\n");
    expect(await reasons("edgekv:ItemGroup", group())).toEqual([
      "file: line 2 has a retention that is not a whole number of seconds from 0 to 315360000 (3650 days)",
    ]);
    writeFileSync(file(), "key,value,ttl\nDE,Hallo,60\n");
    expect(await reasons("edgekv:ItemGroup", group({ transfer: "items" }))).toEqual([
      expect.stringMatching(
        /^columns: columns.retentionInSeconds can't be set together with `transfer: "items"`/,
      ),
    ]);
    writeFileSync(file(), "key,value\nDE,Hallo\n");
    expect(await reasons("edgekv:ItemGroup", group())).toEqual([
      expect.stringMatching(/names no column TTL/),
    ]);
    writeFileSync(file(), "key,value,ttl\nDE,Hallo,60\n");
    engine.emulator.faults.add({
      method: "POST",
      path: `${base}/upload`,
      kind: "status",
      status: 501,
      times: 9,
    });
    const { message } = await engine.run().failingUp("edgekv:ItemGroup", "it", group());
    expect(message).toContain("DE: no upload has written it; its retention: only an upload can set it");
    expect(live()).toEqual({});
  });
});

describe("a sandbox", () => {
  const sandboxId = "8d4a26d6-41ec-4f62-9a29-3a1d1c7f8a10";

  test("has items of its own, which expire after two days", async () => {
    await begin();
    const item = { ...place, key: "DE", value: "box", sandboxId };
    const made = await engine.up("edgekv:Item", "box", item);
    await engine.up("edgekv:Item", "real", { ...place, key: "DE", value: "real" });
    expect(made.id).toBe(`staging/catalog/words/DE?sandboxId=${sandboxId}`);
    expect([live().DE?.value, live(`words_${sandboxId}`).DE?.value]).toEqual(["real", "box"]);
    expect((await engine.run().refresh(made))?.state).toEqual(made.state);
    engine.later(172_801);
    expect((await engine.preview("edgekv:Item", "box", item, made)).plan).toBe("update");
    expect(engine.messages.join("\n")).toMatch(/has expired: .* a sandbox retains items for 2 d;/);
    await engine.run().destroy(made);
    expect(live().DE?.value).toBe("real");
  });

  test("takes a group of items, one by one, also an exclusive one", async () => {
    await begin({ settings: { itemRatePerSecond: 100_000 } });
    const items = Object.fromEntries(Array.from({ length: 520 }, (_, index) => [`k${index}`, `${index}`]));
    await engine.up("edgekv:Item", "real", { ...place, key: "outside", value: "real" });
    engine.run().emulator.clearJournal();
    const group = { ...place, sandboxId, items, ownership: "exclusive" };
    const made = await engine.up("edgekv:ItemGroup", "box", group);
    expect(engine.changes().filter((line) => !line.startsWith("PUT "))).toEqual([]);
    expect(engine.changes()).toHaveLength(520);
    expect(engine.requests().every((line) => !line.includes("download") && !line.includes("upload"))).toBe(
      true,
    );
    expect(Object.keys(live(`words_${sandboxId}`))).toHaveLength(520);
    expect(live().outside?.value).toBe("real");
    engine.later(172_900).clearMessages();
    expect((await engine.preview("edgekv:ItemGroup", "box", group, made)).plan).toBe("update");
    expect(engine.messages.join("\n")).toContain("expired, since a sandbox retains items for two days");
  });

  test("is refused on production, with uploads and with a retention", async () => {
    await begin();
    const item = { ...place, key: "DE", value: "box", sandboxId };
    const production = { ...item, network: "production" };
    expect(await reasons("edgekv:Item", production)).toEqual([
      "sandboxId: can be set on staging only: production has no sandboxes",
    ]);
    expect(await reasons("edgekv:Item", { ...item, retentionInSeconds: 600 })).toEqual([
      "retentionInSeconds: retentionInSeconds can't be set in a sandbox: its items live for two days",
    ]);
    const { key: _, value: __, ...group } = { ...item, items: { DE: "1" } };
    expect(await reasons("edgekv:ItemGroup", { ...group, transfer: "bulk" })).toEqual([
      "transfer: transfer can't be `bulk` in a sandbox: uploads and downloads take none",
    ]);
    expect(await reasons("edgekv:ItemGroup", { ...group, network: "production" })).toEqual([
      "sandboxId: can be set on staging only: production has no sandboxes",
    ]);
  });
});
