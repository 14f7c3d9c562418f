/**
 * Two runs at once on the same objects: of two stacks, and of one stack whose killed run goes on for a while beside the next one. Nothing is lost,
 * and nothing is there twice.
 */
import type { PulumiFn } from "@pulumi/pulumi/automation";
import type { Account } from "../../../emulator/account/account";
import type { HttpClient } from "../../../provider/runtime/httpClient";
import { edgekv, edgeworkers, property } from "../../../sdk";
import { addEdgeWorkers } from "../../support/edgeWorkers";
import { accountOf } from "../../support/testEngine/account";
import { ProgramStack, type RunResult } from "../../support/testEngine/programStack";
import { every, isFull, report } from "../support/extent";
import { groupId, network, propertyOf, there } from "../support/scenario";

Error.stackTraceLimit = 0;

const seeds = every(4, isFull ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] : [1, 2, 3, 4, 5, 6, 7, 8]);

const code = {
  "main.js": "export function onClientRequest(request) { request.respondWith(200, {}, 'hello'); }\n",
  "bundle.json": JSON.stringify({ "edgeworker-version": "1.0" }),
};

const namespaceOf =
  (retentionInSeconds: number): PulumiFn =>
  async () => {
    const namespace = new edgekv.Namespace("catalog", {
      name: "catalog",
      network,
      groupId,
      retentionInSeconds,
    });
    const items = { network, namespace: namespace.name, group: "greetings" } as const;
    new edgekv.Item(`item-${retentionInSeconds}`, { ...items, key: `k${retentionInSeconds}`, value: "x" });
  };
const edgeWorkerOf: PulumiFn = async () => {
  const worker = new edgeworkers.EdgeWorker("greeter", { name: "greeter", groupId, resourceTierId: 200 });
  const version = new edgeworkers.Version("greeter", { edgeWorkerId: worker.edgeWorkerId, bundle: code });
  new edgeworkers.Activation("greeter", {
    edgeWorkerId: worker.edgeWorkerId,
    network,
    version: version.version,
  });
};
const ruleOf =
  (name: string): PulumiFn =>
  async () => {
    new property.EdgeWorkerRules(name, {
      propertyName: "www.example.com",
      baseVersion: "latest",
      reuseDraft: true,
      rules: [{ name, parent: ["Sites", "Shop"], paths: [`/${name}`], edgeWorker: { edgeWorkerId: 42 } }],
    });
  };

/** The latest rules, and how many versions of each EdgeWorker were uploaded. */
const latestRules = (account: Account): string => {
  const versions = propertyOf(account).versions;
  return JSON.stringify(versions[versions.length - 1]?.rules ?? {});
};
const uploads = (account: Account): number =>
  Object.values(account.edgeworkers.belongings).reduce(
    (sum, { usedVersions }) => sum + usedVersions.length,
    0,
  );

interface Writers {
  readonly what: string;
  readonly programs: readonly [PulumiFn, PulumiFn];
  /** How many of the two have to end well in the end: one, where only one can have the object. */
  readonly owners: 1 | 2;
  readonly wrong: (account: Account) => string[];
  /** The EdgeWorker that somebody made before. */
  readonly edgeWorkerId?: number;
}

const demand = (what: string, is: unknown, wanted: unknown): string[] =>
  JSON.stringify(is) === JSON.stringify(wanted)
    ? []
    : [`${what}: ${JSON.stringify(is)} instead of ${JSON.stringify(wanted)}`];

const writers: readonly Writers[] = [
  {
    what: "one namespace",
    programs: [namespaceOf(86_400), namespaceOf(172_800)],
    owners: 1,
    wrong: (account) => {
      const names = Object.keys(there(account.edgekv.namespaces[network])).filter(
        (name) => name !== "default",
      );
      return demand("namespaces", names, ["catalog"]);
    },
  },
  {
    what: "EdgeWorkers of one name",
    programs: [edgeWorkerOf, edgeWorkerOf],
    owners: 2,
    // A name is not unique: each stack has one of its own, and only one.
    wrong: (account) => [
      ...demand("EdgeWorkers", Object.keys(there(account.edgeworkers.ids)).length, 2),
      ...demand("uploads", uploads(account), 2),
    ],
  },
  {
    what: "one property",
    programs: [ruleOf("one"), ruleOf("other")],
    edgeWorkerId: 42,
    owners: 2,
    wrong: (account) => {
      const rules = latestRules(account);
      return ["/one", "/other"].flatMap((path) =>
        demand(`rules with ${path}`, rules.split(`"${path}"`).length - 1, 1),
      );
    },
  },
];

const settings = { initialized: true, edgeWorkerIdsPerMinute: 1000, edgeWorkerIdsPerDay: 1000 };
const failed = (runs: readonly RunResult[]) => runs.filter(({ how }) => how !== "done");

test.each(writers.map((one) => [one.what, one] as const))(
  "two stacks at once on %s: nothing is lost, nothing is there twice",
  async (what, { programs, owners, wrong, edgeWorkerId }) => {
    const failures: string[] = [];
    for (const seed of seeds) {
      const one = await ProgramStack.start({ seed, settings });
      if (edgeWorkerId !== undefined) addEdgeWorkers(one.emulator, edgeWorkerId);
      const other = one.beside("other");
      await Promise.all([one.up(programs[0]), other.up(programs[1])]);
      one.later(600);
      // What failed in the tumult goes on in the next run; where one object can have one owner only, the other stack is refused.
      const next = [await one.up(programs[0]), await other.up(programs[1])];
      const found = [
        ...wrong(accountOf(one.emulator)),
        ...demand("stacks that ended well", 2 - failed(next).length, owners),
      ];
      const quiet = owners === 2 ? [await one.up(programs[0]), await other.up(programs[1])] : [];
      found.push(...quiet.flatMap(({ steps, errors }) => [...steps, ...errors]));
      if (found.length > 0)
        failures.push(
          `seed ${seed}: ${[...found, ...failed(next).flatMap(({ errors }) => errors)].join("; ")}`,
        );
      await one.close();
    }
    report("Concurrent changes", {
      product: "two stacks",
      during: "create",
      change: what,
      cases: seeds.length,
      "not right": failures.length,
    });
    expect(failures).toEqual([]);
  },
  600_000,
);

/** A run that is killed while the provider goes on, beside the next run of the same stack. What it returns is lost. */
test.each(writers.map((one) => [one.what, one] as const))(
  "an orphan of a killed run beside the next run, on %s: nothing is lost, nothing is there twice",
  async (what, { programs, wrong, edgeWorkerId }) => {
    const failures: string[] = [];
    for (const seed of seeds) {
      const one = await ProgramStack.start({ seed, settings });
      if (edgeWorkerId !== undefined) addEdgeWorkers(one.emulator, edgeWorkerId);
      const before = one.resources;
      const orphan = one.beside("demo");
      let requests = 0;
      const go = Promise.withResolvers<void>();
      // The orphan is under way when the next run begins. Its provider asks before each change whether its engine is alive.
      const through = (inner: HttpClient): HttpClient => ({
        send: async (request) => {
          requests += 1;
          if (requests > 2 + (seed % 5) && request.method !== "GET") throw new Error("the engine is gone");
          if (requests === 2 + (seed % 5)) setImmediate(() => go.resolve());
          return inner.send(request);
        },
      });
      const dying = orphan.up(programs[0], { through });
      await Promise.race([go.promise, dying]);
      one.restore(before);
      await Promise.all([one.up(programs[0]), dying]);
      one.later(600);
      const next = await one.up(programs[0]);
      const last = await one.up(programs[0]);
      const account = accountOf(one.emulator);
      const missing = what === "one property" || what === "EdgeWorkers of one name";
      const found = missing ? orphanLeft(account, edgeWorkerId) : wrong(account);
      // A namespace has nothing that names its owner: where no state has it, the run stops and names the way on.
      const isWayOn = (text: string) => what === "one namespace" && text.includes("set `adopt: true`");
      found.push(...[...next.errors, ...last.steps, ...last.errors].filter((text) => !isWayOn(text)));
      if (found.length > 0) failures.push(`seed ${seed}: ${found.join("; ")}`);
      await one.close();
    }
    report("Concurrent changes", {
      product: "an orphan",
      during: "create",
      change: what,
      cases: seeds.length,
      "not right": failures.length,
    });
    expect(failures).toEqual([]);
  },
  600_000,
);

/** Of one program, there is one of each, beside an EdgeWorker of others. */
function orphanLeft(account: Account, theirs: number | undefined): string[] {
  const ids = Object.keys(there(account.edgeworkers.ids));
  const workers = ids.filter((id) => id !== String(theirs)).length;
  const rules = latestRules(account).split('"/one"').length - 1;
  return [
    ...demand("EdgeWorkers and rules", workers + rules, 1),
    ...demand("uploads", uploads(account), workers),
  ];
}
