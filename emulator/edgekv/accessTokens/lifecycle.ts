import { readPrimary } from "../../replication";
import type { RequestContext } from "../../service";
import { EXPIRED_TOKEN_SECONDS, REFRESH_MONTHS } from "../limits";
import { type EdgeKvState, NETWORKS, type Network, type Token } from "../state";
import { addMonths, dateOf } from "./dates";

export const isLegacy = ({ value }: Token): boolean => value !== undefined;
export const isExpired = (token: Token, now: number): boolean =>
  isLegacy(token) && Date.parse(token.expiry) <= now;
/** Whether it expired so long ago that the service no longer has it. */
export const isTokenExpunged = (token: Token, now: number): boolean =>
  isLegacy(token) && Date.parse(token.expiry) + EXPIRED_TOKEN_SECONDS * 1000 <= now;

export const networksOf = ({
  allowOnStaging,
  allowOnProduction,
}: Pick<Token, "allowOnStaging" | "allowOnProduction">): Network[] =>
  NETWORKS.filter((network) => (network === "staging" ? allowOnStaging : allowOnProduction));

/** The activation status of an enhanced token. */
export const tokenStatus = (token: Token, now: number): "IN_PROGRESS" | "ERROR" | "COMPLETE" =>
  now < token.activatesAt ? "IN_PROGRESS" : token.activationFails ? "ERROR" : "COMPLETE";

const allTokens = ({ tokens }: EdgeKvState): Token[] =>
  Object.values(tokens).flatMap((replicated) => readPrimary(replicated) ?? []);

/** The enhanced token that a bundle refers to, unless it was revoked: revoking does not wait for replicas. */
export const tokenByUuid = (state: EdgeKvState, uuid: string): Token | undefined =>
  allTokens(state).find((token) => token.uuid === uuid && !isLegacy(token));

/** The legacy token that is this JWT, unless it was revoked. */
export const tokenByValue = (state: EdgeKvState, value: string): Token | undefined =>
  allTokens(state).find((token) => token.value === value);

/** A token in a list. */
export function summary(token: Token, now: number) {
  const { name, uuid, expiry } = token;
  if (isLegacy(token)) return { name, uuid, expiry };
  // The service refreshes tokens by itself when their date has come.
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

export function details({ now, account }: RequestContext, token: Token) {
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
