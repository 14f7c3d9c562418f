/** What blocks a destroy: live versions of the EdgeWorker, and rules for it in property versions that are live or on their way. */

import {
  findLive,
  isUnderWay,
  listActivations,
  listDeactivations,
} from "../../../api/edgeworkers/activations";
import { listPropertiesUsing, type PropertyUse } from "../../../api/edgeworkers/ids";
import {
  isUnderWay as isPropertyUnderWay,
  listActivations as listPropertyActivations,
} from "../../../api/property/activations";
import { findPropertyById } from "../../../api/property/properties";
import { prefixed } from "../../../api/property/request";
import { findRules } from "../../../api/property/rules";
import { propagation } from "../../../consistency/propagation";
import { agreesConsistently } from "../../../consistency/read";
import { isNotYetVisible, retryWhileStale } from "../../../consistency/write";
import { PreconditionError } from "../../../errors";
import { namesEdgeWorker } from "../../../rules/edgeWorkers";
import type { Context } from "../../../runtime/context";
import { findEdgeWorkerEventually, ifAllowed, orNone } from "../observe";

/** Fails while a destroy would take a site down. Property versions that are live nowhere are only reported. */
export async function assertUnused(context: Context, id: number): Promise<void> {
  let uses: Uses = { blocking: [], elsewhere: [] };
  const unused = await agreesConsistently(context, async () => {
    const [onNetworks, inRules] = [await usesOnNetworks(context, id), await usesInRules(context, id)];
    uses = { blocking: [...onNetworks, ...inRules.blocking], elsewhere: inRules.elsewhere };
    return uses.blocking.length === 0;
  });
  const { elsewhere } = uses;
  // EdgeWorkers does not list what is on its way to a network: Property Manager does.
  const coming = unused
    ? await Promise.all(elsewhere.map((property) => usesUnderWay(context, property, id)))
    : [];
  const blocking = [...uses.blocking, ...coming.flat()];
  if (blocking.length > 0)
    throw new PreconditionError(
      `it is in use: ${blocking.join("; ")}. Take it out of there first, then destroy it`,
    );
  for (const { latestVersion, ...property } of elsewhere) {
    const version = latestVersion == null ? "a version" : `version ${latestVersion}`;
    context.logger.warn(
      `${displayNameOf(property)}: ${version}, which is live nowhere, refers to EdgeWorker ${id}. The EdgeWorker is destroyed all the same. Remove the rule before you activate that version.`,
    );
  }
}

/**
 * Whether no property names it in any version. One read is enough where the service itself refuses: it deletes no EdgeWorker with
 * versions, and without a version no rule runs anything.
 */
export async function hasNoRules(context: Context, id: number): Promise<boolean> {
  const { blocking, elsewhere } = await usesInRules(context, id);
  return blocking.length === 0 && elsewhere.length === 0;
}

interface Uses {
  readonly blocking: readonly string[];
  /** Properties that name it in versions that are not live. */
  readonly elsewhere: readonly PropertyUse[];
}

/** What is live or on its way. */
async function usesOnNetworks(context: Context, id: number): Promise<string[]> {
  const onNetworks = await Promise.all(
    (["staging", "production"] as const).map(async (network) => {
      const live = await findLive(context.http, id, network);
      const coming = (await listActivations(context.http, id, network)).filter(isUnderWay);
      const going = (await listDeactivations(context.http, id, network)).filter(isUnderWay);
      return [
        ...(live === undefined ? [] : [`version ${live.version} is live on ${network}`]),
        ...coming.map(({ version }) => `version ${version} is being activated on ${network}`),
        ...going.map(({ version }) => `version ${version} is being deactivated on ${network}`),
      ];
    }),
  );
  return onNetworks.flat();
}

async function usesInRules(context: Context, id: number): Promise<Uses> {
  // A replica that does not know the id knows no use of it either.
  const list = () =>
    retryWhileStale(context, {
      send: () => listPropertiesUsing(context.http, id),
      isStale: async (error) =>
        isNotYetVisible(error) && (await findEdgeWorkerEventually(context, id)) !== undefined,
      window: propagation.edgeWorkerStale.seconds,
    });
  const properties = (await orNone(list)).map((use) => ({
    use,
    live: liveIn(use),
  }));
  return {
    blocking: properties.flatMap(({ use, live }) =>
      live.length === 0 ? [] : [`${displayNameOf(use)} refers to it in ${live.join(" and ")}`],
    ),
    elsewhere: properties.filter(({ live }) => live.length === 0).map(({ use }) => use),
  };
}

/** Such as `version 3 (live on staging)`. */
function liveIn({ stagingVersion, productionVersion }: PropertyUse): string[] {
  if (stagingVersion != null && stagingVersion === productionVersion)
    return [`version ${stagingVersion} (live on staging and production)`];
  return [
    ...(stagingVersion == null ? [] : [`version ${stagingVersion} (live on staging)`]),
    ...(productionVersion == null ? [] : [`version ${productionVersion} (live on production)`]),
  ];
}

/** Versions with a rule for it that are being activated; none when the API client may not see the property. */
async function usesUnderWay({ http }: Context, use: PropertyUse, id: number): Promise<string[]> {
  const found = await ifAllowed(async () => {
    const property = await findPropertyById(http, prefixed("property", use.propertyId));
    if (property === undefined) return [];
    const all = await listPropertyActivations(http, property);
    const coming = all.filter((one) => one.activationType === "ACTIVATE" && isPropertyUnderWay(one));
    return Promise.all(
      coming.map(async ({ propertyVersion, network }) => {
        const tree = await findRules(http, property, propertyVersion);
        const way = `version ${propertyVersion} (on its way to ${network.toLowerCase()})`;
        return tree !== undefined && namesEdgeWorker(tree.rules, id)
          ? [`${displayNameOf(use)} refers to it in ${way}`]
          : [];
      }),
    );
  });
  return (found ?? []).flat();
}

function displayNameOf({
  propertyName,
  propertyId,
}: Pick<PropertyUse, "propertyName" | "propertyId">): string {
  return `property ${propertyName || propertyId}`;
}
