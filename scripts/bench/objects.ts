/**
 * Many namespaces, and many tokens, each a resource of its own: made, unchanged, changed, and deleted both ways. Beside them
 * as many bare dynamic resources, which do nothing: what they take is the engine's own.
 */
import { CustomResource } from "@pulumi/pulumi";
import { edgekv } from "../../sdk";
import { type Bare, floor } from "./floor";
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
type StepName = "created" | "no change" | "changed" | "deleted";

/** The least that a step takes: bare requests, one for each object, and what the service documents as a delay after them. */
interface Least {
  readonly request: (index: number) => Bare;
  readonly lag: number;
}

/** One kind of object: how a program declares one, and the bare requests for one. */
interface Kind {
  readonly name: string;
  /** @param edition another one is a change */
  readonly declare: (index: number, edition: number) => void;
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

class BareResource extends CustomResource {
  constructor(name: string, edition: number) {
    super("pulumi-nodejs:dynamic/bench:Bare", name, { __provider: idle, edition, filler });
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
const namespaces = (scope: number, name: string, mode: "immediate" | "scheduled"): Kind => ({
  name: `namespaces ${name}`,
  declare: (index, edition) => {
    new edgekv.Namespace(`n-${mode}-${scope}-${index}`, {
      network,
      groupId: 0,
      retentionInSeconds: edition * 86_400,
      deletion: { mode },
    });
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

const tokens = (scope: number): Kind => ({
  name: "access tokens",
  declare: (index, edition) => {
    new edgekv.AccessToken(`t-${scope}-${index}`, {
      allowOnStaging: true,
      namespacePermissions: { bench: ["r"] },
      refreshTriggers: edition,
    });
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

/** The steps of a kind, one after the other. */
async function runSteps(
  stage: Stage,
  kind: Kind,
  numbers: readonly number[],
  record: (step: StepName, run: MeasuredRun) => Promise<void>,
): Promise<void> {
  const program = (edition: number) => async () => {
    for (const index of numbers) kind.declare(index, edition);
  };
  const options = { parallel };
  await record("created", await stage.up(program(1), options));
  await record("no change", await stage.up(program(1), options));
  await record("changed", await stage.up(program(2), options));
  await record("deleted", await stage.destroy(options));
}

/** What the engine itself takes for so many resources. */
export async function engineRuns(stage: Stage, objects: number, print: Print): Promise<EngineRuns> {
  const none: EngineRun = { seconds: 0, cpu: undefined };
  const runs: Record<StepName, EngineRun> = {
    created: none,
    "no change": none,
    changed: none,
    deleted: none,
  };
  await runSteps(stage, bareResources, indexes(objects), async (step, { seconds, cpu }) => {
    runs[step] = { seconds, cpu };
    print(`${formatCount(objects)} ${bareResources.name}, ${step}: ${seconds.toFixed(1)} s`);
  });
  return runs;
}

export async function objectRows(
  stage: Stage,
  objects: number,
  engine: EngineRuns,
  print: Print,
): Promise<Row[]> {
  const rows: Row[] = [];
  const numbers = indexes(objects);
  const kinds = [
    namespaces(objects, "deleted at once", "immediate"),
    namespaces(objects, "deleted after three days", "scheduled"),
    tokens(objects),
  ];
  for (const kind of kinds) {
    const record = recordRows(rows, `${kind.name}: ${formatCount(objects)}`, print);
    await runSteps(stage, kind, numbers, async (step, run) => {
      const least = kind.least[step];
      if (least === undefined) return record(step, run, engine[step], { floorRequests: 0 });
      const bare = await floor(stage.akamai, numbers.map(least.request), objects);
      // What the bare requests made must not be in the way of the next ones.
      record(step, run, engine[step], { floor: bare.seconds + least.lag, floorRequests: bare.requests });
    });
  }
  return rows;
}

const indexes = (count: number) => Array.from({ length: count }, (_, index) => index);
