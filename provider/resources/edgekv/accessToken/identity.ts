/** What makes a token another token: its content, its expiry, and the name that is derived from them. */

import type { Token } from "../../../api/edgekv/tokens";
import { canonical, same, shortHash } from "../../../framework/canonical";
import type { Draft } from "../../../framework/resource";
import { unknownValue } from "../../../framework/unknown";
import { utcDay as dayOf } from "../../../runtime/clock";
import type { Context } from "../../../runtime/context";
import { slot } from "../../../runtime/runState";
import { isInitialized } from "../database/observe";
import { displayName, findListedToken, permissionsOf, readTokens } from "./observe";
import { type AccessTokenInputs, maxLifeDays } from "./schema";

const dayMs = 86_400_000;
/**
 * The expiries chosen for tokens to be replaced, by owner: the engine checks those again as if they were new.
 */
const chosenExpiries = slot(() => new Map<string, string>());

export const contentFields = [
  "allowOnStaging",
  "allowOnProduction",
  "namespacePermissions",
  "restrictToEdgeWorkerIds",
] as const;

/** What a program declares that makes it another token when it changes. */
export const replacingFields = [...contentFields, "replaceTriggers"] as const;

/** What a token is to be, and the triggers that ask for another one of the same content. */
export function declaredIdentity(token: Partial<AccessTokenInputs>): object {
  return { ...contentOf(token), replaceTriggers: token.replaceTriggers };
}

/** Everything that can't be changed in a token. */
export function contentOf(token: Partial<AccessTokenInputs>): object {
  const {
    allowOnStaging,
    allowOnProduction,
    namespacePermissions,
    restrictToEdgeWorkerIds,
    requestedExpiry,
  } = token;
  return {
    allowOnStaging,
    allowOnProduction,
    namespacePermissions,
    restrictToEdgeWorkerIds,
    requestedExpiry,
  };
}

/** Known at preview, new exactly when the token must be new, and found again after an interrupted run. */
export function deriveName({ known, unknown, logicalName }: Draft<AccessTokenInputs>): string {
  if (replacingFields.some((field) => unknown.has(field)) || unknown.has("expiry")) return unknownValue;
  const readable = logicalName.replace(/[^A-Za-z0-9_-]+/g, "-").slice(0, 21);
  return `${readable}-${contentHash(known)}`;
}

function contentHash(token: Partial<AccessTokenInputs>): string {
  return shortHash({ owner: token.owner, ...declaredIdentity(token) }, 10);
}

/**
 * Whether the token is this program's. A derived name proves it. Under a name of the program's choice, only a
 * token that was created today with the same content can come from an interrupted run.
 */
export function isOurs(context: Context, found: Token, wanted: Partial<AccessTokenInputs>): boolean {
  if (wanted.owner !== undefined && wanted.name?.endsWith(`-${contentHash(wanted)}`)) return true;
  return (
    found.issueDate === dayOf(context.serviceClock.now()) &&
    same(permissionsOf(found), { ...contentOf(wanted), requestedExpiry: undefined })
  );
}

/**
 * Whether the program takes over a token that is not its own. What a token permits can't be changed, so it has to be what is declared. One that ends earlier
 * would end before its renewal.
 */
export function mayAdopt(found: Token, wanted: Partial<AccessTokenInputs>): boolean {
  const { adopt, requestedExpiry } = wanted;
  const lastsLongEnough = requestedExpiry === undefined || (found.expiry ?? neverExpires) >= requestedExpiry;
  return (
    adopt === true &&
    lastsLongEnough &&
    same(permissionsOf(found), { ...contentOf(wanted), requestedExpiry: undefined })
  );
}

/** Why a token of the name stays whose it is. */
export function whyTaken({ adopt, name }: Partial<AccessTokenInputs>): string {
  return `token ${name} exists${adopt === true ? notAdoptable : nameTaken}`;
}

const notAdoptable =
  ", and `adopt` can't take it: it permits something else than what is declared here, or it ends earlier. Neither can be changed. Declare what it permits, or choose another name";

const nameTaken =
  " and is not managed by this program, or differs from what is declared here. Its permissions can't be changed: set `adopt: true` where it has exactly these, revoke it first, choose another name, or leave out `name` to have one derived";

// ---- expiry ----

/**
 * The expiry to request. It stays until `expiry` changes or a renewal is due. A token that never expires
 * keeps the expiry that it was requested with.
 */
export async function chooseExpiry(
  context: Context,
  { known, unknown, oldInputs }: Draft<AccessTokenInputs>,
): Promise<string | undefined> {
  const { owner, expiry, renewBeforeDays } = known;
  if (unknown.has("expiry")) return unknownValue;
  // The day is the service's: any answer shows it.
  const life = typeof expiry === "object" ? expiry.days : maxLifeDays;
  const isRenewal = oldInputs.name !== undefined && renewBeforeDays !== undefined;
  const needsDay = (typeof expiry === "object" || isRenewal) && (renewBeforeDays ?? 0) < life;
  if (needsDay && context.settings.previewReads && !context.serviceClock.isMeasured)
    await isInitialized(context);
  const now = context.serviceClock.now();
  const wanted = typeof expiry === "object" ? dayOf(now + expiry.days * dayMs) : expiry;
  const chosen = context.runState.get(chosenExpiries);
  const question = canonical({ owner, expiry });
  if (oldInputs.name === undefined) return chosen.get(question) ?? wanted;
  const isChanged = !same(oldInputs.expiry, expiry);
  if (!isChanged && (expiry === undefined || renewBeforeDays === undefined)) return oldInputs.requestedExpiry;
  const actual = await actualExpiry(context, oldInputs);
  if (actual === neverExpires) return oldInputs.requestedExpiry;
  if (
    wanted === undefined ||
    oldInputs.requestedExpiry === undefined ||
    renewBeforeDays === undefined ||
    isChanged
  )
    return wanted;
  const next = nextExpiry(oldInputs.requestedExpiry, life, renewBeforeDays, now);
  if (next !== oldInputs.requestedExpiry) {
    chosen.set(question, next);
    const end = actual ?? oldInputs.requestedExpiry;
    const ends =
      daysUntil(end, now) < 0 ? `expired on ${end}` : `expires on ${end}, within ${renewBeforeDays} days`;
    context.logger.info(
      `${displayName(oldInputs)} ${ends}: \`up\` replaces it by one that expires on ${next}.`,
    );
  }
  return next;
}

/**
 * The expiry to request today. The expiries of a token and of its successors lie at fixed distances: an
 * interrupted run that is repeated on another day requests the same one.
 */
export function nextExpiry(expiry: string, lifeDays: number, renewBeforeDays: number, nowMs: number): string {
  const daysLeft = daysUntil(expiry, nowMs);
  if (daysLeft > renewBeforeDays) return expiry;
  const step = lifeDays - renewBeforeDays;
  const steps = Math.max(1, Math.ceil((renewBeforeDays + 1 - daysLeft) / step));
  return dayOf(Date.parse(expiry) + steps * step * dayMs);
}

export function daysUntil(date: string, nowMs: number): number {
  return Math.round((Date.parse(date) - Date.parse(dayOf(nowMs))) / dayMs);
}

const neverExpires = "9999-12-31";

async function actualExpiry(
  context: Context,
  oldInputs: Partial<AccessTokenInputs>,
): Promise<string | undefined> {
  if (!context.settings.previewReads) return undefined;
  return findListedToken(await readTokens(context), String(oldInputs.name))?.expiry;
}
