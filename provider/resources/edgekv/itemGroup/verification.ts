/**
 * Which writes and deletes reads have to show before a run is done: the last one, a random sample of the
 * others, and all slow ones.
 */
import type { ItemRef } from "../../../api/edgekv/items";
import { type Observation, pollUntil } from "../../../consistency/poll";
import { propagation } from "../../../consistency/propagation";
import { matchesFingerprint } from "../../../items/fingerprint";
import { formatKeys } from "../../../items/format";
import type { Context } from "../../../runtime/context";
import { readItem } from "../item/observe";

/** A write with the fingerprint of its value, or a delete without one. */
export interface ItemChange {
  readonly ref: ItemRef;
  readonly fingerprint: string | undefined;
}

/**
 * A change is slow when it takes more seconds than this, and so many times the average. Slow changes are
 * verified one by one.
 */
const slowSeconds = 5;
const slowFactor = 3;
/** One change in so many is verified, and not more than `maxSample`. */
const sampleInterval = 400;
const maxSample = 100;
/** Reads in a row that must show the last change, without a pause: another replica may answer each of them. */
const matchesOfLast = 4;
/**
 * Reads in a row that must show each of the others, once a read did not show it: then replicas disagree. One is enough
 * for what shows at once.
 */
const matchesAfterLag = 2;
/** Seconds before the first read: a write does not show at once. */
const delay = 1;

export class Verification {
  /** Whether some change has to be verified, whatever the program sets. */
  hasRequired = false;
  #last: ItemChange | undefined;
  #lastAt = 0;
  #count = 0;
  #totalMs = 0;
  readonly #sample: ItemChange[] = [];
  readonly #slow: ItemChange[] = [];

  constructor(private readonly context: Context) {}

  /** Records a change that the service accepted. The sample gives each change the same chance. */
  record(change: ItemChange, tookMs: number): void {
    if (tookMs > slowSeconds * 1000 && tookMs > (slowFactor * this.#totalMs) / Math.max(1, this.#count))
      this.#slow.push(change);
    this.#last = change;
    this.#lastAt = this.context.clock.now();
    this.#count += 1;
    this.#totalMs += tookMs;
    const at =
      this.#count <= maxSample ? this.#sample.length : Math.floor(this.context.random() * this.#count);
    if (at < maxSample) this.#sample[at] = change;
  }

  /**
   * Records a change that has to be verified.
   * @param since milliseconds: it was made then, or later
   */
  require(change: ItemChange, since: number): void {
    this.#slow.push(change);
    // Uploads go on at the same time: the one that wrote last may have ended first.
    if (since >= this.#lastAt) [this.#last, this.#lastAt] = [change, since];
    this.#count += 1;
    this.hasRequired = true;
  }

  /**
   * Waits until reads show the recorded changes.
   * @param what the items, for the message of a time-out
   * @param onUnverified is called for each change that no read has shown when the wait fails
   */
  async wait(what: string, onUnverified: (change: ItemChange) => void): Promise<void> {
    const last = this.#last;
    if (last === undefined) return;
    const others = [...this.#sample.slice(0, Math.ceil(this.#count / sampleInterval) - 1), ...this.#slow];
    const pending = new Map(others.filter((change) => change !== last).map((change) => [change, 1]));
    const poll = { what, maxInterval: 3, timeout: propagation.itemPropagated.seconds };
    try {
      await pollUntil(this.context, {
        ...poll,
        since: this.#lastAt,
        delay,
        usual: propagation.itemUsual.seconds,
        observe: async () => observationOf((await this.#isConfirmed(last)) ? [] : [last]),
      });
      await pollUntil(this.context, { ...poll, observe: () => this.#observeAll(pending), interval: 0.4 });
    } catch (error) {
      for (const change of [last, ...pending.keys()]) onUnverified(change);
      throw error;
    }
  }

  /**
   * Reads each pending change once, and drops those that enough reads in a row have shown.
   * @param pending how many more reads in a row have to show each change
   */
  async #observeAll(pending: Map<ItemChange, number>): Promise<Observation<void>> {
    await Promise.all(
      [...pending].map(async ([change, needed]) => {
        const left = (await this.#isVisible(change)) ? needed - 1 : matchesAfterLag;
        if (left === 0) pending.delete(change);
        else pending.set(change, left);
      }),
    );
    return observationOf([...pending.keys()]);
  }

  /** Ends at the first read that does not show it: the others would be in vain. */
  async #isConfirmed(change: ItemChange): Promise<boolean> {
    for (let read = 0; read < matchesOfLast; read++) if (!(await this.#isVisible(change))) return false;
    return true;
  }

  async #isVisible({ ref, fingerprint }: ItemChange): Promise<boolean> {
    const live = await readItem(this.context, ref);
    return fingerprint === undefined
      ? live === undefined
      : live !== undefined && matchesFingerprint(live, fingerprint);
  }
}

function observationOf(pending: readonly ItemChange[]): Observation<void> {
  if (pending.length === 0) return { state: "up to date", is: "reached", value: undefined };
  return {
    state: `not visible, or visible as before: ${formatKeys(pending.map(({ ref }) => ref.key))}`,
    is: "pending",
  };
}
