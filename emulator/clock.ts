import { setTimeout as delay } from "node:timers/promises";

/** How the emulator's time runs: with the machine, only by `advance`, or `scale` times as fast as the machine. */
export type ClockMode = "real" | "manual" | { scale: number };

/** The time that the rates of items and of Property Manager are measured on. Clients back off in the machine's time. */
export type TrafficTime = "machine" | "clock";

export interface Clock {
  /** Milliseconds since 1970, in the emulator's time. */
  now(): number;
  /** Moves the time forward. Works in every mode; time never goes back. */
  advance(seconds: number): void;
  /**
   * Waits until it is `time`, or until `closing`. A clock that only `advance` moves is given a moment, and then moved: a client that waits
   * for its answer cannot move it.
   */
  until(time: number, closing: AbortSignal): Promise<void>;
}

/** How long a manual clock may stand while a request waits, in milliseconds of the machine's time. */
const PATIENCE = 100;
/** How often a waiting request looks at the clock, which `advance` may have moved. */
const LOOK = 20;

/** The end of the year 9999: dates are written with four digits. */
const LATEST = 253_402_300_799_000;

/**
 * Starts at the machine's time, or at `notBefore` (milliseconds) when that is later, so that a restarted emulator never lives through
 * the same time twice.
 */
export function createClock(mode: ClockMode = "real", notBefore = 0): Clock {
  const scale = mode === "real" ? 1 : mode === "manual" ? 0 : mode.scale;
  if (!Number.isFinite(scale) || scale < 0)
    throw new RangeError("the scale of the clock must be a number that is not negative");
  const started = Date.now();
  let origin = Math.max(started, notBefore);
  const now = () => Math.floor(origin + (Date.now() - started) * scale);
  return {
    now,
    advance(seconds) {
      if (!Number.isFinite(seconds) || seconds < 0)
        throw new RangeError("the clock only goes forward: seconds must not be negative");
      if (this.now() + seconds * 1000 > LATEST) throw new RangeError("the clock ends with the year 9999");
      origin += seconds * 1000;
    },
    async until(time, closing) {
      const waitsSince = Date.now();
      while (now() < time && !closing.aborted) {
        if (scale === 0 && Date.now() - waitsSince >= PATIENCE) origin += time - now();
        else await delay(LOOK, undefined, { signal: closing }).catch(() => undefined);
      }
    },
  };
}
