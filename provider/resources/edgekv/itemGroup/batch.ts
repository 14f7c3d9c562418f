/** Many requests for one group: side by side, one that fails does not stop the others, and one wait for all of them. */

import { deleteItem, findItem, type ItemRef, isNamespaceRefused, writeItem } from "../../../api/edgekv/items";
import { type Observation, pollUntil } from "../../../consistency/poll";

import { ApiError, PreconditionError } from "../../../errors";
import { forEachConcurrently } from "../../../items/concurrently";
import { isWrittenThisRun } from "../../../items/declaredKeys";
import { formatCount, formatItems, formatKeys, formatProgress } from "../../../items/format";
import { fingerprintOf, indexOf, matchesFingerprint, sameValue } from "../../../items/manifest";
import { readItems, type SourceItem } from "../../../items/source";
import type { WriteLog } from "../../../items/writeLog";
import type { Context } from "../../../runtime/context";
import { inNamespace } from "../item/observe";
import { changedMeanwhile, displayName, itemRefOf } from "./content";
import { concurrency, shownKeys } from "./observe";
import type { ItemGroupInputs } from "./schema";

/** Seconds, and how many times as long as the others, a request takes at least for which it is checked by itself whether it has arrived. */
const slowAfter = 5;
const slowTimes = 3;
/** Failures in a row after which the rest is not tried: the same would become of it. */
const failuresInRow = 20;
const maxFailures = 10;
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
interface Written {
  readonly place: ItemRef;
  readonly fingerprint: string | undefined;
}

function nothingDone(): { last: Written | undefined; count: number; tookMs: number; sample: Written[]; slow: Written[] } {
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
    private readonly writeLog: WriteLog,
    private readonly context: Context,
  ) {}

  /** Whether it came to nothing because the namespace is not there. */
  get lacksNamespace(): boolean {
    return isNamespaceRefused(this.#stoppedBy);
  }

  /** What the state does not know and is there was left by a run that was interrupted, or is somebody else's. */
  async write(): Promise<void> {
    const { inputs, writeLog, context } = this;
    if (writeLog.due === 0) return;
    const there = await this.#shownOfNew();
    await this.#each("writing", writeLog.due, this.#dueItems(), async ({ key, content, index }) => {
      const fingerprint = writeLog.wanted.fingerprints[index] as string;
      const done = { place: itemRefOf(inputs, key), fingerprint };
      const live = there.has(key) ? await this.#look(done.place) : undefined;
      const isThere = live !== undefined && matchesFingerprint(live, fingerprint);
      if (live !== undefined && !isThere && !inputs.overwrite) {
        throw new PreconditionError(
          "is there already, holds something else, and is not this program's: say `overwrite: true` to replace what it holds",
        );
      }
      if (!isThere) await inNamespace(inputs, context, () => writeItem(context.http, done.place, content));
      writeLog.wrote(index);
      return done;
    });
  }

  /** The items that are still to be written, as the source gives them. */
  async *#dueItems(): AsyncGenerator<SourceItem & { readonly index: number }> {
    const { inputs, writeLog } = this;
    let left = writeLog.due;
    for await (const item of readItems(inputs)) {
      const index = indexOf(writeLog.wanted, item.key);
      if (!sameValue(fingerprintOf(item.content), writeLog.wanted.fingerprints[index])) throw new PreconditionError(changedMeanwhile);
      if (!writeLog.isDue(index)) continue;
      left -= 1;
      yield { ...item, index };
    }
    if (left > 0) throw new PreconditionError(changedMeanwhile);
  }

  /** The keys that are new and that the service shows. What it does not show is written without a look. */
  async #shownOfNew(): Promise<ReadonlySet<string>> {
    const { inputs, writeLog, context } = this;
    const there = new Set<string>();
    if (inputs.overwrite || !writeLog.wanted.keys.some((key) => writeLog.isNew(key))) return there;
    for (const group of inputs.groups) {
      const shown = await shownKeys({ ...inputs, group }, writeLog.wanted.keys.length, context);
      for (const key of shown)
        if (writeLog.isNew(key) && indexOf(writeLog.wanted, key) >= 0 && itemRefOf(inputs, key).group === group) there.add(key);
    }
    if (there.size > 0)
      context.logger.info(
        `${displayName(inputs)}: ${formatCount(there.size)} found there already; what is as declared is not written again.`,
      );
    return there;
  }

  async delete(keys: readonly string[]): Promise<void> {
    const { inputs, writeLog, context } = this;
    const isKept = (key: string) => isWrittenThisRun(context.runState, itemRefOf(inputs, key), key);
    const kept = keys.filter(isKept);
    for (const key of kept) writeLog.deleted(key);
    if (kept.length > 0) {
      context.logger.warn(`${displayName(inputs)}: not deleted, since another resource has just written them: ${formatKeys(kept)}.`);
    }
    await this.#delete(kept.length === 0 ? keys : keys.filter((key) => !isKept(key)), (key) => itemRefOf(inputs, key));
  }

  /** Deletes what is not declared, where it was found. */
  async deleteOthers(found: readonly { readonly group: string; readonly key: string }[]): Promise<void> {
    const groups = new Map(found.map(({ group, key }) => [key, group]));
    await this.#delete([...groups.keys()], (key) => ({ ...itemRefOf(this.inputs, key), group: groups.get(key) ?? "" }));
  }

  async #delete(keys: readonly string[], placeOfKey: (key: string) => ItemRef): Promise<void> {
    const all = (async function* () {
      for (const key of keys) yield { key };
    })();
    await this.#each("deleting", keys.length, all, async ({ key }) => {
      const place = placeOfKey(key);
      await inNamespace(place, this.context, () => deleteItem(this.context.http, place));
      this.writeLog.deleted(key);
      return { place, fingerprint: undefined };
    });
  }

  async #each<T extends { readonly key: string }>(
    doing: string,
    total: number,
    tasks: AsyncIterable<T>,
    work: (task: T) => Promise<Written>,
  ): Promise<void> {
    const { clock, logger } = this.context;
    const began = clock.now();
    let ended = 0;
    let reported = began;
    await forEachConcurrently(tasks, Math.min(concurrency, total), async (task) => {
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
      logger.info(`${doing} ${displayName(this.inputs)}: ${formatProgress(ended, total, reported - began)}`);
    });
  }

  /** The last one, all that were slow, and of the others as many as are going to be looked at, each with the same chance. */
  #remember(done: Written, tookMs: number): void {
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
    if (!(error instanceof PreconditionError)) this.#inRow += 1;
    this.#firstFailure ??= error;
    if (this.#failures.length < maxFailures) this.#failures.push(`${key}: ${error instanceof Error ? error.message : String(error)}`);
    const isHopeless = isNamespaceRefused(error) || (error instanceof ApiError && (error.is(401) || error.is(403)));
    if (isHopeless || this.#inRow >= failuresInRow) this.#stoppedBy ??= error;
  }

  /** Waits until reads show what was done since the last time: first the last of it, then a sample, and all that was slow. */
  async settle(): Promise<void> {
    const { last, count, slow, sample } = this.#done;
    this.#done = nothingDone();
    if (!this.inputs.waitForPropagation || last === undefined) return;
    const others = [...sample.slice(0, Math.ceil(count / sampledOneOf) - 1), ...slow];
    const left = new Map(others.filter((one) => one !== last).map((one) => [one, 0]));
    const what = `${displayName(this.inputs)} to be seen as they were written`;
    const wait = { what, maxInterval: 3, timeout: propagatesWithin };
    try {
      await pollUntil(this.context, {
        ...wait,
        observe: async () => observationOf((await this.#isSeen(last)) ? [] : [last]),
        consecutiveMatches: confirmations,
      });
      await pollUntil(this.context, { ...wait, observe: () => this.#lookAtAll(left), interval: 0.4 });
    } catch (error) {
      for (const one of [last, ...left.keys()]) this.#doubt(one);
      throw error;
    }
  }

  async #lookAtAll(left: Map<Written, number>): Promise<Observation<void>> {
    await Promise.all(
      [...left].map(async ([one, seen]) => {
        const now = (await this.#isSeen(one)) ? seen + 1 : 0;
        if (now >= confirmationsOfOthers) left.delete(one);
        else left.set(one, now);
      }),
    );
    return observationOf([...left.keys()]);
  }

  async #isSeen({ place, fingerprint }: Written): Promise<boolean> {
    const live = await this.#look(place);
    return fingerprint === undefined ? live === undefined : live !== undefined && matchesFingerprint(live, fingerprint);
  }

  #look(place: ItemRef): Promise<Uint8Array | undefined> {
    return inNamespace(place, this.context, () => findItem(this.context.http, place));
  }

  /** What nobody has seen is done again by the next run. */
  #doubt({ place: { key }, fingerprint }: Written): void {
    if (fingerprint === undefined) this.writeLog.markUndeleted(key);
    else this.writeLog.markUnverified(key);
  }

  demandSuccess(): void {
    if (this.#failed === 0) return;
    const more = this.#failed - this.#failures.length;
    const skipped = this.#skipped === 0 ? "" : `, and ${formatCount(this.#skipped)} were not tried, for the same would have become of them`;
    const told = [...this.#failures, ...(more > 0 ? [`and ${formatCount(more)} more`] : [])];
    throw new PreconditionError(
      `${formatItems(this.#failed)} failed${skipped}. What was done is kept, and the next \`up\` goes on with the rest.\n  ${told.join("\n  ")}`,
      { cause: this.#stoppedBy ?? this.#firstFailure },
    );
  }
}

function observationOf(unseen: readonly Written[]): Observation<void> {
  if (unseen.length === 0) return { state: "so", is: "reached", value: undefined };
  return { state: `shown as it was before, or not at all: ${formatKeys(unseen.map(({ place }) => place.key))}`, is: "pending" };
}
