import { getOrCreate } from "../../json";
import { randomUuid } from "../../prng";
import { readPrimary, readReplica, write } from "../../replication";
import { json, param, type RequestContext, type Response, type Route } from "../../service";
import { assertCapability, assertCpCodeAccess, capabilitiesIn, capability } from "../access";
import { addMonths, dateOf } from "../accessTokens/dates";
import { createJwt } from "../accessTokens/jwt";
import {
  activation,
  details,
  isExpired,
  isLegacy,
  isTokenExpunged,
  networksOf,
  refreshed,
  storeToken,
  summary,
} from "../accessTokens/lifecycle";
import { conflict, EdgeKvError, invalid, missingOrForbidden, notFound } from "../errors";
import { assertTokenLimit, ENHANCED_EXPIRY, LEGACY_EXPIRY_MONTHS } from "../limits";
import { assertInitialized, bodyOf } from "../request";
import type { Namespace, Network, Token } from "../state";
import { INVALID_TOKEN_NAME, NewToken, TOKEN_NAME } from "../validation";

/** The response that starts an activation. It is in progress even where it takes no time. */
const activationStarted = (context: RequestContext, token: Token): Response =>
  json(
    200,
    isLegacy(token)
      ? details(context, token)
      : { ...details(context, token), tokenActivationStatus: "IN_PROGRESS" },
  );

/** Access groups grant access to tokens. One that grants it is enough. */
function assertTokenCapability(context: RequestContext, verb: "VIEW" | "REVOKE"): void {
  const needed = capability(verb, "TOKEN", "production");
  const held = capabilitiesIn(context, 0);
  if (!held.includes(needed) && !held.includes(capability(verb, "TOKEN", "staging")))
    throw missingOrForbidden(needed);
}

function assertReady(context: RequestContext): void {
  assertCpCodeAccess(context);
  assertInitialized(context);
}

const noSuchToken = (name: string) => notFound(`Token with name ${name} does not exist.`);

function nameOf(context: RequestContext): string {
  const name = param(context, "tokenName");
  if (!TOKEN_NAME.test(name)) throw invalid(INVALID_TOKEN_NAME);
  return name;
}

function list(context: RequestContext): Response {
  assertReady(context);
  assertTokenCapability(context, "VIEW");
  const withExpired = context.query.includeExpired === "true";
  const tokens = Object.values(context.account.edgekv.tokens)
    .map((replicated) => readReplica(replicated, context.replica))
    .filter((token) => token !== undefined)
    .filter(
      (token) => !isTokenExpunged(token, context.now) && (withExpired || !isExpired(token, context.now)),
    );
  if (tokens.length === 0) throw notFound("No tokens exist.");
  return json(200, { tokens: tokens.map((token) => summary(token, context.now)) });
}

function get(context: RequestContext): Response {
  assertReady(context);
  const name = nameOf(context);
  assertTokenCapability(context, "VIEW");
  const token = readReplica(context.account.edgekv.tokens[name], context.replica);
  if (token === undefined || isTokenExpunged(token, context.now)) throw noSuchToken(name);
  if (isExpired(token, context.now)) throw new EdgeKvError(410, "EKV_3000", "Token has expired.");
  return json(200, details(context, token));
}

function create(context: RequestContext): Response {
  assertReady(context);
  const { account, now, lags } = context;
  const { tokens } = account.edgekv;
  const body = bodyOf(context, NewToken);
  const { name, allowOnStaging, allowOnProduction, namespacePermissions, expiry } = body;
  const ids = body.restrictToEdgeWorkerIds ?? body.restrictToEwids;
  const existing = readPrimary(tokens[name]);
  if (existing && !isExpired(existing, now)) throw conflict(`Token with name ${name} is already stored.`);
  assertNamespaces(context, Object.keys(namespacePermissions), networksOf(body));

  const { legacyTokens } = account.settings;
  const stored = Object.values(tokens).map((replicated) => readPrimary(replicated));
  assertTokenLimit(context, stored.filter((token) => token && !isTokenExpunged(token, now)).length);
  const token: Token = {
    name,
    uuid: randomUuid(account),
    expiry: legacyTokens ? legacyExpiry(expiry, now) : ENHANCED_EXPIRY,
    allowOnStaging,
    allowOnProduction,
    namespacePermissions,
    restrictToEdgeWorkerIds: ids?.length ? ids : null,
    issuedAt: now,
    refreshedAt: null,
    ...activation(account.settings, now, lags),
  };
  if (token.activationFails) account.settings.failTokens -= 1;
  if (legacyTokens) token.value = createJwt(token, account);
  const replicated = getOrCreate(tokens, name, () => []);
  storeToken(account.edgekv, replicated, token, now, lags.object);
  return activationStarted(context, token);
}

/** All namespaces of a token exist on every network of the token, and have one policy. */
function assertNamespaces(
  context: RequestContext,
  names: readonly string[],
  networks: readonly Network[],
): void {
  const found: Namespace[] = [];
  for (const network of networks) {
    for (const name of names) {
      const namespace = readPrimary(context.account.edgekv.namespaces[network][name]);
      if (namespace === undefined)
        throw invalid(`Namespace ${name} does not exist on the ${network} network.`);
      assertCapability(context, namespace.groupId, capability("CREATE", "TOKEN", network));
      found.push(namespace);
    }
  }
  if (new Set(found.map(({ dataAccessPolicy }) => dataAccessPolicy.restrictDataAccess)).size > 1) {
    throw invalid("All namespaces of a token must have the same data access policy.");
  }
}

/** From one day to six months ahead. */
function legacyExpiry(expiry: string | null | undefined, now: number): string {
  if (!expiry) throw invalid("Expiry must be specified.");
  const time = Date.parse(expiry);
  if (time < Date.parse(dateOf(now)) + 86_400_000 || time > addMonths(now, LEGACY_EXPIRY_MONTHS)) {
    throw invalid(`Expiry must be at least 1 day and at most ${LEGACY_EXPIRY_MONTHS} months ahead.`);
  }
  return dateOf(time);
}

/** The token that a request changes, as last written: revoking and refreshing do not depend on a replica. */
function storedToken(context: RequestContext, name: string) {
  const replicated = context.account.edgekv.tokens[name];
  const token = readPrimary(replicated);
  if (replicated === undefined || token === undefined || isTokenExpunged(token, context.now))
    throw noSuchToken(name);
  return { replicated, token };
}

function revoke(context: RequestContext): Response {
  assertReady(context);
  const name = nameOf(context);
  assertTokenCapability(context, "REVOKE");
  const { replicated, token } = storedToken(context, name);
  write(replicated, null, context.now, 0);
  return json(200, { name, uuid: token.uuid });
}

function refresh(context: RequestContext): Response {
  assertReady(context);
  const name = nameOf(context);
  const { replicated, token } = storedToken(context, name);
  for (const network of networksOf(token)) {
    for (const namespace of Object.keys(token.namespacePermissions)) {
      const groupId = readPrimary(context.account.edgekv.namespaces[network][namespace])?.groupId;
      if (groupId !== undefined) assertCapability(context, groupId, capability("CREATE", "TOKEN", network));
    }
  }
  if (isLegacy(token)) throw invalid("This token cannot be refreshed.");
  const next = refreshed(token, context.account.settings, context.now, context.lags);
  storeToken(context.account.edgekv, replicated, next, context.now, 0);
  return activationStarted(context, next);
}

export const accessTokens: readonly Route[] = [
  { method: "GET", path: "/tokens", access: "read", handle: list },
  { method: "POST", path: "/tokens", access: "write", handle: create },
  { method: "GET", path: "/tokens/:tokenName", access: "read", handle: get },
  { method: "DELETE", path: "/tokens/:tokenName", access: "write", handle: revoke },
  { method: "POST", path: "/tokens/:tokenName/refresh", access: "write", handle: refresh },
];
