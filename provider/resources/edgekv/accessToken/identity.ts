/** What makes a token another token: its content, its end, and the name that is derived from them. */

import type { Token } from "../../../api/edgekv/tokens";
import { canonical, same, shortHash } from "../../../framework/canonical";
import type { Draft } from "../../../framework/resource";
import { unknownValue } from "../../../framework/unknown";
import { utcDay as dayOf } from "../../../runtime/clock";
import type { Context } from "../../../runtime/context";
import { slot } from "../../../runtime/runState";
import { allTokens, displayName, permissionsOf } from "./observe";
import type { AccessTokenInputs } from "./schema";

const dayMs = 86_400_000;
/** The ends chosen for tokens that are to be replaced, by owner: the engine checks those again as if they were new. */
const chosenEnds = slot(() => new Map<string, string>());
/** Days; six months, the most that the service grants a token that expires. */
export const longestLife = 180;

export const contentFields = ["allowOnStaging", "allowOnProduction", "namespacePermissions", "restrictToEdgeWorkerIds"] as const;

/** All that can't be changed in a token. */
export function contentOf(token: Partial<AccessTokenInputs>): object {
  const { allowOnStaging, allowOnProduction, namespacePermissions, restrictToEdgeWorkerIds, requestedExpiry } = token;
  return { allowOnStaging, allowOnProduction, namespacePermissions, restrictToEdgeWorkerIds, requestedExpiry };
}

/** Known at preview, new exactly when the token must be new, and found again by a run that was interrupted. */
export function deriveName({ known, unknown, logicalName }: Draft<AccessTokenInputs>): string {
  if (contentFields.some((field) => unknown.has(field)) || unknown.has("expiry")) return unknownValue;
  const readable = logicalName.replace(/[^A-Za-z0-9_-]+/g, "-").slice(0, 21);
  return `${readable}-${contentHash(known)}`;
}

function contentHash(token: Partial<AccessTokenInputs>): string {
  return shortHash({ owner: token.owner, ...contentOf(token) }, 10);
}

/** A derived name tells whose it is. Under a name of the program's choice, only a token made today with the same content can be an interrupted run's. */
export function isOurs(found: Token, wanted: Partial<AccessTokenInputs>, context: Context): boolean {
  if (wanted.owner !== undefined && wanted.name?.endsWith(`-${contentHash(wanted)}`)) return true;
  return found.issueDate === dayOf(context.clock.now()) && same(permissionsOf(found), { ...contentOf(wanted), requestedExpiry: undefined });
}

/** The end to ask for: stays what it was until `expiry` changes or a renewal is due. A token that never ends keeps what it was made with. */
export async function chooseExpiry({ known, unknown, oldInputs }: Draft<AccessTokenInputs>, context: Context): Promise<string | undefined> {
  const { owner, expiry, renewBeforeDays } = known;
  if (unknown.has("expiry")) return unknownValue;
  const now = context.clock.now();
  const wanted = typeof expiry === "object" ? dayOf(now + expiry.days * dayMs) : expiry;
  const ends = context.runState.get(chosenEnds);
  const question = canonical({ owner, expiry });
  if (oldInputs.name === undefined) return ends.get(question) ?? wanted;
  const changed = !same(oldInputs.expiry, expiry);
  if (!changed && (expiry === undefined || renewBeforeDays === undefined)) return oldInputs.requestedExpiry;
  const real = await realEnd(oldInputs, context);
  if (real === neverEnds) return oldInputs.requestedExpiry;
  if (wanted === undefined || oldInputs.requestedExpiry === undefined || renewBeforeDays === undefined || changed) return wanted;
  const next = nextEnd(oldInputs.requestedExpiry, typeof expiry === "object" ? expiry.days : longestLife, renewBeforeDays, now);
  if (next !== oldInputs.requestedExpiry) {
    ends.set(question, next);
    context.logger.info(
      `${displayName(oldInputs)} ends on ${real ?? oldInputs.requestedExpiry}, within ${renewBeforeDays} days: \`up\` replaces it by one that ends on ${next}.`,
    );
  }
  return next;
}

/**
 * The end of the token that is right today. The ends of a token and of those that follow it lie at fixed distances, so that a run that was interrupted
 * and is repeated on another day asks for the same one.
 */
export function nextEnd(end: string, lifeDays: number, renewBeforeDays: number, nowMs: number): string {
  const due = (candidate: string) => daysUntil(candidate, nowMs) <= renewBeforeDays;
  if (!due(end)) return end;
  const step = lifeDays - renewBeforeDays;
  const steps = Math.max(1, Math.ceil((renewBeforeDays + 1 - daysUntil(end, nowMs)) / step));
  return dayOf(Date.parse(end) + steps * step * dayMs);
}

export function daysUntil(date: string, nowMs: number): number {
  return Math.round((Date.parse(date) - Date.parse(dayOf(nowMs))) / dayMs);
}

const neverEnds = "9999-12-31";

async function realEnd(olds: Partial<AccessTokenInputs>, context: Context): Promise<string | undefined> {
  if (!context.settings.previewReads) return undefined;
  return (await allTokens(context)).find((token) => token.name === olds.name)?.expiry;
}
