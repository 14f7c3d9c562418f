import { type Element, type Finding, PropertyClient, type Rule, SEEDED } from "./support/client";

let client: PropertyClient;
let version: number;
let base: Rule;
let worker: string;

beforeAll(async () => {
  client = await PropertyClient.start({ settings: { checkEdgeWorkerIds: true } });
  version = await client.version();
  base = (await client.tree(version)).rules;
  const body = { groupId: 72_297, name: "catalog-ew", resourceTierId: 200 };
  worker = String((await client.bench.send("POST", "/edgeworkers/v1/ids", { body })).json.edgeWorkerId);
});
afterAll(() => client.close());

/** What is found in the seeded tree with one more rule. */
async function check(
  rule: object,
  query = "",
  root: object = {},
): Promise<{ errors: Finding[]; warnings: Finding[] }> {
  const rules = {
    ...base,
    ...root,
    children: [...base.children, { name: "Own", criteria: [], behaviors: [], children: [], ...rule }],
  };
  const reply = await client.put(version, { rules }, `&dryRun=true${query}`);
  expect(reply.status).toBe(200);
  const { errors = [], warnings = [] } = reply.json as { errors?: Finding[]; warnings?: Finding[] };
  return { errors, warnings };
}

const feature = (name: string, options: Record<string, unknown>): Element => ({ name, options });
const edgeWorker = (options: object) =>
  feature("edgeWorker", { enabled: true, edgeWorkerId: worker, ...options });
const onErrors = feature("matchResponseCode", { matchOperator: "IS_ONE_OF", values: ["500", "503", "504"] });
const onFailure = feature("edgeWorkersFailure", { execStatus: "FAILURE" });
const redirect = {
  enabled: true,
  actionType: "REDIRECT",
  redirectHostnameType: "ALTERNATE",
  redirectHostname: "static.example.com",
  redirectCustomPath: true,
  redirectPath: "/sorry",
  redirectMethod: 302,
  preserveQueryString: true,
  modifyProtocol: true,
  protocol: "HTTPS",
};
const AT = "#/rules/children/5";

test("the pair of an EdgeWorker and its failover is right", async () => {
  const children = [
    {
      name: "EdgeWorker",
      criteria: [feature("path", { matchOperator: "MATCHES_ONE_OF", values: ["/catalog/*"] })],
      behaviors: [edgeWorker({ continueOnError: false })],
    },
    {
      name: "Failover",
      criteria: [onFailure, onErrors],
      criteriaMustSatisfy: "all",
      behaviors: [feature("failAction", redirect)],
    },
  ];
  expect(await check({ children })).toEqual({ errors: [], warnings: [] });
});

describe("edgeWorker", () => {
  test.each<[object, string, string]>([
    [{ enabled: "true" }, "enabled", "attribute_invalid"],
    [{ enabled: undefined }, "enabled", "attribute_required"],
    [{ edgeWorkerId: undefined }, "edgeWorkerId", "attribute_required"],
    [{ edgeWorkerId: 54_321 }, "edgeWorkerId", "attribute_invalid"],
    [{ edgeWorkerId: "x" }, "edgeWorkerId", "attribute_invalid"],
    [{ continueOnError: "false" }, "continueOnError", "attribute_invalid"],
    [{ mPulse: "yes" }, "mPulse", "attribute_invalid"],
    [{ colour: "red" }, "colour", "attribute_unknown"],
  ])("%j", async (options, option, type) => {
    const { errors } = await check({ behaviors: [edgeWorker(options)] }, "&validateMode=fast");
    expect(errors).toEqual([
      {
        type: `https://problems.luna.akamaiapis.net/papi/v0/validation/${type}`,
        title: expect.any(String),
        detail: expect.stringContaining(option),
        errorLocation: `${AT}/behaviors/0/options/${option}`,
        behaviorName: "edgeWorker",
        instance: `/papi/v1${SEEDED}/versions/${version}/rules#err_100`,
      },
    ]);
  });

  test("what only the user interface reads is taken; switched off it needs no ID", async () => {
    const options = {
      createEdgeWorker: "",
      resourceTier: "Dynamic Compute",
      failOpenTitle: "",
      continueOnErrorDisclaimer: "",
      mPulseTitle: "",
    };
    expect((await check({ behaviors: [edgeWorker(options)] })).errors).toEqual([]);
    expect((await check({ behaviors: [feature("edgeWorker", { enabled: false })] })).errors).toEqual([]);
  });

  test("an ID that is not in the account is an error, but not in a fast validation", async () => {
    const behaviors = [edgeWorker({ edgeWorkerId: "1" })];
    expect((await check({ behaviors })).errors).toMatchObject([
      {
        errorLocation: `${AT}/behaviors/0/options/edgeWorkerId`,
        detail: expect.stringContaining("no EdgeWorker ID 1"),
      },
    ]);
    expect((await check({ behaviors }, "&validateMode=fast")).errors).toEqual([]);
  });

  test("reports to mPulse only where there is mPulse", async () => {
    const behaviors = [edgeWorker({ mPulse: true })];
    expect((await check({ behaviors })).errors).toEqual([]);
    const without = { behaviors: base.behaviors.filter(({ name }) => name !== "mPulse") };
    expect((await check({ behaviors }, "", without)).errors).toMatchObject([
      { type: expect.stringMatching(/required_feature_any$/), errorLocation: `${AT}/behaviors/0` },
    ]);
  });

  test("not under a condition on its own execution; continuing on errors is doubtful with a failover", async () => {
    const { errors } = await check({
      criteria: [onFailure],
      children: [{ name: "x", behaviors: [edgeWorker({})] }],
    });
    expect(errors).toMatchObject([
      {
        type: expect.stringMatching(/incompatible_condition$/),
        errorLocation: `${AT}/children/0/behaviors/0`,
      },
    ]);
    const failover = {
      name: "Failover",
      criteria: [onFailure, onErrors],
      behaviors: [feature("failAction", redirect)],
    };
    const { warnings } = await check({
      behaviors: [edgeWorker({ continueOnError: true })],
      children: [failover],
    });
    expect(warnings).toMatchObject([
      { errorLocation: `${AT}/behaviors/0`, instance: expect.stringMatching(/#warn_100$/) },
    ]);
  });
});

describe("failAction", () => {
  const at = async (options: object) =>
    (
      await check({ criteria: [onErrors], behaviors: [feature("failAction", { enabled: true, ...options })] })
    ).errors.map(({ errorLocation }) => errorLocation.replace(`${AT}/behaviors/0/options/`, ""));

  test("each action with all it needs", async () => {
    for (const options of [
      { enabled: false },
      { actionType: "SERVE_STALE" },
      redirect,
      {
        ...redirect,
        redirectHostnameType: "ORIGINAL",
        redirectHostname: undefined,
        redirectCustomPath: false,
        redirectPath: undefined,
        redirectMethod: 301,
        modifyProtocol: false,
        protocol: undefined,
      },
      {
        actionType: "RECREATED_CO",
        contentHostname: "static.example.com",
        contentCustomPath: true,
        contentPath: "/sorry.html",
      },
      { actionType: "RECREATED_CEX", cexHostname: "static.example.com", cexCustomPath: false },
      {
        actionType: "RECREATED_NS",
        netStorageHostname: { id: 1 },
        netStoragePath: "/sorry.html",
        cpCode: { id: 740_101 },
        statusCode: 200,
      },
      {
        actionType: "DYNAMIC",
        dynamicMethod: "SERVE_302",
        dynamicCustomPath: true,
        dynamicPath: "/x",
        saasType: "COOKIE",
        saasCookie: "c",
        saasSuffix: ".x",
      },
    ])
      expect(await at(options)).toEqual([]);
  });

  test.each<[object, string[]]>([
    [{}, ["actionType"]],
    [{ actionType: "GIVE_UP" }, ["actionType"]],
    [{ actionType: "REDIRECT" }, ["redirectHostnameType", "redirectMethod"]],
    [{ ...redirect, redirectMethod: "302" }, ["redirectMethod"]],
    [{ ...redirect, redirectMethod: 307 }, ["redirectMethod"]],
    [
      { ...redirect, redirectHostname: undefined, redirectPath: "", protocol: undefined },
      ["redirectHostname", "redirectPath", "protocol"],
    ],
    [{ actionType: "RECREATED_CO", contentCustomPath: true }, ["contentHostname", "contentPath"]],
    [{ actionType: "RECREATED_CEX", cexCustomPath: true }, ["cexHostname", "cexPath"]],
    [{ actionType: "RECREATED_NS" }, ["netStorageHostname", "netStoragePath", "cpCode"]],
    [{ actionType: "DYNAMIC" }, ["dynamicMethod", "saasType"]],
    [{ actionType: "DYNAMIC", dynamicMethod: "SERVE_301", saasType: "QUERY_STRING" }, ["saasQueryString"]],
    [{ actionType: "SERVE_STALE", modifyProtocol: "no" }, ["modifyProtocol"]],
    [{ actionType: "SERVE_STALE", colour: "red" }, ["colour"]],
  ])("%j", async (options, wrong) => {
    expect(await at(options)).toEqual(wrong);
  });

  test("needs a failure to act on, in its rule or above", async () => {
    const child = { name: "x", behaviors: [feature("failAction", redirect)] };
    expect(
      (
        await check({
          criteria: [feature("originTimeout", { matchOperator: "ORIGIN_TIMED_OUT" })],
          children: [child],
        })
      ).errors,
    ).toEqual([]);
    const { errors } = await check({ criteria: [onFailure], children: [child] });
    expect(errors).toMatchObject([
      { type: expect.stringMatching(/required_feature_any$/), errorLocation: `${AT}/children/0/behaviors/0` },
    ]);
    expect((await check({ children: [child] }, "&validateMode=fast")).errors).toEqual([]);
  });
});

describe("criteria", () => {
  test.each<[string, object, string[]]>([
    ["edgeWorkersFailure", { execStatus: "SUCCESS" }, []],
    ["edgeWorkersFailure", { execStatus: "MAYBE" }, ["execStatus"]],
    ["matchResponseCode", { matchOperator: "IS_NOT_ONE_OF", values: ["404"] }, []],
    ["matchResponseCode", { matchOperator: "IS_ONE_OF", values: [500] }, ["values"]],
    ["matchResponseCode", { matchOperator: "IS_ONE_OF", values: ["5xx"] }, ["values"]],
    ["matchResponseCode", { matchOperator: "IS_ONE_OF" }, ["values"]],
    ["matchResponseCode", { matchOperator: "IS_BETWEEN", lowerBound: 500, upperBound: 599 }, []],
    [
      "matchResponseCode",
      { matchOperator: "IS_BETWEEN", lowerBound: "500", upperBound: 599 },
      ["lowerBound"],
    ],
    ["matchResponseCode", { matchOperator: "IS_NOT_BETWEEN", lowerBound: 500 }, ["upperBound"]],
    ["matchResponseCode", { matchOperator: "IS_BETWEEN", lowerBound: 599, upperBound: 500 }, ["upperBound"]],
    ["hostname", { matchOperator: "IS_ONE_OF", values: ["www.example.com"] }, []],
    ["hostname", { matchOperator: "IS", values: [] }, ["matchOperator", "values"]],
    ["path", { matchOperator: "MATCHES_ONE_OF", values: [1] }, ["values"]],
    ["whatever", { any: ["thing"] }, []],
  ])("%s %j", async (name, options, wrong) => {
    const { errors } = await check({ criteria: [feature(name, { ...options })] });
    expect(errors.map(({ errorLocation }) => errorLocation)).toEqual(
      wrong.map((option) => `${AT}/criteria/0/options/${option}`),
    );
  });
});

test("the default rule", async () => {
  const missing = await check({}, "", { behaviors: [] });
  expect(missing.errors).toMatchObject([
    {
      type: "/papi/v1/errors/validation.required_behavior",
      title: "Missing required behavior in default rule",
      behaviorName: "cpCode",
    },
    { behaviorName: "origin" },
  ]);
  expect((await check({}, "", { name: "first" })).errors).toMatchObject([{ errorLocation: "#/rules" }]);
  expect((await check({}, "", { criteria: [onErrors] })).errors).toMatchObject([
    { errorLocation: "#/rules" },
  ]);
});

test("variables", async () => {
  const of = (...names: string[]) =>
    names.map((name) => ({ name, value: "", hidden: false, sensitive: false }));
  const at = async (...names: string[]) =>
    (await check({}, "", { variables: of(...names) })).errors.map(({ errorLocation }) => errorLocation);
  expect(await at("PMUSER_A", "PMUSER_B")).toEqual([]);
  expect(await at("PMUSER_A", "PMUSER_A", "OTHER")).toEqual(["#/rules/variables/1", "#/rules/variables/2"]);
  expect((await check({ variables: of("PMUSER_A") })).errors).toMatchObject([
    { errorLocation: `${AT}/variables/0` },
  ]);
});
