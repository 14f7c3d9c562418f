/** What a group is to hold: its source, read into a manifest of keys and fingerprints. */

import type { ItemRef } from "../../../api/edgekv/items";
import { InvalidInputError, PreconditionError, truncate } from "../../../errors";
import type { Draft } from "../../../framework/resource";
import { unknownValue } from "../../../framework/unknown";
import { fingerprintOf } from "../../../items/fingerprint";
import { FingerprintListBuilder } from "../../../items/fingerprintList";
import { formatCount, formatItems } from "../../../items/format";
import { HeldManifest } from "../../../items/heldManifest";
import { bytesOf, digestOf, type Manifest, sortManifest, withRuns } from "../../../items/manifest";
import { shardGroup, shardGroups } from "../../../items/shard";
import { expectedItems, isSnapshot, readItems, type Source } from "../../../items/source/source";
import { SourceError } from "../../../items/source/sourceError";
import { TextListBuilder } from "../../../items/textList";
import type { Context } from "../../../runtime/context";
import { collectNow } from "../../../runtime/memory";
import { portable } from "../../../runtime/paths";
import { slot } from "../../../runtime/runState";
import { findSizeProblem } from "../item/preview";
import { keyPattern, keyRule } from "../item/schema";
import type { ItemGroupInputs } from "./schema";

/** Manifests of the sources that were read, by digest. They have no values. */
export const sourceManifests = slot(() => new Map<string, HeldManifest>());

const origins = ["items", "file", "folder"] as const;
type Origin = (typeof origins)[number];

/** Bytes of a key, about. */
const expectedKeyBytes = 16;

/** Items whose buffers are worth a collection. */
export const manyItems = 100_000;

/** Problems of a source that a message names, and characters of each. */
const maxProblems = 5;
const maxProblemLength = 200;
/** Positions of a repeated key that a message names. */
const maxPositions = 3;

/** The inputs that set where the items come from: exactly one is valid. */
export function originsOf({ known, unknown }: Draft<ItemGroupInputs>): Origin[] {
  return origins.filter((origin) => known[origin] !== undefined || unknown.has(origin));
}

/** The computed inputs of the content. Only the groups are known while the source is not. */
export async function computeContent(context: Context, draft: Draft<ItemGroupInputs>) {
  const { known, unknown, kept, oldInputs } = draft;
  const { group, shards, file, folder } = known;
  const groups = group === undefined || shards === undefined ? unknownValue : shardGroups(group, shards);
  const places = {
    groups,
    ...(file === undefined ? {} : { file: portable(file, process.cwd()) }),
    ...(folder === undefined ? {} : { folder: portable(folder, process.cwd()) }),
  };
  // The source may be gone, or have other content: what was read of it stays.
  if (kept.digest !== undefined) return { ...places, count: oldInputs.count, bytes: oldInputs.bytes };
  const [origin, ...others] = originsOf(draft);
  if (origin === undefined || others.length > 0 || unknown.has(origin) || unknown.has("columns")) {
    return { groups, digest: unknownValue, count: unknownValue, bytes: unknownValue };
  }
  if (isSnapshot(file) && groups === unknownValue)
    return { groups, digest: unknownValue, count: unknownValue, bytes: unknownValue };
  const source = { ...known, ...(groups === unknownValue ? {} : { groups }) };
  return { ...places, ...(await readManifest(context, source, origin)) };
}

/** The inputs that summarise a manifest. */
export function summaryOf(manifest: Manifest): Pick<ItemGroupInputs, "digest" | "count" | "bytes"> {
  return { digest: digestOf(manifest), count: manifest.keys.length, bytes: bytesOf(manifest) };
}

/** Collects the problems of a source: counts all of them, and remembers the first ones. */
class Problems {
  readonly #first: string[] = [];
  count = 0;

  add(problem: string): void {
    this.count += 1;
    if (this.count <= maxProblems) this.#first.push(truncate(problem, maxProblemLength));
  }

  format(): string {
    const more = this.count - maxProblems;
    return [...this.#first, ...(more > 0 ? [`and ${formatCount(more)} more like these`] : [])].join("; ");
  }
}

/** Reads a source, and remembers its manifest. */
async function readManifest(
  context: Context,
  source: Source,
  origin: Origin,
): Promise<ReturnType<typeof summaryOf>> {
  const expected = expectedItems(source);
  if (expected >= manyItems) collectNow();
  // Memory that is not used is not taken; lists that grow would be there twice.
  const keys = new TextListBuilder(expected, expected * expectedKeyBytes);
  const fingerprints = new FingerprintListBuilder(expected);
  const problems = new Problems();
  let oversized = 0;
  try {
    for await (const { key, content, at, retentionInSeconds } of readItems(source)) {
      const size = findSizeProblem(content.bytes);
      if (!keyPattern.test(key)) {
        problems.add(`${at}: the key ${JSON.stringify(key.slice(0, 60))} ${keyRule}`);
        continue;
      }
      if (size !== undefined && "tooLarge" in size)
        problems.add(`${at}: the value of ${key} ${size.tooLarge}`);
      if (size !== undefined && "mayBeTooLarge" in size) oversized += 1;
      keys.push(key);
      fingerprints.push(fingerprintOf(content, 0, retentionInSeconds));
    }
  } catch (error) {
    throw error instanceof SourceError ? new InvalidInputError(origin, error.message) : error;
  }
  const manifest = sortManifest({ keys: keys.build(), fingerprints: fingerprints.build() });
  await addRepeatedKeys(problems, source, manifest);
  // A source that is empty by mistake must not delete everything.
  if (manifest.keys.length === 0 && problems.count === 0 && origin !== "items")
    problems.add("it has no items: set `items: {}` for a group without items");
  if (problems.count > 0) throw new InvalidInputError(origin, problems.format());
  if (oversized > 0) {
    context.logger.warn(
      `\`${origin}\` has ${formatItems(oversized)} of more than 262,144 characters, the limit that Akamai documents: \`up\` may be refused with 413.`,
    );
  }
  const summary = summaryOf(manifest);
  const known = context.runState.get(sourceManifests);
  // An equal one may be in use already: two of them would take twice the memory.
  if (!known.has(summary.digest)) known.set(summary.digest, new HeldManifest(manifest));
  if (manifest.keys.length >= manyItems) collectNow();
  return summary;
}

/** Names the positions of keys that come more than once. They are read again: no manifest has them. */
async function addRepeatedKeys(problems: Problems, source: Source, { keys }: Manifest): Promise<void> {
  const repeated = new Map<string, string[]>();
  for (let index = 1; index < keys.length; index++)
    if (keys.compare(index - 1, index) === 0) repeated.set(keys.at(index), []);
  if (repeated.size === 0) return;
  for await (const { key, at } of readItems(source)) {
    const positions = repeated.get(key);
    if (positions !== undefined && positions.length < maxPositions) positions.push(at);
  }
  for (const [key, positions] of repeated)
    problems.add(`the key ${key} occurs more than once: ${positions.join(", ")}`);
}

/** Remembers what a group has, by its digest: the content that `ignoreChanges` keeps, whatever its source has by now. */
export function rememberManifest({ runState }: Context, digest: string, stored: Manifest): void {
  const known = runState.get(sourceManifests);
  if (!known.has(digest)) known.set(digest, new HeldManifest(withRuns(stored, () => 0)));
}

/** The manifest that check has read. The source is read again where check ran in another process. */
export async function declaredManifest(context: Context, inputs: ItemGroupInputs): Promise<Manifest> {
  const known = context.runState.get(sourceManifests).get(inputs.digest);
  if (known !== undefined) return known.manifest;
  const [origin = "items"] = origins.filter((one) => inputs[one] !== undefined);
  const { digest } = await readManifest(context, inputs, origin);
  const manifest = context.runState.get(sourceManifests).get(digest)?.manifest;
  if (manifest === undefined || digest !== inputs.digest) throw new PreconditionError(sourceChanged);
  return manifest;
}

export const sourceChanged = "the source of the items changed while `up` was running. Run it again";

/** The inputs that determine in which group a key is. */
export type GroupScope = Pick<
  ItemGroupInputs,
  "network" | "namespace" | "group" | "groups" | "shards" | "sandboxId"
>;

export function itemRefOf(scope: GroupScope, key: string): ItemRef {
  const { network, namespace, group, shards, sandboxId } = scope;
  const ref = { network, namespace, group: shardGroup(group, key, shards), key };
  return sandboxId === undefined ? ref : { ...ref, sandboxId };
}

export function displayName({ network, namespace, group, sandboxId }: Partial<ItemGroupInputs>): string {
  const parts = [network, namespace, group ?? "(name not known yet)"].filter((part) => part !== undefined);
  return `items of group ${parts.join("/")}${sandboxId === undefined ? "" : ` in sandbox ${sandboxId}`}`;
}
