import {
  accessGroups,
  accessToken,
  accessTokens,
  database,
  namespace,
  namespaces,
} from "../../../provider/functions/edgekv";
import { TestEngine } from "../../support/testEngine";

let world: TestEngine;
const begin = async (...options: Parameters<typeof TestEngine.start>) => {
  world = await TestEngine.start({ lag: "none", ...options[0] }, options[1]);
};
const send = (method: "POST" | "DELETE", path: string, json?: object) =>
  world.somebody().send({ method, path: `/edgekv/v1${path}`, ...(json && { json }) });
const catalog = { namespace: "catalog", groupId: 72297, retentionInSeconds: 0 };
const token = {
  name: "reader",
  allowOnStaging: true,
  allowOnProduction: false,
  namespacePermissions: { catalog: ["r"] },
};

afterEach(() => world.close());

test("the database: where the account stands, initialized or not", async () => {
  await begin({ settings: { initialized: false } });
  const uninitialized = {
    accountStatus: "UNINITIALIZED",
    stagingStatus: "UNINITIALIZED",
    productionStatus: "UNINITIALIZED",
  };
  expect(await database(world.context)).toEqual(uninitialized);
  await world.close();
  await begin();
  expect(await database(world.context)).toEqual({
    accountStatus: "INITIALIZED",
    stagingStatus: "INITIALIZED",
    productionStatus: "INITIALIZED",
    cpcode: "1284561",
    policy: { restrictDataAccess: true, allowNamespacePolicyOverride: false },
  });
});

test("namespaces of a network, and one of them; one that is not there is an error that names those that are", async () => {
  await begin();
  await send("POST", "/networks/staging/namespaces", catalog);
  expect((await namespaces(world.context, { network: "staging" })).map(({ name }) => name)).toEqual([
    "default",
    "catalog",
  ]);
  const found = {
    name: "catalog",
    network: "staging",
    groupId: 72297,
    retentionInSeconds: 0,
    geoLocation: "US",
    namespaceStatus: "READY",
    policy: { restrictDataAccess: true, policyType: "inherited" },
  };
  expect(await namespace(world.context, { network: "staging", name: "catalog" })).toEqual(found);
  await expect(namespace(world.context, { network: "production", name: "catalog" })).rejects.toThrow(
    "there is no namespace catalog on production; there are default",
  );
  await send("DELETE", "/networks/staging/namespaces/catalog");
  expect(await namespace(world.context, { network: "staging", name: "catalog" })).toEqual({
    ...found,
    namespaceStatus: "DELETING",
    scheduledDeleteTime: expect.stringMatching(/^\d{4}-/),
  });
});

// Older namespaces lack fields: no group is group 0.
test("a namespace from before there were groups belongs to all of them", async () => {
  await begin();
  const body = { namespaces: [{ namespace: "old" }] };
  world.emulator.faults.add({ path: "*/namespaces", kind: "status", status: 200, body });
  expect(await namespaces(world.context, { network: "staging" })).toEqual([
    { name: "old", network: "staging", groupId: 0, namespaceStatus: "READY" },
  ]);
});

test("access tokens, and one of them with its permissions; one that is not there is an error", async () => {
  await begin();
  // "No tokens exist" is 404 for some accounts, an empty list for others.
  expect(await accessTokens(world.context)).toEqual([]);
  world.emulator.faults.add({ path: "*/tokens", kind: "status", status: 200, body: { tokens: [] } });
  expect(await accessTokens(world.context)).toEqual([]);
  await send("POST", "/networks/staging/namespaces", catalog);
  await send("POST", "/tokens", { ...token, restrictToEdgeWorkerIds: ["all"] });
  const [listed] = await accessTokens(world.context);
  expect(listed).toMatchObject({
    name: "reader",
    tokenActivationStatus: "COMPLETE",
    expiresOn: "9999-12-31",
  });
  expect(await accessToken(world.context, { name: "reader" })).toEqual({
    ...listed,
    ...token,
    restrictToEdgeWorkerIds: [],
    cpcode: "1284561",
  });
  await expect(accessToken(world.context, { name: "writer" })).rejects.toThrow(
    "there is no access token writer in the account",
  );
});

// "`includeExpired` adds tokens expired < 30 days ago".
test("expired access tokens are listed when they are asked for, for 30 days", async () => {
  await begin({ settings: { legacyTokens: true } });
  await send("POST", "/networks/staging/namespaces", catalog);
  const expiry = new Date(world.emulator.clock.now() + 2 * 86_400_000).toISOString().slice(0, 10);
  await send("POST", "/tokens", { ...token, expiry });
  expect(await accessToken(world.context, { name: "reader" })).toMatchObject({
    expiresOn: expiry,
    value: expect.stringMatching(/^ey/),
  });
  world.later(3 * 86_400);
  expect(await accessTokens(world.context)).toEqual([]);
  expect(await accessTokens(world.context, { includeExpired: true })).toEqual([
    { name: "reader", reference: expect.any(String), expiresOn: expiry },
  ]);
  await expect(accessToken(world.context, { name: "reader" })).rejects.toThrow(
    "the access token reader has expired",
  );
  world.later(30 * 86_400);
  expect(await accessTokens(world.context, { includeExpired: true })).toEqual([]);
});

test("access groups that the client can see, and what it may do there", async () => {
  await begin();
  world.restrict({ 72297: ["READ_DATA", "VIEW_NAMESPACE"] });
  expect(await accessGroups(world.context)).toEqual([
    { groupId: 72297, groupName: "Team A", capabilities: ["READ_DATA", "VIEW_NAMESPACE"] },
  ]);
});

test("what the service refuses is an error, not an empty answer", async () => {
  await begin();
  for (const look of [
    () => database(world.context),
    () => namespaces(world.context, { network: "staging" }),
    () => accessTokens(world.context),
    () => accessToken(world.context, { name: "reader" }),
    () => accessGroups(world.context),
  ]) {
    world.emulator.faults.add({ kind: "status", status: 403 });
    await expect(look()).rejects.toThrow("with 403");
  }
});
