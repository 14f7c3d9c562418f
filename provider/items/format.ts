/** Keys, counts and progress for messages. */
import { formatDuration } from "../runtime/clock";
import type { Texts } from "./textList";

const maxKeys = 5;

/** `a, b, c, d, e and 12 more`. */
export function formatKeys(keys: Texts): string {
  const first = Array.from({ length: Math.min(maxKeys, keys.length) }, (_, index) => keys.at(index));
  const more = keys.length - maxKeys;
  return more > 0 ? `${first.join(", ")} and ${formatCount(more)} more` : first.join(", ");
}

/** `1,200`. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** `1 item`, `1,200 items`. */
export function formatItems(count: number): string {
  return `${formatCount(count)} ${count === 1 ? "item" : "items"}`;
}

/** `1,200 of 100,000 done, 71 in a second, about 23 min left`. */
export function formatProgress(done: number, total: number, elapsedMs: number): string {
  const perSecond = (done * 1000) / Math.max(1, elapsedMs);
  const rate = perSecond >= 10 ? Math.round(perSecond) : Math.round(perSecond * 10) / 10;
  const left = perSecond === 0 ? "" : `, about ${formatDuration((total - done) / perSecond)} left`;
  return `${formatCount(done)} of ${formatCount(total)} done, ${rate} in a second${left}`;
}
