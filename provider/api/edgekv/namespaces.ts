import { z } from "zod";
import { ApiError } from "../../errors";
import type { HttpClient } from "../../runtime/httpClient";

export type Network = "staging" | "production";

const Namespace = z.object({
  namespace: z.string(),
  // Older namespaces lack fields that newer ones have.
  geoLocation: z.string().optional(),
  retentionInSeconds: z.number().optional(),
  groupId: z.number().optional(),
  /** `READY`, or `DELETING` while a delete is scheduled. */
  namespaceStatus: z.string().optional(),
  /** ISO time; only there while a delete is scheduled. */
  scheduledDeleteTime: z.string().nullish(),
  dataAccessPolicy: z
    .object({ restrictDataAccess: z.boolean(), policyType: z.string().optional() })
    .nullish(),
});
/** A namespace as the API shows it. */
export type Namespace = z.output<typeof Namespace>;

export interface NewNamespace {
  readonly name: string;
  readonly retentionInSeconds: number;
  readonly groupId: number;
  readonly geoLocation: string;
  readonly restrictDataAccess?: boolean | undefined;
}

const folder = (network: Network) => `/edgekv/v1/networks/${network}/namespaces`;
const item = (network: Network, name: string) => `${folder(network)}/${encodeURIComponent(name)}`;

/** All namespaces of a network with their details, in one page. `default` is always among them. */
export async function listNamespaces(http: HttpClient, network: Network): Promise<Namespace[]> {
  const reply = await http.send({ method: "GET", path: folder(network), query: { details: "on" } });
  return reply.as(z.object({ namespaces: z.array(Namespace) })).namespaces;
}

/**
 * The namespace, or undefined when the service answers that there is none: 400 with EKV_9000, not 404.
 * EKV_1002 is a missing permission here. One answer alone may come from a stale replica: before you act on
 * absence, read several times, and the list too.
 */
export async function findNamespace(
  http: HttpClient,
  network: Network,
  name: string,
): Promise<Namespace | undefined> {
  try {
    const reply = await http.send({ method: "GET", path: item(network, name) });
    return reply.as(Namespace);
  } catch (error) {
    if (error instanceof ApiError && (error.is(400, "EKV_9000") || error.is(404, "EKV_9000")))
      return undefined;
    throw error;
  }
}

/**
 * "That resource does not exist or you are missing the permission": the answer to a change of an absent
 * namespace, among others.
 */
export function mayBeAbsent(error: unknown): boolean {
  return error instanceof ApiError && error.is(400, "EKV_1002");
}

/** No delete is scheduled for the namespace. */
function isUnscheduled(error: unknown): boolean {
  return error instanceof ApiError && error.is(404, "EKV_3000");
}

/** Creates the namespace. The service accepts the same request twice. A name that is taken gets 409. */
export async function createNamespace(
  http: HttpClient,
  network: Network,
  wanted: NewNamespace,
): Promise<Namespace> {
  const { name, restrictDataAccess, ...rest } = wanted;
  const json = {
    namespace: name,
    ...rest,
    ...(restrictDataAccess === undefined ? {} : { dataAccessPolicy: { restrictDataAccess } }),
  };
  const reply = await http.send({ method: "POST", path: folder(network), json });
  return reply.as(Namespace);
}

/** Sets the retention. Everything else must be sent as it is. Replicas show it within 5 minutes. */
export async function updateRetention(
  http: HttpClient,
  network: Network,
  live: Namespace,
  retentionInSeconds: number,
): Promise<void> {
  const { namespace, groupId, geoLocation } = live;
  const json = {
    namespace,
    retentionInSeconds,
    groupId: groupId ?? 0,
    ...(geoLocation === undefined ? {} : { geoLocation }),
  };
  await http.send({ method: "PUT", path: item(network, namespace), json });
}

/** Moves the namespace to another access group, on both networks. Replicas show it within 5 minutes. */
export async function reauthorizeNamespace(http: HttpClient, name: string, groupId: number): Promise<void> {
  await http.send({
    method: "PUT",
    path: `/edgekv/v1/auth/namespaces/${encodeURIComponent(name)}`,
    json: { groupId },
  });
}

const Schedule = z.object({ scheduledDeleteTime: z.iso.datetime({ offset: true }) });

/**
 * Schedules the delete for three days from now and returns that time. Reads and writes of the data are
 * refused from now on.
 */
export async function scheduleNamespaceDelete(
  http: HttpClient,
  network: Network,
  name: string,
): Promise<Date> {
  const reply = await http.send({ method: "DELETE", path: item(network, name) });
  return new Date(reply.as(Schedule).scheduledDeleteTime);
}

/** Deletes the namespace and its data at once. That takes minutes. */
export async function deleteNamespaceNow(http: HttpClient, network: Network, name: string): Promise<void> {
  await http.send({ method: "DELETE", path: item(network, name), query: { sync: "true" } });
}

export interface ScheduledDelete {
  readonly at: Date;
  /** By the service's own clock, where it sends that. */
  readonly secondsLeft: number | undefined;
}

/** A year: a delete is scheduled for three days from now at most. */
const maxSecondsLeft = 31_622_400;

/** The scheduled delete, or undefined when there is none, or no such namespace. */
export async function findScheduledDelete(
  http: HttpClient,
  network: Network,
  name: string,
): Promise<ScheduledDelete | undefined> {
  try {
    const reply = await http.send({ method: "GET", path: `${item(network, name)}/status/scheduled-delete` });
    const seconds = Number(reply.headers["retry-after"] ?? Number.NaN);
    return {
      at: new Date(reply.as(Schedule).scheduledDeleteTime),
      secondsLeft: Math.abs(seconds) <= maxSecondsLeft ? seconds : undefined,
    };
  } catch (error) {
    if (isUnscheduled(error) || mayBeAbsent(error)) return undefined;
    throw error;
  }
}

/** Moves a scheduled delete, to three days from now at most. */
export async function rescheduleNamespaceDelete(
  http: HttpClient,
  network: Network,
  name: string,
  at: Date,
): Promise<Date> {
  const path = `${item(network, name)}/status/scheduled-delete`;
  const reply = await http.send({ method: "PUT", path, json: { scheduledDeleteTime: at.toISOString() } });
  return new Date(reply.as(Schedule).scheduledDeleteTime);
}

/**
 * Cancels a scheduled delete, idempotently, until five minutes before it. Replicas show it within 5 minutes.
 */
export async function cancelNamespaceDelete(http: HttpClient, network: Network, name: string): Promise<void> {
  try {
    await http.send({ method: "DELETE", path: `${item(network, name)}/status/scheduled-delete` });
  } catch (error) {
    if (!isUnscheduled(error)) throw error;
  }
}

/**
 * A sample of the item groups of a namespace. It shows whether the namespace is empty, but never which groups
 * are missing.
 */
export async function sampleItemGroups(http: HttpClient, network: Network, name: string): Promise<string[]> {
  try {
    const reply = await http.send({ method: "GET", path: `${item(network, name)}/groups` });
    return reply.as(z.array(z.string()));
  } catch (error) {
    if (error instanceof ApiError && error.is(404, "EKV_9000")) return [];
    throw error;
  }
}
