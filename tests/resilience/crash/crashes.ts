import type { PulumiFn } from "@pulumi/pulumi/automation";
import { edgekv } from "../../../sdk";
import { holdings } from "../../support/testEngine/account";
import { ProgramStack, type RunResult } from "../../support/testEngine/programStack";
import type { Crash } from "../../support/testEngine/providerProcess";
import { examples } from "../support/examples";
import { every, report } from "../support/extent";

/** One run of a scenario. */
export type Act = (stack: ProgramStack, crash?: Crash) => Promise<RunResult>;

export const up =
  (program: PulumiFn, config: Readonly<Record<string, string>> = {}): Act =>
  (stack, crash) => {
    stack.config = { ...config };
    return stack.up(program, { crash });
  };
export const destroy: Act = (stack, crash) => stack.destroy({ crash });

/** Texts and JSON. */
const items: PulumiFn = async () => {
  const database = new edgekv.Database("edgekv", {});
  const network = "staging";
  const { name: namespace } = new edgekv.Namespace(
    "shop",
    { network, groupId: 72_297, retentionInSeconds: 0 },
    { dependsOn: database },
  );
  const place = { network, namespace, group: "settings" } as const;
  new edgekv.Item("banner", { ...place, key: "banner", value: "Hello" });
  new edgekv.Item("pin", { ...place, key: "pin", value: "0000" });
  new edgekv.Item("limits", { ...place, key: "limits", json: { basket: 20 } });
};

/** Items that an upload writes, those that are there already included. */
const bulk: PulumiFn = async () => {
  const database = new edgekv.Database("edgekv", {});
  const network = "staging";
  const { name: namespace } = new edgekv.Namespace(
    "shop",
    { network, groupId: 72_297, retentionInSeconds: 0 },
    { dependsOn: database },
  );
  const items = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [`k${index}`, `value, ${index}`]),
  );
  new edgekv.ItemGroup("words", { network, namespace, group: "words", items, transfer: "bulk" });
};

/**
 * Every example that makes something. The one of single items looks them up as well, from a program that a crash in this process can't end: others stand here in
 * its place.
 */
export const programs: readonly (readonly [name: string, program: PulumiFn])[] = [
  ["items", items],
  ["items by upload", bulk],
  ...examples([
    "database",
    "namespace",
    "itemGroup",
    "accessToken",
    "edgekv",
    "edgeWorker",
    "version",
    "activation",
    "geo-greeting",
    "edgeWorkerRules",
    "propertyActivation",
    "full-site",
  ]),
];

export function program(name: string): PulumiFn {
  const [, found] = programs.find(([known]) => known === name) ?? [];
  if (found === undefined) throw new Error(`there is no example ${name}`);
  return found;
}

function demandDone(ended: RunResult): void {
  if (ended.how !== "done") throw new Error(`the run ended ${ended.how}: ${ended.errors.join("\n")}`);
}

/** What a scenario with files does beside the account. */
export interface Watch {
  /** Called before each crash. */
  begin(): void;
  /** Called after each run that crashed, and after the next one. */
  check(stack: ProgramStack): void;
}

/**
 * Crashes a run at each of its requests, every time on an account where the runs before it have been done, and demands that the next run ends with what an
 * undisturbed one leaves, and that there is nothing to do after it.
 * @param table of docs/development/reliability.md
 */
export async function crashEverywhere(
  table: string,
  what: string,
  before: readonly Act[],
  act: Act,
  watch?: Watch,
): Promise<void> {
  const prepared = await ProgramStack.start({ lag: { object: 5 }, settings: { initialized: false } });
  try {
    for (const one of before) demandDone(await one(prepared));
    const undisturbed = await prepared.copy();
    const whole = await act(undisturbed);
    const wanted = holdings(undisturbed.emulator);
    await undisturbed.close();
    demandDone(whole);

    const crashes = whole.requests.flatMap((_, index) =>
      (["before", "after"] as const).map((effect): Crash => ({ request: index + 1, effect })),
    );
    let crashed = 0;
    // An odd step: both sides of the effect get their turns.
    for (const crash of every(Math.ceil(crashes.length / 4) | 1, crashes)) {
      const stack = await prepared.copy();
      try {
        if ((await crashOnce(stack, act, crash, whole.requests.length, wanted, watch)) === "crashed")
          crashed += 1;
      } finally {
        await stack.close();
      }
    }
    if (crashes.length > 0) expect(crashed).toBeGreaterThan(0);
    report(table, { run: what, requests: whole.requests.length, crashes: crashed, converged: crashed });
  } finally {
    await prepared.close();
  }
}

async function crashOnce(
  stack: ProgramStack,
  act: Act,
  crash: Crash,
  of: number,
  wanted: object,
  watch?: Watch,
): Promise<RunResult["how"]> {
  watch?.begin();
  const first = await act(stack, crash);
  watch?.check(stack);
  const where = `crashed ${crash.effect} request ${crash.request} of ${of}, ${first.requests.at(-1)}`;
  const second = await act(stack);
  expect([where, second.how, second.errors]).toEqual([where, "done", []]);
  expect([where, holdings(stack.emulator)]).toEqual([where, wanted]);
  watch?.check(stack);
  const third = await act(stack);
  expect([where, third.how, third.steps]).toEqual([where, "done", []]);
  return first.how;
}
