/** What `up` would run into with an activation, reported at preview. */

import { type Activation, isUnderWay, listActivations } from "../../../api/property/activations";
import { propertyActivationKey } from "../../../api/property/keys";
import { activeVersions, type NetworkState, networkStateOf } from "../../../api/property/networkState";
import { liveVersion, type Property } from "../../../api/property/properties";
import { orNone, type PropertyRef } from "../../../api/property/request";
import { findRules } from "../../../api/property/rules";
import { claimOnce } from "../../../framework/claims";
import type { CheckFailure, Draft } from "../../../framework/resource";
import { hasUnknown } from "../../../framework/unknown";
import type { Context } from "../../../runtime/context";
import { keyOf } from "../../../runtime/runState";
import { formatFindings } from "../findings";
import { propertyRef } from "../propertyRef";
import { comparedWith, isOwn, isReported, originOf, replaceable, requestOf } from "./foreignActivations";
import { propertyOfRun } from "./observe";
import type { ActivationInputs, ActivationState } from "./schema";

/** Two activations of one property on one network would replace each other at every `up`. */
export function claimNetwork(context: Context, { known }: Draft<ActivationInputs>): CheckFailure[] {
  const { propertyId, network, owner = "" } = known;
  const key =
    propertyId === undefined || network === undefined
      ? undefined
      : propertyActivationKey(propertyId, network);
  return claimOnce(context, key, owner, (first) => ({
    property: "network",
    reason: `the program has an activation of property ${propertyId} on ${network} already: ${first}`,
  }));
}

export async function preflightActivation(
  context: Context,
  draft: Draft<ActivationInputs>,
): Promise<CheckFailure[]> {
  const { known, oldInputs } = draft;
  const { propertyId, contractId, groupId, network, version } = known;
  if (propertyId === undefined || contractId === undefined || groupId === undefined || network === undefined)
    return [];
  const ref = { propertyId, contractId, groupId };
  const property = await propertyOfRun(context, ref);
  if (property === undefined) {
    const reason = `there is no property ${propertyId} in contract ${contractId} and group ${groupId}, or the API client can't see it. If it was moved, run \`pulumi refresh\` to record that`;
    return [{ property: "propertyId", reason }];
  }
  const before =
    oldInputs.propertyId === propertyId && oldInputs.network === network ? oldInputs.version : undefined;
  const live = liveVersion(property, network);
  const isAsBefore = version === undefined || version === before || version === live;
  const failures = isAsBefore ? [] : await versionFailures(context, property, draft, version);
  // With a state there is more to report: see `preflightUpdate`.
  if (oldInputs.owner === undefined && failures.length === 0)
    await reportFirstActivation(context, { ...ref, network, propertyName: property.propertyName }, version);
  return failures;
}

/** The property, its name, and the network. */
type Target = Pick<ActivationInputs, "propertyId" | "contractId" | "groupId" | "network" | "propertyName">;

/** The network as this run read it first, or first after its last change. */
export async function initialNetworkState(
  context: Context,
  target: PropertyRef & Pick<Target, "network">,
): Promise<NetworkState | undefined> {
  const property = await propertyOfRun(context, target);
  if (property === undefined) return undefined;
  const { http, runState } = context;
  const all = await orNone(() =>
    runState.read(keyOf("activations", target.propertyId), () => listActivations(http, target)),
  );
  return all && networkStateOf(property, all, target.network);
}

/** Reports what a new activation replaces. */
async function reportFirstActivation(
  context: Context,
  target: Target,
  wanted: number | undefined,
): Promise<void> {
  const networkState = await initialNetworkState(context, target);
  if (networkState === undefined) return;
  const { live } = networkState;
  await reportUnderWay(context, networkState, target, { wanted, known: activeVersions(networkState) });
  if (live === undefined || live.version === wanted) return;
  const { logger } = context;
  const what = `property ${target.propertyName}: version ${live.version} is live on ${target.network}`;
  if (wanted === undefined) {
    logger.info(`${what}; \`up\` replaces it, where another version is declared.`);
  } else if (live.version > wanted) {
    const origin = await originOf(context, live, target);
    logger.warn(
      `${what} (${origin}), newer than ${wanted}: \`up\` goes back to ${wanted} and takes off what others activated since.`,
    );
  } else {
    logger.info(`${what}; \`up\` replaces it with ${wanted}.`);
  }
}

/** Reports whose version an update would replace, and what is under way. */
export async function preflightUpdate(
  context: Context,
  old: ActivationState,
  news: ActivationInputs,
): Promise<void> {
  const { propertyId, contractId, groupId } = news;
  const ref = hasUnknown([propertyId, contractId, groupId]) ? old : { propertyId, contractId, groupId };
  const target = { ...propertyRef(ref), network: old.network, propertyName: old.propertyName };
  const networkState = await initialNetworkState(context, target);
  if (networkState === undefined) return;
  const wanted = hasUnknown(news.version) ? undefined : news.version;
  const known = replaceable({ old }, networkState);
  await reportUnderWay(context, networkState, target, { wanted, known, own: old.activationId });
  const { live } = networkState;
  if (live === undefined || live.version === wanted) return;
  const isKnown = known.includes(live.version);
  if (isKnown && isOwn(live, old)) return;
  const newer = wanted !== undefined && live.version > wanted ? `, newer than ${wanted}` : "";
  const isTold = isReported(context, target.network, target.propertyId, live.version);
  const origin = isTold ? "" : ` (${await originOf(context, live, target)})`;
  const what = `property ${target.propertyName}: version ${live.version} is live on ${target.network}${newer}${origin}`;
  const { logger } = context;
  if (!isKnown) {
    const unless = wanted === undefined ? ", unless that is the declared version" : "";
    logger.warn(
      `${what}, though the state has ${old.version}. \`up\` will not take it off${unless}: it fails until \`pulumi refresh\` has recorded it.`,
    );
    return;
  }
  const { activatedVersion } = old;
  const since =
    activatedVersion === undefined || isTold
      ? ""
      : ` Others activated it since this resource made ${activatedVersion} live.`;
  if (newer !== "") {
    logger.warn(`${what}.${since} \`up\` goes back to ${wanted} and takes off what others activated since.`);
  } else {
    const effect =
      wanted === undefined
        ? "`up` replaces it, where another version is declared"
        : `\`up\` replaces it with ${wanted}`;
    // Without an own activation before, that is expected.
    if (activatedVersion === undefined) logger.info(`${what}. ${effect}.`);
    else logger.warn(`${what}.${since} ${effect}, which need not have what they changed.`);
  }
}

/** Reports drift that the run does not change, since the program did not change. */
export async function reportUnchanged(context: Context, old: ActivationState): Promise<void> {
  const networkState = await initialNetworkState(context, old);
  if (networkState === undefined) return;
  const { propertyName, network, version } = old;
  const { live } = networkState;
  for (const running of networkState.activations.filter(isUnderWay)) {
    context.logger.info(`property ${propertyName}: ${await describe(context, running, old)}.`);
  }
  if (live?.version === version) return;
  const what =
    live === undefined
      ? `no version is live on ${network} any more, though the state has ${version}`
      : `version ${live.version} is live on ${network}, ${comparedWith(live.version, version)}, which the state has (${await originOf(context, live, old)})`;
  context.logger.warn(
    `property ${propertyName}: ${what}. It stays so until \`pulumi refresh\` has recorded it; then \`up\` activates ${version} again.`,
  );
}

interface Plan {
  readonly wanted: number | undefined;
  /** The versions that `up` may take off. */
  readonly known: readonly number[];
  /** The activation that this resource requested last. */
  readonly own?: string | undefined;
}

/** Reports what is under way on the network, for which `up` waits. */
async function reportUnderWay(
  context: Context,
  { activations }: NetworkState,
  target: Target,
  { wanted, known, own }: Plan,
): Promise<void> {
  const { logger } = context;
  for (const running of activations.filter(isUnderWay)) {
    const { activationId, activationType, propertyVersion: version } = running;
    const what = `property ${target.propertyName}: ${await describe(context, running, target)}`;
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
async function describe(context: Context, running: Activation, target: Target): Promise<string> {
  const { activationType, propertyVersion, status } = running;
  const way = activationType === "ACTIVATE" ? "on its way to" : "being taken off";
  return `version ${propertyVersion} is ${way} ${target.network} (${status}, ${await requestOf(context, running, target)})`;
}

/** What the service would refuse to activate. */
async function versionFailures(
  { http, runState, logger }: Context,
  property: Property,
  { known, unknown }: Draft<ActivationInputs>,
  version: number,
): Promise<CheckFailure[]> {
  const { propertyName, propertyId, latestVersion } = property;
  const found = await runState.read(keyOf("rules", propertyId, version), () =>
    findRules(http, property, version),
  );
  if (found === undefined) {
    return [
      {
        property: "version",
        reason: `property ${propertyName} has no version ${version}; its latest is ${latestVersion}`,
      },
    ];
  }
  const errors = formatFindings(found.errors, found.rules);
  if (errors.length > 0) {
    const reason = `the rules of version ${version} have errors, with which it can't be activated:\n  - ${errors.join("\n  - ")}`;
    return [{ property: "version", reason }];
  }
  const warnings = formatFindings(found.warnings, found.rules);
  if (warnings.length > 0 && known.acknowledgeWarnings === undefined && !unknown.has("acknowledgeWarnings")) {
    logger.warn(
      `property ${propertyName}: the rules of version ${version} have warnings. \`up\` will fail, and list their ids, unless \`acknowledgeWarnings\` acknowledges them:\n  - ${warnings.join("\n  - ")}`,
    );
  }
  return [];
}
