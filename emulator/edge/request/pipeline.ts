import { type Decision, decide } from "../rules/decision";
import { type Explained, Undecidable } from "../rules/evaluate";
import type { Facts } from "../rules/facts";
import { failActionFor } from "../rules/failAction";
import type { SubRequest } from "../runtime/protocol";
import { type Conditions, conditionsOf } from "./conditions";
import type { Exchange, Parts } from "./context";
import { EDGEKV_HOST } from "./dataPlane";
import { answered } from "./exchange";
import { type Incoming, type Outgoing, refusal } from "./messages";
import { liveHostnames, type Site, siteOf } from "./sites";
import type { Asker } from "./subRequests";

/** Answers a request to a site, from the rules to the response. */
export async function respond(parts: Parts, incoming: Incoming): Promise<Outgoing> {
  const { network, host } = incoming;
  const site = siteOf(parts.account(), network, host, parts.now());
  if (site === undefined) return unknownHost(parts, incoming);
  let conditions: Conditions;
  try {
    conditions = conditionsOf(incoming.headers, incoming.clientIp, parts.settings);
  } catch (error) {
    return refusal(400, "Bad Request", error instanceof Error ? error.message : String(error));
  }
  const facts = factsOf(parts, incoming, conditions);
  try {
    const decision = decide(site.version.rules, facts, conditions.overrides);
    const exchange: Exchange = {
      parts,
      incoming,
      conditions,
      site,
      facts,
      decision,
      fetch: fetcherOf(parts),
    };
    return await answered(exchange, (status, headers, failed) =>
      failContent(exchange, status, headers, failed),
    );
  } catch (error) {
    if (error instanceof Undecidable) return undecided(site, error);
    throw error;
  }
}

/** The rules' view of a request, with what matched. */
export function explain(
  parts: Parts,
  incoming: Incoming,
): { site: Site; decision?: Decision; explained: readonly Explained[]; undecided?: string } | undefined {
  const site = siteOf(parts.account(), incoming.network, incoming.host, parts.now());
  if (site === undefined) return undefined;
  const conditions = conditionsOf(incoming.headers, incoming.clientIp, parts.settings);
  const facts = factsOf(parts, incoming, conditions);
  try {
    const decision = decide(site.version.rules, facts, conditions.overrides);
    return { site, decision, explained: decision.explained };
  } catch (error) {
    if (error instanceof Undecidable) return { site, explained: [], undecided: textOf(site, error) };
    throw error;
  }
}

function factsOf(parts: Parts, incoming: Incoming, conditions: Conditions): Facts {
  const percentiles = new Map<string, number>();
  return {
    stage: "client-request",
    requestType: incoming.kind,
    method: incoming.method,
    scheme: incoming.scheme,
    host: incoming.host,
    path: incoming.path,
    query: incoming.query,
    headers: conditions.headers,
    clientIp: conditions.clientIp,
    location: conditions.userLocation,
    device: conditions.device,
    variables: {},
    percentile(rule) {
      const value = percentiles.get(rule) ?? parts.random() * 100;
      percentiles.set(rule, value);
      return value;
    },
  };
}

const textOf = ({ property, version }: Site, { rule, element, message }: Undecidable): string =>
  `Version ${version.propertyVersion} of property ${property.propertyName}, rule "${rule}", ${element}: ${message}.`;

const undecided = (site: Site, error: Undecidable): Outgoing =>
  refusal(
    501,
    "Rule not evaluated",
    `${textOf(site, error)} Set the rule for this request with the header X-Emulator-Rule: ${error.rule}=true (or =false).`,
    {
      propertyName: site.property.propertyName,
      propertyVersion: site.version.propertyVersion,
      rule: error.rule,
      element: error.element,
    },
  );

function unknownHost(parts: Parts, { network, host }: Incoming): Outgoing {
  const known = liveHostnames(parts.account(), network, parts.now());
  const list = known.length === 0 ? "No hostname is live there." : `Live there: ${known.join(", ")}.`;
  return refusal(
    404,
    "Unknown hostname",
    `No property with the hostname ${host} is live on ${network}. ${list} Send the hostname in the header Host.`,
  );
}

/** Sub-requests: to EdgeKV, to the sites of the account, to mapped origins. Akamai answers 400 for all other hosts. */
const fetcherOf =
  (parts: Parts) =>
  async (url: URL, request: SubRequest, asker: Asker): Promise<Outgoing> => {
    if (url.hostname === EDGEKV_HOST) return parts.dataPlane.send(url, request, asker);
    const body = Buffer.from(request.body ?? []);
    const host = url.hostname.toLowerCase();
    const query = url.search.slice(1);
    if (siteOf(parts.account(), asker.network, host, parts.now()) !== undefined)
      return respond(parts, {
        network: asker.network,
        kind: "EW_SUBREQUEST",
        scheme: "https",
        method: request.method,
        host,
        path: url.pathname,
        query,
        headers: { ...request.headers, host: [host] },
        clientIp: "127.0.0.1",
        body,
      });
    const path = `${url.pathname}${url.search}`;
    if (parts.forwarder.has(host))
      return parts.forwarder.send(host, {
        method: request.method,
        path,
        headers: request.headers,
        hostHeader: host,
        body,
      });
    return refusal(
      400,
      "Bad Request",
      `No property of the account has the hostname ${host}, so Akamai refuses the sub-request. To answer it here: --origin ${host}=http://127.0.0.1:3000`,
    );
  };

/** What the rules put in the place of a response that failed. */
async function failContent(
  { incoming, site, facts, conditions, fetch }: Exchange,
  status: number,
  headers: Outgoing["headers"],
  edgeWorkerFailed: boolean | undefined,
): Promise<Outgoing | undefined> {
  const seen: Facts = {
    ...facts,
    stage: "client-response",
    response: { status, headers },
    ...(edgeWorkerFailed !== undefined && { edgeWorkerFailed }),
  };
  const action = failActionFor(site.version.rules, seen, conditions.overrides, []);
  if (action === undefined) return undefined;
  if (action.kind === "redirect")
    return { status: action.status, headers: { location: [action.location] }, body: Buffer.alloc(0) };
  const url = new URL(action.path, `https://${action.hostname}`);
  const asker = {
    network: incoming.network,
    edgeWorkerId: 0,
    scheme: "https",
    host: action.hostname,
    path: action.path,
  };
  const request = {
    method: "GET",
    url: url.href,
    headers: {},
    body: undefined,
    timeoutMs: undefined,
    isEncodingKept: false,
  };
  return fetch(url, request, asker);
}
