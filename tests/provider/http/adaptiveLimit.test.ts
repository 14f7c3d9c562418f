import { ServiceError } from "../../../provider/errors";
import { accepted, type Pace, pacer, refused, sent, startPace } from "../../../provider/http/adaptiveLimit";

const infinite = Number.POSITIVE_INFINITY;
/** A pace that was found and lowered a while ago. */
const found = (parts: Partial<Pace> = {}): Pace => ({
  ...startPace(0, 8, 64),
  perSecond: 100,
  next: 10_000,
  loweredAt: 5000,
  second: 10_000,
  ...parts,
});

describe("a step", () => {
  test("at first only the number at once counts, and it doubles with each round of answers", () => {
    let pace = startPace(0, 8, 64);
    expect([pace.perSecond, pace.atOnce, sent(pace, 5).next]).toEqual([infinite, 8, 0]);
    for (let answer = 0; answer < 8; answer++) pace = accepted(pace, 10);
    expect(pace.atOnce).toBe(16);
    for (let answer = 0; answer < 100; answer++) pace = accepted(pace, 10);
    expect([pace.atOnce, pace.perSecond]).toEqual([64, infinite]);
  });

  test("more at once than allowed is not begun with", () => {
    expect(startPace(0, 8, 4).atOnce).toBe(4);
  });

  // [what, pace before, what was refused, now, what follows]
  test.each([
    [
      "the first refusal: what got through in the last second, less a little",
      { perSecond: infinite, accepted: 73 },
      {},
      10_090,
      67.16,
      11_090,
      1000,
    ],
    [
      "a part of the second before counts as far as it reaches",
      { perSecond: infinite, accepted: 10, acceptedBefore: 60 },
      {},
      10_500,
      36.8,
      11_500,
      1000,
    ],
    ["nothing got through: the slowest there is", { perSecond: infinite }, {}, 10_000, 1, 11_000, 1000],
    ["a refusal at the limit: a little less, and a short pause", { accepted: 100 }, {}, 10_999, 92, 11_099, 100],
    ["far above it: what got through", { accepted: 70 }, {}, 10_999, 64.4, 11_099, 100],
    ["never less than half at once", { accepted: 3 }, {}, 10_999, 50, 11_099, 100],
    ["again, and nothing between: a longer pause", { accepted: 100, pauseMs: 400 }, {}, 10_999, 92, 11_799, 800],
    ["and again: not longer than this", { accepted: 100, pauseMs: 9000 }, {}, 10_999, 92, 20_999, 10_000],
    ["the service says how long", { accepted: 100 }, { askedMs: 3000 }, 10_999, 92, 13_999, 100],
    ["what was sent before it was lowered tells nothing new", {}, { sentAt: 5000 }, 10_000, 100, 10_000, 0],
    ["but how long to wait is heard", {}, { sentAt: 5000, askedMs: 700 }, 10_000, 100, 10_700, 0],
  ])("%s", (_what, before, refusal, now, perSecond, next, pauseMs) => {
    const after = refused(found(before), { sentAt: 9900, ...refusal }, now, 0.5);
    expect([after.perSecond, after.next, after.pauseMs].map((value) => Math.round(value * 1000) / 1000)).toEqual([
      perSecond,
      next,
      pauseMs,
    ]);
  });

  test("pauses differ by the dice", () => {
    const pauses = [0, 0.5, 0.999].map((dice) => refused(found(), { sentAt: 9900 }, 10_000, dice).next - 10_000);
    expect(pauses.map(Math.round)).toEqual([75, 100, 125]);
  });

  test("it climbs by a fiftieth in a second, and something that gets through ends the pauses", () => {
    let pace = found({ pauseMs: 800 });
    for (let answer = 0; answer < 100; answer++) pace = accepted(pace, 10_000 + answer * 10);
    expect(Math.round(pace.perSecond)).toBe(102);
    expect(pace.pauseMs).toBe(0);
    let slow = found({ perSecond: 1 });
    for (let second = 0; second < 4; second++) slow = accepted(slow, 11_000 + second * 1000);
    expect(slow.perSecond).toBeGreaterThan(2.1);
  });

  test("it climbs faster, by the square of the time, when the refusal of a speed at the limit does not come; ten times at most", () => {
    const climbs = [0, 8, 16, 24, 60].map((seconds) => accepted(found({ loweredAt: 10_000 - seconds * 1000 }), 10_000).perSecond - 100);
    expect(climbs.map((climb) => Math.round(climb * 1000) / 1000)).toEqual([0.02, 0.02, 0.08, 0.18, 0.2]);
  });

  test("requests go at even distances; a late timer may catch up, an idle minute gives no burst", () => {
    expect(sent(found({ next: 10_000 }), 10_000).next).toBe(10_010);
    expect(sent(found({ next: 10_000 }), 10_015).next).toBe(10_010);
    expect(sent(found({ next: 10_000 }), 70_000).next).toBe(69_990);
  });
});

/** A clock on which everything that waits gets its turn in the order of time. */
class Timeline {
  #now = 0;
  #waiting: { readonly at: number; readonly go: () => void }[] = [];
  now = () => this.#now;
  sleep = (milliseconds: number) =>
    new Promise<void>((go) => {
      this.#waiting.push({ at: this.#now + milliseconds, go });
    });
  /** Runs until the work is done; returns the seconds that it took. */
  async run(work: Promise<unknown>): Promise<number> {
    let done = false;
    void work.finally(() => {
      done = true;
    });
    while (!done) {
      await new Promise(setImmediate);
      if (done) break;
      const first = this.#waiting.reduce((earliest, one) => (one.at < earliest.at ? one : earliest), { at: infinite, go: () => undefined });
      if (first.at === infinite) throw new Error("nothing is under way");
      this.#waiting = this.#waiting.filter((one) => one !== first);
      this.#now = Math.max(this.#now, first.at);
      first.go();
    }
    await work;
    return this.#now / 1000;
  }
}

const tooFast = (freeAt?: number) => new ServiceError({ method: "PUT", path: "/x" }, 429, "EKV_9100", "", undefined, false, freeAt);

/** A service that takes `limit` requests in any second, counting those that it refuses, and answers after a while. */
function service(timeline: Timeline, limit: () => number, latencyMs: number) {
  let hits: number[] = [];
  const seen = { refused: 0, atOnce: 0, mostAtOnce: 0 };
  const send = async () => {
    seen.atOnce += 1;
    seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.atOnce);
    await timeline.sleep(latencyMs / 2);
    hits = [...hits.filter((at) => at > timeline.now() - 1000), timeline.now()];
    const isRefused = hits.length > limit();
    await timeline.sleep(latencyMs / 2);
    seen.atOnce -= 1;
    if (!isRefused) return;
    seen.refused += 1;
    throw tooFast();
  };
  return { seen, send };
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
  ])("of %i in a second, answering in %i ms, is used to %d, with few refusals", async (limit, latency, part) => {
    const timeline = new Timeline();
    const { seen, send } = service(timeline, () => limit, latency);
    const go = pacer({ clock: timeline, random: () => 0.5, atOnce: 8, mostAtOnce: 64 });
    const count = limit * 60;
    const took = await timeline.run(Promise.all(Array.from({ length: count }, () => go(send))));
    const possible = Math.min(limit, (64 * 1000) / latency);
    expect(count / took / possible).toBeGreaterThan(part);
    expect(seen.refused / count).toBeLessThan(0.1);
    expect(seen.mostAtOnce).toBeLessThanOrEqual(64);
  });

  test("that takes whatever comes is only held back by the number at once", async () => {
    const timeline = new Timeline();
    const { send } = service(timeline, () => infinite, 10);
    const go = pacer({ clock: timeline, random: () => 0.5, atOnce: 8, mostAtOnce: 64 });
    const took = await timeline.run(Promise.all(Array.from({ length: 2000 }, () => go(send))));
    // 64 at once and 10 ms each: 6400 in a second.
    expect(2000 / took).toBeGreaterThan(5000);
  });

  test("that takes less for a while is followed down and up again", async () => {
    const timeline = new Timeline();
    const limit = () => (timeline.now() > 20_000 && timeline.now() < 40_000 ? 20 : 80);
    const { send } = service(timeline, limit, 20);
    const go = pacer({ clock: timeline, random: () => 0.5, atOnce: 8, mostAtOnce: 64 });
    const took = await timeline.run(Promise.all(Array.from({ length: 5600 }, () => go(send))));
    // 20 s of 80, 20 s of 20 and 45 s of 80 would be all.
    expect(took).toBeLessThan(125);
  });
});

test("a service that lets nothing through for five minutes is believed", async () => {
  const timeline = new Timeline();
  const go = pacer({ clock: timeline, random: () => 0.5, atOnce: 8, mostAtOnce: 64 });
  const failed = go(() => Promise.reject(tooFast())).catch((error: unknown) => error);
  const took = await timeline.run(failed);
  expect(await failed).toBeInstanceOf(ServiceError);
  expect(took).toBeGreaterThan(300);
  expect(took).toBeLessThan(320);
});

test("other errors go to who asked, at once, and count as answers", async () => {
  const timeline = new Timeline();
  const go = pacer({ clock: timeline, random: () => 0.5, atOnce: 1, mostAtOnce: 2 });
  const absent = new ServiceError({ method: "GET", path: "/x" }, 404, "EKV_9000", "", undefined, false);
  await expect(go(() => Promise.reject(absent))).rejects.toBe(absent);
  await expect(go(() => Promise.reject(new TypeError("x")))).rejects.toThrow(TypeError);
});
