/**
 * Data that this run is going to take away, and what the program wants to become of it. A delete has the inputs of the last `up`
 * alone, and knows of no other resource: so the checks of this run leave notes here.
 */
import { namespaceKey } from "../../../api/edgekv/keys";
import type { Network } from "../../../api/edgekv/namespaces";
import type { CheckFailure } from "../../../framework/resource";
import type { Context } from "../../../runtime/context";
import { type Key, type RunState, slot } from "../../../runtime/runState";
import { displayName } from "./observe";
import type { NamespaceInputs } from "./schema";

type Wanted = Partial<NamespaceInputs>;

/** The folder for snapshots that the program sets now, by owner. */
const folders = slot(() => new Map<string, string>());

/** Namespaces whose replacement this run makes, and whose data goes with them. */
const condemned = slot(() => new Set<Key>());

export function recordSnapshotFolder({ runState }: Context, { owner, snapshotBeforeDelete }: Wanted): void {
  if (owner !== undefined && snapshotBeforeDelete !== undefined)
    runState.get(folders).set(owner, snapshotBeforeDelete);
}

/** Where the snapshot of a namespace goes before it is deleted; undefined when the program wants none. */
export function snapshotFolder({ runState }: Context, state: NamespaceInputs): string | undefined {
  return runState.get(folders).get(state.owner) ?? state.snapshotBeforeDelete;
}

const immutable = ["name", "network", "geoLocation", "restrictDataAccess"] as const;

/** A replacement deletes the data: refused unless the program allows it. */
export function dataLoss(wanted: Wanted, old: Wanted): CheckFailure[] {
  const field = immutable.find(
    (one) => wanted[one] !== undefined && old[one] !== undefined && wanted[one] !== old[one],
  );
  if (field === undefined) return [];
  const isRetained = old.deletion?.mode === "retain";
  if (isRetained && wanted.name === old.name && wanted.network === old.network) {
    return [
      {
        property: field,
        reason: `can't be changed (from ${String(old[field])}), and the old namespace is to be retained, so that its name stays taken: give the new one another name`,
      },
    ];
  }
  if (wanted.moveDataOnReplace === true && wanted.network === old.network && wanted.name === old.name)
    return [
      {
        property: field,
        reason: `can't be changed under the same name when \`moveDataOnReplace\` is to keep the data: a name can be used once on a network. Give the new namespace another \`name\`, or leave \`name\` out`,
      },
    ];
  if (isRetained || wanted.replaceDeletesData === true || wanted.moveDataOnReplace === true) return [];
  return [
    {
      property: field,
      reason:
        `can't be changed in place: ${String(old[field])} to ${String(wanted[field])} means another namespace, and the data of ${displayName(old)} would be deleted. ` +
        'Set `moveDataOnReplace: true` to copy the data first, or `replaceDeletesData: true` to let it go. To keep the old namespace, set `deletion: { mode: "retain" }` and run `up` once before the change',
    },
  ];
}

/** Whether what is wanted is another namespace than the old one, as far as the inputs tell. */
export function isReplacement(wanted: Wanted, old: Wanted): boolean {
  if (old.name === undefined || old.network === undefined) return false;
  return immutable.some(
    (field) => wanted[field] !== undefined && old[field] !== undefined && wanted[field] !== old[field],
  );
}

/**
 * Records that a namespace is replaced and its data kept. Its items then go with it: deleted one by one before, they would be
 * missing from the snapshot, and from what is moved.
 */
export function recordReplacement({ runState }: Context, wanted: Wanted, old: Wanted): void {
  const { name, network } = old;
  const keepsData =
    wanted.snapshotBeforeDelete ?? old.snapshotBeforeDelete ?? (wanted.moveDataOnReplace || undefined);
  if (name === undefined || network === undefined || keepsData === undefined) return;
  if (old.deletion?.mode !== "retain" && isReplacement(wanted, old))
    runState.get(condemned).add(namespaceKey(network, name));
}

/** Shows at preview what becomes of the data. */
export function announceReplacement({ logger }: Context, wanted: Wanted, old: Wanted): void {
  if (!isReplacement(wanted, old)) return;
  const folder = wanted.snapshotBeforeDelete ?? old.snapshotBeforeDelete;
  if (wanted.moveDataOnReplace === true && wanted.movedFrom !== undefined)
    logger.info(
      `${displayName(wanted)}: \`up\` copies the data of ${displayName(old)} into it and compares, before other resources get the new name. The old one goes last.`,
    );
  if (folder !== undefined && old.deletion?.mode !== "retain")
    logger.info(`${displayName(old)}: \`up\` keeps its data in ${folder} before it is deleted.`);
}

/** Whether the items of a namespace go with it, in this run. */
export function isCondemned(
  runState: RunState,
  { network, namespace }: { readonly network: Network; readonly namespace: string },
): boolean {
  return runState.get(condemned).has(namespaceKey(network, namespace));
}
