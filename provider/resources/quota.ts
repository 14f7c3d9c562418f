/** Counts what a run adds against what an account may have: reported at preview, before anything is made. */
import type { Context } from "../runtime/context";
import { type Key, slot } from "../runtime/runState";

const counts = slot(() => new Map<Key, { readonly added: Set<string>; exceededBy: string | undefined }>());

interface Addition {
  /** What is limited, such as the namespaces on one network. */
  readonly quota: Key;
  readonly limit: number;
  /** How many the account has without those that this run adds. */
  readonly used: number;
  /** The object that is added. One that is checked again counts once. */
  readonly added: string;
}

/**
 * Counts one more object. Returns how many the run adds so far when that is too many. Only the first object that exceeds the quota is
 * reported: what comes after it has the same reason.
 */
export function exceedsQuota(
  { runState }: Context,
  { quota, limit, used, added }: Addition,
): number | undefined {
  const all = runState.get(counts);
  const count = all.get(quota) ?? { added: new Set(), exceededBy: undefined };
  all.set(quota, count);
  count.added.add(added);
  if (used + count.added.size <= limit) return undefined;
  count.exceededBy ??= added;
  return count.exceededBy === added ? count.added.size : undefined;
}
