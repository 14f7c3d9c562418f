/**
 * Many namespaces, and many tokens, each a resource of its own: made, unchanged, changed, and deleted both ways. Beside them
 * as many bare dynamic resources, which do nothing: what they take is the engine's own.
 */
import { realClock } from "../../provider/runtime/clock";
import { floor } from "./floor";
import { medianBy } from "./median";
import { bareResources, type Kind, namespaces, type StepName, stepNames, tokens } from "./objectKinds";
import { accountProvider } from "./plugin";
import { type EngineRun, formatCount, type Print, type Row, recordRows } from "./report";
import { parallel } from "./scale";
import type { MeasuredRun, Stage } from "./stage";

/** What bare resources took, by step. */
export type EngineRuns = Readonly<Record<StepName, EngineRun>>;

type Steps = Readonly<Record<StepName, MeasuredRun>>;
/** The steps of a kind, one after the other. */
async function runSteps(stage: Stage, kind: Kind, objects: number): Promise<Steps> {
  const program = (edition: number) => async () => {
    const options = stage.hasPlugin ? { provider: accountProvider(stage.akamai) } : {};
    for (const index of indexes(objects)) kind.declare(index, edition, options);
  };
  const options = { parallel };
  return {
    created: await stage.up(program(1), options),
    "no change": await stage.up(program(1), options),
    changed: await stage.up(program(2), options),
    deleted: await stage.destroy(options),
  };
}

/** What the engine itself takes for so many resources. */
export const engineRuns = (stage: Stage, objects: number): Promise<EngineRuns> =>
  runSteps(stage, bareResources, objects);

/** What is measured of one number of objects. */
export interface ObjectsOptions {
  readonly objects: number;
  /** How often all of it is measured. The rows are the medians. */
  readonly rounds: number;
  /** Stands in the rows, behind the number. */
  readonly remark?: string;
}

/** Stacks of one account. */
export interface Stages {
  readonly dynamic: Stage;
  /** By the native plugin. Without it there are no rows of it. */
  readonly plugin?: Stage;
}

/** Bare resources and each kind in turn, so that what else the machine does meets all of them. */
export async function objectRows(
  { dynamic, plugin }: Stages,
  { objects, rounds, remark = "" }: ObjectsOptions,
  print: Print,
): Promise<Row[]> {
  const engine: Steps[] = [];
  const kinds = new Map<string, { readonly measured: Steps; readonly floors: Floors }[]>();
  for (let round = 0; round < rounds; round += 1) {
    engine.push(await runSteps(dynamic, bareResources, objects));
    const scope = `${objects}${remark === "" ? "" : "-quick"}-${round}`;
    const all: [Stage, Kind][] = [
      [dynamic, namespaces(scope, "deleted at once", "immediate")],
      [dynamic, namespaces(scope, "deleted after three days", "scheduled")],
      [dynamic, tokens(scope)],
    ];
    if (plugin !== undefined) {
      // Names of namespaces have 32 characters at most.
      all.push([plugin, namespaces(`p${scope}`, "deleted at once, by the plugin", "immediate")]);
      all.push([plugin, tokens(`p${scope}`, ", by the plugin")]);
    }
    for (const [stage, kind] of all) {
      const measured = await runSteps(stage, kind, objects);
      // What the bare requests make must not be in the way of the next ones.
      const floors = await floorsOf(stage, kind, objects);
      kinds.set(kind.name, [...(kinds.get(kind.name) ?? []), { measured, floors }]);
    }
  }
  const rows: Row[] = [];
  for (const [name, all] of kinds) {
    const record = recordRows(rows, `${name}: ${formatCount(objects)}${remark}`, print);
    for (const step of stepNames) {
      const floors = all.flatMap(({ floors }) => floors[step] ?? []);
      record(
        step,
        medianRun(all.map(({ measured }) => measured[step])),
        medianRun(engine.map((one) => one[step])),
        floors.length === 0 ? { floorRequests: 0 } : medianBy(floors, ({ floor }) => floor),
      );
    }
  }
  return rows;
}

interface FloorOfStep {
  readonly floor: number;
  readonly floorRequests: number;
}

type Floors = { readonly [Step in StepName]?: FloorOfStep };

async function floorsOf(stage: Stage, kind: Kind, objects: number): Promise<Floors> {
  const floors: { [Step in StepName]?: FloorOfStep } = {};
  for (const step of stepNames) {
    const least = kind.least[step];
    if (least === undefined) continue;
    const bare = await floor(stage.akamai, indexes(objects).map(least.request), objects);
    floors[step] = { floor: bare.seconds + least.lag, floorRequests: bare.requests };
    // The next step changes what all servers show.
    await realClock.sleep(least.lag * 1000);
  }
  return floors;
}

const medianRun = (runs: readonly MeasuredRun[]) => medianBy(runs, ({ seconds }) => seconds);
const indexes = (count: number) => Array.from({ length: count }, (_, index) => index);
