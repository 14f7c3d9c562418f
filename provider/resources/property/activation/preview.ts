/** What `up` would run into with an activation, told at preview. */

import {
  type Activation,
  activeVersions,
  isUnderWay,
  listActivations,
  type NetworkState,
  networkStateOf,
} from "../../../api/property/activations";
import { propertyActivationKey } from "../../../api/property/keys";
import { findProperty, liveVersion, type Property } from "../../../api/property/properties";
import { orNone, type PropertyRef } from "../../../api/property/request";
import { findRules } from "../../../api/property/rules";
import { claimOnce } from "../../../framework/claims";
import type { CheckFailure, Draft } from "../../../framework/resource";
import { hasUnknown } from "../../../framework/unknown";
import type { Context } from "../../../runtime/context";
import { keyOf } from "../../../runtime/runState";
import { formatFindings } from "../findings";
import { propertyRef } from "../propertyRef";
import { comparedWith, isOwn, originOf, replaceable, requestOf } from "./foreignActivations";
import { networkOf } from "./reconcile";
import type { ActivationInputs, ActivationState } from "./schema";

export function claimNetwork({ known }: Draft<ActivationInputs>, context: Context): CheckFailure[] {
  const { propertyId, network, owner = "" } = known;
  const key = propertyId === undefined || network === undefined ? undefined : propertyActivationKey(propertyId, network);
  return claimOnce(context, key, owner, (first) => ({
    property: "network",
    reason: `the program has an activation of property ${propertyId} on ${network} already: ${first}`,
  }));
}

export async function preflightActivation(draft: Draft<ActivationInputs>, context: Context): Promise<CheckFailure[]> {
  const { known, oldInputs } = draft;
  const { propertyId, contractId, groupId, network, version } = known;
  if (propertyId === undefined || contractId === undefined || groupId === undefined || network === undefined) return [];
  const place = { propertyId, contractId, groupId };
  const property = await theProperty(place, context);
  if (property === undefined) {
    const reason = `there is no property ${propertyId} in contract ${contractId} and group ${groupId}, or the API client can't see it. If it was moved, \`pulumi refresh\` takes note of that`;
    return [{ property: "propertyId", reason }];
  }
  // With a state there is more to tell: see `foreseeActivation`.
  if (oldInputs.owner === undefined)
    await reportFirstActivation({ ...place, network, propertyName: property.propertyName }, version, context);
  const before = oldInputs.propertyId === propertyId && oldInputs.network === network ? oldInputs.version : undefined;
  const live = liveVersion(property, network);
  return version === undefined || version === before || version === live ? [] : versionTrouble(property, draft, version, context);
}

/** Where an activation is, and what the property there is called. */
type There = Pick<ActivationInputs, "propertyId" | "contractId" | "groupId" | "network" | "propertyName">;

function theProperty(place: PropertyRef, { http, runState }: Context): Promise<Property | undefined> {
  return runState.read(keyOf("versions", place.propertyId), () => findProperty(http, place));
}

/** How the network was when this run looked first, or since it changed anything. */
export async function initialNetworkState(
  place: PropertyRef & Pick<There, "network">,
  context: Context,
): Promise<NetworkState | undefined> {
  const property = await theProperty(place, context);
  if (property === undefined) return undefined;
  const { http, runState } = context;
  const all = await orNone(() => runState.read(keyOf("activations", place.propertyId), () => listActivations(http, place)));
  return all && networkStateOf(property, all, place.network);
}

/** Says what a new activation replaces. */
async function reportFirstActivation(there: There, wanted: number | undefined, context: Context): Promise<void> {
  const standing = await initialNetworkState(there, context);
  if (standing === undefined) return;
  const { live } = standing;
  await reportUnderWay(standing, there, { wanted, known: activeVersions(standing) }, context);
  if (live === undefined || live.version === wanted) return;
  const { logger } = context;
  const what = `property ${there.propertyName}: version ${live.version} is live on ${there.network}`;
  if (wanted === undefined) {
    logger.info(`${what}; \`up\` replaces it, where another version is declared.`);
  } else if (live.version > wanted) {
    const origin = await originOf(live, there, context);
    logger.warn(`${what} (${origin}), newer than ${wanted}: \`up\` goes back to ${wanted} and takes off what others activated since.`);
  } else {
    logger.info(`${what}; \`up\` replaces it with ${wanted}.`);
  }
}

/** Says of an update whom it would roll back, and what is under way. */
export async function preflightUpdate(old: ActivationState, news: ActivationInputs, context: Context): Promise<void> {
  const { propertyId, contractId, groupId } = news;
  const place = hasUnknown([propertyId, contractId, groupId]) ? old : { propertyId, contractId, groupId };
  const there = { ...propertyRef(place), network: old.network, propertyName: old.propertyName };
  const standing = await initialNetworkState(there, context);
  if (standing === undefined) return;
  const wanted = hasUnknown(news.version) ? undefined : news.version;
  const known = replaceable({ old }, standing);
  await reportUnderWay(standing, there, { wanted, known, own: old.activationId }, context);
  const { live } = standing;
  if (live === undefined || live.version === wanted) return;
  const isKnown = known.includes(live.version);
  if (isKnown && isOwn(live, old)) return;
  const newer = wanted !== undefined && live.version > wanted ? `, newer than ${wanted}` : "";
  const origin = await originOf(live, there, context);
  const what = `property ${there.propertyName}: version ${live.version} is live on ${there.network}${newer} (${origin})`;
  const { logger } = context;
  if (!isKnown) {
    const unless = wanted === undefined ? ", unless that is the declared version" : "";
    logger.warn(
      `${what}, though the state says ${old.version}. \`up\` will not take it off${unless}: it fails until \`pulumi refresh\` has taken note of it.`,
    );
    return;
  }
  const { activatedVersion } = old;
  const since = activatedVersion === undefined ? "" : ` Others activated it since this resource made ${activatedVersion} live.`;
  if (newer !== "") {
    logger.warn(`${what}.${since} \`up\` goes back to ${wanted} and takes off what others activated since.`);
  } else {
    const effect = wanted === undefined ? "`up` replaces it, where another version is declared" : `\`up\` replaces it with ${wanted}`;
    // Where it never came to an own one, that is no more than what the program says.
    if (activatedVersion === undefined) logger.info(`${what}. ${effect}.`);
    else logger.warn(`${what}.${since} ${effect}, which need not have what they changed.`);
  }
}

/** Says what differs from the state although the program does not, and so is not changed by the run. */
export async function reportUnchanged(old: ActivationState, context: Context): Promise<void> {
  const standing = await initialNetworkState(old, context);
  if (standing === undefined) return;
  const { propertyName, network, version } = old;
  const { live } = standing;
  for (const running of standing.activations.filter(isUnderWay)) {
    context.logger.info(`property ${propertyName}: ${await doing(running, old, context)}.`);
  }
  if (live?.version === version) return;
  const what =
    live === undefined
      ? `no version is live on ${network} any more, though the state says ${version}`
      : `version ${live.version} is live on ${network}, ${comparedWith(live.version, version)}, which the state says (${await originOf(live, old, context)})`;
  context.logger.warn(
    `property ${propertyName}: ${what}. It stays so until \`pulumi refresh\` has taken note of it; then \`up\` activates ${version} again.`,
  );
}

interface Meant {
  readonly wanted: number | undefined;
  /** The versions that `up` may take off. */
  readonly known: readonly number[];
  /** The activation that this resource asked for last. */
  readonly own?: string | undefined;
}

/** Says what is on its way on the network, for which `up` waits. */
async function reportUnderWay({ activations }: NetworkState, there: There, { wanted, known, own }: Meant, context: Context): Promise<void> {
  const { logger } = context;
  for (const running of activations.filter(isUnderWay)) {
    const { activationId, activationType, propertyVersion: version } = running;
    const what = `property ${there.propertyName}: ${await doing(running, there, context)}`;
    if (activationId === own) {
      logger.info(`${what}, by this resource; \`up\` waits for it.`);
    } else if (activationType !== "ACTIVATE" || known.includes(version)) {
      logger.info(`${what}; \`up\` waits for that first.`);
    } else if (version === wanted) {
      logger.info(`${what}; \`up\` waits for it.`);
    } else {
      const unless = wanted === undefined ? ", unless that is the declared version" : "";
      logger.warn(
        `${what}; \`up\` waits for that first, and fails when version ${version} is live then, rather than take it off${unless}.`,
      );
    }
  }
}

/** Such as `version 5 is on its way to staging (ZONE_1, asked for at …: atv_67038)`. */
async function doing(running: Activation, there: There, context: Context): Promise<string> {
  const { activationType, propertyVersion, status } = running;
  const way = activationType === "ACTIVATE" ? "on its way to" : "being taken off";
  return `version ${propertyVersion} is ${way} ${there.network} (${status}, ${await requestOf(running, there, context)})`;
}

/** What the service would refuse to activate. */
async function versionTrouble(
  property: Property,
  { known, unknown }: Draft<ActivationInputs>,
  version: number,
  { http, runState, logger }: Context,
): Promise<CheckFailure[]> {
  const { propertyName, propertyId, latestVersion } = property;
  const found = await runState.read(keyOf("rules", propertyId, version), () => findRules(http, property, version));
  if (found === undefined) {
    return [{ property: "version", reason: `property ${propertyName} has no version ${version}; its latest is ${latestVersion}` }];
  }
  const errors = formatFindings(found.errors, found.rules);
  if (errors.length > 0) {
    const reason = `the rules of version ${version} have errors, with which it can't be activated:\n  - ${errors.join("\n  - ")}`;
    return [{ property: "version", reason }];
  }
  const warnings = formatFindings(found.warnings, found.rules);
  if (warnings.length > 0 && known.acknowledgeWarnings === undefined && !unknown.has("acknowledgeWarnings")) {
    logger.warn(
      `property ${propertyName}: the rules of version ${version} have warnings. \`up\` will fail, and tell their ids, unless \`acknowledgeWarnings\` says that they are no reason not to activate it:\n  - ${warnings.join("\n  - ")}`,
    );
  }
  return [];
}
