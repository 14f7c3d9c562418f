/**
 * Many namespaces, and many tokens, each a resource of its own: made, unchanged, changed, and deleted both ways. Beside them
 * as many bare dynamic resources, which do nothing: what they take is the engine's own.
 */
import { CustomResource, type CustomResourceOptions } from "@pulumi/pulumi";
import { inputFields } from "../../provider/framework/resource";
import { namespaceSchema } from "../../provider/resources/edgekv/namespace/schema";
import { realClock } from "../../provider/runtime/clock";
import { edgekv, type Provider } from "../../sdk";
import { type Bare, floor } from "./floor";
import { medianBy } from "./median";
import { accountProvider } from "./plugin";
import { type EngineRun, formatCount, type Print, type Row, recordRows } from "./report";
import { lag, parallel } from "./scale";
import type { MeasuredRun, Stage } from "./stage";

const network = "staging";
const folder = `/edgekv/v1/networks/${network}/namespaces`;
const type = "application/json";

/** The POST of a namespace that is there for ever. */
export function createNamespace(namespace: string): Bare {
  const body = JSON.stringify({ namespace, groupId: 0, retentionInSeconds: 0 });
  return { method: "POST", path: folder, type, body };
}

/** A step of the engine with all the resources of a kind. */
const stepNames = ["created", "no change", "changed", "deleted"] as const;
type StepName = (typeof stepNames)[number];

/** The least that a step takes: bare requests, one for each object, and what the service documents as a delay after them. */
interface Least {
  readonly request: (index: number) => Bare;
  readonly lag: number;
}

/** One kind of object: how a program declares one, and the bare requests for one. */
interface Kind {
  readonly name: string;
  /** @param edition another one is a change */
  readonly declare: (index: number, edition: number, options: CustomResourceOptions) => void;
  readonly least: { readonly [Step in StepName]?: Least };
}

/** The text of a provider that does nothing, in the form in which every dynamic provider is kept. */
const idle = `exports.handler = () => ({
  diff: async (_id, olds, news) => ({ changes: olds.edition !== news.edition }),
  create: async (inputs) => ({ id: "bare", outs: inputs }),
  update: async (_id, _olds, news) => ({ outs: news }),
  delete: async () => undefined,
});
`;

/** Makes the state of a bare resource as large as that of a namespace: the engine stores the whole of it after each step. */
const filler = "x".repeat(500);

/**
 * As many properties as a namespace has, without values: Pulumi's library prepares an output for each of them, which takes longer than
 * all else that a program does.
 */
const unset = Object.fromEntries(
  [...inputFields(namespaceSchema), ...Object.keys(namespaceSchema.outputs.shape)].map((field) => [
    field,
    undefined,
  ]),
);

class BareResource extends CustomResource {
  constructor(name: string, edition: number) {
    super("pulumi-nodejs:dynamic/bench:Bare", name, { ...unset, __provider: idle, edition, filler });
  }
}

const bareResources: Kind = {
  name: "bare dynamic resources",
  declare: (index, edition) => {
    new BareResource(`b-${index}`, edition);
  },
  least: {},
};

/** @param scope keeps the names of one size from those of another, which may be scheduled for deletion still */
const namespaces = (scope: string, name: string, mode: "immediate" | "scheduled"): Kind => ({
  name: `namespaces ${name}`,
  declare: (index, edition, options) => {
    const args = {
      network,
      groupId: 0,
      retentionInSeconds: edition * 86_400,
      deletion: { mode },
    } as const;
    new edgekv.Namespace(`n-${mode}-${scope}-${index}`, args, options);
  },
  least: {
    created: { request: (index) => createNamespace(`floor-${mode}-${scope}-${index}`), lag: 0 },
    changed: {
      request: (index) => ({
        method: "PUT",
        path: `${folder}/floor-${mode}-${scope}-${index}`,
        type,
        body: JSON.stringify({
          namespace: `floor-${mode}-${scope}-${index}`,
          groupId: 0,
          retentionInSeconds: 86_400,
          geoLocation: "US",
        }),
      }),
      lag,
    },
    deleted: {
      request: (index) => ({
        method: "DELETE",
        path: `${folder}/floor-${mode}-${scope}-${index}${mode === "immediate" ? "?sync=true" : ""}`,
      }),
      lag: 0,
    },
  },
});

const tokens = (scope: string, name = ""): Kind => ({
  name: `access tokens${name}`,
  declare: (index, edition, options) => {
    const args: edgekv.AccessTokenArgs = {
      allowOnStaging: true,
      namespacePermissions: { bench: ["r"] },
      refreshTriggers: edition,
    };
    new edgekv.AccessToken(`t-${scope}-${index}`, args, options);
  },
  least: {
    created: {
      request: (index) => ({
        method: "POST",
        path: "/edgekv/v1/tokens",
        type,
        body: JSON.stringify({
          name: `floor-${scope}-${index}`,
          allowOnStaging: true,
          allowOnProduction: false,
          namespacePermissions: { bench: ["r"] },
        }),
      }),
      lag,
    },
    changed: {
      request: (index) => ({ method: "POST", path: `/edgekv/v1/tokens/floor-${scope}-${index}/refresh` }),
      lag,
    },
    deleted: {
      request: (index) => ({ method: "DELETE", path: `/edgekv/v1/tokens/floor-${scope}-${index}` }),
      lag: 0,
    },
  },
});

/** What bare resources took, by step. */
export type EngineRuns = Readonly<Record<StepName, EngineRun>>;

type Steps = Readonly<Record<StepName, MeasuredRun>>;
/** The steps of a kind, one after the other. */
async function runSteps(stage: Stage, kind: Kind, objects: number): Promise<Steps> {
  const program = (edition: number) => async () => {
    const provider: Provider | undefined = stage.hasPlugin ? accountProvider(stage.akamai) : undefined;
    const options = provider === undefined ? {} : { provider };
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
    const ofDynamic = [
      namespaces(scope, "deleted at once", "immediate"),
      namespaces(scope, "deleted after three days", "scheduled"),
      tokens(scope),
    ].map((kind) => ({ kind, stage: dynamic }));
    const ofPlugin = (stage: Stage) =>
      [
        namespaces(`plugin-${scope}`, "deleted at once, by the plugin", "immediate"),
        tokens(`plugin-${scope}`, ", by the plugin"),
      ].map((kind) => ({ kind, stage }));
    for (const { kind, stage } of [...ofDynamic, ...(plugin === undefined ? [] : ofPlugin(plugin))]) {
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
