/** What there is of a namespace in the account, and how it compares with what is wanted. */

import { namespaceKey } from "../../../api/edgekv/keys";
import {
  findNamespace,
  findScheduledDelete,
  listNamespaces,
  mayBeAbsent,
  type Namespace,
  type Network,
  type ScheduledDelete,
  sampleItemGroups,
} from "../../../api/edgekv/namespaces";
import { findEventually } from "../../../consistency/read";

import { formatDuration } from "../../../runtime/clock";
import type { Context } from "../../../runtime/context";
import type { RunState } from "../../../runtime/runState";
import { keyOf } from "../../../runtime/runState";
import { userOf } from "../../stillUsed";
import type { NamespaceInputs } from "./schema";

/** Seconds: the longest that a delete can be put off, and how long the service puts it off by itself. */
export const threeDays = 259_200;
/** Seconds before a delete in which it can't be called back any more. */
export const fiveMinutes = 300;

export function displayName({ name, network }: { readonly name?: string | undefined; readonly network?: string | undefined }): string {
  return `namespace ${name ?? "(name not known yet)"}${network === undefined ? "" : ` on ${network}`}`;
}

/** Whether code that this run leaves live uses the namespace: then it stays, with its items. What left the code live has said so. */
export function isStillUsed(runState: RunState, { network, name }: { readonly network: Network; readonly name: string }): boolean {
  return userOf(runState, namespaceKey(network, name)) !== undefined;
}

/** The namespaces of a network, asked for once in a run. */
export function listed(context: Context, network: Network): Promise<Namespace[]> {
  return context.runState.read(keyOf("namespaces", network), () => listNamespaces(context.http, network));
}

/** Gone means gone: neither the namespace itself nor the listing shows it, several times over. */
export function findNamespaceEventually(network: Network, name: string, context: Context): Promise<Namespace | undefined> {
  return findEventually(context, async () => {
    const found = await findNamespace(context.http, network, name);
    return found ?? (await listNamespaces(context.http, network)).find((one) => one.namespace === name);
  });
}

/** The first look that shows what is asked for, or undefined when several looks over some seconds agree that it is not so. */
export function findSuch(
  network: Network,
  name: string,
  is: (seen: Namespace) => boolean,
  context: Context,
): Promise<Namespace | undefined> {
  return findEventually(context, async () => {
    const seen = await findNamespace(context.http, network, name);
    return seen !== undefined && is(seen) ? seen : undefined;
  });
}

/** The scheduled delete that every look sees: a server that knows of none is right, since others may show for minutes what was called back. */
export async function findScheduleConsistent(network: Network, name: string, context: Context): Promise<ScheduledDelete | undefined> {
  let schedule: ScheduledDelete | undefined;
  const isNone = await findEventually(context, async () => {
    schedule = await findScheduledDelete(context.http, network, name);
    const live = schedule && (await findNamespace(context.http, network, name));
    return schedule === undefined || (live !== undefined && !isScheduled(live)) ? true : undefined;
  });
  return isNone ? undefined : schedule;
}

/** The same namespace, scheduled for deletion if any server says so: one that does not may not have heard of it. */
export async function withItsSchedule(seen: Namespace, network: Network, context: Context): Promise<Namespace> {
  return isScheduled(seen) ? seen : ((await findSuch(network, seen.namespace, isScheduled, context)) ?? seen);
}

export function isScheduled(live: Namespace): boolean {
  return live.namespaceStatus === "DELETING" || typeof live.scheduledDeleteTime === "string";
}

/** The access group; namespaces from before there were any have none, and belong to all. */
export function groupOf(live: Namespace): number {
  return live.groupId ?? 0;
}

/** Seconds until a scheduled delete. The service's own count is right whatever this machine's clock says. */
export function secondsLeft(schedule: ScheduledDelete | undefined, live: Namespace, context: Context): number {
  if (schedule?.secondsLeft !== undefined) return schedule.secondsLeft;
  const at = schedule?.at.getTime() ?? (live.scheduledDeleteTime ? Date.parse(live.scheduledDeleteTime) : undefined);
  return at === undefined ? threeDays : (at - context.clock.now()) / 1000;
}

/** What no update can change and is other than wanted. */
export function unchangeable(live: Namespace, wanted: Partial<NamespaceInputs>): "geoLocation" | "restrictDataAccess" | undefined {
  if (wanted.geoLocation !== undefined && live.geoLocation !== undefined && live.geoLocation !== wanted.geoLocation) return "geoLocation";
  const policy = live.dataAccessPolicy?.restrictDataAccess;
  if (wanted.restrictDataAccess !== undefined && policy !== undefined && policy !== wanted.restrictDataAccess) return "restrictDataAccess";
  return undefined;
}

export function isUpToDate(live: Namespace, wanted: Partial<NamespaceInputs>): boolean {
  return (
    live.retentionInSeconds === wanted.retentionInSeconds && groupOf(live) === wanted.groupId && unchangeable(live, wanted) === undefined
  );
}

/** Whether the namespace has no data. One whose data this client must not see is not taken for empty. */
export async function isEmpty(live: Namespace, network: Network, context: Context): Promise<boolean> {
  try {
    return (await sampleItemGroups(context.http, network, live.namespace)).length === 0;
  } catch (error) {
    if (mayBeAbsent(error)) return false;
    throw error;
  }
}

// ---- why a namespace that is there can't be taken ----

export function mismatch(field: "geoLocation" | "restrictDataAccess", live: Namespace): string {
  const has = field === "geoLocation" ? live.geoLocation : live.dataAccessPolicy?.restrictDataAccess;
  return `the namespace exists already with ${field} ${String(has)}, which can't be changed: say the same here, or choose another name`;
}

export function notManaged(network: Network): string {
  return `a namespace of this name exists on ${network} and is not this program's: say \`adopt: true\` to take it over with its data, choose another name, or use Pulumi's \`aliases\` if the resource was only renamed or moved`;
}

export function tooLate(left: number, at: Date | undefined): string {
  const again = at === undefined ? "in a few minutes" : `after ${at.toISOString()}`;
  return `the namespace will be deleted in ${formatDuration(left)}, and a delete can't be called back in its last five minutes: run again ${again}, when a new, empty one can be made`;
}
