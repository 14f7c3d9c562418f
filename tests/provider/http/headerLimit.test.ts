import { ServiceError } from "../../../provider/errors";
import {
  answered,
  back,
  dispatcher,
  isForSpeed,
  longestWait,
  mayGoAt,
  open,
  type Quota,
  refused,
  sent,
  type Told,
  told,
} from "../../../provider/http/headerLimit";

const infinite = Number.POSITIVE_INFINITY;
const minute = 60_000;

/** Everybody sleeps side by side, and time goes on when nobody has anything else to do. */
class Timeline {
  #now = 0;
  readonly #sleepers: { at: number; wake: () => void }[] = [];
  now = () => this.#now;
  sleep = (milliseconds: number) => new Promise<void>((wake) => this.#sleepers.push({ at: this.#now + milliseconds, wake }));

  async run<T>(work: Promise<T>): Promise<T> {
    const end = { isReached: false };
    const done = work.finally(() => {
      end.isReached = true;
    });
    done.catch(() => undefined);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (end.isReached) return done;
      this.#sleepers.sort((a, b) => b.at - a.at);
      const first = this.#sleepers.pop();
      if (first === undefined) throw new Error("everybody waits for ever");
      this.#now = Math.max(this.#now, first.at);
      first.wake();
    }
  }
}

const refusal = (freeAt?: number, code?: string) =>
  new ServiceError({ method: "POST", path: "/x" }, 429, code, "", undefined, false, freeAt);

describe("a step", () => {
  const at = 1_000_000;

  test("as long as nothing is told, all may go", () => {
    expect(mayGoAt({ ...open, underWay: 500 }, at)).toBe(at);
  });

  // [what, line before, what is told, sent at, remaining, when the next may go with one under way]
  const table: [what: string, before: Partial<Quota>, told: Told, sentAt: number, remaining: number, next: number][] = [
    ["so many remain", {}, { remaining: 7 }, at, 7, at],
    ["what is under way counts among them", {}, { remaining: 1 }, at, 1, infinite],
    ["nothing remains: not before the time that is told", {}, { remaining: 0, waitMs: 2000 }, at, 0, at + 2000],
    ["nothing remains, and no time is told: it is for the service to refuse", {}, { remaining: 0 }, at, infinite, at],
    ["nothing remains for hours: the same", {}, { remaining: 0, waitMs: longestWait + 1 }, at, infinite, at],
    ["nothing is told: what was told before holds", { remaining: 3 }, {}, at, 3, at],
    ["nothing is told, and the line was closed: it is open", { remaining: 0, next: at + 5000, closedAt: at - 1 }, {}, at, infinite, at],
    ["what was sent before it was closed opens nothing", { remaining: 0, next: at + 5000, closedAt: at }, {}, at, 0, at + 5000],
  ];
  test.each(table)("%s", (_what, before, says, sentAt, remaining, next) => {
    const after = answered({ ...open, underWay: 1, ...before }, says, sentAt, at, 0);
    expect([after.remaining, mayGoAt(after, at), after.refusals]).toEqual([remaining, next, 0]);
  });

  test("after a refusal one goes at the time that was told, and no other before its answer, or some seconds", () => {
    let line = refused({ ...open, underWay: 2 }, minute, at, at, 0);
    expect(mayGoAt(line, at)).toBe(at + minute);
    line = sent(back(back(line)), at + minute);
    expect(mayGoAt(line, at + minute)).toBe(at + minute + 5000);
    line = answered(line, { remaining: 19 }, at + minute, at + minute + 50, 0);
    expect(mayGoAt(back(line), at + minute + 50)).toBe(at + minute + 50);
  });

  test("a time that is over by this machine's clock is no reason to ask without end: the pauses double", () => {
    let line = open;
    let now = at;
    const pauses = Array.from({ length: 10 }, () => {
      line = refused(line, 0, now, now, 0);
      const pause = mayGoAt(line, now) - now;
      now += pause;
      return pause;
    });
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 20_000, 20_000]);
  });

  test("refusals of what was sent together are one, and the latest time holds", () => {
    const first = refused({ ...open, underWay: 2 }, 500, at, at, 0);
    const second = refused(first, 800, at, at, 0);
    expect([second.refusals, mayGoAt(second, at)]).toEqual([1, at + 800]);
  });

  test("waits differ by the dice, by little", () => {
    expect([minute, 600].map((wait) => mayGoAt(refused(open, wait, at, at, 0.5), at) - at - wait)).toEqual([250, 15]);
  });
});

test("what headers tell: of several families the one of which the least is left, and no limit of number", () => {
  const headers = {
    "x-ratelimit-ew-id-per-minute-remaining": "0",
    "x-ratelimit-ew-id-per-minute-reset": "1970-01-01T00:01:00Z",
    "x-ratelimit-ew-id-per-day-remaining": "40",
    "x-ratelimit-ew-id-per-day-reset": "1970-01-02T00:00:00Z",
    "x-limit-ew-id-per-account-remaining": "0",
  };
  expect(told(headers, 1000)).toEqual({ remaining: 0, waitMs: 59_000 });
  expect(told({ "x-ratelimit-remaining": "12", "x-ratelimit-next": "1970-01-01T00:00:01Z" }, 0)).toEqual({ remaining: 12 });
  expect(told({}, 0)).toEqual({});
});

test.each([
  ["the service says when", refusal(5), true],
  ["EdgeKV's code for speed", refusal(undefined, "EKV_9100"), true],
  ["neither", refusal(), false],
  ["a limit of number", refusal(5, "EW3002"), false],
  ["something else", new ServiceError({ method: "GET", path: "/x" }, 404, undefined, "", undefined, false, 5), false],
])("a refusal for speed: %s", (_what, error, is) => {
  expect(isForSpeed(error)).toBe(is);
});

/** So many in a window that begins anew when it is over, told as EdgeWorkers tells it; `tells` is off where only refusals do. */
function windowed(time: Timeline, limit: number, latency: number, tells = true) {
  const hits: number[] = [];
  const seen = { refused: 0, order: [] as number[] };
  const send = async (number: number, heard: (headers: Record<string, string>) => void) => {
    await time.sleep(latency);
    const recent = hits.filter((at) => at > time.now() - minute);
    if (recent.length >= limit) {
      seen.refused += 1;
      throw refusal((recent.at(-1) ?? 0) + minute);
    }
    hits.push(time.now());
    seen.order.push(number);
    const reset = new Date(time.now() + minute).toISOString();
    heard(
      tells ? { "x-ratelimit-x-per-minute-remaining": String(limit - recent.length - 1), "x-ratelimit-x-per-minute-reset": reset } : {},
    );
  };
  return { send, seen };
}

describe("a flood", () => {
  const floods: [count: number, limit: number, latency: number, tells: boolean, refused: number][] = [
    [400, 20, 50, true, 0],
    [400, 20, 2000, true, 0],
    [50, 5, 300, true, 10],
    // As many as are under way when the limit is reached, each time.
    [400, 20, 50, false, 19 * 8],
  ];
  test.each(floods)("of %i, %i in a minute, answered in %i ms, told %s", async (count, limit, latency, tells, mostRefused) => {
    const time = new Timeline();
    const { send, seen } = windowed(time, limit, latency, tells);
    const dispatch = dispatcher({ clock: time, random: () => 0.5, atOnce: 8 });
    const all = Array.from({ length: count }, (_, number) => dispatch("x", (heard) => send(number, heard)));
    await time.run(Promise.all(all));
    expect(time.now() / ((Math.ceil(count / limit) - 1) * minute)).toBeLessThan(1.15);
    expect(seen.refused).toBeLessThanOrEqual(mostRefused);
    // First come, first served, but for those that are under way together.
    expect(Math.max(...seen.order.map((number, index) => Math.abs(number - index)))).toBeLessThan(2 * 8);
  });

  test("of one limit holds up no other, and takes no more than its places", async () => {
    const time = new Timeline();
    const { send } = windowed(time, 20, 50);
    const dispatch = dispatcher({ clock: time, random: () => 0.5, atOnce: 8 });
    const flood = Promise.all(Array.from({ length: 100 }, (_, number) => dispatch("x", (heard) => send(number, heard))));
    let underWay = 0;
    let most = 0;
    const other = async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await time.sleep(100);
      underWay -= 1;
    };
    const others = Promise.all(Array.from({ length: 80 }, () => dispatch("y", other))).then(() => time.now());
    await time.run(flood);
    expect([(await others) < 2000, most]).toEqual([true, 8]);
  });

  test("on a bucket that fills up steadily goes as fast as that, however slow the answers are", async () => {
    const time = new Timeline();
    let left = 10;
    let at = 0;
    let refusals = 0;
    const send = async (heard: (headers: Record<string, string>) => void) => {
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
      heard({ "x-ratelimit-limit": "10", "x-ratelimit-remaining": String(Math.floor(left)), "x-ratelimit-next": next });
    };
    const dispatch = dispatcher({ clock: time, random: () => 0.5, atOnce: 8 });
    await time.run(Promise.all(Array.from({ length: 210 }, () => dispatch("papi", send))));
    expect(time.now() / (200 * 600)).toBeLessThan(1.2);
    expect(refusals).toBeLessThan(210);
  });

  test("that is told to wait for hours fails at once, all of it", async () => {
    const time = new Timeline();
    const dispatch = dispatcher({ clock: time, random: () => 0.5, atOnce: 8 });
    const error = refusal(86_400_000);
    const ends = await time.run(Promise.allSettled(Array.from({ length: 30 }, () => dispatch("x", () => Promise.reject(error)))));
    expect(ends.every((end) => end.status === "rejected" && end.reason === error)).toBe(true);
    expect(time.now()).toBe(0);
  });

  test("of which nothing gets through for five minutes fails; one that moves goes on for an hour", async () => {
    const time = new Timeline();
    const dispatch = dispatcher({ clock: time, random: () => 0.5, atOnce: 8 });
    await expect(time.run(dispatch("x", () => Promise.reject(refusal(undefined, "EKV_9100"))))).rejects.toThrow(ServiceError);
    expect(time.now()).toBeGreaterThan(300_000);
    expect(time.now()).toBeLessThan(350_000);
    const { send } = windowed(time, 1, 10);
    const began = time.now();
    await time.run(Promise.all(Array.from({ length: 60 }, (_, number) => dispatch("y", (heard) => send(number, heard)))));
    expect(time.now() - began).toBeGreaterThan(59 * minute);
  });

  test("other errors go to who asked, and a place is free again", async () => {
    const time = new Timeline();
    const dispatch = dispatcher({ clock: time, random: () => 0.5, atOnce: 1 });
    await expect(dispatch("x", () => Promise.reject(new TypeError("x")))).rejects.toThrow(TypeError);
    await expect(dispatch("x", () => Promise.reject(refusal()))).rejects.toThrow(ServiceError);
    expect(await dispatch("x", async () => 7)).toBe(7);
  });
});
