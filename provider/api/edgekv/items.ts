import { z } from "zod";
import { ApiError } from "../../errors";
import type { HttpClient } from "../../runtime/httpClient";
import type { Network } from "./namespaces";

/** A group of items; it is there as long as it has an item. */
export interface ItemGroupRef {
  readonly network: Network;
  readonly namespace: string;
  readonly group: string;
}

/** Where an item is. */
export interface ItemRef extends ItemGroupRef {
  readonly key: string;
}

/** What an item holds, and whether it is to be sent as JSON: EdgeKV takes both at one address, and keeps the type. */
export interface ItemContent {
  readonly bytes: Uint8Array;
  readonly json: boolean;
}

const folder = ({ network, namespace, group }: ItemGroupRef) =>
  `/edgekv/v1/networks/${network}/namespaces/${encodeURIComponent(namespace)}/groups/${encodeURIComponent(group)}`;
const item = (place: ItemRef) => `${folder(place)}/items/${encodeURIComponent(place.key)}`;

/**
 * The bytes of an item, or undefined when this answer says that there is none. For ten seconds or longer after a write or a delete, an answer may be the one
 * from before it.
 */
export async function findItem(http: HttpClient, place: ItemRef): Promise<Uint8Array | undefined> {
  try {
    return (await http.send({ method: "GET", path: item(place), accept: "*/*", adaptive: true })).bytes;
  } catch (error) {
    if (isItemAbsent(error)) return undefined;
    throw error;
  }
}

/** Writes an item, there before or not; the group comes with its first item. Doing it again does no harm. */
export async function writeItem(http: HttpClient, place: ItemRef, { bytes, json }: ItemContent): Promise<void> {
  const contentType = json ? "application/json" : "text/plain";
  // The answer is prose, in several wordings.
  await http.send({ method: "PUT", path: item(place), accept: "*/*", adaptive: true, raw: { contentType, bytes } });
}

/** Marks an item as deleted; that there is none is as good. */
export async function deleteItem(http: HttpClient, place: ItemRef): Promise<void> {
  try {
    await http.send({ method: "DELETE", path: item(place), accept: "*/*", adaptive: true });
  } catch (error) {
    if (!isItemAbsent(error)) throw error;
  }
}

/**
 * Keys of a group, `most` of them where it has more: a random sample, never enough to tell what is not there. 100 is what the service gives unasked; its own
 * limit is not documented, so that a number which it refuses is taken back.
 */
export async function sampleItemKeys(http: HttpClient, place: ItemGroupRef, most?: number): Promise<string[]> {
  const ask = async (query: Readonly<Record<string, string>>) =>
    (await http.send({ method: "GET", path: folder(place), query })).as(z.array(z.string()));
  try {
    return await ask(most === undefined ? {} : { maxItems: String(most) });
  } catch (error) {
    if (isItemAbsent(error)) return [];
    if (most === undefined || !(error instanceof ApiError && error.is(400, "EKV_2000"))) throw error;
    return sampleItemKeys(http, place);
  }
}

function isItemAbsent(error: unknown): boolean {
  return error instanceof ApiError && error.is(404, "EKV_9000");
}

/** What every request for items is answered with while a server does not know the namespace, or its deletion is scheduled. */
export function isNamespaceUnavailable(error: unknown): boolean {
  return error instanceof ApiError && error.is(400, "EKV_9000");
}
