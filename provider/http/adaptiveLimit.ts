/**
 * How fast requests may go to a service that tells its limit only by refusing, as a function of values: "additive increase, multiplicative decrease", as TCP
 * does it. Clock and dice are arguments. Until the first refusal only the number at once counts, and grows with every answer; from then on there is a speed
 * as well, which climbs slowly and is lowered by each refusal.
 */
import pLimit from "p-limit";
import type { Clock } from "../core/clock";
import { ServiceError } from "../errors";

export interface Pace {
  /** Requests in a second; infinite before the first refusal. */
  readonly perSecond: number;
  /** Requests on their way at the same time. */
  readonly atOnce: number;
  readonly mostAtOnce: number;
  /** When the next may go, in milliseconds. */
  readonly next: number;
  /** When it was last lowered: a refusal of what was sent before that tells nothing new. */
  readonly loweredAt: number;
  /** Milliseconds of the last pause; 0 once something got through again. */
  readonly pauseMs: number;
  /** Answers that were no refusals: since the beginning of this second, and in the one before. */
  readonly second: number;
  readonly accepted: number;
  readonly acceptedBefore: number;
}

/** What a refusal leaves of the speed. */
const kept = 0.92;
/** The speed is never lowered by more than this at once. */
const leastKept = 0.5;
/** Requests in a second, for each second without a refusal: a part of the speed, and no less than the second number. */
const climb = 0.02;
const leastClimb = 0.4;
/**
 * Milliseconds within which a speed at the limit is refused again. Where that does not come the limit is far above, as when others had used up the second of
 * the first refusal: the speed climbs faster then, by the square of the time, as TCP's CUBIC does, and so many times faster at most.
 */
const calm = 8000;
const mostHaste = 10;
const slowest = 1;
/** Milliseconds; a count of the last second has to fall before anything gets through. */
const firstPause = 1000;
const shortestPause = 100;
const longestPause = 10_000;
/** Milliseconds that a late timer may make up for. */
const credit = 20;

export function startPace(nowMs: number, atOnce: number, mostAtOnce: number): Pace {
  return {
    perSecond: Number.POSITIVE_INFINITY,
    atOnce: Math.min(atOnce, mostAtOnce),
    mostAtOnce,
    next: nowMs,
    loweredAt: Number.NEGATIVE_INFINITY,
    pauseMs: 0,
    second: nowMs,
    accepted: 0,
    acceptedBefore: 0,
  };
}

/** One more is on its way. */
export function sent(pace: Pace, nowMs: number): Pace {
  return { ...pace, next: Math.max(pace.next, nowMs - credit) + 1000 / pace.perSecond };
}

/** An answer came that was no refusal, whatever else it says. */
export function accepted(pace: Pace, nowMs: number): Pace {
  const { perSecond, atOnce, mostAtOnce, loweredAt } = pace;
  const haste = Math.min(mostHaste, Math.max(1, ((nowMs - loweredAt) / calm) ** 2));
  return {
    ...countedOn(pace, nowMs, 1),
    perSecond: perSecond + haste * Math.max(leastClimb / perSecond, climb),
    atOnce: Math.min(mostAtOnce, atOnce + 1),
    pauseMs: 0,
  };
}

export interface Refusal {
  readonly sentAt: number;
  /** Milliseconds that the service asked to wait, where it did. */
  readonly askedMs?: number | undefined;
}

/**
 * The service asked to slow down.
 * @param random a number in [0, 1)
 */
export function refused(pace: Pace, { sentAt, askedMs = 0 }: Refusal, nowMs: number, random: number): Pace {
  const waiting = { ...pace, next: Math.max(pace.next, askedMs === 0 ? 0 : nowMs + askedMs) };
  if (sentAt <= pace.loweredAt) return waiting;
  const counted = countedOn(waiting, nowMs, 0);
  const { perSecond, pauseMs } = counted;
  const got = kept * achieved(counted, nowMs);
  const isFirst = perSecond === Number.POSITIVE_INFINITY;
  const lowered = isFirst ? got : Math.min(kept * perSecond, Math.max(leastKept * perSecond, got));
  const pause = isFirst ? firstPause : Math.min(longestPause, Math.max(shortestPause, 2 * pauseMs));
  return {
    ...counted,
    perSecond: Math.max(slowest, lowered),
    next: Math.max(counted.next, nowMs + pause * (0.75 + random / 2)),
    loweredAt: nowMs,
    pauseMs: pause,
  };
}

/** What got through in the last second; the second before it counts as far as it reaches into that. */
function achieved({ second, accepted: count, acceptedBefore }: Pace, nowMs: number): number {
  return count + acceptedBefore * Math.max(0, 1 - (nowMs - second) / 1000);
}

function countedOn(pace: Pace, nowMs: number, more: number): Pace {
  const age = nowMs - pace.second;
  if (age < 1000) return { ...pace, accepted: pace.accepted + more };
  return { ...pace, second: nowMs - (age % 1000), accepted: more, acceptedBefore: age < 2000 ? pace.accepted : 0 };
}

// ---- the same in the real world ----

/** Milliseconds after which a service that lets nothing through is believed. */
const patience = 300_000;

export interface PacerOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Requests at once to begin with, and at most. */
  readonly atOnce: number;
  readonly mostAtOnce: number;
}

/** Sends requests as fast as the service takes them, all of a process under one pace; what it refuses for its speed goes again. */
export function pacer({ clock, random, atOnce, mostAtOnce }: PacerOptions): <T>(send: () => Promise<T>) => Promise<T> {
  let pace = startPace(clock.now(), atOnce, mostAtOnce);
  let through = clock.now();
  const limit = pLimit(pace.atOnce);
  let line: Promise<void> = Promise.resolve();

  /** One after the other, so that a pause holds for everybody who is still in line. */
  function turn(): Promise<void> {
    line = line.then(async () => {
      for (let wait = pace.next - clock.now(); wait > 0; wait = pace.next - clock.now()) await clock.sleep(wait);
      pace = sent(pace, clock.now());
    });
    return line;
  }

  /** An answer that is no refusal for speed, whatever else it says. */
  function gotThrough(): void {
    through = clock.now();
    pace = accepted(pace, through);
    limit.concurrency = pace.atOnce;
  }

  async function goThrough<T>(send: () => Promise<T>): Promise<T> {
    const began = clock.now();
    for (;;) {
      await turn();
      const sentAt = clock.now();
      try {
        const reply = await send();
        gotThrough();
        return reply;
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        if (!error.is(429)) {
          gotThrough();
          throw error;
        }
        const now = clock.now();
        if (now - Math.max(through, began) > patience) throw error;
        const askedMs = error.freeAt === undefined ? undefined : Math.max(0, error.freeAt - now);
        pace = refused(pace, { sentAt, askedMs }, now, random());
      }
    }
  }
  return (send) => limit(() => goThrough(send));
}
