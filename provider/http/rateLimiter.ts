/**
 * What happens on 429, part one: a request that was refused for its rate had no effect. It goes back to the front of the queue of its limit, and the limit's
 * strategy decides when the queue moves on. (Part two is retry.ts: a 429 that no strategy knows is repeated like other errors.)
 *
 * Requests of one limit wait in one queue, first come first served. A strategy is pure; this file has its effects: time, queues and slots.
 */

import { ApiError } from "../errors";
import { type Clock, formatDuration } from "../runtime/clock";
import type { ResponseHeaders } from "../runtime/httpClient";
import { type Limit, type LimitStrategy, maxRetryAfterMs } from "./limitStrategy";

/** Milliseconds without any progress of a queue after which a refused request fails. */
const stallTimeoutMs = maxRetryAfterMs;
/** Milliseconds without progress between two lines for the user. */
const reportIntervalMs = 30_000;

export interface RateLimiterOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Requests in flight at most, of all limits together that have no concurrency of their own. */
  readonly concurrency: number;
  /** Called with a line for the user when a limit takes long. */
  readonly onProgress?: ((line: string) => void) | undefined;
}

/** Sends a request once. Call `report` with the headers of the answer, be it a success or an error. */
export type Send<T> = (report: (headers: ResponseHeaders) => void) => Promise<T>;

export interface RateLimiter {
  /**
   * Sends a request as soon as its limit allows it, and again while the service refuses it for its rate. Fails with any other error of `send`; with the refusal,
   * when the service asks to wait for more than 20 minutes, or when no request of the limit succeeded for 20 minutes.
   */
  schedule<State, T>(limit: Limit<State>, send: Send<T>): Promise<T>;
}

interface Waiting {
  /** Counts up over all limits: the lower number goes first. */
  readonly number: number;
  readonly go: () => void;
  readonly fail: (error: unknown) => void;
}

/** The queue of one limit. */
interface Queue {
  readonly waiting: Waiting[];
  inFlight: number;
  /** When an answer last was no refusal. */
  lastProgressAt: number;
  /** When the service first refused since then. */
  refusedAt: number | undefined;
  /** When the next line for the user is due. */
  reportAt: number;
  /** The earliest timer that is set for this queue. */
  wakeAt: number;
  readonly concurrency: () => number | undefined;
  readonly nextAt: () => number;
  readonly sent: () => void;
  readonly answered: (sentAt: number, headers: ResponseHeaders) => void;
  readonly throttled: (sentAt: number, retryAfterMs: number) => void;
  readonly done: () => void;
}

export function createRateLimiter({
  clock,
  random,
  concurrency,
  onProgress,
}: RateLimiterOptions): RateLimiter {
  const queues = new Map<string, Queue>();
  let sharedInFlight = 0;
  let issued = 0;

  function queueOf<State>({ name, strategy }: Limit<State>): Queue {
    const queue = queues.get(name) ?? createQueue(strategy, clock, random);
    queues.set(name, queue);
    return queue;
  }

  function hasSlot(queue: Queue): boolean {
    const own = queue.concurrency();
    return own === undefined ? sharedInFlight < concurrency : queue.inFlight < own;
  }

  /** Starts all requests that may go now, in the order in which they came. */
  function advance(): void {
    for (let queue = nextQueue(); queue !== undefined; queue = nextQueue()) {
      queue.inFlight += 1;
      if (queue.concurrency() === undefined) sharedInFlight += 1;
      queue.sent();
      queue.waiting.shift()?.go();
    }
  }

  function nextQueue(): Queue | undefined {
    let first: Queue | undefined;
    for (const queue of queues.values()) {
      const [head] = queue.waiting;
      if (head === undefined || !hasSlot(queue)) continue;
      const at = queue.nextAt();
      if (at > clock.now()) wake(queue, at);
      else if (head.number < (first?.waiting[0]?.number ?? Number.POSITIVE_INFINITY)) first = queue;
    }
    return first;
  }

  function wake(queue: Queue, at: number): void {
    if (at >= queue.wakeAt) return;
    queue.wakeAt = at;
    const waking = clock.sleep(at - clock.now()).then(() => {
      if (queue.wakeAt === at) queue.wakeAt = Number.POSITIVE_INFINITY;
      advance();
    });
    // A cancelled run ends all waits: what is in the queue is not sent any more.
    waking.catch((error) => {
      queue.wakeAt = Number.POSITIVE_INFINITY;
      for (const { fail } of queue.waiting.splice(0)) fail(error);
    });
  }

  /** One line for each half minute without progress, and one at once where the service asks for a long wait. */
  function report(queue: Queue, { request: { method, path } }: ApiError, retryAfterMs: number): void {
    const now = clock.now();
    if (queue.refusedAt === undefined) {
      queue.refusedAt = now;
      queue.reportAt = retryAfterMs < reportIntervalMs ? now + reportIntervalMs : now;
    }
    if (now < queue.reportAt) return;
    queue.reportAt = now + Math.max(reportIntervalMs, retryAfterMs);
    const stalled = Math.round((now - queue.refusedAt) / 1000);
    const next =
      retryAfterMs < reportIntervalMs
        ? "trying again"
        : `trying again in ${formatDuration(retryAfterMs / 1000)}`;
    onProgress?.(
      `the service limits the rate: ${method} ${path} was answered with 429${stalled < 1 ? "" : `, and nothing got through for ${formatDuration(stalled)}`}; ${next}`,
    );
  }

  /** Waits in the queue. A refused request keeps its number, so it is at the front again. */
  function turn({ waiting }: Queue, number: number): Promise<void> {
    return new Promise((go, fail) => {
      waiting.splice(waiting.findLastIndex((other) => other.number < number) + 1, 0, { number, go, fail });
      advance();
    });
  }

  function leave(queue: Queue): void {
    queue.done();
    queue.inFlight -= 1;
    if (queue.concurrency() === undefined) sharedInFlight -= 1;
    advance();
  }

  return {
    async schedule(limit, send) {
      const queue = queueOf(limit);
      const number = issued++;
      const began = clock.now();
      for (;;) {
        await turn(queue, number);
        const sentAt = clock.now();
        let headers: ResponseHeaders | undefined;
        try {
          const result = await send((reported) => {
            headers = reported;
          });
          queue.answered(sentAt, headers ?? {});
          return result;
        } catch (error) {
          if (!limit.strategy.isThrottled(error)) {
            if (headers !== undefined || error instanceof ApiError) queue.answered(sentAt, headers ?? {});
            throw error;
          }
          const now = clock.now();
          const retryAfterMs = Math.max(0, (error.retryAt ?? now) - now);
          if (retryAfterMs > maxRetryAfterMs || now - Math.max(queue.lastProgressAt, began) > stallTimeoutMs)
            throw error;
          queue.throttled(sentAt, retryAfterMs);
          report(queue, error, retryAfterMs);
        } finally {
          leave(queue);
        }
      }
    },
  };
}

/** Joins a strategy with its state. */
function createQueue<State>(strategy: LimitStrategy<State>, clock: Clock, random: () => number): Queue {
  let state = strategy.start(clock.now());
  const queue: Queue = {
    waiting: [],
    inFlight: 0,
    lastProgressAt: clock.now(),
    refusedAt: undefined,
    reportAt: 0,
    wakeAt: Number.POSITIVE_INFINITY,
    concurrency: () => strategy.concurrency?.(state),
    nextAt: () => strategy.nextAt(state, clock.now()),
    sent: () => {
      state = strategy.onSent(state, clock.now());
    },
    answered: (sentAt, headers) => {
      queue.lastProgressAt = clock.now();
      queue.refusedAt = undefined;
      state = strategy.onAnswered(state, { sentAt, headers }, queue.lastProgressAt, random());
    },
    throttled: (sentAt, retryAfterMs) => {
      state = strategy.onThrottled(state, { sentAt, retryAfterMs }, clock.now(), random());
    },
    done: () => {
      state = strategy.onDone?.(state) ?? state;
    },
  };
  return queue;
}
