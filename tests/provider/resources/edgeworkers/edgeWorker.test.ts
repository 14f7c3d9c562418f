import { named, Others } from "../../../support/property";
import { refusalLine } from "../../../support/refusal";
import { TestEngine } from "../../../support/testEngine";
import { failure, resourceUnderTest } from "../../../support/testEngine/resourceUnderTest";
import { code, greeterArgs, ids, Stack, unknown, versions } from "./support";

let engine: TestEngine;
const begin = async (...options: Parameters<typeof TestEngine.start>) => {
  await engine?.close();
  engine = await TestEngine.start(...options);
};
const token = "edgeworkers:EdgeWorker";
const { up, preview, refused, notice } = resourceUnderTest(() => engine, token, "greeter", greeterArgs);
const somebody = (method: "GET" | "POST" | "PUT" | "DELETE", path: string, json?: object) =>
  engine.somebody().send({ method, path: `/edgeworkers/v1${path}`, ...(json && { json }) });
const posts = () => engine.changes().filter((request) => request.startsWith("POST "));

afterEach(() => engine.close());

describe("making an EdgeWorker", () => {
  test.each([1, 2, 3])(
    "it is made once, with one request, and nothing is left to do (seed %d)",
    async (seed) => {
      await begin({ seed });
      const made = await up({ ...greeterArgs, description: "says hello" });
      const [id] = ids(engine);
      expect(made).toMatchObject({
        id: String(id),
        state: {
          edgeWorkerId: id,
          name: "greeter",
          description: "says hello",
          deleteVersions: false,
          accountId: "A-CCT1234",
        },
      });
      expect(engine.changes()).toEqual(["POST /edgeworkers/v1/ids"]);
      expect(
        (await engine.run().preview(token, "greeter", { ...greeterArgs, description: "says hello" }, made))
          .plan,
      ).toBe("same");
      expect((await engine.refresh(made))?.state).toEqual(made.state);
    },
  );

  test("without a description there is none but the mark, and an empty one is none", async () => {
    await begin({ lag: "none" });
    const made = await up({ ...greeterArgs, description: "" });
    expect(made.state).not.toHaveProperty("description");
    expect((await somebody("GET", `/ids/${made.id}`)).text).toMatch(
      /"description":"\[pulumi [0-9a-f]{12}\]"/,
    );
    expect((await engine.refresh(made))?.state).not.toHaveProperty("description");
    expect((await preview(greeterArgs, made)).plan).toBe("same");
  });

  test("killed at any request, before or after its effect, and run again, there is one id", async () => {
    let at = 0;
    for (let going = true; going; at++) {
      for (const after of [false, true]) {
        await begin({ lag: "default", seed: at + 1 });
        const stack = new Stack(engine);
        const program = [
          { token, name: "greeter", args: () => ({ ...greeterArgs, description: "says hello" }) },
        ];
        going = await stack.up(program, { at, after }).then(
          () => false,
          () => true,
        );
        await stack.up(program);
        expect(ids(engine)).toHaveLength(1);
        expect(stack.of("greeter")).toMatchObject({
          edgeWorkerId: ids(engine)[0],
          description: "says hello",
        });
      }
    }
    expect(at).toBeGreaterThan(7);
  });

  test.each([
    ["the connection broke after the effect", { kind: "reset-after" }],
    ["the gateway gave up after the effect", { kind: "status", status: 504, afterEffect: true }],
    ["the connection broke before it", { kind: "reset-before" }],
  ] as const)("when %s, there is one id", async (_what, fault) => {
    for (const seed of [1, 2, 3]) {
      await begin({ seed });
      engine.emulator.faults.add({ method: "POST", path: "*/ids", ...fault });
      const made = await up();
      expect(ids(engine)).toEqual([made.state.edgeWorkerId]);
      expect(posts()).toHaveLength(fault.kind === "reset-before" ? 2 : 1);
    }
  });

  test("another one of the same name, group, tier and description is never taken", async () => {
    await begin({ lag: "none" });
    await somebody("POST", "/ids", { ...greeterArgs, name: "greeter" });
    await somebody("POST", "/ids", { ...greeterArgs, name: "greeter", description: "[pulumi 0123456789ab]" });
    engine.later(60);
    const made = await up();
    expect(ids(engine)).toHaveLength(3);
    expect(made.state.edgeWorkerId).toBe(Math.max(...ids(engine)));
  });

  test("one of this very resource that has versions is in use, and not an interrupted run's", async () => {
    await begin({ lag: "none" });
    const made = await up();
    await engine.up("edgeworkers:Version", "code", { edgeWorkerId: made.state.edgeWorkerId, bundle: code() });
    // As if the state was lost, or another backend had a stack of the same name.
    const again = await engine.run().up(token, "greeter", greeterArgs);
    expect(again.state.edgeWorkerId).not.toBe(made.state.edgeWorkerId);
  });

  test("what an interrupted run made of other values is brought to those of the program", async () => {
    await begin();
    const first = await up({ ...greeterArgs, description: "old", name: "old" });
    const second = await engine
      .later(60)
      .up(token, "greeter", { groupId: 98765, resourceTierId: 200, description: "new" });
    expect(second.id).toBe(first.id);
    expect(second.state).toMatchObject({ name: "greeter", groupId: 98765, description: "new" });
    expect(notice("is there from an earlier run: going on with it")).toBeDefined();
    expect(await engine.later(60).refresh(second)).toMatchObject({
      state: { name: "greeter", groupId: 98765, description: "new" },
    });
  });

  // For some seconds, servers go on to list what was deleted.
  test.each([11, 12, 24, 31, 37])(
    "one that was deleted a moment ago is not gone on with (seed %d)",
    async (seed) => {
      await begin({ seed });
      const made = await engine.later(60).up(token, "greeter", greeterArgs);
      await engine.later(60).destroy(made);
      const again = await engine.run().up(token, "greeter", greeterArgs);
      expect(ids(engine)).toEqual([again.state.edgeWorkerId]);
    },
  );

  test("two resources of one owner in one run do not take each other's", async () => {
    await begin({ lag: "none" });
    const one = await up();
    const other = await up();
    expect(one.id).not.toBe(other.id);
  });

  test("one whose making was not seen to its end stays in the state", async () => {
    await begin({ lag: "none" });
    // The answer shows another group than was asked for.
    const body = { edgeWorkerId: 54321, name: "greeter", groupId: 1 };
    engine.emulator.faults.add({
      method: "POST",
      path: "*/ids",
      kind: "status",
      status: 201,
      body,
      afterEffect: true,
    });
    engine.emulator.faults.add({
      method: "GET",
      path: "*/ids/*",
      kind: "status",
      status: 403,
      skip: 0,
      times: 9,
    });
    const { stored, message } = await engine.failingUp(token, "greeter", greeterArgs);
    expect(message).toContain("creating EdgeWorker greeter");
    expect(stored).toMatchObject({
      id: String(ids(engine)[0]),
      state: { edgeWorkerId: ids(engine)[0], __provider: "text" },
      failed: true,
    });
    engine.emulator.faults.clear();
    const mended = await engine.run().up(token, "greeter", greeterArgs, stored);
    expect(mended.state.edgeWorkerId).toBe(ids(engine)[0]);
    expect(ids(engine)).toHaveLength(1);
  });
});

describe("what a preview refuses", () => {
  test.each([
    [
      { groupId: 72297 },
      [
        "resourceTierId: is required: the id of a resource tier, or its name as `resourceTier` with `contractId`",
      ],
    ],
    [{ ...greeterArgs, name: "" }, ["name: must not be empty"]],
    [{ ...greeterArgs, groupId: 0 }, ["groupId: must be the id of an access group"]],
    [{ resourceTierId: 200 }, ["groupId: is required"]],
    [{ ...greeterArgs, groupId: 1.5 }, ["groupId: must be a whole number: the id of an access group"]],
    [
      { ...greeterArgs, description: "x".repeat(107) },
      ["description: must have no more than 106 characters"],
    ],
    [{ ...greeterArgs, deleteVersions: "yes" }, ["deleteVersions: must be true or false"]],
    [{ ...greeterArgs, tier: 200 }, [expect.stringContaining("tier: there is no property of this name")]],
    [
      { groupId: 72297, resourceTier: "Dynamic Compute" },
      ["contractId: is required with `resourceTier`: tiers are offered by contracts"],
    ],
    [
      { groupId: 72297, resourceTier: "Dynamic Compute", contractId: "a b" },
      ["contractId: must be the id of a contract, such as `1-3CV382`"],
    ],
    [{ groupId: 72297, resourceTier: "Dynamic Compute", contractId: "ctr_1-3CV382" }, []],
    [
      { ...greeterArgs, resourceTier: "Basic Compute" },
      ["resourceTier: names the tier that `resourceTierId` names, too: remove one of them"],
    ],
    [
      { groupId: 72297, resourceTier: "Fast", contractId: "1-3CV382" },
      [
        "resourceTier: the contract 1-3CV382 offers no tier of this name; it offers Basic Compute (100), Dynamic Compute (200)",
      ],
    ],
    [
      { groupId: 72297, resourceTier: "Basic Compute", contractId: "1-X" },
      ["contractId: the account has no contract 1-X; it has 1-3CV382, 1-5C13O2"],
    ],
    [
      { groupId: 72297, resourceTierId: 300 },
      [
        "resourceTierId: no contract of the account offers a resource tier 300; there are Basic Compute (100), Dynamic Compute (200)",
      ],
    ],
    [
      { groupId: 72297, resourceTierId: 300, contractId: "1-3CV382" },
      [
        "resourceTierId: the contract 1-3CV382 does not offer a resource tier 300; there are Basic Compute (100), Dynamic Compute (200)",
      ],
    ],
    [
      { ...greeterArgs, groupId: 5 },
      [
        "groupId: the API client has no access to EdgeWorkers in a group 5; it has in 72297 (Team A), 98765 (Team B), 109795 (Shared)",
      ],
    ],
  ])("%j", async (args, failures) => {
    await begin({ lag: "none" });
    expect(await refused(args)).toEqual(
      failures.map((one) => (typeof one === "string" ? refusalLine(one) : one)),
    );
    expect(engine.changes()).toEqual([]);
  });

  test("a description of 106 characters fits, mark and all", async () => {
    await begin({ lag: "none" });
    const made = await up({ ...greeterArgs, description: "x".repeat(106) });
    expect((await engine.refresh(made))?.state.description).toBe("x".repeat(106));
  });

  test("a group in which the API client may not edit", async () => {
    await begin({ lag: "none" });
    const state = engine.emulator.state.get() as { clients: Record<string, object> };
    const capabilities = { "72297": ["VIEW"], "98765": ["VIEW", "EDIT"] };
    engine.emulator.state.put({
      ...state,
      clients: {
        ...state.clients,
        default: { ...state.clients.default, edgeWorkerCapabilities: capabilities },
      },
    });
    expect(await refused()).toEqual([
      "groupId: the API client lacks the capability EDIT in group 72297 (Team A)",
    ]);
    expect(await refused({ ...greeterArgs, groupId: 98765 })).toEqual([]);
    expect(await refused({ ...greeterArgs, groupId: 109795 })).toEqual([
      expect.stringContaining("has no access to EdgeWorkers in a group 109795"),
    ]);
  });

  test("more EdgeWorkers than the account may have, those of the program together", async () => {
    await begin({ lag: "none", settings: { edgeWorkerIds: 2 } });
    await somebody("POST", "/ids", { ...greeterArgs, name: "other" });
    expect(await refused()).toEqual([]);
    expect((await engine.preview(token, "second", greeterArgs)).failures).toEqual([
      {
        property: "name",
        reason: expect.stringContaining(
          "the account may have 2 EdgeWorkers, it has 1, and this program adds 2",
        ),
      },
    ]);
    // What is made counts once.
    await engine.run().up(token, "greeter", greeterArgs);
    expect(await engine.preview(token, "second", greeterArgs)).toMatchObject({
      failures: [{ property: "name" }],
    });
    // And what an interrupted run left needs no room.
    expect((await engine.run().preview(token, "greeter", greeterArgs)).failures).toEqual([]);
  });

  test("a tier by its name is an input that the preview shows; what is unknown is not validated", async () => {
    await begin({ lag: "none" });
    const byName = { groupId: 72297, resourceTier: "dynamic compute", contractId: "1-3CV382" };
    expect(await preview(byName)).toMatchObject({ failures: [], inputs: { resourceTierId: 200 } });
    expect(await preview({ ...byName, contractId: unknown })).toMatchObject({
      failures: [],
      inputs: { resourceTierId: unknown },
    });
    expect(await preview({ groupId: unknown, resourceTierId: unknown })).toMatchObject({ failures: [] });
    const made = await up(byName);
    // The same tier in other words: nothing to send to the service.
    const unchanged = await up(greeterArgs, made);
    expect(unchanged.id).toBe(made.id);
    expect(engine.changes()).toEqual(["POST /edgeworkers/v1/ids"]);
  });

  test("nothing is read that does not have to be, when previews may not read", async () => {
    await begin({ lag: "none" }, { previewReads: "false" });
    expect(await refused({ groupId: 5, resourceTierId: 300 })).toEqual([]);
    expect(engine.requests()).toEqual([]);
  });
});

describe("changing one", () => {
  test.each([1, 2, 3])(
    "name, group and description are changed in place, and seen to be (seed %d)",
    async (seed) => {
      await begin({ seed });
      const made = await up({ ...greeterArgs, description: "old" });
      engine.later(60).emulator.clearJournal();
      const news = { ...greeterArgs, name: "renamed", groupId: 98765 };
      expect(await preview(news, made)).toMatchObject({ plan: "update", failures: [] });
      const changed = await up(news, made);
      expect(changed.state).toMatchObject({
        name: "renamed",
        groupId: 98765,
        edgeWorkerId: made.state.edgeWorkerId,
      });
      expect(changed.state).not.toHaveProperty("description");
      expect(engine.changes()).toEqual([`PUT /edgeworkers/v1/ids/${made.id}`]);
      expect((await engine.run().refresh(changed))?.state).toEqual(changed.state);
    },
  );

  test("another tier is another EdgeWorker, as the preview reports; the new one comes before the old one goes", async () => {
    await begin();
    const made = await up();
    const news = { groupId: 72297, resourceTierId: 100 };
    expect(await engine.later(60).preview(token, "greeter", news, made)).toMatchObject({
      plan: "replace",
      replaces: ["resourceTierId"],
      deleteBeforeReplace: false,
    });
    expect(
      notice("the resource tier can't be changed (from 200 to 100), so `up` creates another EdgeWorker"),
    ).toBeDefined();
    const replaced = await up(news, made);
    expect(ids(engine)).toEqual([replaced.state.edgeWorkerId]);
    expect(replaced.id).not.toBe(made.id);
  });

  test("a replacement that is forced takes the one that is there, and does not delete it then", async () => {
    await begin({ lag: "none" });
    const made = await up();
    engine.run();
    const again = await up();
    expect(again.id).toBe(made.id);
    await engine.destroy(made);
    expect(ids(engine)).toEqual([made.state.edgeWorkerId]);
  });

  test("a change that was not seen to its end is asked for again", async () => {
    await begin({ lag: "none" });
    const made = await up();
    engine.emulator.faults.add({ method: "GET", path: "*/ids/*", kind: "status", status: 403 });
    const { stored } = await engine.failingUp(token, "greeter", { ...greeterArgs, name: "renamed" }, made);
    expect(stored).toMatchObject({ failed: true, state: { name: "greeter" } });
    const changed = await engine.run().up(token, "greeter", { ...greeterArgs, name: "renamed" }, stored);
    expect(changed.state.name).toBe("renamed");
  });

  test("what somebody changed shows after a refresh, and the next up changes it back", async () => {
    await begin({ lag: "none" });
    const made = await up({ ...greeterArgs, description: "mine" });
    await somebody("PUT", `/ids/${made.id}`, { name: "theirs", groupId: 98765, description: "theirs" });
    const seen = await engine.run().refresh(made);
    expect(seen?.state).toMatchObject({ name: "theirs", groupId: 98765, description: "theirs" });
    const back = await up({ ...greeterArgs, description: "mine" }, seen);
    expect((await engine.refresh(back))?.state).toMatchObject({
      name: "greeter",
      groupId: 72297,
      description: "mine",
    });
  });

  test("one that is gone is made anew after a refresh; without one, the error says to refresh", async () => {
    await begin({ lag: "none" });
    const made = await up();
    await somebody("DELETE", `/ids/${made.id}`);
    expect(await failure(engine.run().up(token, "greeter", { ...greeterArgs, name: "x" }, made))).toContain(
      "it is gone. Run `pulumi refresh`",
    );
    expect(await engine.refresh(made)).toBeUndefined();
    expect(notice("is gone; `up` creates a new one with another id")).toBeDefined();
  });
});

describe("one that the service calls missing, although the list of ids has it", () => {
  const denied = {
    method: "GET",
    kind: "status",
    status: 404,
    body: { errorCode: "EW2002" },
    times: 1000,
  } as const;

  test("is kept by a refresh: a second one would take its place", async () => {
    await begin({ lag: "none" });
    const made = await up({ ...greeterArgs, description: "says hello" });
    engine.run().emulator.faults.add({ ...denied, path: `/edgeworkers/v1/ids/${made.id}` });
    expect((await engine.refresh(made))?.state).toEqual(made.state);
  });

  test("is deleted by a destroy", async () => {
    await begin({ lag: "none" });
    const made = await up();
    engine.run().emulator.faults.add({ ...denied, path: `/edgeworkers/v1/ids/${made.id}` });
    await engine.destroy(made);
    engine.emulator.faults.clear();
    expect(ids(engine)).toEqual([]);
  });
});

describe("destroying one", () => {
  const withVersion = async (args: object = greeterArgs) => {
    const ew = await up(args);
    const edgeWorkerId = ew.state.edgeWorkerId as number;
    const v = await engine.up("edgeworkers:Version", "code", { edgeWorkerId, bundle: code() });
    return { ew, edgeWorkerId, v };
  };

  test.each([1, 2, 3])(
    "it is gone for all servers, and what is gone already is no error (seed %d)",
    async (seed) => {
      await begin({ seed });
      const made = await up();
      engine.run();
      await engine.destroy(made);
      expect(ids(engine)).toEqual([]);
      await engine.destroy(made);
    },
  );

  test("a delete whose answer got lost is no error, although some servers still show it", async () => {
    for (const seed of [1, 2, 3, 4]) {
      await begin({ seed });
      const made = await up();
      engine.run().emulator.faults.add({ method: "DELETE", path: "*/ids/*", kind: "reset-after" });
      await engine.destroy(made);
      expect(ids(engine)).toEqual([]);
    }
  });

  test("versions that this program did not make are an error that lists them, or go with it", async () => {
    await begin();
    const { ew, edgeWorkerId } = await withVersion();
    engine.later(60);
    expect(await failure(engine.destroy(ew))).toMatch(
      /it has versions that this program did not create: 1\.0\. Delete them, or set `deleteVersions: true`/,
    );
    const allowed = await up({ ...greeterArgs, deleteVersions: true }, ew);
    expect(engine.changes().filter((request) => request.startsWith("PUT "))).toEqual([]);
    engine.run();
    await engine.destroy(allowed);
    expect([ids(engine), versions(engine, edgeWorkerId)]).toEqual([[], []]);
  });

  test.each([false, true])(
    "never while a version is live, or a live property version refers to it: the error lists them (deleteVersions %s)",
    async (deleteVersions) => {
      await begin({ lag: "none" });
      const { ew, edgeWorkerId } = await withVersion({ ...greeterArgs, deleteVersions });
      await engine.up("edgeworkers:Activation", "live", {
        edgeWorkerId,
        network: "production",
        version: "1.0",
      });
      const state = engine.emulator.state.get() as { edgeworkers: object };
      const properties = {
        [edgeWorkerId]: [
          {
            propertyId: 7,
            propertyName: "www",
            stagingVersion: 3,
            productionVersion: null,
            latestVersion: 4,
          },
        ],
      };
      engine.emulator.state.put({ ...state, edgeworkers: { ...state.edgeworkers, properties } });
      engine.run();
      expect(await failure(engine.destroy(ew))).toContain(
        "it is in use: version 1.0 is live on production; property www refers to it in version 3 (live on staging). Take it out of there first",
      );
      expect(versions(engine, edgeWorkerId)).toEqual(["1.0"]);
    },
  );

  describe("that a property refers to", () => {
    /** A version of the property with a rule for the EdgeWorker, made by others. */
    const withRule = async (edgeWorkerId: unknown): Promise<number> => {
      const version = await others().copy(3);
      const behaviors = [
        { name: "edgeWorker", options: { enabled: true, edgeWorkerId: String(edgeWorkerId) } },
      ];
      await others().edit(
        version,
        (tree) => void named(tree, "Shop").children?.push({ name: "Theirs", behaviors }),
      );
      return version;
    };
    const others = () => new Others(engine.somebody());

    test("in a version that is live nowhere: it is destroyed, and the version is named", async () => {
      await begin({ lag: "none" });
      const ew = await up();
      await withRule(ew.state.edgeWorkerId);
      await engine.run().destroy(ew);
      expect(ids(engine)).toEqual([]);
      expect(
        notice("property www.example.com: version 4, which is live nowhere, refers to EdgeWorker "),
      ).toContain(
        "The EdgeWorker is destroyed all the same. Remove the rule before you activate that version",
      );
    });

    test.each([
      [
        "STAGING",
        "it is in use: property www.example.com refers to it in version 4 (on its way to staging). Take it out of there first",
      ],
      [
        "PRODUCTION",
        "it is in use: property www.example.com refers to it in version 4 (on its way to production).",
      ],
    ] as const)(
      "in a version on its way to %s, and then live there: not until it is off again",
      async (network, coming) => {
        await begin({ lag: 600 });
        const ew = await up();
        await withRule(ew.state.edgeWorkerId);
        await others().activate(4, network);
        expect(await failure(engine.run().destroy(ew))).toContain(coming);
        engine.later(600);
        expect(await failure(engine.run().destroy(ew))).toContain(
          `refers to it in version 4 (live on ${network.toLowerCase()})`,
        );
        await others().activate(2, network);
        engine.later(600);
        await engine.run().destroy(ew);
        expect(ids(engine)).toEqual([]);
      },
    );

    test("in a version that is live on both networks", async () => {
      await begin({ lag: "none" });
      const ew = await up();
      await withRule(ew.state.edgeWorkerId);
      for (const network of ["STAGING", "PRODUCTION"] as const) await others().activate(4, network);
      expect(await failure(engine.run().destroy(ew))).toContain(
        "refers to it in version 4 (live on staging and production). Take it out",
      );
    });

    test("another version on its way is no obstacle, nor is a property that the API client may not see", async () => {
      await begin({ lag: 600 });
      const ew = await up();
      const version = await others().copy(3);
      await withRule(ew.state.edgeWorkerId);
      await others().activate(version, "STAGING");
      engine.run().emulator.faults.add({
        method: "GET",
        path: "/papi/v1/properties/*",
        kind: "status",
        status: 403,
        body: {},
      });
      await engine.destroy(ew);
      expect(ids(engine)).toEqual([]);
      const another = await up({ ...greeterArgs, name: "another" });
      await others().edit(5, (tree) => {
        Object.assign(named(tree, "Theirs").behaviors?.[0]?.options ?? {}, {
          edgeWorkerId: String(another.state.edgeWorkerId),
        });
      });
      await engine.run().destroy(another);
      expect(ids(engine)).toEqual([]);
    });
  });

  test("nor while a version is on its way", async () => {
    await begin({ lag: 100 });
    const { ew, edgeWorkerId } = await withVersion({ ...greeterArgs, deleteVersions: true });
    engine.later(10);
    await somebody("POST", `/ids/${edgeWorkerId}/activations`, { network: "STAGING", version: "1.0" });
    engine.later(10);
    expect(await failure(engine.destroy(ew))).toContain("version 1.0 is being activated on staging");
  });
});
