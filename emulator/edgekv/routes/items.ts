import { getOrCreate, table } from "../../json";
import { sample } from "../../prng";
import { isExpunged, type Replicated, readPrimary, readReplica, write } from "../../replication";
import { json, param, type RequestContext, type Response, type Route } from "../../service";
import { EdgeKvError, invalid } from "../errors";
import {
  GROUP_NAME,
  ITEM_KEY,
  LISTED_ITEMS,
  type Network,
  RateWindow,
  SAMPLED_ITEMS,
  SANDBOX_ID,
  SANDBOX_RETENTION_SECONDS,
} from "../limits";
import { assertInitialized, networkOf } from "../request";
import { type Item, isAlive, type Namespace } from "../state";
import { assertCapability, capability } from "./accessGroups";
import { openNamespace } from "./namespaces";

const GROUPS = "/networks/:network/namespaces/:namespaceId/groups";
const ITEM = `${GROUPS}/:groupId/items/:itemId`;

type Items = Record<string, Replicated<Item>>;

function assertName(value: string, pattern: RegExp, what: "Key" | "Group"): string {
  if (!pattern.test(value)) throw new EdgeKvError(400, "EKV_9000", `${what} must only use a string that matches A-Z a-z 0-9 _ or -..`);
  return value;
}

/** The group that the path names. A sandbox has groups of its own, which show under this name in listings of the staging network. */
function storedGroup(context: RequestContext, network: Network): string {
  const group = assertName(param(context, "groupId"), GROUP_NAME, "Group");
  const { sandboxId } = context.query;
  if (sandboxId === undefined) return group;
  if (network !== "staging") throw invalid("This endpoint does not support Sandbox.");
  if (!SANDBOX_ID.test(sandboxId)) throw invalid("Invalid sandboxId");
  return `${group}_${sandboxId}`;
}

/** Where an item is, or would be. */
export interface ItemAddress {
  network: Network;
  namespace: Namespace;
  /** As it is stored: with the sandbox. */
  group: string;
  key: string;
}

/** The place that the path names, on a network. */
export function resolveItem(context: RequestContext, network: Network): ItemAddress {
  const group = storedGroup(context, network);
  const key = assertName(param(context, "itemId"), ITEM_KEY, "Key");
  return { network, group, key, namespace: openNamespace(context, network) };
}

/** The same for an API client, who needs the permission for the verb. */
function target(context: RequestContext, verb: "READ" | "WRITE" | "DELETE"): ItemAddress {
  assertInitialized(context);
  const network = networkOf(context);
  const address = resolveItem(context, network);
  assertCapability(context, address.namespace.groupId, capability(verb, "DATA", network));
  return address;
}

const replicatedItem = ({ account }: RequestContext, { network, namespace, group, key }: ItemAddress): Replicated<Item> | undefined =>
  account.edgekv.items[network][namespace.namespace]?.[group]?.[key];

const text = (body: string): Response => ({ status: 200, contentType: "text/plain", body });

const describeAddress = (context: RequestContext, { namespace, group, key }: ItemAddress): string =>
  `namespace ${namespace.namespace}, group ${context.query.sandboxId === undefined ? group : param(context, "groupId")}, and key ${key}.`;

/** Text where the bytes are UTF-8, so that a saved state can be read. */
function encode(bytes: Buffer): Pick<Item, "value" | "encoding"> {
  const value = bytes.toString("utf8");
  return Buffer.from(value).equals(bytes) ? { value, encoding: "utf8" } : { value: bytes.toString("base64"), encoding: "base64" };
}

export function writeItem(context: RequestContext, address: ItemAddress): Response {
  const { network, namespace, group, key } = address;
  const { itemValueCharacters } = context.account.settings;
  if (context.body.toString("utf8").length > itemValueCharacters) {
    throw new EdgeKvError(413, "EKV_9000", `Value cannot exceed ${itemValueCharacters} characters.`);
  }
  const retention = context.query.sandboxId === undefined ? namespace.retentionInSeconds : SANDBOX_RETENTION_SECONDS;
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
    throw new EdgeKvError(404, "EKV_9000", `Item '${address.key}' or group '${param(context, "groupId")}' was not found in the database.`);
  }
  return { status: 200, contentType: item.contentType, body: Buffer.from(item.value, item.encoding) };
}

export function deleteItem(context: RequestContext, address: ItemAddress): Response {
  const replicated = replicatedItem(context, address);
  if (replicated && readPrimary(replicated)) write(replicated, null, context.now, context.lags.item);
  return text(`Item was marked for deletion from database, ${describeAddress(context, address)}`);
}

/** The keys of a group that this replica shows. */
const keysIn = (context: RequestContext, items: Items): string[] =>
  Object.entries(items)
    .filter(([, replicated]) => isAlive(readReplica(replicated, context.replica), context.now))
    .map(([key]) => key);

function list(context: RequestContext): Response {
  assertInitialized(context);
  const network = networkOf(context);
  const group = storedGroup(context, network);
  const { maxItems = String(LISTED_ITEMS) } = context.query;
  if (!/^[1-9]\d*$/.test(maxItems)) throw invalid("maxItems must be a positive integer.");
  const namespace = openNamespace(context, network);
  assertCapability(context, namespace.groupId, capability("READ", "DATA", network));
  const items = context.account.edgekv.items[network][namespace.namespace]?.[group] ?? {};
  for (const [key, replicated] of Object.entries(items)) if (isExpunged(replicated, context.now)) delete items[key];
  const keys = keysIn(context, items);
  if (keys.length === 0) throw new EdgeKvError(404, "EKV_9000", "The requested group is empty or not found.");
  return json(200, sample(context.account, keys, Number(maxItems)));
}

function listGroups(context: RequestContext): Response {
  assertInitialized(context);
  const network = networkOf(context);
  if (context.query.sandboxId !== undefined) throw invalid("This endpoint does not support Sandbox.");
  const namespace = openNamespace(context, network);
  assertCapability(context, namespace.groupId, capability("READ", "DATA", network));
  const all = Object.entries(context.account.edgekv.items[network][namespace.namespace] ?? {});
  const groupOfEachItem = all.flatMap(([group, items]) => keysIn(context, items).map(() => group));
  if (groupOfEachItem.length === 0) throw new EdgeKvError(404, "EKV_9000", "There are no groups.");
  return json(200, [...new Set(sample(context.account, groupOfEachItem, SAMPLED_ITEMS))]);
}

/** The routes of items. Each set of routes counts its own hits. */
export function items(): readonly Route[] {
  const window = new RateWindow();
  const limited = (handle: (context: RequestContext) => Response) => (context: RequestContext) => {
    const limit = context.account.settings.itemRatePerSecond;
    const hits = window.hit(context.trafficAt);
    if (hits > limit) {
      const detail = `Your request has been denied: ${hits} hits per second too high. limit set at ${limit}. Please try again soon.`;
      throw new EdgeKvError(429, "EKV_9100", detail);
    }
    return handle(context);
  };
  return [
    { method: "GET", path: GROUPS, access: "read", handle: listGroups },
    { method: "GET", path: `${GROUPS}/:groupId`, access: "read", handle: list },
    { method: "GET", path: ITEM, access: "read", handle: limited((context) => readItem(context, target(context, "READ"))) },
    {
      method: "PUT",
      path: ITEM,
      access: "write",
      opaqueBody: "size",
      handle: limited((context) => writeItem(context, target(context, "WRITE"))),
    },
    { method: "DELETE", path: ITEM, access: "write", handle: limited((context) => deleteItem(context, target(context, "DELETE"))) },
  ];
}
