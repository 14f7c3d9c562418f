/** Rules: each criterion, three-valued logic, and random trees against a second evaluator. */

import { CRITERIA } from "../../../emulator/edge/rules/criteria";
import { decide } from "../../../emulator/edge/rules/decision";
import { type Explained, evaluate, Undecidable } from "../../../emulator/edge/rules/evaluate";
import type { Facts } from "../../../emulator/edge/rules/facts";
import { failActionFor } from "../../../emulator/edge/rules/failAction";
import { RuleTree } from "../../../emulator/property/rules/ruleTree";

const facts = (more: Partial<Facts> = {}): Facts => ({
  stage: "client-request",
  requestType: "CLIENT_REQ",
  method: "GET",
  scheme: "https",
  host: "www.example.com",
  path: "/shop/Item.html",
  query: "a=1&b=two",
  headers: { cookie: ["x=1; preview=yes"], "x-debug": ["on"], "user-agent": ["Test/1.0"] },
  clientIp: "198.51.100.7",
  location: { country: "DE", region: "BY", continent: "EU" },
  device: { isMobile: true, brandName: "Apple", resolutionWidth: 390 },
  variables: { PMUSER_A: "5" },
  percentile: () => 50,
  ...more,
});
const tree = (value: object) =>
  RuleTree.parse({ name: "default", behaviors: [], criteria: [], children: [], ...value });
const runs = { name: "edgeWorker", options: { enabled: true, edgeWorkerId: "9" } };

const response = { status: 503, headers: { "content-type": ["text/html"], "x-a": ["1"] } };
test.each([
  ["hostname", { matchOperator: "IS_ONE_OF", values: ["WWW.example.com"] }, true],
  ["hostname", { matchOperator: "IS_NOT_ONE_OF", values: ["*.example.com"] }, false],
  ["path", { matchOperator: "MATCHES_ONE_OF", values: ["/shop/*"], matchCaseSensitive: false }, true],
  [
    "path",
    { matchOperator: "DOES_NOT_MATCH_ONE_OF", values: ["/shop/?tem.html"], matchCaseSensitive: true },
    false,
  ],
  ["path", { matchOperator: "MATCHES_ONE_OF", values: ["/SHOP/*"], matchCaseSensitive: true }, false],
  ["fileExtension", { matchOperator: "IS_ONE_OF", values: ["HTML"], matchCaseSensitive: false }, true],
  ["filename", { matchOperator: "IS_ONE_OF", values: ["item.*"], matchCaseSensitive: false }, true],
  ["requestMethod", { matchOperator: "IS", value: "GET" }, true],
  ["requestMethod", { matchOperator: "IS_NOT", value: "HTTP_DELETE" }, true],
  ["requestProtocol", { value: "HTTPS" }, true],
  ["requestType", { matchOperator: "IS", value: "EW_SUBREQUEST" }, false],
  ["requestHeader", { headerName: "X-Debug", matchOperator: "EXISTS" }, true],
  ["requestHeader", { headerName: "X-Debug", matchOperator: "IS_NOT_ONE_OF", values: ["on"] }, false],
  [
    "requestHeader",
    { headerName: "X-Debug", matchOperator: "IS_ONE_OF", values: ["{{builtin.AK_UNHEARD}}"] },
    "unknown",
  ],
  ["requestCookie", { cookieName: "preview", matchOperator: "IS", value: "yes" }, true],
  [
    "queryStringParameter",
    { parameterName: "b", matchOperator: "IS_ONE_OF", values: ["t*"], matchWildcardValue: true },
    true,
  ],
  ["queryStringParameter", { parameterName: "a", matchOperator: "IS_LESS_THAN", upperBound: 2 }, true],
  ["queryStringParameter", { parameterName: "c", matchOperator: "DOES_NOT_EXIST" }, true],
  ["userAgent", { matchOperator: "IS_ONE_OF", values: ["test/*"], matchWildcard: true }, true],
  ["clientIp", { matchOperator: "IS_ONE_OF", values: ["198.51.100.0/24"] }, true],
  ["clientIp", { matchOperator: "IS_NOT_ONE_OF", values: ["2001:db8::/32"] }, true],
  ["userLocation", { field: "COUNTRY", matchOperator: "IS_ONE_OF", countryValues: ["DE"] }, true],
  ["userLocation", { field: "REGION", matchOperator: "IS_ONE_OF", regionValues: ["DE-BY"] }, true],
  ["deviceCharacteristic", { characteristic: "IS_MOBILE", booleanValue: true }, true],
  ["deviceCharacteristic", { characteristic: "AJAX_SUPPORT_JAVA", booleanValue: true }, "unknown"],
  ["random", { bucket: 51 }, true],
  ["random", { bucket: 50 }, false],
  ["metadataStage", { matchOperator: "IS", value: "client-request" }, true],
  [
    "matchVariable",
    { variableName: "PMUSER_A", matchOperator: "IS_BETWEEN", lowerBound: "4", upperBound: "6" },
    true,
  ],
  ["matchVariable", { variableName: "PMUSER_B", matchOperator: "IS_EMPTY" }, true],
  ["matchVariable", { variableName: "AK_METHOD", matchOperator: "IS_ONE_OF", variableValues: ["GET"] }, true],
  ["matchVariable", { variableName: "AK_UNHEARD", matchOperator: "IS_EMPTY" }, "unknown"],
  [
    "matchVariable",
    { variableName: "PMUSER_A", matchOperator: "IS_MORE_THAN_OR_EQUAL", variableExpression: "5" },
    true,
  ],
])("%s %j is %p", (name, options, expected) => {
  expect(CRITERIA.get(name)?.(options, facts(), "r")).toBe(expected);
});

test.each([
  ["matchResponseCode", { matchOperator: "IS_BETWEEN", lowerBound: 500, upperBound: 599 }, true],
  ["matchResponseCode", { matchOperator: "IS_ONE_OF", values: ["404"] }, false],
  ["responseHeader", { headerName: "X-A", matchOperator: "EXISTS" }, true],
  ["contentType", { matchOperator: "IS_ONE_OF", values: ["text/*"], matchWildcard: true }, true],
  ["edgeWorkersFailure", { execStatus: "FAILURE" }, true],
])("%s %j is %p at the stage of the response, and false before it", (name, options, expected) => {
  expect(CRITERIA.get(name)?.(options, facts({ response, edgeWorkerFailed: true }), "r")).toBe(expected);
  expect(CRITERIA.get(name)?.(options, facts(), "r")).toBe(false);
});

test("no origin times out here: a failover on that alone does not hold up a request", () => {
  const timedOut = { name: "originTimeout", options: { matchOperator: "ORIGIN_TIMED_OUT" } };
  for (const at of [facts(), facts({ response, edgeWorkerFailed: true })])
    expect(CRITERIA.get("originTimeout")?.(timedOut.options, at, "r")).toBe(false);
  const failAction = { name: "failAction", options: { actionType: "REDIRECT" } };
  const root = tree({
    children: [
      {
        name: "R",
        behaviors: [runs],
        children: [{ name: "R failover on origin timeout", criteria: [timedOut], behaviors: [failAction] }],
      },
    ],
  });
  expect(decide(root, facts(), new Map()).edgeWorker?.id).toBe(9);
});

const unknown = { name: "cloudletsOrigin", options: {} };
const yes = { name: "requestProtocol", options: { value: "HTTPS" } };
const no = { name: "requestProtocol", options: { value: "HTTP" } };

test.each([
  ["all", [unknown, no], false],
  ["any", [unknown, yes], true],
] as const)(
  "with %s, a criterion that is not evaluated does not matter where another decides",
  (criteriaMustSatisfy, criteria, expected) => {
    const root = tree({ children: [{ name: "R", criteria, criteriaMustSatisfy, behaviors: [runs] }] });
    expect(decide(root, facts(), new Map()).edgeWorker?.id).toBe(expected ? 9 : undefined);
  },
);

test("otherwise the rule and the criterion are named, unless the rule is set for the request or holds nothing that matters", () => {
  const root = tree({
    children: [{ name: "R", criteria: [yes, unknown], criteriaMustSatisfy: "all", behaviors: [runs] }],
  });
  expect(() => decide(root, facts(), new Map())).toThrow(
    expect.objectContaining({ rule: "default > R", element: "cloudletsOrigin" }),
  );
  expect(decide(root, facts(), new Map([["default > R", true]])).edgeWorker?.id).toBe(9);
  const other = tree({
    children: [
      {
        name: "R",
        criteria: [unknown],
        criteriaMustSatisfy: "all",
        behaviors: [{ name: "caching", options: {} }],
      },
    ],
  });
  expect(decide(other, facts(), new Map()).explained).toEqual([]);
});

test("two EdgeWorkers that match are refused, one that is switched off later still runs", () => {
  const two = tree({
    behaviors: [runs],
    children: [
      { name: "R", behaviors: [{ name: "edgeWorker", options: { enabled: true, edgeWorkerId: "10" } }] },
    ],
  });
  expect(() => decide(two, facts(), new Map())).toThrow(
    'rule "default" calls EdgeWorker 9 and rule "default > R" calls 10',
  );
  const off = tree({
    behaviors: [runs],
    children: [
      { name: "R", behaviors: [{ name: "edgeWorker", options: { enabled: false, edgeWorkerId: "9" } }] },
    ],
  });
  expect(decide(off, facts(), new Map()).edgeWorker?.id).toBe(9);
});

test("variables that a rule sets are seen by the rules after it; redirects and refusals are responses", () => {
  const set = {
    name: "setVariable",
    options: {
      variableName: "PMUSER_A",
      valueSource: "EXPRESSION",
      transform: "NONE",
      variableValue: "{{builtin.AK_METHOD}}",
    },
  };
  const seen = {
    name: "matchVariable",
    options: { variableName: "PMUSER_A", matchOperator: "IS_ONE_OF", variableValues: ["GET"] },
  };
  const root = tree({
    behaviors: [set],
    children: [
      {
        name: "R",
        criteria: [seen],
        behaviors: [
          {
            name: "redirect",
            options: {
              destinationProtocol: "SAME_AS_REQUEST",
              destinationHostname: "SAME_AS_REQUEST",
              destinationPath: "OTHER",
              destinationPathOther: "/new{{builtin.AK_PATH}}",
              queryString: "APPEND",
              responseCode: 301,
            },
          },
        ],
      },
    ],
  });
  expect(decide(root, facts(), new Map()).response).toEqual({
    status: 301,
    headers: { location: "https://www.example.com/new/shop/Item.html?a=1&b=two" },
    body: "",
  });
  const denied = tree({ behaviors: [{ name: "denyAccess", options: { enabled: true } }] });
  expect(decide(denied, facts(), new Map()).response?.status).toBe(403);
});

test("failAction recreates content from another hostname", () => {
  const root = tree({
    children: [
      {
        name: "R",
        criteria: [
          {
            name: "matchResponseCode",
            options: { matchOperator: "IS_BETWEEN", lowerBound: 500, upperBound: 504 },
          },
        ],
        behaviors: [
          {
            name: "failAction",
            options: {
              enabled: true,
              actionType: "RECREATED_CO",
              contentHostname: "static.example.com",
              contentCustomPath: true,
              contentPath: "/sorry.html",
            },
          },
        ],
      },
    ],
  });
  const late = facts({ stage: "client-response", response });
  expect(failActionFor(root, late, new Map(), [])).toEqual({
    kind: "content",
    hostname: "static.example.com",
    path: "/sorry.html?a=1&b=two",
  });
  expect(
    failActionFor(root, { ...late, response: { status: 200, headers: {} } }, new Map(), []),
  ).toBeUndefined();
});

/** A second evaluator, written apart: it says which rules match, or which is undecided. */
type Plain = {
  name: string;
  criteria: { name: string; truth: boolean | null }[];
  any: boolean;
  children: Plain[];
};
function expectedOf(rule: Plain, path: string, matched: string[]): string | undefined {
  const truths = rule.criteria.map(({ truth }) => truth);
  const has = (truth: boolean | null) => truths.indexOf(truth) >= 0;
  let outcome: boolean | null = true;
  if (truths.length > 0 && rule.any) outcome = has(true) ? true : has(null) ? null : false;
  else if (truths.length > 0) outcome = has(false) ? false : has(null) ? null : true;
  if (outcome === null) return path;
  if (!outcome) return undefined;
  matched.push(path);
  for (const child of rule.children) {
    const undecided = expectedOf(child, `${path} > ${child.name}`, matched);
    if (undecided !== undefined) return undecided;
  }
  return undefined;
}

test("10,000 random trees agree with a second evaluator", () => {
  let seed = 7;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const known = [
    [yes, true],
    [no, false],
    [{ name: "path", options: { matchOperator: "MATCHES_ONE_OF", values: ["/shop/*"] } }, true],
    [{ name: "requestMethod", options: { matchOperator: "IS_NOT", value: "GET" } }, false],
    [{ name: "clientIp", options: { matchOperator: "IS_ONE_OF", values: ["198.51.100.0/24"] } }, true],
    [{ name: "requestCookie", options: { cookieName: "none", matchOperator: "EXISTS" } }, false],
    [{ name: "random", options: { bucket: 60 } }, true],
    [unknown, null],
  ] as const;
  const grow = (name: string, depth: number): [Plain, object] => {
    const chosen = Array.from({ length: Math.floor(random() * 4) }, () =>
      random() < 0.08 ? known[7] : pick(known.slice(0, 7)),
    );
    const any = random() < 0.5;
    const children =
      depth === 0
        ? []
        : Array.from({ length: Math.floor(random() * 4) }, (_, at) => grow(`c${at}`, depth - 1));
    return [
      {
        name,
        any,
        criteria: chosen.map(([{ name: criterion }, truth]) => ({ name: criterion, truth })),
        children: children.map(([plain]) => plain),
      },
      {
        name,
        criteriaMustSatisfy: any ? "any" : "all",
        criteria: chosen.map(([criterion]) => criterion),
        behaviors: [{ name: "origin", options: { hostname: name } }],
        children: children.map(([, real]) => real),
      },
    ];
  };
  let undecided = 0;
  for (let count = 0; count < 10_000; count += 1) {
    const [plain, real] = grow("default", 3);
    const wanted: string[] = [];
    const stopped = expectedOf(plain, "default", wanted);
    const matched: string[] = [];
    const explained: Explained[] = [];
    let refused: string | undefined;
    try {
      evaluate(real as never, {
        facts: facts(),
        overrides: new Map(),
        explained,
        apply: ({ rule }) => void matched.push(rule),
      });
    } catch (error) {
      if (!(error instanceof Undecidable)) throw error;
      refused = error.rule;
      undecided += 1;
    }
    // `expect` takes most of the time otherwise.
    if (JSON.stringify([matched, refused]) !== JSON.stringify([wanted, stopped]))
      expect([matched, refused]).toEqual([wanted, stopped]);
  }
  expect(undecided).toBeGreaterThan(500);
});
