import type { Rule } from "../../provider/api/property/ruleTree";
import { propertyChanges, type Run } from "../../scripts/engine";
import { killDescendants } from "../../scripts/processes";
import { edgeworkers, property } from "../../sdk";
import { addEdgeWorkers } from "../support/edgeWorkers";
import { changed, EngineTest, succeeded } from "../support/engine";
import { firstOrAll, fullTest } from "../support/extent";
import { all, below, named, Others, place } from "../support/property";

type RulesArgs = ConstructorParameters<typeof property.EdgeWorkerRules>[1];
type RuleArgs = Exclude<RulesArgs["rules"], Promise<unknown>>;
type ActivationArgs = ConstructorParameters<typeof property.Activation>[1];

const greeter = {
  name: "Greeter",
  parent: ["Sites", "Shop"],
  paths: ["/hello/*"],
  edgeWorker: { edgeWorkerId: 4242 },
};
const sale = {
  name: "Sale",
  papi: { behaviors: [{ name: "caching", options: { behavior: "MAX_AGE", ttl: "1m" } }] },
};

/** Rules in the property, and what is live of them. */
const site =
  (
    rules: unknown[],
    more: Partial<RulesArgs> = {},
    networks: readonly ("staging" | "production")[] = [],
    activation: Partial<ActivationArgs> = {},
  ) =>
  async () => {
    const made = new property.EdgeWorkerRules("greeter", {
      propertyName: "www.example.com",
      rules: rules as RuleArgs,
      ...more,
    });
    for (const network of networks) {
      new property.Activation(`live-${network}`, {
        propertyId: made.propertyId,
        version: made.version,
        network,
        notifyEmails: ["web@example.com"],
        ...activation,
      });
    }
  };

let engine: EngineTest;
let others: Others;
const start = async (options: Parameters<typeof EngineTest.start>[0] = {}) => {
  engine = await EngineTest.start(options);
  addEdgeWorkers(engine.emulator, 4242, 4343);
  others = new Others(engine.somebody());
};
afterEach(() => engine.close());

const outputs = async (name: string) =>
  (await engine.resources()).find(({ urn }) => urn.endsWith(`::${name}`))?.outputs ?? {};
const messagesOf = ({ messages }: { messages: string[] }) => messages.join("\n");
/** The requests that changed the property, without what all of them begin with. */
const changes = () =>
  engine.changes().map((request) => request.replace(`/papi/v1/properties/${place.propertyId}`, ""));
const theirs = (tree: Rule) => {
  named(tree, "Shop").comments = "Ask the shop team";
  named(tree, "Shop").children?.push({
    name: "Outlet",
    behaviors: [{ name: "caching", options: { behavior: "NO_STORE" } }],
  });
};

test("a rule is added, changed and moved; destroy leaves the tree as it was", async () => {
  await start();
  const before = await others.tree(3);

  expect(changed(await succeeded(engine.up(site([greeter]))))).toEqual(["create greeter"]);
  expect(changes()).toEqual(["POST /versions", "PUT /versions/4/rules"]);
  expect(await others.foreign(4)).toEqual(before);
  expect(await outputs("greeter")).toMatchObject({
    version: 4,
    basedOn: 3,
    ruleFormat: "v2025-10-16",
    warnings: [],
    ...place,
  });

  engine.emulator.clearJournal();
  expect(changed(await succeeded(engine.up(site([greeter]))))).toEqual([]);
  expect(changes()).toEqual([]);

  const wider = { ...greeter, paths: ["/hello/*", "/hi/*"], edgeWorker: { edgeWorkerId: 4343 } };
  const moved = [
    { ...wider, position: "first" },
    { ...sale, position: { before: "API" } },
  ];
  expect(changed(await succeeded(engine.up(site(moved))))).toEqual(["update greeter"]);
  expect(below(named(await others.tree(4), "Shop"))[0]).toBe("Greeter");
  expect(below(await others.tree(4)).slice(-3)).toEqual(["Sale", "API", "Sites"]);

  await succeeded(engine.destroy());
  expect(await others.tree(4)).toEqual(before);
  expect(await engine.resources()).toEqual([]);
});

fullTest(
  "a locked version is left alone, a draft of others is copied, a version that failed is changed itself",
  async () => {
    await start({ settings: { initialized: true } });
    const draft = await others.copy(3);
    await others.edit(draft, theirs);
    const drafted = await others.tree(draft);
    const state = engine.emulator.state.get() as { settings: object };
    engine.emulator.state.put({ ...state, settings: { ...state.settings, failPropertyActivations: 1 } });
    const failed = await engine.up(site([greeter], {}, ["staging"]));
    expect(messagesOf(failed)).toMatch(/activation.*version 5.*www\.example\.com.*staging.*FAILED/s);
    expect([await others.tree(draft), await others.foreign(5)]).toEqual([drafted, drafted]);
    await succeeded(engine.up(site([{ ...greeter, paths: ["/hi/*"] }], {}, ["staging"])));
    expect(await outputs("greeter")).toMatchObject({ version: 5 });
    expect(await outputs("live-staging")).toMatchObject({ version: 5, status: "ACTIVE" });

    await succeeded(engine.up(site([greeter], {}, ["staging"])));
    expect(await outputs("greeter")).toMatchObject({ version: 6, basedOn: 5 });
    expect(await outputs("live-staging")).toMatchObject({ version: 6, status: "ACTIVE" });
  },
);

fullTest(
  "others edit the property between two runs and during one: nothing of theirs is lost, and their edit of an own rule is drift",
  async () => {
    await start();
    await succeeded(engine.up(site([greeter])));
    await others.edit(4, theirs);

    // They save while the write of this run is on its way.
    engine.emulator.clearJournal();
    engine.emulator.faults.add({ method: "PUT", path: "*/versions/5/rules", kind: "slow", delayMs: 1500 });
    const running = engine.up(site([{ ...greeter, paths: ["/hi/*"] }]));
    while (!changes().includes("POST /versions")) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 500));
    engine.emulator.faults.clear();
    await others.edit(5, (tree) => void named(tree, "Blog").children?.push({ name: "Press", behaviors: [] }));
    expect(messagesOf(await succeeded(running))).toContain(
      "somebody saved version 5 meanwhile; reading and merging again",
    );
    expect(all(await others.tree(5)).map(({ name }) => name)).toEqual(
      expect.arrayContaining(["Outlet", "Press", "Greeter"]),
    );
    expect((await others.rule(5, "Greeter")).criteria?.[0]?.options.values).toEqual(["/hi/*"]);

    await others.edit(5, (tree) => {
      named(tree, "Greeter").criteria = [
        { name: "path", options: { matchOperator: "MATCHES_ONE_OF", values: ["/bonjour"] } },
      ];
    });
    const program = site([{ ...greeter, paths: ["/hi/*"] }]);
    const drift = await succeeded(engine.preview(program));
    expect(changed(drift)).toEqual(["update greeter"]);
    expect(messagesOf(drift)).toMatch(/~ Sites > Shop > Greeter: .*\["\/bonjour"\] -> \["\/hi\/\*"\]/);
    await succeeded(engine.refresh());
    const shown = (await succeeded(engine.preview(program))).steps.flatMap(propertyChanges);
    expect(shown).toEqual([expect.stringMatching(/^managedRules: .*bonjour.* -> .*\/hi\/\*/)]);
  },
);

fullTest(
  "what others activated from it is followed on both networks, not rolled back; without the rules it gets them",
  async () => {
    await start();
    const program = site([greeter], {}, ["staging", "production"]);
    await succeeded(engine.up(program));
    expect(await outputs("live-production")).toMatchObject({ version: 4, status: "ACTIVE" });

    await others.copy(4);
    await others.edit(5, theirs);
    await others.activate(5, "STAGING");
    await others.activate(5, "PRODUCTION");
    engine.emulator.clearJournal();
    await succeeded(engine.refresh());
    expect(changed(await succeeded(engine.up(program)))).toEqual([]);
    expect(changes()).toEqual([]);
    expect(await outputs("greeter")).toMatchObject({ version: 5 });

    await others.copy(3);
    await others.activate(6, "PRODUCTION");
    expect(changed(await succeeded(engine.up(program)))).toContain("update greeter");
    expect(await outputs("live-production")).toMatchObject({ version: 7, status: "ACTIVE" });

    const gone = await succeeded(engine.destroy());
    expect(messagesOf(gone)).toMatch(/version 8 is without the rules of greeter/);
    expect(messagesOf(gone)).toMatch(/version 7 is live on production and still has the rules/);
    expect(await others.tree(8)).toEqual(await others.tree(3));
  },
);

fullTest(
  "rolled back by others, destroy leaves no own rule in the latest version, and the EdgeWorker goes",
  async () => {
    await start();
    const program = async () => {
      const worker = new edgeworkers.EdgeWorker("worker", { groupId: 72297, resourceTierId: 100 });
      await site([{ ...greeter, edgeWorker: { edgeWorkerId: worker.edgeWorkerId } }], {}, ["production"])();
    };
    await succeeded(engine.up(program));
    await others.activate(1, "PRODUCTION");
    const locked = await others.tree(4);
    engine.emulator.clearJournal();
    await succeeded(engine.destroy());
    expect(changes()).toEqual([
      "POST /versions",
      "PUT /versions/5/rules",
      expect.stringMatching(/^DELETE \/edgeworkers\/v1\/ids\/\d+$/),
    ]);
    expect(await others.tree(5)).toEqual(await others.foreign(4));
    expect(await others.tree(4)).toEqual(locked);
    expect(await engine.resources()).toEqual([]);
  },
);

test("errors in the rules fail the resource and name their place; put right, the run goes on with the same version", async () => {
  await start({ settings: { checkEdgeWorkerIds: true } });
  // The preview can't see that it is missing.
  engine.emulator.faults.add({
    method: "GET",
    path: "/edgeworkers/v1/ids",
    kind: "status",
    status: 403,
    times: 99,
  });
  const { error, messages } = await engine.up(site([{ ...greeter, edgeWorker: { edgeWorkerId: 777 } }]));
  expect(error).toBeDefined();
  expect(messages.join("\n")).toMatch(
    /version 4 of property www\.example\.com was saved, but can't be activated.*in Sites > Shop > Greeter, behavior edgeWorker/s,
  );
  expect((await engine.resources())[0]?.initErrors).toHaveLength(1);
  await succeeded(engine.up(site([sale])));
  expect(await outputs("greeter")).toMatchObject({ version: 4 });
  expect((await engine.resources())[0]?.initErrors).toBeUndefined();
});

const interruptions: readonly [what: string, method: string, path: string, afterEffect: boolean][] = [
  ["saves the rules", "PUT", "*/versions/4/rules", false],
  ["makes the version", "POST", "*/versions", true],
  ["saves the rules, which came through", "PUT", "*/versions/4/rules", true],
  ["activates", "POST", "*/activations", true],
];
test.each(firstOrAll(interruptions))(
  "killed while it %s: the next run goes on, and nothing is there twice",
  async (_what, method, path, afterEffect) => {
    await start();
    const program = site([greeter], {}, ["staging"]);
    engine.emulator.faults.add({ method, path, kind: "hang", afterEffect });
    const killed = engine.up(program);
    const pattern = new RegExp(`^${method} .*${path.replaceAll("*", "")}$`);
    while (!engine.changes().some((request) => pattern.test(request)))
      await new Promise((resolve) => setTimeout(resolve, 30));
    killDescendants();
    expect((await killed).error).toBeDefined();
    await engine.stack.cancel();
    engine.emulator.faults.clear();

    await succeeded(engine.up(program));
    expect(await outputs("greeter")).toMatchObject({ version: 4 });
    expect(await outputs("live-staging")).toMatchObject({ version: 4, status: "ACTIVE" });
    const account = engine.emulator.state.get() as {
      property: { properties: Record<string, { versions: unknown[]; activations: unknown[] }> };
    };
    const { versions = [], activations = [] } = account.property.properties["173136"] ?? {};
    expect([versions.length, activations.length]).toEqual([4, 6]);
    expect(all(await others.tree(4)).filter(({ name }) => name === "Greeter")).toHaveLength(1);
    expect(changed(await succeeded(engine.preview(program)))).toEqual([]);
  },
);

const live =
  (network: "staging" | "production", version: number, more: Partial<ActivationArgs> = {}) =>
  async () => {
    new property.Activation("live", {
      propertyId: place.propertyId,
      network,
      version,
      notifyEmails: ["web@example.com"],
      ...more,
    });
  };

fullTest(
  "an activation that is live already, that needs an acknowledgement or a compliance record, and a rollback by fast fallback",
  async () => {
    await start({
      settings: { activationWarnings: ["The certificate expires soon"], complianceRecords: true },
    });
    await succeeded(engine.up(live("staging", 3)));
    expect(changes()).toEqual([]);
    const replaced = await engine.up(
      live("production", 3, { complianceRecord: { noncomplianceReason: "EMERGENCY" } }),
    );
    expect(messagesOf(replaced)).toMatch(/acknowledgeWarnings.*msg_\w{40}: .*The certificate expires soon/s);
    const unexplained = await engine.up(live("production", 3, { acknowledgeWarnings: "all" }));
    expect(messagesOf(unexplained)).toMatch(/complianceRecord/);
    const all: Partial<ActivationArgs> = {
      acknowledgeWarnings: "all",
      complianceRecord: { noncomplianceReason: "EMERGENCY", ticketId: "OPS-1" },
    };
    await succeeded(engine.up(live("production", 3, all)));
    expect(await outputs("live")).toMatchObject({
      version: 3,
      network: "production",
      status: "ACTIVE",
      previousVersion: 2,
    });

    expect(messagesOf(await succeeded(engine.up(live("production", 2, all))))).toContain(
      "going back to version 2 on production by fast fallback",
    );
    expect(await outputs("live")).toMatchObject({ version: 2, status: "ACTIVE" });
    expect(messagesOf(await succeeded(engine.destroy()))).toMatch(/version 2 stays live on production/);
    expect(engine.changes().filter((request) => request.startsWith("DELETE"))).toEqual([]);
  },
);

/** An activation takes its 20 seconds, four times as fast, from when the run waits for it: the engine may start as slowly as it does. */
async function upWhileTimePasses(program: ReturnType<typeof live>): Promise<Run> {
  const reads = () => engine.emulator.journal().filter(({ path }) => path.includes("/activations")).length;
  const before = reads();
  const running = engine.up(program);
  const timer = setInterval(() => {
    if (reads() > before + 1) engine.emulator.clock.advance(1);
  }, 250);
  return running.finally(() => clearInterval(timer));
}

fullTest(
  "one that others asked for is waited for, one that is cancelled fails and is asked for again, and its zone is reported",
  async () => {
    await start({ lag: 20 });
    await others.activate(2, "STAGING");
    const waited = await succeeded(upWhileTimePasses(live("staging", 2)));
    expect(messagesOf(waited)).toMatch(
      /version 2 is on its way to staging already \(atv_67037\); waiting for it/,
    );
    expect(messagesOf(waited)).toMatch(/ZONE_\d/);
    expect(changes()).toEqual(["POST /activations"]);

    await others.activate(1, "STAGING");
    const after = await upWhileTimePasses(live("staging", 3));
    expect(messagesOf(after)).toMatch(
      /version 1 is on its way to staging already \(atv_67038\); waiting for that first/,
    );
    expect(messagesOf(after)).toMatch(
      /version 1 went live on staging meanwhile .*activating 3 would take it off/s,
    );
    expect(changes()).toHaveLength(2);
    await succeeded(engine.refresh());
    await succeeded(upWhileTimePasses(live("staging", 3)));
    expect(await outputs("live")).toMatchObject({ version: 3, activationId: "atv_67039", status: "ACTIVE" });

    const cancelled = engine.up(live("staging", 1));
    while (changes().length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
    await others.cancel("atv_67040");
    expect(messagesOf(await cancelled)).toMatch(/atv_67040.*ABORTED/s);
    expect(await outputs("live")).toMatchObject({ version: 1, status: "ABORTED" });
    await succeeded(upWhileTimePasses(live("staging", 1)));
    expect(await outputs("live")).toMatchObject({ version: 1, activationId: "atv_67041", status: "ACTIVE" });

    await others.activate(2, "STAGING");
    engine.emulator.clock.advance(60);
    expect(messagesOf(await succeeded(engine.preview(live("staging", 1))))).toMatch(
      /version 2 is live on staging/,
    );
    await succeeded(engine.refresh());
    expect((await succeeded(engine.preview(live("staging", 1)))).steps.flatMap(propertyChanges)).toEqual([
      "version: 2 -> 1",
    ]);
  },
);
