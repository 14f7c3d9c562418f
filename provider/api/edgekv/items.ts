import { z } from "zod";
import { ApiError } from "../../errors";
import type { HttpClient } from "../../runtime/httpClient";
import type { Network } from "./namespaces";

/** A group of items. It exists as long as it has an item. */
export interface ItemGroupRef {
  readonly network: Network;
  readonly namespace: string;
  readonly group: string;
}

/** Where an item is. */
export interface ItemRef extends ItemGroupRef {
  readonly key: string;
}

/**
 * What an item holds, and whether it is to be sent as JSON: EdgeKV takes both at one address, and keeps the
 * type.
 */
export interface ItemContent {
  readonly bytes: Uint8Array;
  readonly json: boolean;
}

const folder = ({ network, namespace, group }: ItemGroupRef) =>
  `/edgekv/v1/networks/${network}/namespaces/${encodeURIComponent(namespace)}/groups/${encodeURIComponent(group)}`;
const item = (ref: ItemRef) => `${folder(ref)}/items/${encodeURIComponent(ref.key)}`;

/**
 * The bytes of an item, or undefined when this answer shows none. For ten seconds or longer after a write or delete,
 * a stale replica may answer with what was there before.
 */
export async function findItem(http: HttpClient, ref: ItemRef): Promise<Uint8Array | undefined> {
  try {
    return (await http.send({ method: "GET", path: item(ref), accept: "*/*", adaptive: true })).bytes;
  } catch (error) {
    if (isItemAbsent(error)) return undefined;
    throw error;
  }
}

/** Writes an item, whether it exists or not. The first item creates the group. Idempotent. */
export async function writeItem(http: HttpClient, ref: ItemRef, { bytes, json }: ItemContent): Promise<void> {
  const contentType = json ? "application/json" : "text/plain";
  // The answer is prose, in several wordings.
  await http.send({ method: "PUT", path: item(ref), accept: "*/*", adaptive: true, raw: { contentType, bytes } });
}

/** Deletes an item. One that does not exist is no error. */
export async function deleteItem(http: HttpClient, ref: ItemRef): Promise<void> {
  try {
    await http.send({ method: "DELETE", path: item(ref), accept: "*/*", adaptive: true });
  } catch (error) {
    if (!isItemAbsent(error)) throw error;
  }
}

/**
 * Keys of a group: a random sample where it has more than `limit`, so that absence from it proves nothing.
 * Without `limit` the service returns up to 100. Its own limit is not documented: a number that it refuses is dropped.
 */
export async function sampleItemKeys(http: HttpClient, ref: ItemGroupRef, limit?: number): Promise<string[]> {
  const ask = async (query: Readonly<Record<string, string>>) =>
    (await http.send({ method: "GET", path: folder(ref), query })).as(z.array(z.string()));
  try {
    return await ask(limit === undefined ? {} : { maxItems: String(limit) });
  } catch (error) {
    if (isItemAbsent(error)) return [];
    if (limit === undefined || !(error instanceof ApiError && error.is(400, "EKV_2000"))) throw error;
    return sampleItemKeys(http, ref);
  }
}

function isItemAbsent(error: unknown): boolean {
  return error instanceof ApiError && error.is(404, "EKV_9000");
}

/** The answer to all requests for items while a replica does not know the namespace, or its delete is scheduled. */
export function isNamespaceUnavailable(error: unknown): boolean {
  return error instanceof ApiError && error.is(400, "EKV_9000");
}
