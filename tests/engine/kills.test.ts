/**
 * SIGKILL of the real engine and its provider in the middle of a run, spread over its requests; tests/survival/kills.test.ts does it at every request, without
 * the engine. The only step by hand in between is `pulumi cancel`, for the engine's own lock.
 */
import { join } from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { killDescendants } from "../../scripts/processes";
import { root } from "../../scripts/root";
import { changed, EngineTest, succeeded } from "../support/engine";
import { holdings } from "../survival/support/account";
import { isFull, report } from "../survival/support/extent";

type Act = (engine: EngineTest) => ReturnType<EngineTest["up"]>;

const program = (name: string) => require(join(root, "examples", name)) as PulumiFn;
const up =
  (name: string): Act =>
  (engine) =>
    engine.up(program(name));
const destroy: Act = (engine) => engine.destroy();
const withRights =
  (name: string): Act =>
  async (engine) => {
    await engine.stack.setConfig("shop:permissions", { value: '["r", "w"]' });
    return engine.up(program(name));
  };

/** What is done before, and the run that is killed. */
const stories: readonly (readonly [what: string, before: readonly Act[], act: Act])[] = [
  ["geo-greeting: up", [], up("geo-greeting")],
  ...(isFull
    ? ([
        ...["namespace", "itemGroup", "edgekv", "activation", "edgeWorkerRules", "full-site"].map(
          (name) => [`${name}: up`, [], up(name)] as const,
        ),
        ["geo-greeting: rotation", [up("geo-greeting")], withRights("geo-greeting")],
        ["geo-greeting: destroy", [up("geo-greeting")], destroy],
        ["edgekv: destroy", [up("edgekv")], destroy],
      ] as const)
    : []),
];
const killsOfEach = isFull ? 2 : 1;

async function prepared(before: readonly Act[]): Promise<EngineTest> {
  const engine = await EngineTest.start({ settings: { initialized: false } });
  for (const act of before) await succeeded(act(engine));
  return engine;
}

const requests = ({ emulator }: EngineTest) => Object.values(emulator.counts()).reduce((sum, one) => sum + one, 0);

test.each(stories)(
  "%s",
  async (what, before, act) => {
    const undisturbed = await prepared(before);
    const earlier = requests(undisturbed);
    await succeeded(act(undisturbed));
    const all = requests(undisturbed) - earlier;
    const wanted = holdings(undisturbed.emulator);
    await undisturbed.close();

    for (let n = 1; n <= killsOfEach; n += 1) {
      const skip = Math.floor((all * n) / (killsOfEach + 1));
      const afterEffect = n % 2 === 1;
      const where = `killed ${afterEffect ? "after" : "before"} request ${skip + 1} of about ${all}`;
      const engine = await prepared(before);
      try {
        engine.emulator.faults.add({ skip, kind: "hang", afterEffect });
        let isOver = false;
        const killed = act(engine).finally(() => {
          isOver = true;
        });
        const hangs = () => engine.emulator.journal().some(({ fault }) => fault === "hang");
        while (!isOver && !hangs()) await new Promise((resolve) => setTimeout(resolve, 20));
        killDescendants();
        expect((await killed).error).toBeDefined();
        await engine.stack.cancel();
        engine.emulator.faults.clear();

        await succeeded(act(engine));
        expect([where, holdings(engine.emulator)]).toEqual([where, wanted]);
        expect([where, changed(await succeeded(act(engine)))]).toEqual([where, []]);
      } finally {
        await engine.close();
      }
    }
    report("Kills of the engine", { run: what, requests: all, kills: killsOfEach, converged: killsOfEach });
  },
  isFull ? 3_600_000 : 60_000,
);
