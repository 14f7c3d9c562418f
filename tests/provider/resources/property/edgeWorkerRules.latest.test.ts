/** Rules that are taken out while the version that the plan chooses is not the latest. */
import type { Rule } from "../../../../provider/api/property/ruleTree";
import { all, below, named } from "../../../support/property";
import { greeter, PropertySandbox } from "./propertySandbox";

let site: PropertySandbox;
beforeEach(async () => {
  site = await PropertySandbox.start();
});
afterEach(() => site.close());

const production = { baseVersion: "production" };
const farewell = { name: "Farewell", paths: ["/bye/*"], edgeWorker: { edgeWorkerId: 4242 } };
const addSale = (tree: Rule) =>
  void named(tree, "Shop").children?.push({ name: "Sale", criteria: [], behaviors: [], children: [] });

/** The names of the rules that bear a mark. */
const marked = async (version: number) =>
  all(await site.tree(version))
    .filter(({ comments }) => comments?.includes("[pulumi "))
    .map(({ name }) => name);
const latest = async () => {
  const state = site.world.emulator.state.get() as {
    property: { properties: Record<string, { versions: object[] }> };
  };
  return state.property.properties["173136"]?.versions.length;
};
/** Version 4 has the rules, and was made from what is live on production; staging has it. */
const onStaging = async (rules: readonly object[] = [greeter()], more: object = {}) => {
  await site.up(rules, { ...production, ...more });
  await site.activate(4, "STAGING");
  site.forget();
};
/** Version 4 has the rules and was live on production; somebody took production back to version 1. */
const rolledBack = async () => {
  await site.up([greeter()]);
  await site.activate(4, "PRODUCTION");
  await site.activate(1, "PRODUCTION");
  site.forget();
};

describe("with base production, and the latest version on staging", () => {
  test("a new latest version is made without the rules, and the base is what `version` names", async () => {
    await onStaging();
    const before = await site.tree(4);
    expect((await site.preview([], production)).plan).toBe("update");
    expect(site.messages()).toContain(
      "property www.example.com: version 5 will be made from version 4 (the latest, live on staging)",
    );
    expect(site.messages()).toMatch(/\n {2}- Sites > Shop > Greeter/);
    expect(site.messages()).toContain(
      "version 2 (live on production), which others made, has none of the rules: `up` uses that version.",
    );
    expect(site.changes()).toEqual([]);
    await site.up([], production);
    expect(site.changes()).toEqual(["POST /versions", "PUT /versions/5/rules"]);
    expect([await marked(5), await site.tree(4)]).toEqual([[], before]);
    expect(await site.foreign(5)).toEqual(await site.foreign(4));
    expect(site.state).toMatchObject({ version: 2 });
    expect(site.messages()).toContain(
      "property www.example.com: version 5, the latest, is without the rules that were removed from greeter.",
    );
    site.forget();
    expect((await site.preview([], production)).plan).toBe("same");
    await site.destroy();
    expect(site.changes()).toEqual([]);
  });

  test("rules that come back go into that version", async () => {
    await onStaging();
    await site.up([], production);
    await site.up([greeter()], production);
    expect([site.state.version, await marked(5)]).toEqual([5, ["Greeter"]]);
  });

  test("destroyed: the same, and word of what is live still", async () => {
    await onStaging();
    await site.destroy();
    expect([await latest(), await marked(5)]).toEqual([5, []]);
    expect(site.messages()).toMatch(
      /version 4 is live on staging and still has the rules.*activated, such as 2/,
    );
  });

  test("with the number of a version as the base, too", async () => {
    await onStaging([greeter()], { baseVersion: 1 });
    await site.destroy();
    expect([await latest(), await marked(5)]).toEqual([5, []]);
  });

  test("what others added to the latest version stays, and so do rules of other resources", async () => {
    await onStaging();
    const theirs = await site.copy(4);
    await site.edit(theirs, addSale, "Jane's, do not touch");
    await site.world.run().up("property:EdgeWorkerRules", "other", site.args([farewell]));
    const before = await site.tree(theirs);
    expect(await marked(6)).toEqual(["Greeter", "Farewell"]);
    await site.up([], production);
    expect(await site.tree(theirs)).toEqual(before);
    expect([await latest(), await marked(7)]).toEqual([7, ["Farewell"]]);
    expect(below(named(await site.tree(7), "Shop"))).toContain("Sale");
  });

  test("with reuseDraft a draft of others is changed itself, and keeps its note", async () => {
    await onStaging([greeter()], { reuseDraft: true });
    const theirs = await site.copy(4);
    await site.edit(theirs, addSale, "Sale of the week");
    await site.up([], { ...production, reuseDraft: true });
    expect([await latest(), await marked(5), (await site.rules(5)).comments]).toEqual([
      5,
      [],
      "Sale of the week",
    ]);
    expect(named(await site.tree(5), "Sale")).toBeDefined();
  });

  test("a format that is not frozen is refused before anything is written", async () => {
    await onStaging();
    const state = site.world.emulator.state.get() as {
      property: { properties: Record<string, { versions: { ruleFormat: string }[] }> };
    };
    const version = state.property.properties["173136"]?.versions[3];
    if (version !== undefined) version.ruleFormat = "latest";
    site.world.emulator.state.put(state);
    await expect(site.up([], production)).rejects.toThrow("the rule format of the version is `latest`");
    expect(site.changes()).toEqual([]);
    await site.up([], { ...production, allowLatestRuleFormat: true });
    expect(await marked(5)).toEqual([]);
  });
});

describe("fewer rules", () => {
  test("the own draft is changed; in a newer draft of others, only what is gone goes, in a copy", async () => {
    await site.up([greeter(), farewell], production);
    const theirs = await site.copy(4);
    await site.edit(theirs, addSale, "Jane's, do not touch");
    const before = await site.tree(theirs);
    site.forget();
    await site.up([greeter()], production);
    expect(site.changes()).toEqual(["POST /versions", "PUT /versions/6/rules", "PUT /versions/4/rules"]);
    expect([site.state.version, await marked(4), await marked(6)]).toEqual([4, ["Greeter"], ["Greeter"]]);
    expect(await site.tree(theirs)).toEqual(before);
    expect(named(await site.tree(6), "Sale")).toBeDefined();
  });

  test("wanted rules that the latest version does not have are not added to it", async () => {
    await site.up([greeter(), farewell], production);
    const theirs = await site.copy(4);
    await site.edit(
      theirs,
      (tree) =>
        void Object.assign(named(tree, "Shop"), {
          children: named(tree, "Shop").children?.filter(({ name }) => name !== "Greeter"),
        }),
      "Without the greeter",
    );
    await site.up([greeter()], production);
    expect([await marked(4), await marked(6)]).toEqual([["Greeter"], []]);
  });

  test("a latest version without the rule that goes is left alone, and read only where rules go", async () => {
    await site.up([greeter(), farewell], production);
    const theirs = await site.copy(3);
    await site.edit(theirs, addSale, "Jane's, do not touch");
    const reads = () =>
      site.world
        .requests()
        .filter((request) => request.includes(`GET`) && request.includes("/versions/5/rules"));
    site.forget();
    await site.up([greeter({ paths: ["/hi/*"] }), farewell], production);
    expect([reads(), site.changes()]).toEqual([[], ["PUT /versions/4/rules"]]);
    site.forget();
    await site.up([greeter({ paths: ["/hi/*"] })], production);
    expect([reads().length > 0, site.changes()]).toEqual([true, ["PUT /versions/4/rules"]]);
  });
});

describe("after somebody rolled the property back", () => {
  test("destroyed: the latest version ends without the rules", async () => {
    await rolledBack();
    const before = await site.tree(4);
    await site.destroy();
    expect(site.changes()).toEqual(["POST /versions", "PUT /versions/5/rules"]);
    expect([await marked(5), await site.tree(4)]).toEqual([[], before]);
    expect(site.messages()).not.toContain("still has the rules");
  });

  test("after a refresh as well, which no longer finds them", async () => {
    await rolledBack();
    await site.refresh();
    expect(site.state).toMatchObject({ managedRules: [] });
    site.forget();
    await site.up([]);
    expect([site.changes(), await marked(5), site.state.version]).toEqual([
      ["POST /versions", "PUT /versions/5/rules"],
      [],
      1,
    ]);
    site.forget();
    await site.destroy();
    expect(site.changes()).toEqual([]);
  });

  test("a draft that nobody touched is changed itself", async () => {
    await site.up([greeter()]);
    await site.activate(1, "PRODUCTION");
    site.forget();
    await site.destroy();
    expect([site.changes(), await marked(4)]).toEqual([["PUT /versions/4/rules"], []]);
  });

  test("a draft that others saved is copied", async () => {
    await site.up([greeter()]);
    await site.edit(4, addSale);
    await site.activate(1, "PRODUCTION");
    site.forget();
    await site.destroy();
    expect([site.changes(), await marked(4), await marked(5)]).toEqual([
      ["POST /versions", "PUT /versions/5/rules"],
      ["Greeter"],
      [],
    ]);
    expect(named(await site.tree(5), "Sale")).toBeDefined();
  });
});

describe("interrupted, or at the same time as others", () => {
  test.each(["reset-after", "reset-before"] as const)(
    "%s of each request that changes something",
    async (kind) => {
      await rolledBack();
      site.world.emulator.faults.add({
        method: "POST",
        path: "/papi/v1/properties/*/versions",
        kind,
        times: 1,
      });
      site.world.emulator.faults.add({
        method: "PUT",
        path: "/papi/v1/properties/*/versions/*/rules",
        kind,
        times: 1,
      });
      await site.destroy();
      expect([await latest(), await marked(5)]).toEqual([5, []]);
    },
  );

  test("after the version was made: it is used", async () => {
    await rolledBack();
    await site.copy(4);
    await site.destroy();
    expect([await latest(), await marked(5), site.changes()]).toEqual([
      5,
      [],
      ["POST /versions", "PUT /versions/5/rules"],
    ]);
  });

  /** Others do something right before a request of the run. */
  const before = (method: string, end: RegExp, act: () => Promise<unknown>) => {
    const { context } = site.world.run();
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
      if (site.kept !== undefined) await site.world.destroy(site.kept);
    };
  };

  test("somebody saves the new version: their edit stays", async () => {
    await rolledBack();
    const destroy = before("PUT", /\/versions\/5\/rules$/, () => site.edit(5, addSale));
    await destroy();
    expect([await latest(), await marked(5)]).toEqual([5, []]);
    expect(named(await site.tree(5), "Sale")).toBeDefined();
    expect(site.messages()).toContain("somebody saved version 5 meanwhile; reading and merging again");
  });

  test("somebody makes a version: it is gone on from", async () => {
    await rolledBack();
    const destroy = before("POST", /\/versions$/, async () => site.edit(await site.copy(4), addSale));
    await destroy();
    const made = (await latest()) ?? 0;
    expect([await marked(made), await marked(5)]).toEqual([[], ["Greeter"]]);
    expect(named(await site.tree(made), "Sale")).toBeDefined();
  });

  test("somebody activates the draft: a copy is made", async () => {
    await site.up([greeter()]);
    await site.activate(1, "PRODUCTION");
    const destroy = before("PUT", /\/versions\/4\/rules$/, () => site.activate(4, "STAGING"));
    await destroy();
    expect([await latest(), await marked(4), await marked(5)]).toEqual([5, ["Greeter"], []]);
  });

  test("refused by the service: the state still has the rules, so that the next run takes them out", async () => {
    await rolledBack();
    site.world.emulator.faults.add({
      method: "PUT",
      path: "*/rules",
      kind: "status",
      status: 403,
      body: {},
      times: 1,
    });
    await expect(site.destroy()).rejects.toThrow("403");
    await site.destroy();
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
    await site.up([greeter()], more);
    const { version } = site.state as { version: number };
    await site.activate(version, "PRODUCTION");
    await site.activate(1, "PRODUCTION");
    await site.refresh();
    if (how.startsWith("taken out")) await site.up([], more);
    await site.destroy();
    expect(await marked((await latest()) ?? 0)).toEqual([]);
  },
);

test("with `akamai-edge:takeDown` the rules leave the property, previewed as such, and come back without it", async () => {
  await site.close();
  site = await PropertySandbox.start({}, { takeDown: "true" });
  const without = await site.up([]);
  expect(without.state).toMatchObject({ rules: [], managedRules: [] });
  const { plan, failures } = await site.preview([greeter()]);
  expect([plan, failures]).toEqual(["update", []]);
  expect(site.messages()).toContain(
    "akamai-edge:takeDown is set: the rules of greeter leave the property. When `pulumi up` is done, `pulumi destroy` removes the rest. Without the setting, `up` brings the rules back.",
  );
  await site.up([greeter()]);
  expect(site.state).toMatchObject({ managedRules: [] });
});
