import { ApiError } from "../../../provider/errors";
import { adaptiveLimit } from "../../../provider/http/adaptiveLimit";
import { headerLimit } from "../../../provider/http/headerLimit";
import { createRateLimiter } from "../../../provider/http/rateLimiter";
import { Timeline } from "./timeline";

const refusal = (retryAt?: number) =>
  new ApiError({ method: "PUT", path: "/x" }, 429, "EKV_9100", "", undefined, false, retryAt);
const limits = {
  headers: { name: "headers", strategy: headerLimit },
  adaptive: { name: "adaptive", strategy: adaptiveLimit({ concurrency: 2, maxConcurrency: 2 }) },
};
const both = ["headers", "adaptive"] as const;

function limiterOn(clock: Timeline, concurrency = 2) {
  const limiter = createRateLimiter({ clock, random: () => 0.5, concurrency });
  return <T>(kind: (typeof both)[number], send: () => Promise<T>) =>
    kind === "headers" ? limiter.schedule(limits.headers, send) : limiter.schedule(limits.adaptive, send);
}

test.each(both)("a refused request goes before those that came later (%s)", async (kind) => {
  const time = new Timeline();
  const schedule = limiterOn(time);
  const order: number[] = [];
  let isRefused = false;
  const send = async (number: number) => {
    await time.sleep(10);
    if (number === 1 && !isRefused) {
      isRefused = true;
      throw refusal();
    }
    order.push(number);
  };
  await time.run(Promise.all(Array.from({ length: 6 }, (_, number) => schedule(kind, () => send(number)))));
  expect(order.slice(0, 3)).toContain(1);
});

test.each(both)(
  "a request fails at once when the service asks to wait for more than twenty minutes (%s)",
  async (kind) => {
    const time = new Timeline();
    const error = refusal(1_200_001);
    await expect(time.run(limiterOn(time)(kind, () => Promise.reject(error)))).rejects.toBe(error);
    expect(time.now()).toBe(0);
  },
);

test("an adaptive limit uses none of the shared slots", async () => {
  const time = new Timeline();
  const schedule = limiterOn(time, 1);
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const items = [schedule("adaptive", () => gate), schedule("adaptive", () => gate)];
  expect(await time.run(schedule("headers", async () => 7))).toBe(7);
  release();
  await Promise.all(items);
});

test("requests of one limit keep the order in which they came", async () => {
  const time = new Timeline();
  const schedule = limiterOn(time, 1);
  const order: number[] = [];
  const send = async (number: number) => {
    await time.sleep(1);
    order.push(number);
  };
  await time.run(
    Promise.all(Array.from({ length: 50 }, (_, number) => schedule("headers", () => send(number)))),
  );
  expect(order).toEqual(Array.from({ length: 50 }, (_, number) => number));
});

describe("a limit that lasts for minutes", () => {
  test.each(both)("is waited out, with a line each half minute (%s)", async (kind) => {
    const time = new Timeline();
    const lines: string[] = [];
    const limiter = createRateLimiter({
      clock: time,
      random: () => 0.5,
      concurrency: 2,
      onProgress: (line) => lines.push(line),
    });
    const send = async () => {
      await time.sleep(10);
      if (time.now() < 8 * 60_000) throw refusal();
      return time.now();
    };
    const sent = Array.from({ length: 5 }, () =>
      kind === "headers" ? limiter.schedule(limits.headers, send) : limiter.schedule(limits.adaptive, send),
    );
    await time.run(Promise.all(sent));
    expect(time.now()).toBeLessThan(10 * 60_000);
    expect(lines.length).toBeGreaterThan(8);
    expect(lines.length).toBeLessThan(17);
    expect(lines[0]).toMatch(
      /^the service limits the rate: PUT \/x was answered with 429, and nothing got through for [345]\d s; trying again$/,
    );
  });

  test.each(both)("is mentioned at once where the service names a time, once for all (%s)", async (kind) => {
    const time = new Timeline();
    const lines: string[] = [];
    const limiter = createRateLimiter({
      clock: time,
      random: () => 0.5,
      concurrency: 2,
      onProgress: (line) => lines.push(line),
    });
    const until = 10 * 60_000;
    const send = async () => {
      await time.sleep(10);
      if (time.now() < until) throw refusal(until);
    };
    const sent = Array.from({ length: 3 }, () =>
      kind === "headers" ? limiter.schedule(limits.headers, send) : limiter.schedule(limits.adaptive, send),
    );
    await time.run(Promise.all(sent));
    expect(lines).toEqual([
      "the service limits the rate: PUT /x was answered with 429; trying again in 10 min",
    ]);
  });

  test.each(both)(
    "short ones are not mentioned, and time without requests is none of it (%s)",
    async (kind) => {
      const time = new Timeline();
      const lines: string[] = [];
      const limiter = createRateLimiter({
        clock: time,
        random: () => 0.5,
        concurrency: 2,
        onProgress: (line) => lines.push(line),
      });
      for (let round = 1; round <= 3; round++) {
        await time.run(time.sleep(60_000));
        let refusals = 2;
        const send = async () => {
          if (refusals-- > 0) throw refusal();
        };
        await time.run(
          kind === "headers"
            ? limiter.schedule(limits.headers, send)
            : limiter.schedule(limits.adaptive, send),
        );
      }
      expect(lines).toEqual([]);
    },
  );

  test("ends for all that wait when the run is cancelled", async () => {
    const cancelled = new Error("cancelled");
    const limiter = createRateLimiter({
      clock: { now: () => 0, sleep: () => Promise.reject(cancelled) },
      random: () => 0.5,
      concurrency: 1,
    });
    const sent = Array.from({ length: 3 }, () =>
      limiter.schedule(limits.headers, () => Promise.reject(refusal(60_000))),
    );
    const ends = await Promise.allSettled(sent);
    expect(ends.map((end) => end.status === "rejected" && end.reason)).toEqual([
      cancelled,
      cancelled,
      cancelled,
    ]);
  });
});
