/**
 * SIGKILL in the middle of a run, at ten moments spread over its requests: of the program, the real engine and the provider together, and of the engine alone.
 * tests/resilience/crash does it at every request, without the engine. The only step by hand in between is `pulumi cancel`, for the engine's own lock.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import type { Run } from "../../scripts/engine";
import { killDescendants } from "../../scripts/processes";
import { root } from "../../scripts/root";
import { isFull, report } from "../resilience/support/extent";
import { changed, EngineTest, killEngineAlone, succeeded } from "../support/engine";
import { holdings } from "../support/testEngine/account";

interface Act {
  readonly act: "up" | "destroy";
  readonly example: string;
  /** Stack config of the program. */
  readonly config?: readonly [key: string, value: string];
}

const up = (example: string): Act => ({ act: "up", example });
const destroy = (example: string): Act => ({ act: "destroy", example });
const withRights = (example: string): Act => ({
  act: "up",
  example,
  config: ["shop:permissions", '["r", "w"]'],
});

async function configured(engine: EngineTest, { config: [key, value] = ["", ""] }: Act): Promise<void> {
  if (key !== "") await engine.stack.setConfig(key, { value });
}

function carryOut(engine: EngineTest, { act, example }: Act): Promise<Run> {
  return act === "destroy"
    ? engine.destroy()
    : engine.up(require(join(root, "examples", example)) as PulumiFn);
}

/** The same in a process of its own, which can be killed together with engine and provider. */
function begin(engine: EngineTest, { act, example }: Act): ChildProcess {
  const program = join(root, "dist", "examples", example, "index.js");
  const { folder, isNative } = engine;
  const run = { folder, cli: process.env.AKAMAI_EDGE_TEST_CLI, project: "shop", program, act, isNative };
  return spawn(process.execPath, [join(root, "dist", "scripts", "engine-run.js"), JSON.stringify(run)], {
    stdio: "ignore",
  });
}

/** What is done before, and the run that crashes. */
const scenarios: readonly (readonly [what: string, before: readonly Act[], act: Act])[] = [
  ["edgekv: up", [], up("edgekv")],
  ...(isFull
    ? ([
        ...["geo-greeting", "namespace", "itemGroup", "activation", "edgeWorkerRules", "full-site"].map(
          (name) => [`${name}: up`, [], up(name)] as const,
        ),
        ["geo-greeting: rotation", [up("geo-greeting")], withRights("geo-greeting")],
        ["geo-greeting: destroy", [up("geo-greeting")], destroy("geo-greeting")],
        ["edgekv: destroy", [up("edgekv")], destroy("edgekv")],
      ] as const)
    : []),
];
/** Moments of a run at which all of it is killed. The engine alone, which leaves the provider as an orphan, is killed at some of them. */
const kills = isFull ? 10 : 1;
const killsEngineAlone = (n: number) => n % 3 === 1;
const victims = ["everything", "the engine alone"] as const;

async function prepared(before: readonly Act[], next: Act): Promise<EngineTest> {
  const engine = await EngineTest.start({ settings: { initialized: false } });
  for (const act of before) await succeeded(carryOut(engine, act));
  await configured(engine, next);
  return engine;
}

const requests = ({ emulator }: EngineTest) =>
  Object.values(emulator.counts()).reduce((sum, one) => sum + one, 0);

/** The number of requests once those have arrived that were on their way: a dead provider sends no more. */
async function arrived(engine: EngineTest): Promise<number> {
  for (let reads = 0, last = -1; reads < 10; reads += 1) {
    const now = requests(engine);
    if (now === last) return now;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error("requests went on arriving for 5 s after the kill");
}

test.each(scenarios)(
  "%s",
  async (what, before, act) => {
    const undisturbed = await prepared(before, act);
    const earlier = requests(undisturbed);
    await succeeded(carryOut(undisturbed, act));
    const all = requests(undisturbed) - earlier;
    const wanted = holdings(undisturbed.emulator);
    await undisturbed.close();

    let crashes = 0;
    for (let n = 1; n <= kills; n += 1) {
      const skip = Math.floor((all * n) / (kills + 1));
      const afterEffect = n % 2 === 1;
      for (const victim of killsEngineAlone(n) ? victims : victims.slice(0, 1)) {
        const where = `${victim} killed ${afterEffect ? "after" : "before"} request ${skip + 1} of about ${all}`;
        const engine = await prepared(before, act);
        try {
          engine.emulator.faults.add({ skip, kind: "hang", afterEffect });
          const child = begin(engine, act);
          const ended = once(child, "exit");
          const hangs = () => engine.emulator.journal().some(({ fault }) => fault === "hang");
          while (child.exitCode === null && !hangs()) await new Promise((resolve) => setTimeout(resolve, 20));
          if (victim === "everything") killDescendants();
          else await killEngineAlone();
          expect((await ended)[1]).toBe(victim === "everything" ? "SIGKILL" : null);
          const sent = await arrived(engine);
          await engine.stack.cancel();
          expect([where, requests(engine)]).toEqual([where, sent]);
          engine.emulator.faults.clear();

          await succeeded(carryOut(engine, act));
          expect([where, holdings(engine.emulator)]).toEqual([where, wanted]);
          expect([where, changed(await succeeded(carryOut(engine, act)))]).toEqual([where, []]);
          crashes += 1;
        } finally {
          await engine.close();
        }
      }
    }
    report("Crashes of the engine", {
      run: what,
      requests: all,
      moments: kills,
      crashes,
      converged: crashes,
    });
  },
  isFull ? 7_200_000 : 300_000,
);
