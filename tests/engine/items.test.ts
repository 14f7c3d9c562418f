import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { propertyChanges } from "../../scripts/engine";
import { killDescendants } from "../../scripts/processes";
import { edgekv } from "../../sdk";
import { changed, EngineTest, succeeded } from "../support/engine";
import { fullTest } from "../support/extent";

const catalog = () =>
  new edgekv.Namespace("catalog", { network: "staging", groupId: 0, retentionInSeconds: 0 });
const countries = { network: "staging", group: "countries" } as const;
const folder = "/edgekv/v1/networks/staging/namespaces/catalog/groups/countries/items";

describe("an item", () => {
  fullTest(
    "with a null in its JSON goes through the engine: it is kept, and another order of members is no change",
    async () => {
      const engine = await EngineTest.start();
      const program = (json: edgekv.JsonInput) => async () => {
        new edgekv.Item("limits", { ...countries, namespace: catalog().name, key: "limits", json });
      };
      try {
        await succeeded(engine.up(program({ perMinute: 60, burst: null })));
        const live = await engine.somebody().send({ method: "GET", path: `${folder}/limits`, accept: "*/*" });
        expect(live.text).toBe('{"burst":null,"perMinute":60}');
        expect(changed(await succeeded(engine.preview(program({ burst: null, perMinute: 60 }))))).toEqual([]);
        const planned = await succeeded(engine.preview(program({ perMinute: 60 })));
        expect(planned.steps.filter(({ op }) => op === "update").flatMap(propertyChanges)).toEqual([
          'json: "{\\"burst\\":null,\\"perMinute\\":60}" -> "{\\"perMinute\\":60}"',
        ]);
      } finally {
        await engine.close();
      }
    },
  );

  test("that is a secret is found in no state, event, message or error, whatever happens", async () => {
    const engine = await EngineTest.start();
    const secret = "canary-0d61f3b2-in-an-item";
    const program =
      (more: object = {}) =>
      async () => {
        const namespace = catalog().name;
        new edgekv.Item("password", {
          ...countries,
          namespace,
          key: "password",
          value: pulumi.secret(secret),
          ...more,
        });
        new edgekv.Item("deep", {
          ...countries,
          namespace,
          key: "deep",
          json: { password: pulumi.secret(secret), a: null },
        });
        const items = { a: pulumi.secret(secret), b: { deep: pulumi.secret(secret) }, c: "open" };
        new edgekv.ItemGroup("more", { ...countries, namespace, items });
      };
    const reported: unknown[] = [];
    const states: string[] = [];
    const run = async (what: ReturnType<EngineTest["up"]>) => {
      const done = await what;
      reported.push(done.steps, done.messages, done.text, String(done.error), done.error?.stack);
      states.push(engine.checkpoint());
      return done;
    };
    try {
      await run(succeeded(engine.up(program())));
      // Drift of a secret is one.
      const other = { contentType: "text/plain", bytes: `${secret}-other` };
      await engine.somebody().send({ method: "PUT", path: `${folder}/password`, raw: other });
      const refreshed = await run(succeeded(engine.refresh()));
      expect(refreshed.steps.filter(({ op }) => op === "refresh")).toHaveLength(4);
      // What is refused is not printed.
      for (const more of [{ json: { a: 1 } }, { value: pulumi.secret(secret.padEnd(1_048_577, secret)) }]) {
        expect((await run(engine.preview(program(more)))).error).toBeDefined();
      }
      engine.emulator.faults.add({
        method: "PUT",
        path: `${folder}/*`,
        times: 9,
        kind: "status",
        status: 403,
      });
      const failed = await run(engine.up(program({ value: pulumi.secret(`${secret}-new`) })));
      expect(failed.messages.join("\n")).toContain(
        "updating item password of group staging/catalog/countries: PUT",
      );
      expect(JSON.stringify(reported)).not.toContain(secret);
      expect(states.filter((state) => state.includes(secret))).toEqual([]);
      expect(states.every((state) => state.includes("password"))).toBe(true);
    } finally {
      await engine.close();
    }
  });
});

describe("a group of items", () => {
  const csv = (engine: EngineTest, items: Readonly<Record<string, string>>) => {
    const path = join(engine.folder, "items.csv");
    const lines = Object.entries(items).map(([key, value]) => `${key},"${value}"`);
    writeFileSync(path, `key,value\n${lines.join("\n")}\n`);
    return path;
  };
  const many = (count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`key-${index}`, `a value of its own, ${index}`]),
    );
  const program =
    (file: string, more: Partial<edgekv.ItemGroupArgs> = {}) =>
    async () => {
      const group = new edgekv.ItemGroup("countries", {
        ...countries,
        namespace: catalog().name,
        file,
        ...more,
      });
      return { count: group.count };
    };
  const written = (engine: EngineTest) =>
    engine
      .changes()
      .filter((request) => request.includes("/items/"))
      .map((request) => request.replace(/ .*\//, " "))
      .sort();
  const text = async (engine: EngineTest, key: string) =>
    (
      await engine
        .somebody()
        .send({ method: "GET", path: `${folder}/${key}`, accept: "*/*", expectedStatuses: [404] })
    ).text;
  const start = () => EngineTest.start({ settings: { itemRatePerSecond: 10_000 } });

  fullTest(
    "from a file: previewed by its keys, written where it changed, without a value in the state",
    async () => {
      const engine = await start();
      try {
        const items = many(60);
        const made = await succeeded(engine.up(program(csv(engine, items))));
        expect(made.messages.join("\n")).toContain(
          "items of group staging/catalog/countries: 60 items to write (key-0, key-1, key-10, key-11, key-12 and 55 more).",
        );
        expect(written(engine)).toHaveLength(60);
        const [group] = (await engine.resources()).filter(({ type }) => type.endsWith("edgekv:ItemGroup"));
        expect(group?.outputs).toMatchObject({ count: 60, file: expect.stringMatching(/items\.csv$/) });
        expect(engine.checkpoint()).not.toContain("a value of its own");

        // Nothing changed: nothing is asked of the items.
        engine.emulator.clearJournal();
        expect(changed(await succeeded(engine.up(program(csv(engine, items)))))).toEqual([]);
        expect(engine.emulator.journal().filter(({ path }) => path.includes("/groups/"))).toEqual([]);

        const { "key-7": _, ...others } = items;
        const rest = { ...others, "key-3": "another", new: "n" };
        const planned = await succeeded(engine.preview(program(csv(engine, rest))));
        expect(changed(planned)).toEqual(["update countries"]);
        expect(planned.messages.join("\n")).toContain("1 added (new), 1 changed (key-3), 1 removed (key-7).");
        expect(planned.steps.flatMap(propertyChanges)).toEqual([
          expect.stringMatching(/^bytes: /),
          expect.stringMatching(/^digest: /),
        ]);
        await succeeded(engine.up(program(csv(engine, rest))));
        expect(written(engine)).toEqual(["DELETE key-7", "PUT key-3", "PUT new"]);
      } finally {
        await engine.close();
      }
    },
  );

  fullTest(
    "of which some were changed and deleted by others: found by refresh, put right by up, and gone with destroy",
    async () => {
      const engine = await start();
      try {
        const file = csv(engine, many(20));
        await succeeded(engine.up(program(file)));
        const http = engine.somebody();
        await http.send({
          method: "PUT",
          path: `${folder}/key-1`,
          raw: { contentType: "text/plain", bytes: "changed" },
        });
        await http.send({ method: "DELETE", path: `${folder}/key-2` });
        const refreshed = await succeeded(engine.refresh());
        expect(refreshed.messages.join("\n")).toContain(
          "1 deleted outside of this program (key-2), 1 changed outside of this program (key-1)",
        );
        engine.emulator.clearJournal();
        await succeeded(engine.up(program(file)));
        expect(written(engine)).toEqual(["PUT key-1", "PUT key-2"]);
        engine.emulator.clearJournal();
        await succeeded(engine.destroy());
        expect(written(engine)).toHaveLength(20);
      } finally {
        await engine.close();
      }
    },
  );

  fullTest(
    "of which one fails is a partial failure that names it, and the next run writes it alone",
    async () => {
      const engine = await start();
      try {
        const file = csv(engine, many(20));
        const body = { status: 413, errorCode: "EKV_9000", detail: "Value cannot exceed 262144 characters." };
        engine.emulator.faults.add({
          method: "PUT",
          path: `${folder}/key-7`,
          kind: "status",
          status: 413,
          body,
        });
        const failed = await engine.up(program(file));
        expect(failed.messages.join("\n")).toMatch(
          /creating items of group staging\/catalog\/countries: 1 item failed\..*key-7: PUT .*413/s,
        );
        const [group] = (await engine.resources()).filter(({ type }) => type.endsWith("edgekv:ItemGroup"));
        expect(group).toMatchObject({
          outputs: { count: 19 },
          initErrors: [expect.stringContaining("key-7")],
        });
        engine.emulator.clearJournal();
        await succeeded(engine.up(program(file)));
        expect(written(engine)).toEqual(["PUT key-7"]);
        expect(changed(await succeeded(engine.preview(program(file))))).toEqual([]);
      } finally {
        await engine.close();
      }
    },
  );

  fullTest("killed in the middle, a run is followed by one that writes what is missing", async () => {
    const engine = await start();
    try {
      const items = many(40);
      const file = csv(engine, items);
      await succeeded(engine.up(async () => void catalog()));
      engine.emulator.clearJournal();
      // The last ones never get an answer, and have no effect.
      engine.emulator.faults.add({ method: "PUT", path: `${folder}/key-3*`, kind: "hang", times: 99 });
      const killed = engine.up(program(file));
      while (written(engine).length < 40) await new Promise((resolve) => setTimeout(resolve, 30));
      killDescendants();
      await killed;
      await engine.stack.cancel();
      engine.emulator.faults.clear();
      expect(JSON.stringify(await engine.resources())).not.toContain("edgekv:ItemGroup");

      engine.emulator.clearJournal();
      const next = await succeeded(engine.up(program(file)));
      expect(next.messages.join("\n")).toContain(
        "29 exist already; those with the declared value are not written again",
      );
      expect(written(engine)).toEqual(
        Object.keys(items)
          .filter((key) => key.startsWith("key-3"))
          .map((key) => `PUT ${key}`)
          .sort(),
      );
      for (const key of ["key-0", "key-3", "key-39"]) expect(await text(engine, key)).toBe(items[key]);
      expect(changed(await succeeded(engine.preview(program(file))))).toEqual([]);
    } finally {
      await engine.close();
    }
  });

  fullTest("exclusive: what else is there is named by the preview, and gone after up", async () => {
    const engine = await start();
    try {
      const file = csv(engine, many(5));
      await succeeded(engine.up(program(file, { ownership: "exclusive" })));
      await engine
        .somebody()
        .send({ method: "PUT", path: `${folder}/stray`, raw: { contentType: "text/plain", bytes: "x" } });
      const planned = await succeeded(engine.preview(program(file, { ownership: "exclusive" })));
      expect(changed(planned)).toEqual(["update countries"]);
      expect(planned.messages.join("\n")).toContain("`up` deletes what is not declared, 1 in all (stray).");
      engine.emulator.clearJournal();
      await succeeded(engine.up(program(file, { ownership: "exclusive" })));
      expect(written(engine)).toEqual(["DELETE stray"]);
      expect(await text(engine, "stray")).toContain("was not found");
    } finally {
      await engine.close();
    }
  });

  fullTest(
    "two resources for one item fail the preview; more shards move all items, the new ones first",
    async () => {
      const engine = await start();
      try {
        const twice = async () => {
          const namespace = catalog().name;
          new edgekv.ItemGroup("countries", { ...countries, namespace, items: { DE: "Guten Tag" } });
          new edgekv.Item("de", { ...countries, namespace, key: "DE", value: "Hallo" });
        };
        expect((await engine.up(twice)).messages.join("\n")).toMatch(
          /of this program declares the item DE as well/,
        );
        const shards = (count: number) => async () => {
          const namespace = catalog().name;
          const group = new edgekv.ItemGroup("spread", {
            ...countries,
            namespace,
            items: { a: "1", b: { n: null }, c: "3" },
            shards: count,
          });
          return { groups: group.groups };
        };
        await succeeded(engine.up(shards(2)));
        engine.emulator.clearJournal();
        expect(changed(await succeeded(engine.preview(shards(5))))).toContain("replace spread");
        await succeeded(engine.up(shards(5)));
        const order = engine.changes().map((request) => request.split(" ")[0]);
        expect(order.join()).toMatch(/^PUT(,PUT)+(,DELETE)+$/);
        const where = edgekv.shardGroup("countries", "b", 5);
        const found = await engine
          .somebody()
          .send({ method: "GET", path: `${folder.replace("countries", where)}/b`, accept: "*/*" });
        expect(found.text).toBe('{"n":null}');
      } finally {
        await engine.close();
      }
    },
  );
});
