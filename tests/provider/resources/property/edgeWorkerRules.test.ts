import type { Rule } from "../../../../provider/api/property/ruleTree";
import { formatProperty, pathOf } from "../../../../provider/framework/failureTexts";
import { unknownValue } from "../../../../provider/framework/unknown";
import { all, below, named, place } from "../../../support/property";
import { greeter, PropertySandbox } from "./propertySandbox";

let sandbox: PropertySandbox;
beforeEach(async () => {
  sandbox = await PropertySandbox.start();
});
afterEach(() => sandbox.close());

const caching = (ttl: string) => ({
  name: "caching",
  options: { behavior: "MAX_AGE", mustRevalidate: false, ttl },
});
const shop = (tree: Rule) => named(tree, "Shop");

/** Somebody's edit of a rule that is theirs. */
const editShop = (tree: Rule) => {
  shop(tree).comments = "Ask the shop team";
  shop(tree).children?.push({ name: "Sale", criteria: [], behaviors: [caching("1m")], children: [] });
};
const setOption = (rule: string, option: string, value: unknown) => (tree: Rule) => {
  const options = named(tree, rule).behaviors?.[0]?.options as Record<string, unknown>;
  options[option] = value;
};
/** From now on, no preview can tell whether an EdgeWorker exists. */
const hideEdgeWorkers = () =>
  sandbox.engine.emulator.faults.add({
    method: "GET",
    path: "/edgeworkers/v1/ids",
    kind: "status",
    status: 403,
    times: 99,
  });

describe("the first time", () => {
  test("a new version is made from the latest, which is locked, with the rules and nothing else changed", async () => {
    const before = await sandbox.tree(3);
    await sandbox.up([greeter({ comments: "Says hello" })]);
    expect(sandbox.changes()).toEqual(["POST /versions", "PUT /versions/4/rules"]);
    expect(sandbox.state).toMatchObject({
      ...place,
      version: 4,
      basedOn: 3,
      ruleFormat: "v2025-10-16",
      warnings: [],
    });
    expect(await sandbox.foreign(4)).toEqual(before);
    expect(await sandbox.tree(3)).toEqual(before);
    const made = await sandbox.rule(4, "Greeter");
    expect(made).toMatchObject({
      comments: expect.stringMatching(/^Says hello \[pulumi [0-9a-f]{12}\/[0-9a-f]{6}\]$/),
      criteriaMustSatisfy: "all",
      criteria: [{ name: "path", options: { matchOperator: "MATCHES_ONE_OF", values: ["/hello/*"] } }],
      behaviors: [{ name: "edgeWorker", options: { enabled: true, edgeWorkerId: "4242" } }],
    });
    expect(below(shop(await sandbox.tree(4))).at(-1)).toBe("Greeter");
    expect(sandbox.state.uuids).toEqual({ Greeter: made.uuid });
    expect((await sandbox.rules(4)).comments).toBe("Rules of project/stack/greeter, by Pulumi");
  });

  test("the preview shows the patch and sends nothing that changes anything", async () => {
    const { failures, inputs } = await sandbox.preview([greeter()]);
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({
      ...place,
      propertyName: "www.example.com",
      baseVersion: "latest",
      reuseDraft: false,
    });
    expect(sandbox.changes()).toEqual([]);
    expect(sandbox.messages()).toContain(
      "property www.example.com: version 4 will be made from version 3 (the latest, live on staging)",
    );
    expect(sandbox.messages()).toMatch(/\+ Sites > Shop > Greeter: .*\/hello\/\*.*4242/);
  });

  test("an id that is not known before up is no obstacle to the preview", async () => {
    const { failures, inputs } = await sandbox.preview([
      greeter({ edgeWorker: { edgeWorkerId: unknownValue } }),
    ]);
    expect(failures).toEqual([]);
    expect(inputs.managedRules).toMatchObject([{ key: "Greeter" }]);
    expect(sandbox.messages()).toMatch(/\+ Sites > Shop > Greeter: .*known after up/);
  });

  test("nothing to do afterwards: no request that changes anything, no word", async () => {
    await sandbox.up([greeter()]);
    sandbox.forget();
    expect((await sandbox.preview([greeter()])).plan).toBe("same");
    const kept = sandbox.kept;
    expect(await sandbox.refresh()).toEqual(kept);
    expect([sandbox.changes(), sandbox.messages()]).toEqual([[], ""]);
  });

  test.each([
    ["propertyId", { propertyId: "173136" }],
    [
      "propertyId with prefix, contract and group",
      { propertyId: "prp_173136", contractId: "1-3CV382", groupId: 72_297 },
    ],
    ["hostname", { hostname: "shop.example.com" }],
  ])("the property by %s", async (_what, by) => {
    await sandbox.up([greeter()], { propertyName: undefined, ...by });
    expect(sandbox.state).toMatchObject({ ...place, propertyName: "www.example.com", version: 4 });
    sandbox.forget();
    expect((await sandbox.preview([greeter()], { propertyName: undefined, ...by })).plan).toBe("same");
    expect(sandbox.engine.requests().filter((request) => request.includes("search"))).toEqual([]);
    // The same property under another name is the same.
    expect((await sandbox.preview([greeter()])).plan).not.toBe("replace");
  });

  test("where requests without contract and group are redirected", async () => {
    sandbox.engine.set({ propertyRedirects: true });
    await sandbox.up([greeter()], { propertyName: undefined, propertyId: "173136" });
    expect(sandbox.state).toMatchObject(place);
  });
});

describe("which version", () => {
  test.each([
    ["staging", 3],
    ["production", 2],
    [1, 1],
  ])("base %s", async (baseVersion, from) => {
    await sandbox.up([greeter()], { baseVersion });
    expect(sandbox.state).toMatchObject({ version: 4, basedOn: from });
    expect(await sandbox.foreign(4)).toEqual(await sandbox.tree(from));
    sandbox.forget();
    expect((await sandbox.preview([greeter()], { baseVersion })).plan).toBe("same");
  });

  test("no draft of others is touched: it is copied with its content", async () => {
    const draft = await sandbox.copy(3);
    await sandbox.edit(draft, editShop);
    const before = await sandbox.tree(draft);
    await sandbox.up([greeter()]);
    expect(sandbox.state).toMatchObject({ version: 5, basedOn: draft });
    expect(await sandbox.tree(draft)).toEqual(before);
    expect(await sandbox.foreign(5)).toEqual(before);
  });

  test("with reuseDraft a draft is changed itself, and keeps its note", async () => {
    const draft = await sandbox.copy(3);
    await sandbox.edit(draft, editShop, "Sale of the week");
    await sandbox.up([greeter()], { reuseDraft: true });
    expect(sandbox.state).toMatchObject({ version: draft, basedOn: draft });
    expect((await sandbox.rules(draft)).comments).toBe("Sale of the week");
  });

  test("its own version is changed itself as long as nobody else saved or activated it", async () => {
    await sandbox.up([greeter()]);
    await sandbox.up([greeter({ paths: ["/hi/*"] })]);
    expect(sandbox.state).toMatchObject({ version: 4, basedOn: 3 });
    await sandbox.edit(4, editShop);
    await sandbox.up([greeter({ paths: ["/hey/*"] })]);
    expect(sandbox.state).toMatchObject({ version: 5, basedOn: 4 });
    expect(named(await sandbox.tree(5), "Sale")).toBeDefined();
    await sandbox.activate(5, "STAGING");
    await sandbox.up([greeter({ paths: ["/hello/*"] })]);
    expect(sandbox.state).toMatchObject({ version: 6, basedOn: 5 });
  });

  test("a version whose activation failed is changed itself, and a copy is made where that is refused", async () => {
    await sandbox.up([greeter()]);
    sandbox.engine.set({ failPropertyActivations: 1 });
    await sandbox.activate(4, "STAGING");
    await sandbox.up([greeter({ paths: ["/hi/*"] })]);
    expect(sandbox.state).toMatchObject({ version: 4 });
    sandbox.engine.set({ failPropertyActivations: 1, lockAttempted: true });
    await sandbox.activate(4, "STAGING");
    await sandbox.up([greeter({ paths: ["/hey/*"] })]);
    expect(sandbox.state).toMatchObject({ version: 5, basedOn: 4 });
  });

  test("no version is live where the base is to be", async () => {
    await sandbox.activate(3, "STAGING", "DEACTIVATE");
    expect((await sandbox.preview([greeter()], { baseVersion: "staging" })).failures).toEqual([
      {
        property: "rules",
        reason: expect.stringContaining("no version of www.example.com is live on staging"),
      },
    ]);
  });
});

describe("others edit the property", () => {
  test("between two runs: what they did stays", async () => {
    await sandbox.up([greeter()]);
    await sandbox.edit(4, editShop);
    const theirs = await sandbox.foreign(4);
    sandbox.forget();
    expect((await sandbox.preview([greeter()])).plan).toBe("same");
    await sandbox.up([greeter({ edgeWorker: { edgeWorkerId: 4343 } })]);
    expect(await sandbox.foreign(Number(sandbox.state.version))).toEqual(theirs);
    expect((await sandbox.rule(5, "Greeter")).behaviors?.[0]?.options).toMatchObject({
      edgeWorkerId: "4343",
    });
  });

  test("during a run: it reads and merges again, and both are in the result", async () => {
    await sandbox.up([greeter()]);
    sandbox.forget();
    let once = true;
    const { http } = sandbox.engine.run().context;
    const planned = sandbox.preview([greeter({ paths: ["/hi/*"] })]);
    await planned;
    // Somebody saves right before the write.
    const provider = sandbox.engine.context;
    Object.assign(provider, {
      http: {
        send: async (request: Parameters<typeof http.send>[0]) => {
          if (request.method === "PUT" && request.query?.dryRun === undefined && once) {
            once = false;
            await sandbox.edit(4, editShop);
          }
          return http.send(request);
        },
      },
    });
    sandbox.kept = await sandbox.engine.up(
      "property:EdgeWorkerRules",
      "greeter",
      sandbox.args([greeter({ paths: ["/hi/*"] })]),
      sandbox.kept,
    );
    expect(sandbox.messages()).toContain("somebody saved version 4 meanwhile; reading and merging again");
    const tree = await sandbox.tree(Number(sandbox.state.version));
    expect(named(tree, "Sale")).toBeDefined();
    expect(named(tree, "Greeter").criteria?.[0]?.options).toMatchObject({ values: ["/hi/*"] });
  });

  test("a version that they make during a run, before its own is made, is gone on from", async () => {
    let theirs = 0;
    const { http } = sandbox.engine.context;
    Object.assign(sandbox.engine.context, {
      http: {
        send: async (request: Parameters<typeof http.send>[0]) => {
          if (request.method === "POST" && request.path.endsWith("/versions") && theirs === 0) {
            theirs = await sandbox.copy(3);
            await sandbox.edit(theirs, editShop);
          }
          return http.send(request);
        },
      },
    });
    sandbox.kept = await sandbox.engine.up(
      "property:EdgeWorkerRules",
      "greeter",
      sandbox.args([greeter()]),
      sandbox.kept,
    );
    expect(sandbox.messages()).toContain("somebody made a version meanwhile; continuing from that one");
    const tree = await sandbox.tree(Number(sandbox.state.version));
    expect(named(tree, "Sale")).toBeDefined();
    expect(named(tree, "Greeter")).toBeDefined();
    expect((await sandbox.foreign(theirs)).name).toBe("default");
    sandbox.forget();
    expect((await sandbox.preview([greeter()])).plan).toBe("same");
  });

  test("a newer version that is live on production and has the rules is followed, not rolled back", async () => {
    await sandbox.up([greeter()]);
    await sandbox.activate(4, "PRODUCTION");
    const theirs = await sandbox.editAndActivate(4, "PRODUCTION", editShop);
    sandbox.forget();
    expect((await sandbox.preview([greeter()])).plan).toBe("update");
    await sandbox.up([greeter()]);
    expect(sandbox.changes()).toEqual([]);
    expect(sandbox.state).toMatchObject({ version: theirs });
    expect((await sandbox.preview([greeter()])).plan).toBe("same");
  });

  test("a refresh follows it as well", async () => {
    await sandbox.up([greeter()]);
    const theirs = await sandbox.editAndActivate(4, "PRODUCTION", editShop);
    await sandbox.refresh();
    expect(sandbox.state).toMatchObject({ version: theirs });
  });

  test("somebody's draft is not followed", async () => {
    await sandbox.up([greeter()]);
    const draft = await sandbox.copy(4);
    await sandbox.edit(draft, editShop);
    expect((await sandbox.preview([greeter()])).plan).toBe("same");
    await sandbox.refresh();
    expect(sandbox.state).toMatchObject({ version: 4 });
  });

  test("a newer version on production without the rules is drift, and gets them", async () => {
    await sandbox.up([greeter()]);
    const theirs = await sandbox.editAndActivate(3, "PRODUCTION", editShop);
    sandbox.forget();
    expect((await sandbox.preview([greeter()])).plan).toBe("update");
    expect(sandbox.messages()).toMatch(
      /version 6 will be made from version 5.*\n.*\+ Sites > Shop > Greeter/,
    );
    await sandbox.up([greeter()]);
    expect(sandbox.state).toMatchObject({ version: 6, basedOn: theirs });
    expect(await sandbox.foreign(6)).toEqual(await sandbox.tree(theirs));
  });

  test("their edit of an own rule is drift, with both sides", async () => {
    await sandbox.up([greeter()]);
    await sandbox.edit(4, setOption("Greeter", "edgeWorkerId", "99"));
    sandbox.forget();
    expect((await sandbox.preview([greeter()])).plan).toBe("update");
    expect(sandbox.messages()).toMatch(/~ Sites > Shop > Greeter: .*edgeWorkerId.*"99" -> "4242"/);
    await sandbox.refresh();
    const { plan, inputs } = await sandbox.preview([greeter()]);
    expect(plan).toBe("update");
    expect(JSON.stringify(sandbox.state.managedRules)).toContain('"99"');
    expect(JSON.stringify(inputs.managedRules)).toContain('"4242"');
    await sandbox.up([greeter()]);
    expect(
      (await sandbox.rule(Number(sandbox.state.version), "Greeter")).behaviors?.[0]?.options,
    ).toMatchObject({
      edgeWorkerId: "4242",
    });
  });

  test("a rule that they moved is found; one that they renamed gets its name back; a mark that they took off comes back", async () => {
    await sandbox.up([greeter(), greeter({ name: "Second", paths: ["/second"] })]);
    // Without its mark and its name, only a uuid finds the rule.
    sandbox.giveUuids();
    await sandbox.refresh();
    await sandbox.edit(4, (tree) => {
      const [moved] = shop(tree).children?.splice(below(shop(tree)).indexOf("Greeter"), 1) ?? [];
      if (moved !== undefined) named(tree, "Blog").children?.push(moved);
      const second = named(tree, "Second");
      second.name = "Renamed";
      second.comments = "";
    });
    await sandbox.up([greeter(), greeter({ name: "Second", paths: ["/second"] })]);
    const tree = await sandbox.tree(Number(sandbox.state.version));
    expect(below(shop(tree)).slice(-2).sort()).toEqual(["Greeter", "Second"]);
    expect(all(tree).filter(({ name }) => ["Greeter", "Second", "Renamed"].includes(name))).toHaveLength(2);
    expect(named(tree, "Second").comments).toMatch(/^\[pulumi/);
  });

  test("a property that is gone leaves the state", async () => {
    await sandbox.up([greeter()]);
    const state = sandbox.engine.emulator.state.get() as { property: { properties: object } };
    sandbox.engine.emulator.state.put({ ...state, property: { ...state.property, properties: {} } });
    expect(await sandbox.refresh()).toBeUndefined();
  });
});

describe("others go far", () => {
  const sale = { name: "Sale", criteria: [], behaviors: [caching("1m")], children: [] };
  const addSale = (tree: Rule) => void shop(tree).children?.push(sale);

  test("a copy of an own rule, made into another one, stays theirs: before it, and when the own one goes", async () => {
    await sandbox.up([greeter()]);
    await sandbox.edit(4, (tree) => {
      const { uuid: _, ...copied } = named(tree, "Greeter");
      shop(tree).children?.unshift({ ...copied, name: "Basket greeting", behaviors: [caching("5m")] });
    });
    await sandbox.up([greeter({ paths: ["/hi/*"] })]);
    expect(sandbox.state.uuids).toEqual({ Greeter: (await sandbox.rule(5, "Greeter")).uuid });
    sandbox.forget();
    expect((await sandbox.preview([greeter({ paths: ["/hi/*"] })])).plan).toBe("same");
    await sandbox.up([]);
    const version = Number(sandbox.state.version);
    expect(await sandbox.rule(version, "Basket greeting")).toMatchObject({ behaviors: [caching("5m")] });
    expect(all(await sandbox.tree(version)).map(({ name }) => name)).not.toContain("Greeter");
  });

  test("a rule above an own one that is gone, and the own one with it, is an error and never taken for well", async () => {
    await sandbox.up([greeter()]);
    const withoutShop = (tree: Rule) => {
      const sites = named(tree, "Sites");
      sites.children = sites.children?.filter(({ name }) => name !== "Shop") ?? [];
    };
    await sandbox.edit(4, withoutShop);
    await expect(sandbox.preview([greeter()])).rejects.toThrow(/rules\.0\.parent: .*Shop/);
    await sandbox.refresh();
    expect(sandbox.state.managedRules).toEqual([]);
    await expect(sandbox.preview([greeter()])).rejects.toThrow(/rules\.0\.parent: .*Shop/);
    await sandbox.up([greeter({ parent: ["Sites"] })]);
    await sandbox.editAndActivate(5, "PRODUCTION", (tree) => {
      const sites = named(tree, "Sites");
      sites.children = sites.children?.filter(({ name }) => name !== "Greeter") ?? [];
    });
    await sandbox.refresh();
    expect(sandbox.state).toMatchObject({ version: 5, managedRules: [] });
    await sandbox.up([greeter({ parent: ["Sites"] })]);
    expect(sandbox.state).toMatchObject({ version: 7, basedOn: 6 });
  });

  test.each(["latest", "production"])(
    "a draft with other hostnames is somebody's, with base %s too",
    async (baseVersion) => {
      const draft = await sandbox.copy(baseVersion === "latest" ? 3 : 2);
      const state = sandbox.engine.emulator.state.get() as {
        property: { properties: Record<string, { versions: { hostnames: object[] }[] }> };
      };
      state.property.properties["173136"]?.versions[draft - 1]?.hostnames.pop();
      sandbox.engine.emulator.state.put(state);
      const before = await sandbox.rules(draft);
      await sandbox.up([greeter()], { baseVersion });
      expect(await sandbox.rules(draft)).toEqual(before);
      expect(sandbox.state).toMatchObject({ version: 5 });
    },
  );

  test("a draft with a note is somebody's", async () => {
    const draft = await sandbox.copy(3);
    await sandbox.edit(draft, () => undefined, "Jane's, do not touch");
    const before = await sandbox.rules(draft);
    await sandbox.up([greeter()]);
    expect(await sandbox.rules(draft)).toEqual(before);
    expect(sandbox.state).toMatchObject({ version: 5, basedOn: draft });
  });

  test("an own version that somebody else saved is theirs from then on, even if they touched own rules only", async () => {
    await sandbox.up([greeter()]);
    await sandbox.edit(4, setOption("Greeter", "enabled", false));
    await sandbox.up([greeter()]);
    expect(sandbox.state).toMatchObject({ version: 5, basedOn: 4 });
    expect((await sandbox.rule(4, "Greeter")).behaviors?.[0]?.options).toMatchObject({ enabled: false });
  });

  test("a draft that is as wanted already is copied, not taken", async () => {
    await sandbox.up([greeter()]);
    await sandbox.activate(4, "STAGING");
    const draft = await sandbox.copy(3);
    await sandbox.edit(draft, addSale);
    const before = await sandbox.rules(draft);
    await sandbox.up([]);
    expect(sandbox.state).toMatchObject({ version: 6, basedOn: draft });
    await sandbox.up([greeter()]);
    expect(await sandbox.rules(draft)).toEqual(before);
    expect(sandbox.state).toMatchObject({ version: 6 });
  });

  test("a draft with a lower number that goes live afterwards is gone on from", async () => {
    const draft = await sandbox.copy(3);
    await sandbox.edit(draft, () => undefined, "Sale, not finished");
    await sandbox.up([greeter()]);
    expect(sandbox.state).toMatchObject({ version: 5, basedOn: draft });
    await sandbox.activate(5, "PRODUCTION");
    await sandbox.edit(draft, addSale);
    await sandbox.activate(draft, "PRODUCTION");
    sandbox.forget();
    expect((await sandbox.preview([greeter()])).plan).toBe("update");
    expect(sandbox.messages()).toContain("version 6 will be made from version 4 (live on production)");
    await sandbox.up([greeter()]);
    expect(sandbox.state).toMatchObject({ version: 6, basedOn: draft });
    expect(named(await sandbox.tree(6), "Sale")).toBeDefined();
  });

  test("what is live and would be left out is reported", async () => {
    await sandbox.editAndActivate(3, "PRODUCTION", addSale);
    const draft = await sandbox.copy(1);
    await sandbox.edit(draft, setOption("Basket", "behavior", "NO_STORE"));
    await sandbox.preview([greeter()]);
    expect(sandbox.messages()).toMatch(/version 6 will be made from version 5 \(the latest\)/);
    expect(sandbox.messages()).toMatch(
      /warning: .*version 4 is live on production and has rules that will not be in it: .*Sites > Shop > Sale.*takes them off/,
    );
    expect(sandbox.messages()).toMatch(/version 3 is live on staging .*Sites > Status page/);
  });

  test("a version of others that is followed is reported", async () => {
    await sandbox.up([greeter()]);
    await sandbox.editAndActivate(4, "PRODUCTION", addSale);
    sandbox.forget();
    await sandbox.preview([greeter()]);
    expect(sandbox.messages()).toContain(
      "version 5 (the latest, live on production), which others made, has the rules: `up` writes nothing and uses that version",
    );
  });

  test("a property that was moved to another group is found there, and let go of there", async () => {
    await sandbox.up([greeter()]);
    const state = sandbox.engine.emulator.state.get() as {
      property: { properties: Record<string, { groupId: number }> };
    };
    const moved = state.property.properties["173136"];
    if (moved !== undefined) moved.groupId = 72_298;
    sandbox.engine.emulator.state.put(state);
    expect((await sandbox.preview([greeter()])).plan).toBe("same");
    await sandbox.refresh();
    expect(sandbox.state).toMatchObject({ groupId: "grp_72298", version: 4 });
    sandbox.forget();
    await sandbox.destroy();
    expect(sandbox.changes()).toEqual(["PUT /versions/4/rules"]);
  });

  test("destroy finds its way where nothing is live on the base", async () => {
    await sandbox.up([greeter()], { baseVersion: "staging" });
    await sandbox.activate(4, "STAGING");
    await sandbox.activate(4, "STAGING", "DEACTIVATE");
    await sandbox.destroy();
    expect(all(await sandbox.tree(5)).map(({ name }) => name)).not.toContain("Greeter");
  });
});

describe("rules", () => {
  test("added, changed, moved and removed", async () => {
    const before = await sandbox.tree(3);
    const second = greeter({ name: "Second", parent: [], position: "first", paths: ["/second"] });
    await sandbox.up([greeter()]);
    await sandbox.up([greeter(), second]);
    expect(below(await sandbox.tree(4))[0]).toBe("Second");
    await sandbox.up([
      greeter({ parent: ["Sites", "Blog"] }),
      { ...second, position: { after: "Security" } },
    ]);
    expect(below(named(await sandbox.tree(4), "Blog")).at(-1)).toBe("Greeter");
    expect(below(await sandbox.tree(4))).toEqual([
      "Performance",
      "Offload",
      "Security",
      "Second",
      "API",
      "Sites",
    ]);
    await sandbox.up([{ ...second, position: { before: "Security" } }]);
    expect(below(await sandbox.tree(4))).toEqual([
      "Performance",
      "Offload",
      "Second",
      "Security",
      "API",
      "Sites",
    ]);
    expect(await sandbox.foreign(4)).toEqual(before);
    await sandbox.up([]);
    expect(await sandbox.tree(4)).toEqual(before);
  });

  test("the preview shows each change as a patch, and `up` makes it", async () => {
    const wider = greeter({
      paths: ["/hello/*", "/hi/*"],
      edgeWorker: { edgeWorkerId: 4343 },
      position: "first",
    });
    const sale = { name: "Sale", position: { before: "API" }, papi: { behaviors: [caching("1m")] } };
    await sandbox.up([greeter()]);
    sandbox.forget();
    expect((await sandbox.preview([wider, sale])).plan).toBe("update");
    expect(sandbox.messages()).toMatch(/~ Sites > Shop > Greeter: .*edgeWorkerId "4242" -> "4343"/);
    expect(sandbox.messages()).toMatch(
      /~ Sites > Shop > Greeter: .*values \["\/hello\/\*"\] -> \["\/hello\/\*","\/hi\/\*"\]/,
    );
    expect(sandbox.messages()).toMatch(/> Sites > Shop > Greeter: moved/);
    expect(sandbox.messages()).toMatch(/\+ Sale: /);
    await sandbox.up([wider, sale]);
    expect(below(shop(await sandbox.tree(4)))[0]).toBe("Greeter");
    expect(below(await sandbox.tree(4)).slice(-3)).toEqual(["Sale", "API", "Sites"]);
    sandbox.forget();
    await sandbox.preview([wider]);
    expect(sandbox.messages()).toMatch(/^ {2}- Sale$/m);
    await sandbox.up([wider]);
    expect(all(await sandbox.tree(4)).map(({ name }) => name)).not.toContain("Sale");
  });

  test("with failover: a rule below it for responses of a failed EdgeWorker", async () => {
    const failAction = {
      actionType: "REDIRECT",
      redirectHostnameType: "ORIGINAL",
      redirectCustomPath: true,
      redirectPath: "/sorry",
      redirectMethod: 302,
    };
    await sandbox.up([greeter({ failover: { failAction } })]);
    expect(await sandbox.rule(4, "Greeter failover")).toMatchObject({
      criteriaMustSatisfy: "all",
      criteria: [
        { name: "edgeWorkersFailure", options: { execStatus: "FAILURE" } },
        { name: "matchResponseCode", options: { matchOperator: "IS_ONE_OF", values: ["500", "503", "504"] } },
      ],
      behaviors: [{ name: "failAction", options: { enabled: true, ...failAction } }],
    });
    expect((await sandbox.rules(4)).errors).toEqual([]);
    sandbox.forget();
    expect((await sandbox.preview([greeter({ failover: { failAction } })])).plan).toBe("same");
  });

  test.each([
    [{ actionType: "SERVE_STALE" }],
    [
      {
        actionType: "REDIRECT",
        redirectHostnameType: "ALTERNATE",
        redirectHostname: "sorry.example.com",
        modifyProtocol: true,
        protocol: "HTTPS",
        preserveQueryString: true,
      },
    ],
    [
      {
        actionType: "RECREATED_CO",
        contentHostname: "static.example.com",
        contentCustomPath: true,
        contentPath: "/sorry.html",
        statusCode: 503,
      },
    ],
    [
      {
        actionType: "RECREATED_NS",
        netStorageHostname: { cpCode: 1 },
        netStoragePath: "/sorry.html",
        cpCode: { id: 740_101 },
      },
    ],
    [{ actionType: "RECREATED_CEX", cexHostname: "static.example.com" }],
    [
      {
        actionType: "DYNAMIC",
        dynamicMethod: "SERVE_302",
        saasType: "COOKIE",
        saasCookie: "tenant",
        allowFCMParentOverride: true,
      },
    ],
  ])("failAction %j", async (failAction) => {
    await sandbox.up([greeter({ failover: { responseCodes: ["502", 504], failAction } })]);
    expect((await sandbox.rule(4, "Greeter failover")).behaviors?.[0]?.options).toMatchObject({
      enabled: true,
      ...failAction,
    });
    expect((await sandbox.rules(4)).errors).toEqual([]);
  });

  test("hostnames, other criteria and behaviors, continueOnError as a boolean, mPulse", async () => {
    await sandbox.up([
      greeter({
        hostnames: ["shop.example.com"],
        criteria: [{ name: "requestMethod", options: { matchOperator: "IS", value: "GET" } }],
        criteriaMustSatisfy: "any",
        edgeWorker: { edgeWorkerId: "4242", continueOnError: true, mPulse: true, enabled: false },
        behaviors: [caching("1h")],
      }),
    ]);
    expect(await sandbox.rule(4, "Greeter")).toMatchObject({
      criteriaMustSatisfy: "any",
      criteria: [
        { name: "hostname", options: { values: ["shop.example.com"] } },
        { name: "path" },
        { name: "requestMethod" },
      ],
      behaviors: [
        {
          name: "edgeWorker",
          options: { enabled: false, edgeWorkerId: "4242", continueOnError: true, mPulse: true },
        },
        caching("1h"),
      ],
    });
  });

  test("as PAPI writes them, with rules below, and under another own rule", async () => {
    const plain = {
      name: "Plain",
      papi: {
        criteria: [
          {
            name: "path",
            options: { matchOperator: "MATCHES_ONE_OF", values: ["/plain"], matchCaseSensitive: true },
          },
        ],
        behaviors: [caching("2h")],
        comments: "Whatever",
        children: [{ name: "Inner", behaviors: [caching("3h")] }],
      },
    };
    await sandbox.up([{ ...greeter(), parent: ["Plain"] }, plain]);
    const tree = await sandbox.tree(4);
    expect(below(named(tree, "Plain"))).toEqual(["Inner", "Greeter"]);
    expect(named(tree, "Plain").comments).toMatch(/^Whatever \[pulumi/);
    sandbox.forget();
    expect((await sandbox.preview([{ ...greeter(), parent: ["Plain"] }, plain])).plan).toBe("same");
  });

  test("a rule of that name that is somebody's is adopted only with `adopt: true`", async () => {
    const theirs = greeter({ name: "Basket" });
    const { failures } = await sandbox.preview([theirs]);
    expect(failures).toEqual([
      { property: "rules", reason: expect.stringMatching(/^rules\[0\]\.name: .*adopt: true/s) },
    ]);
    sandbox.giveUuids();
    const { uuid } = await sandbox.rule(3, "Basket");
    expect(uuid).toBeDefined();
    await sandbox.up([{ ...theirs, adopt: true }]);
    expect(await sandbox.rule(4, "Basket")).toMatchObject({ uuid, behaviors: [{ name: "edgeWorker" }] });
    expect(below(shop(await sandbox.tree(4)))).toEqual(below(shop(await sandbox.tree(3))));
  });

  test("errors of the service fail the resource, name their place, and the next run goes on with the same version", async () => {
    sandbox.engine.set({ checkEdgeWorkerIds: true });
    hideEdgeWorkers();
    const missing = greeter({ edgeWorker: { edgeWorkerId: 777 } });
    const { message } = await sandbox.failingUp([missing]);
    expect(message).toMatch(
      /creating rules in property www\.example\.com: version 4 .*can't be activated.*in Sites > Shop > Greeter, behavior edgeWorker/s,
    );
    expect(sandbox.state).toMatchObject({ version: 4 });
    sandbox.forget();
    await sandbox.failingUp([missing]);
    expect(sandbox.changes()).toEqual([]);
    await sandbox.up([greeter({ edgeWorker: undefined, behaviors: [caching("1h")] })]);
    expect([sandbox.state.version, sandbox.changes()]).toEqual([4, ["PUT /versions/4/rules"]]);
  });

  test("errors are reported at preview where the service validates without saving", async () => {
    sandbox.engine.set({ checkEdgeWorkerIds: true, dryRunOnLocked: true });
    hideEdgeWorkers();
    const { failures } = await sandbox.preview([greeter({ edgeWorker: { edgeWorkerId: 777 } })]);
    expect(failures).toEqual([
      { property: "rules", reason: expect.stringMatching(/finds errors.*behavior edgeWorker/s) },
    ]);
    expect(sandbox.changes()).toEqual([]);
  });

  test("the rule format `latest` is written to only when the program says so", async () => {
    const state = sandbox.engine.emulator.state.get() as {
      property: { properties: Record<string, { versions: { ruleFormat: string }[] }> };
    };
    for (const version of state.property.properties["173136"]?.versions ?? []) version.ruleFormat = "latest";
    sandbox.engine.emulator.state.put(state);
    const { failures } = await sandbox.preview([greeter()]);
    expect(failures).toEqual([
      { property: "allowLatestRuleFormat", reason: expect.stringContaining("`latest`") },
    ]);
    await sandbox.up([greeter()], { allowLatestRuleFormat: true });
    expect(sandbox.state).toMatchObject({
      version: 4,
      ruleFormat: "latest",
      warnings: [expect.stringContaining("Unstable rule format")],
    });
    expect(sandbox.messages()).toContain("warning: property www.example.com: Unstable rule format");
  });
});

describe("destroyed", () => {
  test("its own version, which nobody activated, is as its base was", async () => {
    const before = await sandbox.tree(3);
    await sandbox.up([greeter({ failover: { failAction: { actionType: "SERVE_STALE" } } })]);
    await sandbox.destroy();
    expect(await sandbox.tree(4)).toEqual(before);
    expect(sandbox.changes().slice(-1)).toEqual(["PUT /versions/4/rules"]);
  });

  test("once it was live: a new version without the rules, and word of what is still live", async () => {
    const before = await sandbox.tree(3);
    await sandbox.up([greeter()]);
    await sandbox.activate(4, "STAGING");
    await sandbox.editAndActivate(4, "PRODUCTION", editShop);
    sandbox.forget();
    await sandbox.destroy();
    expect(sandbox.changes()).toEqual(["POST /versions", "PUT /versions/6/rules"]);
    const after = await sandbox.tree(6);
    expect(below(shop(after))).toContain("Sale");
    const sale = (tree: Rule) => ({
      ...shop(tree),
      comments: undefined,
      children: shop(tree).children?.filter(({ name }) => name !== "Sale"),
    });
    expect(sale(after)).toEqual(sale(before));
    expect(sandbox.messages()).toContain("version 6 is without the rules of greeter");
    expect(sandbox.messages()).toMatch(
      /version 4 is live on staging and still has the rules.*activated, such as 6/,
    );
    expect(sandbox.messages()).toMatch(/version 5 is live on production and still has the rules/);
  });

  test("rules of others below an own one stay, under the same criteria", async () => {
    await sandbox.up([greeter()]);
    await sandbox.edit(
      4,
      (tree) => void named(tree, "Greeter").children?.push({ name: "Theirs", behaviors: [caching("1h")] }),
    );
    await sandbox.destroy();
    const tree = await sandbox.tree(5);
    expect(named(tree, "Greeter")).toMatchObject({
      criteria: [{ name: "path", options: { values: ["/hello/*"] } }],
      behaviors: [],
    });
    expect(below(named(tree, "Greeter"))).toEqual(["Theirs"]);
    expect(all(tree).filter(({ comments }) => comments?.includes("[pulumi"))).toEqual([]);
  });

  test("a property that is gone, or one without the rules, is left alone", async () => {
    await sandbox.up([greeter()]);
    await sandbox.up([]);
    sandbox.forget();
    await sandbox.destroy();
    expect(sandbox.changes()).toEqual([]);
  });
});

describe("interrupted", () => {
  const run = async () => {
    sandbox.kept = undefined;
    await sandbox.up([greeter()]);
  };

  test("after the version was made: it is used", async () => {
    await sandbox.copy(3);
    await run();
    expect(sandbox.state).toMatchObject({ version: 4 });
    expect(sandbox.changes()).toEqual(["POST /versions", "PUT /versions/4/rules"]);
  });

  test("after the rules were saved: nothing is written again", async () => {
    await sandbox.up([greeter()]);
    sandbox.forget();
    await run();
    expect([sandbox.state.version, sandbox.changes()]).toEqual([4, []]);
  });

  test("with a base that is not the latest, too", async () => {
    await sandbox.up([greeter()], { baseVersion: "production" });
    sandbox.forget();
    sandbox.kept = undefined;
    await sandbox.up([greeter()], { baseVersion: "production" });
    expect([sandbox.state.version, sandbox.changes()]).toEqual([4, []]);
  });

  test.each(["reset-after", "reset-before"] as const)(
    "%s of each request that changes something",
    async (kind) => {
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
      await sandbox.up([greeter()]);
      expect(sandbox.state).toMatchObject({ version: 4 });
      expect((await sandbox.rules(4)).errors).toEqual([]);
      expect(all(await sandbox.tree(4)).filter(({ name }) => name === "Greeter")).toHaveLength(1);
      expect((await sandbox.preview([greeter()])).plan).toBe("same");
    },
  );
});

describe("refused at preview", () => {
  test.each<[what: string, rules: unknown, more: Record<string, unknown>, property: string, reason: RegExp]>([
    [
      "comments of a plain rule that are no text",
      [{ name: "x", papi: { comments: 5, behaviors: [caching("1h")] } }],
      {},
      "rules.0.papi.comments",
      /text/,
    ],
    [
      "an id and another name",
      [greeter()],
      { propertyId: "prp_173136", propertyName: "www.example.org" },
      "propertyName",
      /www\.example\.com/,
    ],
    [
      "a parent that is not there, by its own rule",
      [greeter({ name: "A", parent: [] }), greeter({ name: "A/B", parent: ["C"] })],
      {},
      "rules.1.parent",
      /C/,
    ],
    ["a parent that is not there", [greeter({ parent: ["Sites", "Shopp"] })], {}, "rules.0.parent", /Shop/],
    [
      "a place that is not there",
      [greeter({ position: { after: "Baskett" } })],
      {},
      "rules.0.position",
      /Basket/,
    ],
    ["no behavior", [{ name: "Empty" }], {}, "rules.0", /no behavior/],
    ["two of one name", [greeter(), greeter()], {}, "rules.1.name", /another rule/],
    ["an unknown member", [greeter({ pathes: ["/x"] })], {}, "rules.0.pathes", /no property of this name/],
    [
      "an id that is none",
      [greeter({ edgeWorker: { edgeWorkerId: "x" } })],
      {},
      "rules.0.edgeWorker.edgeWorkerId",
      /names an EdgeWorker, but there is none called "x"/,
    ],
    [
      "continueOnError as text",
      [greeter({ edgeWorker: { edgeWorkerId: 1, continueOnError: "false" } })],
      {},
      "rules.0.edgeWorker.continueOnError",
      /true or false/,
    ],
    [
      "continueOnError with failover",
      [
        greeter({
          edgeWorker: { edgeWorkerId: 1, continueOnError: true },
          failover: { failAction: { actionType: "SERVE_STALE" } },
        }),
      ],
      {},
      "rules.0.edgeWorker.continueOnError",
      /can't be combined/,
    ],
    [
      "failover without an EdgeWorker",
      [{ name: "x", behaviors: [caching("1h")], failover: { failAction: { actionType: "SERVE_STALE" } } }],
      {},
      "rules.0.failover",
      /edgeWorker/,
    ],
    [
      "an option that is missing",
      [greeter({ failover: { failAction: { actionType: "REDIRECT", redirectCustomPath: true } } })],
      {},
      "rules.0.failover.failAction.redirectPath",
      /required/,
    ],
    [
      "an option of another action",
      [greeter({ failover: { failAction: { actionType: "SERVE_STALE", redirectPath: "/x" } } })],
      {},
      "rules.0.failover.failAction.redirectPath",
      /no property/,
    ],
    ["papi and typed members", [greeter({ papi: { behaviors: [] } })], {}, "rules.0.paths", /papi/],
    ["no property", [greeter()], { propertyName: undefined }, "propertyId", /required/],
    [
      "a property that is not there",
      [greeter()],
      { propertyName: "www.example.org" },
      "propertyName",
      /no property of this name/,
    ],
    [
      "a hostname of nobody",
      [greeter()],
      { propertyName: undefined, hostname: "www.example.org" },
      "hostname",
      /hostname/,
    ],
    [
      "an id of nobody",
      [greeter()],
      { propertyName: undefined, propertyId: "prp_1" },
      "propertyId",
      /no property prp_1/,
    ],
    ["a base that is none", [greeter()], { baseVersion: "newest" }, "baseVersion", /latest/],
    ["a version that is not there", [greeter()], { baseVersion: 17 }, "rules", /no version 17/],
  ])("%s", async (_what, rules, more, property, reason) => {
    const { failures } = await sandbox.preview(rules as object[], more);
    expect(failures).toContainEqual({
      property: property.split(".")[0],
      reason: expect.stringMatching(reason),
    });
    const nested = property.includes(".") ? formatProperty(pathOf(property)) : "";
    expect(failures.some((one) => one.reason.startsWith(nested))).toBe(true);
    expect(sandbox.changes()).toEqual([]);
  });

  test("two lists for one property in a program", async () => {
    const { engine } = sandbox;
    await engine.preview("property:EdgeWorkerRules", "one", sandbox.args([greeter()]));
    const { failures } = await engine.preview(
      "property:EdgeWorkerRules",
      "two",
      sandbox.args([greeter({ name: "Other" })]),
    );
    expect(failures).toEqual([
      { property: "propertyId", reason: expect.stringContaining("rules for this property already: one") },
    ]);
  });
});
