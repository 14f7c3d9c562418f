/** Reads of namespaces, and how they compare with what the program declares. */

import { isNamespaceRefused } from "../../../api/edgekv/items";
import { namespaceKey } from "../../../api/edgekv/keys";
import {
  findNamespace,
  listNamespaces,
  mayBeAbsent,
  type Namespace,
  type Network,
  sampleItemGroups,
} from "../../../api/edgekv/namespaces";
import { findEventually, holdsOnAnyReplica } from "../../../consistency/read";
import { observeShared, SharedRead } from "../../../consistency/sharedRead";
import { ApiError } from "../../../errors";
import { same } from "../../../framework/canonical";
import type { Context } from "../../../runtime/context";
import { indexed } from "../../../runtime/indexed";
import { type Key, keyOf, type RunState, slot } from "../../../runtime/runState";
import { userOf } from "../../stillUsed";
import type { NamespaceInputs, NamespaceState } from "./schema";

export function displayName({
  name,
  network,
}: {
  readonly name?: string | undefined;
  readonly network?: string | undefined;
}): string {
  return `namespace ${name ?? "(name not known yet)"}${network === undefined ? "" : ` on ${network}`}`;
}

export function idOf({ network, name }: NamespaceInputs): string {
  return `${network}/${name}`;
}

// ---- reads ----

/**
 * The namespaces of a network as they were when the run first asked: one read for the whole run. What the run itself changes, it
 * knows without a read.
 */
export function readNamespaces(context: Context, network: Network): Promise<Namespace[]> {
  return context.runState.read(
    keyOf("namespaces", network),
    () => listNamespaces(context.http, network),
    () => true,
  );
}

/** The namespace of a listing. */
export const findListed = indexed((one: Namespace) => one.namespace);

/** The reads of all who wait for namespaces of a network. */
const polls = slot(() => new Map<Network, SharedRead<Namespace[]>>());

/** Observes a namespace in reads that all who wait for namespaces share. The first one may be `ageSeconds` old. */
export function observeNamespace(
  context: Context,
  network: Network,
  name: string,
  ageSeconds?: number,
): () => Promise<Namespace | undefined> {
  const all = context.runState.get(polls);
  const shared =
    all.get(network) ?? new SharedRead(context.clock, () => listNamespaces(context.http, network));
  all.set(network, shared);
  const observe = observeShared(context, shared, ageSeconds);
  return async () => findListed(await observe(), name);
}

/** The namespace, or undefined when several reads of it and of the list agree that there is none. */
export function findNamespaceEventually(
  context: Context,
  network: Network,
  name: string,
): Promise<Namespace | undefined> {
  return findEventually(context, async () => {
    const found = await findNamespace(context.http, network, name);
    return found ?? (await listNamespaces(context.http, network)).find((one) => one.namespace === name);
  });
}

/** Whether the namespace is there: false when one of several reads shows none. A stale replica may still show what was deleted. */
export async function isThere(context: Context, network: Network, name: string): Promise<boolean> {
  return !(await holdsOnAnyReplica(
    context,
    async () => (await findNamespace(context.http, network, name)) === undefined,
  ));
}

/** The first read that matches, or undefined when several reads over some seconds agree that none does: `rounds` as for `findEventually`. */
export function findNamespaceWhere(
  context: Context,
  network: Network,
  name: string,
  matches: (live: Namespace) => boolean,
  rounds?: number,
): Promise<Namespace | undefined> {
  const find = async () => {
    const live = await findNamespace(context.http, network, name);
    return live !== undefined && matches(live) ? live : undefined;
  };
  return findEventually(context, find, rounds);
}

/**
 * Whether the namespace has no data. Data that this client must not see counts as data. A namespace that the paths of items do not
 * know has none.
 */
export async function isEmpty(context: Context, network: Network, live: Namespace): Promise<boolean> {
  try {
    return (await sampleItemGroups(context.http, network, live.namespace)).length === 0;
  } catch (error) {
    if (mayBeAbsent(error)) return false;
    if (isNamespaceRefused(error)) return true;
    throw error;
  }
}

/** Namespaces that the service made in this run: they have no data but what this run writes. */
const newNamespaces = slot(() => new Set<Key>());

export function markNew(runState: RunState, network: Network, name: string): void {
  runState.get(newNamespaces).add(namespaceKey(network, name));
}

export function isNewNamespace(
  runState: RunState,
  { network, namespace }: { readonly network: Network; readonly namespace: string },
): boolean {
  return runState.get(newNamespaces).has(namespaceKey(network, namespace));
}

/** Whether code that this run leaves live uses the namespace. Then the namespace stays, with its items. */
export function isStillUsed(
  runState: RunState,
  { network, name }: { readonly network: Network; readonly name: string },
): boolean {
  return userOf(runState, namespaceKey(network, name)) !== undefined;
}

/** Whether a refusal may come from a replica that does not show yet what another one shows. */
export function isNotYetVisible(error: unknown): boolean {
  return error instanceof ApiError && [400, 404, 409].includes(error.status) && !mayBeAbsent(error);
}

// ---- comparison ----

export function isScheduled(live: Namespace): boolean {
  return live.namespaceStatus === "DELETING" || typeof live.scheduledDeleteTime === "string";
}

/** The access group. Namespaces older than access groups have none, and belong to all. */
export function groupOf(live: Namespace): number {
  return live.groupId ?? 0;
}

/** The first field that differs from what is wanted and that no update can change. */
export function immutableDifference(
  live: Namespace,
  wanted: Partial<NamespaceInputs>,
): "geoLocation" | "restrictDataAccess" | undefined {
  if (
    wanted.geoLocation !== undefined &&
    live.geoLocation !== undefined &&
    live.geoLocation !== wanted.geoLocation
  )
    return "geoLocation";
  const policy = live.dataAccessPolicy?.restrictDataAccess;
  if (wanted.restrictDataAccess !== undefined && policy !== undefined && policy !== wanted.restrictDataAccess)
    return "restrictDataAccess";
  return undefined;
}

export function isUpToDate(live: Namespace, wanted: Partial<NamespaceInputs>): boolean {
  return (
    live.retentionInSeconds === wanted.retentionInSeconds &&
    groupOf(live) === wanted.groupId &&
    immutableDifference(live, wanted) === undefined
  );
}

/** Whether the namespace still has what the state has, of what can change while it is the same namespace. */
export function agreesWithState(state: NamespaceState, live: Namespace): boolean {
  return same(changeable(toObservedState(state, live)), changeable(state));
}

function changeable({ retentionInSeconds, groupId, scheduledDeleteTime }: NamespaceState): object {
  return { retentionInSeconds, groupId, scheduledDeleteTime };
}

// ---- state ----

/** The state of a namespace that is up to date. */
export function toState(inputs: NamespaceInputs, live: Namespace): NamespaceState {
  const { scheduledDeleteTime: _, ...rest } = inputs;
  return {
    ...rest,
    namespaceStatus: live.namespaceStatus ?? "READY",
    ...(live.dataAccessPolicy ? { policy: live.dataAccessPolicy } : {}),
  };
}

/** The namespace as the state has it. */
export function toLive(state: NamespaceState): Namespace {
  const { name, retentionInSeconds, groupId, geoLocation, namespaceStatus, policy } = state;
  return {
    namespace: name,
    retentionInSeconds,
    groupId,
    geoLocation,
    namespaceStatus,
    ...(policy ? { dataAccessPolicy: policy } : {}),
  };
}

/** The state of a namespace that may differ from what is wanted: what the service shows counts. */
export function toObservedState(state: NamespaceState, live: Namespace): NamespaceState {
  return {
    ...toState(state, live),
    retentionInSeconds: live.retentionInSeconds ?? state.retentionInSeconds,
    groupId: groupOf(live),
    geoLocation: (live.geoLocation ?? state.geoLocation) as NamespaceInputs["geoLocation"],
    ...(state.restrictDataAccess !== undefined && live.dataAccessPolicy
      ? { restrictDataAccess: live.dataAccessPolicy.restrictDataAccess }
      : {}),
    ...(isScheduled(live)
      ? { scheduledDeleteTime: live.scheduledDeleteTime ?? "a time that the service does not report" }
      : {}),
  };
}

// ---- why an existing namespace can't be adopted ----

export function mismatch(field: "geoLocation" | "restrictDataAccess", live: Namespace): string {
  const has = field === "geoLocation" ? live.geoLocation : live.dataAccessPolicy?.restrictDataAccess;
  return `the namespace exists already with ${field} ${String(has)}, which can't be changed: set the same here, or choose another name`;
}

export function notManaged(network: Network, name: string): string {
  return `namespace ${name} exists on ${network} and is not managed by this program: set \`adopt: true\` to adopt it with its data, choose another name, or use Pulumi's \`aliases\` if the resource was only renamed or moved`;
}

/** The engine creates a replacement that nothing in the program asks for, such as with `--replace`, before it deletes the old one. */
export function isStillThere(network: Network): string {
  return `this namespace is in the state already, and the name can be used once on ${network}: \`--replace\` can't make a second one beside it. Run \`pulumi up\` without it to keep the namespace with its data. To delete the data, delete the items, or give the namespace another \`name\` and set \`replaceDeletesData: true\``;
}
