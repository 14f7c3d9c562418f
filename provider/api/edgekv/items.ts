import { z } from "zod";
import { ApiError } from "../../errors";
import type { HttpClient } from "../../runtime/httpClient";
import type { Network } from "./namespaces";

/** Names a group of items. It exists as long as it has an item. */
export interface ItemGroupRef {
  readonly network: Network;
  readonly namespace: string;
  readonly group: string;
  /** The sandbox that has the group, on the staging network. Default: none. */
  readonly sandboxId?: string | undefined;
}

/** Names an item. */
export interface ItemRef extends ItemGroupRef {
  readonly key: string;
}

/** The content of an item, and whether it is sent as JSON. EdgeKV stores the type. */
export interface ItemContent {
  readonly bytes: Uint8Array;
  readonly json: boolean;
}

const folder = ({ network, namespace, group }: ItemGroupRef) =>
  `/edgekv/v1/networks/${network}/namespaces/${encodeURIComponent(namespace)}/groups/${encodeURIComponent(group)}`;
const sandboxOf = ({ sandboxId }: ItemGroupRef): Readonly<Record<string, string>> =>
  sandboxId === undefined ? {} : { sandboxId };
const item = (ref: ItemRef) => `${folder(ref)}/items/${encodeURIComponent(ref.key)}`;

/**
 * The bytes of an item, or undefined when the service answers that there is none. For ten seconds or longer
 * after a write or a delete, a stale replica answers as before it.
 */
export async function findItem(http: HttpClient, ref: ItemRef): Promise<Uint8Array | undefined> {
  try {
    return (
      await http.send({
        method: "GET",
        path: item(ref),
        query: sandboxOf(ref),
        accept: "*/*",
        adaptive: true,
      })
    ).bytes;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Writes an item, idempotently: creates it, and its group, or replaces its content. */
export async function writeItem(http: HttpClient, ref: ItemRef, { bytes, json }: ItemContent): Promise<void> {
  const contentType = json ? "application/json" : "text/plain";
  const reply = await http.send({
    method: "PUT",
    path: item(ref),
    query: sandboxOf(ref),
    accept: "*/*",
    adaptive: true,
    raw: { contentType, bytes },
  });
  reply.assertText();
}

/** Deletes an item, idempotently. */
export async function deleteItem(http: HttpClient, ref: ItemRef): Promise<void> {
  try {
    const reply = await http.send({
      method: "DELETE",
      path: item(ref),
      query: sandboxOf(ref),
      accept: "*/*",
      adaptive: true,
    });
    reply.assertText();
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

/**
 * A random sample of the keys of a group, at most `maxItems`. It never shows which keys are missing. The service
 * returns 100 by default. Its maximum is not documented: when it refuses `maxItems`, its default is used.
 */
export async function sampleItemKeys(
  http: HttpClient,
  ref: ItemGroupRef,
  maxItems?: number,
): Promise<string[]> {
  const read = async (query: Readonly<Record<string, string>>) =>
    (await http.send({ method: "GET", path: folder(ref), query: { ...query, ...sandboxOf(ref) } })).as(
      z.array(z.string()),
    );
  try {
    return await read(maxItems === undefined ? {} : { maxItems: String(maxItems) });
  } catch (error) {
    if (isAbsent(error)) return [];
    if (maxItems === undefined || !(error instanceof ApiError && error.is(400, "EKV_2000"))) throw error;
    return sampleItemKeys(http, ref);
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof ApiError && error.is(404, "EKV_9000");
}

/**
 * The refusal of every request for items while a replica does not show the namespace, or while its delete is
 * scheduled.
 */
export function isNamespaceRefused(error: unknown): boolean {
  return error instanceof ApiError && error.is(400, "EKV_9000");
}
