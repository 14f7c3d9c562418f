/** Reads of namespaces, and how they compare with what the program declares. */

import { namespaceKey } from "../../../api/edgekv/keys";
import {
  findNamespace,
  listNamespaces,
  mayBeAbsent,
  type Namespace,
  type Network,
  sampleItemGroups,
} from "../../../api/edgekv/namespaces";
import { findEventually } from "../../../consistency/read";
import { ApiError } from "../../../errors";
import { same } from "../../../framework/canonical";
import type { Context } from "../../../runtime/context";
import { keyOf, type RunState } from "../../../runtime/runState";
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

/** The namespaces of a network: one read for the whole run. */
export function readNamespaces(context: Context, network: Network): Promise<Namespace[]> {
  return context.runState.read(keyOf("namespaces", network), () => listNamespaces(context.http, network));
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

/** The first read that matches, or undefined when several reads over some seconds agree that none does. */
export function findNamespaceWhere(
  context: Context,
  network: Network,
  name: string,
  matches: (live: Namespace) => boolean,
): Promise<Namespace | undefined> {
  return findEventually(context, async () => {
    const live = await findNamespace(context.http, network, name);
    return live !== undefined && matches(live) ? live : undefined;
  });
}

/** Whether the namespace has no data. Data that this client must not see counts as data. */
export async function isEmpty(context: Context, network: Network, live: Namespace): Promise<boolean> {
  try {
    return (await sampleItemGroups(context.http, network, live.namespace)).length === 0;
  } catch (error) {
    if (mayBeAbsent(error)) return false;
    throw error;
  }
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

export function notManaged(network: Network): string {
  return `a namespace of this name exists on ${network} and is not managed by this program: set \`adopt: true\` to adopt it with its data, choose another name, or use Pulumi's \`aliases\` if the resource was only renamed or moved`;
}

/** The engine creates a replacement that nothing in the program asks for, such as with `--replace`, before it deletes the old one. */
export function isStillThere(network: Network): string {
  return `this namespace is in the state already, and the name can be used once on ${network}: \`--replace\` can't make a second one beside it. Run \`pulumi up\` without it to keep the namespace with its data. To delete the data, delete the items, or give the namespace another \`name\` and set \`replaceDeletesData: true\``;
}
