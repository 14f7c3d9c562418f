/** Time as an argument: the real clock in the product, one turned by hand in the tests. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

export const realClock: Clock = {
  now: () => Date.now(),
  // A time that has passed while it was computed is negative, and Node.js warns of that on the terminal.
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds))),
};

/** A clock whose waits end when the run is cancelled, with the reason of the signal. */
export function cancellable(clock: Clock, signal: AbortSignal): Clock {
  const waits = new Set<(reason: unknown) => void>();
  // One listener for all: a large run has hundreds of waits at the same time.
  signal.addEventListener("abort", () => waits.forEach((end) => void end(signal.reason)), { once: true });
  return {
    now: () => clock.now(),
    sleep: (milliseconds) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        waits.add(reject);
        clock
          .sleep(milliseconds)
          .then(resolve, reject)
          .finally(() => waits.delete(reject));
      }),
  };
}

/** Whole seconds in words: `45 s`, `4 min 30 s`, `2 d 23 h`. */
export function formatDuration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(total / 86_400), "d"],
    [Math.floor(total / 3600) % 24, "h"],
    [Math.floor(total / 60) % 60, "min"],
    [total % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

/** The calendar day in UTC, as the API writes it: `2026-02-09`. */
export function utcDay(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
