/** What `up` would do and run into with a group of items, told at preview. */
import { findItem, saysNoNamespace } from "../../../api/edgekv/items";
import { canonical } from "../../../framework/canonical";
import type { Context } from "../../../runtime/context";
import type { Draft, Failure } from "../../../framework/resource";
import { declare } from "../../../items/declaredKeys";
import { compare, indexOf, isMarked, type Listing, unpack } from "../../../items/manifest";
import { shardGroup } from "../../../items/shard";
import { counted, items, some } from "../../../items/format";
import { conflictText, namespaceTrouble } from "../item/preview";
import type { ItemGroupInputs, ItemGroupState } from "./itemGroup";
import { originsOf, placeOf, titleOf } from "./content";
import { expiredRuns, expiryText, findStrays, shownKeys } from "./observe";

type Wanted = Partial<ItemGroupInputs>;

/** Items that a preview reads to see whose they are, and groups that it looks into. */
const mostRead = 20;
const longestGroup = 128;

// ---- known without asking anybody ----

export function groupRules(draft: Draft<ItemGroupInputs>, context: Context): Failure[] {
  const { known, unknown } = draft;
  const [origin, other] = originsOf(draft);
  if (origin === undefined)
    return [{ property: "items", reason: "is required, or `file`, or `folder`: they say where the items come from" }];
  if (other !== undefined) return [{ property: other, reason: `can't be said together with \`${origin}\`: the items come from one place` }];
  if (origin !== "file" && (known.columns !== undefined || unknown.has("columns"))) {
    return [{ property: "columns", reason: "has a meaning only with `file`" }];
  }
  const longest = known.groups?.at(-1) ?? "";
  if (longest.length > longestGroup) {
    return [
      {
        property: "group",
        reason: `is too long for ${known.shards} shards: ${longest.length} characters with the number of the last one, and ${longestGroup} are the most`,
      },
    ];
  }
  return declaredTwice(known, context);
}

function declaredTwice(known: Wanted, context: Context): Failure[] {
  const { network, namespace, group, groups, shards, owner, ownership } = known;
  const listing = listingOf(known, context);
  if (network === undefined || namespace === undefined || group === undefined || groups === undefined || owner === undefined) return [];
  if (listing === undefined) return [];
  const groupOf = (key: string) => shardGroup(group, key, shards);
  const keysOf = Map.groupBy(listing.keys, groupOf);
  for (const one of groups) {
    const conflict = declare(context.memory, { network, namespace, group: one }, owner, {
      keys: keysOf.get(one) ?? [],
      has: (key) => indexOf(listing, key) >= 0 && groupOf(key) === one,
      exclusive: ownership === "exclusive",
    });
    if (conflict !== undefined) return [{ property: "group", reason: conflictText(conflict) }];
  }
  return [];
}

function listingOf({ digest }: Wanted, context: Context): Listing | undefined {
  return digest === undefined ? undefined : context.memory.itemListings.get(digest);
}

// ---- seen in the account ----

export async function observeGroup({ known, olds }: Draft<ItemGroupInputs>, context: Context): Promise<Failure[]> {
  const place = ({ network, namespace, groups }: Wanted) => canonical({ network, namespace, groups });
  if (olds.groups !== undefined && place(known) === place(olds)) return [];
  const namespace = await namespaceTrouble(known, context);
  if (namespace !== undefined && namespace !== "planned") return [{ property: "namespace", reason: namespace }];
  const listing = listingOf(known, context);
  if (listing === undefined || !isWhole(known)) return [];
  context.notices.info(
    `${titleOf(known)}: ${items(listing.keys.length)} to write${listing.keys.length > 0 ? ` (${some(listing.keys)})` : ""}.`,
  );
  if (namespace === "planned") return [];
  try {
    if (known.ownership === "exclusive") await tellStrays(known, listing, context);
    return known.overwrite ? [] : await others(known, listing, context);
  } catch (error) {
    // A namespace whose deletion is scheduled shows nothing; it may come back in this run.
    if (saysNoNamespace(error)) return [];
    throw error;
  }
}

/** Nothing of what says where the items are is unknown. */
function isWhole(known: Wanted): known is ItemGroupInputs {
  const { network, namespace, group, groups, shards } = known;
  return [network, namespace, group, groups, shards].every((field) => field !== undefined);
}

/** Whether some of the items are somebody else's. What a listing does not show is not found. */
async function others(known: ItemGroupInputs, listing: Listing, context: Context): Promise<Failure[]> {
  const there: string[] = [];
  for (const group of known.groups.slice(0, mostRead)) {
    const shown = await shownKeys({ ...known, group }, mostRead * 50, context);
    there.push(...shown.filter((key) => indexOf(listing, key) >= 0 && placeOf(known, key).group === group));
  }
  const read = there.slice(0, mostRead);
  const isOther = await Promise.all(
    read.map(async (key) => {
      const live = await findItem(context.http, placeOf(known, key));
      return live !== undefined && !isMarked(live, listing.marks[indexOf(listing, key)] as string);
    }),
  );
  const other = read.filter((_key, index) => isOther[index]);
  if (other.length > 0) {
    const reason = `has items of these keys already that hold something else and are not this program's: ${some(other)} (${other.length} of ${read.length} that were looked at). Say \`overwrite: true\` to replace what they hold, choose another group, or use Pulumi's \`aliases\` if the resource was only renamed or moved`;
    return [{ property: "group", reason }];
  }
  if (there.length > 0) {
    context.notices.info(
      `${titleOf(known)}: some of them are there already, as declared (${some(there)}): \`up\` goes on with what is missing.`,
    );
  }
  return [];
}

async function tellStrays(known: ItemGroupInputs, listing: Listing, context: Context): Promise<boolean> {
  const { keys, isWhole: isAll } = await findStrays(known, listing, context);
  if (keys.length === 0) return false;
  const sure = isAll ? "" : " EdgeKV may not have shown all of them.";
  const found = some(keys.map(({ key }) => key));
  context.notices.warn(`${titleOf(known)}: \`up\` deletes what is not declared, ${counted(keys.length)} in all (${found}).${sure}`);
  return true;
}

/** Names what an update would write and delete. */
export async function foreseeGroup(old: ItemGroupState, news: ItemGroupInputs, context: Context): Promise<void> {
  const wanted = listingOf(news, context);
  if (wanted === undefined) return;
  const { added, changed, removed } = compare(unpack(old.listing), wanted);
  const parts = [
    ["added", added],
    ["changed", changed],
    ["removed", removed],
  ] as const;
  const told = parts.flatMap(([what, keys]) => (keys.length > 0 ? [`${counted(keys.length)} ${what} (${some(keys)})`] : []));
  if (told.length > 0) context.notices.info(`${titleOf(news)}: ${told.join(", ")}.`);
  if (news.ownership === "exclusive") await tellStrays(news, wanted, context);
}

/** What no field shows: items that have outlived their retention, and others in an exclusive group. */
export async function groupDrifted(old: ItemGroupState, context: Context): Promise<boolean> {
  if (!context.settings.previewReads) return false;
  const listing = unpack(old.listing);
  const isOver = await expiredRuns(old, context);
  const expired = listing.keys.filter((_key, index) => isOver(listing.marks[index] as string));
  if (expired.length > 0) {
    context.notices.warn(
      `${titleOf(old)}: ${counted(expired.length)} ${await expiryText(old, context)} (${some(expired)}); \`up\` writes them again.`,
    );
  }
  const hasStrays = old.ownership === "exclusive" && (await tellStrays(old, listing, context));
  return expired.length > 0 || hasStrays;
}
