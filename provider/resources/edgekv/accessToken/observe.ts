/** What there is of access tokens in the account. */

import { findToken, type ListedToken, listTokens, type Token } from "../../../api/edgekv/tokens";
import type { Context } from "../../../runtime/context";
import { keyOf } from "../../../runtime/runState";

/** What a namespace's permissions are made of. */
export const letters = ["r", "w", "d"] as const;

export function displayName({ name }: { readonly name?: string | undefined }): string {
  return `access token ${name ?? "(name not known yet)"}`;
}

/** All tokens, asked for once in a run. */
export function allTokens(context: Context): Promise<ListedToken[]> {
  return context.runState.read(keyOf("tokens"), () => listTokens(context.http));
}

/** A token that one server does not know may be listed by another. */
export async function findTokenOrListed(name: string, context: Context): Promise<Token | "expired" | undefined> {
  const found = await findToken(context.http, name);
  if (found !== "revoked") return found;
  if (!(await listTokens(context.http)).some((token) => token.name === name)) return undefined;
  const again = await findToken(context.http, name);
  return again === "revoked" ? undefined : again;
}

/** What a token allows, said as a program says it. */
export function permissionsOf(token: Token): object {
  const ids = token.restrictToEdgeWorkerIds ?? [];
  return {
    allowOnStaging: token.allowOnStaging ?? false,
    allowOnProduction: token.allowOnProduction ?? false,
    namespacePermissions: Object.fromEntries(
      Object.entries(token.namespacePermissions ?? {}).map(([name, given]) => [name, letters.filter((letter) => given.includes(letter))]),
    ),
    restrictToEdgeWorkerIds: ids.length === 0 || ids.includes("all") ? undefined : [...ids].sort(),
  };
}
