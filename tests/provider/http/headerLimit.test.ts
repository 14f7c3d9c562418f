import { ApiError } from "../../../provider/errors";
import {
  headerLimit,
  nextAt,
  onAnswered,
  onDone,
  onSent,
  onThrottled,
  openWindow,
  type RateLimitWindow,
} from "../../../provider/http/headerLimit";
import { maxRetryAfterMs } from "../../../provider/http/limitStrategy";
import { createRateLimiter, type Send } from "../../../provider/http/rateLimiter";
import { type AnnouncedLimit, limitsFromHeaders } from "../../../provider/http/retryAfter";
import { Timeline } from "./timeline";

const infinite = Number.POSITIVE_INFINITY;
const minute = 60_000;

const refusal = (retryAt?: number, code?: string) =>
  new ApiError({ method: "POST", path: "/x" }, 429, code, "", undefined, false, retryAt);

describe("a step", () => {
  const at = 1_000_000;

  test("without headers, all may go", () => {
    expect(nextAt({ ...openWindow, inFlight: 500 }, at)).toBe(at);
  });

  // [what, window before, headers, sent at, remaining, when the next may go with one in flight]
  const table: [
    what: string,
    before: Partial<RateLimitWindow>,
    announced: AnnouncedLimit,
    sentAt: number,
    remaining: number,
    next: number,
  ][] = [
    ["so many remain", {}, { remaining: 7 }, at, 7, at],
    ["requests in flight count among them", {}, { remaining: 1 }, at, 1, infinite],
    ["nothing remains: not before the reset", {}, { remaining: 0, retryAfterMs: 2000 }, at, 0, at + 2000],
    [
      "nothing remains, without a reset: left to the service to refuse",
      {},
      { remaining: 0 },
      at,
      infinite,
      at,
    ],
    [
      "nothing remains for hours: the same",
      {},
      { remaining: 0, retryAfterMs: maxRetryAfterMs + 1 },
      at,
      infinite,
      at,
    ],
    ["no headers: the window stays as it was", { remaining: 3 }, {}, at, 3, at],
    [
      "no headers, and the window was exhausted: it is open",
      { remaining: 0, probeAt: at + 5000, exhaustedAt: at - 1 },
      {},
      at,
      infinite,
      at,
    ],
    [
      "a request that was sent before the window was exhausted opens nothing",
      { remaining: 0, probeAt: at + 5000, exhaustedAt: at },
      {},
      at,
      0,
      at + 5000,
    ],
  ];
  test.each(table)("%s", (_what, before, headers, sentAt, remaining, next) => {
    const after = onAnswered({ ...openWindow, inFlight: 1, ...before }, headers, sentAt, at, 0);
    expect([after.remaining, nextAt(after, at), after.refusals]).toEqual([remaining, next, 0]);
  });

  test("after a refusal one request probes at the reset, and no other goes before its answer, or some seconds", () => {
    let window = onThrottled({ ...openWindow, inFlight: 2 }, { retryAfterMs: minute, sentAt: at }, at, 0);
    expect(nextAt(window, at)).toBe(at + minute);
    window = onSent(onDone(onDone(window)), at + minute);
    expect(nextAt(window, at + minute)).toBe(at + minute + 5000);
    window = onAnswered(window, { remaining: 19 }, at + minute, at + minute + 50, 0);
    expect(nextAt(onDone(window), at + minute + 50)).toBe(at + minute + 50);
  });

  test("a reset in the past, by this machine's clock, causes no busy loop: the pauses double", () => {
    let window = openWindow;
    let now = at;
    const pauses = Array.from({ length: 10 }, () => {
      window = onThrottled(window, { retryAfterMs: 0, sentAt: now }, now, 0);
      const pause = nextAt(window, now) - now;
      now += pause;
      return pause;
    });
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 20_000, 20_000]);
  });

  test("refusals of requests that were sent together count once, and the latest reset holds", () => {
    const first = onThrottled({ ...openWindow, inFlight: 2 }, { retryAfterMs: 500, sentAt: at }, at, 0);
    const second = onThrottled(first, { retryAfterMs: 800, sentAt: at }, at, 0);
    expect([second.refusals, nextAt(second, at)]).toEqual([1, at + 800]);
  });

  test("waits differ by the random number, by little", () => {
    expect(
      [minute, 600].map(
        (wait) =>
          nextAt(onThrottled(openWindow, { retryAfterMs: wait, sentAt: at }, at, 0.5), at) - at - wait,
      ),
    ).toEqual([250, 15]);
  });
});

test("of several families of headers the one with the least remaining counts, and no quota", () => {
  const headers = {
    "x-ratelimit-ew-id-per-minute-remaining": "0",
    "x-ratelimit-ew-id-per-minute-reset": "1970-01-01T00:01:00Z",
    "x-ratelimit-ew-id-per-day-remaining": "40",
    "x-ratelimit-ew-id-per-day-reset": "1970-01-02T00:00:00Z",
    "x-limit-ew-id-per-account-remaining": "0",
  };
  expect(limitsFromHeaders(headers, 1000)).toEqual({ remaining: 0, retryAfterMs: 59_000 });
  expect(
    limitsFromHeaders({ "x-ratelimit-remaining": "12", "x-ratelimit-next": "1970-01-01T00:00:01Z" }, 0),
  ).toEqual({ remaining: 12 });
  expect(limitsFromHeaders({}, 0)).toEqual({});
});

/** So many requests in a window of one minute, in the headers of EdgeWorkers; without `announces` only refusals have them. */
function windowed(time: Timeline, limit: number, latency: number, announces = true) {
  const hits: number[] = [];
  const seen = { refused: 0, order: [] as number[] };
  const send = async (number: number, report: (headers: Record<string, string>) => void) => {
    await time.sleep(latency);
    const recent = hits.filter((at) => at > time.now() - minute);
    if (recent.length >= limit) {
      seen.refused += 1;
      throw refusal((recent.at(-1) ?? 0) + minute);
    }
    hits.push(time.now());
    seen.order.push(number);
    const reset = new Date(time.now() + minute).toISOString();
    report(
      announces
        ? {
            "x-ratelimit-x-per-minute-remaining": String(limit - recent.length - 1),
            "x-ratelimit-x-per-minute-reset": reset,
          }
        : {},
    );
  };
  return { send, seen };
}

function announced(clock: Timeline, concurrency: number) {
  const limiter = createRateLimiter({ clock, random: () => 0.5, concurrency });
  return <T>(name: string, send: Send<T>) => limiter.schedule({ name, strategy: headerLimit }, send);
}

describe("many requests", () => {
  const loads: [count: number, limit: number, latency: number, announces: boolean, refused: number][] = [
    [400, 20, 50, true, 0],
    [400, 20, 2000, true, 0],
    [50, 5, 300, true, 10],
    // As many as are in flight when the limit is reached, each time.
    [400, 20, 50, false, 19 * 8],
  ];
  test.each(loads)(
    "of %i, %i in a minute, answered in %i ms, announced: %s",
    async (count, limit, latency, announces, mostRefused) => {
      const time = new Timeline();
      const { send, seen } = windowed(time, limit, latency, announces);
      const schedule = announced(time, 8);
      const all = Array.from({ length: count }, (_, number) =>
        schedule("x", (report) => send(number, report)),
      );
      await time.run(Promise.all(all));
      expect(time.now() / ((Math.ceil(count / limit) - 1) * minute)).toBeLessThan(1.15);
      expect(seen.refused).toBeLessThanOrEqual(mostRefused);
      // First come, first served, but for those that are in flight together.
      expect(Math.max(...seen.order.map((number, index) => Math.abs(number - index)))).toBeLessThan(2 * 8);
    },
  );

  test("of one limit block no other, and take no more than the shared slots", async () => {
    const time = new Timeline();
    const { send } = windowed(time, 20, 50);
    const schedule = announced(time, 8);
    const load = Promise.all(
      Array.from({ length: 100 }, (_, number) => schedule("x", (report) => send(number, report))),
    );
    let inFlight = 0;
    let most = 0;
    const other = async () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await time.sleep(100);
      inFlight -= 1;
    };
    const others = Promise.all(Array.from({ length: 80 }, () => schedule("y", other))).then(() => time.now());
    await time.run(load);
    expect([(await others) < 2000, most]).toEqual([true, 8]);
  });

  test("on a bucket that fills up steadily go as fast as that, however slow the answers are", async () => {
    const time = new Timeline();
    let left = 10;
    let at = 0;
    let refusals = 0;
    const send = async (report: (headers: Record<string, string>) => void) => {
      await time.sleep(1000);
      left = Math.min(10, left + (time.now() - at) / 600);
      at = time.now();
      if (left >= 1) left -= 1;
      else {
        refusals += 1;
        throw refusal(at + Math.ceil((1 - left) * 600));
      }
      await time.sleep(1000);
      const next = new Date(at + (left >= 1 ? 0 : Math.ceil((1 - left) * 600))).toISOString();
      report({
        "x-ratelimit-limit": "10",
        "x-ratelimit-remaining": String(Math.floor(left)),
        "x-ratelimit-next": next,
      });
    };
    const schedule = announced(time, 8);
    await time.run(Promise.all(Array.from({ length: 210 }, () => schedule("papi", send))));
    expect(time.now() / (200 * 600)).toBeLessThan(1.2);
    expect(refusals).toBeLessThan(210);
  });

  test("that are asked to wait for hours fail at once", async () => {
    const time = new Timeline();
    const schedule = announced(time, 8);
    const error = refusal(86_400_000);
    const ends = await time.run(
      Promise.allSettled(Array.from({ length: 30 }, () => schedule("x", () => Promise.reject(error)))),
    );
    expect(ends.every((end) => end.status === "rejected" && end.reason === error)).toBe(true);
    expect(time.now()).toBe(0);
  });

  test("fail when none succeeds for twenty minutes; with progress they go on for an hour", async () => {
    const time = new Timeline();
    const schedule = announced(time, 8);
    await expect(
      time.run(schedule("x", () => Promise.reject(refusal(undefined, "EKV_9100")))),
    ).rejects.toThrow(ApiError);
    expect(time.now()).toBeGreaterThan(1_200_000);
    expect(time.now()).toBeLessThan(1_250_000);
    const { send } = windowed(time, 1, 10);
    const began = time.now();
    await time.run(
      Promise.all(Array.from({ length: 60 }, (_, number) => schedule("y", (report) => send(number, report)))),
    );
    expect(time.now() - began).toBeGreaterThan(59 * minute);
  });

  test("other errors fail the request, and its slot is free again", async () => {
    const time = new Timeline();
    const schedule = announced(time, 1);
    await expect(schedule("x", () => Promise.reject(new TypeError("x")))).rejects.toThrow(TypeError);
    // Of Property Manager, a 429 without a time is a limit of number.
    const full = new ApiError({ method: "POST", path: "/papi/v1/x" }, 429, undefined, "", undefined, false);
    await expect(schedule("x", () => Promise.reject(full))).rejects.toThrow(ApiError);
    expect(await schedule("x", async () => 7)).toBe(7);
  });
});
