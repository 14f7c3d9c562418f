import type { PulumiFn } from "@pulumi/pulumi/automation";
import { edgekv } from "../../../sdk";
import { holdings } from "../support/account";
import { every, report } from "../support/extent";
import { type Ended, examples, type Kill, ProcessStack } from "../support/stack";

/** One run of a story. */
export type Act = (stack: ProcessStack, kill?: Kill) => Promise<Ended>;

export const up =
  (program: PulumiFn, config: Readonly<Record<string, string>> = {}): Act =>
  (stack, kill) => {
    stack.config = { ...config };
    return stack.up(program, { kill });
  };
export const destroy: Act = (stack, kill) => stack.destroy({ kill });

/** Texts and JSON. */
const items: PulumiFn = async () => {
  const database = new edgekv.Database("edgekv", {});
  const network = "staging";
  const { name: namespace } = new edgekv.Namespace("shop", { network, groupId: 72_297, retentionInSeconds: 0 }, { dependsOn: database });
  const place = { network, namespace, group: "settings" } as const;
  new edgekv.Item("banner", { ...place, key: "banner", value: "Hello" });
  new edgekv.Item("pin", { ...place, key: "pin", value: "0000" });
  new edgekv.Item("limits", { ...place, key: "limits", json: { basket: 20 } });
};

/**
 * Every example that makes something. The one of single items looks them up as well, from a program that a kill in this process can't end: others stand here in
 * its place.
 */
export const programs: readonly (readonly [name: string, program: PulumiFn])[] = [
  ["items", items],
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

function demandDone(ended: Ended): void {
  if (ended.how !== "done") throw new Error(`the run ended ${ended.how}: ${ended.errors.join("\n")}`);
}

/**
 * Kills a run at each of its requests, every time on an account where the runs before it have been done, and demands that the next run ends with what an
 * undisturbed one leaves, and that there is nothing to do after it.
 * @param table of docs/reliability.md
 */
export async function killEverywhere(table: string, what: string, before: readonly Act[], act: Act): Promise<void> {
  const prepared = await ProcessStack.start({ settings: { initialized: false } });
  try {
    for (const one of before) demandDone(await one(prepared));
    const undisturbed = await prepared.copy();
    const whole = await act(undisturbed);
    const wanted = holdings(undisturbed.emulator);
    await undisturbed.close();
    demandDone(whole);

    const kills = whole.requests.flatMap((_, index) =>
      (["before", "after"] as const).map((effect): Kill => ({ request: index + 1, effect })),
    );
    let killed = 0;
    // An odd step: both sides of the effect get their turns.
    for (const kill of every(Math.ceil(kills.length / 7) | 1, kills)) {
      const stack = await prepared.copy();
      try {
        if ((await killOnce(stack, act, kill, whole.requests.length, wanted)) === "killed") killed += 1;
      } finally {
        await stack.close();
      }
    }
    if (kills.length > 0) expect(killed).toBeGreaterThan(0);
    report(table, { run: what, requests: whole.requests.length, kills: killed, converged: killed });
  } finally {
    await prepared.close();
  }
}

async function killOnce(stack: ProcessStack, act: Act, kill: Kill, of: number, wanted: object): Promise<Ended["how"]> {
  const first = await act(stack, kill);
  const where = `killed ${kill.effect} request ${kill.request} of ${of}, ${first.requests.at(-1)}`;
  const second = await act(stack);
  expect([where, second.how, second.errors]).toEqual([where, "done", []]);
  expect([where, holdings(stack.emulator)]).toEqual([where, wanted]);
  const third = await act(stack);
  expect([where, third.how, third.steps]).toEqual([where, "done", []]);
  return first.how;
}
