/**
 * What a stack of an earlier version left behind: `read`, `update` and `delete` run from the text that lies in its state, so every version has to be able to work
 * with the states of all before it. tests/engine/states has a stack and its account for each release, made by `npm run keep-state`.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import * as dynamic from "../../provider/dynamic";
import { type Run, watch } from "../../scripts/engine";
import { root } from "../../scripts/root";
import { isFull, report } from "../resilience/support/extent";
import { changed, type EngineTest, succeeded } from "../support/engine";
import { keptVersions, readKept, restored } from "../support/keptStates";

const fullSite = require(join(root, "examples", "full-site")) as PulumiFn;

const closuresOf = (version: string) => JSON.parse(readKept(version, "closures")) as Record<string, string>;

interface Resource {
  readonly type: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
}
const resourcesIn = (checkpoint: string): Resource[] => {
  const { checkpoint: kept } = JSON.parse(checkpoint) as {
    checkpoint: { latest: { resources: Resource[] } };
  };
  return kept.latest.resources;
};

/** What a run would do or did, besides looking. */
const steps = (run: Run) => changed(run).filter((step) => !step.startsWith("refresh "));

/** Fails when the account is not as the state says, or the state not as the program says. By the plugin the Provider is new. */
const preview = (engine: EngineTest) => {
  const [program, expectNoChanges] = [engine.served(fullSite), !engine.isNative];
  return watch((onEvent) => engine.stack.preview({ program, refresh: true, expectNoChanges, onEvent }));
};

let engine: EngineTest | undefined;
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

test("there is a state for every release", () => {
  const released = [
    ...readFileSync(join(root, "CHANGELOG.md"), "utf8").matchAll(/^## \[(\d+\.\d+\.\d+)\]/gm),
  ].map(([, version]) => version);
  expect(keptVersions).toEqual(released.sort());
});

describe.each(keptVersions)("a stack of %s", (version) => {
  test("has texts that lead to all that Pulumi calls", () => {
    const closures = closuresOf(version);
    for (const text of Object.values(closures)) {
      // As Pulumi loads it: a module of its own, which finds the package by name and nothing else.
      const module = { exports: {} as { handler: () => object } };
      const require = (name: string) => {
        if (name === "pulumi-akamai-edge/dynamic") return dynamic;
        throw new Error(`the text asks for ${name}`);
      };
      new Function("module", "exports", "require", text)(module, module.exports, require);
      const provider = new Map(Object.entries(module.exports.handler()));
      for (const method of ["configure", "check", "diff", "create", "read", "update", "delete"]) {
        expect([text, method, typeof provider.get(method)]).toEqual([text, method, "function"]);
      }
    }
    const inState = resourcesIn(readKept(version, "checkpoint")).flatMap(({ type, inputs }) =>
      type.startsWith("pulumi-nodejs:dynamic/") ? [[type.replace(/.*\//, ""), inputs?.__provider]] : [],
    );
    expect(inState.length).toBeGreaterThan(15);
    for (const [token, text] of inState) expect([token, text]).toEqual([token, closures[String(token)]]);
  });

  test("is as this version would have made it, and comes down without leaving anything", async () => {
    const began = Date.now();
    const started = await restored(version, 0);
    engine = started;
    const all = await started.resources();
    await succeeded(watch((onEvent) => started.stack.refresh({ expectNoChanges: true, onEvent })));
    expect(steps(await succeeded(preview(started)))).toEqual([]);
    expect(started.changes()).toEqual([]);
    await started.stack.setConfig("shop:greeter", { value: "off" });
    const back = steps(await succeeded(started.up(fullSite)));
    expect(back).toContain("update greeter");
    const destroyed = steps(await succeeded(started.destroy()));
    expect(destroyed).toHaveLength(all.length);
    expect(await started.resources()).toEqual([]);
    expect(leftIn(started)).toEqual({
      tokens: 0,
      edgeWorkers: 0,
      namespaces: ["greetings DELETING", "greetings DELETING"],
    });
    report("Old state", {
      Version: version,
      Resources: all.length,
      Preview: "clean",
      Destroy: "clean",
      Seconds: (Date.now() - began) / 1000,
    });
    // Seven runs of the engine, on machines of all kinds.
  }, 120_000);

  // Also on a machine whose clock is behind the one that made it.
  test.each(isFull ? [3653, -365] : [3653])("is that %d days later, too", async (days) => {
    engine = await restored(version, days);
    expect(steps(await succeeded(preview(engine)))).toEqual([]);
    expect(engine.changes()).toEqual([]);
  });
});

interface Versions<T> {
  readonly [name: string]: readonly { readonly value: T | null }[];
}
/** What of the program's is still in the account. */
function leftIn({ emulator }: EngineTest) {
  const account = emulator.state.get() as {
    edgekv: {
      tokens: Versions<object>;
      namespaces: Record<string, Versions<{ namespace: string; namespaceStatus: string }>>;
    };
    edgeworkers: { ids: Versions<object> };
  };
  const alive = <T>(all: Versions<T>): T[] =>
    Object.values(all).flatMap((versionsOfOne) => {
      const last = versionsOfOne.at(-1)?.value;
      return last === null || last === undefined ? [] : [last];
    });
  return {
    tokens: alive(account.edgekv.tokens).length,
    edgeWorkers: alive(account.edgeworkers.ids).length,
    namespaces: Object.values(account.edgekv.namespaces)
      .flatMap((all) => alive(all))
      .filter(({ namespace }) => namespace !== "default")
      .map(({ namespace, namespaceStatus }) => `${namespace} ${namespaceStatus}`),
  };
}
