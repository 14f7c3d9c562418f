/** Reads of access tokens, and how they compare with what the program declares. */

import { findToken, listTokens, type Token, type TokenSummary } from "../../../api/edgekv/tokens";
import { observeShared, SharedRead } from "../../../consistency/sharedRead";
import type { Context } from "../../../runtime/context";
import { indexed } from "../../../runtime/indexed";
import { keyOf, slot } from "../../../runtime/runState";
import { type AccessTokenInputs, type AccessTokenState, permissionLetters } from "./schema";

export function displayName({ name }: { readonly name?: string | undefined }): string {
  return `access token ${name ?? "(name not known yet)"}`;
}

// ---- reads ----

/** The tokens as they were when the run first asked: one read for the whole run, which knows what it changes itself. */
export function readTokens(context: Context): Promise<TokenSummary[]> {
  return context.runState.read(
    keyOf("tokens"),
    () => listTokens(context.http),
    () => true,
  );
}

/** The token of a listing. */
export const findListedToken = indexed((one: TokenSummary) => one.name);

/** The list of tokens, whose reads all that wait for a token share. */
const listing = slot<{ read?: SharedRead<TokenSummary[]> }>(() => ({}));

/** Observes a token in reads of the list that all who wait share. */
export function observeToken(context: Context, name: string): () => Promise<TokenSummary | undefined> {
  const shared = context.runState.get(listing);
  shared.read ??= new SharedRead(context.clock, () => listTokens(context.http));
  const observe = observeShared(context, shared.read);
  return async () => findListedToken(await observe(), name);
}

/** The token. The list may show one that the replica of the first read does not: then it is read again. */
export async function findTokenAnywhere(
  context: Context,
  name: string,
): Promise<Token | "expired" | undefined> {
  const found = await findToken(context.http, name);
  if (found !== "revoked") return found;
  if (!(await listTokens(context.http)).some((token) => token.name === name)) return undefined;
  const again = await findToken(context.http, name);
  return again === "revoked" ? undefined : again;
}

/** The namespaces that the token is for, on each network that it allows. */
export function namespacesOf(
  token: Pick<AccessTokenInputs, "allowOnStaging" | "allowOnProduction" | "namespacePermissions">,
) {
  const networks = [
    ...(token.allowOnStaging ? ["staging" as const] : []),
    ...(token.allowOnProduction ? ["production" as const] : []),
  ];
  return networks.flatMap((network) =>
    Object.keys(token.namespacePermissions).map((name) => ({ network, name })),
  );
}

// ---- comparison ----

/** What a token allows, in the form of the inputs. */
export function permissionsOf(token: Token): object {
  const ids = token.restrictToEdgeWorkerIds ?? [];
  const ordered = (given: readonly string[]) => permissionLetters.filter((letter) => given.includes(letter));
  return {
    allowOnStaging: token.allowOnStaging ?? false,
    allowOnProduction: token.allowOnProduction ?? false,
    namespacePermissions: Object.fromEntries(
      Object.entries(token.namespacePermissions ?? {}).map(([name, given]) => [name, ordered(given)]),
    ),
    restrictToEdgeWorkerIds: ids.length === 0 || ids.includes("all") ? undefined : [...ids].sort(),
  };
}

// ---- state ----

export function toState(inputs: AccessTokenInputs, live: Token): AccessTokenState {
  return {
    ...inputs,
    reference: live.uuid ?? "",
    tokenActivationStatus: live.tokenActivationStatus ?? "COMPLETE",
    ...(live.value ? { value: live.value } : {}),
    ...(live.expiry ? { expiresOn: live.expiry.slice(0, 10) } : {}),
    ...(live.issueDate ? { issueDate: live.issueDate } : {}),
    ...(live.latestRefreshDate ? { latestRefreshDate: live.latestRefreshDate.slice(0, 10) } : {}),
    ...(live.nextScheduledRefreshDate
      ? { nextScheduledRefreshDate: live.nextScheduledRefreshDate.slice(0, 10) }
      : {}),
    ...(live.cpcode ? { cpcode: live.cpcode } : {}),
  };
}

/**
 * A token can't change, but somebody may have replaced it by another of the same name: then its content
 * counts.
 */
export function toObservedState(state: AccessTokenState, live: Token): AccessTokenState {
  const isComplete = (live.tokenActivationStatus ?? "COMPLETE") === "COMPLETE" && live.namespacePermissions;
  const observed = toState(state, live);
  return isComplete ? ({ ...observed, ...permissionsOf(live) } as AccessTokenState) : observed;
}
