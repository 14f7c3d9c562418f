import { sample } from "../../prng";
import { isExpunged } from "../../replication";
import { type Handler, json, type RequestContext, type Response, type Route } from "../../service";
import { assertCapability, capability } from "../access";
import { EdgeKvError, invalid } from "../errors";
import {
  deleteItem,
  type ItemAddress,
  keysIn,
  readItem,
  resolveItem,
  storedGroup,
  writeItem,
} from "../itemStore";
import { assertItemRate, LISTED_ITEMS, RateWindow, SAMPLED_ITEMS } from "../limits";
import { openNamespace } from "../namespaces";
import { assertInitialized, networkOf } from "../request";

const GROUPS = "/networks/:network/namespaces/:namespaceId/groups";
const ITEM = `${GROUPS}/:groupId/items/:itemId`;

/** The item that the path names, for an API client, who needs the capability for the verb. */
function target(context: RequestContext, verb: "READ" | "WRITE" | "DELETE"): ItemAddress {
  assertInitialized(context);
  const network = networkOf(context);
  const address = resolveItem(context, network);
  assertCapability(context, address.namespace.groupId, capability(verb, "DATA", network));
  return address;
}

function list(context: RequestContext): Response {
  assertInitialized(context);
  const network = networkOf(context);
  const group = storedGroup(context, network);
  const { maxItems = String(LISTED_ITEMS) } = context.query;
  if (!/^[1-9]\d*$/.test(maxItems)) throw invalid("maxItems must be a positive integer.");
  const namespace = openNamespace(context, network);
  assertCapability(context, namespace.groupId, capability("READ", "DATA", network));
  const items = context.account.edgekv.items[network][namespace.namespace]?.[group] ?? {};
  for (const [key, replicated] of Object.entries(items))
    if (isExpunged(replicated, context.now)) delete items[key];
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

/** The routes of items. Each emulator counts its own requests. */
export function items(): readonly Route[] {
  const window = new RateWindow();
  const limited =
    (handle: Handler): Handler =>
    (context) => {
      assertItemRate(context, window);
      return handle(context);
    };
  return [
    { method: "GET", path: GROUPS, access: "read", handle: listGroups },
    { method: "GET", path: `${GROUPS}/:groupId`, access: "read", handle: list },
    {
      method: "GET",
      path: ITEM,
      access: "read",
      handle: limited((context) => readItem(context, target(context, "READ"))),
    },
    {
      method: "PUT",
      path: ITEM,
      access: "write",
      opaqueBody: "size",
      handle: limited((context) => writeItem(context, target(context, "WRITE"))),
    },
    {
      method: "DELETE",
      path: ITEM,
      access: "write",
      handle: limited((context) => deleteItem(context, target(context, "DELETE"))),
    },
  ];
}
