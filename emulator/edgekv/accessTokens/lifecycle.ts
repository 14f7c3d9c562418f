import type { EmulatorSettings } from "../../account/settings";
import { Agenda, type Due } from "../../agenda";
import { type Lags, type Replicated, readPrimary, write } from "../../replication";
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

/** Whether edge servers accept an enhanced token: once it is COMPLETE, also while a refresh goes on or when it failed. */
export const isActive = (token: Token, now: number): boolean =>
  token.wasActive === true || tokenStatus(token, now) === "COMPLETE";

/** An activation that starts at a time. */
export function activation(
  { failTokens }: EmulatorSettings,
  at: number,
  lags: Lags,
): Pick<Token, "activatesAt" | "activationFails"> {
  return { activatesAt: at + lags.activation * 1000, activationFails: failTokens > 0 };
}

/** When the service refreshes the token by itself. */
const nextRefresh = (token: Token): number => addMonths(token.refreshedAt ?? token.issuedAt, REFRESH_MONTHS);

/** A refresh, asked for or by the service itself: both do the same. */
export function refreshed(token: Token, settings: EmulatorSettings, at: number, lags: Lags): Token {
  const next = { ...token, refreshedAt: at, ...activation(settings, at, lags) };
  if (next.activationFails) settings.failTokens -= 1;
  return isActive(token, at) ? { ...next, wasActive: true } : next;
}

/** The automatic refreshes of enhanced tokens, by name. */
export const dueRefreshes = new Agenda<EdgeKvState, string>(function* ({ tokens }): Iterable<Due<string>> {
  for (const [name, replicated] of Object.entries(tokens)) {
    const token = readPrimary(replicated);
    if (token !== undefined && !isLegacy(token)) yield { at: nextRefresh(token), what: name };
  }
});

/** Stores a new or refreshed token. */
export function storeToken(
  state: EdgeKvState,
  replicated: Replicated<Token>,
  token: Token,
  at: number,
  lagSeconds: number,
): void {
  write(replicated, token, at, lagSeconds);
  if (!isLegacy(token)) dueRefreshes.add(state, nextRefresh(token), token.name);
}

/** Carries out each automatic refresh that is due. */
export function refreshDueTokens(
  state: EdgeKvState,
  settings: EmulatorSettings,
  now: number,
  lags: Lags,
): void {
  for (const name of dueRefreshes.take(state, now)) {
    const replicated = state.tokens[name] ?? [];
    let token = readPrimary(replicated);
    while (token !== undefined && !isLegacy(token) && nextRefresh(token) <= now) {
      const at = nextRefresh(token);
      token = refreshed(token, settings, at, lags);
      storeToken(state, replicated, token, at, 0);
    }
  }
}

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
  return {
    name,
    uuid,
    expiry,
    tokenActivationStatus: tokenStatus(token, now),
    issueDate: dateOf(token.issuedAt),
    latestRefreshDate: token.refreshedAt === null ? null : dateOf(token.refreshedAt),
    nextScheduledRefreshDate: dateOf(nextRefresh(token)),
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
