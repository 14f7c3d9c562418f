/** What a group is to hold: its source, read into a listing of keys and hashes. */
import type { ItemPlace } from "../../../api/edgekv/items";
import type { Context } from "../../../runtime/context";
import { portable } from "../../../runtime/paths";
import type { Draft } from "../../../framework/resource";
import { unknownValue } from "../../../framework/unknown";
import { brief, InputError, RefusedError } from "../../../errors";
import { bytesOf, digestOf, type Listing, markOf, sorted } from "../../../items/manifest";
import { shardGroup, shardGroups } from "../../../items/shard";
import { readItems, type Source, SourceError } from "../../../items/source";
import { counted } from "../../../items/format";
import { keyPattern, keyRule } from "../item/item";
import { sizeTrouble } from "../item/preview";
import type { ItemGroupInputs } from "./itemGroup";

type Wanted = Partial<ItemGroupInputs>;

const origins = ["items", "file", "folder"] as const;
/** Of what is wrong with a source, so much is told. */
const problemsTold = 5;
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
  const listing = await readListing(known, origin, context);
  return {
    groups,
    ...(file === undefined ? {} : { file: portable(file, process.cwd()) }),
    ...(folder === undefined ? {} : { folder: portable(folder, process.cwd()) }),
    ...summaryOf(listing),
  };
}

/** What a preview knows of a listing. */
export function summaryOf(listing: Listing): Pick<ItemGroupInputs, "digest" | "count" | "bytes"> {
  return { digest: digestOf(listing), count: listing.keys.length, bytes: bytesOf(listing) };
}

/** What is wrong with a source: counted, and the first of it kept. */
class Problems {
  readonly #first: string[] = [];
  count = 0;

  add(problem: string): void {
    this.count += 1;
    if (this.count <= problemsTold) this.#first.push(brief(problem, longestProblem));
  }

  inWords(): string {
    const more = this.count - problemsTold;
    return [...this.#first, ...(more > 0 ? [`and ${counted(more)} more like these`] : [])].join("; ");
  }
}

async function readListing(source: Source, origin: (typeof origins)[number], context: Context): Promise<Listing> {
  const keys: string[] = [];
  const marks: string[] = [];
  const problems = new Problems();
  let doubtful = 0;
  try {
    for await (const { key, content, at } of readItems(source)) {
      const trouble = sizeTrouble(content.bytes);
      if (!keyPattern.test(key)) problems.add(`${at}: the key ${JSON.stringify(key.slice(0, 60))} ${keyRule}`);
      else if (trouble !== undefined && "tooLarge" in trouble) problems.add(`${at}: the value of ${key} ${trouble.tooLarge}`);
      if (trouble !== undefined && "doubtful" in trouble) doubtful += 1;
      keys.push(key);
      marks.push(markOf(content));
    }
  } catch (error) {
    throw error instanceof SourceError ? new InputError(origin, error.message) : error;
  }
  const listing = sorted({ keys, marks });
  for (const [index, key] of listing.keys.entries()) {
    if (key === listing.keys[index + 1]) problems.add(`the key ${key} is there more than once`);
  }
  // A file that came out empty by mistake must not take everything with it.
  if (keys.length === 0 && origin !== "items") problems.add("there is no item in it");
  if (problems.count > 0) throw new InputError(origin, problems.inWords());
  if (doubtful > 0) {
    context.notices.warn(
      `\`${origin}\` has values of more than 262,144 characters, the most that Akamai documents (${counted(doubtful)} of them): \`up\` may be refused with 413.`,
    );
  }
  context.memory.itemListings.set(digestOf(listing), listing);
  return listing;
}

/** The listing that check has seen. */
export async function declaredListing(inputs: ItemGroupInputs, context: Context): Promise<Listing> {
  const known = context.memory.itemListings.get(inputs.digest);
  if (known !== undefined) return known;
  const [origin = "items"] = origins.filter((one) => inputs[one] !== undefined);
  const listing = await readListing(inputs, origin, context);
  if (digestOf(listing) !== inputs.digest) throw new RefusedError(changedMeanwhile);
  return listing;
}

export const changedMeanwhile = "the source of the items changed while `up` was running. Run it again";

/** What tells where the items are. */
export type GroupPlace = Pick<ItemGroupInputs, "network" | "namespace" | "group" | "groups" | "shards">;

/** Where the item of a key is. */
export function placeOf({ network, namespace, group, shards }: GroupPlace, key: string): ItemPlace {
  return { network, namespace, group: shardGroup(group, key, shards), key };
}

export function titleOf({ network, namespace, group }: Wanted): string {
  return `items of group ${[network, namespace, group ?? "(name not known yet)"].filter((part) => part !== undefined).join("/")}`;
}
