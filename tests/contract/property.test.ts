/** Property Manager as it answers everywhere. Each expectation says what it rests on. */
import { z } from "zod";
import type { Reply, Sent } from "./support/client";
import { expectGatewayDenial, expectPapiProblem } from "./support/problems";
import { needing, Sandbox, WORK } from "./support/sandbox";

const sandbox = new Sandbox(["property"]);
const PREFIXED = { "papi-use-prefixes": "true" };

const send: Sandbox["send"] = (method, path, sent = {}) =>
  sandbox.send(method, `/papi/v1${path}`, { ...sent, headers: { ...PREFIXED, ...sent.headers } });
/** Contract and group, which are asked for together. */
const place = () => `contractId=${sandbox.property.contractId}&groupId=${sandbox.property.groupId}`;
const at = (path: string, query = "") =>
  `/properties/${sandbox.property.propertyId}${path}?${place()}${query}`;
const rulesAt = (version: number, query = "") => at(`/versions/${version}/rules`, query);

const items = <S extends z.ZodType>(shape: S) => z.object({ items: z.array(shape) });
const Place = {
  accountId: z.string().startsWith("act_"),
  contractId: z.string().startsWith("ctr_"),
  groupId: z.string().startsWith("grp_"),
};
const Versioned = z.looseObject({
  propertyVersion: z.int().min(1),
  updatedByUser: z.string(),
  updatedDate: z.string(),
  productionStatus: z.string(),
  stagingStatus: z.string(),
  etag: z.string().min(1),
  productId: z.string().startsWith("prd_"),
  ruleFormat: z.string(),
});
const Versions = z.looseObject({
  ...Place,
  propertyId: z.string(),
  propertyName: z.string(),
  versions: items(Versioned),
});
const Rule = z.looseObject({ name: z.string(), behaviors: z.array(z.unknown()) });
const Finding = z.looseObject({
  type: z.string(),
  title: z.string(),
  detail: z.string(),
  errorLocation: z.string().startsWith("#/rules"),
});
const Tree = z.looseObject({
  ...Place,
  propertyId: z.string(),
  propertyVersion: z.int(),
  etag: z.string(),
  ruleFormat: z.string(),
  rules: Rule,
  errors: z.array(Finding).min(1).optional(),
  warnings: z.array(Finding).min(1).optional(),
});

/** The last part of the path of a link, which may be of either version of the API. */
const linked = (reply: Reply, member: string): string => {
  const link = String((reply.json as Record<string, unknown>)[member]);
  expect(link).toMatch(
    /^\/papi\/v\d\/[^?]+\?.*contractId=.*groupId=|^\/papi\/v\d\/[^?]+\?.*groupId=.*contractId=/,
  );
  return /\/([^/?]+)\?/.exec(link)?.[1] ?? "";
};
const tree = async (version: number, query = "", sent?: Sent) =>
  (await send("GET", rulesAt(version, query), sent)).as(Tree);

describe("gateway", () => {
  test("a request without a signature is denied before the API", async () => {
    expectGatewayDenial(await send("GET", "/contracts", { authorization: null }));
  });
});

describe("what an account has", () => {
  needing("property")(
    "contracts and groups, each kind of id with its prefix unless it is not wanted",
    async () => {
      const contracts = await send("GET", "/contracts");
      const Contracts = z.looseObject({
        accountId: Place.accountId,
        contracts: items(z.object({ contractId: Place.contractId, contractTypeName: z.string() })),
      });
      expect(contracts.as(Contracts).contracts.items.map(({ contractId }) => contractId)).toContain(
        sandbox.property.contractId,
      );
      const Group = z.looseObject({
        groupName: z.string(),
        groupId: Place.groupId,
        contractIds: z.array(Place.contractId).optional(),
      });
      const groups = (await send("GET", "/groups")).as(
        z.looseObject({ accountName: z.string(), groups: items(Group) }),
      ).groups.items;
      expect(groups.find(({ groupId }) => groupId === sandbox.property.groupId)?.contractIds).toContain(
        sandbox.property.contractId,
      );
      // The header selects the form.
      const plain = (await send("GET", "/contracts", { headers: { "papi-use-prefixes": "false" } })).as(
        z.object({ contracts: items(z.object({ contractId: z.string() })) }),
      );
      expect(plain.contracts.items.map(({ contractId }) => `ctr_${contractId}`)).toContain(
        sandbox.property.contractId,
      );
    },
  );

  needing("property")("rule formats, one of which is no format but whatever is newest", async () => {
    const { ruleFormats } = (await send("GET", "/rule-formats")).as(
      z.object({ ruleFormats: items(z.string()) }),
    );
    expect(ruleFormats.items).toContain("latest");
    expect(
      ruleFormats.items.filter((name) => name !== "latest" && !/^v\d{4}-\d{2}-\d{2}$/.test(name)),
    ).toEqual([]);
  });

  needing("property")("headers have the number of requests that are left", async () => {
    const { headers } = await send("GET", "/contracts");
    // A burst that refills, on every answer.
    expect(Number(headers["x-ratelimit-limit"])).toBeGreaterThan(0);
    expect(Number(headers["x-ratelimit-remaining"])).toBeGreaterThan(0);
  });
});

describe("finding a property", () => {
  const Found = z.object({
    versions: items(
      z.looseObject({ ...Place, propertyId: z.string(), propertyName: z.string(), propertyVersion: z.int() }),
    ),
  });
  const find = (json: object) => send("POST", "/search/find-by-value", { json });

  needing("property")("a search answers versions that are live, and the latest", async () => {
    const { propertyId, propertyName, liveVersion } = sandbox.property;
    const found = (await find({ propertyName })).as(Found).versions.items;
    expect(found).toContainEqual(
      expect.objectContaining({ propertyId, propertyName, propertyVersion: liveVersion }),
    );
    expect(found.filter((one) => one.propertyId !== propertyId)).toEqual([]);
  });

  needing("property")("what is not there is an empty list", async () => {
    // 200 (inferred).
    const reply = await find({ propertyName: `${sandbox.prefix}.example.com` });
    expect([reply.status, reply.json]).toEqual([200, { versions: { items: [] } }]);
    // Exactly one of the values may be given.
    expectPapiProblem(await find({ propertyName: "a.example.com", hostname: "a.example.com" }), 400);
  });

  needing("property")("a property is a list of one, and in the list of its contract and group", async () => {
    const { propertyId, propertyName, contractId, groupId } = sandbox.property;
    const Property = z.looseObject({
      ...Place,
      propertyId: z.string(),
      propertyName: z.string(),
      latestVersion: z.int(),
      stagingVersion: z.int().nullable(),
      productionVersion: z.int().nullable(),
      assetId: z.string().startsWith("aid_"),
    });
    const Properties = z.object({ properties: items(Property) });
    const [single, ...others] = (await send("GET", at(""))).as(Properties).properties.items;
    expect(others).toEqual([]);
    expect(single).toMatchObject({ propertyId, propertyName, contractId, groupId });
    expect((await send("GET", `/properties?${place()}`)).as(Properties).properties.items).toContainEqual(
      single,
    );
    // Contract and group are required here.
    expectPapiProblem(await send("GET", "/properties"), 400);
    // 404 for what is not there.
    expectPapiProblem(await send("GET", `/properties/prp_1?${place()}`), 404);
  });
});

describe("versions", () => {
  needing("property")("they are listed in the same wrapper as one of them", async () => {
    const { propertyId, liveVersion } = sandbox.property;
    const all = (await send("GET", at("/versions"))).as(Versions);
    const single = await send("GET", at(`/versions/${liveVersion}`));
    const { versions, ...wrapper } = single.as(Versions);
    expect([wrapper.propertyId, versions.items.length]).toEqual([propertyId, 1]);
    expect(all.versions.items).toContainEqual(versions.items[0]);
    expect([versions.items[0]?.productionStatus, versions.items[0]?.stagingStatus]).toContain("ACTIVE");
    // The etag is in a header too, in quotes.
    expect(single.headers.etag).toBe(`"${versions.items[0]?.etag}"`);
    expectPapiProblem(await send("GET", at("/versions/999999")), 404);
  });

  needing("property")("the latest one is found by its address", async () => {
    // 302 with the link as header and as body.
    const reply = await send("GET", at("/versions/latest"));
    expect(reply.status).toBe(302);
    const latest = linked(reply, "versionLink");
    expect(Number(latest)).toBeGreaterThanOrEqual(sandbox.property.liveVersion);
    expect(reply.headers.location).toContain(`/versions/${latest}?`);
  });

  needing("property")("hostnames belong to a version", async () => {
    const Hostnames = z.looseObject({
      ...Place,
      propertyVersion: z.int(),
      hostnames: items(z.looseObject({ cnameFrom: z.string() })),
    });
    const reply = await send("GET", at(`/versions/${sandbox.property.liveVersion}/hostnames`));
    expect(reply.as(Hostnames).propertyVersion).toBe(sandbox.property.liveVersion);
  });
});

describe("rules", () => {
  needing("property")("a tree has an etag, as member and as header", async () => {
    const { propertyId, liveVersion } = sandbox.property;
    const reply = await send("GET", rulesAt(liveVersion));
    const found = reply.as(Tree);
    expect(found).toMatchObject({ propertyId, propertyVersion: liveVersion });
    // The first rule is called default.
    expect(found.rules.name).toBe("default");
    expect(reply.headers.etag).toBe(`"${found.etag}"`);
    // HEAD is 204 with the etag alone.
    const head = await send("HEAD", rulesAt(liveVersion));
    expect([head.status, head.headers.etag, head.text]).toEqual([204, reply.headers.etag, ""]);
    expectPapiProblem(await send("GET", rulesAt(999_999)), 404);
  });

  needing("property")("a tree can be had in another format", async () => {
    const accept = "application/vnd.akamai.papirules.latest+json";
    const latest = await send("GET", rulesAt(sandbox.property.liveVersion), { headers: { accept } });
    expect([latest.status, latest.mediaType, latest.as(Tree).ruleFormat]).toEqual([200, accept, "latest"]);
    // 406 for a format that there is not.
    const unknown = await send("GET", rulesAt(sandbox.property.liveVersion), {
      headers: { accept: "application/vnd.akamai.papirules.v1999-01-01+json" },
    });
    expectPapiProblem(unknown, 406);
  });
});

describe("a draft", () => {
  /** The version that the suite makes. A property version can't be deleted: it stays. */
  let draft = 0;
  const put = (version: number, json: object, etag: string) =>
    send("PUT", rulesAt(version, "&dryRun=true"), { json, headers: { "if-match": `"${etag}"` } });

  needing("property", "draft")("a version is made from another one, as it was when it was read", async () => {
    const { liveVersion } = sandbox.property;
    const create = (createFromVersionEtag?: string) =>
      send("POST", at("/versions"), {
        json: { createFromVersion: liveVersion, ...(createFromVersionEtag && { createFromVersionEtag }) },
      });
    // 412 when it is another one than the etag says.
    expectPapiProblem(await create("0123456789abcdef"), 412);
    const { versions } = (await send("GET", at(`/versions/${liveVersion}`))).as(Versions);
    const made = await create(versions.items[0]?.etag);
    expect(made.status).toBe(201);
    draft = Number(linked(made, "versionLink"));
    expect(made.headers.location).toContain(`/versions/${draft}?`);
    // Rules are copied.
    const [copy, source] = [await tree(draft), await tree(liveVersion)];
    expect([copy.rules, copy.ruleFormat]).toEqual([source.rules, source.ruleFormat]);
    expect((await send("GET", at(`/versions/${draft}`))).as(Versions).versions.items[0]).toMatchObject({
      productionStatus: "INACTIVE",
      stagingStatus: "INACTIVE",
    });
  });

  needing("property", "draft")("a save is refused when somebody else has saved meanwhile", async () => {
    const { rules, etag } = await tree(draft);
    expectPapiProblem(await put(draft, { rules }, "0".repeat(32)), 412);
    // A dry run answers like a save, and keeps nothing.
    const dry = await put(draft, { rules, comments: "contract" }, etag);
    expect([dry.status, dry.as(Tree).rules.name]).toEqual([200, "default"]);
    expect((await tree(draft)).etag).toBe(etag);
  });

  needing("property", "draft")(
    "what is wrong with a tree is reported, and does not fail the request",
    async () => {
      const { rules, etag } = await tree(draft);
      const behavior = { name: "edgeWorker", options: { enabled: true, edgeWorkerId: "" } };
      const wrong = {
        ...rules,
        children: [
          { name: "contract", criteria: [], behaviors: [behavior], children: [] },
          ...((rules.children as []) ?? []),
        ],
      };
      const reply = await put(draft, { rules: wrong }, etag);
      expect(reply.status).toBe(200);
      const places = reply.as(Tree).errors?.map(({ errorLocation }) => errorLocation) ?? [];
      expect(places.filter((errorLocation) => errorLocation.startsWith("#/rules/children/0/"))).not.toEqual(
        [],
      );
      // A tree that is none is 400.
      expectPapiProblem(await put(draft, { rules: [] }, etag), 400);
      // A format that there is not is 415.
      const headers = { "content-type": "application/vnd.akamai.papirules.v1999-01-01+json" };
      expectPapiProblem(await send("PUT", rulesAt(draft, "&dryRun=true"), { json: { rules }, headers }), 415);
    },
  );

  needing("property", "draft")("a patch is a list of operations", async () => {
    const { etag } = await tree(draft);
    const patch = (json: object, contentType = "application/json-patch+json") =>
      send("PATCH", rulesAt(draft, "&dryRun=true"), {
        json,
        headers: { "content-type": contentType, "if-match": `"${etag}"` },
      });
    const done = await patch([{ op: "add", path: "/rules/comments", value: "contract" }]);
    expect([done.status, done.as(Tree).rules.comments]).toEqual([200, "contract"]);
    expectPapiProblem(await patch([{ op: "remove", path: "/rules/nothing" }]), 400);
    expectPapiProblem(await patch([], "application/json"), 415);
  });

  needing(
    "property",
    "draft",
    "emulator",
  )("a version that is live is read only", async () => {
    // 403; a dry run of it may be allowed on the real service.
    const { rules, etag } = await tree(sandbox.property.liveVersion);
    const saved = await send("PUT", rulesAt(sandbox.property.liveVersion), {
      json: { rules },
      headers: { "if-match": `"${etag}"` },
    });
    expectPapiProblem(saved, 403);
  });

  needing("property", "emulator")("a save gives the tree another etag", async () => {
    const { rules, etag } = await tree(draft);
    const saved = await send("PUT", rulesAt(draft), {
      json: { rules, comments: "contract" },
      headers: { "if-match": `"${etag}"` },
    });
    expect(saved.status).toBe(200);
    expect(saved.as(Tree).etag).not.toBe(etag);
    expect(saved.headers.etag).toBe(`"${(await tree(draft)).etag}"`);
    // The one that was read before is of no use any more.
    const later = await send("PUT", rulesAt(draft), {
      json: { rules },
      headers: { "if-match": `"${etag}"` },
    });
    expectPapiProblem(later, 412);
  });
});

describe("activations", () => {
  const Activation = z.looseObject({
    activationId: z.string().startsWith("atv_"),
    activationType: z.enum(["ACTIVATE", "DEACTIVATE"]),
    propertyId: z.string(),
    propertyVersion: z.int(),
    network: z.enum(["STAGING", "PRODUCTION"]),
    status: z.string(),
    submitDate: z.string(),
    updateDate: z.string(),
    note: z.string(),
    notifyEmails: z.array(z.string()),
  });
  const Activations = z.looseObject({ ...Place, activations: items(Activation) });
  const list = async () => (await send("GET", at("/activations"))).as(Activations).activations.items;
  const read = async (id: string) =>
    (await send("GET", at(`/activations/${id}`))).as(Activations).activations.items[0];
  const live = async () =>
    (await list()).filter(({ status, network }) => status === "ACTIVE" && network === "STAGING");

  needing("property")("all are listed, and each can be read", async () => {
    const [first] = await list();
    expect(first?.propertyId).toBe(sandbox.property.propertyId);
    expect(await read(first?.activationId ?? "")).toMatchObject({
      activationId: first?.activationId,
      submitDate: first?.submitDate,
    });
    expectPapiProblem(await send("GET", at("/activations/atv_1")), 404);
  });

  // On a real account this would be somebody's traffic.
  needing("property", "emulator")(
    "an activation goes through zones, one at a time, and takes the place of another one",
    async () => {
      const propertyVersion = Number(linked(await send("GET", at("/versions/latest")), "versionLink"));
      const [before] = await live();
      const wanted = {
        propertyVersion,
        network: "STAGING",
        activationType: "ACTIVATE",
        note: "contract",
        notifyEmails: ["ops@example.com"],
        acknowledgeAllWarnings: true,
      };
      // Somebody has to be notified.
      expectPapiProblem(
        await send("POST", at("/activations"), { json: { ...wanted, notifyEmails: [] } }),
        400,
      );
      const asked = await send("POST", at("/activations"), { json: wanted });
      expect(asked.status).toBe(201);
      const id = linked(asked, "activationLink");
      expect(id).toMatch(/^atv_/);
      // 409 for the same version once more.
      expectPapiProblem(await send("POST", at("/activations"), { json: wanted }), 409);
      const pending = await send("GET", at(`/activations/${id}`));
      expect(["NEW", "PENDING"]).toContain(pending.as(Activations).activations.items[0]?.status);
      // How long to wait, in seconds.
      expect(Number(pending.headers["retry-after"])).toBeGreaterThan(0);
      await sandbox.until(
        () => send("GET", at(`/activations/${id}`)),
        (reply) => reply.as(Activations).activations.items[0]?.status === "ACTIVE",
        WORK,
      );
      expect((await live()).map(({ activationId }) => activationId)).toEqual([id]);
      // What it has replaced is INACTIVE.
      expect((await read(before?.activationId ?? ""))?.status).toBe("INACTIVE");
    },
  );

  needing("property", "emulator")("an activation that has only begun can be cancelled", async () => {
    const json = {
      propertyVersion: sandbox.property.liveVersion,
      network: "STAGING",
      notifyEmails: ["ops@example.com"],
      acknowledgeAllWarnings: true,
    };
    const id = linked(await send("POST", at("/activations"), { json }), "activationLink");
    const cancelled = await send("DELETE", at(`/activations/${id}`));
    // 200 with the activation, which is not listed any more, and still read.
    expect([cancelled.status, cancelled.as(Activations).activations.items[0]?.status]).toEqual([
      200,
      "ABORTED",
    ]);
    expect((await list()).map(({ activationId }) => activationId)).not.toContain(id);
    expect((await read(id))?.status).toBe("ABORTED");
    const [active] = await live();
    // Too late is an error.
    const late = await send("DELETE", at(`/activations/${active?.activationId}`));
    expect([400, 422]).toContain(late.status);
    expectPapiProblem(late, late.status);
  });
});

describe("a property", () => {
  needing("property", "emulator")("one is made, and deleted as long as it is nowhere live", async () => {
    const json = { propertyName: `${sandbox.prefix}.example.com`, productId: "prd_Fresca" };
    // Contract and group are required.
    expectPapiProblem(await send("POST", "/properties", { json }), 400);
    const made = await send("POST", `/properties?${place()}`, { json });
    expect(made.status).toBe(201);
    const id = linked(made, "propertyLink");
    expect(id).toMatch(/^prp_/);
    const deleted = await send("DELETE", `/properties/${id}?${place()}`);
    expect([deleted.status, deleted.json]).toEqual([200, { message: expect.any(String) }]);
    expectPapiProblem(await send("GET", `/properties/${id}?${place()}`), 404);
  });
});

describe("what a property is made of", () => {
  const contract = () => `contractId=${sandbox.property.contractId}`;
  // No schema of these is in Akamai's files at hand: the shapes are those that its Go client and Terraform provider read.
  const EdgeHostname = z.looseObject({
    edgeHostnameId: z.string().startsWith("ehn_"),
    edgeHostnameDomain: z.string(),
    domainPrefix: z.string(),
    domainSuffix: z.string(),
    ipVersionBehavior: z.string(),
    secure: z.boolean(),
  });
  const EdgeHostnames = z.looseObject({ ...Place, edgeHostnames: items(EdgeHostname) });
  const CpCode = z.looseObject({
    cpcodeId: z.string().startsWith("cpc_"),
    cpcodeName: z.string(),
    createdDate: z.string(),
    productIds: z.array(z.string().startsWith("prd_")),
  });
  const CpCodes = z.looseObject({ ...Place, cpcodes: items(CpCode) });

  needing("property")("products of the contract, and includes of the group", async () => {
    const Product = z.object({ productId: z.string().startsWith("prd_"), productName: z.string() });
    const { products } = (await send("GET", `/products?${contract()}`)).as(
      z.looseObject({ products: items(Product) }),
    );
    expect(products.items.length).toBeGreaterThan(0);
    expectPapiProblem(await send("GET", "/products"), 400);
    for (const query of [place(), contract()]) {
      const includes = await send("GET", `/includes?${query}`);
      expect(includes.as(z.object({ includes: items(z.looseObject({})) })).includes.items).toEqual(
        expect.any(Array),
      );
    }
  });

  needing("property")("edge hostnames and CP codes are lists of a contract and a group", async () => {
    const { edgeHostnames } = (await send("GET", `/edgehostnames?${place()}`)).as(EdgeHostnames);
    const [first] = edgeHostnames.items;
    if (first !== undefined) {
      const single = await send("GET", `/edgehostnames/${first.edgeHostnameId}?${place()}`);
      expect(single.as(EdgeHostnames).edgeHostnames.items).toEqual([first]);
    }
    expect((await send("GET", `/cpcodes?${place()}`)).as(CpCodes).cpcodes.items).toEqual(expect.any(Array));
    for (const path of ["/edgehostnames", "/cpcodes"]) expectPapiProblem(await send("GET", path), 400);
    // What is not there is an empty list, as in fixtures of the Go client.
    const noEdgeHostname = await send("GET", `/edgehostnames/ehn_1?${place()}`);
    expect(noEdgeHostname.as(EdgeHostnames).edgeHostnames.items).toEqual([]);
    expect((await send("GET", `/cpcodes/cpc_1?${place()}`)).as(CpCodes).cpcodes.items).toEqual([]);
  });

  // Neither can be deleted with this API: not on a real account.
  needing("property", "emulator")("one is made of each, and a hostname is served by them", async () => {
    const name = `${sandbox.prefix}.example.com`;
    const code = await send("POST", `/cpcodes?${place()}`, {
      json: { productId: "prd_Fresca", cpcodeName: sandbox.prefix },
    });
    expect(code.status).toBe(201);
    const read = await send("GET", `/cpcodes/${linked(code, "cpcodeLink")}?${place()}`);
    expect(read.as(CpCodes).cpcodes.items[0]).toMatchObject({
      cpcodeName: sandbox.prefix,
      productIds: ["prd_Fresca"],
    });
    const edge = await send("POST", `/edgehostnames?${place()}`, {
      json: {
        productId: "prd_Fresca",
        domainPrefix: name,
        domainSuffix: "edgesuite.net",
        ipVersionBehavior: "IPV4",
      },
    });
    expect(edge.status).toBe(201);
    const edgeHostnameId = linked(edge, "edgeHostnameLink");
    const json = { createFromVersion: sandbox.property.liveVersion };
    const version = linked(await send("POST", at("/versions"), { json }), "versionLink");
    const hostname = { cnameType: "EDGE_HOSTNAME", cnameFrom: name, cnameTo: `${name}.edgesuite.net` };
    const put = await send("PUT", at(`/versions/${version}/hostnames`), { json: [hostname] });
    expect([put.status, put.json]).toEqual([
      200,
      expect.objectContaining({
        hostnames: { items: [expect.objectContaining({ ...hostname, edgeHostnameId })] },
      }),
    ]);
    const unknown = [{ ...hostname, cnameTo: "nothing.edgekey.net" }];
    expectPapiProblem(await send("PUT", at(`/versions/${version}/hostnames`), { json: unknown }), 400);
    const changed = await send("PATCH", at(`/versions/${version}/hostnames`), {
      json: { add: [{ ...hostname, cnameFrom: `www.${name}` }], remove: [name] },
    });
    expect([changed.status, changed.json]).toEqual([
      200,
      expect.objectContaining({
        hostnames: { items: [expect.objectContaining({ cnameFrom: `www.${name}`, edgeHostnameId })] },
      }),
    ]);
    expectPapiProblem(
      await send("PATCH", at(`/versions/${version}/hostnames`), { json: { add: unknown } }),
      400,
    );
  });
});

describe("all of it", () => sandbox.closing());
