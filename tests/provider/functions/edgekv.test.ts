import {
  accessGroups,
  accessToken,
  accessTokens,
  database,
  namespace,
  namespaces,
} from "../../../provider/functions/edgekv";
import { TestEngine } from "../../support/testEngine";

let engine: TestEngine;
const begin = async (...options: Parameters<typeof TestEngine.start>) => {
  engine = await TestEngine.start({ lag: "none", ...options[0] }, options[1]);
};
const send = (method: "POST" | "DELETE", path: string, json?: object) =>
  engine.somebody().send({ method, path: `/edgekv/v1${path}`, ...(json && { json }) });
const catalog = { namespace: "catalog", groupId: 72297, retentionInSeconds: 0 };
const token = {
  name: "reader",
  allowOnStaging: true,
  allowOnProduction: false,
  namespacePermissions: { catalog: ["r"] },
};

afterEach(() => engine.close());

test("the database: where the account stands, initialized or not", async () => {
  await begin({ settings: { initialized: false } });
  const uninitialized = {
    accountStatus: "UNINITIALIZED",
    stagingStatus: "UNINITIALIZED",
    productionStatus: "UNINITIALIZED",
  };
  expect(await database(engine.context)).toEqual(uninitialized);
  await engine.close();
  await begin();
  expect(await database(engine.context)).toEqual({
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
  expect((await namespaces(engine.context, { network: "staging" })).map(({ name }) => name)).toEqual([
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
  expect(await namespace(engine.context, { network: "staging", name: "catalog" })).toEqual(found);
  await expect(namespace(engine.context, { network: "production", name: "catalog" })).rejects.toThrow(
    "there is no namespace catalog on production; there are default",
  );
  await send("DELETE", "/networks/staging/namespaces/catalog");
  expect(await namespace(engine.context, { network: "staging", name: "catalog" })).toEqual({
    ...found,
    namespaceStatus: "DELETING",
    scheduledDeleteTime: expect.stringMatching(/^\d{4}-/),
  });
});

// Older namespaces lack fields: no group is group 0.
test("a namespace from before there were groups belongs to all of them", async () => {
  await begin();
  const body = { namespaces: [{ namespace: "old" }] };
  engine.emulator.faults.add({ path: "*/namespaces", kind: "status", status: 200, body });
  expect(await namespaces(engine.context, { network: "staging" })).toEqual([
    { name: "old", network: "staging", groupId: 0, namespaceStatus: "READY" },
  ]);
});

test("access tokens, and one of them with its permissions; one that is not there is an error", async () => {
  await begin();
  // "No tokens exist" is 404 for some accounts, an empty list for others.
  expect(await accessTokens(engine.context)).toEqual([]);
  engine.emulator.faults.add({ path: "*/tokens", kind: "status", status: 200, body: { tokens: [] } });
  expect(await accessTokens(engine.context)).toEqual([]);
  await send("POST", "/networks/staging/namespaces", catalog);
  await send("POST", "/tokens", { ...token, restrictToEdgeWorkerIds: ["all"] });
  const [listed] = await accessTokens(engine.context);
  expect(listed).toMatchObject({
    name: "reader",
    tokenActivationStatus: "COMPLETE",
    expiresOn: "9999-12-31",
  });
  expect(await accessToken(engine.context, { name: "reader" })).toEqual({
    ...listed,
    ...token,
    restrictToEdgeWorkerIds: [],
    cpcode: "1284561",
  });
  await expect(accessToken(engine.context, { name: "writer" })).rejects.toThrow(
    "there is no access token writer in the account",
  );
});

// "`includeExpired` adds tokens expired < 30 days ago".
test("expired access tokens are listed when they are asked for, for 30 days", async () => {
  await begin({ settings: { legacyTokens: true } });
  await send("POST", "/networks/staging/namespaces", catalog);
  const expiry = new Date(engine.emulator.clock.now() + 2 * 86_400_000).toISOString().slice(0, 10);
  await send("POST", "/tokens", { ...token, expiry });
  expect(await accessToken(engine.context, { name: "reader" })).toMatchObject({
    expiresOn: expiry,
    value: expect.stringMatching(/^ey/),
  });
  engine.later(3 * 86_400);
  expect(await accessTokens(engine.context)).toEqual([]);
  expect(await accessTokens(engine.context, { includeExpired: true })).toEqual([
    { name: "reader", reference: expect.any(String), expiresOn: expiry },
  ]);
  await expect(accessToken(engine.context, { name: "reader" })).rejects.toThrow(
    "the access token reader has expired",
  );
  engine.later(30 * 86_400);
  expect(await accessTokens(engine.context, { includeExpired: true })).toEqual([]);
});

test("access groups that the client can see, and what it may do there", async () => {
  await begin();
  engine.restrict({ 72297: ["READ_DATA", "VIEW_NAMESPACE"] });
  expect(await accessGroups(engine.context)).toEqual([
    { groupId: 72297, groupName: "Team A", capabilities: ["READ_DATA", "VIEW_NAMESPACE"] },
  ]);
});

test("what the service refuses is an error, not an empty answer", async () => {
  await begin();
  for (const look of [
    () => database(engine.context),
    () => namespaces(engine.context, { network: "staging" }),
    () => accessTokens(engine.context),
    () => accessToken(engine.context, { name: "reader" }),
    () => accessGroups(engine.context),
  ]) {
    engine.emulator.faults.add({ kind: "status", status: 403 });
    await expect(look()).rejects.toThrow("with 403");
  }
});
