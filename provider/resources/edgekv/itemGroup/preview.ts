/** What `up` would do and run into with a group of items, told at preview. */
import { findItem, isNamespaceRefused } from "../../../api/edgekv/items";
import { canonical } from "../../../framework/canonical";
import type { CheckFailure, Draft } from "../../../framework/resource";
import { declareKeys } from "../../../items/declaredKeys";
import { formatCount, formatItems, formatKeys } from "../../../items/format";
import { compare, indexOf, type Manifest, matchesFingerprint, unpack } from "../../../items/manifest";
import { shardGroup } from "../../../items/shard";
import type { Context } from "../../../runtime/context";
import { conflictText, namespaceTrouble } from "../item/preview";
import { displayName, itemManifests, itemRefOf, originsOf } from "./content";
import { expiredRuns, expiryText, findUnmanagedKeys, shownKeys } from "./observe";
import type { ItemGroupInputs, ItemGroupState } from "./schema";

type Wanted = Partial<ItemGroupInputs>;

/** Items that a preview reads to see whose they are, and groups that it looks into. */
const mostRead = 20;
const longestGroup = 128;

// ---- known without asking anybody ----

export function validateGroup(draft: Draft<ItemGroupInputs>, context: Context): CheckFailure[] {
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

function declaredTwice(known: Wanted, context: Context): CheckFailure[] {
  const { network, namespace, group, groups, shards, owner, ownership } = known;
  const manifest = plannedManifest(known, context);
  if (network === undefined || namespace === undefined || group === undefined || groups === undefined || owner === undefined) return [];
  if (manifest === undefined) return [];
  const groupOf = (key: string) => shardGroup(group, key, shards);
  const keysOf = Map.groupBy(manifest.keys, groupOf);
  for (const one of groups) {
    const conflict = declareKeys(context.runState, { network, namespace, group: one }, owner, {
      keys: keysOf.get(one) ?? [],
      has: (key) => indexOf(manifest, key) >= 0 && groupOf(key) === one,
      exclusive: ownership === "exclusive",
    });
    if (conflict !== undefined) return [{ property: "group", reason: conflictText(conflict) }];
  }
  return [];
}

function plannedManifest({ digest }: Wanted, context: Context): Manifest | undefined {
  return digest === undefined ? undefined : context.runState.get(itemManifests).get(digest);
}

// ---- seen in the account ----

export async function preflightGroup({ known, oldInputs }: Draft<ItemGroupInputs>, context: Context): Promise<CheckFailure[]> {
  const place = ({ network, namespace, groups }: Wanted) => canonical({ network, namespace, groups });
  if (oldInputs.groups !== undefined && place(known) === place(oldInputs)) return [];
  const namespace = await namespaceTrouble(known, context);
  if (namespace !== undefined && namespace !== "planned") return [{ property: "namespace", reason: namespace }];
  const manifest = plannedManifest(known, context);
  if (manifest === undefined || !isWhole(known)) return [];
  context.logger.info(
    `${displayName(known)}: ${formatItems(manifest.keys.length)} to write${manifest.keys.length > 0 ? ` (${formatKeys(manifest.keys)})` : ""}.`,
  );
  if (namespace === "planned") return [];
  try {
    if (known.ownership === "exclusive") await reportUnmanagedKeys(known, manifest, context);
    return known.overwrite ? [] : await foreignItems(known, manifest, context);
  } catch (error) {
    // A namespace whose deletion is scheduled shows nothing; it may come back in this run.
    if (isNamespaceRefused(error)) return [];
    throw error;
  }
}

/** Nothing of what says where the items are is unknown. */
function isWhole(known: Wanted): known is ItemGroupInputs {
  const { network, namespace, group, groups, shards } = known;
  return [network, namespace, group, groups, shards].every((field) => field !== undefined);
}

/** Whether some of the items are somebody else's. What a listing does not show is not found. */
async function foreignItems(known: ItemGroupInputs, manifest: Manifest, context: Context): Promise<CheckFailure[]> {
  const there: string[] = [];
  for (const group of known.groups.slice(0, mostRead)) {
    const shown = await shownKeys({ ...known, group }, mostRead * 50, context);
    there.push(...shown.filter((key) => indexOf(manifest, key) >= 0 && itemRefOf(known, key).group === group));
  }
  const read = there.slice(0, mostRead);
  const isOther = await Promise.all(
    read.map(async (key) => {
      const live = await findItem(context.http, itemRefOf(known, key));
      return live !== undefined && !matchesFingerprint(live, manifest.fingerprints[indexOf(manifest, key)] as string);
    }),
  );
  const other = read.filter((_key, index) => isOther[index]);
  if (other.length > 0) {
    const reason = `has items of these keys already that hold something else and are not this program's: ${formatKeys(other)} (${other.length} of ${read.length} that were looked at). Say \`overwrite: true\` to replace what they hold, choose another group, or use Pulumi's \`aliases\` if the resource was only renamed or moved`;
    return [{ property: "group", reason }];
  }
  if (there.length > 0) {
    context.logger.info(
      `${displayName(known)}: some of them are there already, as declared (${formatKeys(there)}): \`up\` goes on with what is missing.`,
    );
  }
  return [];
}

async function reportUnmanagedKeys(known: ItemGroupInputs, manifest: Manifest, context: Context): Promise<boolean> {
  const { keys, isWhole: isAll } = await findUnmanagedKeys(known, manifest, context);
  if (keys.length === 0) return false;
  const sure = isAll ? "" : " EdgeKV may not have shown all of them.";
  const found = formatKeys(keys.map(({ key }) => key));
  context.logger.warn(`${displayName(known)}: \`up\` deletes what is not declared, ${formatCount(keys.length)} in all (${found}).${sure}`);
  return true;
}

/** Names what an update would write and delete. */
export async function preflightUpdate(old: ItemGroupState, news: ItemGroupInputs, context: Context): Promise<void> {
  const wanted = plannedManifest(news, context);
  if (wanted === undefined) return;
  const { added, changed, removed } = compare(unpack(old.manifest), wanted);
  const parts = [
    ["added", added],
    ["changed", changed],
    ["removed", removed],
  ] as const;
  const told = parts.flatMap(([what, keys]) => (keys.length > 0 ? [`${formatCount(keys.length)} ${what} (${formatKeys(keys)})`] : []));
  if (told.length > 0) context.logger.info(`${displayName(news)}: ${told.join(", ")}.`);
  if (news.ownership === "exclusive") await reportUnmanagedKeys(news, wanted, context);
}

/** What no field shows: items that have outlived their retention, and others in an exclusive group. */
export async function hasDrift(old: ItemGroupState, context: Context): Promise<boolean> {
  if (!context.settings.previewReads) return false;
  const manifest = unpack(old.manifest);
  const isOver = await expiredRuns(old, context);
  const expired = manifest.keys.filter((_key, index) => isOver(manifest.fingerprints[index] as string));
  if (expired.length > 0) {
    context.logger.warn(
      `${displayName(old)}: ${formatCount(expired.length)} ${await expiryText(old, context)} (${formatKeys(expired)}); \`up\` writes them again.`,
    );
  }
  const hasUnmanagedKeys = old.ownership === "exclusive" && (await reportUnmanagedKeys(old, manifest, context));
  return expired.length > 0 || hasUnmanagedKeys;
}
