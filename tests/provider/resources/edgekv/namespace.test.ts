import type { HttpClient } from "../../../../provider/runtime/httpClient";
import { refusalLine } from "../../../support/refusal";
import { TestEngine } from "../../../support/testEngine";
import { resourceUnderTest } from "../../../support/testEngine/resourceUnderTest";

type Network = "staging" | "production";

const day = 86_400;
const catalog = { network: "staging", groupId: 72297, retentionInSeconds: 30 * day };
const teamA = 72297;
const teamB = 98765;

let engine: TestEngine;
const begin = async (...options: Parameters<typeof TestEngine.start>) => {
  engine = await TestEngine.start(...options);
};
const { up, failingUp, preview, refused, notice } = resourceUnderTest(
  () => engine,
  "edgekv:Namespace",
  "catalog",
  catalog,
);

/** Somebody else's request; the journal does not have it. */
async function somebody(
  method: "GET" | "PUT" | "POST" | "DELETE",
  path: string,
  json?: unknown,
): Promise<unknown> {
  const before = engine.emulator.journal().length;
  const reply = await engine.somebody().send({ method, path: `/edgekv/v1${path}`, json });
  if (before === 0) engine.emulator.clearJournal();
  return reply.text === "" ? undefined : reply.as((await import("zod")).z.unknown());
}
const make = (name: string, args: object = {}, network: Network = "staging") =>
  somebody("POST", `/networks/${network}/namespaces`, {
    namespace: name,
    groupId: teamA,
    retentionInSeconds: 30 * day,
    geoLocation: "US",
    ...args,
  });
const write = (network: Network = "staging", name = "catalog") =>
  somebody("PUT", `/networks/${network}/namespaces/${name}/groups/countries/items/US`, {
    name: "United States",
  });
const item = (network: Network = "staging", name = "catalog") =>
  somebody("GET", `/networks/${network}/namespaces/${name}/groups/countries/items/US`);
const scheduleDelete = (network: Network = "staging", name = "catalog") =>
  somebody("DELETE", `/networks/${network}/namespaces/${name}`);
const reschedule = (seconds: number, network: Network = "staging", name = "catalog") =>
  somebody("PUT", `/networks/${network}/namespaces/${name}/status/scheduled-delete`, {
    scheduledDeleteTime: at(seconds),
  });
const at = (seconds: number) => new Date(engine.emulator.clock.now() + seconds * 1000).toISOString();
/** Who looks at the account from outside, after all replicas agree. */
const stored = (network: Network = "staging", name = "catalog") => {
  const { edgekv } = engine.emulator.state.get() as {
    edgekv: { namespaces: Record<Network, Record<string, { value: Record<string, unknown> | null }[]>> };
  };
  return edgekv.namespaces[network][name]?.at(-1)?.value ?? undefined;
};

afterEach(() => engine.close());

describe.each(["default", "none"] as const)("with lag %s", (lag) => {
  beforeEach(() => begin({ lag }));

  test("a namespace is created with one POST, and the same program again changes nothing and writes nothing", async () => {
    const made = await up();
    expect(made.id).toBe("staging/catalog");
    expect(made.state).toMatchObject({
      name: "catalog",
      geoLocation: "US",
      namespaceStatus: "READY",
      policy: { restrictDataAccess: true, policyType: "inherited" },
      deletion: { mode: "scheduled", afterSeconds: 3 * day },
    });
    expect(engine.changes()).toEqual(["POST /networks/staging/namespaces"]);
    expect(await engine.run().preview("edgekv:Namespace", "catalog", catalog, made)).toMatchObject({
      plan: "same",
      failures: [],
    });
    expect((await engine.run().refresh(made))?.state).toEqual(made.state);
    expect(engine.changes()).toHaveLength(1);
  });

  // "New retention applies within <= 5 min"; PUT needs all that is there, with only retention changed.
  test("retention is updated by PUT and waited for, and the preview warns of items from before", async () => {
    const made = await up();
    const changed = { ...catalog, retentionInSeconds: 60 * day };
    engine.later(10);
    expect(await preview(changed, made)).toMatchObject({ plan: "update", replaces: [] });
    expect(notice("the new retention holds for items written from now on")).toBeDefined();
    const { state } = await up(changed, made);
    expect(state).toMatchObject({ retentionInSeconds: 60 * day });
    expect(engine.changes()).toEqual([
      "POST /networks/staging/namespaces",
      "PUT /networks/staging/namespaces/catalog",
    ]);
    expect(engine.emulator.journal().find(({ method }) => method === "PUT")?.body).toEqual({
      namespace: "catalog",
      retentionInSeconds: 60 * day,
      groupId: teamA,
      geoLocation: "US",
    });
  });

  // "400 EKV_3000 if groupId differs" on PUT: the way is PUT /auth/namespaces, for both networks at once.
  test("the access group is updated by reauthorizing, before the retention, and each is waited for", async () => {
    const made = await up();
    engine.later(10);
    const { state } = await up({ ...catalog, groupId: teamB, retentionInSeconds: 0 }, made);
    expect(state).toMatchObject({ groupId: teamB, retentionInSeconds: 0 });
    expect(engine.changes().slice(1)).toEqual([
      "PUT /auth/namespaces/catalog",
      "PUT /networks/staging/namespaces/catalog",
    ]);
    expect(stored()).toMatchObject({ groupId: teamB, retentionInSeconds: 0 });
  });

  test("destroying schedules the delete, declaring it again brings it back with its data", async () => {
    const made = await up();
    engine.later(10);
    await write();
    await engine.later(60).destroy(made);
    expect(notice("will be deleted on")).toContain(at(3 * day).slice(0, 10));
    expect(engine.changes().slice(-1)).toEqual(["DELETE /networks/staging/namespaces/catalog"]);

    engine.later(600).clearMessages();
    expect(await preview()).toMatchObject({ failures: [], plan: "create" });
    expect(
      notice("is scheduled for deletion in 2 d 23 h: `up` cancels that and restores it with its data"),
    ).toBeDefined();
    const back = await up();
    expect(back.state).toMatchObject({ namespaceStatus: "READY", retentionInSeconds: 30 * day });
    expect(
      notice("The scheduled delete of namespace catalog on staging was cancelled, 2 d 23 h before its time"),
    ).toBeDefined();
    expect(engine.changes().slice(-1)).toEqual([
      "DELETE /networks/staging/namespaces/catalog/status/scheduled-delete",
    ]);
    engine.later(300);
    expect(await item()).toEqual({ name: "United States" });
  });

  test("what was changed outside shows at refresh, and `up` puts it back", async () => {
    const made = await up();
    engine.later(10);
    const live = { namespace: "catalog", groupId: teamA };
    await somebody("PUT", "/networks/staging/namespaces/catalog", { ...live, retentionInSeconds: day });
    await somebody("PUT", "/auth/namespaces/catalog", { groupId: teamB });
    const seen = await engine.later(300).refresh(made);
    expect(seen?.inputs).toMatchObject({ retentionInSeconds: day, groupId: teamB });
    expect(await preview(catalog, seen)).toMatchObject({ plan: "update", replaces: [] });
    expect((await up(catalog, seen)).state).toMatchObject({ retentionInSeconds: 30 * day, groupId: teamA });
    expect(stored()).toMatchObject({ retentionInSeconds: 30 * day, groupId: teamA });
  });

  // A replica may say "does not exist" of what is there, for seconds: nothing is concluded from one answer.
  test("a namespace that was just made is read as there, and one that was just changed as changed, again and again", async () => {
    const made = await up();
    for (let look = 0; look < 10; look++)
      expect((await engine.run().refresh(made))?.state).toEqual(made.state);
  });

  test("one that is gone is read as gone, after several looks at it and at the list, and `up` makes a new one", async () => {
    const made = await up();
    engine.later(10);
    await scheduleDelete();
    await reschedule(1);
    engine.later(10).emulator.clearJournal();
    expect(await engine.refresh(made)).toBeUndefined();
    const looks = engine.requests();
    expect(looks.filter((request) => request === "GET /networks/staging/namespaces?details=on")).toHaveLength(
      4,
    );
    expect(notice("namespace catalog on staging is gone; `up` makes a new, empty one")).toBeDefined();
    expect((await up()).state).toMatchObject({ namespaceStatus: "READY" });
  });

  test("a replacement under the same name goes: delete, delete at once, create; and has the new location", async () => {
    const args = { ...catalog, network: "production", geoLocation: "EU" };
    const made = await up(args);
    engine.later(10);
    const moved = { ...args, geoLocation: "JP", replaceDeletesData: true };
    expect(await preview(moved, made)).toMatchObject({
      plan: "replace",
      replaces: ["geoLocation"],
      deleteBeforeReplace: true,
      failures: [],
    });
    const { state } = await up(moved, made);
    expect(state).toMatchObject({ geoLocation: "JP", namespaceStatus: "READY" });
    expect(state).not.toHaveProperty("scheduledDeleteTime");
    expect(engine.changes().slice(1)).toEqual([
      "DELETE /networks/production/namespaces/catalog",
      "DELETE /networks/production/namespaces/catalog?sync=true",
      "POST /networks/production/namespaces",
    ]);
    expect(stored("production")).toMatchObject({ geoLocation: "JP", namespaceStatus: "READY" });
  });

  test("the same with an immediate deletion goes: delete at once, create", async () => {
    const args = { ...catalog, network: "production", geoLocation: "EU", deletion: { mode: "immediate" } };
    const made = await up(args);
    engine.later(10);
    const { state } = await up({ ...args, geoLocation: "JP", replaceDeletesData: true }, made);
    expect(state).toMatchObject({ geoLocation: "JP" });
    expect(engine.changes().slice(1)).toEqual([
      "DELETE /networks/production/namespaces/catalog?sync=true",
      "POST /networks/production/namespaces",
    ]);
  });
});

describe("creating", () => {
  // "Create can take longer than a 60 s client timeout", "on time-out GET and adopt instead of blind re-POST".
  test.each([
    ["the connection broke", { kind: "reset-after" }],
    ["the gateway gave up", { kind: "status", status: 504, afterEffect: true }],
  ] as const)(
    "when %s after the effect there is one POST, one namespace and no error",
    async (_what, fault) => {
      await begin();
      engine.emulator.faults.add({ method: "POST", path: "*/namespaces", ...fault });
      expect((await up()).state).toMatchObject({ namespaceStatus: "READY" });
      expect(engine.changes()).toEqual(["POST /networks/staging/namespaces"]);
    },
  );

  test("when the connection broke before the effect, it is sent again after looking", async () => {
    await begin();
    engine.emulator.faults.add({ method: "POST", path: "*/namespaces", kind: "reset-before" });
    expect((await up()).state).toMatchObject({ namespaceStatus: "READY" });
    const requests = engine.requests();
    const posts = requests.flatMap((request, index) => (request.startsWith("POST") ? [index] : []));
    expect(posts).toHaveLength(2);
    expect(requests.slice(posts[0], posts[1])).toContain("GET /networks/staging/namespaces/catalog");
  });

  test("somebody's namespace is not taken for the effect of a request whose answer got lost", async () => {
    await begin({ lag: "none" }, { previewReads: "false" });
    await make("catalog", { retentionInSeconds: day });
    const body = { errorCode: "EKV_9000" };
    engine.emulator.faults.add({
      method: "GET",
      path: "*/namespaces/catalog",
      kind: "status",
      status: 400,
      body,
    });
    engine.emulator.faults.add({ method: "POST", path: "*/namespaces", kind: "reset-before" });
    expect((await failingUp()).message).toContain("is not managed by this program");
  });

  test("when somebody else was faster, what is there decides: not ours, or adopted", async () => {
    await begin({ lag: "none" });
    const absent = { kind: "status", status: 400, body: { errorCode: "EKV_9000", status: 400 } } as const;
    // The look before the POST, and the preview, see nothing of it.
    const unseen = () => {
      engine.emulator.faults.add({
        method: "GET",
        path: "*/namespaces",
        ...absent,
        status: 200,
        body: { namespaces: [] },
      });
      engine.emulator.faults.add({ method: "GET", path: "*/namespaces/catalog", ...absent });
    };
    await make("catalog", { retentionInSeconds: day });
    await write();
    unseen();
    await expect(up()).rejects.toThrow(
      "namespace catalog exists on staging and is not managed by this program",
    );
    unseen();
    expect(
      (await engine.run().up("edgekv:Namespace", "catalog", { ...catalog, adopt: true })).state,
    ).toMatchObject({
      retentionInSeconds: 30 * day,
    });
  });

  test("a run that was interrupted is followed by one that goes on with what it left: just this, and empty", async () => {
    await begin({ lag: "none" });
    await make("catalog");
    expect(await refused()).toEqual([]);
    expect(
      notice("exists already with the declared settings and no data: `up` continues with it"),
    ).toBeDefined();
    expect((await up()).state).toMatchObject({ namespaceStatus: "READY" });
    // What is there answers a create with itself; what was deleted meanwhile would be made.
    expect(engine.changes()).toEqual(["POST /networks/staging/namespaces"]);
  });

  // With replicas a minute behind, no read shows a delete that is over: the write decides.
  test.each([
    ["at once", { mode: "immediate" }],
    ["after three days", { mode: "scheduled" }],
  ])(
    "one that was deleted %s just before is made or restored, although reads still show it",
    async (_, deletion) => {
      for (let seed = 1; seed <= 8; seed++) {
        await begin({ seed, lag: { preset: "none", object: 60 } });
        const made = await up({ ...catalog, deletion });
        await engine.later(600).destroy(made);
        await engine.run().up("edgekv:Namespace", "catalog", { ...catalog, deletion });
        expect([seed, stored()]).toEqual([seed, expect.objectContaining({ namespaceStatus: "READY" })]);
        expect(stored()).not.toHaveProperty("scheduledDeleteTime");
        await engine.close();
      }
      await begin();
    },
  );

  test("one that is just this, but has data, is somebody's: refused at preview and at create", async () => {
    await begin({ lag: "none" });
    await make("catalog");
    await write();
    expect(await refused()).toEqual([
      "name: namespace catalog exists on staging and is not managed by this program: set `adopt: true` to adopt it with its data, choose another name, or use Pulumi's `aliases` if the resource was only renamed or moved",
    ]);
    engine.run().emulator.faults.add({
      method: "GET",
      path: "*/namespaces",
      kind: "status",
      status: 200,
      body: { namespaces: [] },
    });
    expect((await failingUp()).message).toContain(
      "creating namespace catalog on staging: namespace catalog exists",
    );
    expect(engine.changes()).toEqual([]);
  });

  test("one that is just this, but whose data this client must not see, is not taken for empty", async () => {
    await begin({ lag: "none" });
    await make("catalog");
    engine.restrict({ [teamA]: ["VIEW_STAGING_NAMESPACE", "CREATE_STAGING_NAMESPACE"] });
    expect(await refused()).toEqual([expect.stringContaining("name: namespace catalog exists on staging")]);
  });

  test("an empty one that is otherwise is somebody's too", async () => {
    await begin({ lag: "none" });
    await make("catalog", { retentionInSeconds: day });
    expect(await refused()).toEqual([expect.stringContaining("name: namespace catalog exists on staging")]);
  });

  test("with `adopt` it is taken over, with its data and what is declared", async () => {
    await begin();
    await make("catalog", { retentionInSeconds: day, groupId: teamB });
    engine.later(10);
    await write();
    const args = { ...catalog, adopt: true };
    expect(await refused(args)).toEqual([]);
    expect(notice("exists already: `up` adopts it with its data")).toBeDefined();
    expect((await up(args)).state).toMatchObject({ retentionInSeconds: 30 * day, groupId: teamA });
    expect(notice(`access group ${teamB} becomes ${teamA}`)).toBeDefined();
    expect(notice(`retention ${day} s becomes ${30 * day} s`)).toBeDefined();
    expect(stored()).toMatchObject({ retentionInSeconds: 30 * day, groupId: teamA });
  });

  test("with `adopt` too, what can't be changed is refused on its property", async () => {
    await begin({ lag: "none" });
    await make("catalog", { geoLocation: "EU" }, "production");
    expect(await refused({ ...catalog, network: "production", adopt: true })).toEqual([
      "geoLocation: the namespace exists already with geoLocation EU, which can't be changed: set the same here, or choose another name",
    ]);
    expect(
      await refused({
        ...catalog,
        network: "production",
        geoLocation: "EU",
        restrictDataAccess: false,
        adopt: true,
      }),
    ).toEqual([
      expect.stringContaining(
        "restrictDataAccess: the namespace exists already with restrictDataAccess true",
      ),
    ]);
  });

  test("a server that still shows one of the same name, from before, is not believed", async () => {
    await begin({ lag: "none" });
    const body = {
      namespace: "catalog",
      retentionInSeconds: 30 * day,
      groupId: teamA,
      geoLocation: "EU",
      namespaceStatus: "DELETING",
    };
    engine.emulator.faults.add({
      method: "GET",
      path: "*/namespaces/catalog",
      kind: "status",
      status: 200,
      body,
      skip: 1,
      times: 4,
    });
    expect((await up()).state).toMatchObject({
      namespaceStatus: "READY",
      policy: { restrictDataAccess: true },
    });
  });

  test("an answer that shows something else is waited out; a wait that ends before the namespace shows keeps it in the state, and the next run goes on", async () => {
    await begin({ lag: "none" });
    const body = { namespace: "catalog", retentionInSeconds: day, groupId: teamA, geoLocation: "US" };
    engine.emulator.faults.add({ method: "POST", path: "*/namespaces", kind: "status", status: 200, body });
    const { message, stored } = await failingUp();
    expect(message).toContain("for namespace catalog on staging to be there; it is still not visible");
    expect(stored).toMatchObject({ id: "staging/catalog", state: { name: "catalog", __provider: "text" } });
    // It never came: a refresh finds that out.
    expect(stored && (await engine.run().refresh(stored))).toBeUndefined();
  });

  test("the preview names an access group that the client does not have, and those that it has", async () => {
    await begin();
    expect(await refused({ ...catalog, groupId: 4711 })).toEqual([
      "groupId: the API client has no access to a group 4711; it has access to 72297 (Team A), 98765 (Team B), 109795 (Shared)",
    ]);
    expect(await refused({ ...catalog, groupId: 0 })).toEqual([]);
    expect(await refused(catalog, await up({ ...catalog, groupId: teamB }))).toEqual([]);
  });

  test("the preview names the capability that is missing in the group: to create there, or to hand over to it", async () => {
    await begin({ lag: "none" });
    const made = await up();
    engine
      .restrict({
        [teamA]: ["VIEW_STAGING_NAMESPACE"],
        [teamB]: ["VIEW_STAGING_NAMESPACE", "CREATE_STAGING_NAMESPACE"],
      })
      .run();
    expect(await refused({ ...catalog, name: "other" })).toEqual([
      "groupId: the API client lacks the capability CREATE_STAGING_NAMESPACE in group 72297 (Team A)",
    ]);
    expect(await refused({ ...catalog, groupId: teamB }, made)).toEqual([
      "groupId: the API client lacks the capability AUTHORIZE_STAGING_NAMESPACE in group 98765 (Team B)",
    ]);
  });

  // 413 EKV_9000: "Each account is allowed 20 namespaces"; `default` counts, and the planned ones of the same program do.
  test("the preview counts namespaces: those that are there, and those that the program adds", async () => {
    await begin({ lag: "none" }, { namespacesPerNetwork: "3" });
    await make("other");
    expect(await refused()).toEqual([]);
    const second = await preview({ ...catalog, name: "second" });
    expect(second.failures).toEqual([
      {
        property: "name",
        reason: expect.stringContaining("the account may have 3 namespaces on staging, it has 2 ("),
      },
    ]);
    expect(second.failures[0]?.reason).toContain("and this program adds 2");
    expect((await preview({ ...catalog, network: "production", name: "third" })).failures).toEqual([]);
  });

  test("the limit that the preview did not see is shown in the service's words", async () => {
    await begin({ lag: "none", settings: { namespacesPerNetwork: 1 } });
    expect((await failingUp()).message).toContain(
      "Each account is allowed 1 namespaces. This limit has already been reached. (EKV_9000",
    );
  });

  test.each([
    ["name", "default", "name: the namespace `default` is Akamai's own"],
    ["name", "-x", "name: must be 1 to 32 letters"],
    ["name", "x".repeat(33), "name: must be 1 to 32 letters"],
    ["network", "sandbox", "network: must be `staging` or `production`"],
    ["geoLocation", "EU", "geoLocation: must be US on staging"],
    ["geoLocation", "FR", "geoLocation: must be one of US, EU, JP, GLOBAL"],
    ["groupId", -1, "groupId: must not be negative"],
    ["retentionInSeconds", day - 1, "retentionInSeconds: must be 0 (keep for ever) or 86400"],
    ["retentionInSeconds", 315_360_001, "retentionInSeconds: must be 0 (keep for ever) or 86400"],
    [
      "deletion",
      { mode: "retain", afterSeconds: 300 },
      "deletion.afterSeconds: has an effect only with mode `scheduled`",
    ],
    ["deletion", { afterSeconds: 299 }, "deletion.afterSeconds: must be at least 300"],
    ["deletion", { afterSeconds: 259_201 }, "deletion.afterSeconds: must be at most 259200"],
  ])("%s %j is refused at preview, before anybody is asked", async (field, value, reason) => {
    await begin();
    expect(await refused({ ...catalog, [field]: value })).toEqual([refusalLine(reason)]);
    expect(engine.requests()).toEqual([]);
  });

  test("a resource name that is no name of a namespace is refused too, and unknown values pass", async () => {
    await begin();
    expect((await preview(catalog, undefined, "my catalog")).failures).toEqual([
      { property: "name", reason: expect.stringContaining("1 to 32 letters") },
    ]);
    expect(await refused({ ...catalog, groupId: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" })).toEqual([]);
  });

  test("with previewReads off a preview sends nothing; what it would have reported comes from `up`", async () => {
    await begin({ lag: "none" }, { previewReads: "false" });
    await make("catalog", { retentionInSeconds: day });
    expect(await refused()).toEqual([]);
    expect(engine.requests()).toEqual([]);
    expect((await failingUp()).message).toContain("is not managed by this program: set `adopt: true`");
  });

  test("an account that is not initialized, and no database declared: `up` says what is missing", async () => {
    await begin({ settings: { initialized: false } });
    expect(await refused()).toEqual([]);
    expect((await failingUp()).message).toContain(
      "EdgeKV is not initialized on this account. Declare `new edgekv.Database(...)`",
    );
    expect(engine.changes()).toEqual([]);
  });

  test.each(["true", "false"])(
    "a database of the same program is waited for (previewReads %s)",
    async (previewReads) => {
      await begin({ settings: { initialized: false } }, { previewReads });
      await engine.preview("edgekv:Database", "edgekv", {});
      expect(await refused()).toEqual([]);
      const [, made] = await Promise.all([engine.up("edgekv:Database", "edgekv", {}), up()]);
      expect(made.state).toMatchObject({ namespaceStatus: "READY" });
      expect(engine.changes()).toEqual(["PUT /initialize", "POST /networks/staging/namespaces"]);
    },
  );
});

describe("one access group for both networks", () => {
  test("two declarations that disagree are refused on groupId, with or without reads", async () => {
    for (const previewReads of ["true", "false"]) {
      await begin({}, { previewReads });
      expect(await refused()).toEqual([]);
      expect(await refused({ ...catalog, network: "production", groupId: teamB })).toEqual([
        refusalLine(
          "groupId: must be the same for catalog on both networks, which share one access group: staging has 72297",
        ),
      ]);
      expect(await refused({ ...catalog, network: "production" })).toEqual([]);
      await engine.close();
    }
    await begin();
  });

  test("a change of both is made once for each, and ends with both", async () => {
    await begin();
    const [staging, production] = [await up(), await up({ ...catalog, network: "production" })];
    engine.later(10);
    const groupId = teamB;
    const changed = [
      await up({ ...catalog, groupId }, staging),
      await up({ ...catalog, network: "production", groupId }, production),
    ];
    expect(changed.map(({ state }) => state.groupId)).toEqual([teamB, teamB]);
    expect([stored("staging"), stored("production")]).toMatchObject([{ groupId }, { groupId }]);
  });
});

describe("changes that need another namespace", () => {
  const production = { ...catalog, network: "production", geoLocation: "EU" };

  test.each([
    ["name", { name: "other" }, "catalog to other"],
    ["network", { network: "staging", geoLocation: "US" }, "production to staging"],
    ["geoLocation", { geoLocation: "JP" }, "EU to JP"],
    ["restrictDataAccess", { restrictDataAccess: false }, "true to false"],
  ])(
    "%s is refused at preview, unless the program says that the data may go",
    async (field, change, what) => {
      await begin({ lag: "none", settings: { tlsEntitlement: true } });
      await engine.somebody().send({
        method: "PUT",
        path: "/edgekv/v1/auth/database",
        json: { dataAccessPolicy: { restrictDataAccess: true, allowNamespacePolicyOverride: true } },
      });
      const made = await up({ ...production, restrictDataAccess: true });
      expect(await refused({ ...production, restrictDataAccess: true, ...change }, made)).toEqual([
        expect.stringContaining(
          `${field}: ${field} can't be changed in place: ${what} means another namespace, and the data of namespace catalog`,
        ),
      ]);
      expect(
        await preview({ ...production, restrictDataAccess: true, ...change, replaceDeletesData: true }, made),
      ).toMatchObject({
        failures: [],
        plan: "replace",
      });
      // The policy of the database and the first namespace.
      expect(engine.changes()).toHaveLength(2);
    },
  );

  test("restrictDataAccess that the database forbids is refused before the data goes", async () => {
    await begin({ lag: "none", settings: { tlsEntitlement: true } });
    const made = await up({ ...production, restrictDataAccess: true });
    const change = { restrictDataAccess: false, replaceDeletesData: true };
    expect(await refused({ ...production, ...change }, made)).toEqual([
      expect.stringContaining("as in the data access policy of the database, which allows no other one"),
    ]);
  });

  test("a policy that is declared and in force already is no change; another one is refused on its property", async () => {
    await begin({ lag: "none" });
    const made = await up();
    engine.run();
    expect(await preview({ ...catalog, restrictDataAccess: true }, made)).toMatchObject({
      failures: [],
      plan: "update",
      replaces: [],
    });
    expect(await refused({ ...catalog, restrictDataAccess: false }, made)).toEqual([
      expect.stringContaining(
        "restrictDataAccess: restrictDataAccess can't be changed in place: true to false means another namespace",
      ),
    ]);
    const allowed = { ...catalog, restrictDataAccess: false, replaceDeletesData: true };
    expect(await preview(allowed, made)).toMatchObject({
      plan: "replace",
      replaces: ["restrictDataAccess"],
      deleteBeforeReplace: true,
    });
    const restricted = await up({ ...catalog, restrictDataAccess: true }, made);
    expect(await preview(catalog, restricted)).toMatchObject({ failures: [], plan: "update", replaces: [] });
    expect(engine.changes()).toHaveLength(1);
  });

  test("without reads at preview the policy in force is known from the state: no replacement goes unasked", async () => {
    await begin({ lag: "none" }, { previewReads: "false" });
    const made = await up();
    await expect(preview({ ...catalog, restrictDataAccess: false }, made)).rejects.toThrow(
      "restrictDataAccess can't be changed in place: true to false",
    );
  });

  test("the old one is retained when that was set before: under another name only", async () => {
    await begin({ lag: "none" });
    const retained = { ...production, deletion: { mode: "retain" } };
    const made = await up(retained);
    expect(await refused({ ...retained, geoLocation: "JP" }, made)).toEqual([
      expect.stringContaining(
        "geoLocation: geoLocation can't be changed (from EU), and the old namespace is to be retained, so that its name stays taken",
      ),
    ]);
    expect(await preview({ ...retained, name: "other" }, made)).toMatchObject({
      failures: [],
      plan: "replace",
      deleteBeforeReplace: false,
    });
    expect((await up({ ...retained, name: "other" }, made)).id).toBe("production/other");
    expect(
      notice("namespace catalog on production stays with its data. It is no longer managed by Pulumi."),
    ).toBeDefined();
    expect(engine.changes()).toEqual([
      "POST /networks/production/namespaces",
      "POST /networks/production/namespaces",
    ]);
  });

  test("another name comes first, and the old one goes at the end", async () => {
    await begin({ lag: "none" });
    const made = await up();
    engine.run();
    await up({ ...catalog, name: "other", replaceDeletesData: true }, made);
    expect(engine.changes().slice(1)).toEqual([
      "POST /networks/staging/namespaces",
      "DELETE /networks/staging/namespaces/catalog",
    ]);
  });

  test("a replacement that was interrupted after the delete is finished by the next run", async () => {
    await begin();
    const made = await up(production);
    await engine.later(10).destroy(made);
    const moved = { ...production, geoLocation: "JP" };
    expect(await engine.run().preview("edgekv:Namespace", "catalog", moved)).toMatchObject({
      failures: [
        { property: "geoLocation", reason: expect.stringContaining("exists already with geoLocation EU") },
      ],
    });
    expect(await refused({ ...moved, replaceDeletesData: true })).toEqual([]);
    expect(
      notice("has another geoLocation: `up` deletes it at once, as `replaceDeletesData` allows"),
    ).toBeDefined();
    expect((await up({ ...moved, replaceDeletesData: true })).state).toMatchObject({ geoLocation: "JP" });
  });
});

describe("destroying", () => {
  test.each([
    { deletion: undefined, seconds: 3 * day },
    { deletion: { mode: "scheduled", afterSeconds: 3600 }, seconds: 3600 },
    { deletion: { afterSeconds: 300 }, seconds: 300 },
  ])(
    "deletion $deletion schedules it for $seconds s from now, and says when",
    async ({ deletion, seconds }) => {
      await begin();
      const made = await up({ ...catalog, ...(deletion && { deletion }) });
      const before = engine.later(10).emulator.clock.now();
      await engine.destroy(made);
      expect(engine.changes()[1]).toBe("DELETE /networks/staging/namespaces/catalog");
      const later = "PUT /networks/staging/namespaces/catalog/status/scheduled-delete";
      expect(new Set(engine.changes().slice(2))).toEqual(new Set(deletion === undefined ? [] : [later]));
      const time = String(stored()?.scheduledDeleteTime);
      expect(notice("will be deleted on")).toContain(
        `namespace catalog on staging will be deleted on ${time}. Its data can't be read`,
      );
      expect(Date.parse(time) - before).toBeGreaterThanOrEqual(seconds * 1000);
      expect(Date.parse(time) - before).toBeLessThan((seconds + 20) * 1000);
      engine.later(seconds + 20);
      expect(stored()).toBeUndefined();
    },
  );

  test("a stale replica without the schedule is asked again to move it", async () => {
    await begin({ lag: "none" });
    const made = await up({ ...catalog, deletion: { afterSeconds: 3600 } });
    const body = { errorCode: "EKV_3000" };
    engine.emulator.faults.add({
      method: "PUT",
      path: "*/status/scheduled-delete",
      kind: "status",
      status: 404,
      body,
      times: 3,
    });
    await engine.run().destroy(made);
    expect(Date.parse(String(stored()?.scheduledDeleteTime))).toBeLessThanOrEqual(
      engine.emulator.clock.now() + 3_600_000,
    );
  });

  test("a run that was killed after it had scheduled the delete is repeated while some replicas are stale", async () => {
    await begin({ lag: "none" });
    const made = await up({ ...catalog, deletion: { afterSeconds: 3600 } });
    const live = await engine
      .somebody()
      .send({ method: "GET", path: "/edgekv/v1/networks/staging/namespaces/catalog" });
    await engine.run().destroy(made);
    const scheduled = stored()?.scheduledDeleteTime;
    const stale = { kind: "status" as const, status: 200, body: JSON.parse(live.text) as object };
    engine.run().emulator.faults.add({ method: "GET", path: "*/namespaces/catalog", ...stale });
    await engine.destroy(made);
    expect(stored()?.scheduledDeleteTime).toBe(scheduled);
  });

  test("immediate: it is gone for good when the run ends", async () => {
    await begin();
    const made = await up({ ...catalog, deletion: { mode: "immediate" } });
    await engine.later(10).destroy(made);
    expect(engine.changes().slice(1)).toEqual(["DELETE /networks/staging/namespaces/catalog?sync=true"]);
    expect(stored()).toBeUndefined();
    engine.later(10);
    await expect(somebody("GET", "/networks/staging/namespaces/catalog")).rejects.toThrow("EKV_9000");
  });

  // The repeated request is refused with EKV_1002: the namespace does not exist, or a permission is missing.
  test("immediate: an answer that got lost is no error", async () => {
    await begin();
    const made = await up({ ...catalog, deletion: { mode: "immediate" } });
    engine.later(10).emulator.faults.add({ method: "DELETE", kind: "reset-after" });
    await engine.destroy(made);
    expect(stored()).toBeUndefined();
  });

  test.each([7200, -7200, 4 * day])(
    "scheduled on the clock of the service, with this machine %i s behind it",
    async (secondsBehind) => {
      await begin({ lag: "none" });
      const made = await up({ ...catalog, deletion: { mode: "scheduled", afterSeconds: 3600 } });
      const now = engine.emulator.clock.now();
      await engine.run({ secondsBehind }).destroy(made);
      const at = Date.parse(String(stored()?.scheduledDeleteTime));
      expect(Math.abs(at - now - 3_600_000)).toBeLessThan(60_000);
    },
  );

  test("scheduled earlier by somebody: the earlier time stays, whatever this machine's clock shows", async () => {
    await begin({ lag: "none" });
    const made = await up({ ...catalog, deletion: { mode: "scheduled", afterSeconds: 2 * day } });
    await scheduleDelete();
    await reschedule(day);
    const before = stored()?.scheduledDeleteTime;
    engine.run({ secondsBehind: 7200 }).emulator.clearJournal();
    await engine.destroy(made);
    expect(stored()?.scheduledDeleteTime).toBe(before);
    expect(engine.changes()).toEqual(["DELETE /networks/staging/namespaces/catalog"]);
  });

  test("scheduled later by somebody: it is moved to the time that the program has", async () => {
    await begin({ lag: "none" });
    const made = await up({ ...catalog, deletion: { mode: "scheduled", afterSeconds: 3600 } });
    await scheduleDelete();
    await reschedule(2 * day);
    engine.run().emulator.clearJournal();
    await engine.destroy(made);
    expect(engine.changes()).toEqual([
      "DELETE /networks/staging/namespaces/catalog",
      "PUT /networks/staging/namespaces/catalog/status/scheduled-delete",
    ]);
    const left = Date.parse(String(stored()?.scheduledDeleteTime)) - engine.emulator.clock.now();
    expect(Math.abs(left - 3_600_000)).toBeLessThan(60_000);
  });

  test("retain: it stays, and the run says so", async () => {
    await begin();
    const made = await up({ ...catalog, deletion: { mode: "retain" } });
    engine.emulator.clearJournal();
    await engine.destroy(made);
    expect(engine.requests()).toEqual([]);
    expect(
      notice("namespace catalog on staging stays with its data. It is no longer managed by Pulumi."),
    ).toBeDefined();
  });

  test("absent already: nothing to do", async () => {
    await begin({ lag: "none" });
    const made = await up({ ...catalog, deletion: { mode: "immediate" } });
    await scheduleDelete();
    await reschedule(1);
    engine.later(10).emulator.clearJournal();
    await engine.destroy(made);
    // The refusal of the delete is not believed before reads confirm it.
    expect(engine.changes()).toEqual(["DELETE /networks/staging/namespaces/catalog?sync=true"]);
    expect(engine.requests().length).toBeGreaterThan(4);
  });

  test("scheduled already: the time stays what it is, and is reported", async () => {
    await begin({ lag: "none" });
    const made = await up();
    await scheduleDelete();
    await reschedule(7200);
    const time = stored()?.scheduledDeleteTime;
    engine.run().emulator.clearJournal();
    await engine.destroy(made);
    // The service answers with the schedule that is there.
    expect(engine.requests()).toEqual([
      "GET /edgeworkers/v1/ids",
      "DELETE /networks/staging/namespaces/catalog",
    ]);
    expect(notice("is scheduled for deletion already")).toContain(String(time));
  });

  test.each(Array.from({ length: 12 }, (_, index) => index + 1))(
    "scheduled, and called back some minutes ago: it is scheduled again, whatever some servers show still (seed %i)",
    async (seed) => {
      await begin({ seed });
      const made = await up();
      engine.later(600);
      await scheduleDelete();
      engine.later(600);
      await somebody("DELETE", "/networks/staging/namespaces/catalog/status/scheduled-delete");
      // Of the five minutes in which servers hear of it.
      await engine.later(200).destroy(made);
      expect(stored()?.scheduledDeleteTime).toEqual(expect.any(String));
    },
  );

  test("immediate, of one that is scheduled: it goes at once", async () => {
    await begin({ lag: "none" });
    const made = await up({ ...catalog, deletion: { mode: "immediate" } });
    await scheduleDelete();
    await engine.run().destroy(made);
    expect(stored()).toBeUndefined();
  });

  test("a client that may not delete gets that error, and nothing is taken for gone", async () => {
    await begin({ lag: "none" });
    for (const mode of ["scheduled", "immediate"]) {
      const made = await up({ ...catalog, name: mode, deletion: { mode } });
      engine.restrict({ [teamA]: ["VIEW_STAGING_NAMESPACE", "CREATE_STAGING_NAMESPACE"] });
      await expect(engine.run().destroy(made)).rejects.toThrow(
        "'DELETE_STAGING_NAMESPACE' permission for it. (EKV_1002",
      );
      engine.restrict({
        [teamA]: ["VIEW_STAGING_NAMESPACE", "CREATE_STAGING_NAMESPACE", "DELETE_STAGING_NAMESPACE"],
      });
    }
  });
});

// "those whose delete is scheduled count"
test.each([
  [4, []],
  [
    3,
    [
      "name: there is no room for it: the account may have 3 namespaces on staging, it has 3 (`default` counts, and so do those whose delete is scheduled), and this program adds 1. " +
        "If Akamai raised the limit for the account, set it with `pulumi config set akamai-edge:namespacesPerNetwork`",
    ],
  ],
])("a namespace that is scheduled for deletion takes up room: %i may be there", async (limit, refusals) => {
  await begin({ lag: "none" }, { namespacesPerNetwork: String(limit) });
  await make("orders");
  await make("leaving");
  await scheduleDelete("staging", "leaving");
  engine.later(10);
  expect(await refused()).toEqual(refusals);
});

describe("undelete by declaring", () => {
  /** Left behind by `destroy`, with data. */
  const scheduled = async (
    seconds: number,
    options: Parameters<typeof TestEngine.start>[0] = { lag: "none" },
    settings = {},
  ) => {
    await begin(options, settings);
    await make("catalog", { retentionInSeconds: day });
    engine.later(10);
    await write();
    await scheduleDelete();
    engine.later(10);
    await reschedule(seconds);
    engine.later(10).emulator.clearJournal();
  };

  test.each(["default", "none"] as const)(
    "the delete is cancelled and the differences are applied, in that order (lag %s)",
    async (lag) => {
      await scheduled(2 * day, { lag });
      const { state } = await up({ ...catalog, groupId: teamB });
      expect(state).toMatchObject({ namespaceStatus: "READY", groupId: teamB, retentionInSeconds: 30 * day });
      expect(engine.changes()).toEqual([
        "DELETE /networks/staging/namespaces/catalog/status/scheduled-delete",
        "PUT /auth/namespaces/catalog",
        "PUT /networks/staging/namespaces/catalog",
      ]);
      engine.later(300);
      expect(await item()).toEqual({ name: "United States" });
    },
  );

  // "Must be >= 5 min before the scheduled time, else refused".
  test("in the last five minutes the preview fails on `name`, and says when to try again", async () => {
    await scheduled(300);
    const time = String(stored()?.scheduledDeleteTime);
    expect(await refused()).toEqual([
      `name: the namespace will be deleted in 4 min 50 s, and a delete can't be cancelled in its last five minutes: run again after ${time}, when a new, empty one can be created`,
    ]);
    engine.later(300);
    expect((await up()).state).toMatchObject({ namespaceStatus: "READY" });
  });

  test("without reads at preview it is `up` that says so, or that brings it back", async () => {
    await scheduled(300, { lag: "none" }, { previewReads: "false" });
    expect(await refused()).toEqual([]);
    expect((await failingUp()).message).toContain(
      "can't be cancelled in its last five minutes: run again after",
    );
    expect(engine.changes()).toEqual([]);
    await reschedule(3600);
    expect((await engine.run().up("edgekv:Namespace", "catalog", catalog)).state).toMatchObject({
      namespaceStatus: "READY",
    });
    expect(notice("was cancelled, 1 h before its time: it is restored with its data")).toBeDefined();
  });

  test("a server that still shows it as scheduled, when it was called back, stops nobody", async () => {
    await begin();
    await make("catalog");
    engine.later(10);
    await scheduleDelete();
    engine.later(10);
    const first = await engine.run().up("edgekv:Namespace", "catalog", catalog);
    // Replicas go on to disagree for up to five minutes.
    for (let run = 0; run < 10; run++) {
      const retentionInSeconds = (31 + run) * day;
      const next = await engine
        .run()
        .up("edgekv:Namespace", "catalog", { ...catalog, retentionInSeconds }, first);
      expect(next.state).toMatchObject({ namespaceStatus: "READY", retentionInSeconds });
    }
  });

  test("one server that still lists it as before does not make it somebody's", async () => {
    await scheduled(day);
    const body = {
      namespaces: [
        { namespace: "catalog", namespaceStatus: "READY", groupId: teamA, retentionInSeconds: day },
      ],
    };
    engine.emulator.faults.add({ method: "GET", path: "*/namespaces", kind: "status", status: 200, body });
    expect(await refused()).toEqual([]);
    expect(notice("`up` cancels that and restores it with its data")).toBeDefined();
    const stale = {
      namespace: "catalog",
      groupId: teamA,
      retentionInSeconds: 30 * day,
      geoLocation: "US",
      namespaceStatus: "READY",
    };
    engine.emulator.faults.add({
      method: "GET",
      path: "*/namespaces/catalog",
      kind: "status",
      status: 200,
      body: stale,
    });
    await up();
    expect(stored()).toMatchObject({ namespaceStatus: "READY" });
  });

  test("one stale replica without the schedule does not hide that it is too late", async () => {
    await scheduled(300, { lag: "none" }, { previewReads: "false" });
    const body = { errorCode: "EKV_3000" };
    engine.emulator.faults.add({
      method: "GET",
      path: "*/status/scheduled-delete",
      kind: "status",
      status: 404,
      body,
    });
    expect((await failingUp()).message).toContain(
      "can't be cancelled in its last five minutes: run again after",
    );
  });

  test("nor that there was something to call back", async () => {
    await scheduled(day, { lag: "none" }, { previewReads: "false" });
    const body = { errorCode: "EKV_3000" };
    engine.emulator.faults.add({
      method: "GET",
      path: "*/status/scheduled-delete",
      kind: "status",
      status: 404,
      body,
    });
    await up();
    expect(
      notice(
        "The scheduled delete of namespace catalog on staging was cancelled, 23 h 59 min before its time",
      ),
    ).toBeDefined();
  });

  // `Retry-After` counts the seconds until the delete.
  test("the time left is counted by the service's clock, not by this machine's", async () => {
    await scheduled(day);
    const body = { scheduledDeleteTime: at(day) };
    const headers = { "Retry-After": "120" };
    engine.emulator.faults.add({
      method: "GET",
      path: "*/status/scheduled-delete",
      kind: "status",
      status: 200,
      body,
      headers,
    });
    expect(await refused()).toEqual([
      expect.stringContaining("name: the namespace will be deleted in 2 min"),
    ]);
  });

  // A replica that still shows the schedule refuses all requests for items.
  test("it is restored when ten reads in a row show it", async () => {
    await scheduled(day);
    const body = {
      namespaces: [{ namespace: "catalog", namespaceStatus: "DELETING", scheduledDeleteTime: at(day) }],
    };
    let reads = 0;
    let isCancelled = false;
    const through = (inner: HttpClient): HttpClient => ({
      async send(request) {
        const reply = await inner.send(request);
        if (isCancelled && request.method === "GET") reads += 1;
        if (request.method === "DELETE") {
          isCancelled = true;
          // The tenth of the reads that follow comes from a stale replica.
          const fault = { method: "GET", path: "*/namespaces", kind: "status", status: 200, body } as const;
          engine.emulator.faults.add({ ...fault, skip: 9 });
        }
        return reply;
      },
    });
    const { state } = await engine.run({ through }).up("edgekv:Namespace", "catalog", {
      ...catalog,
      retentionInSeconds: day,
    });
    expect(state).toMatchObject({ namespaceStatus: "READY" });
    expect(reads).toBe(20);
  });

  // Some answers have no `Retry-After`.
  test("nor without a count of seconds", async () => {
    await scheduled(day);
    const body = { scheduledDeleteTime: at(day) };
    engine.run({ secondsBehind: -2 * day }).emulator.faults.add({
      method: "GET",
      path: "*/status/scheduled-delete",
      kind: "status",
      status: 200,
      body,
    });
    expect(await refused()).toEqual([]);
  });

  test("a lost answer of the cancelling is no error", async () => {
    await scheduled(day);
    engine.emulator.faults.add({ method: "DELETE", kind: "reset-after" });
    expect((await up()).state).toMatchObject({ namespaceStatus: "READY" });
  });

  test("when a later step is refused, it is in the state all the same: nothing is orphaned", async () => {
    await scheduled(day);
    engine.emulator.faults.add({
      method: "PUT",
      path: "*/auth/namespaces/catalog",
      kind: "status",
      status: 403,
    });
    const { message, stored } = await failingUp({ ...catalog, groupId: teamB });
    expect(message).toContain("The client does not have the grant needed for the request");
    expect(stored).toMatchObject({
      id: "staging/catalog",
      state: { groupId: teamA, retentionInSeconds: day, namespaceStatus: "READY" },
    });
    const done = await engine.run().up("edgekv:Namespace", "catalog", { ...catalog, groupId: teamB }, stored);
    expect(done.state).toMatchObject({ groupId: teamB, retentionInSeconds: 30 * day });
  });
});

describe("drift", () => {
  test.each(["default", "none"] as const)(
    "scheduled by somebody: refresh shows the time, `up` restores (lag %s)",
    async (lag) => {
      await begin({ lag });
      const made = await up();
      engine.later(10);
      await scheduleDelete();
      const seen = await engine.later(10).refresh(made);
      const time = stored()?.scheduledDeleteTime;
      expect(seen?.inputs).toMatchObject({ scheduledDeleteTime: time });
      expect(
        notice(`was scheduled for deletion outside of this program, on ${String(time)}; \`up\` cancels that`),
      ).toBeDefined();
      expect(await preview(catalog, seen)).toMatchObject({ plan: "update", failures: [] });
      const restored = await up(catalog, seen);
      expect(restored.state).toMatchObject({ namespaceStatus: "READY" });
      expect(restored.state).not.toHaveProperty("scheduledDeleteTime");
      expect(restored.inputs).not.toHaveProperty("scheduledDeleteTime");
      expect(stored()).toMatchObject({ namespaceStatus: "READY" });
    },
  );

  test("scheduled by somebody: without a refresh the preview shows it too", async () => {
    await begin({ lag: "none" });
    const made = await up();
    await scheduleDelete();
    engine.run();
    expect(await preview(catalog, made)).toMatchObject({ plan: "update" });
    expect(notice("was scheduled for deletion outside of this program")).toBeDefined();
    expect((await up(catalog, made)).state).toMatchObject({ namespaceStatus: "READY" });
    expect(await engine.run().preview("edgekv:Namespace", "catalog", catalog, made)).toMatchObject({
      plan: "same",
    });
  });

  test.each([
    [8, 30 * day],
    [9, day],
  ])("%i reads of a stale replica leave a refresh with a retention of %i s", async (times, retention) => {
    await begin({ lag: "none" });
    const made = await up();
    const body = {
      namespace: "catalog",
      groupId: teamA,
      retentionInSeconds: day,
      geoLocation: "US",
      namespaceStatus: "READY",
    };
    const fault = { method: "GET", path: "*/namespaces/catalog", kind: "status", status: 200, body } as const;
    engine.run().emulator.faults.add({ ...fault, times });
    expect((await engine.refresh(made))?.state).toMatchObject({ retentionInSeconds: retention });
  });

  test("one server that still shows a schedule that was cancelled makes no drift", async () => {
    await begin({ lag: "none" });
    const made = await up();
    const body = {
      namespaces: [{ namespace: "catalog", namespaceStatus: "DELETING", scheduledDeleteTime: at(day) }],
    };
    engine
      .run()
      .emulator.faults.add({ method: "GET", path: "*/namespaces", kind: "status", status: 200, body });
    expect(await preview(catalog, made)).toMatchObject({ plan: "same" });
  });

  test.each([
    [
      "group and retention",
      [
        ["PUT", "", { namespace: "catalog", groupId: teamA, retentionInSeconds: day }],
        ["PUT", "auth", { groupId: teamB }],
      ],
    ],
    ["a scheduled delete", [["DELETE", "", undefined]]],
  ] as const)(
    "%s that a refresh found are put back, even if the replica that is read then is stale",
    async (_what, changes) => {
      await begin({ lag: "none" });
      const made = await up();
      for (const [method, way, json] of changes) {
        await somebody(
          method,
          way === "auth" ? "/auth/namespaces/catalog" : "/networks/staging/namespaces/catalog",
          json,
        );
      }
      const seen = await engine.run().refresh(made);
      const body = {
        namespace: "catalog",
        groupId: teamA,
        retentionInSeconds: 30 * day,
        geoLocation: "US",
        namespaceStatus: "READY",
      };
      engine.run().emulator.faults.add({
        method: "GET",
        path: "*/namespaces/catalog",
        kind: "status",
        status: 200,
        body,
      });
      await up(catalog, seen);
      expect(stored()).toMatchObject({
        groupId: teamA,
        retentionInSeconds: 30 * day,
        namespaceStatus: "READY",
      });
    },
  );

  test("scheduled by somebody, and called back by somebody after the refresh: nothing is cancelled that is not there", async () => {
    await begin({ lag: "none" });
    const made = await up();
    await scheduleDelete();
    const seen = await engine.run().refresh(made);
    await somebody("DELETE", "/networks/staging/namespaces/catalog/status/scheduled-delete");
    expect((await engine.run().up("edgekv:Namespace", "catalog", catalog, seen)).state).toMatchObject({
      namespaceStatus: "READY",
    });
  });

  test("one server that lags behind a change of our own makes no drift; all of them do", async () => {
    await begin({ lag: "none" });
    const made = await up();
    const body = { namespace: "catalog", groupId: teamB, retentionInSeconds: day, namespaceStatus: "READY" };
    engine.emulator.faults.add({ path: "*/namespaces/catalog", kind: "status", status: 200, body, times: 3 });
    expect((await engine.run().refresh(made))?.state).toEqual(made.state);
    engine.emulator.faults.add({
      path: "*/namespaces/catalog",
      kind: "status",
      status: 200,
      body,
      times: 99,
    });
    expect((await engine.run().refresh(made))?.inputs).toMatchObject({
      groupId: teamB,
      retentionInSeconds: day,
    });
  });

  // 400/EKV_9000 is what a missing namespace answers; nothing else is absence.
  test.each([
    [
      "EKV_1002",
      {
        status: 400,
        body: { title: "Bad Request", detail: "missing the 'VIEW' permission", errorCode: "EKV_1002" },
      },
    ],
    ["the gateway's 401", { status: 401 }],
    ["the gateway's 403", { status: 403 }],
    ["the gateway's 404", { status: 404 }],
    ["EKV_0000", { status: 500, body: { detail: "An internal error occurred.", errorCode: "EKV_0000" } }],
  ])("%s is never absence: refresh, update and destroy fail", async (what, fault) => {
    await begin({ lag: "none" });
    const made = await up();
    engine.run().emulator.faults.add({ path: "*/namespaces/catalog", kind: "status", times: 99, ...fault });
    await expect(engine.refresh(made)).rejects.toThrow(
      what.startsWith("EKV") ? what : `with ${fault.status}`,
    );
    await expect(engine.destroy(made)).rejects.toThrow(`with ${fault.status}`);
    await expect(up({ ...catalog, retentionInSeconds: 0 }, made)).rejects.toThrow(`with ${fault.status}`);
    expect(stored()).toMatchObject({ namespaceStatus: "READY" });
  });

  test("a client that lost the permission to view it gets that error", async () => {
    await begin({ lag: "none" });
    const made = await up();
    engine.restrict({ [teamB]: ["VIEW_STAGING_NAMESPACE"] }).run();
    await expect(engine.refresh(made)).rejects.toThrow(
      "missing the 'VIEW_STAGING_NAMESPACE' permission for it. (EKV_1002",
    );
  });

  test("readNamespaces, but absent on every replica that is read: still there", async () => {
    await begin({ lag: "none" });
    const made = await up();
    const body = { detail: "The requested namespace does not exist.", errorCode: "EKV_9000" };
    engine.emulator.faults.add({
      path: "*/namespaces/catalog",
      kind: "status",
      status: 400,
      body,
      times: 99,
    });
    expect((await engine.run().refresh(made))?.state).toEqual(made.state);
  });

  test("an update of one that is gone says what to do", async () => {
    await begin({ lag: "none" });
    const made = await up();
    await scheduleDelete();
    await reschedule(1);
    engine.later(10);
    expect((await failingUp({ ...catalog, retentionInSeconds: 0 }, made)).message).toContain(
      "it is gone. Run `pulumi refresh`",
    );
  });
});

// "Calls right after create may give 400 'does not exist'": a stale replica.
test("a change that one server refuses for want of the namespace is sent again", async () => {
  await begin({ lag: "none" });
  const made = await up();
  const body = { detail: "The requested namespace does not exist.", errorCode: "EKV_9000" };
  engine.emulator.faults.add({
    method: "PUT",
    path: "*/namespaces/catalog",
    kind: "status",
    status: 400,
    body,
    times: 2,
  });
  expect((await up({ ...catalog, retentionInSeconds: 0 }, made)).state).toMatchObject({
    retentionInSeconds: 0,
  });
  engine.emulator.faults.add({
    method: "PUT",
    path: "*/namespaces/catalog",
    kind: "status",
    status: 400,
    body,
    times: 99,
  });
  await expect(up(catalog, made)).resolves.toBe(made);
  expect((await failingUp({ ...catalog, retentionInSeconds: day }, made)).message).toContain("(EKV_9000");
});

test("a change that a read did not show counts when three in a row do", async () => {
  await begin({ lag: "none" });
  const made = await up();
  const before = { namespace: "catalog", retentionInSeconds: 30 * day, groupId: teamA, geoLocation: "US" };
  engine.run().emulator.clearJournal();
  engine.emulator.faults.add({
    method: "GET",
    path: "*/namespaces",
    kind: "status",
    status: 200,
    body: { namespaces: [before] },
    times: 2,
  });
  const { state } = await up({ ...catalog, retentionInSeconds: 0 }, made);
  expect(state).toMatchObject({ retentionInSeconds: 0 });
  const listing = "GET /networks/staging/namespaces?details=on";
  expect(engine.requests().filter((request) => request !== "GET /initialize")).toEqual([
    "PUT /networks/staging/namespaces/catalog",
    ...Array.from({ length: 5 }, () => listing),
  ]);
});

describe("a change that never shows", () => {
  test("is a failure that keeps what was seen, and the next update converges", async () => {
    await begin({ lag: "none" });
    const made = await up();
    engine.emulator.faults.add({
      method: "PUT",
      path: "*/namespaces/catalog",
      kind: "status",
      status: 200,
      body: {},
    });
    const changed = { ...catalog, retentionInSeconds: 60 * day, deletion: { mode: "retain" } };
    const { message, stored } = await failingUp(changed, made);
    expect(message).toContain(
      "updating namespace catalog on staging: waited 10 min for namespace catalog on staging to have a retention of 5184000 s; it is still READY, group 72297, retention 2592000 s",
    );
    expect(
      notice("waiting for namespace catalog on staging to have a retention of 5184000 s: "),
    ).toBeDefined();
    expect(stored?.state).toMatchObject({
      retentionInSeconds: 30 * day,
      deletion: { mode: "retain" },
      __provider: "text",
    });
    expect(await engine.run().preview("edgekv:Namespace", "catalog", changed, stored)).toMatchObject({
      plan: "update",
    });
    expect((await up(changed, stored)).state).toMatchObject({ retentionInSeconds: 60 * day });
  });

  test("a group that was changed before a retention that is refused stays changed, in the state too", async () => {
    await begin({ lag: "none" });
    const made = await up();
    engine.emulator.faults.add({
      method: "PUT",
      path: "*/networks/staging/namespaces/catalog",
      kind: "status",
      status: 403,
    });
    const { stored } = await failingUp({ ...catalog, groupId: teamB, retentionInSeconds: 0 }, made);
    expect(stored?.state).toMatchObject({ groupId: teamB, retentionInSeconds: 30 * day });
  });

  test("what is refused before anything changed leaves the state as it is", async () => {
    await begin({ lag: "none" });
    const made = await up();
    engine.emulator.faults.add({
      method: "PUT",
      path: "*/auth/namespaces/catalog",
      kind: "status",
      status: 403,
    });
    const { stored } = await failingUp({ ...catalog, groupId: teamB }, made);
    expect(stored).toBe(made);
  });
});
