/**
 * What happens on 429, part one: a request that was refused for its rate had no effect. It goes back to the front of the queue of its limit, and the limit's
 * strategy decides when the queue moves on. (Part two is retry.ts: a 429 that no strategy knows is repeated like other errors.)
 *
 * Requests of one limit wait in one queue, first come first served. A strategy is pure; this file has its effects: time, queues and slots.
 */

import { ApiError } from "../errors";
import type { Clock } from "../runtime/clock";
import type { ResponseHeaders } from "../runtime/httpClient";
import { type Limit, type LimitStrategy, maxRetryAfterMs } from "./limitStrategy";

/** Milliseconds without any progress of a queue after which a refused request fails. */
const stallTimeoutMs = 300_000;

export interface RateLimiterOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Requests in flight at most, of all limits together that have no concurrency of their own. */
  readonly concurrency: number;
}

/** Sends a request once. Call `report` with the headers of the answer, be it a success or an error. */
export type Send<T> = (report: (headers: ResponseHeaders) => void) => Promise<T>;

export interface RateLimiter {
  /**
   * Sends a request as soon as its limit allows it, and again while the service refuses it for its rate. Fails with any other error of `send`; with the refusal,
   * when the service asks to wait for more than 5 minutes, or when no request of the limit succeeded for 5 minutes.
   */
  schedule<State, T>(limit: Limit<State>, send: Send<T>): Promise<T>;
}

interface Waiting {
  /** Counts up over all limits: the lower number goes first. */
  readonly number: number;
  readonly go: () => void;
}

/** The queue of one limit. */
interface Queue {
  readonly waiting: Waiting[];
  inFlight: number;
  /** When an answer last was no refusal. */
  lastProgressAt: number;
  /** The earliest timer that is set for this queue. */
  wakeAt: number;
  readonly concurrency: () => number | undefined;
  readonly nextAt: () => number;
  readonly sent: () => void;
  readonly answered: (sentAt: number, headers: ResponseHeaders) => void;
  readonly throttled: (sentAt: number, retryAfterMs: number) => void;
  readonly done: () => void;
}

export function createRateLimiter({ clock, random, concurrency }: RateLimiterOptions): RateLimiter {
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
    void clock.sleep(at - clock.now()).then(() => {
      if (queue.wakeAt === at) queue.wakeAt = Number.POSITIVE_INFINITY;
      advance();
    });
  }

  /** Waits in the queue. A refused request keeps its number, so it is at the front again. */
  function turn({ waiting }: Queue, number: number): Promise<void> {
    return new Promise((go) => {
      waiting.splice(waiting.findLastIndex((other) => other.number < number) + 1, 0, { number, go });
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
    wakeAt: Number.POSITIVE_INFINITY,
    concurrency: () => strategy.concurrency?.(state),
    nextAt: () => strategy.nextAt(state, clock.now()),
    sent: () => {
      state = strategy.onSent(state, clock.now());
    },
    answered: (sentAt, headers) => {
      queue.lastProgressAt = clock.now();
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
