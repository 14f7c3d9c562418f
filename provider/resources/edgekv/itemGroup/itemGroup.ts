import { isNamespaceRefused } from "../../../api/edgekv/items";
import { defineResource } from "../../../framework/resource";
import { formatCount, formatKeys } from "../../../items/format";
import { emptyManifest, type Manifest, manifestOf } from "../../../items/manifest";
import { type PackedManifest, pack, unpack } from "../../../items/packedManifest";
import type { Context } from "../../../runtime/context";
import { collectNow } from "../../../runtime/memory";
import { awaitDatabase } from "../database/observe";
import { whyUnreachable } from "../item/observe";
import { computeContent, displayName, manyItems, rememberManifest, summaryOf } from "./content";
import { importItemGroup } from "./import";
import { type Differences, describeExpiry, expiredRuns, findDrift, findUnmanagedKeys } from "./observe";
import { hasDrift, preflightGroup, preflightUpdate, validateGroup } from "./preview";
import { type RecordedItems, reconcileItems, removeItems } from "./reconcile";
import { type ItemGroupInputs, type ItemGroupState, itemGroupSchema } from "./schema";

/** Keys that the state names of what is in an exclusive group and is not declared. */
const maxUnmanagedKeys = 20;

export const itemGroup = defineResource<ItemGroupInputs, ItemGroupState>(itemGroupSchema, {
  displayName,

  check: {
    computeInputs: (context, draft) => computeContent(context, draft),

    validate: (context, draft) => validateGroup(context, draft),

    preflight: (context, draft) => preflightGroup(context, draft),
  },

  import: importItemGroup,

  diff: {
    deleteBeforeReplace: (old, news) => idOf(old) === idOf(news) && old.shards === news.shards,

    hasDrift: (context, old) => hasDrift(context, old),

    preflightUpdate: (context, old, news) => preflightUpdate(context, old, news),
  },

  async create(context, inputs) {
    await awaitDatabase(context);
    const recorded = () => ({ manifest: emptyManifest, writes: [] });
    return { id: idOf(inputs), state: await reconciled(context, inputs, recorded) };
  },

  async read(context, state) {
    try {
      return await compareWithLive(context, state);
    } catch (error) {
      if (!isNamespaceRefused(error)) throw error;
      const reason = await whyUnreachable(context, state);
      if (reason === undefined) throw error;
      const problem =
        reason === "deleted"
          ? "were deleted with their namespace"
          : "can't be read: the deletion of their namespace is scheduled";
      context.logger.warn(`${displayName(state)} ${problem}.`);
      return reason === "deleted" ? undefined : state;
    }
  },

  update: (context, old, news) =>
    reconciled(context, news, () => {
      const manifest = unpack(old);
      if (news.digest === old.digest) rememberManifest(context, old.digest, manifest);
      return { manifest, writes: old.writes };
    }),

  delete: (context, state) => removeItems(context, state),
});

function idOf({ network, namespace, group, sandboxId }: ItemGroupInputs): string {
  return `${network}/${namespace}/${group}${sandboxId === undefined ? "" : `?sandboxId=${sandboxId}`}`;
}

/** Lists that nobody has any more are given back before there are new ones, and before the state is handed over. */
async function reconciled(
  context: Context,
  inputs: ItemGroupInputs,
  recorded: () => RecordedItems,
): Promise<ItemGroupState> {
  const isLarge = inputs.count >= manyItems;
  if (isLarge) collectNow();
  const state = await reconcileItems(context, idOf(inputs), inputs, recorded());
  if (isLarge) collectNow();
  return state;
}

/** The state with the items that exist, and what they hold. Undefined when none of them exists any more. */
async function compareWithLive(context: Context, state: ItemGroupState): Promise<ItemGroupState | undefined> {
  const manifest = unpack(state);
  const isExpired = await expiredRuns(context, state);
  const expired = manifest.keys.filter((_key, index) => isExpired(manifest.fingerprints.at(index)));
  const drift = await findDrift(context, state, manifest, isExpired);
  const deleted = [...drift.keys()].filter((key) => drift.get(key) === undefined);
  const changed = [...drift.keys()].filter((key) => drift.get(key) !== undefined);
  await reportDrift(context, state, { expired, deleted, changed });
  const isSame = expired.length === 0 && drift.size === 0;
  const now = isSame ? manifest : manifestOf(presentItems(manifest, isExpired, drift));
  if (now.keys.length === 0 && manifest.keys.length > 0) return undefined;
  const unmanagedKeys =
    state.ownership === "exclusive" ? await reportUnmanagedKeys(context, state, manifest) : [];
  // What the state has of unchanged items stays as it is, in whichever form.
  const { unmanagedKeys: _, manifestParts: _parts, ...rest } = state;
  const parts = isSame ? unchangedManifest(state) : { ...summaryOf(now), ...pack(now) };
  return {
    ...rest,
    ...parts,
    ...(unmanagedKeys.length > 0 ? { unmanagedKeys: unmanagedKeys.slice(0, maxUnmanagedKeys) } : {}),
  };
}

function unchangedManifest({ manifest, manifestParts }: ItemGroupState): PackedManifest {
  return manifestParts === undefined ? { manifest } : { manifest, manifestParts };
}

function* presentItems(
  { keys, fingerprints }: Manifest,
  isExpired: (fingerprint: string) => boolean,
  drift: Differences,
): Generator<readonly [key: string, fingerprint: string]> {
  for (const [index, key] of keys.entries()) {
    const fingerprint = fingerprints.at(index);
    const live = drift.has(key) ? drift.get(key) : fingerprint;
    if (!isExpired(fingerprint) && live !== undefined) yield [key, live];
  }
}

interface Drift {
  readonly expired: readonly string[];
  readonly deleted: readonly string[];
  readonly changed: readonly string[];
}

async function reportDrift(
  context: Context,
  state: ItemGroupState,
  { expired, deleted, changed }: Drift,
): Promise<void> {
  const kinds = [
    [expired, expired.length === 0 ? "" : await describeExpiry(context, state)],
    [deleted, "deleted outside of this program"],
    [changed, "changed outside of this program"],
  ] as const;
  const parts = kinds.flatMap(([keys, what]) =>
    keys.length > 0 ? [`${formatCount(keys.length)} ${what} (${formatKeys(keys)})`] : [],
  );
  if (parts.length > 0)
    context.logger.warn(`${displayName(state)}: ${parts.join(", ")}; \`up\` writes them again.`);
}

async function reportUnmanagedKeys(
  context: Context,
  state: ItemGroupState,
  manifest: Manifest,
): Promise<string[]> {
  const found = await findUnmanagedKeys(context, state, manifest);
  const keys = found.keys.map(({ key }) => key);
  if (keys.length > 0) {
    context.logger.warn(
      `${displayName(state)}: ${formatCount(keys.length)} in the group that the program does not declare (${formatKeys(keys)}); \`up\` deletes what is not declared.`,
    );
  }
  return keys;
}
