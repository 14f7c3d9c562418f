/** What goes wrong only when a server lags, an answer misleads or a person forces the engine's hand. */
import { type StoredResource, TestEngine } from "../../../support/testEngine";

const catalog = { network: "staging", groupId: 0, retentionInSeconds: 86_400 };
const reader = { allowOnStaging: true, namespacePermissions: { catalog: ["r"] } };
const gone = {
  kind: "status" as const,
  status: 404,
  body: { status: 404, errorCode: "EKV_3000", detail: "Token does not exist." },
};

let engine: TestEngine;
let namespace: StoredResource;
let token: StoredResource;
beforeEach(async () => {
  engine = await TestEngine.start({ lag: "none" });
  namespace = await engine.up("edgekv:Namespace", "catalog", catalog);
  token = await engine.up("edgekv:AccessToken", "reader", reader);
  engine.run().emulator.clearJournal();
});
afterEach(() => engine.close());

const live = async (name: unknown) =>
  (
    await engine
      .somebody()
      .send({ method: "GET", path: `/edgekv/v1/tokens/${name}`, expectedStatuses: [404] })
  ).status;

/** `pulumi up --replace`: the engine replaces although nothing changed, and the new object comes first. */
async function forceReplacement(old: StoredResource, args: object): Promise<void> {
  await engine.up(old.token, old.name, args);
  await engine.destroy(old);
}

test("a forced replacement of a token does not revoke the token that it has just taken", async () => {
  await forceReplacement(token, reader);
  expect(await live(token.id)).toBe(200);
  expect(engine.messages.join("\n")).toMatch(/reader-\w+ stays: its replacement is the same token/);
});

test("a forced replacement of a namespace does not schedule the deletion of the one that it has just taken", async () => {
  await forceReplacement(namespace, catalog);
  // A create of what is there changes nothing.
  expect(engine.changes()).toEqual(["POST /networks/staging/namespaces"]);
});

test("a revoke does not trust a single stale replica", async () => {
  engine.emulator.faults.add({ method: "DELETE", path: "*/tokens/*", ...gone });
  await engine.destroy(token);
  expect(engine.changes()).toHaveLength(2);
  expect(await live(token.id)).toBe(404);
});

test("a revoke that no server carries out is an error, not a success", async () => {
  engine.emulator.faults.add({ method: "DELETE", path: "*/tokens/*", times: 99, ...gone });
  await expect(engine.destroy(token)).rejects.toThrow(
    /deleting access token reader-\w+: .*reads still show it/,
  );
});

test("right after a refresh, a failure that a server still shows is the one from before", async () => {
  const failed = await (await TestEngine.start({ lag: "none", settings: { failTokens: 1 } })).run();
  try {
    await failed.up("edgekv:Namespace", "catalog", catalog);
    const { stored } = await failed.failingUp("edgekv:AccessToken", "reader", reader);
    const before = {
      ...(await failed.somebody().send({ method: "GET", path: `/edgekv/v1/tokens/${stored?.id}` })),
    };
    failed.run().emulator.faults.add({
      method: "GET",
      path: "*/tokens/*",
      kind: "status",
      status: 200,
      body: JSON.parse(before.text),
      times: 3,
    });
    const mended = await failed.up("edgekv:AccessToken", "reader", reader, stored);
    expect(mended.state.tokenActivationStatus).toBe("COMPLETE");
  } finally {
    await failed.close();
  }
});

test("destroying schedules the deletion although a server shows one that was called back", async () => {
  const shown = {
    namespace: "catalog",
    groupId: 0,
    retentionInSeconds: 86_400,
    geoLocation: "US",
    namespaceStatus: "DELETING",
  };
  engine.emulator.faults.add({
    method: "GET",
    path: "*/namespaces/catalog",
    kind: "status",
    status: 200,
    body: shown,
  });
  await engine.destroy(namespace);
  expect(engine.changes()).toEqual(["DELETE /networks/staging/namespaces/catalog"]);
});

test("a delete whose shortening failed is shortened by the next one", async () => {
  const soon = await engine.up(
    "edgekv:Namespace",
    "catalog",
    { ...catalog, deletion: { afterSeconds: 3600 } },
    namespace,
  );
  engine.run().emulator.faults.add({
    method: "PUT",
    path: "*/scheduled-delete",
    kind: "status",
    status: 403,
    times: 99,
  });
  await expect(engine.destroy(soon)).rejects.toThrow(/403/);
  engine.emulator.faults.clear();
  engine.clearMessages();
  const now = engine.emulator.clock.now();
  await engine.run().destroy(soon);
  const [, at] = /will be deleted on (\S+Z)/.exec(engine.messages.join("\n")) ?? [];
  expect(Math.abs(Date.parse(String(at)) - now - 3_600_000)).toBeLessThan(60_000);
});

test("a client that may not see the access groups can still use one", async () => {
  engine.emulator.faults.add({ path: "*/auth/groups", kind: "status", status: 403 });
  expect(
    (await engine.preview("edgekv:Namespace", "prices", { ...catalog, groupId: 72_297 })).failures,
  ).toEqual([]);
});

test("a policy that is not known before up is not judged", async () => {
  const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
  const { failures, plan } = await engine.preview(
    "edgekv:Namespace",
    "catalog",
    { ...catalog, restrictDataAccess: unknown, replaceDeletesData: true },
    namespace,
  );
  expect([failures, plan]).toEqual([[], "replace"]);
});

test("calling a namespace back that belongs to another group says that it will be handed over", async () => {
  await engine.destroy(namespace);
  await engine.run().preview("edgekv:Namespace", "catalog", { ...catalog, groupId: 72_297 });
  expect(engine.messages.join("\n")).toContain(
    "belongs to access group 0: `up` moves it to 72297, on both networks",
  );
});

test("numbers and texts name the same EdgeWorkers", async () => {
  const one = await engine.preview("edgekv:AccessToken", "other", {
    ...reader,
    restrictToEdgeWorkerIds: [54_321, "12"],
  });
  const two = await engine.preview("edgekv:AccessToken", "other", {
    ...reader,
    restrictToEdgeWorkerIds: ["12", "54321", 12],
  });
  expect(one.inputs).toEqual(two.inputs);
  expect(
    (await engine.preview("edgekv:AccessToken", "other", { ...reader, restrictToEdgeWorkerIds: ["007"] }))
      .failures,
  ).toHaveLength(1);
});

test("an initialization is not given up because servers disagree for a while", async () => {
  const fresh = await TestEngine.start({ lag: "default", settings: { initialized: false } });
  try {
    const notVisible = {
      accountStatus: "UNINITIALIZED",
      stagingStatus: "UNINITIALIZED",
      productionStatus: "UNINITIALIZED",
      cpcode: null,
    };
    for (const skip of [2, 4, 6]) {
      fresh.emulator.faults.add({
        method: "GET",
        path: "*/initialize",
        kind: "status",
        status: 200,
        body: notVisible,
        skip,
      });
    }
    const database = await fresh.up("edgekv:Database", "edgekv", {});
    expect(database.state.accountStatus).toBe("INITIALIZED");
    expect(fresh.changes()).toEqual(["PUT /initialize"]);
  } finally {
    await fresh.close();
  }
});
