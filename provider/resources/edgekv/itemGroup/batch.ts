/** Many requests for one group: side by side, one that fails does not stop the others, and one wait for all of them. */
import { deleteItem, findItem, type ItemPlace, saysNoNamespace, writeItem } from "../../../api/edgekv/items";
import type { Context } from "../../../runtime/context";
import { type Look, waitFor } from "../../../consistency/poll";
import { RefusedError, ServiceError } from "../../../errors";
import { isInForce } from "../../../items/declaredKeys";
import type { Ledger } from "../../../items/writeLog";
import { indexOf, isMarked, markOf, sameValue } from "../../../items/manifest";
import { sideBySide } from "../../../items/concurrently";
import { readItems, type SourceItem } from "../../../items/source";
import { counted, items, progress, some } from "../../../items/format";
import { inNamespace } from "../item/observe";
import type { ItemGroupInputs } from "./itemGroup";
import { changedMeanwhile, placeOf, titleOf } from "./content";
import { hands, shownKeys } from "./observe";

/** Seconds, and how many times as long as the others, a request takes at least for which it is checked by itself whether it has arrived. */
const slowAfter = 5;
const slowTimes = 3;
/** Failures in a row after which the rest is not tried: the same would become of it. */
const failuresInRow = 20;
const failuresTold = 10;
const secondsBetweenReports = 30;

/** Seconds; ten are documented for most writes and deletes, and no end for the others. */
const propagatesWithin = 20 * 60;
/** One of so many is looked at when all is done, and no more than this. */
const sampledOneOf = 400;
const mostSampled = 100;
/** How often the last one has to be seen as it should be, and how often each of the others: by another server each time, perhaps. */
const confirmations = 4;
const confirmationsOfOthers = 2;

/** Something that was done, and what is to be seen of it: the mark of what was written, or nothing. */
interface Done {
  readonly place: ItemPlace;
  readonly mark: string | undefined;
}

function nothingDone(): { last: Done | undefined; count: number; tookMs: number; sample: Done[]; slow: Done[] } {
  return { last: undefined, count: 0, tookMs: 0, sample: [], slow: [] };
}

export class Batch {
  readonly #failures: string[] = [];
  #failed = 0;
  #firstFailure: unknown;
  #inRow = 0;
  #stoppedBy: unknown;
  #skipped = 0;
  #done = nothingDone();

  constructor(
    private readonly inputs: ItemGroupInputs,
    private readonly ledger: Ledger,
    private readonly context: Context,
  ) {}

  /** Whether it came to nothing because the namespace is not there. */
  get lacksNamespace(): boolean {
    return saysNoNamespace(this.#stoppedBy);
  }

  /** What the state does not know and is there was left by a run that was interrupted, or is somebody else's. */
  async write(): Promise<void> {
    const { inputs, ledger, context } = this;
    if (ledger.due === 0) return;
    const there = await this.#shownOfNew();
    await this.#each("writing", ledger.due, this.#dueItems(), async ({ key, content, index }) => {
      const mark = ledger.wanted.marks[index] as string;
      const done = { place: placeOf(inputs, key), mark };
      const live = there.has(key) ? await this.#look(done.place) : undefined;
      const isThere = live !== undefined && isMarked(live, mark);
      if (live !== undefined && !isThere && !inputs.overwrite) {
        throw new RefusedError(
          "is there already, holds something else, and is not this program's: say `overwrite: true` to replace what it holds",
        );
      }
      if (!isThere) await inNamespace(inputs, context, () => writeItem(context.http, done.place, content));
      ledger.wrote(index);
      return done;
    });
  }

  /** The items that are still to be written, as the source gives them. */
  async *#dueItems(): AsyncGenerator<SourceItem & { readonly index: number }> {
    const { inputs, ledger } = this;
    let left = ledger.due;
    for await (const item of readItems(inputs)) {
      const index = indexOf(ledger.wanted, item.key);
      if (!sameValue(markOf(item.content), ledger.wanted.marks[index])) throw new RefusedError(changedMeanwhile);
      if (!ledger.isDue(index)) continue;
      left -= 1;
      yield { ...item, index };
    }
    if (left > 0) throw new RefusedError(changedMeanwhile);
  }

  /** The keys that are new and that the service shows. What it does not show is written without a look. */
  async #shownOfNew(): Promise<ReadonlySet<string>> {
    const { inputs, ledger, context } = this;
    const there = new Set<string>();
    if (inputs.overwrite || !ledger.wanted.keys.some((key) => ledger.isNew(key))) return there;
    for (const group of inputs.groups) {
      const shown = await shownKeys({ ...inputs, group }, ledger.wanted.keys.length, context);
      for (const key of shown)
        if (ledger.isNew(key) && indexOf(ledger.wanted, key) >= 0 && placeOf(inputs, key).group === group) there.add(key);
    }
    if (there.size > 0)
      context.notices.info(`${titleOf(inputs)}: ${counted(there.size)} found there already; what is as declared is not written again.`);
    return there;
  }

  async delete(keys: readonly string[]): Promise<void> {
    const { inputs, ledger, context } = this;
    const isKept = (key: string) => isInForce(context.memory, placeOf(inputs, key), key);
    const kept = keys.filter(isKept);
    for (const key of kept) ledger.deleted(key);
    if (kept.length > 0) {
      context.notices.warn(`${titleOf(inputs)}: not deleted, since another resource has just written them: ${some(kept)}.`);
    }
    await this.#delete(kept.length === 0 ? keys : keys.filter((key) => !isKept(key)), (key) => placeOf(inputs, key));
  }

  /** Deletes what is not declared, where it was found. */
  async deleteOthers(found: readonly { readonly group: string; readonly key: string }[]): Promise<void> {
    const groups = new Map(found.map(({ group, key }) => [key, group]));
    await this.#delete([...groups.keys()], (key) => ({ ...placeOf(this.inputs, key), group: groups.get(key) ?? "" }));
  }

  async #delete(keys: readonly string[], placeOfKey: (key: string) => ItemPlace): Promise<void> {
    const all = (async function* () {
      for (const key of keys) yield { key };
    })();
    await this.#each("deleting", keys.length, all, async ({ key }) => {
      const place = placeOfKey(key);
      await inNamespace(place, this.context, () => deleteItem(this.context.http, place));
      this.ledger.deleted(key);
      return { place, mark: undefined };
    });
  }

  async #each<T extends { readonly key: string }>(
    doing: string,
    total: number,
    tasks: AsyncIterable<T>,
    work: (task: T) => Promise<Done>,
  ): Promise<void> {
    const { clock, notices } = this.context;
    const began = clock.now();
    let ended = 0;
    let reported = began;
    await sideBySide(tasks, Math.min(hands, total), async (task) => {
      if (this.#stoppedBy !== undefined) {
        this.#skipped += 1;
        return;
      }
      const since = clock.now();
      try {
        const done = await work(task);
        this.#inRow = 0;
        this.#remember(done, clock.now() - since);
      } catch (error) {
        this.#note(task.key, error);
      }
      ended += 1;
      if (clock.now() - reported < secondsBetweenReports * 1000) return;
      reported = clock.now();
      notices.info(`${doing} ${titleOf(this.inputs)}: ${progress(ended, total, reported - began)}`);
    });
  }

  /** The last one, all that were slow, and of the others as many as are going to be looked at, each with the same chance. */
  #remember(done: Done, tookMs: number): void {
    const { sample, slow } = this.#done;
    if (tookMs > slowAfter * 1000 && tookMs > (slowTimes * this.#done.tookMs) / Math.max(1, this.#done.count)) slow.push(done);
    this.#done.last = done;
    this.#done.count += 1;
    this.#done.tookMs += tookMs;
    const at = this.#done.count <= mostSampled ? sample.length : Math.floor(this.context.random() * this.#done.count);
    if (at < mostSampled) sample[at] = done;
  }

  #note(key: string, error: unknown): void {
    this.#failed += 1;
    // What is somebody else's tells nothing of the others.
    if (!(error instanceof RefusedError)) this.#inRow += 1;
    this.#firstFailure ??= error;
    if (this.#failures.length < failuresTold) this.#failures.push(`${key}: ${error instanceof Error ? error.message : String(error)}`);
    const isHopeless = saysNoNamespace(error) || (error instanceof ServiceError && (error.is(401) || error.is(403)));
    if (isHopeless || this.#inRow >= failuresInRow) this.#stoppedBy ??= error;
  }

  /** Waits until reads show what was done since the last time: first the last of it, then a sample, and all that was slow. */
  async settle(): Promise<void> {
    const { last, count, slow, sample } = this.#done;
    this.#done = nothingDone();
    if (!this.inputs.waitForPropagation || last === undefined) return;
    const others = [...sample.slice(0, Math.ceil(count / sampledOneOf) - 1), ...slow];
    const left = new Map(others.filter((one) => one !== last).map((one) => [one, 0]));
    const what = `${titleOf(this.inputs)} to be seen as they were written`;
    const wait = { what, everyAtMost: 3, within: propagatesWithin };
    try {
      await waitFor(this.context, { ...wait, look: async () => lookOf((await this.#isSeen(last)) ? [] : [last]), confirmations });
      await waitFor(this.context, { ...wait, look: () => this.#lookAtAll(left), every: 0.4 });
    } catch (error) {
      for (const one of [last, ...left.keys()]) this.#doubt(one);
      throw error;
    }
  }

  async #lookAtAll(left: Map<Done, number>): Promise<Look<void>> {
    await Promise.all(
      [...left].map(async ([one, seen]) => {
        const now = (await this.#isSeen(one)) ? seen + 1 : 0;
        if (now >= confirmationsOfOthers) left.delete(one);
        else left.set(one, now);
      }),
    );
    return lookOf([...left.keys()]);
  }

  async #isSeen({ place, mark }: Done): Promise<boolean> {
    const live = await this.#look(place);
    return mark === undefined ? live === undefined : live !== undefined && isMarked(live, mark);
  }

  #look(place: ItemPlace): Promise<Uint8Array | undefined> {
    return inNamespace(place, this.context, () => findItem(this.context.http, place));
  }

  /** What nobody has seen is done again by the next run. */
  #doubt({ place: { key }, mark }: Done): void {
    if (mark === undefined) this.ledger.stillThere(key);
    else this.ledger.doubt(key);
  }

  demandSuccess(): void {
    if (this.#failed === 0) return;
    const more = this.#failed - this.#failures.length;
    const skipped = this.#skipped === 0 ? "" : `, and ${counted(this.#skipped)} were not tried, for the same would have become of them`;
    const told = [...this.#failures, ...(more > 0 ? [`and ${counted(more)} more`] : [])];
    throw new RefusedError(
      `${items(this.#failed)} failed${skipped}. What was done is kept, and the next \`up\` goes on with the rest.\n  ${told.join("\n  ")}`,
      { cause: this.#stoppedBy ?? this.#firstFailure },
    );
  }
}

function lookOf(unseen: readonly Done[]): Look<void> {
  if (unseen.length === 0) return { state: "so", is: "reached", value: undefined };
  return { state: `shown as it was before, or not at all: ${some(unseen.map(({ place }) => place.key))}`, is: "pending" };
}
