/** What a version could not be activated with is refused at preview, on the input that declares it. Nothing is written. */
import type { Rule } from "../../../../provider/api/property/ruleTree";
import { all, named } from "../../../support/property";
import { type Declared, greeterArgs, Stack } from "../edgeworkers/support";
import { greeter, PropertySandbox } from "./propertySandbox";

let sandbox: PropertySandbox;
beforeEach(async () => {
  sandbox = await PropertySandbox.start({ lag: "none" });
});
afterEach(() => sandbox.close());

const missing = greeter({ edgeWorker: { edgeWorkerId: 777 } });
const edgeWorker = { name: "edgeWorker", options: { enabled: true, edgeWorkerId: "777" } };
const failAction = { name: "failAction", options: { enabled: true, actionType: "SERVE_STALE" } };
const list = (fault: object) =>
  sandbox.engine.emulator.faults.add({
    method: "GET",
    path: "/edgeworkers/v1/ids",
    kind: "status",
    ...fault,
  } as never);
const reasons = async (rules: readonly object[]) =>
  (await sandbox.preview(rules)).failures.map(({ reason }) => reason);

describe("an EdgeWorker that does not exist", () => {
  test.each<[what: string, rule: object, place: string]>([
    ["as `edgeWorker`", missing, "rules[0].edgeWorker.edgeWorkerId"],
    ["among `behaviors`", { name: "R", behaviors: [edgeWorker] }, "rules[0].behaviors"],
    [
      "below a rule as Property Manager writes it",
      { name: "R", papi: { children: [{ name: "C", behaviors: [edgeWorker] }] } },
      "rules[0].papi",
    ],
  ])("%s is refused", async (_what, rule, place) => {
    expect(await reasons([rule])).toEqual([
      expect.stringContaining(
        `${place} names EdgeWorker 777, which does not exist, or the API client may not see it: the version could not be activated. For one that this program makes, use its \`edgeWorkerId\` output`,
      ),
    ]);
    expect(sandbox.changes()).toEqual([]);
  });

  test("in an update, too, and only the one that is new", async () => {
    await sandbox.up([greeter()]);
    sandbox.forget();
    await expect(sandbox.up([greeter(), { ...missing, name: "Other" }])).rejects.toThrow(
      /rules\.1\.edgeWorker\.edgeWorkerId: names EdgeWorker 777/,
    );
    expect(sandbox.changes()).toEqual([]);
  });

  test("one that the property names already is reported only: an API client may not see every EdgeWorker", async () => {
    const version = await sandbox.copy(3);
    await sandbox.edit(
      version,
      (tree: Rule) =>
        void tree.children?.push({ name: "Theirs", criteria: [], behaviors: [edgeWorker], children: [] }),
    );
    expect(await reasons([missing])).toEqual([]);
    expect(sandbox.messages()).toContain(
      "rule Greeter names EdgeWorker 777, which does not exist, or the API client may not see it.",
    );
  });

  test("an API client that may not list them: one warning, whatever the number of rules", async () => {
    list({ status: 403, times: 99 });
    expect(await reasons([missing, { ...missing, name: "Other" }])).toEqual([]);
    const warnings = sandbox.engine.messages.filter((line) => line.includes("does not check"));
    expect(warnings).toEqual([
      "warning: property www.example.com: the preview does not check whether the EdgeWorkers of its rules exist: the API client may not list EdgeWorkers.",
    ]);
  });

  test("a stale list refuses nothing", async () => {
    list({ status: 200, body: { edgeWorkerIds: [] }, times: 1 });
    expect(await reasons([greeter()])).toEqual([]);
  });
});

test.each([1, 2, 3])(
  "one that the same run made is not looked for in a list that may be stale (seed %d)",
  async (seed) => {
    await sandbox.close();
    sandbox = await PropertySandbox.start({ seed });
    const { engine } = sandbox;
    const stack = new Stack(engine);
    const program = (note?: string): Declared[] => [
      { token: "edgeworkers:EdgeWorker", name: "other", args: () => greeterArgs },
      {
        token: "property:EdgeWorkerRules",
        name: "rules",
        args: (of) => ({
          propertyName: "www.example.com",
          rules: [greeter({ edgeWorker: { edgeWorkerId: of("other").edgeWorkerId } })],
          note,
        }),
      },
    ];
    await stack.up(program());
    expect(stack.of("rules").version).toBe(4);
    await stack.up(program("nor is one that stays as it is"));
  },
);

describe("a behavior without what it needs", () => {
  test("`mPulse` of a property without the behavior", async () => {
    const version = await sandbox.copy(3);
    await sandbox.edit(version, (tree) => {
      for (const rule of all(tree))
        rule.behaviors = rule.behaviors?.filter(({ name }) => name !== "mPulse") ?? [];
    });
    expect(await reasons([greeter({ edgeWorker: { edgeWorkerId: 4242, mPulse: true } })])).toEqual([
      expect.stringContaining(
        "rules[0].edgeWorker.mPulse needs the behavior `mPulse` in the property, and no rule has it: add it, or leave out `mPulse`",
      ),
    ]);
    expect(sandbox.changes().filter((one) => !one.startsWith("POST /versions"))).toEqual([
      "PUT /versions/4/rules",
    ]);
    expect(
      await reasons([
        greeter({
          edgeWorker: { edgeWorkerId: 4242, mPulse: true },
          behaviors: [
            {
              name: "mPulse",
              options: {
                enabled: true,
                requirePci: false,
                loaderVersion: "V12",
                apiKey: "",
                bufferSize: "",
                configOverride: "",
              },
            },
          ],
        }),
      ]),
    ).toEqual([]);
  });

  test.each<[what: string, rule: object, place: string]>([
    ["in a rule for a path", { name: "R", paths: ["/a"], behaviors: [failAction] }, "rules[0].behaviors"],
    [
      "in a rule as Property Manager writes it",
      { name: "R", papi: { behaviors: [failAction] } },
      "rules[0].papi",
    ],
  ])("`failAction` outside of a match on a failure, %s", async (_what, rule, place) => {
    expect(await reasons([rule])).toEqual([
      expect.stringContaining(`${place} has \`failAction\`, which needs a match on a failure`),
    ]);
    expect(sandbox.changes()).toEqual([]);
  });

  test("below somebody else's match on a failure, it is taken", async () => {
    const version = await sandbox.copy(3);
    await sandbox.edit(version, (tree) => {
      named(tree, "Shop").children?.push({
        name: "Timeout",
        criteria: [{ name: "originTimeout", options: { matchOperator: "ORIGIN_TIMED_OUT" } }],
        behaviors: [],
        children: [],
      });
    });
    expect(
      await reasons([{ name: "R", parent: ["Sites", "Shop", "Timeout"], behaviors: [failAction] }]),
    ).toEqual([]);
  });
});
