import type { Fault } from "../../../emulator";

/** A method and a path whose ids are `:one`, such as `GET /edgekv/v1/tokens/:one`. */
export type Route = string;

const collections =
  /\/(networks|namespaces|groups|items|tokens|ids|versions|activations|deactivations|properties)\/[^/]+/g;

export const routeOf = ({ method, path }: { method: string; path: string }): Route =>
  `${method} ${path.replace(collections, "/$1/:one")}`;

const methodAndPath = (route: Route): [method: string, path: string] => {
  const [method = "", path = ""] = route.split(" ");
  return [method, path];
};

/** A faultKind that any request may have. */
export interface FaultKind {
  readonly name: string;
  /** On which routes it can happen; every one when absent. */
  readonly on?: (route: Route) => boolean;
  readonly fault: (route: Route, now: number) => Omit<Fault, "method" | "path" | "times">;
  /** What an error reports of it. */
  readonly expected: RegExp;
  /** What an error may report instead, where the faultKind looks like something else. */
  readonly looksLike?: RegExp;
  /** What an error of the service's own has in it: some answers are no JSON and have neither. */
  readonly code?: (route: Route) => string | undefined;
  /** Milliseconds of the machine's time after which the client gives an attempt up. */
  readonly timeoutMs?: number;
}

const product = (route: Route): "edgekv" | "edgeworkers" | "papi" =>
  route.includes("/edgekv/") ? "edgekv" : route.includes("/papi/") ? "papi" : "edgeworkers";

/** The codes that the products have for a status. EdgeKV's are categories: those of tokens and namespaces are others than those of items. */
function codeOf(route: Route, status: number): string | undefined {
  if (product(route) === "papi") return undefined;
  if (product(route) === "edgeworkers")
    return status === 404 ? "EW2002" : status === 500 ? "EW4303" : undefined;
  if (status === 429) return "EKV_9100";
  if (status === 500) return "EKV_0000";
  return route.includes("/groups") && !route.includes("/auth/") ? "EKV_9000" : "EKV_3000";
}

/** A body as the product would write it. */
function problem(route: Route, status: number): object {
  const errorCode = codeOf(route, status);
  const common = {
    title: "Refused",
    status,
    detail: "This is how it is now.",
    ...(errorCode !== undefined && { errorCode }),
  };
  switch (product(route)) {
    case "edgekv":
      return {
        ...common,
        type: "/edgekv/error-types/edgekv-refused",
        instance: "/edgekv/error-instances/0b7a1c52",
        additionalDetail: { requestId: "7d424b9289ab9b43" },
      };
    case "edgeworkers":
      return {
        ...common,
        type: "/edgeworkers/error-types/edgeworkers-refused",
        instance: "/edgeworkers/error-instances/86d1cc10",
      };
    case "papi":
      return {
        ...common,
        type: "https://problems.luna.akamaiapis.net/papi/v1/http/refused",
        instance: "/papi/v1/refused#7d424b92",
      };
  }
}

const page = `<!DOCTYPE html><html><head><title>Gateway</title><style>p { color: red }</style><script>var secret = "<p>";</script></head>
<body><h1>Sorry</h1><p>Something went wrong &amp; we know.</p><!-- Error: at Object.handle (/srv/app.js:17:3) --></body></html>`;

const answered = (status: number) => new RegExp(`was answered with ${status}: .+\\(.*request [\\w/#:.-]+\\)`);
const undocumented = /was answered with 200, but the body is not what the API documents: /;
const unanswered = /got no answer: .+ \([A-Z_]+\)/;

const absent =
  /there is no |not there|not to be seen|not visible|is gone|does not exist|waited | is active on /;
/** Any text may be what an item holds. */
const another =
  /exists already with another value|it is still shown|visible as before|visible with its earlier value/;

/** A refusal of the service itself. */
const refusal = (
  status: number,
  name = String(status),
  headers?: (now: number) => Record<string, string>,
): FaultKind => ({
  name,
  fault: (route, now) => ({
    kind: "status",
    status,
    body: problem(route, status),
    ...(headers && { headers: headers(now) }),
  }),
  expected: answered(status),
  code: (route) => codeOf(route, status),
});

/** The same from what stands before the service. */
const gateway = (status: number, name = String(status)): FaultKind => ({
  name,
  fault: () => ({ kind: "status", status }),
  expected: answered(status),
});

const slow = { timeoutMs: 60 };
const changesSomething = (route: Route) => !route.startsWith("GET ");

export const faultKinds: readonly FaultKind[] = [
  gateway(401),
  gateway(403),
  // A 404 to what was asked for is absence, whatever answers it; an error then names what is not there, or what is in the way because it was not seen.
  { ...refusal(404), looksLike: absent },
  { ...gateway(404, "404 of the gateway"), looksLike: absent },
  refusal(409),
  refusal(412),
  refusal(429),
  refusal(429, "429 with Retry-After", () => ({ "Retry-After": "30" })),
  {
    ...refusal(429, "429 with X-RateLimit-Next", (now) => ({
      "X-RateLimit-Next": new Date(now + 20_000).toISOString(),
    })),
    on: (route) => product(route) === "papi",
  },
  refusal(500),
  gateway(502),
  gateway(503),
  gateway(504),
  {
    ...gateway(502, "502 with HTML"),
    fault: () => ({ kind: "status", status: 502, body: page, contentType: "text/html" }),
  },
  // A page instead of an answer comes from a proxy: the request was not carried out.
  {
    name: "200 with HTML",
    fault: () => ({ kind: "status", status: 200, body: page, contentType: "text/html" }),
    expected: undocumented,
  },
  // What is cut or missing is the service's own answer: the request was carried out.
  {
    name: "200 with truncated JSON",
    fault: () => ({
      kind: "status",
      status: 200,
      body: '{"namespace": "gree',
      contentType: "application/json",
      afterEffect: true,
    }),
    expected: undocumented,
    looksLike: another,
  },
  {
    name: "200 without a body",
    fault: () => ({
      kind: "status",
      status: 200,
      body: "",
      contentType: "application/json",
      afterEffect: true,
    }),
    expected: undocumented,
    looksLike: another,
  },
  { name: "reset before the effect", fault: () => ({ kind: "reset-before" }), expected: unanswered },
  {
    name: "reset after the effect",
    on: changesSomething,
    fault: () => ({ kind: "reset-after" }),
    expected: unanswered,
  },
  { name: "hang", fault: () => ({ kind: "hang" }), expected: unanswered, ...slow },
  {
    name: "hang after the effect",
    on: changesSomething,
    fault: () => ({ kind: "hang", afterEffect: true }),
    expected: unanswered,
    ...slow,
  },
  { name: "drip", fault: () => ({ kind: "drip", delayMs: 60_000 }), expected: unanswered, ...slow },
];

/** A fault of the emulator for a faultKind on a route. */
export function faultOn(route: Route, { fault }: FaultKind, times: number, now: number): Fault {
  const [method, path] = methodAndPath(route);
  return { ...fault(route, now), method, path, times };
}

/** A line of its own; where the provider itself refuses to go on, its own words name what to do. */
const advice = /\n {2}[A-Z][^\n]*\.$|Run `pulumi refresh`|Run again: |run again, and|choose another name/;

/** What is wrong with an error, as the person sees it who has to do something about it. */
export function faultsInError(
  error: string,
  route: Route,
  { expected, code, looksLike }: FaultKind,
  secrets: readonly string[],
): string[] {
  const [method, path] = methodAndPath(route);
  const request = new RegExp(`${method} ${path.replaceAll(":one", "[^/ ]+")} `);
  const expectedCode = code?.(route);
  if (looksLike?.test(error)) return wrongIn(error, secrets);
  return [
    ...(/^[^:]+:?[^:]*: (checking|comparing|creating|reading|updating|deleting) \S.* \S/.test(error)
      ? []
      : ["does not name what was being done"]),
    ...(request.test(error) ? [] : ["does not name the request"]),
    ...(expected.test(error) ? [] : ["does not name what came back"]),
    ...(expectedCode === undefined || error.includes(expectedCode) ? [] : ["does not give the code"]),
    ...(advice.test(error) ? [] : ["does not name what to do"]),
    ...wrongIn(error, secrets),
  ];
}

/** What may be in no error. */
export function wrongIn(error: string, secrets: readonly string[]): string[] {
  return [
    ...(/<\/?[a-z!]|&amp;|color: red|var secret/i.test(error) ? ["has HTML in it"] : []),
    ...(/^\s*at .*\d+:\d+|node_modules|\.ts:\d/m.test(error) ? ["has a stack in it"] : []),
    ...(/\bundefined\b|\bNaN\b|\[object /.test(error) ? ["has words of the machine in it"] : []),
    ...(error.includes("EG1-HMAC") || secrets.some((secret) => error.includes(secret))
      ? ["has a credential in it"]
      : []),
    ...(error.length > 1200 ? ["is too long"] : []),
  ];
}
