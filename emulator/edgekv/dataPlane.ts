import type { IncomingHttpHeaders } from "node:http";
import { visible } from "../replication";
import { type Answer, type Call, type Product, problem, Refusal, type RequestFacts } from "../service";
import { EdgeKvError } from "./errors";
import { NETWORKS, type Network } from "./limits";
import { param } from "./request";
import { isExpired, tokenByUuid, tokenByValue, tokenStatus } from "./routes/accessTokens";
import { deleteItem, type Place, placeOf, readItem, writeItem } from "./routes/items";
import type { Token } from "./state";

/** The network that the code runs on, which a real edge server knows by itself: `staging` (the default) or `production`. */
const NETWORK_HEADER = "x-emulator-network";
/** The EdgeWorker ID whose code asks, which a real edge server knows by itself too. */
const EDGEWORKER_HEADER = "x-emulator-edgeworker-id";

/** An error of the data plane: code that runs at the edge learns the status, and little else. */
class DataPlaneError extends Refusal {
  constructor(
    readonly status: 400 | 401 | 403 | 404,
    detail: string,
  ) {
    super(detail);
  }

  answer({ requestId }: RequestFacts): Answer {
    const titles = { 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found" };
    return problem(this.status, { title: titles[this.status], status: this.status, detail: this.message, additionalDetail: { requestId } });
  }
}

const header = (headers: IncomingHttpHeaders, name: string): string | undefined => headers[name]?.toString();

function networkOf({ headers }: Call): Network {
  const given = header(headers, NETWORK_HEADER) ?? "staging";
  const network = NETWORKS.find((name) => name === given.toLowerCase());
  if (network === undefined) throw new DataPlaneError(400, `${NETWORK_HEADER} must be one of staging, production`);
  return network;
}

const unauthorized = (detail: string) => new DataPlaneError(401, detail);
const denied = (detail: string) => new DataPlaneError(403, detail);

/** The token that the request shows. */
function tokenOf({ headers, account, now }: Call): Token {
  const value = header(headers, "x-akamai-edgedb-auth");
  const reference = header(headers, "x-akamai-edgedb-auth-ref");
  if (value !== undefined) {
    const token = tokenByValue(account.edgekv, value);
    if (token === undefined) throw unauthorized("The access token is invalid or was revoked.");
    if (isExpired(token, now)) throw unauthorized("The access token has expired.");
    return token;
  }
  if (reference === undefined) throw unauthorized("The access token is missing.");
  const token = tokenByUuid(account.edgekv, reference);
  if (token === undefined) throw unauthorized("The access token reference is invalid, or the token was revoked.");
  if (tokenStatus(token, now) !== "COMPLETE") throw unauthorized("The access token is not activated.");
  return token;
}

/** Refuses what a token was not made for. */
function demandPermission({ headers }: Call, token: Token, network: Network, namespace: string, letter: "r" | "w" | "d"): void {
  const isAllowed = network === "staging" ? token.allowOnStaging : token.allowOnProduction;
  if (!isAllowed) throw denied(`The access token is not allowed on the ${network} network.`);
  const ids = token.restrictToEdgeWorkerIds ?? ["all"];
  if (!ids.includes("all") && !ids.includes(header(headers, EDGEWORKER_HEADER) ?? "")) {
    throw denied("The access token is restricted to other EdgeWorker IDs.");
  }
  const permissions = Object.hasOwn(token.namespacePermissions, namespace) ? token.namespacePermissions[namespace] : undefined;
  if (!permissions?.includes(letter)) {
    throw denied(`The access token lacks the permission '${letter}' for namespace ${namespace}.`);
  }
}

/** Where the request leads, once its token is good for that. */
function target(call: Call, letter: "r" | "w" | "d"): Place {
  const network = networkOf(call);
  const name = param(call, "namespaceId");
  demandPermission(call, tokenOf(call), network, name, letter);
  if (visible(call.account.edgekv.namespaces[network][name], call.view) === undefined) {
    throw new DataPlaneError(404, `Namespace ${name} was not found.`);
  }
  return placeOf(call, network);
}

/** The item, of the sandbox where the request names one; with `sandboxFallback`, what the sandbox lacks is looked for outside of it. */
function read(call: Call): Answer {
  const place = target(call, "r");
  try {
    return readItem(call, place);
  } catch (error) {
    const isMissing = error instanceof EdgeKvError && error.status === 404;
    if (!isMissing || call.query.sandboxId === undefined || call.query.sandboxFallback !== "true") throw error;
    return readItem(call, { ...place, group: param(call, "groupId") });
  }
}

const ITEM = "/namespaces/:namespaceId/groups/:groupId/items/:itemId";

/** EdgeKV as code at the edge sees it: an access token opens it, not a signature. */
export const edgeKvDataPlane = (): Product => ({
  name: "edgekv-data-plane",
  base: "/api/v1",
  unsigned: (headers) => ({
    network: header(headers, NETWORK_HEADER) ?? "staging",
    edgeWorkerId: header(headers, EDGEWORKER_HEADER) ?? "",
  }),
  routes: [
    { method: "GET", path: ITEM, access: "read", handle: read },
    { method: "PUT", path: ITEM, access: "write", opaqueBody: "size", handle: (call) => writeItem(call, target(call, "w")) },
    { method: "DELETE", path: ITEM, access: "write", handle: (call) => deleteItem(call, target(call, "d")) },
  ],
  // The store is the admin API's.
  settle: () => undefined,
});
