/** How the emulator's time runs: with the machine, only by `advance`, or `scale` times as fast as the machine. */
export type ClockMode = "real" | "manual" | { scale: number };

/** The time that the rates of items and of Property Manager are measured on. Clients back off in the machine's time. */
export type TrafficTime = "machine" | "clock";

export interface Clock {
  /** Milliseconds since 1970, in the emulator's time. */
  now(): number;
  /** Moves the time forward. Works in every mode; time never goes back. */
  advance(seconds: number): void;
}

/** The end of the year 9999: dates are written with four digits. */
export const LATEST = 253_402_300_799_000;

/**
 * Starts at the machine's time, or at `notBefore` (milliseconds) when that is later, so that a restarted emulator never lives through
 * the same time twice.
 */
export function createClock(mode: ClockMode = "real", notBefore = 0): Clock {
  const scale = mode === "real" ? 1 : mode === "manual" ? 0 : mode.scale;
  if (!Number.isFinite(scale) || scale < 0)
    throw new RangeError("the scale of the clock must be a number that is not negative");
  const started = Date.now();
  let origin = Math.min(LATEST, Math.max(started, notBefore));
  return {
    // At its end the time stands still.
    now: () => Math.min(LATEST, Math.floor(origin + (Date.now() - started) * scale)),
    advance(seconds) {
      if (!Number.isFinite(seconds) || seconds < 0)
        throw new RangeError("the clock only goes forward: seconds must not be negative");
      if (this.now() + seconds * 1000 > LATEST) throw new RangeError("the clock ends with the year 9999");
      origin += seconds * 1000;
    },
  };
}
