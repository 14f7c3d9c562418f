/**
 * Who may go when, where a service tells of its limits: how many more it lets through, and from when on. All requests that count towards one limit stand in
 * one line, first come first served; a refusal closes the line for everybody in it until the time that the service named, and what was refused stands at the
 * front again. The steps are functions of values, with clock and dice as arguments.
 */
import type { Clock } from "../core/clock";
import { isLimitOfNumber, ServiceError } from "../errors";
import { askedDelay } from "./retry";

export interface Quota {
  /** How many the service lets through, those under way included, by its last word; infinite while it says nothing of that. */
  readonly remaining: number;
  readonly underWay: number;
  /** When one may go although nothing remains, to learn how things stand; in milliseconds. */
  readonly next: number;
  /** Milliseconds between such ones, while no answer has come. */
  readonly everyMs: number;
  /** When the line was last closed: the answer to what was sent before that tells nothing new. */
  readonly closedAt: number;
  /** Refusals since something got through. */
  readonly refusals: number;
}

/** What an answer says of the limit. */
export interface Told {
  readonly remaining?: number | undefined;
  /** Milliseconds until there is more. */
  readonly waitMs?: number | undefined;
}

/** Milliseconds; who is told to wait for longer is not worth waiting for: a limit of a day, which the next run may meet. */
export const longestWait = 300_000;
/** Milliseconds between two that ask how things stand, and the pause after a refusal that names no time, or one that is over by this machine's clock. */
const shortestPause = 100;
const longestPause = 20_000;
const longestEvery = 5000;
/** What a wait is lengthened by at most, as a part of it and in milliseconds, so that programs that share a limit don't come all at once. */
const jitter = 0.05;
const longestJitter = 500;

export const open: Quota = {
  remaining: Number.POSITIVE_INFINITY,
  underWay: 0,
  next: Number.POSITIVE_INFINITY,
  everyMs: 0,
  closedAt: Number.NEGATIVE_INFINITY,
  refusals: 0,
};

/** When the next one may go; never is: not before an answer came. */
export function mayGoAt({ remaining, underWay, next }: Quota, nowMs: number): number {
  return remaining > underWay ? nowMs : next;
}

export function sent(quota: Quota, nowMs: number): Quota {
  const { remaining, underWay, next, everyMs } = quota;
  return { ...quota, underWay: underWay + 1, next: remaining > underWay ? next : nowMs + everyMs };
}

/** One is not under way any more, whatever became of it. */
export function back(quota: Quota): Quota {
  return { ...quota, underWay: quota.underWay - 1 };
}

/**
 * An answer that was no refusal for speed, whatever else it says.
 * @param random a number in [0, 1)
 */
export function answered(quota: Quota, { remaining, waitMs }: Told, sentAt: number, nowMs: number, random: number): Quota {
  if (sentAt <= quota.closedAt) return quota;
  if (remaining === 0 && waitMs !== undefined && waitMs <= longestWait) return { ...closed(quota, waitMs, nowMs, random), refusals: 0 };
  // Who says nothing of it leaves what was said before, and opens a line that was closed. That nothing remains for hours is for the service to say, by a refusal.
  const left = remaining === undefined && quota.remaining > 0 ? quota.remaining : remaining || Number.POSITIVE_INFINITY;
  return { ...open, closedAt: quota.closedAt, underWay: quota.underWay, remaining: left };
}

/** The service asked to slow down. */
export function refused(quota: Quota, waitMs: number, sentAt: number, nowMs: number, random: number): Quota {
  if (sentAt <= quota.closedAt) return closed(quota, waitMs, nowMs, random);
  const pause = Math.min(longestPause, shortestPause * 2 ** quota.refusals);
  return { ...closed({ ...quota, next: nowMs }, Math.max(waitMs, pause), nowMs, random), refusals: quota.refusals + 1 };
}

function closed(quota: Quota, waitMs: number, nowMs: number, random: number): Quota {
  const at = nowMs + waitMs + random * Math.min(longestJitter, jitter * waitMs);
  return {
    ...quota,
    remaining: 0,
    next: quota.remaining > 0 ? at : Math.max(quota.next, at),
    everyMs: Math.min(longestEvery, Math.max(shortestPause, waitMs)),
    closedAt: nowMs,
  };
}

/** What the headers of an answer say: the family of which the least is left. */
export function told(headers: Readonly<Record<string, string | undefined>>, nowMs: number): Told {
  const left = Object.entries(headers).flatMap(([name, value]) =>
    /^x-ratelimit-(.*-)?remaining$/i.test(name) && value !== undefined && /^\d+$/.test(value) ? [Number(value)] : [],
  );
  return { remaining: left.length === 0 ? undefined : Math.min(...left), waitMs: askedDelay(headers, nowMs) };
}

/** EdgeKV's refusal for speed, which names no time. */
const tooManyHits = "EKV_9100";

/** Whether the service refused it for its speed alone, so that it goes through some time later. */
export function isForSpeed(error: unknown): error is ServiceError {
  return (
    error instanceof ServiceError && error.is(429) && !isLimitOfNumber(error) && (error.freeAt !== undefined || error.code === tooManyHits)
  );
}

// ---- the same in the real world ----

/** Milliseconds after which a service that lets nothing through is believed. */
const patience = 300_000;

export interface DispatcherOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Requests under way at once, of all lines together. */
  readonly atOnce: number;
}

interface Line {
  quota: Quota;
  /** When something last got through. */
  through: number;
  readonly waiting: { readonly number: number; readonly go: () => void }[];
  /** When it is looked at again. */
  alarm: number;
}

type Headers = Readonly<Record<string, string | undefined>>;
/** Sends once, and tells the headers of the answer, whatever that is. */
type Send<T> = (heard: (headers: Headers) => void) => Promise<T>;
type Dispatch = <T>(limit: string, send: Send<T>) => Promise<T>;

/** Sends what its limit allows, so many at a time. What is refused for its speed goes again, as often as it takes, while others of its line get through. */
export function dispatcher({ clock, random, atOnce }: DispatcherOptions): Dispatch {
  const lines = new Map<string, Line>();
  let free = atOnce;
  let count = 0;

  function lineOf(limit: string): Line {
    const line = lines.get(limit) ?? { quota: open, through: clock.now(), waiting: [], alarm: Number.POSITIVE_INFINITY };
    lines.set(limit, line);
    return line;
  }

  /** Who came first goes first, where its line lets it. */
  function advance(): void {
    while (free > 0) {
      const now = clock.now();
      let first: Line | undefined;
      for (const line of lines.values()) {
        const [head] = line.waiting;
        if (head === undefined) continue;
        const at = mayGoAt(line.quota, now);
        if (at > now) wake(line, at);
        else if (head.number < (first?.waiting[0]?.number ?? Number.POSITIVE_INFINITY)) first = line;
      }
      if (first === undefined) return;
      free -= 1;
      first.quota = sent(first.quota, now);
      first.waiting.shift()?.go();
    }
  }

  function wake(line: Line, at: number): void {
    if (at >= line.alarm) return;
    line.alarm = at;
    void clock.sleep(at - clock.now()).then(() => {
      if (line.alarm === at) line.alarm = Number.POSITIVE_INFINITY;
      advance();
    });
  }

  function turn({ waiting }: Line, number: number): Promise<void> {
    return new Promise((go) => {
      const later = waiting.findIndex((other) => other.number > number);
      waiting.splice(later < 0 ? waiting.length : later, 0, { number, go });
      advance();
    });
  }

  return async (limit, send) => {
    const line = lineOf(limit);
    const number = count++;
    const began = clock.now();
    for (;;) {
      await turn(line, number);
      const sentAt = clock.now();
      let headers: Headers | undefined;
      try {
        return await send((heard) => {
          headers = heard;
        });
      } catch (error) {
        if (!isForSpeed(error)) throw error;
        headers = undefined;
        const now = clock.now();
        const waitMs = Math.max(0, (error.freeAt ?? now) - now);
        if (waitMs > longestWait || now - Math.max(line.through, began) > patience) throw error;
        line.quota = refused(line.quota, waitMs, sentAt, now, random());
      } finally {
        if (headers !== undefined) {
          line.through = clock.now();
          line.quota = answered(line.quota, told(headers, line.through), sentAt, line.through, random());
        }
        line.quota = back(line.quota);
        free += 1;
        advance();
      }
    }
  };
}
