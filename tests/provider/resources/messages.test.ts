/** Messages that have to fit what happened, over all resources. */
import { TestEngine } from "../../support/testEngine";
import { code, edgeKvCode, greeterArgs } from "./edgeworkers/support";

let engine: TestEngine;
const begin = async (...options: Parameters<typeof TestEngine.start>) => {
  engine = await TestEngine.start(...options);
};
afterEach(() => engine.close());

const catalog = { network: "staging", groupId: 72297, retentionInSeconds: 86_400 };
const reader = { allowOnStaging: true, namespacePermissions: { catalog: ["r"] } };

test("an EdgeWorker that does not exist is named, not its versions", async () => {
  await begin({ lag: "none" });
  const args = { edgeWorkerId: 999, network: "staging", version: "1.0" };
  expect((await engine.preview("edgeworkers:Activation", "live", args)).failures).toEqual([
    { property: "edgeWorkerId", reason: "there is no EdgeWorker 999, or the API client may not see it" },
  ]);
  const made = await engine.run().up("edgeworkers:EdgeWorker", "greeter", greeterArgs);
  const { edgeWorkerId } = made.state;
  const other = { edgeWorkerId, network: "staging", version: "1.0" };
  const [failure] = (await engine.run().preview("edgeworkers:Activation", "live", other)).failures;
  expect(failure).toMatchObject({
    property: "version",
    reason: expect.stringMatching(/it has no version yet$/),
  });
});

test("a token that was revoked is declared: a refresh is what is missing", async () => {
  await begin({ lag: "none" });
  await engine.up("edgekv:Namespace", "catalog", catalog);
  const token = await engine.up("edgekv:AccessToken", "reader", reader);
  const worker = await engine.up("edgeworkers:EdgeWorker", "greeter", greeterArgs);
  await engine.somebody().send({ method: "DELETE", path: `/edgekv/v1/tokens/${String(token.state.name)}` });
  engine.run();
  await engine.preview("edgekv:AccessToken", "reader", reader, token);
  const args = { edgeWorkerId: worker.state.edgeWorkerId, bundle: edgeKvCode(), tokens: [token.state.name] };
  const { failures } = await engine.preview("edgeworkers:Version", "code", args);
  expect(failures).toEqual([
    {
      property: "tokens",
      reason: `the access token ${String(token.state.name)} was revoked outside of this program: run \`pulumi refresh\`, and the next \`up\` makes a new one`,
    },
  ]);
});

test("a version name that the program deleted is refused at preview", async () => {
  await begin({ lag: "none" });
  const worker = await engine.up("edgeworkers:EdgeWorker", "greeter", greeterArgs);
  const args = (version: string) => ({
    edgeWorkerId: worker.state.edgeWorkerId,
    version,
    bundle: code(version),
  });
  const token = "edgeworkers:Version";
  const first = await engine.run().up(token, "code", args("1.0"));
  const second = await engine.run().up(token, "code", args("2.0"), first);
  expect(second.state.usedUp).toEqual(["1.0"]);
  expect(await engine.run().preview(token, "code", args("2.0"), second)).toMatchObject({ plan: "same" });
  expect((await engine.run().preview(token, "code", args("1.0"), second)).failures).toEqual([
    {
      property: "version",
      reason: expect.stringMatching(/^version 1\.0 was uploaded and deleted by this program before/),
    },
  ]);
  // One that is kept can be used again.
  const kept = await engine.run().up(token, "kept", { ...args("3.0"), keepVersions: 1 });
  const next = await engine.run().up(token, "kept", { ...args("4.0"), keepVersions: 1 }, kept);
  expect(next.state.usedUp).toBeUndefined();
  const back = await engine.run().preview(token, "kept", { ...args("3.0"), keepVersions: 1 }, next);
  expect(back.failures).toEqual([]);
});

test("a namespace that is replaced by force is not a foreign one", async () => {
  await begin({ lag: "none" });
  const made = await engine.up("edgekv:Namespace", "catalog", catalog);
  await engine.somebody().send({
    method: "PUT",
    path: "/edgekv/v1/networks/staging/namespaces/catalog/groups/g/items/k",
    json: 1,
  });
  engine.run();
  await engine.preview("edgekv:Namespace", "catalog", catalog, made);
  const { message } = await engine.failingUp("edgekv:Namespace", "catalog", catalog);
  expect(message).toContain("this namespace is in the state already");
  expect(message).not.toContain("not managed by this program");
});

test("a renewal beyond the life of a token is refused once", async () => {
  await begin({ lag: "none" });
  const reasons = async (more: object) =>
    (await engine.run().preview("edgekv:AccessToken", "reader", { ...reader, ...more })).failures;
  expect(await reasons({ renewBeforeDays: 200 })).toEqual([
    {
      property: "renewBeforeDays",
      reason: "renewBeforeDays needs `expiry`: a token without an expiry is not renewed",
    },
  ]);
  expect(await reasons({ expiry: { days: 30 }, renewBeforeDays: 40 })).toEqual([
    {
      property: "renewBeforeDays",
      reason: "renewBeforeDays must be less than the 30 days that a token lives, and is 40",
    },
  ]);
});

test.each([
  ["12345, 54321", ["12345", "54321"]],
  ["54321", ["54321"]],
  [["54321,12345"], ["12345", "54321"]],
  [["all"], undefined],
])("ids in one text are taken for what they mean: %j", async (restrictToEdgeWorkerIds, ids) => {
  await begin({ lag: "none" });
  const { inputs, failures } = await engine.preview("edgekv:AccessToken", "reader", {
    ...reader,
    restrictToEdgeWorkerIds,
  });
  expect([failures, inputs.restrictToEdgeWorkerIds]).toEqual([[], ids]);
});

test("what is no list of ids is refused with its value", async () => {
  await begin({ lag: "none" });
  const args = { ...reader, restrictToEdgeWorkerIds: "greeter" };
  expect((await engine.preview("edgekv:AccessToken", "reader", args)).failures).toEqual([
    {
      property: "restrictToEdgeWorkerIds",
      reason: 'restrictToEdgeWorkerIds must be a list, and is "greeter"',
    },
  ]);
});

test("the dates of a token's refreshes are outputs", async () => {
  await begin({ lag: "none" });
  await engine.up("edgekv:Namespace", "catalog", catalog);
  const { state } = await engine.up("edgekv:AccessToken", "reader", reader);
  expect(state).toMatchObject({
    issueDate: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    nextScheduledRefreshDate: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
  });
});

test("a policy that the database forbids is refused at preview, unless the same program allows it", async () => {
  await begin({ lag: "none" });
  const open = { ...catalog, restrictDataAccess: false };
  const about = async () => (await engine.preview("edgekv:Namespace", "catalog", open)).failures;
  const policy = (allowNamespacePolicyOverride: boolean) => ({
    dataAccessPolicy: { restrictDataAccess: true, allowNamespacePolicyOverride },
  });
  const database = await engine.up("edgekv:Database", "db", policy(false));
  engine.run();
  expect(await about()).toEqual([
    {
      property: "restrictDataAccess",
      reason: expect.stringMatching(
        /^restrictDataAccess must be true, .*and is false: set `allowNamespacePolicyOverride: true`/,
      ),
    },
  ]);
  engine.run();
  await engine.preview("edgekv:Database", "db", policy(true), database);
  expect(await about()).toEqual([]);
});

describe("a mistake is answered with what would be right", () => {
  const rules = (...list: object[]) => ({ propertyName: "www.example.com", rules: list });
  const token = (namespacePermissions: unknown) => ({ allowOnStaging: true, namespacePermissions });
  const activation = (version?: unknown) => ({ edgeWorkerId: 1, network: "staging", version });
  const noText = 'must be the name of a version as text, such as "1.0", or `latest`';
  test.each<[string, object, string[]]>([
    [
      "property:EdgeWorkerRules",
      rules({ name: "R", path: "/a", edgeWorker: { edgeWorkerId: 1 } }),
      [
        "rules[0].path: there is no property of this name; did you mean `paths`? There are name, parent, position, adopt, comments, hostnames, paths, criteria, criteriaMustSatisfy, edgeWorker, failover, behaviors, papi",
      ],
    ],
    [
      "property:EdgeWorkerRules",
      rules({ name: "R", edgeWorker: { edgeWorkerId: 1, enable: true, xyz: 1 } }),
      [
        "rules[0].edgeWorker.enable: there is no property of this name; did you mean `enabled`? There are edgeWorkerId, enabled, mPulse, continueOnError",
        "rules[0].edgeWorker.xyz: there is no property of this name",
      ],
    ],
    [
      "property:EdgeWorkerRules",
      rules({ name: "R", edgeWorker: 54_321 }),
      [
        "rules[0].edgeWorker must be an object with edgeWorkerId, enabled, mPulse, continueOnError, and is 54321",
      ],
    ],
    [
      "edgekv:AccessToken",
      token({ catalog: "read" }),
      ['namespacePermissions.catalog must be a list of r, w and d, such as ["r"], and is "read"'],
    ],
    [
      "edgekv:AccessToken",
      token(["catalog"]),
      [
        'namespacePermissions must be an object with a list of permissions for each namespace, and is ["catalog"]',
      ],
    ],
    ["edgeworkers:Activation", activation(1), [`version ${noText}, and is 1`]],
    ["edgeworkers:Activation", activation(), [`version is required: ${noText}`]],
  ])("%s %j", async (kind, args, reasons) => {
    await begin({ lag: "none" });
    const { failures } = await engine.preview(kind, "it", args);
    expect(failures.map(({ reason }) => reason)).toEqual(reasons);
  });

  test("what is refused is not announced beside it", async () => {
    await begin({ lag: "none" });
    const args = { propertyId: "prp_173136", version: 99, network: "staging", notifyEmails: ["a@b.cc"] };
    const { failures } = await engine.preview("property:Activation", "live", args);
    expect(failures.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^property www\.example\.com has no version 99; its latest is 3/),
    ]);
    expect(engine.messages).toEqual([]);
  });
});
