import { readPrimary } from "../replication";
import type { Deployment, EdgeWorkerData, Pin, Version } from "./state";

/** What an activation runs: its version, with the dependencies that the version has. */
export interface Revision {
  readonly revisionId: string;
  readonly activation: Deployment;
  /** The activations that brought it back, in order. */
  readonly reactivations: readonly Deployment[];
  readonly version: Version | undefined;
  readonly pin: Pin | undefined;
}

export const versionOf = ({ versions }: EdgeWorkerData, name: string): Version | undefined =>
  readPrimary(versions[name]);

/** Every activation has one revision, the oldest first. Activations that bring one back have none. */
export function revisionsOf(data: EdgeWorkerData): Revision[] {
  const all = data.deployments.flatMap((replicated) => readPrimary(replicated) ?? []);
  return all
    .filter(({ kind, revisionId }) => kind === "activation" && revisionId === undefined)
    .map((activation) => {
      const revisionId = `${activation.number}-1`;
      const { createdBy: pinnedBy, createdAt: pinnedAt } = activation;
      return {
        revisionId,
        activation,
        reactivations: all.filter((one) => one.revisionId === revisionId),
        version: versionOf(data, activation.version),
        pin: data.pins?.[revisionId] ?? (activation.autoPin ? { pinnedBy, pinnedAt } : undefined),
      };
    });
}

export const isPinned = ({ pin }: Revision): boolean => pin !== undefined && pin.unpinnedAt === undefined;
