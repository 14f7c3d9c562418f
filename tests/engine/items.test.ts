import * as pulumi from "@pulumi/pulumi";
import { propertyChanges } from "../../scripts/engine";
import { edgekv } from "../../sdk";
import { changed, EngineTest, succeeded } from "../support/engine";

const catalog = () => new edgekv.Namespace("catalog", { network: "staging", groupId: 0, retentionInSeconds: 0 });
const countries = { network: "staging", group: "countries" } as const;
const folder = "/edgekv/v1/networks/staging/namespaces/catalog/groups/countries/items";

describe("an item", () => {
  test("a null and a secret go through the engine: kept, compared, refreshed, and printed nowhere", async () => {
    const engine = await EngineTest.start();
    const secret = "canary-0d61f3b2-in-an-item";
    const program = (limits: edgekv.JsonInput, wrong?: object) => async () => {
      const namespace = catalog().name;
      new edgekv.Item("limits", { ...countries, namespace, key: "limits", json: limits });
      new edgekv.Item("password", { ...countries, namespace, key: "password", value: pulumi.secret(secret), ...wrong });
      new edgekv.Item("deep", { ...countries, namespace, key: "deep", json: { password: pulumi.secret(secret), a: null } });
    };
    const first = program({ perMinute: 60, burst: null });
    const told: unknown[] = [];
    const run = async (what: Promise<Awaited<ReturnType<EngineTest["up"]>>>) => {
      const done = await what;
      told.push(done.steps, done.messages, done.text, String(done.error), done.error?.stack);
      return done;
    };
    const states: string[] = [];
    const keepState = () => states.push(engine.checkpoint());
    try {
      const made = await run(succeeded(engine.up(first)));
      expect(changed(made).sort()).toEqual(["create catalog", "create deep", "create limits", "create password"]);
      keepState();
      const live = await engine.somebody().send({ method: "GET", path: `${folder}/limits`, accept: "*/*" });
      expect(live.text).toBe('{"burst":null,"perMinute":60}');
      // Another order is no change; a null less is one.
      expect(changed(await run(succeeded(engine.up(program({ burst: null, perMinute: 60 })))))).toEqual([]);
      const planned = await run(succeeded(engine.preview(program({ perMinute: 60 }))));
      expect(planned.steps.filter(({ op }) => op === "update").flatMap(propertyChanges)).toEqual([
        'json: "{\\"burst\\":null,\\"perMinute\\":60}" -> "{\\"perMinute\\":60}"',
      ]);
      // Drift, of secrets too.
      await engine
        .somebody()
        .send({ method: "PUT", path: `${folder}/password`, raw: { contentType: "text/plain", bytes: `${secret}-other` } });
      const refreshed = await run(succeeded(engine.refresh()));
      expect(refreshed.steps.filter(({ op }) => op === "refresh")).toHaveLength(4);
      keepState();
      expect(changed(await run(succeeded(engine.up(first))))).toEqual(["update password"]);
      keepState();
      // What is refused is not printed.
      for (const wrong of [{ json: { a: 1 } }, { value: pulumi.secret(secret.padEnd(1_048_577, secret)) }]) {
        const { error } = await run(engine.preview(program({ perMinute: 60 }, wrong)));
        expect(error).toBeDefined();
      }
      engine.emulator.faults.add({ method: "PUT", path: `${folder}/*`, times: 9, kind: "status", status: 403 });
      const failed = await run(engine.up(program({ perMinute: 61 }, { value: pulumi.secret(`${secret}-new`) })));
      expect(failed.messages.join("\n")).toContain("updating item password of group staging/catalog/countries: PUT");
      keepState();
      engine.emulator.faults.clear();
      await run(succeeded(engine.destroy()));
      expect(JSON.stringify(told)).not.toContain(secret);
      expect(states.filter((state) => state.includes(secret))).toEqual([]);
      expect(states.every((state) => state.includes("limits"))).toBe(true);
    } finally {
      await engine.close();
    }
  });
});
