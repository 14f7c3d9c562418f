import { z } from "zod";
import { getOrCreate } from "../../json";
import { nextRandom, randomUuid } from "../../prng";
import { readPrimary, readReplica, write } from "../../replication";
import { json, param, type RequestContext, type Response, type Route } from "../../service";
import { EdgeKvError, invalid, missingOrForbidden } from "../errors";
import {
  EDGEWORKER_IDS_PER_TOKEN,
  ENHANCED_EXPIRY,
  EXPIRED_TOKEN_SECONDS,
  LEGACY_EXPIRY_MONTHS,
  NAMESPACES_PER_TOKEN,
  NETWORKS,
  type Network,
  REFRESH_MONTHS,
  TOKEN_NAME,
} from "../limits";
import { assertInitialized, bodyOf } from "../request";
import type { EdgeKvState, Namespace, Token } from "../state";
import { assertCapability, capabilitiesIn, capability } from "./accessGroups";
import { assertCpCodeAccess } from "./database";

const INVALID_NAME = "Name contains invalid characters.";
const INVALID_IDS = `EdgeWorker IDs must be a list of at most ${EDGEWORKER_IDS_PER_TOKEN} strings of digits.`;
const INVALID_EXPIRY = "Expiry must be a date of the form YYYY-MM-DD.";

const isBetween = (number: number, least: number, most: number): boolean => number >= least && number <= most;

const EdgeWorkerIds = z
  .array(z.string({ error: INVALID_IDS }).regex(/^(\d+|all)$/, { error: INVALID_IDS }), { error: INVALID_IDS })
  .max(EDGEWORKER_IDS_PER_TOKEN, { error: INVALID_IDS })
  .refine((ids) => ids.length === 1 || !ids.includes("all"), { error: INVALID_IDS })
  .nullish();

const Permissions = z
  .array(z.enum(["r", "w", "d"], { error: "Invalid permission" }), { error: "Invalid permission" })
  .min(1, { error: "Invalid permission" })
  .refine((letters) => new Set(letters).size === letters.length, { error: "Invalid permission" });

const NewToken = z
  .object({
    name: z.string({ error: "Name must be specified." }).regex(TOKEN_NAME, { error: INVALID_NAME }),
    allowOnStaging: z.boolean({ error: "allowOnStaging must be specified." }),
    allowOnProduction: z.boolean({ error: "allowOnProduction must be specified." }),
    namespacePermissions: z
      .record(z.string(), Permissions, { error: "namespacePermissions must be specified." })
      .refine((permissions) => isBetween(Object.keys(permissions).length, 1, NAMESPACES_PER_TOKEN), {
        error: `A token must have permissions for 1 to ${NAMESPACES_PER_TOKEN} namespaces.`,
      }),
    restrictToEdgeWorkerIds: EdgeWorkerIds,
    /** The name of the same field in Akamai's command line. */
    restrictToEwids: EdgeWorkerIds,
    expiry: z
      .string({ error: INVALID_EXPIRY })
      .regex(/^(\d{4}-\d{2}-\d{2}(T00:00:00(\.0+)?Z)?)?$/, { error: INVALID_EXPIRY })
      .refine((text) => text === "" || !Number.isNaN(Date.parse(text)), { error: INVALID_EXPIRY })
      .nullish(),
  })
  .refine(({ allowOnStaging, allowOnProduction }) => allowOnStaging || allowOnProduction, {
    error: "A token must be allowed on at least one network.",
  });

const dateOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** The same day of a later month, or that month's last day. */
function addMonths(time: number, months: number): number {
  const date = new Date(time);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months + 1, 0)).getUTCDate();
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, Math.min(date.getUTCDate(), lastDay));
}

export const isLegacy = ({ value }: Token): boolean => value !== undefined;
export const isExpired = (token: Token, now: number): boolean => isLegacy(token) && Date.parse(token.expiry) <= now;
/** Expired for so long that nothing is left of it. */
const isExpunged = (token: Token, now: number): boolean =>
  isLegacy(token) && Date.parse(token.expiry) + EXPIRED_TOKEN_SECONDS * 1000 <= now;

const networksOf = ({ allowOnStaging, allowOnProduction }: Pick<Token, "allowOnStaging" | "allowOnProduction">): Network[] =>
  NETWORKS.filter((network) => (network === "staging" ? allowOnStaging : allowOnProduction));

/** How far the activation of an enhanced token is. */
export const tokenStatus = (token: Token, now: number): "IN_PROGRESS" | "ERROR" | "COMPLETE" =>
  now < token.activatesAt ? "IN_PROGRESS" : token.activationFails ? "ERROR" : "COMPLETE";

const allTokens = ({ tokens }: EdgeKvState): Token[] => Object.values(tokens).flatMap((replicated) => readPrimary(replicated) ?? []);

/** The enhanced token that a bundle refers to, unless it was revoked: revoking does not wait for replicas. */
export const tokenByUuid = (state: EdgeKvState, uuid: string): Token | undefined =>
  allTokens(state).find((token) => token.uuid === uuid && !isLegacy(token));

/** The legacy token that is this JWT, unless it was revoked. */
export const tokenByValue = (state: EdgeKvState, value: string): Token | undefined =>
  allTokens(state).find((token) => token.value === value);

/** What lists show of a token. */
function summary(token: Token, now: number) {
  const { name, uuid, expiry } = token;
  if (isLegacy(token)) return { name, uuid, expiry };
  // The service refreshes tokens by itself whenever their date has come.
  let refreshed = token.refreshedAt;
  let next = addMonths(refreshed ?? token.issuedAt, REFRESH_MONTHS);
  while (next <= now) {
    refreshed = next;
    next = addMonths(next, REFRESH_MONTHS);
  }
  return {
    name,
    uuid,
    expiry,
    tokenActivationStatus: tokenStatus(token, now),
    issueDate: dateOf(token.issuedAt),
    latestRefreshDate: refreshed === null ? null : dateOf(refreshed),
    nextScheduledRefreshDate: dateOf(next),
  };
}

function details(token: Token, { now, account }: RequestContext) {
  if (isLegacy(token)) return { ...summary(token, now), value: token.value };
  return {
    ...summary(token, now),
    cpcode: account.edgekv.database.cpcode,
    ...(token.restrictToEdgeWorkerIds && { restrictToEdgeWorkerIds: token.restrictToEdgeWorkerIds }),
    allowOnStaging: token.allowOnStaging,
    allowOnProduction: token.allowOnProduction,
    namespacePermissions: token.namespacePermissions,
  };
}

/** The reply that starts an activation: it is in progress even where it takes no time. */
const activationStarted = (token: Token, context: RequestContext): Response =>
  json(200, isLegacy(token) ? details(token, context) : { ...details(token, context), tokenActivationStatus: "IN_PROGRESS" });

/** Access to tokens is granted by the access groups: one that grants it is enough. */
function assertTokenCapability(context: RequestContext, verb: "VIEW" | "REVOKE"): void {
  const needed = capability(verb, "TOKEN", "production");
  const held = capabilitiesIn(context, 0);
  if (!held.includes(needed) && !held.includes(capability(verb, "TOKEN", "staging"))) throw missingOrForbidden(needed);
}

function assertReady(context: RequestContext): void {
  assertCpCodeAccess(context);
  assertInitialized(context);
}

const notFound = (name: string) => new EdgeKvError(404, "EKV_3000", `Token with name ${name} does not exist.`);

function nameOf(context: RequestContext): string {
  const name = param(context, "tokenName");
  if (!TOKEN_NAME.test(name)) throw invalid(INVALID_NAME);
  return name;
}

function list(context: RequestContext): Response {
  assertReady(context);
  assertTokenCapability(context, "VIEW");
  const withExpired = context.query.includeExpired === "true";
  const tokens = Object.values(context.account.edgekv.tokens)
    .map((replicated) => readReplica(replicated, context.replica))
    .filter((token) => token !== undefined)
    .filter((token) => !isExpunged(token, context.now) && (withExpired || !isExpired(token, context.now)));
  if (tokens.length === 0) throw new EdgeKvError(404, "EKV_3000", "No tokens exist.");
  return json(200, { tokens: tokens.map((token) => summary(token, context.now)) });
}

function get(context: RequestContext): Response {
  assertReady(context);
  const name = nameOf(context);
  assertTokenCapability(context, "VIEW");
  const token = readReplica(context.account.edgekv.tokens[name], context.replica);
  if (token === undefined || isExpunged(token, context.now)) throw notFound(name);
  if (isExpired(token, context.now)) throw new EdgeKvError(410, "EKV_3000", "Token has expired.");
  return json(200, details(token, context));
}

function create(context: RequestContext): Response {
  assertReady(context);
  const { account, now, lags } = context;
  const { tokens } = account.edgekv;
  const body = bodyOf(context, NewToken);
  const { name, allowOnStaging, allowOnProduction, namespacePermissions, expiry } = body;
  const ids = body.restrictToEdgeWorkerIds ?? body.restrictToEwids;
  const existing = readPrimary(tokens[name]);
  if (existing && !isExpired(existing, now)) throw new EdgeKvError(409, "EKV_3000", `Token with name ${name} is already stored.`);
  assertNamespaces(context, Object.keys(namespacePermissions), networksOf(body));

  const { tokensPerAccount, legacyTokens } = account.settings;
  const counted = Object.values(tokens).map((replicated) => readPrimary(replicated));
  if (counted.filter((token) => token && !isExpunged(token, now)).length >= tokensPerAccount) {
    throw new EdgeKvError(413, "EKV_9000", `Each account is allowed ${tokensPerAccount} tokens. This limit has already been reached.`);
  }
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
    ...activation(context),
  };
  if (legacyTokens) token.value = jwt(token, account);
  const replicated = getOrCreate(tokens, name, () => []);
  write(replicated, token, now, lags.object);
  return activationStarted(token, context);
}

/** All namespaces of a token are there, on every network of the token, and have one policy. */
function assertNamespaces(context: RequestContext, names: readonly string[], networks: readonly Network[]): void {
  const found: Namespace[] = [];
  for (const network of networks) {
    for (const name of names) {
      const namespace = readPrimary(context.account.edgekv.namespaces[network][name]);
      if (namespace === undefined) throw invalid(`Namespace ${name} does not exist on the ${network} network.`);
      assertCapability(context, namespace.groupId, capability("CREATE", "TOKEN", network));
      found.push(namespace);
    }
  }
  if (new Set(found.map(({ dataAccessPolicy }) => dataAccessPolicy.restrictDataAccess)).size > 1) {
    throw invalid("All namespaces of a token must have the same data access policy.");
  }
}

/** An activation that starts now. */
function activation({ account: { settings }, now, lags }: RequestContext): Pick<Token, "activatesAt" | "activationFails"> {
  const activationFails = settings.failTokens > 0;
  if (activationFails) settings.failTokens -= 1;
  return { activatesAt: now + lags.activation * 1000, activationFails };
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

/** A JWT with the claims that clients read; nobody checks its signature. */
function jwt(token: Token, holder: { prng: number }): string {
  const claims = {
    sub: token.name,
    jti: token.uuid,
    iat: Math.floor(token.issuedAt / 1000),
    exp: Date.parse(token.expiry) / 1000,
    env: networksOf(token).map((network) => network.charAt(0)),
    ewids: token.restrictToEdgeWorkerIds?.join(",") ?? "all",
    ...Object.fromEntries(Object.entries(token.namespacePermissions).map(([name, letters]) => [`namespace-${name}`, letters])),
  };
  const signature = Buffer.from(Array.from({ length: 32 }, () => Math.floor(nextRandom(holder) * 256)));
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  return [encode({ typ: "JWT", alg: "RS256" }), encode(claims), signature.toString("base64url")].join(".");
}

/** The claims of a JWT; `undefined` for what is none. */
export function jwtClaims(value: string): Record<string, unknown> | undefined {
  const parts = value.split(".");
  if (parts.length !== 3) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? "", "base64url").toString("utf8"));
    return z.looseObject({ exp: z.number() }).safeParse(claims).data;
  } catch {
    return undefined;
  }
}

/** The token that is to be changed, as last written: revoking and refreshing do not depend on a replica. */
function storedToken(context: RequestContext, name: string) {
  const replicated = context.account.edgekv.tokens[name];
  const token = readPrimary(replicated);
  if (replicated === undefined || token === undefined || isExpunged(token, context.now)) throw notFound(name);
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
  const refreshed = { ...token, refreshedAt: context.now, ...activation(context) };
  write(replicated, refreshed, context.now, 0);
  return activationStarted(refreshed, context);
}

export const tokens: readonly Route[] = [
  { method: "GET", path: "/tokens", access: "read", handle: list },
  { method: "POST", path: "/tokens", access: "write", handle: create },
  { method: "GET", path: "/tokens/:tokenName", access: "read", handle: get },
  { method: "DELETE", path: "/tokens/:tokenName", access: "write", handle: revoke },
  { method: "POST", path: "/tokens/:tokenName/refresh", access: "write", handle: refresh },
];
