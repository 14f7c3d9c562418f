/** Rules that are taken out while the version that the plan chooses is not the latest. */
import type { Rule } from "../../../../provider/api/property/ruleTree";
import { all, below, named } from "../../../support/property";
import { greeter, PropertySandbox } from "./propertySandbox";

let sandbox: PropertySandbox;
beforeEach(async () => {
  sandbox = await PropertySandbox.start();
});
afterEach(() => sandbox.close());

const production = { baseVersion: "production" };
const farewell = { name: "Farewell", paths: ["/bye/*"], edgeWorker: { edgeWorkerId: 4242 } };
const addSale = (tree: Rule) =>
  void named(tree, "Shop").children?.push({ name: "Sale", criteria: [], behaviors: [], children: [] });

/** The names of the rules that bear a mark. */
const marked = async (version: number) =>
  all(await sandbox.tree(version))
    .filter(({ comments }) => comments?.includes("[pulumi "))
    .map(({ name }) => name);
const latest = async () => {
  const state = sandbox.engine.emulator.state.get() as {
    property: { properties: Record<string, { versions: object[] }> };
  };
  return state.property.properties["173136"]?.versions.length;
};
/** Version 4 has the rules, and was made from what is live on production; staging has it. */
const onStaging = async (rules: readonly object[] = [greeter()], more: object = {}) => {
  await sandbox.up(rules, { ...production, ...more });
  await sandbox.activate(4, "STAGING");
  sandbox.forget();
};
/** Version 4 has the rules and was live on production; somebody took production back to version 1. */
const rolledBack = async () => {
  await sandbox.up([greeter()]);
  await sandbox.activate(4, "PRODUCTION");
  await sandbox.activate(1, "PRODUCTION");
  sandbox.forget();
};

describe("with base production, and the latest version on staging", () => {
  test("a new latest version is made without the rules, and the base is what `version` names", async () => {
    await onStaging();
    const before = await sandbox.tree(4);
    expect((await sandbox.preview([], production)).plan).toBe("update");
    expect(sandbox.messages()).toContain(
      "property www.example.com: version 5 will be made from version 4 (the latest, live on staging)",
    );
    expect(sandbox.messages()).toMatch(/\n {2}- Sites > Shop > Greeter/);
    expect(sandbox.messages()).toContain(
      "version 2 (live on production), which others made, has none of the rules: `up` uses that version.",
    );
    expect(sandbox.changes()).toEqual([]);
    await sandbox.up([], production);
    expect(sandbox.changes()).toEqual(["POST /versions", "PUT /versions/5/rules"]);
    expect([await marked(5), await sandbox.tree(4)]).toEqual([[], before]);
    expect(await sandbox.foreign(5)).toEqual(await sandbox.foreign(4));
    expect(sandbox.state).toMatchObject({ version: 2 });
    expect(sandbox.messages()).toContain(
      "property www.example.com: version 5, the latest, is without the rules that were removed from greeter.",
    );
    sandbox.forget();
    expect((await sandbox.preview([], production)).plan).toBe("same");
    await sandbox.destroy();
    expect(sandbox.changes()).toEqual([]);
  });

  test("rules that come back go into that version", async () => {
    await onStaging();
    await sandbox.up([], production);
    await sandbox.up([greeter()], production);
    expect([sandbox.state.version, await marked(5)]).toEqual([5, ["Greeter"]]);
  });

  test("destroyed: the same, and word of what is live still", async () => {
    await onStaging();
    await sandbox.destroy();
    expect([await latest(), await marked(5)]).toEqual([5, []]);
    expect(sandbox.messages()).toMatch(
      /version 4 is live on staging and still has the rules.*activated, such as 2/,
    );
  });

  test("with the number of a version as the base, too", async () => {
    await onStaging([greeter()], { baseVersion: 1 });
    await sandbox.destroy();
    expect([await latest(), await marked(5)]).toEqual([5, []]);
  });

  test("what others added to the latest version stays, and so do rules of other resources", async () => {
    await onStaging();
    const theirs = await sandbox.copy(4);
    await sandbox.edit(theirs, addSale, "Jane's, do not touch");
    await sandbox.engine.run().up("property:EdgeWorkerRules", "other", sandbox.args([farewell]));
    const before = await sandbox.tree(theirs);
    expect(await marked(6)).toEqual(["Greeter", "Farewell"]);
    await sandbox.up([], production);
    expect(await sandbox.tree(theirs)).toEqual(before);
    expect([await latest(), await marked(7)]).toEqual([7, ["Farewell"]]);
    expect(below(named(await sandbox.tree(7), "Shop"))).toContain("Sale");
  });

  test("with reuseDraft a draft of others is changed itself, and keeps its note", async () => {
    await onStaging([greeter()], { reuseDraft: true });
    const theirs = await sandbox.copy(4);
    await sandbox.edit(theirs, addSale, "Sale of the week");
    await sandbox.up([], { ...production, reuseDraft: true });
    expect([await latest(), await marked(5), (await sandbox.rules(5)).comments]).toEqual([
      5,
      [],
      "Sale of the week",
    ]);
    expect(named(await sandbox.tree(5), "Sale")).toBeDefined();
  });

  test("a format that is not frozen is refused before anything is written", async () => {
    await onStaging();
    const state = sandbox.engine.emulator.state.get() as {
      property: { properties: Record<string, { versions: { ruleFormat: string }[] }> };
    };
    const version = state.property.properties["173136"]?.versions[3];
    if (version !== undefined) version.ruleFormat = "latest";
    sandbox.engine.emulator.state.put(state);
    await expect(sandbox.up([], production)).rejects.toThrow("the rule format of the version is `latest`");
    expect(sandbox.changes()).toEqual([]);
    await sandbox.up([], { ...production, allowLatestRuleFormat: true });
    expect(await marked(5)).toEqual([]);
  });
});

describe("fewer rules", () => {
  test("the own draft is changed; in a newer draft of others, only what is gone goes, in a copy", async () => {
    await sandbox.up([greeter(), farewell], production);
    const theirs = await sandbox.copy(4);
    await sandbox.edit(theirs, addSale, "Jane's, do not touch");
    const before = await sandbox.tree(theirs);
    sandbox.forget();
    await sandbox.up([greeter()], production);
    expect(sandbox.changes()).toEqual(["POST /versions", "PUT /versions/6/rules", "PUT /versions/4/rules"]);
    expect([sandbox.state.version, await marked(4), await marked(6)]).toEqual([4, ["Greeter"], ["Greeter"]]);
    expect(await sandbox.tree(theirs)).toEqual(before);
    expect(named(await sandbox.tree(6), "Sale")).toBeDefined();
  });

  test("wanted rules that the latest version does not have are not added to it", async () => {
    await sandbox.up([greeter(), farewell], production);
    const theirs = await sandbox.copy(4);
    await sandbox.edit(
      theirs,
      (tree) =>
        void Object.assign(named(tree, "Shop"), {
          children: named(tree, "Shop").children?.filter(({ name }) => name !== "Greeter"),
        }),
      "Without the greeter",
    );
    await sandbox.up([greeter()], production);
    expect([await marked(4), await marked(6)]).toEqual([["Greeter"], []]);
  });

  test("a latest version without the rule that goes is left alone, and read only where rules go", async () => {
    await sandbox.up([greeter(), farewell], production);
    const theirs = await sandbox.copy(3);
    await sandbox.edit(theirs, addSale, "Jane's, do not touch");
    const reads = () =>
      sandbox.engine
        .requests()
        .filter((request) => request.includes(`GET`) && request.includes("/versions/5/rules"));
    sandbox.forget();
    await sandbox.up([greeter({ paths: ["/hi/*"] }), farewell], production);
    expect([reads(), sandbox.changes()]).toEqual([[], ["PUT /versions/4/rules"]]);
    sandbox.forget();
    await sandbox.up([greeter({ paths: ["/hi/*"] })], production);
    expect([reads().length > 0, sandbox.changes()]).toEqual([true, ["PUT /versions/4/rules"]]);
  });
});

describe("after somebody rolled the property back", () => {
  test("destroyed: the latest version ends without the rules", async () => {
    await rolledBack();
    const before = await sandbox.tree(4);
    await sandbox.destroy();
    expect(sandbox.changes()).toEqual(["POST /versions", "PUT /versions/5/rules"]);
    expect([await marked(5), await sandbox.tree(4)]).toEqual([[], before]);
    expect(sandbox.messages()).not.toContain("still has the rules");
  });

  test("after a refresh as well, which no longer finds them", async () => {
    await rolledBack();
    await sandbox.refresh();
    expect(sandbox.state).toMatchObject({ managedRules: [] });
    sandbox.forget();
    await sandbox.up([]);
    expect([sandbox.changes(), await marked(5), sandbox.state.version]).toEqual([
      ["POST /versions", "PUT /versions/5/rules"],
      [],
      1,
    ]);
    sandbox.forget();
    await sandbox.destroy();
    expect(sandbox.changes()).toEqual([]);
  });

  test("a draft that nobody touched is changed itself", async () => {
    await sandbox.up([greeter()]);
    await sandbox.activate(1, "PRODUCTION");
    sandbox.forget();
    await sandbox.destroy();
    expect([sandbox.changes(), await marked(4)]).toEqual([["PUT /versions/4/rules"], []]);
  });

  test("a draft that others saved is copied", async () => {
    await sandbox.up([greeter()]);
    await sandbox.edit(4, addSale);
    await sandbox.activate(1, "PRODUCTION");
    sandbox.forget();
    await sandbox.destroy();
    expect([sandbox.changes(), await marked(4), await marked(5)]).toEqual([
      ["POST /versions", "PUT /versions/5/rules"],
      ["Greeter"],
      [],
    ]);
    expect(named(await sandbox.tree(5), "Sale")).toBeDefined();
  });
});

describe("interrupted, or at the same time as others", () => {
  test.each(["reset-after", "reset-before"] as const)(
    "%s of each request that changes something",
    async (kind) => {
      await rolledBack();
      sandbox.engine.emulator.faults.add({
        method: "POST",
        path: "/papi/v1/properties/*/versions",
        kind,
        times: 1,
      });
      sandbox.engine.emulator.faults.add({
        method: "PUT",
        path: "/papi/v1/properties/*/versions/*/rules",
        kind,
        times: 1,
      });
      await sandbox.destroy();
      expect([await latest(), await marked(5)]).toEqual([5, []]);
    },
  );

  test("after the version was made: it is used", async () => {
    await rolledBack();
    await sandbox.copy(4);
    await sandbox.destroy();
    expect([await latest(), await marked(5), sandbox.changes()]).toEqual([
      5,
      [],
      ["POST /versions", "PUT /versions/5/rules"],
    ]);
  });

  /** Others do something right before a request of the run. */
  const before = (method: string, end: RegExp, act: () => Promise<unknown>) => {
    const { context } = sandbox.engine.run();
    const { http } = context;
    let isDone = false;
    const send: typeof http.send = async (request) => {
      if (
        !isDone &&
        request.method === method &&
        end.test(request.path) &&
        request.query?.dryRun === undefined
      ) {
        isDone = true;
        await act();
      }
      return http.send(request);
    };
    Object.assign(context, { http: { send } });
    return async () => {
      if (sandbox.kept !== undefined) await sandbox.engine.destroy(sandbox.kept);
    };
  };

  test("somebody saves the new version: their edit stays", async () => {
    await rolledBack();
    const destroy = before("PUT", /\/versions\/5\/rules$/, () => sandbox.edit(5, addSale));
    await destroy();
    expect([await latest(), await marked(5)]).toEqual([5, []]);
    expect(named(await sandbox.tree(5), "Sale")).toBeDefined();
    expect(sandbox.messages()).toContain("somebody saved version 5 meanwhile; reading and merging again");
  });

  test("somebody makes a version: it is gone on from", async () => {
    await rolledBack();
    const destroy = before("POST", /\/versions$/, async () => sandbox.edit(await sandbox.copy(4), addSale));
    await destroy();
    const made = (await latest()) ?? 0;
    expect([await marked(made), await marked(5)]).toEqual([[], ["Greeter"]]);
    expect(named(await sandbox.tree(made), "Sale")).toBeDefined();
  });

  test("somebody activates the draft: a copy is made", async () => {
    await sandbox.up([greeter()]);
    await sandbox.activate(1, "PRODUCTION");
    const destroy = before("PUT", /\/versions\/4\/rules$/, () => sandbox.activate(4, "STAGING"));
    await destroy();
    expect([await latest(), await marked(4), await marked(5)]).toEqual([5, ["Greeter"], []]);
  });

  test("refused by the service: the state still has the rules, so that the next run takes them out", async () => {
    await rolledBack();
    sandbox.engine.emulator.faults.add({
      method: "PUT",
      path: "*/rules",
      kind: "status",
      status: 403,
      body: {},
      times: 1,
    });
    await expect(sandbox.destroy()).rejects.toThrow("403");
    await sandbox.destroy();
    expect([await latest(), await marked(5)]).toEqual([5, []]);
  });
});

test.each([
  ["destroyed", {}],
  ["destroyed, with the live version as the base", production],
  ["taken out, then destroyed", {}],
])(
  "rolled back, refreshed, then %s: no rule of the program is left in the latest version",
  async (how, more) => {
    await sandbox.up([greeter()], more);
    const { version } = sandbox.state as { version: number };
    await sandbox.activate(version, "PRODUCTION");
    await sandbox.activate(1, "PRODUCTION");
    await sandbox.refresh();
    if (how.startsWith("taken out")) await sandbox.up([], more);
    await sandbox.destroy();
    expect(await marked((await latest()) ?? 0)).toEqual([]);
  },
);

test("with `akamai-edge:takeDown` the rules leave the property, previewed as such, and come back without it", async () => {
  await sandbox.close();
  sandbox = await PropertySandbox.start({}, { takeDown: "true" });
  const without = await sandbox.up([]);
  expect(without.state).toMatchObject({ rules: [], managedRules: [] });
  const { plan, failures } = await sandbox.preview([greeter()]);
  expect([plan, failures]).toEqual(["update", []]);
  expect(sandbox.messages()).toContain(
    "akamai-edge:takeDown is set: the rules of greeter leave the property. When `pulumi up` is done, `pulumi destroy` removes the rest. Without the setting, `up` brings the rules back.",
  );
  await sandbox.up([greeter()]);
  expect(sandbox.state).toMatchObject({ managedRules: [] });
});
