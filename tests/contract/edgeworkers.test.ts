/** EdgeWorkers as they answer everywhere. Each expectation says what it rests on. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { bundle, files, manifest } from "../emulator/edgeworkers/support/bundle";
import type { Reply } from "./support/client";
import { expectEdgeWorkersError, expectGatewayDenial } from "./support/problems";
import { needing, Sandbox, SOON, WORK } from "./support/sandbox";

const sandbox = new Sandbox(["edgeworkers"]);
const { prefix } = sandbox;
const send: Sandbox["send"] = (method, path, sent) => sandbox.send(method, `/edgeworkers/v1${path}`, sent);

/** The suite's own ID, once it is made. */
let id = 0;
const own = (path = "") => `/ids/${id}${path}`;
const gzip = (bytes: Buffer) => ({ bytes, headers: { "content-type": "application/gzip" } });
/** The bytes of a version; they differ by its name. */
const code = (version: string) => bundle(files({}, version));
const isStatus = (status: number) => (reply: Reply) => reply.status === status;
const UTC_SECONDS = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

const EdgeWorker = z.looseObject({
  edgeWorkerId: z.int().min(1),
  name: z.string(),
  groupId: z.int(),
  resourceTierId: z.int(),
});
const EdgeWorkers = z.object({ edgeWorkerIds: z.array(EdgeWorker) });
const Version = z.looseObject({ version: z.string(), checksum: z.string(), sequenceNumber: z.int() });
const Findings = z.object({
  errors: z.array(z.object({ type: z.string(), message: z.string() })),
  warnings: z.array(z.object({ type: z.string() })),
});

const Deployment = z.looseObject({
  status: z.string(),
  activationId: z.int().optional(),
  deactivationId: z.int().optional(),
});
const Activations = z.object({
  activations: z.array(z.looseObject({ version: z.string(), status: z.string() })),
});
const ONGOING = ["PRESUBMIT", "PENDING", "IN_PROGRESS"];
const place = (version: string) => ({ json: { network: "STAGING", version, note: "contract" } });

/** The version that is on staging, if any. */
async function liveVersions(edgeWorkerId: number): Promise<string[]> {
  const reply = await send("GET", `/ids/${edgeWorkerId}/activations?network=STAGING&activeOnNetwork=true`);
  return reply.as(Activations).activations.map(({ version }) => version);
}

const completed = (path: string) =>
  sandbox.until(
    () => send("GET", path),
    (reply) => reply.status === 200 && reply.as(Deployment).status === "COMPLETE",
    WORK,
  );

describe("gateway", () => {
  test("a request without a signature is denied before the API", async () => {
    expectGatewayDenial(await send("GET", "/groups", { authorization: null }));
  });
});

describe("what an account has", () => {
  needing("edgeworkers")("groups tell what may be done in them", async () => {
    const Group = z.object({
      groupId: z.int(),
      groupName: z.string(),
      capabilities: z.array(z.string()).min(1),
    });
    const { groups } = (await send("GET", "/groups")).as(z.object({ groups: z.array(Group) }));
    const listed = groups.find(({ groupId }) => groupId === sandbox.groupId);
    expect(listed?.capabilities).toEqual(
      expect.arrayContaining(["VIEW", "EDIT", "VIEW_VERSION", "CREATE_VERSION", "VIEW_ACTIVATION"]),
    );
    // A single one is the bare object.
    const single = (await send("GET", `/groups/${sandbox.groupId}`)).as(Group);
    expect({ ...single, capabilities: single.capabilities.toSorted() }).toEqual({
      ...listed,
      capabilities: listed?.capabilities.toSorted(),
    });
    // EW2001 says that there is no such group (its status is inferred).
    expectEdgeWorkersError(await send("GET", "/groups/2147483646"), 404, "EW2001");
  });

  needing("edgeworkers")("contracts come without prefix, and lead to resource tiers", async () => {
    const { contractIds } = (await send("GET", "/contracts")).as(
      z.object({ contractIds: z.array(z.string()) }),
    );
    expect(contractIds).toContain(sandbox.contractId);
    expect(contractIds.filter((contract) => contract.startsWith("ctr_"))).toEqual([]);
    const Limit = z.object({
      limitName: z.string(),
      limitValue: z.number(),
      limitUnit: z.enum(["BYTE", "MILLISECOND", "COUNT"]),
    });
    const Tier = z.object({
      resourceTierId: z.int(),
      resourceTierName: z.string(),
      edgeWorkerLimits: z.array(Limit).min(1),
    });
    const tiers = await send("GET", `/resource-tiers?contractId=${sandbox.contractId}`);
    expect(
      tiers
        .as(z.object({ resourceTiers: z.array(Tier).min(1) }))
        .resourceTiers.map((tier) => tier.resourceTierId),
    ).toContain(sandbox.resourceTierId);
    // The contract has to be named.
    expectEdgeWorkersError(await send("GET", "/resource-tiers"), 400);
  });

  needing("edgeworkers")("limits have ids", async () => {
    const Limits = z.object({
      limits: z.array(z.object({ limitId: z.string(), limitName: z.string(), limitValue: z.number() })),
    });
    const ids = (await send("GET", "/limits")).as(Limits).limits.map(({ limitId }) => limitId);
    expect(ids).toEqual(expect.arrayContaining(["ew-id-per-account-limit", "version-per-ew-id-limit"]));
  });
});

describe("EdgeWorker IDs", () => {
  needing("edgeworkers")("what is not there is not found", async () => {
    // 404 EW2002, with a sentence as title.
    for (const path of ["", "/versions", "/versions/1.0", "/activations", "/resource-tier", "/properties"]) {
      expectEdgeWorkersError(await send("GET", `/ids/999999999${path}`), 404, "EW2002");
    }
    expectEdgeWorkersError(await send("DELETE", "/ids/999999999"), 404, "EW2002");
  });

  needing("edgeworkers")("an ID is made with 201 and the address of it", async () => {
    const wanted = {
      groupId: sandbox.groupId,
      name: prefix,
      resourceTierId: sandbox.resourceTierId,
      description: "contract",
    };
    expectEdgeWorkersError(await send("POST", "/ids", { json: { ...wanted, name: undefined } }), 400);
    // At most 128 characters.
    expectEdgeWorkersError(
      await send("POST", "/ids", { json: { ...wanted, description: "d".repeat(129) } }),
      400,
    );

    // Found again by name: the answer may be lost.
    sandbox.undo(`EdgeWorker IDs ${prefix}`, async () => {
      const { edgeWorkerIds } = (await send("GET", "/ids")).as(EdgeWorkers);
      for (const one of edgeWorkerIds.filter(({ name }) => name.startsWith(prefix)))
        await remove(one.edgeWorkerId);
    });
    const made = await send("POST", "/ids", { json: wanted });
    expect([made.status, made.mediaType]).toEqual([201, "application/json"]);
    id = made.as(EdgeWorker).edgeWorkerId;
    expect(made.json).toMatchObject({
      ...wanted,
      accountId: expect.any(String),
      createdBy: expect.any(String),
      createdTime: expect.stringMatching(UTC_SECONDS),
      lastModifiedBy: expect.any(String),
      lastModifiedTime: expect.stringMatching(UTC_SECONDS),
    });
    expect(made.headers.location).toMatch(new RegExp(`/ids/${id}$`));
    const read = await sandbox.until(() => send("GET", own()), isStatus(200), SOON);
    expect(read.json).toMatchObject(wanted);
    const { edgeWorkerIds } = (await send("GET", `/ids?groupId=${sandbox.groupId}`)).as(EdgeWorkers);
    expect(edgeWorkerIds.map((one) => one.edgeWorkerId)).toContain(id);
    expect(edgeWorkerIds.filter(({ groupId }) => groupId !== sandbox.groupId)).toEqual([]);
  });

  needing("edgeworkers")("its name can be changed, its resource tier can't", async () => {
    const name = `${prefix}-renamed`;
    const changed = await send("PUT", own(), { json: { groupId: sandbox.groupId, name } });
    expect([changed.status, changed.as(EdgeWorker).name]).toEqual([200, name]);
    await sandbox.until(
      () => send("GET", own()),
      (reply) => reply.as(EdgeWorker).name === name,
      SOON,
    );
    // Sent with another tier it is 400: another tier takes a clone.
    const other = { groupId: sandbox.groupId, name, resourceTierId: sandbox.resourceTierId + 1 };
    expectEdgeWorkersError(await send("PUT", own(), { json: other }), 400);
    const tier = (await send("GET", own("/resource-tier"))).as(z.looseObject({ resourceTierId: z.int() }));
    expect(tier.resourceTierId).toBe(sandbox.resourceTierId);
  });

  needing("edgeworkers")("a clone is another ID, which knows its source", async () => {
    const cloned = await send("POST", own("/clone"), {
      json: { resourceTierId: sandbox.resourceTierId, name: `${prefix}-clone` },
    });
    // 201 in the documentation, 200 in clients of others: both are success.
    expect([200, 201]).toContain(cloned.status);
    const clone = cloned.as(EdgeWorker);
    expect(clone).toMatchObject({
      sourceEdgeWorkerId: id,
      name: `${prefix}-clone`,
      groupId: sandbox.groupId,
    });
    await sandbox.until(() => send("GET", `/ids/${clone.edgeWorkerId}`), isStatus(200), SOON);
    // 204 without a body.
    const deleted = await send("DELETE", `/ids/${clone.edgeWorkerId}`);
    expect([deleted.status, deleted.text]).toEqual([204, ""]);
    expectEdgeWorkersError(
      await sandbox.until(() => send("GET", `/ids/${clone.edgeWorkerId}`), isStatus(404), SOON),
      404,
      "EW2002",
    );
  });

  needing("edgeworkers")("no property uses it", async () => {
    const reply = await send("GET", own("/properties?activeOnly=true"));
    expect([reply.status, reply.json]).toEqual([
      200,
      { properties: [], limitedAccessToProperties: expect.any(Boolean) },
    ]);
  });
});

describe("validation of bundles", () => {
  const findings = async (bytes: Buffer): Promise<string[]> => {
    const reply = await send("POST", "/validations", gzip(bytes));
    // Always 200.
    expect(reply.status).toBe(200);
    return reply.as(Findings).errors.map(({ type }) => type);
  };

  needing("edgeworkers")("a good bundle has no findings", async () => {
    const reply = await send("POST", "/validations", gzip(await code("1.0")));
    expect([reply.status, reply.json]).toEqual([200, { errors: [], warnings: [] }]);
  });

  needing("edgeworkers")("findings have types", async () => {
    expect(await findings(Buffer.from("no archive"))).toContain("INVALID_GZIP_FORMAT");
    expect(await findings(await bundle(files({ "main.js": undefined })))).toContain(
      "MISSING_MANDATORY_FILES",
    );
    expect(await findings(await bundle(files({ "bundle.json": "{}" })))).toContain("INVALID_MANIFEST");
    const importing =
      'import { EdgeKV } from "./edgekv.js"; export const onClientRequest = () => new EdgeKV();';
    expect(await findings(await bundle(files({ "main.js": importing })))).toContain("EDGEKV_FILE_MISSING");
  });
});

describe("versions", () => {
  needing("edgeworkers")("an upload is stored as it is, under the name in its manifest", async () => {
    const bytes = await code("1.0");
    const made = await send("POST", own("/versions"), gzip(bytes));
    expect([made.status, made.headers.location]).toEqual([
      201,
      expect.stringMatching(new RegExp(`/ids/${id}/versions/1\\.0$`)),
    ]);
    // The checksum is the SHA-256 of the bytes, in small letters; versions are numbered in the order of uploads.
    expect(made.json).toMatchObject({
      edgeWorkerId: id,
      version: "1.0",
      checksum: createHash("sha256").update(bytes).digest("hex"),
      sequenceNumber: 1,
      createdBy: expect.any(String),
      createdTime: expect.stringMatching(UTC_SECONDS),
    });
    const read = await sandbox.until(() => send("GET", own("/versions/1.0")), isStatus(200), SOON);
    expect(read.json).toEqual(made.json);
    // The same bytes come back (inferred, from the checksum).
    const content = await send("GET", own("/versions/1.0/content"), {
      headers: { accept: "application/gzip" },
    });
    expect([content.status, content.mediaType]).toEqual([200, expect.stringContaining("gzip")]);
    expect(content.bytes.equals(bytes)).toBe(true);
  });

  needing("edgeworkers")("a name is taken for ever", async () => {
    // 400 EW1011 for a version that is there.
    expectEdgeWorkersError(await send("POST", own("/versions"), gzip(await code("1.0"))), 400, "EW1011");
    expect((await send("POST", own("/versions"), gzip(await code("2.0")))).as(Version).sequenceNumber).toBe(
      2,
    );
    await sandbox.until(() => send("GET", own("/versions/2.0")), isStatus(200), SOON);
    const deleted = await send("DELETE", own("/versions/2.0"));
    expect([deleted.status, deleted.text]).toEqual([204, ""]);
    const none = await sandbox.until(() => send("GET", own("/versions/2.0")), isStatus(404), SOON);
    // EW2002 and EW2003 both say so.
    expectEdgeWorkersError(none, 404);
    // And for one that was deleted.
    expectEdgeWorkersError(await send("POST", own("/versions"), gzip(await code("2.0"))), 400, "EW1011");
    const { versions } = (await send("GET", own("/versions"))).as(z.object({ versions: z.array(Version) }));
    expect(versions.map(({ version }) => version)).toEqual(["1.0"]);
  });

  needing("edgeworkers")("an upload is validated", async () => {
    // 400 with codes from EW1101 on (the status is inferred).
    const noManifest = await bundle(files({ "bundle.json": manifest("a b") }));
    expectEdgeWorkersError(await send("POST", own("/versions"), gzip(noManifest)), 400, "EW1107");
    expectEdgeWorkersError(
      await send("POST", own("/versions"), gzip(Buffer.from("no archive"))),
      400,
      "EW1103",
    );
  });

  needing("edgeworkers")("what is not there can't be deleted, nor an ID that has versions", async () => {
    expectEdgeWorkersError(await send("DELETE", own("/versions/9.9")), 404, "EW2002");
    // Refused with 400 or 404 (inferred: clients delete the versions first).
    const refused = await send("DELETE", own());
    expect([400, 404]).toContain(refused.status);
    expectEdgeWorkersError(refused, refused.status);
  });
});

describe("activations on staging", () => {
  const live = () => liveVersions(id);
  const activate = async (version: string): Promise<void> => {
    const { activationId } = (await send("POST", own("/activations"), place(version))).as(Deployment);
    await completed(own(`/activations/${activationId}`));
  };

  needing("edgeworkers")("an ID that was never activated has no activations", async () => {
    expect((await send("GET", own("/activations"))).json).toEqual({ activations: [] });
    expect((await send("GET", own("/deactivations"))).json).toEqual({ deactivations: [] });
    // EW2004 (its status is inferred).
    expectEdgeWorkersError(await send("GET", own("/activations/999")), 404);
    expectEdgeWorkersError(await send("GET", own("/deactivations/999")), 404);
    expectEdgeWorkersError(await send("POST", own("/activations"), place("9.9")), 404);
    expectEdgeWorkersError(
      await send("POST", own("/activations"), { json: { network: "MOON", version: "1.0" } }),
      400,
    );
  });

  needing("edgeworkers", "activation")("an activation goes its way, one at a time", async () => {
    const asked = await send("POST", own("/activations"), place("1.0"));
    expect([asked.status, asked.json]).toEqual([
      201,
      expect.objectContaining({
        edgeWorkerId: id,
        version: "1.0",
        network: "STAGING",
        status: "PRESUBMIT",
        note: "contract",
        createdTime: expect.stringMatching(UTC_SECONDS),
        lastModifiedTime: expect.stringMatching(UTC_SECONDS),
      }),
    ]);
    const { activationId } = asked.as(Deployment);
    expect(asked.headers.location).toMatch(new RegExp(`/ids/${id}/activations/${activationId}$`));
    // 400 EW1021 while it goes on.
    expectEdgeWorkersError(await send("POST", own("/activations"), place("1.0")), 400, "EW1021");
    await completed(own(`/activations/${activationId}`));
    expect(await live()).toEqual(["1.0"]);
    // 400 EW1022 when it is live (the status is inferred).
    expectEdgeWorkersError(await send("POST", own("/activations"), place("1.0")), 400, "EW1022");
    // What is live stays.
    const refused = await send("DELETE", own("/versions/1.0"));
    expectEdgeWorkersError(refused, refused.status === 404 ? 404 : 400);
  });

  needing("edgeworkers", "activation")(
    "another version takes its place, and a rollback takes it back",
    async () => {
      expect((await send("POST", own("/versions"), gzip(await code("3.0")))).status).toBe(201);
      await sandbox.until(() => send("GET", own("/versions/3.0")), isStatus(200), SOON);
      await activate("3.0");
      expect(await live()).toEqual(["3.0"]);
      // A superseded activation stays COMPLETE in the list.
      const { activations } = (await send("GET", own("/activations?version=1.0"))).as(
        z.object({ activations: z.array(Deployment) }),
      );
      expect(activations.map(({ status }) => status)).toEqual(["COMPLETE"]);
      const back = await send("POST", own("/activations/rollback"), {
        json: { network: "STAGING", note: "back" },
      });
      expect([back.status, back.json]).toEqual([201, expect.objectContaining({ version: "1.0" })]);
      await completed(own(`/activations/${back.as(Deployment).activationId}`));
      expect(await live()).toEqual(["1.0"]);
    },
  );

  // How long it can be cancelled is up to the service: on a real account the moment may be gone.
  needing(
    "edgeworkers",
    "activation",
    "emulator",
  )("an activation that has only begun can be cancelled", async () => {
    const { activationId } = (await send("POST", own("/activations"), place("3.0"))).as(Deployment);
    await sandbox.until(() => send("GET", own(`/activations/${activationId}`)), isStatus(200), SOON);
    const cancelled = await send("DELETE", own(`/activations/${activationId}`));
    // Two spellings are known.
    expect([cancelled.status, cancelled.as(Deployment).status]).toEqual([
      200,
      expect.stringMatching(/^CANCELL?ED$/),
    ]);
    expectEdgeWorkersError(await send("DELETE", own(`/activations/${activationId}`)), 400);
    expect(await live()).toEqual(["1.0"]);
  });

  needing("edgeworkers", "activation")("a deactivation goes its way too", async () => {
    const asked = await send("POST", own("/deactivations"), place("1.0"));
    expect([asked.status, asked.json]).toEqual([
      201,
      expect.objectContaining({ version: "1.0", network: "STAGING", status: "PRESUBMIT" }),
    ]);
    const { deactivationId } = asked.as(Deployment);
    // 400 EW1031 while it goes on, EW1032 afterwards (the statuses are inferred).
    expectEdgeWorkersError(await send("POST", own("/deactivations"), place("1.0")), 400, "EW1031");
    await completed(own(`/deactivations/${deactivationId}`));
    expectEdgeWorkersError(await send("POST", own("/deactivations"), place("1.0")), 400, "EW1032");
    expect(await live()).toEqual([]);
  });
});

describe("revisions of what was activated on staging", () => {
  const Revision = z.looseObject({
    edgeWorkerId: z.int(),
    version: z.string(),
    activationId: z.int(),
    revisionId: z.string(),
    checksum: z.string(),
    network: z.string(),
    revisionActivationStatus: z.string(),
  });
  const Revisions = z.object({ revisions: z.array(Revision) });
  const list = async (query = "") => (await send("GET", own(`/revisions${query}`))).as(Revisions).revisions;
  const revision = async (version: string) => {
    const found = await list(`?network=STAGING&version=${version}`);
    return found.find((one) => one.revisionActivationStatus === "COMPLETE")?.revisionId ?? "";
  };

  needing("edgeworkers", "activation")("each activation has one, with the bundle that it runs", async () => {
    const all = await list();
    expect(all.map(({ version }) => version)).toEqual(expect.arrayContaining(["1.0", "3.0"]));
    const revisionId = await revision("3.0");
    const single = await send("GET", own(`/revisions/${revisionId}`));
    expect(single.as(Revision)).toEqual(all.find((one) => one.revisionId === revisionId));
    expect(single.json).toMatchObject({
      edgeWorkerId: id,
      createdTime: expect.stringMatching(UTC_SECONDS),
      lastModifiedTime: expect.stringMatching(UTC_SECONDS),
    });
    const content = await send("GET", own(`/revisions/${revisionId}/content`), {
      headers: { accept: "application/gzip" },
    });
    expect([content.status, content.mediaType]).toEqual([200, expect.stringContaining("gzip")]);
    // 404 for one that is not there (inferred: no error of theirs is documented).
    for (const path of ["", "/bom", "/content"])
      expectEdgeWorkersError(await send("GET", own(`/revisions/999-1${path}`)), 404);
  });

  needing("edgeworkers", "activation")("a bill of materials, and what differs between two", async () => {
    const Bom = z.looseObject({
      edgeWorkerId: z.int(),
      version: z.string(),
      dependencies: z.looseObject({}),
    });
    const [first, third] = [await revision("1.0"), await revision("3.0")];
    const query = "?includeActiveVersions=true&includePinnedRevisions=true";
    const bom = (await send("GET", own(`/revisions/${third}/bom${query}`))).as(Bom);
    expect(bom).toMatchObject({ edgeWorkerId: id, version: "3.0", dependencies: {} });
    const compared = await send("POST", own(`/revisions/${third}/compare`), { json: { revisionId: first } });
    expect([compared.status, compared.json]).toEqual([200, expect.objectContaining({ dependencies: {} })]);
    expectEdgeWorkersError(await send("POST", own(`/revisions/${third}/compare`), { json: {} }), 400);
  });

  needing("edgeworkers", "activation")("one is pinned, and unpinned", async () => {
    const revisionId = await revision("3.0");
    const at = (verb: string) => own(`/revisions/${revisionId}/${verb}`);
    const pinned = await send("POST", at("pin"), { json: { pinNote: "contract" } });
    expect([pinned.status, pinned.json]).toEqual([
      200,
      expect.objectContaining({
        revisionId,
        pinNote: "contract",
        pinnedTime: expect.stringMatching(UTC_SECONDS),
      }),
    ]);
    expect((await list("?currentlyPinned=true")).map((one) => one.revisionId)).toEqual([revisionId]);
    const unpinned = await send("POST", at("unpin"), { json: { unpinNote: "contract" } });
    expect([unpinned.status, unpinned.json]).toEqual([
      200,
      expect.objectContaining({ revisionId, unpinNote: "contract" }),
    ]);
    expect(await list("?currentlyPinned=true")).toEqual([]);
    expect((await list("?pinnedOnly=true")).map((one) => one.revisionId)).toEqual([revisionId]);
  });

  needing("edgeworkers", "activation")("one that was active is brought back", async () => {
    const RevisionActivations = z.object({
      revisionActivations: z.array(z.looseObject({ revisionId: z.string(), status: z.string() })),
    });
    const revisionId = await revision("3.0");
    const reply = await send("POST", own("/revisions/activations"), { json: { revisionId, note: "back" } });
    expect([reply.status, reply.json]).toEqual([
      200,
      expect.objectContaining({ edgeWorkerId: id, revisionId, version: "3.0", status: "PRESUBMIT" }),
    ]);
    await sandbox.until(
      () => send("GET", own("/revisions/activations?version=3.0")),
      (listed) =>
        listed.as(RevisionActivations).revisionActivations.every(({ status }) => !ONGOING.includes(status)),
      WORK,
    );
    expect(await liveVersions(id)).toEqual(["3.0"]);
    expectEdgeWorkersError(await send("POST", own("/revisions/activations"), { json: {} }), 400);
  });
});

describe("what helps to find mistakes", () => {
  needing("edgeworkers", "activation")("the log level on a network", async () => {
    // These come from Akamai's command line alone: its fixtures and its requests.
    const Logging = z.looseObject({ loggingId: z.string(), level: z.string(), status: z.string() });
    const made = await send("POST", own("/loggings"), { json: { level: "DEBUG", network: "STAGING" } });
    expect([made.status, made.as(Logging).level]).toEqual([201, "DEBUG"]);
    const { loggingId } = made.as(Logging);
    expect((await send("GET", own("/loggings"))).as(z.array(Logging))).toHaveLength(1);
    const single = await send("GET", own(`/loggings/${loggingId}`));
    expect(single.as(Logging).loggingId).toBe(loggingId);
    expectEdgeWorkersError(await send("POST", own("/loggings"), { json: { level: "LOUD" } }), 400);
  });

  needing("edgeworkers")("customers of an ID that is not shared", async () => {
    expect((await send("GET", own("/active-customers"))).status).toBe(200);
  });

  needing("edgeworkers", "property")("a token for enhanced debug headers", async () => {
    const Token = z.object({ akamaiEwTrace: z.string().startsWith("ey") });
    const { propertyId } = sandbox.property;
    const byProperty = await send("POST", "/secure-token", {
      json: { propertyId: propertyId.replace(/^prp_/, ""), expiry: 5 },
    });
    expect([byProperty.status, Object.keys(byProperty.as(Token))]).toEqual([201, ["akamaiEwTrace"]]);
    // 400 EW4807 for a host name that no property has.
    const unknown = await send("POST", "/secure-token", { json: { hostname: `${prefix}.example.net` } });
    expect([unknown.status, unknown.json]).toEqual([400, expect.objectContaining({ errorCode: "EW4807" })]);
    const older = await send("GET", `/secure-token/${propertyId.replace(/^prp_/, "")}?expiry=5`);
    expect([older.status, Object.keys(older.as(Token))]).toEqual([200, ["akamaiEwTrace"]]);
  });

  needing("edgeworkers")("reports are listed, and read for a time", async () => {
    const Report = z.looseObject({ reportId: z.int(), name: z.string() });
    const { reports } = (await send("GET", "/reports")).as(z.object({ reports: z.array(Report) }));
    expect(reports.map(({ reportId }) => reportId)).toEqual(expect.arrayContaining([1, 2, 3, 4]));
    const period = "start=2026-01-01T00:00:00Z&end=2026-01-02T00:00:00Z";
    for (const { reportId } of reports) {
      const read = await send("GET", `/reports/${reportId}?${period}&edgeWorker=${id}&status=success`);
      expect(read.as(Report).reportId).toBe(reportId);
    }
    // The start is required.
    expectEdgeWorkersError(await send("GET", `/reports/1?edgeWorker=${id}&status=success`), 400);
  });
});

describe("all of it", () => sandbox.closing());

/** Deletes an ID with its versions, once nothing of it is on its way to the network any more, nor live there. */
async function remove(edgeWorkerId: number): Promise<void> {
  const path = `/ids/${edgeWorkerId}`;
  const isQuiet = (reply: Reply) =>
    reply.as(Activations).activations.every(({ status }) => !ONGOING.includes(status));
  await sandbox.until(() => send("GET", `${path}/activations`), isQuiet, WORK);
  for (const version of await liveVersions(edgeWorkerId)) {
    const { deactivationId } = (await send("POST", `${path}/deactivations`, place(version))).as(Deployment);
    await completed(`${path}/deactivations/${deactivationId}`);
  }
  const { versions } = (await send("GET", `${path}/versions`)).as(z.object({ versions: z.array(Version) }));
  for (const { version } of versions) await send("DELETE", `${path}/versions/${version}`);
  const reply = await send("DELETE", path);
  if (reply.status !== 204 && reply.status !== 404) throw new Error(`${reply.status} ${reply.text}`);
}
