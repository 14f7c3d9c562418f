import { getOrCreate, table } from "../json";
import { type Replicated, readPrimary, readReplica, write } from "../replication";
import { param, type RequestContext, type Response } from "../service";
import { EdgeKvError, invalid } from "./errors";
import { assertValueLength, SANDBOX_RETENTION_SECONDS } from "./limits";
import { openNamespace } from "./namespaces";
import { type Item, isAlive, type Namespace, type Network } from "./state";
import { GROUP_NAME, ITEM_KEY, SANDBOX_ID } from "./validation";

type Items = Record<string, Replicated<Item>>;

function assertName(value: string, pattern: RegExp, what: "Key" | "Group"): string {
  if (!pattern.test(value))
    throw new EdgeKvError(
      400,
      "EKV_9000",
      `${what} must only use a string that matches A-Z a-z 0-9 _ or -..`,
    );
  return value;
}

/** The group that the path names. A sandbox has groups of its own, which show under this name in listings of the staging network. */
export function storedGroup(context: RequestContext, network: Network): string {
  const group = assertName(param(context, "groupId"), GROUP_NAME, "Group");
  const { sandboxId } = context.query;
  if (sandboxId === undefined) return group;
  if (network !== "staging") throw invalid("This endpoint does not support Sandbox.");
  if (!SANDBOX_ID.test(sandboxId)) throw invalid("Invalid sandboxId");
  return `${group}_${sandboxId}`;
}

/** Where an item is stored, whether it exists or not. */
export interface ItemAddress {
  readonly network: Network;
  readonly namespace: Namespace;
  /** As it is stored: with the sandbox. */
  readonly group: string;
  readonly key: string;
}

/** The item that the path names, on a network. */
export function resolveItem(context: RequestContext, network: Network): ItemAddress {
  const group = storedGroup(context, network);
  const key = assertName(param(context, "itemId"), ITEM_KEY, "Key");
  return { network, group, key, namespace: openNamespace(context, network) };
}

const replicatedItem = (
  { account }: RequestContext,
  { network, namespace, group, key }: ItemAddress,
): Replicated<Item> | undefined => account.edgekv.items[network][namespace.namespace]?.[group]?.[key];

const text = (body: string): Response => ({ status: 200, contentType: "text/plain", body });

const describeAddress = (context: RequestContext, { namespace, group, key }: ItemAddress): string =>
  `namespace ${namespace.namespace}, group ${context.query.sandboxId === undefined ? group : param(context, "groupId")}, and key ${key}.`;

/** Text where the bytes are UTF-8, so that a saved state can be read. */
function encode(bytes: Buffer): Pick<Item, "value" | "encoding"> {
  const value = bytes.toString("utf8");
  return Buffer.from(value).equals(bytes)
    ? { value, encoding: "utf8" }
    : { value: bytes.toString("base64"), encoding: "base64" };
}

export function writeItem(context: RequestContext, address: ItemAddress): Response {
  const { network, namespace, group, key } = address;
  assertValueLength(context, context.body);
  const retention =
    context.query.sandboxId === undefined ? namespace.retentionInSeconds : SANDBOX_RETENTION_SECONDS;
  const item: Item = {
    ...encode(context.body),
    contentType: context.contentType === "application/json" ? "application/json" : "text/plain",
    expiresAt: retention === 0 ? null : context.now + retention * 1000,
  };
  const groups = getOrCreate(context.account.edgekv.items[network], namespace.namespace, table<Items>);
  const items = getOrCreate(groups, group, table<Replicated<Item>>);
  write(
    getOrCreate(items, key, () => []),
    item,
    context.now,
    context.lags.item,
  );
  return text(`Item was upserted in database, ${describeAddress(context, address)}`);
}

/** The item that the replica of the request shows. */
export function readItem(context: RequestContext, address: ItemAddress): Response {
  const item = readReplica(replicatedItem(context, address), context.replica);
  if (!isAlive(item, context.now)) {
    throw new EdgeKvError(
      404,
      "EKV_9000",
      `Item '${address.key}' or group '${param(context, "groupId")}' was not found in the database.`,
    );
  }
  return { status: 200, contentType: item.contentType, body: Buffer.from(item.value, item.encoding) };
}

export function deleteItem(context: RequestContext, address: ItemAddress): Response {
  const replicated = replicatedItem(context, address);
  if (replicated && readPrimary(replicated)) write(replicated, null, context.now, context.lags.item);
  return text(`Item was marked for deletion from database, ${describeAddress(context, address)}`);
}

/** The keys of a group that this replica shows. */
export const keysIn = (context: RequestContext, items: Items): string[] =>
  Object.entries(items)
    .filter(([, replicated]) => isAlive(readReplica(replicated, context.replica), context.now))
    .map(([key]) => key);
