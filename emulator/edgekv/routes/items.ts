import { member, table } from "../../json";
import { forgotten, latest, sample, type Versions, visible, write } from "../../replication";
import { type Answer, type Call, json, type Route } from "../../service";
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
import { demandInitialized, networkOf, param } from "../request";
import { type Item, isAlive, type Namespace } from "../state";
import { capability, demandCapability } from "./accessGroups";
import { openNamespace } from "./namespaces";

const GROUPS = "/networks/:network/namespaces/:namespaceId/groups";
const ITEM = `${GROUPS}/:groupId/items/:itemId`;

type Items = Record<string, Versions<Item>>;

function demandName(value: string, pattern: RegExp, what: "Key" | "Group"): string {
  if (!pattern.test(value)) throw new EdgeKvError(400, "EKV_9000", `${what} must only use a string that matches A-Z a-z 0-9 _ or -..`);
  return value;
}

/** The group that the path names. A sandbox has groups of its own, which show under this name in listings of the staging network. */
function storedGroup(call: Call, network: Network): string {
  const group = demandName(param(call, "groupId"), GROUP_NAME, "Group");
  const { sandboxId } = call.query;
  if (sandboxId === undefined) return group;
  if (network !== "staging") throw invalid("This endpoint does not support Sandbox.");
  if (!SANDBOX_ID.test(sandboxId)) throw invalid("Invalid sandboxId");
  return `${group}_${sandboxId}`;
}

/** Where an item is, or would be. */
export interface Place {
  network: Network;
  namespace: Namespace;
  /** As it is stored: with the sandbox. */
  group: string;
  key: string;
}

/** The place that the path names, on a network. */
export function placeOf(call: Call, network: Network): Place {
  const group = storedGroup(call, network);
  const key = demandName(param(call, "itemId"), ITEM_KEY, "Key");
  return { network, group, key, namespace: openNamespace(call, network) };
}

/** The same for an API client, who needs the permission for the verb. */
function target(call: Call, verb: "READ" | "WRITE" | "DELETE"): Place {
  demandInitialized(call);
  const network = networkOf(call);
  const place = placeOf(call, network);
  demandCapability(call, place.namespace.groupId, capability(verb, "DATA", network));
  return place;
}

const statesAt = ({ account }: Call, { network, namespace, group, key }: Place): Versions<Item> | undefined =>
  account.edgekv.items[network][namespace.namespace]?.[group]?.[key];

const text = (body: string): Answer => ({ status: 200, contentType: "text/plain", body });

const where = (call: Call, { namespace, group, key }: Place): string =>
  `namespace ${namespace.namespace}, group ${call.query.sandboxId === undefined ? group : param(call, "groupId")}, and key ${key}.`;

/** Text where the bytes are UTF-8, so that a saved state can be read. */
function encode(bytes: Buffer): Pick<Item, "value" | "encoding"> {
  const value = bytes.toString("utf8");
  return Buffer.from(value).equals(bytes) ? { value, encoding: "utf8" } : { value: bytes.toString("base64"), encoding: "base64" };
}

export function writeItem(call: Call, place: Place): Answer {
  const { network, namespace, group, key } = place;
  const { itemValueCharacters } = call.account.settings;
  if (call.body.toString("utf8").length > itemValueCharacters) {
    throw new EdgeKvError(413, "EKV_9000", `Value cannot exceed ${itemValueCharacters} characters.`);
  }
  const retention = call.query.sandboxId === undefined ? namespace.retentionInSeconds : SANDBOX_RETENTION_SECONDS;
  const item: Item = {
    ...encode(call.body),
    contentType: call.contentType === "application/json" ? "application/json" : "text/plain",
    expiresAt: retention === 0 ? null : call.now + retention * 1000,
  };
  const groups = member(call.account.edgekv.items[network], namespace.namespace, table<Items>);
  const items = member(groups, group, table<Versions<Item>>);
  write(
    member(items, key, () => []),
    item,
    call.now,
    call.lags.item,
  );
  return text(`Item was upserted in database, ${where(call, place)}`);
}

/** The item that the replica of the request shows. */
export function readItem(call: Call, place: Place): Answer {
  const item = visible(statesAt(call, place), call.view);
  if (!isAlive(item, call.now)) {
    throw new EdgeKvError(404, "EKV_9000", `Item '${place.key}' or group '${param(call, "groupId")}' was not found in the database.`);
  }
  return { status: 200, contentType: item.contentType, body: Buffer.from(item.value, item.encoding) };
}

export function deleteItem(call: Call, place: Place): Answer {
  const versions = statesAt(call, place);
  if (versions && latest(versions)) write(versions, null, call.now, call.lags.item);
  return text(`Item was marked for deletion from database, ${where(call, place)}`);
}

/** The keys of a group that this replica shows. */
const keysIn = (call: Call, items: Items): string[] =>
  Object.entries(items)
    .filter(([, versions]) => isAlive(visible(versions, call.view), call.now))
    .map(([key]) => key);

function list(call: Call): Answer {
  demandInitialized(call);
  const network = networkOf(call);
  const group = storedGroup(call, network);
  const { maxItems = String(LISTED_ITEMS) } = call.query;
  if (!/^[1-9]\d*$/.test(maxItems)) throw invalid("maxItems must be a positive integer.");
  const namespace = openNamespace(call, network);
  demandCapability(call, namespace.groupId, capability("READ", "DATA", network));
  const items = call.account.edgekv.items[network][namespace.namespace]?.[group] ?? {};
  for (const [key, versions] of Object.entries(items)) if (forgotten(versions, call.now)) delete items[key];
  const keys = keysIn(call, items);
  if (keys.length === 0) throw new EdgeKvError(404, "EKV_9000", "The requested group is empty or not found.");
  return json(200, sample(call.account, keys, Number(maxItems)));
}

function listGroups(call: Call): Answer {
  demandInitialized(call);
  const network = networkOf(call);
  if (call.query.sandboxId !== undefined) throw invalid("This endpoint does not support Sandbox.");
  const namespace = openNamespace(call, network);
  demandCapability(call, namespace.groupId, capability("READ", "DATA", network));
  const all = Object.entries(call.account.edgekv.items[network][namespace.namespace] ?? {});
  const groupOfEachItem = all.flatMap(([group, items]) => keysIn(call, items).map(() => group));
  if (groupOfEachItem.length === 0) throw new EdgeKvError(404, "EKV_9000", "There are no groups.");
  return json(200, [...new Set(sample(call.account, groupOfEachItem, SAMPLED_ITEMS))]);
}

/** The routes of items. Each set of routes counts its own hits. */
export function items(): readonly Route[] {
  const window = new RateWindow();
  const limited = (handle: (call: Call) => Answer) => (call: Call) => {
    const limit = call.account.settings.itemRatePerSecond;
    const hits = window.hit(call.trafficAt);
    if (hits > limit) {
      const detail = `Your request has been denied: ${hits} hits per second too high. limit set at ${limit}. Please try again soon.`;
      throw new EdgeKvError(429, "EKV_9100", detail);
    }
    return handle(call);
  };
  return [
    { method: "GET", path: GROUPS, access: "read", handle: listGroups },
    { method: "GET", path: `${GROUPS}/:groupId`, access: "read", handle: list },
    { method: "GET", path: ITEM, access: "read", handle: limited((call) => readItem(call, target(call, "READ"))) },
    { method: "PUT", path: ITEM, access: "write", opaqueBody: "size", handle: limited((call) => writeItem(call, target(call, "WRITE"))) },
    { method: "DELETE", path: ITEM, access: "write", handle: limited((call) => deleteItem(call, target(call, "DELETE"))) },
  ];
}
