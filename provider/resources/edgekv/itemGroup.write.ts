/** Writing and deleting many items: side by side, one that fails does not stop the others, and one wait for all of them. */
import { deleteItem, findItem, sampleItemKeys, saysNoNamespace, writeItem } from "../../api/edgekv/items";
import type { Context } from "../../core/context";
import { PartialFailure, RefusedError, ServiceError } from "../../core/errors";
import { waitFor } from "../../core/wait";
import { isInForce, putInForce } from "../../items/claims";
import { Ledger } from "../../items/ledger";
import { compare, indexOf, isMarked, type Listing, markOf, mostRuns, pack, pruneRuns, runOf, sameValue, unpack } from "../../items/listing";
import { sideBySide } from "../../items/sideBySide";
import { readItems, type SourceItem } from "../../items/source";
import { counted, items, progress, some } from "../../items/words";
import { hasExpired, inNamespace, whyUnreachable } from "./item.live";
import { changedMeanwhile, declaredListing, placeOf, summaryOf, titleOf } from "./itemGroup.content";
import type { ItemGroupInputs, ItemGroupState } from "./itemGroup";
import { findStrays } from "./itemGroup.live";

/** As many as may ever be on their way; the pace of requests decides how many are. */
const hands = 64;
/** Seconds that a write takes when all is well; the propagation of a slower one is checked by itself. */
const slowAfter = 5;
const propagatesWithin = 20 * 60;
/** Failures with nothing between them after which the others are not tried any more. */
const failuresInRow = 20;
const failuresTold = 10;

/** What is there before a run. */
export interface Before {
  readonly listing: Listing;
  readonly writes: readonly string[];
}

/**
 * Brings the items to what is declared, from what the state knows. What could not be done stays undone in the state that comes out, as the journal that the
 * next run goes on from.
 */
export async function bring(id: string, inputs: ItemGroupInputs, { listing, writes }: Before, context: Context): Promise<ItemGroupState> {
  putInForce(context.memory, inputs.owner);
  const wanted = await declaredListing(inputs, context);
  const { listing: before, times } = pruneRuns(listing, writes, mostRuns - 1);
  const expired = await Promise.all(times.map((time) => hasExpired(time, inputs, context)));
  const difference = compare(before, wanted);
  const now = new Date(context.clock.now()).toISOString();
  const ledger = new Ledger(wanted, before, difference, times.length, (mark) => expired[runOf(mark)] === true);
  const toState = (): ItemGroupState => {
    const there = pruneRuns(ledger.listing(), [...times, now], mostRuns);
    return { ...inputs, ...(ledger.isBalanced ? {} : summaryOf(there.listing)), listing: pack(there.listing), writes: there.times };
  };
  const { strays: _, ...declared } = inputs;
  const batch = new Batch(declared, ledger, context);
  try {
    await batch.write(new Set(difference.added));
    await batch.delete(difference.removed);
    if (inputs.ownership === "exclusive") await removeStrays(inputs, wanted, batch, context);
    if (inputs.waitForPropagation) await batch.settle();
    batch.demandSuccess();
  } catch (error) {
    const state = toState();
    throw state.listing === "" && listing.keys.length === 0 ? error : new PartialFailure(id, state, error);
  }
  return toState();
}

/** What one run does to a group. */
class Batch {
  readonly #failures: { readonly key: string; readonly reason: string }[] = [];
  #failed = 0;
  #inRow = 0;
  #stopped: unknown;
  /** What to look at when all is done: the last that was done, and all that was slow. */
  readonly #slow = new Set<string>();
  readonly #written: string[] = [];
  readonly #deleted: string[] = [];

  constructor(
    private readonly inputs: ItemGroupInputs,
    private readonly ledger: Ledger,
    private readonly context: Context,
  ) {}

  /** @param added keys that the state does not know: what is there of them was left by a run that was interrupted, or is somebody else's */
  async write(added: ReadonlySet<string>): Promise<void> {
    const { inputs, ledger, context } = this;
    const due = ledger.due;
    if (due === 0) return;
    const found = added.size === 0 ? new Set<string>() : await this.#foundOf(added);
    const left = async function* (this: Batch): AsyncGenerator<SourceItem & { readonly index: number }> {
      let count = 0;
      for await (const item of readItems(inputs)) {
        if (this.#stopped !== undefined) return;
        const index = indexOf(ledger.wanted, item.key);
        if (!sameValue(markOf(item.content), ledger.wanted.marks[index])) throw new RefusedError(changedMeanwhile);
        if (!ledger.isDue(index)) continue;
        count += 1;
        yield { ...item, index };
      }
      if (count < due) throw new RefusedError(changedMeanwhile);
    }.bind(this)();
    await this.#each(left, due, "writing", this.#written, async ({ key, content, index }) => {
      const place = placeOf(inputs, key);
      const there = found.has(key) ? await findItem(context.http, place) : undefined;
      const isDone = there !== undefined && isMarked(there, ledger.wanted.marks[index] as string);
      if (there !== undefined && !isDone && !inputs.overwrite) {
        throw new RefusedError("is there already, holds something else, and is not this program's: say `overwrite: true` to replace it");
      }
      if (!isDone) await inNamespace(inputs, context, () => writeItem(context.http, place, content));
      ledger.wrote(index);
    });
  }

  async delete(keys: readonly string[]): Promise<void> {
    const { inputs, ledger, context } = this;
    const all = (async function* () {
      yield* keys.map((key) => ({ key }));
    })();
    await this.#each(all, keys.length, "deleting", this.#deleted, async ({ key }) => {
      const place = placeOf(inputs, key);
      if (!isInForce(context.memory, place, key)) await deleteItem(context.http, place);
      ledger.deleted(key);
    });
  }

  /** Of the keys, those that the service shows. What it does not show is written without a look. */
  async #foundOf(added: ReadonlySet<string>): Promise<Set<string>> {
    const { inputs, context, ledger } = this;
    const found = new Set<string>();
    for (const group of inputs.groups) {
      const shown = await inNamespace(inputs, context, () => sampleItemKeys(context.http, { ...inputs, group }, ledger.wanted.keys.length + 1000));
      for (const key of shown) if (added.has(key) && placeOf(inputs, key).group === group) found.add(key);
    }
    if (found.size > 0 && !inputs.overwrite) {
      this.context.notices.info(`${titleOf(inputs)}: ${items(found.size)} of these are there already; what is as declared is not written again.`);
    }
    return found;
  }

  async #each<T extends { readonly key: string }>(
    tasks: AsyncIterable<T>,
    total: number,
    doing: string,
    done: string[],
    work: (task: T) => Promise<void>,
  ): Promise<void> {
    const { context, inputs } = this;
    const began = context.clock.now();
    let ended = 0;
    let reported = began;
    await sideBySide(tasks, Math.min(hands, total), async (task) => {
      if (this.#stopped !== undefined) return;
      const since = context.clock.now();
      try {
        await work(task);
        this.#inRow = 0;
        done.push(task.key);
        if (context.clock.now() - since > slowAfter * 1000) this.#slow.add(task.key);
      } catch (error) {
        this.#note(task.key, error);
      }
      ended += 1;
      const now = context.clock.now();
      if (now - reported < secondsBetweenReports * 1000) return;
      reported = now;
      context.notices.info(`${doing} ${titleOf(inputs)}: ${progress(ended, total, now - began)}`);
    });
  }

  #note(key: string, error: unknown): void {
    this.#failed += 1;
    this.#inRow += 1;
    if (this.#failures.length < failuresTold) this.#failures.push({ key, reason: error instanceof Error ? error.message : String(error) });
    const isHopeless = saysNoNamespace(error) || (error instanceof ServiceError && (error.is(401) || error.is(403)));
    if (isHopeless || this.#inRow >= failuresInRow) this.#stopped ??= error;
  }

  /** Waits until reads show what was done: first the last of it, then a sample and what was slow. */
  async settle(): Promise<void> {
    const { inputs, ledger, context } = this;
    const looks = [
      ...this.#sample(this.#written).map((key) => ({ key, mark: ledger.wanted.marks[indexOf(ledger.wanted, key)] as string | undefined })),
      ...this.#sample(this.#deleted).map((key) => ({ key, mark: undefined })),
    ];
    const left = new Map(looks.map((look) => [look.key, { ...look, seen: 0 }]));
    const lookAt = async (look: { key: string; mark: string | undefined; seen: number }) => {
      const live = await findItem(context.http, placeOf(inputs, look.key));
      const shows = look.mark === undefined ? live === undefined : live !== undefined && isMarked(live, look.mark);
      look.seen = shows ? look.seen + 1 : 0;
      if (look.seen >= confirmations) left.delete(look.key);
      return shows;
    };
    try {
      await waitFor(context, {
        what: `${titleOf(inputs)} to be readable as they were written`,
        look: async () => {
          // As long as the first one is not to be seen, the others need not be asked for.
          for (const look of [...left.values()]) if (!(await lookAt(look))) break;
          return left.size === 0 ? { state: "so", is: "reached", value: undefined } : { state: `not so for ${some([...left.keys()])}`, is: "pending" };
        },
        within: propagatesWithin,
      });
    } catch (error) {
      for (const { key, mark } of left.values()) {
        if (mark === undefined) ledger.stillThere(key, markOf({ bytes: Buffer.of(), json: false }));
        else ledger.doubt(key);
      }
      throw error;
    }
  }

  /** The last one, some of the others, and all that were slow. */
  #sample(done: readonly string[]): string[] {
    const last = done.at(-1);
    const count = Math.min(mostSampled, Math.ceil(done.length / oneOf));
    const others = Array.from({ length: count - 1 }, () => done[Math.floor(this.context.random() * done.length)] as string);
    return [...new Set([...(last === undefined ? [] : [last]), ...others, ...done.filter((key) => this.#slow.has(key))])];
  }

  demandSuccess(): void {
    if (this.#failed === 0) return;
    const told = this.#failures.map(({ key, reason }) => `${key}: ${reason}`);
    const more = this.#failed - told.length;
    const stopped = this.#stopped === undefined ? "" : `; ${counted(this.ledger.due)} were not written, since the same would have become of them`;
    throw new RefusedError(
      `${items(this.#failed)} failed${stopped}. All others are as declared, and the next \`up\` goes on with what is missing.\n  ${told.join("\n  ")}${more > 0 ? `\n  and ${counted(more)} more` : ""}`,
    );
  }
}
