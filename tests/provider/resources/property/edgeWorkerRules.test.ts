import type { Rule } from "../../../../provider/api/property/ruleTree";
import { formatProperty, pathOf } from "../../../../provider/framework/failureTexts";
import { unknownValue } from "../../../../provider/framework/unknown";
import { all, below, named, place } from "../../../support/property";
import { greeter, PropertySandbox } from "./propertySandbox";

let site: PropertySandbox;
beforeEach(async () => {
  site = await PropertySandbox.start();
});
afterEach(() => site.close());

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

describe("the first time", () => {
  test("a new version is made from the latest, which is locked, with the rules and nothing else changed", async () => {
    const before = await site.tree(3);
    await site.up([greeter({ comments: "Says hello" })]);
    expect(site.changes()).toEqual(["POST /versions", "PUT /versions/4/rules"]);
    expect(site.state).toMatchObject({
      ...place,
      version: 4,
      basedOn: 3,
      ruleFormat: "v2025-10-16",
      warnings: [],
    });
    expect(await site.foreign(4)).toEqual(before);
    expect(await site.tree(3)).toEqual(before);
    const made = await site.rule(4, "Greeter");
    expect(made).toMatchObject({
      comments: expect.stringMatching(/^Says hello \[pulumi [0-9a-f]{12}\/[0-9a-f]{6}\]$/),
      criteriaMustSatisfy: "all",
      criteria: [{ name: "path", options: { matchOperator: "MATCHES_ONE_OF", values: ["/hello/*"] } }],
      behaviors: [{ name: "edgeWorker", options: { enabled: true, edgeWorkerId: "4242" } }],
    });
    expect(below(shop(await site.tree(4))).at(-1)).toBe("Greeter");
    expect(site.state.uuids).toEqual({ Greeter: made.uuid });
    expect((await site.rules(4)).comments).toBe("Rules of project/stack/greeter, by Pulumi");
  });

  test("the preview shows the patch and sends nothing that changes anything", async () => {
    const { failures, inputs } = await site.preview([greeter()]);
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({
      ...place,
      propertyName: "www.example.com",
      baseVersion: "latest",
      reuseDraft: false,
    });
    expect(site.changes()).toEqual([]);
    expect(site.messages()).toContain(
      "property www.example.com: version 4 will be made from version 3 (the latest, live on staging)",
    );
    expect(site.messages()).toMatch(/\+ Sites > Shop > Greeter: .*\/hello\/\*.*4242/);
  });

  test("an id that is not known before up is no obstacle to the preview", async () => {
    const { failures, inputs } = await site.preview([
      greeter({ edgeWorker: { edgeWorkerId: unknownValue } }),
    ]);
    expect(failures).toEqual([]);
    expect(inputs.managedRules).toMatchObject([{ key: "Greeter" }]);
    expect(site.messages()).toMatch(/\+ Sites > Shop > Greeter: .*known after up/);
  });

  test("nothing to do afterwards: no request that changes anything, no word", async () => {
    await site.up([greeter()]);
    site.forget();
    expect((await site.preview([greeter()])).plan).toBe("same");
    const kept = site.kept;
    expect(await site.refresh()).toEqual(kept);
    expect([site.changes(), site.messages()]).toEqual([[], ""]);
  });

  test.each([
    ["propertyId", { propertyId: "173136" }],
    [
      "propertyId with prefix, contract and group",
      { propertyId: "prp_173136", contractId: "1-3CV382", groupId: 72_297 },
    ],
    ["hostname", { hostname: "shop.example.com" }],
  ])("the property by %s", async (_what, by) => {
    await site.up([greeter()], { propertyName: undefined, ...by });
    expect(site.state).toMatchObject({ ...place, propertyName: "www.example.com", version: 4 });
    site.forget();
    expect((await site.preview([greeter()], { propertyName: undefined, ...by })).plan).toBe("same");
    expect(site.world.requests().filter((request) => request.includes("search"))).toEqual([]);
    // The same property under another name is the same.
    expect((await site.preview([greeter()])).plan).not.toBe("replace");
  });

  test("where requests without contract and group are redirected", async () => {
    site.world.set({ propertyRedirects: true });
    await site.up([greeter()], { propertyName: undefined, propertyId: "173136" });
    expect(site.state).toMatchObject(place);
  });
});

describe("which version", () => {
  test.each([
    ["staging", 3],
    ["production", 2],
    [1, 1],
  ])("base %s", async (baseVersion, from) => {
    await site.up([greeter()], { baseVersion });
    expect(site.state).toMatchObject({ version: 4, basedOn: from });
    expect(await site.foreign(4)).toEqual(await site.tree(from));
    site.forget();
    expect((await site.preview([greeter()], { baseVersion })).plan).toBe("same");
  });

  test("no draft of others is touched: it is copied with its content", async () => {
    const draft = await site.copy(3);
    await site.edit(draft, editShop);
    const before = await site.tree(draft);
    await site.up([greeter()]);
    expect(site.state).toMatchObject({ version: 5, basedOn: draft });
    expect(await site.tree(draft)).toEqual(before);
    expect(await site.foreign(5)).toEqual(before);
  });

  test("with reuseDraft a draft is changed itself, and keeps its note", async () => {
    const draft = await site.copy(3);
    await site.edit(draft, editShop, "Sale of the week");
    await site.up([greeter()], { reuseDraft: true });
    expect(site.state).toMatchObject({ version: draft, basedOn: draft });
    expect((await site.rules(draft)).comments).toBe("Sale of the week");
  });

  test("its own version is changed itself as long as nobody else saved or activated it", async () => {
    await site.up([greeter()]);
    await site.up([greeter({ paths: ["/hi/*"] })]);
    expect(site.state).toMatchObject({ version: 4, basedOn: 3 });
    await site.edit(4, editShop);
    await site.up([greeter({ paths: ["/hey/*"] })]);
    expect(site.state).toMatchObject({ version: 5, basedOn: 4 });
    expect(named(await site.tree(5), "Sale")).toBeDefined();
    await site.activate(5, "STAGING");
    await site.up([greeter({ paths: ["/hello/*"] })]);
    expect(site.state).toMatchObject({ version: 6, basedOn: 5 });
  });

  test("a version whose activation failed is changed itself, and a copy is made where that is refused", async () => {
    await site.up([greeter()]);
    site.world.set({ failPropertyActivations: 1 });
    await site.activate(4, "STAGING");
    await site.up([greeter({ paths: ["/hi/*"] })]);
    expect(site.state).toMatchObject({ version: 4 });
    site.world.set({ failPropertyActivations: 1, lockAttempted: true });
    await site.activate(4, "STAGING");
    await site.up([greeter({ paths: ["/hey/*"] })]);
    expect(site.state).toMatchObject({ version: 5, basedOn: 4 });
  });

  test("no version is live where the base is to be", async () => {
    await site.activate(3, "STAGING", "DEACTIVATE");
    expect((await site.preview([greeter()], { baseVersion: "staging" })).failures).toEqual([
      {
        property: "rules",
        reason: expect.stringContaining("no version of www.example.com is live on staging"),
      },
    ]);
  });
});

describe("others edit the property", () => {
  test("between two runs: what they did stays", async () => {
    await site.up([greeter()]);
    await site.edit(4, editShop);
    const theirs = await site.foreign(4);
    site.forget();
    expect((await site.preview([greeter()])).plan).toBe("same");
    await site.up([greeter({ edgeWorker: { edgeWorkerId: 4343 } })]);
    expect(await site.foreign(Number(site.state.version))).toEqual(theirs);
    expect((await site.rule(5, "Greeter")).behaviors?.[0]?.options).toMatchObject({ edgeWorkerId: "4343" });
  });

  test("during a run: it reads and merges again, and both are in the result", async () => {
    await site.up([greeter()]);
    site.forget();
    let once = true;
    const { http } = site.world.run().context;
    const planned = site.preview([greeter({ paths: ["/hi/*"] })]);
    await planned;
    // Somebody saves right before the write.
    const provider = site.world.context;
    Object.assign(provider, {
      http: {
        send: async (request: Parameters<typeof http.send>[0]) => {
          if (request.method === "PUT" && request.query?.dryRun === undefined && once) {
            once = false;
            await site.edit(4, editShop);
          }
          return http.send(request);
        },
      },
    });
    site.kept = await site.world.up(
      "property:EdgeWorkerRules",
      "greeter",
      site.args([greeter({ paths: ["/hi/*"] })]),
      site.kept,
    );
    expect(site.messages()).toContain("somebody saved version 4 meanwhile; reading and merging again");
    const tree = await site.tree(Number(site.state.version));
    expect(named(tree, "Sale")).toBeDefined();
    expect(named(tree, "Greeter").criteria?.[0]?.options).toMatchObject({ values: ["/hi/*"] });
  });

  test("a version that they make during a run, before its own is made, is gone on from", async () => {
    let theirs = 0;
    const { http } = site.world.context;
    Object.assign(site.world.context, {
      http: {
        send: async (request: Parameters<typeof http.send>[0]) => {
          if (request.method === "POST" && request.path.endsWith("/versions") && theirs === 0) {
            theirs = await site.copy(3);
            await site.edit(theirs, editShop);
          }
          return http.send(request);
        },
      },
    });
    site.kept = await site.world.up("property:EdgeWorkerRules", "greeter", site.args([greeter()]), site.kept);
    expect(site.messages()).toContain("somebody made a version meanwhile; continuing from that one");
    const tree = await site.tree(Number(site.state.version));
    expect(named(tree, "Sale")).toBeDefined();
    expect(named(tree, "Greeter")).toBeDefined();
    expect((await site.foreign(theirs)).name).toBe("default");
    site.forget();
    expect((await site.preview([greeter()])).plan).toBe("same");
  });

  test("a newer version that is live on production and has the rules is followed, not rolled back", async () => {
    await site.up([greeter()]);
    await site.activate(4, "PRODUCTION");
    const theirs = await site.editAndActivate(4, "PRODUCTION", editShop);
    site.forget();
    expect((await site.preview([greeter()])).plan).toBe("update");
    await site.up([greeter()]);
    expect(site.changes()).toEqual([]);
    expect(site.state).toMatchObject({ version: theirs });
    expect((await site.preview([greeter()])).plan).toBe("same");
  });

  test("a refresh follows it as well", async () => {
    await site.up([greeter()]);
    const theirs = await site.editAndActivate(4, "PRODUCTION", editShop);
    await site.refresh();
    expect(site.state).toMatchObject({ version: theirs });
  });

  test("somebody's draft is not followed", async () => {
    await site.up([greeter()]);
    const draft = await site.copy(4);
    await site.edit(draft, editShop);
    expect((await site.preview([greeter()])).plan).toBe("same");
    await site.refresh();
    expect(site.state).toMatchObject({ version: 4 });
  });

  test("a newer version on production without the rules is drift, and gets them", async () => {
    await site.up([greeter()]);
    const theirs = await site.editAndActivate(3, "PRODUCTION", editShop);
    site.forget();
    expect((await site.preview([greeter()])).plan).toBe("update");
    expect(site.messages()).toMatch(/version 6 will be made from version 5.*\n.*\+ Sites > Shop > Greeter/);
    await site.up([greeter()]);
    expect(site.state).toMatchObject({ version: 6, basedOn: theirs });
    expect(await site.foreign(6)).toEqual(await site.tree(theirs));
  });

  test("their edit of an own rule is drift, with both sides", async () => {
    await site.up([greeter()]);
    await site.edit(4, setOption("Greeter", "edgeWorkerId", "99"));
    site.forget();
    expect((await site.preview([greeter()])).plan).toBe("update");
    expect(site.messages()).toMatch(/~ Sites > Shop > Greeter: .*edgeWorkerId.*"99" -> "4242"/);
    await site.refresh();
    const { plan, inputs } = await site.preview([greeter()]);
    expect(plan).toBe("update");
    expect(JSON.stringify(site.state.managedRules)).toContain('"99"');
    expect(JSON.stringify(inputs.managedRules)).toContain('"4242"');
    await site.up([greeter()]);
    expect((await site.rule(Number(site.state.version), "Greeter")).behaviors?.[0]?.options).toMatchObject({
      edgeWorkerId: "4242",
    });
  });

  test("a rule that they moved is found; one that they renamed gets its name back; a mark that they took off comes back", async () => {
    await site.up([greeter(), greeter({ name: "Second", paths: ["/second"] })]);
    // Without its mark and its name, only a uuid finds the rule.
    site.giveUuids();
    await site.refresh();
    await site.edit(4, (tree) => {
      const [moved] = shop(tree).children?.splice(below(shop(tree)).indexOf("Greeter"), 1) ?? [];
      if (moved !== undefined) named(tree, "Blog").children?.push(moved);
      const second = named(tree, "Second");
      second.name = "Renamed";
      second.comments = "";
    });
    await site.up([greeter(), greeter({ name: "Second", paths: ["/second"] })]);
    const tree = await site.tree(Number(site.state.version));
    expect(below(shop(tree)).slice(-2).sort()).toEqual(["Greeter", "Second"]);
    expect(all(tree).filter(({ name }) => ["Greeter", "Second", "Renamed"].includes(name))).toHaveLength(2);
    expect(named(tree, "Second").comments).toMatch(/^\[pulumi/);
  });

  test("a property that is gone leaves the state", async () => {
    await site.up([greeter()]);
    const state = site.world.emulator.state.get() as { property: { properties: object } };
    site.world.emulator.state.put({ ...state, property: { ...state.property, properties: {} } });
    expect(await site.refresh()).toBeUndefined();
  });
});

describe("others go far", () => {
  const sale = { name: "Sale", criteria: [], behaviors: [caching("1m")], children: [] };
  const addSale = (tree: Rule) => void shop(tree).children?.push(sale);

  test("a copy of an own rule, made into another one, stays theirs: before it, and when the own one goes", async () => {
    await site.up([greeter()]);
    await site.edit(4, (tree) => {
      const { uuid: _, ...copied } = named(tree, "Greeter");
      shop(tree).children?.unshift({ ...copied, name: "Basket greeting", behaviors: [caching("5m")] });
    });
    await site.up([greeter({ paths: ["/hi/*"] })]);
    expect(site.state.uuids).toEqual({ Greeter: (await site.rule(5, "Greeter")).uuid });
    site.forget();
    expect((await site.preview([greeter({ paths: ["/hi/*"] })])).plan).toBe("same");
    await site.up([]);
    const version = Number(site.state.version);
    expect(await site.rule(version, "Basket greeting")).toMatchObject({ behaviors: [caching("5m")] });
    expect(all(await site.tree(version)).map(({ name }) => name)).not.toContain("Greeter");
  });

  test("a rule above an own one that is gone, and the own one with it, is an error and never taken for well", async () => {
    await site.up([greeter()]);
    const withoutShop = (tree: Rule) => {
      const sites = named(tree, "Sites");
      sites.children = sites.children?.filter(({ name }) => name !== "Shop") ?? [];
    };
    await site.edit(4, withoutShop);
    await expect(site.preview([greeter()])).rejects.toThrow(/rules\.0\.parent: .*Shop/);
    await site.refresh();
    expect(site.state.managedRules).toEqual([]);
    await expect(site.preview([greeter()])).rejects.toThrow(/rules\.0\.parent: .*Shop/);
    await site.up([greeter({ parent: ["Sites"] })]);
    await site.editAndActivate(5, "PRODUCTION", (tree) => {
      const sites = named(tree, "Sites");
      sites.children = sites.children?.filter(({ name }) => name !== "Greeter") ?? [];
    });
    await site.refresh();
    expect(site.state).toMatchObject({ version: 5, managedRules: [] });
    await site.up([greeter({ parent: ["Sites"] })]);
    expect(site.state).toMatchObject({ version: 7, basedOn: 6 });
  });

  test.each(["latest", "production"])(
    "a draft with other hostnames is somebody's, with base %s too",
    async (baseVersion) => {
      const draft = await site.copy(baseVersion === "latest" ? 3 : 2);
      const state = site.world.emulator.state.get() as {
        property: { properties: Record<string, { versions: { hostnames: object[] }[] }> };
      };
      state.property.properties["173136"]?.versions[draft - 1]?.hostnames.pop();
      site.world.emulator.state.put(state);
      const before = await site.rules(draft);
      await site.up([greeter()], { baseVersion });
      expect(await site.rules(draft)).toEqual(before);
      expect(site.state).toMatchObject({ version: 5 });
    },
  );

  test("a draft with a note is somebody's", async () => {
    const draft = await site.copy(3);
    await site.edit(draft, () => undefined, "Jane's, do not touch");
    const before = await site.rules(draft);
    await site.up([greeter()]);
    expect(await site.rules(draft)).toEqual(before);
    expect(site.state).toMatchObject({ version: 5, basedOn: draft });
  });

  test("an own version that somebody else saved is theirs from then on, even if they touched own rules only", async () => {
    await site.up([greeter()]);
    await site.edit(4, setOption("Greeter", "enabled", false));
    await site.up([greeter()]);
    expect(site.state).toMatchObject({ version: 5, basedOn: 4 });
    expect((await site.rule(4, "Greeter")).behaviors?.[0]?.options).toMatchObject({ enabled: false });
  });

  test("a draft that is as wanted already is copied, not taken", async () => {
    await site.up([greeter()]);
    await site.activate(4, "STAGING");
    const draft = await site.copy(3);
    await site.edit(draft, addSale);
    const before = await site.rules(draft);
    await site.up([]);
    expect(site.state).toMatchObject({ version: 6, basedOn: draft });
    await site.up([greeter()]);
    expect(await site.rules(draft)).toEqual(before);
    expect(site.state).toMatchObject({ version: 6 });
  });

  test("a draft with a lower number that goes live afterwards is gone on from", async () => {
    const draft = await site.copy(3);
    await site.edit(draft, () => undefined, "Sale, not finished");
    await site.up([greeter()]);
    expect(site.state).toMatchObject({ version: 5, basedOn: draft });
    await site.activate(5, "PRODUCTION");
    await site.edit(draft, addSale);
    await site.activate(draft, "PRODUCTION");
    site.forget();
    expect((await site.preview([greeter()])).plan).toBe("update");
    expect(site.messages()).toContain("version 6 will be made from version 4 (live on production)");
    await site.up([greeter()]);
    expect(site.state).toMatchObject({ version: 6, basedOn: draft });
    expect(named(await site.tree(6), "Sale")).toBeDefined();
  });

  test("what is live and would be left out is reported", async () => {
    await site.editAndActivate(3, "PRODUCTION", addSale);
    const draft = await site.copy(1);
    await site.edit(draft, setOption("Basket", "behavior", "NO_STORE"));
    await site.preview([greeter()]);
    expect(site.messages()).toMatch(/version 6 will be made from version 5 \(the latest\)/);
    expect(site.messages()).toMatch(
      /warning: .*version 4 is live on production and has rules that will not be in it: .*Sites > Shop > Sale.*takes them off/,
    );
    expect(site.messages()).toMatch(/version 3 is live on staging .*Sites > Status page/);
  });

  test("a version of others that is followed is reported", async () => {
    await site.up([greeter()]);
    await site.editAndActivate(4, "PRODUCTION", addSale);
    site.forget();
    await site.preview([greeter()]);
    expect(site.messages()).toContain(
      "version 5 (the latest, live on production), which others made, has the rules: `up` writes nothing and uses that version",
    );
  });

  test("a property that was moved to another group is found there, and let go of there", async () => {
    await site.up([greeter()]);
    const state = site.world.emulator.state.get() as {
      property: { properties: Record<string, { groupId: number }> };
    };
    const moved = state.property.properties["173136"];
    if (moved !== undefined) moved.groupId = 72_298;
    site.world.emulator.state.put(state);
    expect((await site.preview([greeter()])).plan).toBe("same");
    await site.refresh();
    expect(site.state).toMatchObject({ groupId: "grp_72298", version: 4 });
    site.forget();
    await site.destroy();
    expect(site.changes()).toEqual(["PUT /versions/4/rules"]);
  });

  test("destroy finds its way where nothing is live on the base", async () => {
    await site.up([greeter()], { baseVersion: "staging" });
    await site.activate(4, "STAGING");
    await site.activate(4, "STAGING", "DEACTIVATE");
    await site.destroy();
    expect(all(await site.tree(5)).map(({ name }) => name)).not.toContain("Greeter");
  });
});

describe("rules", () => {
  test("added, changed, moved and removed", async () => {
    const before = await site.tree(3);
    const second = greeter({ name: "Second", parent: [], position: "first", paths: ["/second"] });
    await site.up([greeter()]);
    await site.up([greeter(), second]);
    expect(below(await site.tree(4))[0]).toBe("Second");
    await site.up([greeter({ parent: ["Sites", "Blog"] }), { ...second, position: { after: "Security" } }]);
    expect(below(named(await site.tree(4), "Blog")).at(-1)).toBe("Greeter");
    expect(below(await site.tree(4))).toEqual([
      "Performance",
      "Offload",
      "Security",
      "Second",
      "API",
      "Sites",
    ]);
    await site.up([{ ...second, position: { before: "Security" } }]);
    expect(below(await site.tree(4))).toEqual([
      "Performance",
      "Offload",
      "Second",
      "Security",
      "API",
      "Sites",
    ]);
    expect(await site.foreign(4)).toEqual(before);
    await site.up([]);
    expect(await site.tree(4)).toEqual(before);
  });

  test("the preview shows each change as a patch, and `up` makes it", async () => {
    const wider = greeter({
      paths: ["/hello/*", "/hi/*"],
      edgeWorker: { edgeWorkerId: 4343 },
      position: "first",
    });
    const sale = { name: "Sale", position: { before: "API" }, papi: { behaviors: [caching("1m")] } };
    await site.up([greeter()]);
    site.forget();
    expect((await site.preview([wider, sale])).plan).toBe("update");
    expect(site.messages()).toMatch(/~ Sites > Shop > Greeter: .*edgeWorkerId "4242" -> "4343"/);
    expect(site.messages()).toMatch(
      /~ Sites > Shop > Greeter: .*values \["\/hello\/\*"\] -> \["\/hello\/\*","\/hi\/\*"\]/,
    );
    expect(site.messages()).toMatch(/> Sites > Shop > Greeter: moved/);
    expect(site.messages()).toMatch(/\+ Sale: /);
    await site.up([wider, sale]);
    expect(below(shop(await site.tree(4)))[0]).toBe("Greeter");
    expect(below(await site.tree(4)).slice(-3)).toEqual(["Sale", "API", "Sites"]);
    site.forget();
    await site.preview([wider]);
    expect(site.messages()).toMatch(/^ {2}- Sale$/m);
    await site.up([wider]);
    expect(all(await site.tree(4)).map(({ name }) => name)).not.toContain("Sale");
  });

  test("with failover: a rule below it for responses of a failed EdgeWorker", async () => {
    const failAction = {
      actionType: "REDIRECT",
      redirectHostnameType: "ORIGINAL",
      redirectCustomPath: true,
      redirectPath: "/sorry",
      redirectMethod: 302,
    };
    await site.up([greeter({ failover: { failAction } })]);
    expect(await site.rule(4, "Greeter failover")).toMatchObject({
      criteriaMustSatisfy: "all",
      criteria: [
        { name: "edgeWorkersFailure", options: { execStatus: "FAILURE" } },
        { name: "matchResponseCode", options: { matchOperator: "IS_ONE_OF", values: ["500", "503", "504"] } },
      ],
      behaviors: [{ name: "failAction", options: { enabled: true, ...failAction } }],
    });
    expect((await site.rules(4)).errors).toEqual([]);
    site.forget();
    expect((await site.preview([greeter({ failover: { failAction } })])).plan).toBe("same");
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
    await site.up([greeter({ failover: { responseCodes: ["502", 504], failAction } })]);
    expect((await site.rule(4, "Greeter failover")).behaviors?.[0]?.options).toMatchObject({
      enabled: true,
      ...failAction,
    });
    expect((await site.rules(4)).errors).toEqual([]);
  });

  test("hostnames, other criteria and behaviors, continueOnError as a boolean, mPulse", async () => {
    await site.up([
      greeter({
        hostnames: ["shop.example.com"],
        criteria: [{ name: "requestMethod", options: { matchOperator: "IS", value: "GET" } }],
        criteriaMustSatisfy: "any",
        edgeWorker: { edgeWorkerId: "4242", continueOnError: true, mPulse: true, enabled: false },
        behaviors: [caching("1h")],
      }),
    ]);
    expect(await site.rule(4, "Greeter")).toMatchObject({
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
    await site.up([{ ...greeter(), parent: ["Plain"] }, plain]);
    const tree = await site.tree(4);
    expect(below(named(tree, "Plain"))).toEqual(["Inner", "Greeter"]);
    expect(named(tree, "Plain").comments).toMatch(/^Whatever \[pulumi/);
    site.forget();
    expect((await site.preview([{ ...greeter(), parent: ["Plain"] }, plain])).plan).toBe("same");
  });

  test("a rule of that name that is somebody's is adopted only with `adopt: true`", async () => {
    const theirs = greeter({ name: "Basket" });
    const { failures } = await site.preview([theirs]);
    expect(failures).toEqual([
      { property: "rules", reason: expect.stringMatching(/^rules\[0\]\.name: .*adopt: true/s) },
    ]);
    site.giveUuids();
    const { uuid } = await site.rule(3, "Basket");
    expect(uuid).toBeDefined();
    await site.up([{ ...theirs, adopt: true }]);
    expect(await site.rule(4, "Basket")).toMatchObject({ uuid, behaviors: [{ name: "edgeWorker" }] });
    expect(below(shop(await site.tree(4)))).toEqual(below(shop(await site.tree(3))));
  });

  test("errors of the service fail the resource, name their place, and the next run goes on with the same version", async () => {
    site.world.set({ checkEdgeWorkerIds: true });
    const { message } = await site.failingUp([greeter()]);
    expect(message).toMatch(
      /creating rules in property www\.example\.com: version 4 .*can't be activated.*in Sites > Shop > Greeter, behavior edgeWorker/s,
    );
    expect(site.state).toMatchObject({ version: 4 });
    site.forget();
    await site.failingUp([greeter()]);
    expect(site.changes()).toEqual([]);
    await site.up([greeter({ edgeWorker: undefined, behaviors: [caching("1h")] })]);
    expect([site.state.version, site.changes()]).toEqual([4, ["PUT /versions/4/rules"]]);
  });

  test("errors are reported at preview where the service validates without saving", async () => {
    site.world.set({ checkEdgeWorkerIds: true, dryRunOnLocked: true });
    const { failures } = await site.preview([greeter()]);
    expect(failures).toEqual([
      { property: "rules", reason: expect.stringMatching(/finds errors.*behavior edgeWorker/s) },
    ]);
    expect(site.changes()).toEqual([]);
  });

  test("the rule format `latest` is written to only when the program says so", async () => {
    const state = site.world.emulator.state.get() as {
      property: { properties: Record<string, { versions: { ruleFormat: string }[] }> };
    };
    for (const version of state.property.properties["173136"]?.versions ?? []) version.ruleFormat = "latest";
    site.world.emulator.state.put(state);
    const { failures } = await site.preview([greeter()]);
    expect(failures).toEqual([
      { property: "allowLatestRuleFormat", reason: expect.stringContaining("`latest`") },
    ]);
    await site.up([greeter()], { allowLatestRuleFormat: true });
    expect(site.state).toMatchObject({
      version: 4,
      ruleFormat: "latest",
      warnings: [expect.stringContaining("Unstable rule format")],
    });
    expect(site.messages()).toContain("warning: property www.example.com: Unstable rule format");
  });
});

describe("destroyed", () => {
  test("its own version, which nobody activated, is as its base was", async () => {
    const before = await site.tree(3);
    await site.up([greeter({ failover: { failAction: { actionType: "SERVE_STALE" } } })]);
    await site.destroy();
    expect(await site.tree(4)).toEqual(before);
    expect(site.changes().slice(-1)).toEqual(["PUT /versions/4/rules"]);
  });

  test("once it was live: a new version without the rules, and word of what is still live", async () => {
    const before = await site.tree(3);
    await site.up([greeter()]);
    await site.activate(4, "STAGING");
    await site.editAndActivate(4, "PRODUCTION", editShop);
    site.forget();
    await site.destroy();
    expect(site.changes()).toEqual(["POST /versions", "PUT /versions/6/rules"]);
    const after = await site.tree(6);
    expect(below(shop(after))).toContain("Sale");
    const sale = (tree: Rule) => ({
      ...shop(tree),
      comments: undefined,
      children: shop(tree).children?.filter(({ name }) => name !== "Sale"),
    });
    expect(sale(after)).toEqual(sale(before));
    expect(site.messages()).toContain("version 6 is without the rules of greeter");
    expect(site.messages()).toMatch(
      /version 4 is live on staging and still has the rules.*activated, such as 6/,
    );
    expect(site.messages()).toMatch(/version 5 is live on production and still has the rules/);
  });

  test("rules of others below an own one stay, under the same criteria", async () => {
    await site.up([greeter()]);
    await site.edit(
      4,
      (tree) => void named(tree, "Greeter").children?.push({ name: "Theirs", behaviors: [caching("1h")] }),
    );
    await site.destroy();
    const tree = await site.tree(5);
    expect(named(tree, "Greeter")).toMatchObject({
      criteria: [{ name: "path", options: { values: ["/hello/*"] } }],
      behaviors: [],
    });
    expect(below(named(tree, "Greeter"))).toEqual(["Theirs"]);
    expect(all(tree).filter(({ comments }) => comments?.includes("[pulumi"))).toEqual([]);
  });

  test("a property that is gone, or one without the rules, is left alone", async () => {
    await site.up([greeter()]);
    await site.up([]);
    site.forget();
    await site.destroy();
    expect(site.changes()).toEqual([]);
  });
});

describe("interrupted", () => {
  const run = async () => {
    site.kept = undefined;
    await site.up([greeter()]);
  };

  test("after the version was made: it is used", async () => {
    await site.copy(3);
    await run();
    expect(site.state).toMatchObject({ version: 4 });
    expect(site.changes()).toEqual(["POST /versions", "PUT /versions/4/rules"]);
  });

  test("after the rules were saved: nothing is written again", async () => {
    await site.up([greeter()]);
    site.forget();
    await run();
    expect([site.state.version, site.changes()]).toEqual([4, []]);
  });

  test("with a base that is not the latest, too", async () => {
    await site.up([greeter()], { baseVersion: "production" });
    site.forget();
    site.kept = undefined;
    await site.up([greeter()], { baseVersion: "production" });
    expect([site.state.version, site.changes()]).toEqual([4, []]);
  });

  test.each(["reset-after", "reset-before"] as const)(
    "%s of each request that changes something",
    async (kind) => {
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
      await site.up([greeter()]);
      expect(site.state).toMatchObject({ version: 4 });
      expect((await site.rules(4)).errors).toEqual([]);
      expect(all(await site.tree(4)).filter(({ name }) => name === "Greeter")).toHaveLength(1);
      expect((await site.preview([greeter()])).plan).toBe("same");
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
    const { failures } = await site.preview(rules as object[], more);
    expect(failures).toContainEqual({
      property: property.split(".")[0],
      reason: expect.stringMatching(reason),
    });
    const nested = property.includes(".") ? formatProperty(pathOf(property)) : "";
    expect(failures.some((one) => one.reason.startsWith(nested))).toBe(true);
    expect(site.changes()).toEqual([]);
  });

  test("two lists for one property in a program", async () => {
    const { world } = site;
    await world.preview("property:EdgeWorkerRules", "one", site.args([greeter()]));
    const { failures } = await world.preview(
      "property:EdgeWorkerRules",
      "two",
      site.args([greeter({ name: "Other" })]),
    );
    expect(failures).toEqual([
      { property: "propertyId", reason: expect.stringContaining("rules for this property already: one") },
    ]);
  });
});
