/** What others did with the property on a network: what of it a run may take off, and how it is told. */

import {
  type Activation,
  activeVersions,
  findNetworkState,
  isLiveSince,
  isStaler,
  type LiveVersion,
  type NetworkState,
} from "../../../api/property/activations";
import type { PropertyRef } from "../../../api/property/request";
import { findRules } from "../../../api/property/rules";
import { findHostnames, findVersion } from "../../../api/property/versions";
import { findEventually } from "../../../consistency/read";

import { PreconditionError } from "../../../errors";
import { same } from "../../../framework/canonical";
import { withoutManaged } from "../../../rules/foreignRules";
import type { Context } from "../../../runtime/context";
import { keyOf } from "../../../runtime/runState";
import type { ActivationInputs, ActivationState } from "./schema";

/** What a run knows of the network: the state of the last one, or the versions that it saw live by itself where there is none. */
export type KnownVersions = { readonly old: ActivationState } | { readonly liveAtFirst: readonly number[] };

/** How to go on knowingly. */
export const refreshHint = "Run `pulumi refresh` and `pulumi preview` to see what is there now; the next `up` replaces it";

/** The versions that a run may take off the network, since it knows that they are live. */
export function replaceable(basis: KnownVersions, standing: NetworkState): readonly number[] {
  if ("liveAtFirst" in basis) return basis.liveAtFirst;
  const { version, status, activationId, previousVersion } = basis.old;
  // What came to nothing left there what was live before, unless somebody brought that back after it.
  const left = status === "ACTIVE" || isLiveSince(standing, activationId) ? undefined : previousVersion;
  return left === undefined ? [version] : [version, left];
}

/** Whether this resource has brought there what is live, as far as it knows. */
export function isOwn({ version, activation }: LiveVersion, { status, activationId, activatedVersion }: ActivationState): boolean {
  // An activation whose end was not seen may have come to it since; after a refresh the id can be that of another one's.
  return version === activatedVersion || (status !== "ACTIVE" && activation !== undefined && activation.activationId === activationId);
}

/**
 * Fails when another version is live than the wanted one and those that the run knows of. One look proves neither: a replica may still show what was live
 * before, so of several looks over some seconds those count that saw most.
 */
export async function assertNoForeignActivation(wanted: ActivationInputs, basis: KnownVersions, context: Context): Promise<void> {
  const { network, version } = wanted;
  const isKnown = (one: number, standing: NetworkState) => one === version || replaceable(basis, standing).includes(one);
  let most: NetworkState | undefined;
  const quiet = await findEventually(context, async () => {
    const seen = await findNetworkState(context.http, wanted, network);
    if (seen === undefined || (most !== undefined && isStaler(seen, most))) return undefined;
    most = seen;
    return activeVersions(seen).every((one) => isKnown(one, seen)) || undefined;
  });
  const live = most?.live;
  // Without any the service says what is wrong; and what only the list of activations calls live is nothing to take off.
  if (quiet || most === undefined || live === undefined || isKnown(live.version, most)) return;
  if (await takesNothingOff(live.version, wanted, context)) return;
  const origin = await originOf(live, wanted, context);
  throw new PreconditionError(
    `version ${live.version} went live on ${network} meanwhile (${origin}); activating ${version} would take it off. Nothing was changed. ${refreshHint}`,
  );
}

/** Whether the wanted version has all that others have in the one that is live, to the letter, as one that was made from it: only rules of programs differ. */
async function takesNothingOff(live: number, wanted: ActivationInputs, { http }: Context): Promise<boolean> {
  const both = [live, wanted.version];
  const [rules, hostnames] = await Promise.all([
    Promise.all(both.map((version) => findRules(http, wanted, version))),
    Promise.all(both.map((version) => findHostnames(http, wanted, version))),
  ]);
  const [there, then] = rules;
  if (there === undefined || then === undefined || hostnames[0] === undefined) return false;
  return (
    there.ruleFormat === then.ruleFormat &&
    same(withoutManaged(there.rules), withoutManaged(then.rules)) &&
    same(...(hostnames as [unknown, unknown]))
  );
}

// ---- how it is told ----

/** Such as `activated at 2026-03-02T10:00:00Z: atv_67038, note "hot fix", notice to web@example.com, rules saved by jane`. */
export function originOf({ version, activation }: LiveVersion, place: PropertyRef, context: Context): Promise<string> {
  return describe("activated", activation?.updateDate, version, activation, place, context);
}

/** The same of one that is under way: `asked for at …`. */
export function requestOf(activation: Activation, place: PropertyRef, context: Context): Promise<string> {
  return describe("asked for", activation.submitDate, activation.propertyVersion, activation, place, context);
}

async function describe(
  done: string,
  at: string | undefined,
  version: number,
  activation: Activation | undefined,
  place: PropertyRef,
  { http, runState }: Context,
): Promise<string> {
  const { activationId, submittedBy, note, notifyEmails } = activation ?? {};
  // Who asked for an activation is not documented to be told; who saved the rules is.
  const key = keyOf("version", place.propertyId, version);
  const saved = await runState.read(key, () => findVersion(http, place, version)).catch(() => undefined);
  const remark = note?.trim().replace(/\s+/g, " ");
  const details = [
    activationId,
    remark && `note ${JSON.stringify(remark)}`,
    notifyEmails?.length && `notice to ${notifyEmails.join(", ")}`,
    saved?.updatedByUser && `rules saved by ${saved.updatedByUser}`,
  ].filter((part) => typeof part === "string" && part !== "");
  return `${done}${submittedBy ? ` by ${submittedBy}` : ""}${at ? ` at ${at}` : ""}${details.length > 0 ? `: ${details.join(", ")}` : ""}`;
}

/** At a refresh: what is live and was not brought there by this resource. */
export async function reportForeignVersion(live: LiveVersion, state: ActivationState, context: Context): Promise<void> {
  const { propertyName, network, status, activatedVersion, previousVersion } = state;
  // Where the first one came to nothing, what was live before it is no news.
  const isLeft = activatedVersion === undefined && status !== "ACTIVE" && live.version === previousVersion;
  if (isLeft || isOwn(live, state)) return;
  const instead =
    activatedVersion === undefined ? "" : `, ${comparedWith(live.version, activatedVersion)}, which this resource made live last`;
  context.logger.warn(
    `property ${propertyName}: version ${live.version} is live on ${network}${instead} (${await originOf(live, state, context)}). Where the program says another version, the next \`up\` takes it off; the preview shows that.`,
  );
}

export function comparedWith(version: number, other: number): string {
  return `${version > other ? "newer" : "older"} than ${other}`;
}
