/** What others activated: which versions a run may take off, and how it reports them. */

import type { Activation } from "../../../api/property/activations";
import {
  activeVersions,
  findNetworkState,
  isLiveSince,
  isStaler,
  type LiveVersion,
  type NetworkState,
} from "../../../api/property/networkState";
import type { PropertyRef } from "../../../api/property/request";
import { findRules } from "../../../api/property/rules";
import { findHostnames, findVersion } from "../../../api/property/versions";
import { findEventually } from "../../../consistency/read";

import { PreconditionError } from "../../../errors";
import { same } from "../../../framework/canonical";
import { withoutManaged } from "../../../rules/foreignRules";
import type { Context } from "../../../runtime/context";
import { type Key, keyOf, slot } from "../../../runtime/runState";
import type { ActivationInputs, ActivationState } from "./schema";

/** What a run knows of the network: the state of the last run, or without one the versions that this run saw live. */
export type KnownVersions = { readonly old: ActivationState } | { readonly liveAtFirst: readonly number[] };

export const refreshHint =
  "Run `pulumi refresh` and `pulumi preview` to see what is there now; the next `up` replaces it";

/** The versions that a run may take off the network, since it knows that they are live. */
export function replaceable(basis: KnownVersions, networkState: NetworkState): readonly number[] {
  if ("liveAtFirst" in basis) return basis.liveAtFirst;
  const { version, status, activationId, previousVersion } = basis.old;
  // An activation that failed left the version before it live, unless somebody activated that one again.
  const left = status === "ACTIVE" || isLiveSince(networkState, activationId) ? undefined : previousVersion;
  return left === undefined ? [version] : [version, left];
}

/** Whether this resource activated what is live, as far as it knows. */
export function isOwn(
  { version, activation }: LiveVersion,
  { status, activationId, activatedVersion }: ActivationState,
): boolean {
  // An activation that timed out may have succeeded since. After a refresh the id may be that of another activation.
  return (
    version === activatedVersion ||
    (status !== "ACTIVE" && activation !== undefined && activation.activationId === activationId)
  );
}

/**
 * Fails when a version is live that the run neither wants nor knows. A stale replica may still show what was live before. So it reads
 * several times over some seconds, and the observation with the newest activation counts.
 */
export async function assertNoForeignActivation(
  context: Context,
  wanted: ActivationInputs,
  basis: KnownVersions,
): Promise<void> {
  const { network, version } = wanted;
  const isKnown = (one: number, seen: NetworkState) =>
    one === version || replaceable(basis, seen).includes(one);
  let newest: NetworkState | undefined;
  const quiet = await findEventually(context, async () => {
    const seen = await findNetworkState(context.http, wanted, network);
    if (seen === undefined || (newest !== undefined && isStaler(seen, newest))) return undefined;
    newest = seen;
    return activeVersions(seen).every((one) => isKnown(one, seen)) || undefined;
  });
  const live = newest?.live;
  // Without a live version nothing is taken off. An error of the service names the reason when there is no property.
  if (quiet || newest === undefined || live === undefined || isKnown(live.version, newest)) return;
  if (await takesNothingOff(context, live.version, wanted)) return;
  const origin = await originOf(context, live, wanted);
  throw new PreconditionError(
    `version ${live.version} went live on ${network} meanwhile (${origin}); activating ${version} would take it off. Nothing was changed. ${refreshHint}`,
  );
}

/** Whether only rules of programs differ: all that others have in the live version is in the wanted one, unchanged. */
async function takesNothingOff({ http }: Context, live: number, wanted: ActivationInputs): Promise<boolean> {
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

// ---- reports ----

const reportedVersions = slot(() => new Set<Key>());
const versionOn = (network: string, propertyId: string, version: number) =>
  keyOf("live version", network, propertyId, version);

/** Whether a refresh of this run has reported the live version: the engine compares right after it. */
export function isReported(
  { runState }: Context,
  network: string,
  propertyId: string,
  version: number,
): boolean {
  return runState.get(reportedVersions).has(versionOn(network, propertyId, version));
}

/** Such as `activated at 2026-03-02T10:00:00Z: atv_67038, note "hot fix", notice to web@example.com, rules saved by jane`. */
export function originOf(
  context: Context,
  { version, activation }: LiveVersion,
  property: PropertyRef,
): Promise<string> {
  return describe(context, property, "activated", activation?.updateDate, version, activation);
}

/** The same of one that is under way: `asked for at …`. */
export function requestOf(context: Context, activation: Activation, property: PropertyRef): Promise<string> {
  return describe(
    context,
    property,
    "asked for",
    activation.submitDate,
    activation.propertyVersion,
    activation,
  );
}

async function describe(
  { http, runState }: Context,
  property: PropertyRef,
  done: string,
  at: string | undefined,
  version: number,
  activation: Activation | undefined,
): Promise<string> {
  const { activationId, submittedBy, note, notifyEmails } = activation ?? {};
  // The API documents who saved the rules, but not who requested an activation.
  const key = keyOf("version", property.propertyId, version);
  const saved = await runState.read(key, () => findVersion(http, property, version)).catch(() => undefined);
  const remark = note?.trim().replace(/\s+/g, " ");
  const details = [
    activationId,
    remark && `note ${JSON.stringify(remark)}`,
    notifyEmails?.length && `notice to ${notifyEmails.join(", ")}`,
    saved?.updatedByUser && `rules saved by ${saved.updatedByUser}`,
  ].filter((part) => typeof part === "string" && part !== "");
  return `${done}${submittedBy ? ` by ${submittedBy}` : ""}${at ? ` at ${at}` : ""}${details.length > 0 ? `: ${details.join(", ")}` : ""}`;
}

/** Reports at a refresh that others activated what is live. */
export async function reportForeignVersion(
  context: Context,
  live: LiveVersion,
  state: ActivationState,
): Promise<void> {
  const { propertyName, network, status, activatedVersion, previousVersion } = state;
  // When the first activation failed, the version before it is live as expected.
  const isLeft = activatedVersion === undefined && status !== "ACTIVE" && live.version === previousVersion;
  if (isLeft || isOwn(live, state)) return;
  context.runState.get(reportedVersions).add(versionOn(network, state.propertyId, live.version));
  const instead =
    activatedVersion === undefined
      ? ""
      : `, ${comparedWith(live.version, activatedVersion)}, which this resource made live last`;
  context.logger.warn(
    `property ${propertyName}: version ${live.version} is live on ${network}${instead} (${await originOf(context, live, state)}). When the program sets another version, the next \`up\` takes it off; the preview shows that.`,
  );
}

export function comparedWith(version: number, other: number): string {
  return `${version > other ? "newer" : "older"} than ${other}`;
}
