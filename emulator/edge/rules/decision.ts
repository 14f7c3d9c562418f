import type { Rule } from "../../property/rules/ruleTree";
import { type Explained, evaluate, type Matched, type Overrides, Undecidable } from "./evaluate";
import { expanded, type Facts } from "./facts";
import type { Options } from "./matching";

export interface EdgeWorkerChoice {
  readonly id: number;
  readonly continueOnError: boolean;
  readonly rule: string;
}

/** What the rules say about a request before it is answered. */
export interface Decision {
  readonly edgeWorker?: EdgeWorkerChoice;
  readonly origin?: { readonly hostname: string; readonly hostHeader: string };
  /** A response of the rules' own. */
  readonly response?: {
    readonly status: number;
    readonly headers: Record<string, string>;
    readonly body: string;
  };
  readonly explained: readonly Explained[];
}

/** Evaluates the rules of a request. The variables of `facts` change on the way. */
export function decide(root: Rule, facts: Facts, overrides: Overrides): Decision {
  for (const { name, value } of root.variables ?? []) facts.variables[name] ??= value ?? "";
  const explained: Explained[] = [];
  const chosen: EdgeWorkerChoice[] = [];
  let origin: Decision["origin"];
  let response: Decision["response"];
  evaluate(root, {
    facts,
    overrides,
    explained,
    apply(matched) {
      const { name, options } = matched.behavior;
      if (name === "edgeWorker" && options.enabled !== false) chosen.push(edgeWorkerOf(matched));
      if (name === "origin") origin = originOf(matched, facts);
      if (name === "setVariable") setVariable(matched, facts);
      const made = responseOf(matched, facts);
      if (made !== undefined) response = made === "none" ? undefined : made;
    },
  });
  const [edgeWorker, other] = chosen.filter((one, at) => chosen.findIndex(({ id }) => id === one.id) === at);
  if (edgeWorker !== undefined && other !== undefined)
    throw new Undecidable(
      other.rule,
      "edgeWorker",
      `rule "${edgeWorker.rule}" calls EdgeWorker ${edgeWorker.id} and rule "${other.rule}" calls ${other.id}: which one runs is not documented`,
    );
  return {
    ...(edgeWorker && { edgeWorker }),
    ...(origin && { origin }),
    ...(response && { response }),
    explained,
  };
}

function edgeWorkerOf({ rule, behavior }: Matched): EdgeWorkerChoice {
  const { edgeWorkerId, continueOnError } = behavior.options;
  return { id: Number(edgeWorkerId), continueOnError: continueOnError === true, rule };
}

function filled(matched: Matched, facts: Facts, value: unknown): string {
  const text = expanded(facts, String(value ?? ""));
  if (text === undefined)
    throw new Undecidable(
      matched.rule,
      matched.behavior.name,
      `the local edge has no value for ${String(value)}`,
    );
  return text;
}

function originOf(matched: Matched, facts: Facts): Decision["origin"] {
  const {
    originType = "CUSTOMER",
    hostname,
    forwardHostHeader,
    customForwardHostHeader,
  } = matched.behavior.options;
  if (originType !== "CUSTOMER")
    throw new Undecidable(matched.rule, "origin", `an origin of type ${String(originType)} is not emulated`);
  const name = filled(matched, facts, hostname);
  const hostHeader =
    forwardHostHeader === "ORIGIN_HOSTNAME"
      ? name
      : forwardHostHeader === "CUSTOM"
        ? filled(matched, facts, customForwardHostHeader)
        : facts.host;
  return { hostname: name, hostHeader };
}

export function setVariable(matched: Matched, facts: Facts): void {
  const { variableName, valueSource, transform = "NONE", variableValue } = matched.behavior.options;
  if (valueSource !== "EXPRESSION" || transform !== "NONE")
    throw new Undecidable(
      matched.rule,
      "setVariable",
      "only a value from an expression without a transform is evaluated by the local edge",
    );
  facts.variables[String(variableName).replace(/^user\./, "")] = filled(matched, facts, variableValue);
}

/** The response that a behavior makes. `none`: it is switched off. */
function responseOf(matched: Matched, facts: Facts): Decision["response"] | "none" {
  const { name, options } = matched.behavior;
  if (name === "constructResponse") {
    if (options.enabled === false) return "none";
    const body = filled(matched, facts, options.body);
    return { status: Number(options.responseCode ?? 200), headers: { "content-type": "text/html" }, body };
  }
  if (name === "denyAccess") {
    if (options.enabled === false) return "none";
    return { status: 403, headers: { "content-type": "text/html" }, body: page(403, "Access Denied") };
  }
  return name === "redirect" ? redirectOf(matched, facts, options) : undefined;
}

export const page = (status: number, title: string): string =>
  `<HTML><HEAD><TITLE>${title}</TITLE></HEAD><BODY><H1>${title}</H1>Reference #${status}</BODY></HTML>\n`;

function redirectOf(matched: Matched, facts: Facts, options: Options): Decision["response"] {
  const { destinationProtocol, destinationHostname, destinationPath, queryString, mobileDefaultChoice } =
    options;
  if (mobileDefaultChoice === "MOBILE")
    throw new Undecidable(
      matched.rule,
      "redirect",
      "a choice by mobile device is not evaluated by the local edge",
    );
  const scheme =
    destinationProtocol === "HTTPS" ? "https" : destinationProtocol === "HTTP" ? "http" : facts.scheme;
  const host =
    destinationHostname === "SAME_AS_REQUEST" || destinationHostname === undefined
      ? facts.host
      : destinationHostname === "OTHER"
        ? filled(matched, facts, options.destinationHostnameOther)
        : `${String(options.destinationHostnameSubdomain ?? "www")}.${facts.host.split(".").slice(1).join(".")}`;
  const path =
    destinationPath === "OTHER"
      ? filled(matched, facts, options.destinationPathOther)
      : destinationPath === "PREFIX_REQUEST"
        ? `${filled(matched, facts, options.destinationPathPrefix)}${facts.path}`
        : facts.path;
  const query = queryString === "APPEND" && facts.query !== "" ? `?${facts.query}` : "";
  return {
    status: Number(options.responseCode ?? 302),
    headers: { location: `${scheme}://${host}${path}${query}` },
    body: "",
  };
}
