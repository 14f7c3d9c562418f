import type { PulumiFn } from "@pulumi/pulumi/automation";
import { edgekv, edgeworkers, property } from "../../../sdk";
import type { ProgramStack, RunOptions, RunResult } from "../../support/testEngine/programStack";

const groupId = 72_297;
const years = 365 * 86_400;

/** What EdgeKV has: a database, a namespace, items one by one and by the group, a token. The second state changes all that can be changed. */
const words =
  (state: 1 | 2): PulumiFn =>
  async () => {
    const database = new edgekv.Database("edgekv", {});
    const greetings = new edgekv.Namespace(
      "greetings",
      {
        network: "staging",
        groupId: state === 1 ? groupId : 98_765,
        retentionInSeconds: state === 1 ? 0 : 10 * years,
        deletion: { mode: "immediate" },
      },
      { dependsOn: database },
    );
    const place = { network: "staging", namespace: greetings.name } as const;
    new edgekv.Item("word", { ...place, group: "words", key: "US", value: state === 1 ? "Hello" : "Hi" });
    new edgekv.ItemGroup("hours", {
      ...place,
      group: "hours",
      items: state === 1 ? { morning: "6", evening: "18" } : { morning: "7", night: "22" },
      ownership: "exclusive",
    });
    new edgekv.AccessToken("reader", {
      allowOnStaging: true,
      namespacePermissions: greetings.name.apply((name) => ({ [name]: ["r" as const] })),
      refreshTriggers: state === 1 ? "spring" : "autumn",
    });
  };

/** A namespace that goes some time after it was given up. */
const archive: PulumiFn = async () => {
  const database = new edgekv.Database("edgekv", {});
  const deletion = { mode: "scheduled", afterSeconds: 2 * 86_400 } as const;
  new edgekv.Namespace(
    "archive",
    { network: "production", groupId, retentionInSeconds: 0, deletion },
    { dependsOn: database },
  );
};

/** Code that is live on staging. The second state has a version more and a description. */
const code =
  (state: 1 | 2): PulumiFn =>
  async () => {
    const teapot = new edgeworkers.EdgeWorker("teapot", {
      groupId,
      resourceTierId: 100,
      ...(state === 2 && { description: "Says 418" }),
    });
    const version = new edgeworkers.Version("teapot", {
      edgeWorkerId: teapot.edgeWorkerId,
      bundle: {
        "main.js": `export function onClientRequest(request) {\n  request.respondWith(418, {}, "teapot ${state}");\n}\n`,
        "bundle.json": '{ "edgeworker-version": "1.0" }',
      },
      version: "auto",
    });
    new edgeworkers.Activation("teapot", {
      edgeWorkerId: teapot.edgeWorkerId,
      network: "staging",
      version: version.version,
    });
  };

/** A rule in a property of other people, live on staging. The second state has no rule any more: only then can the rest be destroyed. */
const site =
  (state: 1 | 2): PulumiFn =>
  async () => {
    const greeter = new edgeworkers.EdgeWorker("greeter", { groupId, resourceTierId: 100 });
    const rules = new property.EdgeWorkerRules("greeter", {
      propertyName: "www.example.com",
      baseVersion: "staging",
      rules:
        state === 1
          ? [
              {
                name: "Greeter",
                parent: ["Sites", "Shop"],
                paths: ["/hello"],
                edgeWorker: { edgeWorkerId: greeter.edgeWorkerId },
              },
            ]
          : [],
    });
    new property.Activation("site", {
      propertyId: rules.propertyId,
      version: rules.version,
      network: "staging",
      notifyEmails: ["web-team@example.com"],
    });
  };

type Step = (stack: ProgramStack, how?: RunOptions) => Promise<RunResult>;

const up =
  (program: PulumiFn): Step =>
  (stack, how) =>
    stack.up(program, how);
const refresh: Step = (stack, how) => stack.refresh(how);
const destroy: Step = (stack, how) => stack.destroy(how);

/** An operation to be disturbed, and what it is part of. */
export interface Scenario {
  readonly what: string;
  readonly before: readonly Step[];
  readonly act: Step;
  /** What brings about what `act` was to bring about, when that was disturbed. */
  readonly again: Step;
  /** What is done until nothing is left. */
  readonly end: readonly Step[];
}

const life = (what: string, first: PulumiFn, second: PulumiFn): Scenario[] => {
  const toTheEnd = [up(second), destroy];
  return [
    { what: `${what}: create`, before: [], act: up(first), again: up(first), end: toTheEnd },
    { what: `${what}: no changes`, before: [up(first)], act: up(first), again: up(first), end: toTheEnd },
    { what: `${what}: update`, before: [up(first)], act: up(second), again: up(second), end: [destroy] },
    { what: `${what}: refresh`, before: [up(first)], act: refresh, again: up(first), end: toTheEnd },
    { what: `${what}: destroy`, before: [up(first), up(second)], act: destroy, again: destroy, end: [] },
  ];
};

/** All that the handlers do with the APIs. */
export const scenarios: readonly Scenario[] = [
  ...life("words", words(1), words(2)),
  { what: "archive: destroy", before: [up(archive)], act: destroy, again: destroy, end: [] },
  {
    what: "archive: restored",
    before: [up(archive), destroy],
    act: up(archive),
    again: up(archive),
    end: [destroy],
  },
  ...life("code", code(1), code(2)),
  ...life("site", site(1), site(2)),
];
