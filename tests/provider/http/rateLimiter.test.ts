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
  "a request fails at once when the service asks to wait for more than five minutes (%s)",
  async (kind) => {
    const time = new Timeline();
    const error = refusal(300_001);
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
