/** Data of a namespace through the engine: moved, kept in a snapshot and restored. Digests show that it is the same each time. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { edgekv } from "../../sdk";
import { EngineTest, succeeded } from "../support/engine";
import { fullTest } from "../support/extent";

const network = "production";
const namespaces = `/edgekv/v1/networks/${network}/namespaces`;
const items = Object.fromEntries(
  Array.from({ length: 40 }, (_, index) => [`k${index}`, `value "${index}"\n`]),
);

const shop = (args: object = {}) =>
  new edgekv.Namespace("shop", { network, groupId: 0, retentionInSeconds: 0, ...args });
const program =
  (args: object, isNamed = false) =>
  async () => {
    const namespace = shop(args);
    // By its name alone, as most programs have it: the items still go with it.
    const place = isNamed ? { network, namespace: namespace.name } : { namespace };
    new edgekv.ItemGroup("words", {
      ...place,
      group: "words",
      items,
      transfer: "bulk",
    } as edgekv.ItemGroupArgs);
  };

/** What a namespace holds, as one digest. */
async function digest(engine: EngineTest, namespace: string): Promise<string> {
  const { text } = await engine
    .somebody()
    .send({ method: "GET", path: `${namespaces}/${namespace}/download`, accept: "text/csv" });
  return createHash("sha256").update(text.split("\r\n").sort().join("\n")).digest("hex");
}

fullTest(
  "a move to another place, a destroy with a snapshot and a restore keep all data",
  async () => {
    const engine = await EngineTest.start();
    const kept = join(engine.folder, "kept");
    const write = (key: string, value: string, namespace = "shop") =>
      engine.somebody().send({
        method: "PUT",
        path: `${namespaces}/${namespace}/groups/foreign/items/${key}`,
        raw: { contentType: "text/plain", bytes: value },
      });
    try {
      await succeeded(engine.up(program({ geoLocation: "US" }, true)));
      await write("a", 'not, "declared"');
      const before = await digest(engine, "shop");

      const there = { geoLocation: "EU", moveDataOnReplace: true, snapshotBeforeDelete: kept };
      const planned = await succeeded(engine.preview(program(there, true)));
      expect(planned.steps.map(({ op, new: { name } }) => [op, name])).toContainEqual([
        "create-replacement",
        "shop-eu",
      ]);
      expect(planned.messages.join("\n")).toMatch(/copies the data of namespace shop on production/);
      const moved = await succeeded(engine.up(program(there, true)));
      expect(await digest(engine, "shop-eu")).toBe(before);
      expect(moved.messages.join("\n")).toMatch(/41 items of namespace shop on production were moved to/);
      expect(engine.changes().filter((line) => line.startsWith("DELETE "))).toEqual([
        `DELETE ${namespaces}/shop`,
      ]);
      expect(
        (await succeeded(engine.preview(program(there, true)))).steps.every(({ op }) => op === "same"),
      ).toBe(true);

      // Short: refused, and nothing is deleted.
      engine.emulator.faults.add({
        method: "GET",
        path: `${namespaces}/shop-eu/download`,
        kind: "status",
        status: 404,
        times: 20,
      });
      const refused = await engine.destroy();
      expect(refused.messages.join("\n")).toMatch(
        /namespace shop-eu on production is not deleted: the service has no download/,
      );
      expect(engine.changes().some((line) => line === `DELETE ${namespaces}/shop-eu`)).toBe(false);
      engine.emulator.faults.clear();
      expect(await digest(engine, "shop-eu")).toBe(before);
      await succeeded(engine.destroy());

      const names = readdirSync(kept).filter((name) => name.startsWith("production-shop-eu-"));
      for (const name of names) expect(statSync(join(kept, name)).mode & 0o777).toBe(0o600);
      const [csv = ""] = names.filter((name) => name.endsWith(".csv"));
      const manifest = JSON.parse(readFileSync(join(kept, csv.replace(/csv$/, "json")), "utf8"));
      expect(manifest).toMatchObject({ items: 41, groups: { foreign: 1, words: 40 } });
      expect(
        createHash("sha256")
          .update(readFileSync(join(kept, csv)))
          .digest("hex"),
      ).toBe(manifest.sha256);

      await succeeded(
        engine.up(async () => {
          const namespace = shop({ name: "again" });
          for (const group of Object.keys(manifest.groups))
            new edgekv.ItemGroup(group, { namespace, group, file: join(kept, csv), transfer: "bulk" });
        }),
      );
      expect(await digest(engine, "again")).toBe(before);
    } finally {
      await engine.close();
    }
  },
  600_000,
);
