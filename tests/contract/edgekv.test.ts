/** EdgeKV as it answers everywhere: the same requests to the emulator and to a real account. Each expectation says what it rests on. */
import { z } from "zod";
import type { Reply } from "./support/client";
import { expectEdgeKvError, expectGatewayDenial } from "./support/problems";
import { MINUTES, needing, Sandbox, SOON, WORK } from "./support/sandbox";

const sandbox = new Sandbox(["edgekv"]);
const { prefix } = sandbox;
const send: Sandbox["send"] = (method, path, sent) => sandbox.send(method, `/edgekv/v1${path}`, sent);

const STAGING = "/networks/staging/namespaces";
/** The suite's own namespace, with a group of items and a token. */
const own = `${STAGING}/${prefix}`;
const group = `${own}/groups/countries`;
const item = (key: string) => `${group}/items/${key}`;
const token = `/tokens/${prefix}`;
/** More than any limit that was ever reported. */
const FAR_TOO_LONG = 8 * 1024 * 1024;
const DAY_SECONDS = 86_400;

const isStatus = (status: number) => (reply: Reply) => reply.status === status;
const member = (reply: Reply, name: string): unknown => (reply.json as Record<string, unknown>)[name];

const configuration = () => ({
  namespace: prefix,
  geoLocation: "US",
  retentionInSeconds: DAY_SECONDS,
  groupId: sandbox.groupId,
});
const tokenRequest = (changes: object = {}) => ({
  name: prefix,
  allowOnStaging: true,
  allowOnProduction: false,
  namespacePermissions: { [prefix]: ["r", "w"] },
  ...changes,
});
const text = (value: string) => ({ bytes: Buffer.from(value), headers: { "content-type": "text/plain" } });

describe("gateway", () => {
  test("a request without a signature, or with a wrong one, is denied before the API", async () => {
    // 401 with the type pep-authn/deny, request data, and no error code.
    expectGatewayDenial(await send("GET", "/tokens", { authorization: null }));
    const wrong =
      "EG1-HMAC-SHA256 client_token=a;access_token=b;timestamp=20260101T00:00:00+0000;nonce=c;signature=d";
    expectGatewayDenial(await send("GET", "/tokens", { authorization: wrong }));
  });
});

describe("initialization", () => {
  needing("emulator")("an account starts without a database, and gets one", async () => {
    // The status is read from the body: 200 or 404 carry it. Clients of others read it from a 200.
    const before = await send("GET", "/initialize");
    expect(before.json).toEqual({
      accountStatus: "UNINITIALIZED",
      cpcode: null,
      productionStatus: "UNINITIALIZED",
      stagingStatus: "UNINITIALIZED",
      dataAccessPolicy: null,
    });
    // Nothing else works before.
    expect((await send("GET", STAGING)).status).toBe(400);
    // The first request is answered 201, which is the only answer that clients of others take; then the status is looked at.
    expect((await send("PUT", "/initialize")).status).toBe(201);
    await sandbox.until(
      () => send("GET", "/initialize"),
      (reply) => member(reply, "accountStatus") === "INITIALIZED",
      WORK,
    );
    // It can be repeated: 200 for what is there already.
    const again = await send("PUT", "/initialize");
    expect([again.status, member(again, "accountStatus")]).toEqual([200, "INITIALIZED"]);
  });

  needing("edgekv")("the database tells its state, its CP code and its policy", async () => {
    const reply = await send("GET", "/initialize");
    expect([reply.status, reply.mediaType]).toEqual([200, "application/json"]);
    // The CP code is a string.
    expect(reply.json).toMatchObject({
      accountStatus: "INITIALIZED",
      productionStatus: "INITIALIZED",
      stagingStatus: "INITIALIZED",
      cpcode: expect.stringMatching(/^\d+$/),
    });
  });

  needing("emulator")("the policy of the database needs the product Standard TLS", async () => {
    // 403 EKV_1005 without the entitlement.
    const dataAccessPolicy = { restrictDataAccess: true, allowNamespacePolicyOverride: true };
    expectEdgeKvError(
      await send("PUT", "/auth/database", { json: { dataAccessPolicy } }),
      403,
      "EKV_1005",
      /Standard TLS/,
    );
    // 400 EKV_1005 where the initialization asks for it.
    const open = { dataAccessPolicy: { restrictDataAccess: false, allowNamespacePolicyOverride: false } };
    expectEdgeKvError(
      await send("PUT", "/initialize", { json: open }),
      400,
      "EKV_1005",
      /restrictDataAccess/,
    );
  });
});

describe("access groups", () => {
  needing("edgekv")("groups come with capabilities; one without any is refused", async () => {
    const Group = z.object({
      groupId: z.int(),
      groupName: z.string(),
      capabilities: z.array(z.string()).min(1),
    });
    const all = await send("GET", "/auth/groups");
    expect(all.status).toBe(200);
    const listed = all
      .as(z.object({ groups: z.array(Group) }))
      .groups.find(({ groupId }) => groupId === sandbox.groupId);
    // A single one is the bare object.
    const single = await send("GET", `/auth/groups/${sandbox.groupId}`);
    expect(single.as(Group)).toEqual(listed);
    expect(listed?.capabilities).toContain("CREATE_STAGING_NAMESPACE");
    // 403 EKV_1000 for a group in which the client may do nothing.
    expectEdgeKvError(await send("GET", "/auth/groups/2147483646"), 403, "EKV_1000", /2147483646/);
  });
});

describe("namespaces", () => {
  needing("edgekv")("one that does not exist is a bad request, not something that is not found", async () => {
    // 400 EKV_9000 on reads, and 400 EKV_1002 with the capability on deletes.
    expectEdgeKvError(await send("GET", own), 400, "EKV_9000", /does not exist/);
    expectEdgeKvError(
      await send("DELETE", `${own}?sync=true`),
      400,
      "EKV_1002",
      /'DELETE(_STAGING)?_NAMESPACE'/,
    );
    expectEdgeKvError(await send("GET", `${own}/status/scheduled-delete`), 400, "EKV_1002");
    expectEdgeKvError(
      await send("PUT", `/auth/namespaces/${prefix}`, { json: { groupId: sandbox.groupId } }),
      400,
      "EKV_1002",
      /AUTHORIZE/,
    );
    // Both of these are documented for an update.
    const update = await send("PUT", own, { json: configuration() });
    expect([update.status, member(update, "errorCode")]).toEqual(
      update.status === 409 ? [409, "EKV_3000"] : [400, "EKV_9000"],
    );
  });

  needing("edgekv")("wrong values are refused before anything is made", async () => {
    const create = (changes: object) => send("POST", STAGING, { json: { ...configuration(), ...changes } });
    // EKV_2000 is validation: retention is 0 or a day to ten years, names have letters, digits, - and _, staging is in the US.
    expectEdgeKvError(await create({ retentionInSeconds: undefined }), 400, "EKV_2000", /Retention/);
    expectEdgeKvError(await create({ retentionInSeconds: 60 }), 400, "EKV_2000");
    expectEdgeKvError(await create({ namespace: `${prefix}.dots` }), 400, "EKV_2000", /invalid characters/);
    expectEdgeKvError(
      await create({ geoLocation: "EU" }),
      400,
      "EKV_2000",
      /staging network only supports US/,
    );
    expectEdgeKvError(await create({ geoLocation: "MOON" }), 400, "EKV_2000", /geoLocation/);
  });

  needing("edgekv")("a namespace is made, and made again with the same configuration only", async () => {
    sandbox.undo(`namespace ${prefix}`, async () => {
      const reply = await send("DELETE", `${own}?sync=true`);
      // Gone already is as good.
      if (reply.status !== 200 && member(reply, "errorCode") !== "EKV_1002")
        throw new Error(`${reply.status} ${reply.text}`);
    });
    // 200, not 201, with the object.
    const made = await send("POST", STAGING, { json: configuration() });
    expect([made.status, made.mediaType]).toEqual([200, "application/json"]);
    expect(made.json).toMatchObject(configuration());
    await sandbox.until(() => send("GET", own), isStatus(200), SOON);
    // The same once more is no conflict (inferred: the conflict is documented for a different configuration alone).
    expect((await send("POST", STAGING, { json: configuration() })).status).toBe(200);
    const different = await send("POST", STAGING, {
      json: { ...configuration(), retentionInSeconds: 2 * DAY_SECONDS },
    });
    expectEdgeKvError(different, 409, "EKV_3000", /already exists with a different configuration/);
  });

  needing("edgekv")("lists tell names, and all of it when details are asked for", async () => {
    const Namespaces = z.object({ namespaces: z.array(z.record(z.string(), z.unknown())) });
    const { namespaces } = (await send("GET", STAGING)).as(Namespaces);
    expect(namespaces).toContainEqual({ namespace: prefix });
    // The namespace `default` is there after initialization.
    expect(namespaces).toContainEqual({ namespace: "default" });
    // Clients ask with `on` or with `true`.
    for (const details of ["on", "true"]) {
      const full = (await send("GET", `${STAGING}?details=${details}`)).as(Namespaces).namespaces;
      expect(full).toContainEqual(expect.objectContaining(configuration()));
    }
    const single = (await send("GET", own)).json;
    expect(single).toMatchObject({ ...configuration(), dataAccessPolicy: { policyType: "inherited" } });
  });

  needing("edgekv")("its retention can be changed, its group only by a reauthorization", async () => {
    const change = { ...configuration(), retentionInSeconds: 2 * DAY_SECONDS };
    const changed = await send("PUT", own, { json: change });
    expect([changed.status, changed.json]).toEqual([200, expect.objectContaining(change)]);
    // It takes up to five minutes.
    await sandbox.until(
      () => send("GET", own),
      (reply) => member(reply, "retentionInSeconds") === 2 * DAY_SECONDS,
      MINUTES,
    );
    // 400 EKV_3000.
    const moved = await send("PUT", own, { json: { ...change, groupId: sandbox.groupId + 1 } });
    expectEdgeKvError(moved, 400, "EKV_3000", /reauthorize/);
    // The answer is the group alone.
    const again = await send("PUT", `/auth/namespaces/${prefix}`, { json: { groupId: sandbox.groupId } });
    expect([again.status, again.json]).toEqual([200, { groupId: sandbox.groupId }]);
  });
});

describe("items", () => {
  needing("edgekv")("a group is empty until something is written", async () => {
    // 404 EKV_9000, with three wordings.
    expectEdgeKvError(await send("GET", `${own}/groups`), 404, "EKV_9000", /no groups/);
    expectEdgeKvError(await send("GET", group), 404, "EKV_9000", /empty or not found/);
    expectEdgeKvError(await send("GET", item("DE")), 404, "EKV_9000", /'DE'.*'countries'.*not found/);
  });

  needing("edgekv")("a value comes back as what it was: JSON as JSON, text byte for byte", async () => {
    // 200 with prose in one of several wordings.
    const written = await send("PUT", item("DE"), { json: { name: "Deutschland", area: 357_592 } });
    expect([written.status, written.mediaType]).toEqual([200, "text/plain"]);
    expect((await send("PUT", item("FR"), text('"La France"\n'))).status).toBe(200);
    // The same is read only after some seconds.
    const json = await sandbox.until(() => send("GET", item("DE")), isStatus(200), SOON);
    expect([json.mediaType, json.json]).toEqual(["application/json", { name: "Deutschland", area: 357_592 }]);
    const plain = await sandbox.until(() => send("GET", item("FR")), isStatus(200), SOON);
    expect(plain.mediaType).toMatch(/^text\/plain$/);
    expect(plain.text).toBe('"La France"\n');
  });

  needing("edgekv")("a later value replaces an earlier one", async () => {
    expect((await send("PUT", item("DE"), text("Germany"))).status).toBe(200);
    const reply = await sandbox.until(
      () => send("GET", item("DE")),
      (seen) => seen.text === "Germany",
      SOON,
    );
    expect(reply.mediaType).toBe("text/plain");
  });

  needing("edgekv")("keys and groups are listed as plain lists", async () => {
    const keys = await sandbox.until(
      () => send("GET", group),
      (reply) => z.array(z.string()).safeParse(reply.json).data?.length === 2,
      SOON,
    );
    expect(keys.as(z.array(z.string())).toSorted()).toEqual(["DE", "FR"]);
    // `maxItems` cuts, at random.
    expect((await send("GET", `${group}?maxItems=1`)).as(z.array(z.string()))).toHaveLength(1);
    const groups = await sandbox.until(() => send("GET", `${own}/groups`), isStatus(200), SOON);
    expect(groups.json).toEqual(["countries"]);
    // Sandboxes have no list of groups.
    expectEdgeKvError(await send("GET", `${own}/groups?sandboxId=none`), 400, "EKV_2000", /Sandbox/);
  });

  needing("edgekv")("wrong keys, unknown namespaces and values that are too long are refused", async () => {
    expectEdgeKvError(await send("PUT", item("a.b"), text("x")), 400, "EKV_9000", /Key must only use/);
    expectEdgeKvError(
      await send("PUT", `${own}/groups/a.b/items/c`, text("x")),
      400,
      "EKV_9000",
      /Group must only use/,
    );
    expectEdgeKvError(
      await send("PUT", `${STAGING}/${prefix}-none/groups/a/items/b`, text("x")),
      400,
      "EKV_9000",
    );
    // The error names the limit, which is 262,144 characters in the documentation and may have been raised.
    expectEdgeKvError(
      await send("PUT", item("long"), text("x".repeat(FAR_TOO_LONG))),
      413,
      "EKV_9000",
      /cannot exceed \d+/,
    );
  });

  needing("edgekv")("an upload writes many items as a job, and a download reads them", async () => {
    // 202 with the job and its address (inferred: members of the body, where the job is, and its states).
    const body = Buffer.from(`bulk,one,"a, ""b"""\r\nbulk,two,2\r\nbulk,no key,3\r\n`);
    const csv = { bytes: body, headers: { "content-type": "text/csv" } };
    const started = await send("POST", `${own}/upload`, csv);
    expect([started.status, started.json]).toMatchObject([202, { jobType: "UPLOAD" }]);
    const { jobId } = started.as(z.object({ jobId: z.string() }));
    expect(String(started.headers.location)).toContain(jobId);
    const ended = await sandbox.until(
      () => send("GET", `${own}/jobs/${jobId}?includeErrors=true&maxItems=10`),
      (reply) => /COMPLETED|FAILED/.test(String(member(reply, "jobStatus"))),
      WORK,
    );
    expect([ended.status, ended.json]).toMatchObject([207, { successesCount: 2, errorsCount: 1 }]);
    const jobs = (await send("GET", `${own}/upload`)).as(
      z.object({ jobs: z.array(z.object({ jobId: z.string() })) }),
    );
    expect(jobs.jobs.map((job) => job.jobId)).toContain(jobId);
    const accept = { headers: { accept: "text/csv" } };
    const has = (pattern: RegExp) => (reply: Reply) => reply.status === 200 && pattern.test(reply.text);
    const downloaded = await sandbox.until(
      () => send("GET", `${own}/groups/bulk/download`, accept),
      has(/two/),
      SOON,
    );
    expect(downloaded.mediaType).toBe("text/csv");
    expect(downloaded.text).toMatch(/^bulk,one,"a, ""b"""\r?$/m);
    await sandbox.until(() => send("GET", `${own}/download`, accept), has(/^bulk,two,/m), SOON);
    for (const key of ["one", "two"]) await send("DELETE", `${own}/groups/bulk/items/${key}`);
    await sandbox.until(() => send("GET", `${own}/groups/bulk`), isStatus(404), SOON);
  });

  needing("edgekv")("a deleted item is gone after a while, its group with the last one", async () => {
    const deleted = await send("DELETE", item("FR"));
    expect([deleted.status, deleted.mediaType]).toEqual([200, "text/plain"]);
    await sandbox.until(() => send("GET", item("FR")), isStatus(404), SOON);
    // To delete what is not there is no error (inferred: none is documented).
    expect((await send("DELETE", item("FR"))).status).toBe(200);
    expect((await send("DELETE", item("DE"))).status).toBe(200);
    const none = await sandbox.until(() => send("GET", `${own}/groups`), isStatus(404), SOON);
    expectEdgeKvError(none, 404, "EKV_9000");
  });
});

describe("access tokens", () => {
  needing("edgekv")("wrong requests are refused before anything is made", async () => {
    const create = (changes: object) => send("POST", "/tokens", { json: tokenRequest(changes) });
    expectEdgeKvError(
      await create({ namespacePermissions: { [prefix]: ["x"] } }),
      400,
      "EKV_2000",
      /Invalid permission/,
    );
    // Its namespaces have to exist (the code is inferred).
    expectEdgeKvError(await create({ namespacePermissions: { [`${prefix}-none`]: ["r"] } }), 400, "EKV_2000");
    // 422 EKV_2001 for a body that is no JSON, or names an attribute twice.
    const twice = Buffer.from(`{"name":"${prefix}","name":"${prefix}"}`);
    for (const bytes of [twice, Buffer.from("{")])
      expectEdgeKvError(await send("POST", "/tokens", { bytes }), 422, "EKV_2001", /syntax|duplicate/);
    // 404 EKV_3000 for what is not there, 400 EKV_2000 for what can't be.
    expectEdgeKvError(await send("GET", token), 404, "EKV_3000");
    expectEdgeKvError(await send("GET", "/tokens/a.b"), 400, "EKV_2000");
    // No tokens are 404 EKV_3000, or an empty list.
    const list = await send("GET", "/tokens?includeExpired=true");
    if (list.status === 404) expectEdgeKvError(list, 404, "EKV_3000", /No tokens/);
    else
      expect(
        list.as(z.object({ tokens: z.array(z.object({ name: z.string() })) })).tokens.map(({ name }) => name),
      ).not.toContain(prefix);
  });

  needing("edgekv")("a token is made without a secret, and becomes valid after a while", async () => {
    sandbox.undo(`token ${prefix}`, async () => {
      const reply = await send("DELETE", token);
      if (reply.status !== 200 && reply.status !== 404) throw new Error(`${reply.status} ${reply.text}`);
    });
    // 200; tokens of today have no value, do not expire and refer to themselves by their uuid.
    const made = await send("POST", "/tokens", { json: tokenRequest() });
    expect([made.status, made.mediaType]).toEqual([200, "application/json"]);
    expect(made.json).toMatchObject({
      name: prefix,
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      expiry: "9999-12-31",
      tokenActivationStatus: "IN_PROGRESS",
      issueDate: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
      nextScheduledRefreshDate: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
      allowOnStaging: true,
      allowOnProduction: false,
    });
    // Permissions are a set, by plain names.
    const { namespacePermissions } = made.as(
      z.object({ namespacePermissions: z.record(z.string(), z.array(z.string())) }),
    );
    expect([Object.keys(namespacePermissions), namespacePermissions[prefix]?.toSorted()]).toEqual([
      [prefix],
      ["r", "w"],
    ]);
    expect(made.json).not.toHaveProperty("value");
    expectEdgeKvError(
      await send("POST", "/tokens", { json: tokenRequest() }),
      409,
      "EKV_3000",
      /already stored/,
    );

    const valid = await sandbox.until(
      () => send("GET", token),
      (reply) => reply.status === 200 && member(reply, "tokenActivationStatus") === "COMPLETE",
      WORK,
    );
    expect(member(valid, "uuid")).toBe(member(made, "uuid"));
  });

  needing("edgekv")("lists leave out the permissions", async () => {
    const all = await sandbox.until(
      () => send("GET", "/tokens"),
      (reply) => reply.status === 200 && reply.text.includes(`"${prefix}"`),
      SOON,
    );
    const Tokens = z.object({ tokens: z.array(z.looseObject({ name: z.string() })) });
    const listed = all.as(Tokens).tokens.find(({ name }) => name === prefix);
    expect(listed).toMatchObject({ uuid: expect.any(String), expiry: "9999-12-31" });
    expect(listed).not.toHaveProperty("namespacePermissions");
  });

  needing("edgekv")("a refresh keeps its name and reference", async () => {
    const before = (await send("GET", token)).as(z.object({ uuid: z.string() }));
    // 200 with the whole token, which is in progress again.
    const refreshed = await send("POST", `${token}/refresh`);
    expect([refreshed.status, refreshed.json]).toEqual([
      200,
      expect.objectContaining({ uuid: before.uuid, tokenActivationStatus: "IN_PROGRESS" }),
    ]);
    expect(member(refreshed, "latestRefreshDate")).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expectEdgeKvError(await send("POST", `/tokens/${prefix}-none/refresh`), 404, "EKV_3000");
  });

  needing("edgekv")("a revoked token is gone", async () => {
    const { uuid } = (await send("GET", token)).as(z.object({ uuid: z.string() }));
    const revoked = await send("DELETE", token);
    expect([revoked.status, revoked.json]).toEqual([200, { name: prefix, uuid }]);
    const none = await sandbox.until(() => send("GET", token), isStatus(404), SOON);
    expectEdgeKvError(none, 404, "EKV_3000");
    expectEdgeKvError(await send("DELETE", token), 404, "EKV_3000");
  });
});

describe("the end of a namespace", () => {
  needing("edgekv")("the namespace `default` stays as it is", async () => {
    // EKV_2000 (inferred: clients refuse it by themselves).
    const change = { namespace: "default", retentionInSeconds: DAY_SECONDS };
    expectEdgeKvError(await send("PUT", `${STAGING}/default`, { json: change }), 400, "EKV_2000");
  });

  needing("edgekv")("a delete comes in three days, and closes the namespace at once", async () => {
    // 202 with the time.
    const asked = await send("DELETE", own);
    expect(asked.status).toBe(202);
    const { scheduledDeleteTime } = asked.as(z.object({ scheduledDeleteTime: z.iso.datetime() }));
    const seen = await sandbox.until(
      () => send("GET", `${own}/status/scheduled-delete`),
      isStatus(200),
      SOON,
    );
    expect(seen.json).toEqual({ scheduledDeleteTime });
    // The header tells the seconds that are left: the only clock that is the service's own.
    const left = Number(seen.headers["retry-after"]);
    expect(left).toBeGreaterThan(3 * DAY_SECONDS - 3600);
    expect(left).toBeLessThanOrEqual(3 * DAY_SECONDS);
    // Reads and writes of items stop (the status is inferred).
    expect((await send("PUT", item("DE"), text("x"))).status).toBe(400);
    // Its name is taken (the status is inferred).
    expect((await send("POST", STAGING, { json: configuration() })).status).toBe(409);
  });

  needing("edgekv")("the time can be moved, not further away than three days", async () => {
    const at = `${own}/status/scheduled-delete`;
    const { scheduledDeleteTime } = (await send("GET", at)).as(z.object({ scheduledDeleteTime: z.string() }));
    const moved = (days: number) => ({
      scheduledDeleteTime: new Date(
        Date.parse(scheduledDeleteTime) + days * DAY_SECONDS * 1000,
      ).toISOString(),
    });
    const sooner = await send("PUT", at, { json: moved(-1) });
    expect([sooner.status, Date.parse(String(member(sooner, "scheduledDeleteTime")))]).toEqual([
      200,
      Date.parse(moved(-1).scheduledDeleteTime),
    ]);
    expect(Number(sooner.headers["retry-after"])).toBeLessThanOrEqual(2 * DAY_SECONDS);
    // 4xx; the code is inferred, as is that a time in the past is refused.
    for (const days of [1, -4])
      expectEdgeKvError(await send("PUT", at, { json: moved(days) }), 400, "EKV_2000");
  });

  needing("edgekv")("it can be called off", async () => {
    // 204 without a body; it takes up to five minutes.
    const cancelled = await send("DELETE", `${own}/status/scheduled-delete`);
    expect([cancelled.status, cancelled.text]).toEqual([204, ""]);
    await sandbox.until(
      () => send("GET", own),
      (reply) => reply.status === 200 && !("scheduledDeleteTime" in (reply.json as object)),
      MINUTES,
    );
    // 404 without a schedule (inferred).
    const none = await sandbox.until(
      () => send("GET", `${own}/status/scheduled-delete`),
      isStatus(404),
      MINUTES,
    );
    expectEdgeKvError(none, 404, "EKV_3000");
  });

  needing("edgekv")("a delete at once says what it did", async () => {
    // 200 with `sync=true`.
    const deleted = await send("DELETE", `${own}?sync=true`);
    expect([deleted.status, deleted.json]).toEqual([
      200,
      expect.objectContaining({
        operationPerformed: "DELETED",
        description: expect.stringContaining(prefix),
      }),
    ]);
    const none = await sandbox.until(() => send("GET", own), isStatus(400), MINUTES);
    expectEdgeKvError(none, 400, "EKV_9000");
  });
});

describe("all of it", () => sandbox.closing());
