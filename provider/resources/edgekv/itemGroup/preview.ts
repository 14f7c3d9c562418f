/** What `up` would do and run into with a group of items, reported at preview. */
import { findItem, isNamespaceRefused } from "../../../api/edgekv/items";
import { canonical } from "../../../framework/canonical";
import type { CheckFailure, Draft } from "../../../framework/resource";
import { declareKeys } from "../../../items/declaredKeys";
import { matchesFingerprint } from "../../../items/fingerprint";
import { formatCount, formatItems, formatKeys } from "../../../items/format";
import type { HeldManifest } from "../../../items/heldManifest";
import { compare, indexOf, type Manifest } from "../../../items/manifest";
import { unpack } from "../../../items/packedManifest";
import { shardGroup } from "../../../items/shard";
import { isSnapshot } from "../../../items/source/source";
import { type TextList, TextListBuilder } from "../../../items/textList";
import type { Context } from "../../../runtime/context";
import { usesDefaultOnProduction, warnOfDefaultNamespace } from "../../declared";
import { retentionFailures } from "../bulk/retention";
import { checkNamespace, describeConflict, sandboxRetentionFixed } from "../item/preview";
import { sandboxFailures } from "../item/sandbox";
import { displayName, itemRefOf, originsOf, sourceManifests } from "./content";
import { describeExpiry, expiredRuns, findUnmanagedKeys, sampleKeys } from "./observe";
import type { ItemGroupInputs, ItemGroupState } from "./schema";

type KnownInputs = Partial<ItemGroupInputs>;

/** Existing items that a preview reads, and groups that it samples. */
const maxReads = 20;
/** Keys that it asks a group for. */
const sampleSize = 1000;
/** Characters of a group's name. */
const maxGroupLength = 128;

// ---- known without a request ----

export function validateGroup(context: Context, draft: Draft<ItemGroupInputs>): CheckFailure[] {
  const { known, unknown, oldInputs } = draft;
  if (usesDefaultOnProduction(known) && !usesDefaultOnProduction(oldInputs))
    warnOfDefaultNamespace(context, displayName(known));
  const [origin, other] = originsOf(draft);
  if (origin === undefined)
    return [
      { property: "items", reason: "is required, or `file`, or `folder`: set where the items come from" },
    ];
  if (other !== undefined)
    return [{ property: other, reason: `can't be set together with \`${origin}\`: set one of the two` }];
  const refusals = [...sandboxFailures(known), ...transferFailures(known)];
  if (refusals.length > 0) return refusals;
  if (isSnapshot(known.file) && known.columns !== undefined)
    return [{ property: "columns", reason: "can't be set for a snapshot: it has its own" }];
  if (origin !== "file" && (known.columns !== undefined || unknown.has("columns"))) {
    return [{ property: "columns", reason: "can be set together with `file` only" }];
  }
  const longest = known.groups?.at(-1) ?? "";
  if (longest.length > maxGroupLength) {
    const reason = `is too long for ${known.shards} shards: with the number of the last shard it has ${longest.length} characters, and at most ${maxGroupLength} are allowed`;
    return [{ property: "group", reason }];
  }
  return declaredTwice(context, known);
}

/** What the way that items take can't carry. */
function transferFailures(known: KnownInputs): CheckFailure[] {
  const { sandboxId, transfer, columns } = known;
  const hasRetention = columns?.retentionInSeconds !== undefined;
  if (sandboxId !== undefined && transfer === "bulk")
    return [
      { property: "transfer", reason: "can't be `bulk` in a sandbox: uploads and downloads take none" },
    ];
  if (sandboxId !== undefined && hasRetention)
    return [{ property: "columns.retentionInSeconds", reason: sandboxRetentionFixed }];
  if (transfer === "items" && hasRetention)
    return [
      {
        property: "columns.retentionInSeconds",
        reason: 'can\'t be set together with `transfer: "items"`: requests for one item carry no retention',
      },
    ];
  return [];
}

function declaredTwice(context: Context, known: KnownInputs): CheckFailure[] {
  const { network, namespace, group, groups, shards, owner, ownership, sandboxId } = known;
  const held = heldManifest(context, known);
  if (
    network === undefined ||
    namespace === undefined ||
    group === undefined ||
    groups === undefined ||
    owner === undefined
  )
    return [];
  if (held === undefined) return [];
  const groupOf = (key: string) => shardGroup(group, key, shards);
  const keysOf = groups.length === 1 ? undefined : keysByGroup(held.manifest.keys, groupOf);
  for (const one of groups) {
    const conflict = declareKeys(context.runState, { network, namespace, group: one, sandboxId }, owner, {
      get keys() {
        return keysOf === undefined ? held.manifest.keys : (keysOf.get(one) ?? []);
      },
      has: (key) => indexOf(held.manifest, key) >= 0 && groupOf(key) === one,
      exclusive: ownership === "exclusive",
    });
    if (conflict !== undefined) return [{ property: "group", reason: describeConflict(conflict) }];
  }
  return [];
}

function keysByGroup(keys: TextList, groupOf: (key: string) => string): ReadonlyMap<string, TextList> {
  const lists = new Map<string, TextListBuilder>();
  for (const key of keys) {
    const list = lists.get(groupOf(key)) ?? new TextListBuilder();
    lists.set(groupOf(key), list);
    list.push(key);
  }
  return new Map([...lists].map(([group, list]) => [group, list.build()]));
}

function heldManifest(context: Context, { digest }: KnownInputs): HeldManifest | undefined {
  return digest === undefined ? undefined : context.runState.get(sourceManifests).get(digest);
}

const plannedManifest = (context: Context, known: KnownInputs): Manifest | undefined =>
  heldManifest(context, known)?.manifest;

// ---- known from the account ----

export async function preflightGroup(
  context: Context,
  { known, oldInputs }: Draft<ItemGroupInputs>,
): Promise<CheckFailure[]> {
  const scopeOf = ({ network, namespace, groups, sandboxId }: KnownInputs) =>
    canonical({ network, namespace, groups, sandboxId });
  const { columns, namespace: name } = known;
  const hasNewRetention =
    columns?.retentionInSeconds !== undefined && canonical(columns) !== canonical(oldInputs.columns ?? {});
  if (hasNewRetention && known.network !== undefined && name !== undefined) {
    const ref = { network: known.network, namespace: name };
    const refusals = await retentionFailures(context, "columns.retentionInSeconds", ref);
    if (refusals.length > 0) return refusals;
  }
  if (oldInputs.groups !== undefined && scopeOf(known) === scopeOf(oldInputs)) return [];
  const namespace = await checkNamespace(context, known);
  if (namespace.is === "missing") return [{ property: "namespace", reason: namespace.reason }];
  const manifest = plannedManifest(context, known);
  if (manifest === undefined || !isScopeKnown(known)) return [];
  context.logger.info(
    `${displayName(known)}: ${formatItems(manifest.keys.length)} to write${manifest.keys.length > 0 ? ` (${formatKeys(manifest.keys)})` : ""}.`,
  );
  if (namespace.is === "planned") return [];
  try {
    if (known.ownership === "exclusive") await reportUnmanagedKeys(context, known, manifest);
    return known.overwrite ? [] : await checkForeignItems(context, known, manifest);
  } catch (error) {
    // A namespace that is scheduled for deletion shows no items. This run may cancel that.
    if (isNamespaceRefused(error)) return [];
    throw error;
  }
}

function isScopeKnown(known: KnownInputs): known is ItemGroupInputs {
  const { network, namespace, group, groups, shards } = known;
  return [network, namespace, group, groups, shards].every((field) => field !== undefined);
}

/** Fails when some of the items exist with other values. It finds only what a sample of the group shows. */
async function checkForeignItems(
  context: Context,
  known: ItemGroupInputs,
  manifest: Manifest,
): Promise<CheckFailure[]> {
  const existing: string[] = [];
  for (const group of known.groups.slice(0, maxReads)) {
    const sample = await sampleKeys(context, { ...known, group }, sampleSize);
    existing.push(
      ...sample.filter((key) => indexOf(manifest, key) >= 0 && itemRefOf(known, key).group === group),
    );
  }
  const read = existing.slice(0, maxReads);
  const isForeign = await Promise.all(
    read.map(async (key) => {
      const live = await findItem(context.http, itemRefOf(known, key));
      return (
        live !== undefined && !matchesFingerprint(live, manifest.fingerprints.at(indexOf(manifest, key)))
      );
    }),
  );
  const foreign = read.filter((_key, index) => isForeign[index]);
  if (foreign.length > 0) {
    const reason = `has items of these keys already with other values, which this program does not manage: ${formatKeys(foreign)} (${foreign.length} of ${read.length} that were read). Set \`overwrite: true\` to replace their values, choose another group, or use Pulumi's \`aliases\` if the resource was only renamed or moved`;
    return [{ property: "group", reason }];
  }
  if (existing.length > 0) {
    context.logger.info(
      `${displayName(known)}: some exist already with the declared values (${formatKeys(existing)}): \`up\` adopts them and writes the others.`,
    );
  }
  return [];
}

async function reportUnmanagedKeys(
  context: Context,
  inputs: ItemGroupInputs,
  manifest: Manifest,
): Promise<boolean> {
  const { keys, isComplete } = await findUnmanagedKeys(context, inputs, manifest);
  if (keys.length === 0) return false;
  const caveat = isComplete ? "" : " EdgeKV may not have shown all of them.";
  const found = formatKeys(keys.map(({ key }) => key));
  context.logger.warn(
    `${displayName(inputs)}: \`up\` deletes what is not declared, ${formatCount(keys.length)} in all (${found}).${caveat}`,
  );
  return true;
}

/** Reports what an update would write and delete. */
export async function preflightUpdate(
  context: Context,
  old: ItemGroupState,
  news: ItemGroupInputs,
): Promise<void> {
  const wanted = plannedManifest(context, news);
  if (wanted === undefined) return;
  const { added, changed, removed } = compare(unpack(old), wanted);
  const kinds = [
    ["added", added],
    ["changed", changed],
    ["removed", removed],
  ] as const;
  const parts = kinds.flatMap(([what, keys]) =>
    keys.length > 0 ? [`${formatCount(keys.length)} ${what} (${formatKeys(keys)})`] : [],
  );
  if (parts.length > 0) context.logger.info(`${displayName(news)}: ${parts.join(", ")}.`);
  if (news.ownership === "exclusive") await reportUnmanagedKeys(context, news, wanted);
}

/** Drift that no field shows: expired items, and unmanaged keys of an exclusive group. */
export async function hasDrift(context: Context, old: ItemGroupState): Promise<boolean> {
  if (!context.settings.previewReads) return false;
  const manifest = unpack(old);
  const isExpired = await expiredRuns(context, old);
  const expired = manifest.keys.filter((_key, index) => isExpired(manifest.fingerprints.at(index)));
  if (expired.length > 0) {
    context.logger.warn(
      `${displayName(old)}: ${formatCount(expired.length)} ${await describeExpiry(context, old)} (${formatKeys(expired)}); \`up\` writes them again.`,
    );
  }
  const hasUnmanagedKeys =
    old.ownership === "exclusive" && (await reportUnmanagedKeys(context, old, manifest));
  return expired.length > 0 || hasUnmanagedKeys;
}
