import fc from "fast-check";
import { type Attempt, defaultRetryPolicy, retryDelay } from "../../../provider/http/retry";

const now = Date.parse("2026-03-04T09:00:00Z");
const half = 0.5;

function answered(method: string, status: number, headers: Record<string, string> = {}, number = 1): Attempt {
  return { method, number, elapsedMs: 0, outcome: { kind: "response", status, headers } };
}
function failed(method: string, reached: boolean): Attempt {
  return { method, number: 1, elapsedMs: 0, outcome: { kind: "failure", reached } };
}

const table: [what: string, attempt: Attempt, delay: number | undefined][] = [
  ["GET 200", answered("GET", 200), undefined],
  ["GET 400", answered("GET", 400), undefined],
  ["GET 401: bad credentials stay bad", answered("GET", 401), undefined],
  ["GET 403", answered("GET", 403), undefined],
  ["GET 404", answered("GET", 404), undefined],
  ["PUT 409", answered("PUT", 409), undefined],
  ["GET 429 without headers", answered("GET", 429), 250],
  ["POST 429: refused before it had an effect", answered("POST", 429), 250],
  ["429 with Retry-After in seconds", answered("GET", 429, { "Retry-After": "7" }), 7250],
  [
    "429 with Retry-After as a date",
    answered("GET", 429, { "retry-after": "Wed, 04 Mar 2026 09:00:03 GMT" }),
    3250,
  ],
  [
    "429 with X-RateLimit-Next",
    answered("GET", 429, { "x-ratelimit-next": "2026-03-04T09:00:02.500Z" }),
    2750,
  ],
  [
    "429 with an EdgeWorkers reset header",
    answered("POST", 429, { "x-ratelimit-activation-per-network-per-minute-reset": "2026-03-04T09:00:10Z" }),
    10_250,
  ],
  [
    "a limit that is not used up is not the one that was hit",
    answered("POST", 429, {
      "X-RateLimit-Activation-Per-Network-Per-Minute-Remaining": "0",
      "X-RateLimit-Activation-Per-Network-Per-Minute-Reset": "2026-03-04T09:00:10Z",
      "X-RateLimit-Activation-Per-Day-Remaining": "479",
      "X-RateLimit-Activation-Per-Day-Reset": "2026-03-05T09:00:00Z",
    }),
    10_250,
  ],
  [
    "a limit with room left is not the one that was hit, for Property Manager either",
    answered("GET", 429, { "X-RateLimit-Remaining": "900", "X-RateLimit-Next": "2026-03-04T09:00:02.500Z" }),
    250,
  ],
  [
    "a time already past asks for nothing",
    answered("GET", 429, { "x-ratelimit-next": "2026-03-04T08:00:00Z" }),
    250,
  ],
  ["a header that is no time is not believed", answered("GET", 429, { "retry-after": "soon" }), 250],
  ["a wait beyond the total is not begun", answered("GET", 429, { "retry-after": "3600" }), undefined],
  ["GET 500", answered("GET", 500), 250],
  ["PUT 502", answered("PUT", 502), 250],
  ["DELETE 503", answered("DELETE", 503), 250],
  ["GET 504", answered("GET", 504), 250],
  ["POST 500: its effect is unknown", answered("POST", 500), undefined],
  ["POST 504: its effect is unknown", answered("POST", 504), undefined],
  ["PATCH 503", answered("PATCH", 503), undefined],
  ["GET 501 will not get better", answered("GET", 501), undefined],
  ["GET broken connection", failed("GET", true), 250],
  ["POST broken connection: its effect is unknown", failed("POST", true), undefined],
  ["POST never connected: it had no effect", failed("POST", false), 250],
  ["the third wait is bounded by four times the first", answered("GET", 500, {}, 3), 1000],
  ["the last attempt is the last", answered("GET", 500, {}, defaultRetryPolicy.maxAttempts), undefined],
];

test.each(table)("%s", (_what, attempt, delay) => {
  expect(retryDelay(attempt, half, now)).toBe(delay);
});

test("no wait ends after the total, and none exceeds its bound", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 0, max: 400_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (number, elapsedMs, random) => {
        const delay = retryDelay({ ...answered("GET", 503, {}, number), elapsedMs }, random, now);
        if (delay === undefined) return;
        expect(number).toBeLessThan(defaultRetryPolicy.maxAttempts);
        expect(elapsedMs + delay).toBeLessThanOrEqual(defaultRetryPolicy.maxElapsedMs);
        expect(delay).toBeLessThan(
          Math.min(defaultRetryPolicy.maxDelayMs, defaultRetryPolicy.baseDelayMs * 2 ** (number - 1)) + 1,
        );
      },
    ),
  );
});
