import { ApiError } from "../../../provider/errors";
import {
  type AdaptiveRate,
  adaptiveLimit,
  onAnswered,
  onSent,
  onThrottled,
  startRate,
} from "../../../provider/http/adaptiveLimit";
import { createRateLimiter } from "../../../provider/http/rateLimiter";
import { Timeline } from "./timeline";

const infinite = Number.POSITIVE_INFINITY;
/** A rate that was found and lowered a while ago. */
const found = (parts: Partial<AdaptiveRate> = {}): AdaptiveRate => ({
  ...startRate(0, 8, 64),
  requestsPerSecond: 100,
  nextAt: 10_000,
  loweredAt: 5000,
  secondBegan: 10_000,
  ...parts,
});

describe("a step", () => {
  test("at first only the concurrency counts, and it doubles with each round of answers", () => {
    let rate = startRate(0, 8, 64);
    expect([rate.requestsPerSecond, rate.concurrency, onSent(rate, 5).nextAt]).toEqual([infinite, 8, 0]);
    for (let answer = 0; answer < 8; answer++) rate = onAnswered(rate, 10);
    expect(rate.concurrency).toBe(16);
    for (let answer = 0; answer < 100; answer++) rate = onAnswered(rate, 10);
    expect([rate.concurrency, rate.requestsPerSecond]).toEqual([64, infinite]);
  });

  test("it never begins with more than the maximum", () => {
    expect(startRate(0, 8, 4).concurrency).toBe(4);
  });

  // [what, rate before, what was refused, now, what follows]
  test.each([
    [
      "the first refusal: what was accepted in the last second, less a little",
      { requestsPerSecond: infinite, acceptedThisSecond: 73 },
      {},
      10_090,
      67.16,
      11_090,
      1000,
    ],
    [
      "a part of the second before counts as far as it reaches",
      { requestsPerSecond: infinite, acceptedThisSecond: 10, acceptedLastSecond: 60 },
      {},
      10_500,
      36.8,
      11_500,
      1000,
    ],
    ["nothing was accepted: the lowest rate", { requestsPerSecond: infinite }, {}, 10_000, 1, 11_000, 1000],
    [
      "a refusal at the limit: a little less, and a short pause",
      { acceptedThisSecond: 100 },
      {},
      10_999,
      92,
      11_099,
      100,
    ],
    ["far above it: what was accepted", { acceptedThisSecond: 70 }, {}, 10_999, 64.4, 11_099, 100],
    ["never less than half at once", { acceptedThisSecond: 3 }, {}, 10_999, 50, 11_099, 100],
    [
      "again, and nothing between: a longer pause",
      { acceptedThisSecond: 100, pauseMs: 400 },
      {},
      10_999,
      92,
      11_799,
      800,
    ],
    [
      "and again: not longer than this",
      { acceptedThisSecond: 100, pauseMs: 9000 },
      {},
      10_999,
      92,
      20_999,
      10_000,
    ],
    [
      "the service names a time",
      { acceptedThisSecond: 100 },
      { retryAfterMs: 3000 },
      10_999,
      92,
      13_999,
      100,
    ],
    [
      "a refusal of a request that was sent before the decrease adds nothing",
      {},
      { sentAt: 5000 },
      10_000,
      100,
      10_000,
      0,
    ],
    ["but its time counts", {}, { sentAt: 5000, retryAfterMs: 700 }, 10_000, 100, 10_700, 0],
  ])("%s", (_what, before, refusal, now, requestsPerSecond, next, pauseMs) => {
    const after = onThrottled(found(before), { sentAt: 9900, retryAfterMs: 0, ...refusal }, now, 0.5);
    expect(
      [after.requestsPerSecond, after.nextAt, after.pauseMs].map((value) => Math.round(value * 1000) / 1000),
    ).toEqual([requestsPerSecond, next, pauseMs]);
  });

  test("pauses differ by the random number", () => {
    const pauses = [0, 0.5, 0.999].map(
      (random) => onThrottled(found(), { sentAt: 9900, retryAfterMs: 0 }, 10_000, random).nextAt - 10_000,
    );
    expect(pauses.map(Math.round)).toEqual([75, 100, 125]);
  });

  test("the rate grows by a fiftieth in a second, and an accepted request ends the pauses", () => {
    let rate = found({ pauseMs: 800 });
    for (let answer = 0; answer < 100; answer++) rate = onAnswered(rate, 10_000 + answer * 10);
    expect(Math.round(rate.requestsPerSecond)).toBe(102);
    expect(rate.pauseMs).toBe(0);
    let slow = found({ requestsPerSecond: 1 });
    for (let second = 0; second < 4; second++) slow = onAnswered(slow, 11_000 + second * 1000);
    expect(slow.requestsPerSecond).toBeGreaterThan(2.1);
  });

  test("the growth increases with the square of the time after the cooldown; ten times at most", () => {
    const climbs = [0, 8, 16, 24, 60].map(
      (seconds) => onAnswered(found({ loweredAt: 10_000 - seconds * 1000 }), 10_000).requestsPerSecond - 100,
    );
    expect(climbs.map((climb) => Math.round(climb * 1000) / 1000)).toEqual([0.02, 0.02, 0.08, 0.18, 0.2]);
  });

  test("requests go at even distances; a late timer may catch up, an idle minute gives no burst", () => {
    expect(onSent(found({ nextAt: 10_000 }), 10_000).nextAt).toBe(10_010);
    expect(onSent(found({ nextAt: 10_000 }), 10_015).nextAt).toBe(10_010);
    expect(onSent(found({ nextAt: 10_000 }), 70_000).nextAt).toBe(69_990);
  });
});

const tooFast = (retryAt?: number) =>
  new ApiError({ method: "PUT", path: "/x" }, 429, "EKV_9100", "", undefined, false, retryAt);

/** A service that takes `limit` requests in any second, counting those that it refuses, and answers after a while. */
function service(timeline: Timeline, limit: () => number, latencyMs: number) {
  let hits: number[] = [];
  const seen = { refused: 0, inFlight: 0, maxInFlight: 0 };
  const send = async () => {
    seen.inFlight += 1;
    seen.maxInFlight = Math.max(seen.maxInFlight, seen.inFlight);
    await timeline.sleep(latencyMs / 2);
    hits = [...hits.filter((at) => at > timeline.now() - 1000), timeline.now()];
    const isRefused = hits.length > limit();
    await timeline.sleep(latencyMs / 2);
    seen.inFlight -= 1;
    if (!isRefused) return;
    seen.refused += 1;
    throw tooFast();
  };
  return { seen, send };
}

function adaptive(clock: Timeline, concurrency: number, maxConcurrency: number) {
  const limiter = createRateLimiter({ clock, random: () => 0.5, concurrency: 1 });
  const limit = { name: "items", strategy: adaptiveLimit({ concurrency, maxConcurrency }) };
  return <T>(send: () => Promise<T>) => limiter.schedule(limit, send);
}

describe("a service whose limit is not known", () => {
  test.each([
    [10, 5, 0.9],
    [10, 200, 0.75],
    [73, 5, 0.92],
    [73, 50, 0.92],
    [73, 300, 0.86],
    [364, 5, 0.92],
    [364, 100, 0.9],
  ])(
    "of %i in a second, answering in %i ms, is used to %d, with few refusals",
    async (limit, latency, part) => {
      const timeline = new Timeline();
      const { seen, send } = service(timeline, () => limit, latency);
      const go = adaptive(timeline, 8, 64);
      const count = limit * 60;
      await timeline.run(Promise.all(Array.from({ length: count }, () => go(send))));
      const took = timeline.now() / 1000;
      const possible = Math.min(limit, (64 * 1000) / latency);
      expect(count / took / possible).toBeGreaterThan(part);
      expect(seen.refused / count).toBeLessThan(0.1);
      expect(seen.maxInFlight).toBeLessThanOrEqual(64);
    },
  );

  test("that takes whatever comes is limited by the concurrency only", async () => {
    const timeline = new Timeline();
    const { send } = service(timeline, () => infinite, 10);
    const go = adaptive(timeline, 8, 64);
    await timeline.run(Promise.all(Array.from({ length: 2000 }, () => go(send))));
    const took = timeline.now() / 1000;
    // 64 in flight and 10 ms each: 6400 in a second.
    expect(2000 / took).toBeGreaterThan(5000);
  });

  test("that takes less for a while is followed down and up again", async () => {
    const timeline = new Timeline();
    const limit = () => (timeline.now() > 20_000 && timeline.now() < 40_000 ? 20 : 80);
    const { send } = service(timeline, limit, 20);
    const go = adaptive(timeline, 8, 64);
    await timeline.run(Promise.all(Array.from({ length: 5600 }, () => go(send))));
    const took = timeline.now() / 1000;
    // 20 s of 80, 20 s of 20 and 45 s of 80 would be all.
    expect(took).toBeLessThan(125);
  });
});

test("a request fails when nothing was accepted for twenty minutes", async () => {
  const timeline = new Timeline();
  const go = adaptive(timeline, 8, 64);
  const failed = go(() => Promise.reject(tooFast())).catch((error: unknown) => error);
  await timeline.run(failed);
  const took = timeline.now() / 1000;
  expect(await failed).toBeInstanceOf(ApiError);
  expect(took).toBeGreaterThan(1200);
  expect(took).toBeLessThan(1230);
});

test("other errors fail the request at once, and count as answers", async () => {
  const timeline = new Timeline();
  const go = adaptive(timeline, 1, 2);
  const absent = new ApiError({ method: "GET", path: "/x" }, 404, "EKV_9000", "", undefined, false);
  await expect(go(() => Promise.reject(absent))).rejects.toBe(absent);
  await expect(go(() => Promise.reject(new TypeError("x")))).rejects.toThrow(TypeError);
});
