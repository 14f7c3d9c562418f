import type { RequestContext } from "../service";
import { timestamp } from "./request";
import { isPinned, type Revision, revisionsOf, versionOf } from "./revision";
import { activationHistory, type Network } from "./state";

/** The most levels of dependencies. */
const DEPTH = 5;

/** A version with all that it depends on. `active` stands for the version that is live on the network. */
function bom(
  context: RequestContext,
  { edgeWorkerId, version: wanted, network }: { edgeWorkerId: number; version: string; network: Network },
  depth = 0,
): { edgeWorkerId: number; version: string; dependencies: Record<string, object> } {
  const { account, query, now } = context;
  const data = account.edgeworkers.belongings[edgeWorkerId];
  const active = data && activationHistory(data, network, now).active?.version;
  const version = wanted === "active" ? (active ?? wanted) : wanted;
  const pinned =
    data && revisionsOf(data).findLast((one) => one.activation.network === network && isPinned(one));
  const below = depth < DEPTH ? Object.entries((data && versionOf(data, version)?.dependencies) ?? {}) : [];
  return {
    edgeWorkerId,
    version,
    ...(query.includeActiveVersions === "true" && active !== undefined && { activeVersion: active }),
    ...(query.includePinnedRevisions === "true" &&
      pinned?.pin && {
        pinnedRevisionId: pinned.revisionId,
        pinnedTime: timestamp(pinned.pin.pinnedAt),
        ...(pinned.pin.pinNote !== undefined && { pinNote: pinned.pin.pinNote }),
      }),
    dependencies: Object.fromEntries(
      below.map(([name, dependency]) => [name, bom(context, { ...dependency, network }, depth + 1)]),
    ),
  };
}

export const bomOf = (context: RequestContext, edgeWorkerId: number, { activation }: Revision) =>
  bom(context, { edgeWorkerId, version: activation.version, network: activation.network });

type Bom = ReturnType<typeof bom>;

/** What differs between two bills of materials, name by name. */
export function difference(now: Bom, before: Bom): object {
  const names = new Set([...Object.keys(now.dependencies), ...Object.keys(before.dependencies)]);
  const dependencies = [...names].flatMap((name): [string, object][] => {
    const [is, was] = [
      now.dependencies[name] as Bom | undefined,
      before.dependencies[name] as Bom | undefined,
    ];
    if (is === undefined || was === undefined) {
      const { edgeWorkerId, version } = (is ?? was) as Bom;
      return [[name, { diff: is ? "ADDED" : "REMOVED", edgeWorkerId, version }]];
    }
    const inner = difference(is, was) as { dependencies: object };
    const isSame = is.version === was.version && is.edgeWorkerId === was.edgeWorkerId;
    if (isSame && Object.keys(inner.dependencies).length === 0) return [];
    return [[name, { diff: "UPDATED", ...inner }]];
  });
  return {
    edgeWorkerId: now.edgeWorkerId,
    version: now.version,
    ...(now.version !== before.version && { previousVersion: before.version }),
    dependencies: Object.fromEntries(dependencies),
  };
}
