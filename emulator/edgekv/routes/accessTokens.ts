import { z } from "zod";
import { member } from "../../json";
import { latest, roll, rollUuid, visible, write } from "../../replication";
import { type Answer, type Call, json, type Route } from "../../service";
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
import { bodyOf, demandInitialized, param } from "../request";
import type { EdgeKvState, Namespace, Token } from "../state";
import { capabilitiesIn, capability, demandCapability } from "./accessGroups";
import { demandCpCode } from "./database";

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
const isForgotten = (token: Token, now: number): boolean =>
  isLegacy(token) && Date.parse(token.expiry) + EXPIRED_TOKEN_SECONDS * 1000 <= now;

const networksOf = ({ allowOnStaging, allowOnProduction }: Pick<Token, "allowOnStaging" | "allowOnProduction">): Network[] =>
  NETWORKS.filter((network) => (network === "staging" ? allowOnStaging : allowOnProduction));

/** How far the activation of an enhanced token is. */
export const tokenStatus = (token: Token, now: number): "IN_PROGRESS" | "ERROR" | "COMPLETE" =>
  now < token.activatesAt ? "IN_PROGRESS" : token.activationFails ? "ERROR" : "COMPLETE";

const allTokens = ({ tokens }: EdgeKvState): Token[] => Object.values(tokens).flatMap((versions) => latest(versions) ?? []);

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

function details(token: Token, { now, account }: Call) {
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
const started = (token: Token, call: Call): Answer =>
  json(200, isLegacy(token) ? details(token, call) : { ...details(token, call), tokenActivationStatus: "IN_PROGRESS" });

/** Access to tokens is granted by the access groups: one that grants it is enough. */
function demandTokenCapability(call: Call, verb: "VIEW" | "REVOKE"): void {
  const needed = capability(verb, "TOKEN", "production");
  const held = capabilitiesIn(call, 0);
  if (!held.includes(needed) && !held.includes(capability(verb, "TOKEN", "staging"))) throw missingOrForbidden(needed);
}

function open(call: Call): void {
  demandCpCode(call);
  demandInitialized(call);
}

const notFound = (name: string) => new EdgeKvError(404, "EKV_3000", `Token with name ${name} does not exist.`);

function nameOf(call: Call): string {
  const name = param(call, "tokenName");
  if (!TOKEN_NAME.test(name)) throw invalid(INVALID_NAME);
  return name;
}

function list(call: Call): Answer {
  open(call);
  demandTokenCapability(call, "VIEW");
  const withExpired = call.query.includeExpired === "true";
  const tokens = Object.values(call.account.edgekv.tokens)
    .map((versions) => visible(versions, call.view))
    .filter((token) => token !== undefined)
    .filter((token) => !isForgotten(token, call.now) && (withExpired || !isExpired(token, call.now)));
  if (tokens.length === 0) throw new EdgeKvError(404, "EKV_3000", "No tokens exist.");
  return json(200, { tokens: tokens.map((token) => summary(token, call.now)) });
}

function get(call: Call): Answer {
  open(call);
  const name = nameOf(call);
  demandTokenCapability(call, "VIEW");
  const token = visible(call.account.edgekv.tokens[name], call.view);
  if (token === undefined || isForgotten(token, call.now)) throw notFound(name);
  if (isExpired(token, call.now)) throw new EdgeKvError(410, "EKV_3000", "Token has expired.");
  return json(200, details(token, call));
}

function create(call: Call): Answer {
  open(call);
  const { account, now, lags } = call;
  const { tokens } = account.edgekv;
  const body = bodyOf(call, NewToken);
  const { name, allowOnStaging, allowOnProduction, namespacePermissions, expiry } = body;
  const ids = body.restrictToEdgeWorkerIds ?? body.restrictToEwids;
  const existing = latest(tokens[name]);
  if (existing && !isExpired(existing, now)) throw new EdgeKvError(409, "EKV_3000", `Token with name ${name} is already stored.`);
  demandNamespaces(call, Object.keys(namespacePermissions), networksOf(body));

  const { tokensPerAccount, legacyTokens } = account.settings;
  const counted = Object.values(tokens).map((versions) => latest(versions));
  if (counted.filter((token) => token && !isForgotten(token, now)).length >= tokensPerAccount) {
    throw new EdgeKvError(413, "EKV_9000", `Each account is allowed ${tokensPerAccount} tokens. This limit has already been reached.`);
  }
  const token: Token = {
    name,
    uuid: rollUuid(account),
    expiry: legacyTokens ? legacyExpiry(expiry, now) : ENHANCED_EXPIRY,
    allowOnStaging,
    allowOnProduction,
    namespacePermissions,
    restrictToEdgeWorkerIds: ids?.length ? ids : null,
    issuedAt: now,
    refreshedAt: null,
    ...activation(call),
  };
  if (legacyTokens) token.value = jwt(token, account);
  const versions = member(tokens, name, () => []);
  write(versions, token, now, lags.object);
  return started(token, call);
}

/** All namespaces of a token are there, on every network of the token, and have one policy. */
function demandNamespaces(call: Call, names: readonly string[], networks: readonly Network[]): void {
  const found: Namespace[] = [];
  for (const network of networks) {
    for (const name of names) {
      const namespace = latest(call.account.edgekv.namespaces[network][name]);
      if (namespace === undefined) throw invalid(`Namespace ${name} does not exist on the ${network} network.`);
      demandCapability(call, namespace.groupId, capability("CREATE", "TOKEN", network));
      found.push(namespace);
    }
  }
  if (new Set(found.map(({ dataAccessPolicy }) => dataAccessPolicy.restrictDataAccess)).size > 1) {
    throw invalid("All namespaces of a token must have the same data access policy.");
  }
}

/** An activation that starts now. */
function activation({ account: { settings }, now, lags }: Call): Pick<Token, "activatesAt" | "activationFails"> {
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
function jwt(token: Token, dice: { dice: number }): string {
  const claims = {
    sub: token.name,
    jti: token.uuid,
    iat: Math.floor(token.issuedAt / 1000),
    exp: Date.parse(token.expiry) / 1000,
    env: networksOf(token).map((network) => network.charAt(0)),
    ewids: token.restrictToEdgeWorkerIds?.join(",") ?? "all",
    ...Object.fromEntries(Object.entries(token.namespacePermissions).map(([name, letters]) => [`namespace-${name}`, letters])),
  };
  const signature = Buffer.from(Array.from({ length: 32 }, () => Math.floor(roll(dice) * 256)));
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
function stored(call: Call, name: string) {
  const versions = call.account.edgekv.tokens[name];
  const token = latest(versions);
  if (versions === undefined || token === undefined || isForgotten(token, call.now)) throw notFound(name);
  return { versions, token };
}

function revoke(call: Call): Answer {
  open(call);
  const name = nameOf(call);
  demandTokenCapability(call, "REVOKE");
  const { versions, token } = stored(call, name);
  write(versions, null, call.now, 0);
  return json(200, { name, uuid: token.uuid });
}

function refresh(call: Call): Answer {
  open(call);
  const name = nameOf(call);
  const { versions, token } = stored(call, name);
  for (const network of networksOf(token)) {
    for (const namespace of Object.keys(token.namespacePermissions)) {
      const groupId = latest(call.account.edgekv.namespaces[network][namespace])?.groupId;
      if (groupId !== undefined) demandCapability(call, groupId, capability("CREATE", "TOKEN", network));
    }
  }
  if (isLegacy(token)) throw invalid("This token cannot be refreshed.");
  const refreshed = { ...token, refreshedAt: call.now, ...activation(call) };
  write(versions, refreshed, call.now, 0);
  return started(refreshed, call);
}

export const tokens: readonly Route[] = [
  { method: "GET", path: "/tokens", access: "read", handle: list },
  { method: "POST", path: "/tokens", access: "write", handle: create },
  { method: "GET", path: "/tokens/:tokenName", access: "read", handle: get },
  { method: "DELETE", path: "/tokens/:tokenName", access: "write", handle: revoke },
  { method: "POST", path: "/tokens/:tokenName/refresh", access: "write", handle: refresh },
];
