import { type Replicated, readReplica } from "../../replication";
import type { Handler, RequestContext, Response, Route } from "../../service";
import { assertCapability, capability } from "../access";
import { formatCsv } from "../bulk/csv";
import { isTrue, maxItemsOf } from "../bulk/readUpload";
import { EdgeKvError, invalid, notAcceptable, TooSoonError } from "../errors";
import { storedGroup } from "../itemStore";
import { openNamespace } from "../namespaces";
import { assertInitialized, networkOf } from "../request";
import { type Item, isAlive } from "../state";

const NAMESPACE = "/networks/:network/namespaces/:namespaceId";

/** The items of a namespace, or of one of its groups, as the replica shows them. */
function download(context: RequestContext, ofGroup: boolean): Response {
  assertInitialized(context);
  const network = networkOf(context);
  if (context.query.sandboxId !== undefined) throw invalid("This endpoint does not support Sandbox.");
  const group = ofGroup ? storedGroup(context, network) : undefined;
  const accept = context.headers.accept ?? "*/*";
  if (!/text\/csv|text\/\*|\*\/\*/i.test(accept)) throw notAcceptable("A download is text/csv.");
  const limit = maxItemsOf(context, Number.POSITIVE_INFINITY);
  const namespace = openNamespace(context, network);
  assertCapability(context, namespace.groupId, capability("READ", "DATA", network));
  const groups = Object.entries(context.account.edgekv.items[network][namespace.namespace] ?? {});
  const records: Buffer[] = [];
  for (const [name, items] of groups.filter(([name]) => group === undefined || name === group)) {
    for (const [key, replicated] of Object.entries(items)) {
      if (records.length >= limit) break;
      const record = recordOf(context, name, key, replicated);
      if (record !== undefined) records.push(record);
    }
  }
  if (records.length === 0 && group !== undefined)
    throw new EdgeKvError(404, "EKV_9000", "The requested group is empty or not found.");
  return { status: 200, contentType: "text/csv", body: Buffer.concat(records) };
}

/** With `showExpires`, the last column has the seconds that are left; 0 is for ever. */
function recordOf(
  { query, replica, now }: RequestContext,
  group: string,
  key: string,
  replicated: Replicated<Item>,
): Buffer | undefined {
  const item = readReplica(replicated, replica);
  if (!isAlive(item, now)) return undefined;
  const { value, encoding, expiresAt } = item;
  const left = expiresAt === null ? "0" : String(Math.ceil((expiresAt - now) / 1000));
  return formatCsv([group, key, Buffer.from(value, encoding), ...(isTrue(query.showExpires) ? [left] : [])]);
}

/** The routes of downloads. Each emulator has a rate control of its own. */
export function downloads(): readonly Route[] {
  let lastAt = Number.NEGATIVE_INFINITY;
  const limited =
    (handle: Handler): Handler =>
    (context) => {
      const { account, trafficAt } = context;
      const wait = lastAt + account.settings.downloadIntervalSeconds * 1000 - trafficAt;
      if (wait > 0) throw new TooSoonError("Downloads are limited. Please try again soon.", wait);
      const response = handle(context);
      lastAt = trafficAt;
      return response;
    };
  return [
    {
      method: "GET",
      path: `${NAMESPACE}/download`,
      access: "read",
      handle: limited((context) => download(context, false)),
    },
    {
      method: "GET",
      path: `${NAMESPACE}/groups/:groupId/download`,
      access: "read",
      handle: limited((context) => download(context, true)),
    },
  ];
}
