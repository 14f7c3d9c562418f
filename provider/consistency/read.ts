/** Reads under eventual consistency: one answer alone may come from a stale replica. */
import type { Context } from "../runtime/context";

/**
 * Seconds between the reads that it takes to believe in absence. A new object shows everywhere within their
 * sum, as a rule.
 */
const absenceIntervals = [1, 2, 2];

/**
 * What `find` finds, or undefined when four reads over 5 seconds agree that there is nothing.
 * @param rounds how many times these four reads, where a change takes longer to show. Default: once
 */
export async function findEventually<T>(
  context: Context,
  find: () => Promise<T | undefined>,
  rounds = 1,
): Promise<T | undefined> {
  for (let round = 0; round < rounds; round++) {
    for (const pause of [0, ...absenceIntervals]) {
      if (pause > 0) await context.clock.sleep(pause * 1000);
      const found = await find();
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/**
 * The findings that further reads confirm, over the same 5 seconds. `readAgain` returns those of the keys
 * that it still finds.
 *
 * @example
 * const missing = await findPersistently(context, suspects, (keys) => readMissing(keys));
 */
export async function findPersistently<K, V>(
  context: Context,
  found: ReadonlyMap<K, V>,
  readAgain: (keys: readonly K[]) => Promise<ReadonlyMap<K, V>>,
): Promise<ReadonlyMap<K, V>> {
  let left = found;
  for (const pause of absenceIntervals) {
    if (left.size === 0) break;
    await context.clock.sleep(pause * 1000);
    left = await readAgain([...left.keys()]);
  }
  return left;
}

/** Whether something holds in at least one of several reads: what a stale replica still shows may be over. */
export async function holdsOnAnyReplica(context: Context, holds: () => Promise<boolean>): Promise<boolean> {
  return (await findEventually(context, async () => ((await holds()) ? true : undefined))) === true;
}

const consecutiveReads = 3;
const maxReads = 12;

/** Whether three reads in a row find it so, within twelve. No replica may object to what is irreversible. */
export async function agreesConsistently(context: Context, holds: () => Promise<boolean>): Promise<boolean> {
  for (let read = 1, inRow = 0; read <= maxReads; read++) {
    inRow = (await holds()) ? inRow + 1 : 0;
    if (inRow === consecutiveReads) return true;
    await context.clock.sleep(1000);
  }
  return false;
}
