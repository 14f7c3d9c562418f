/** What a group is to hold: its source, read into a listing of keys and hashes. */

import type { ItemRef } from "../../../api/edgekv/items";
import { InvalidInputError, PreconditionError, truncate } from "../../../errors";
import type { Draft } from "../../../framework/resource";
import { unknownValue } from "../../../framework/unknown";
import { formatCount } from "../../../items/format";
import { bytesOf, digestOf, fingerprintOf, type Manifest, sorted } from "../../../items/manifest";
import { shardGroup, shardGroups } from "../../../items/shard";
import { readItems, type Source, SourceError } from "../../../items/source";
import type { Context } from "../../../runtime/context";
import { portable } from "../../../runtime/paths";
import { slot } from "../../../runtime/runState";
import { sizeTrouble } from "../item/preview";
import { keyPattern, keyRule } from "../item/schema";
import type { ItemGroupInputs } from "./schema";

type Wanted = Partial<ItemGroupInputs>;

/** What was read of the sources of items, by its digest: keys and fingerprints, without values. */
export const itemManifests = slot(() => new Map<string, Manifest>());

const origins = ["items", "file", "folder"] as const;
/** Of what is wrong with a source, so much is told. */
const maxProblems = 5;
/** Characters of each. */
const longestProblem = 200;

/** Which of the three a program says. */
export function originsOf({ known, unknown }: Draft<ItemGroupInputs>): (typeof origins)[number][] {
  return origins.filter((origin) => known[origin] !== undefined || unknown.has(origin));
}

/** What `check` finds out about the content; nothing but the groups while the source is not known. */
export async function complete(draft: Draft<ItemGroupInputs>, context: Context) {
  const { known, unknown } = draft;
  const { group, shards, file, folder } = known;
  const groups = group === undefined || shards === undefined ? unknownValue : shardGroups(group, shards);
  const [origin, ...others] = originsOf(draft);
  if (origin === undefined || others.length > 0 || unknown.has(origin) || unknown.has("columns")) {
    return { groups, digest: unknownValue, count: unknownValue, bytes: unknownValue };
  }
  const manifest = await readManifest(known, origin, context);
  return {
    groups,
    ...(file === undefined ? {} : { file: portable(file, process.cwd()) }),
    ...(folder === undefined ? {} : { folder: portable(folder, process.cwd()) }),
    ...summaryOf(manifest),
  };
}

/** What a preview knows of a listing. */
export function summaryOf(manifest: Manifest): Pick<ItemGroupInputs, "digest" | "count" | "bytes"> {
  return { digest: digestOf(manifest), count: manifest.keys.length, bytes: bytesOf(manifest) };
}

/** What is wrong with a source: counted, and the first of it kept. */
class Problems {
  readonly #first: string[] = [];
  count = 0;

  add(problem: string): void {
    this.count += 1;
    if (this.count <= maxProblems) this.#first.push(truncate(problem, longestProblem));
  }

  format(): string {
    const more = this.count - maxProblems;
    return [...this.#first, ...(more > 0 ? [`and ${formatCount(more)} more like these`] : [])].join("; ");
  }
}

async function readManifest(source: Source, origin: (typeof origins)[number], context: Context): Promise<Manifest> {
  const keys: string[] = [];
  const fingerprints: string[] = [];
  const problems = new Problems();
  let doubtful = 0;
  try {
    for await (const { key, content, at } of readItems(source)) {
      const trouble = sizeTrouble(content.bytes);
      if (!keyPattern.test(key)) problems.add(`${at}: the key ${JSON.stringify(key.slice(0, 60))} ${keyRule}`);
      else if (trouble !== undefined && "tooLarge" in trouble) problems.add(`${at}: the value of ${key} ${trouble.tooLarge}`);
      if (trouble !== undefined && "doubtful" in trouble) doubtful += 1;
      keys.push(key);
      fingerprints.push(fingerprintOf(content));
    }
  } catch (error) {
    throw error instanceof SourceError ? new InvalidInputError(origin, error.message) : error;
  }
  const manifest = sorted({ keys, fingerprints });
  for (const [index, key] of manifest.keys.entries()) {
    if (key === manifest.keys[index + 1]) problems.add(`the key ${key} is there more than once`);
  }
  // A file that came out empty by mistake must not take everything with it.
  if (keys.length === 0 && origin !== "items") problems.add("there is no item in it");
  if (problems.count > 0) throw new InvalidInputError(origin, problems.format());
  if (doubtful > 0) {
    context.logger.warn(
      `\`${origin}\` has values of more than 262,144 characters, the most that Akamai documents (${formatCount(doubtful)} of them): \`up\` may be refused with 413.`,
    );
  }
  context.runState.get(itemManifests).set(digestOf(manifest), manifest);
  return manifest;
}

/** The listing that check has seen. */
export async function declaredManifest(inputs: ItemGroupInputs, context: Context): Promise<Manifest> {
  const known = context.runState.get(itemManifests).get(inputs.digest);
  if (known !== undefined) return known;
  const [origin = "items"] = origins.filter((one) => inputs[one] !== undefined);
  const manifest = await readManifest(inputs, origin, context);
  if (digestOf(manifest) !== inputs.digest) throw new PreconditionError(changedMeanwhile);
  return manifest;
}

export const changedMeanwhile = "the source of the items changed while `up` was running. Run it again";

/** What tells where the items are. */
export type GroupPlace = Pick<ItemGroupInputs, "network" | "namespace" | "group" | "groups" | "shards">;

/** Where the item of a key is. */
export function itemRefOf({ network, namespace, group, shards }: GroupPlace, key: string): ItemRef {
  return { network, namespace, group: shardGroup(group, key, shards), key };
}

export function displayName({ network, namespace, group }: Wanted): string {
  return `items of group ${[network, namespace, group ?? "(name not known yet)"].filter((part) => part !== undefined).join("/")}`;
}
