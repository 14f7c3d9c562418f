import type { IncomingHttpHeaders } from "node:http";
import {
  HttpError,
  param,
  problem,
  type RequestContext,
  type RequestFacts,
  type Response,
  type Service,
} from "../service";
import { isActive, isExpired, tokenByUuid, tokenByValue } from "./accessTokens/lifecycle";
import { EdgeKvError } from "./errors";
import { deleteItem, type ItemAddress, readItem, resolveItem, writeItem } from "./itemStore";
import { openedNamespace } from "./namespaces";
import { NETWORKS, type Network, type Token } from "./state";

/** The network that the code runs on: `staging` (the default) or `production`. A real edge server needs no such header. */
const NETWORK_HEADER = "x-emulator-network";
/** The EdgeWorker ID whose code sends the request. A real edge server needs no such header. */
const EDGEWORKER_HEADER = "x-emulator-edgeworker-id";

/** An error of the data plane. Code at the edge sees the status, and few details. */
class DataPlaneError extends HttpError {
  constructor(
    readonly status: 400 | 401 | 403 | 404,
    detail: string,
    readonly note?: string,
  ) {
    super(detail);
  }

  toResponse({ requestId }: RequestFacts): Response {
    const titles = { 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found" };
    const response = problem(this.status, {
      title: titles[this.status],
      status: this.status,
      detail: this.message,
      additionalDetail: { requestId },
    });
    return { ...response, ...(this.note !== undefined && { note: this.note }) };
  }
}

const header = (headers: IncomingHttpHeaders, name: string): string | undefined => headers[name]?.toString();

function networkOf({ headers }: RequestContext): Network {
  const given = header(headers, NETWORK_HEADER) ?? "staging";
  const network = NETWORKS.find((name) => name === given.toLowerCase());
  if (network === undefined)
    throw new DataPlaneError(400, `${NETWORK_HEADER} must be one of staging, production`);
  return network;
}

const unauthorized = (detail: string) => new DataPlaneError(401, detail);
const forbidden = (detail: string) => new DataPlaneError(403, detail);

/** The access token of the request. */
function tokenOf({ headers, account, now }: RequestContext): Token {
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
  if (token === undefined)
    throw unauthorized("The access token reference is invalid, or the token was revoked.");
  if (!isActive(token, now)) throw unauthorized("The access token is not activated.");
  return token;
}

/** Checks that a token allows the request. */
function assertPermission(
  { headers }: RequestContext,
  token: Token,
  network: Network,
  namespace: string,
  letter: "r" | "w" | "d",
): void {
  const isAllowed = network === "staging" ? token.allowOnStaging : token.allowOnProduction;
  if (!isAllowed) throw forbidden(`The access token is not allowed on the ${network} network.`);
  const ids = token.restrictToEdgeWorkerIds ?? ["all"];
  if (!ids.includes("all") && !ids.includes(header(headers, EDGEWORKER_HEADER) ?? "")) {
    throw forbidden("The access token is restricted to other EdgeWorker IDs.");
  }
  const permissions = Object.hasOwn(token.namespacePermissions, namespace)
    ? token.namespacePermissions[namespace]
    : undefined;
  if (!permissions?.includes(letter)) {
    throw forbidden(`The access token lacks the permission '${letter}' for namespace ${namespace}.`);
  }
}

/** A helper at the edge returns the default value for a 404, so the code does not see the mistake: the journal does. */
function noSuchNamespace({ account }: RequestContext, network: Network, name: string): DataPlaneError {
  const status = account.settings.edgeMissingNamespace;
  const hidden = `Namespace ${name} does not exist on the ${network} network. edgekv.js turns this 404 into the default value, so the code does not see it.`;
  return new DataPlaneError(status, `Namespace ${name} was not found.`, status === 404 ? hidden : undefined);
}

/** The item that the request names, if its token allows the access. */
function target(context: RequestContext, letter: "r" | "w" | "d"): ItemAddress {
  const network = networkOf(context);
  const name = param(context, "namespaceId");
  assertPermission(context, tokenOf(context), network, name, letter);
  if (openedNamespace(context, network) === undefined) throw noSuchNamespace(context, network, name);
  return resolveItem(context, network);
}

/** Reads an item, of a sandbox where the request names one. With `sandboxFallback`, an item that the sandbox lacks is read outside of it. */
function read(context: RequestContext): Response {
  const address = target(context, "r");
  try {
    return readItem(context, address);
  } catch (error) {
    const isMissing = error instanceof EdgeKvError && error.status === 404;
    if (!isMissing || context.query.sandboxId === undefined || context.query.sandboxFallback !== "true")
      throw error;
    return readItem(context, { ...address, group: param(context, "groupId") });
  }
}

/** Characters of a header that the journal keeps. */
const SHOWN_LENGTH = 100;

const ITEM = "/namespaces/:namespaceId/groups/:groupId/items/:itemId";

/** EdgeKV for code at the edge. Requests carry an access token instead of a signature. */
export const edgeKvDataPlane = (): Service => ({
  name: "edgekv-data-plane",
  base: "/api/v1",
  unsigned: (headers) => ({
    network: (header(headers, NETWORK_HEADER) ?? "staging").slice(0, SHOWN_LENGTH),
    edgeWorkerId: (header(headers, EDGEWORKER_HEADER) ?? "").slice(0, SHOWN_LENGTH),
  }),
  // Of no request the body is kept: whoever sends it may have no token.
  routes: [
    { method: "GET", path: ITEM, access: "read", opaqueBody: "size", handle: read },
    {
      method: "PUT",
      path: ITEM,
      access: "write",
      opaqueBody: "size",
      handle: (context) => writeItem(context, target(context, "w")),
    },
    {
      method: "DELETE",
      path: ITEM,
      access: "write",
      opaqueBody: "size",
      handle: (context) => deleteItem(context, target(context, "d")),
    },
  ],
  // The admin API advances the store that both share.
  advance: () => undefined,
});
