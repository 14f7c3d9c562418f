import { forEachConcurrently } from "../../../provider/items/concurrently";
import { formatCount, formatItems, formatKeys, formatProgress } from "../../../provider/items/format";

test.each([
  [[], ""],
  [["a"], "a"],
  [["a", "b", "c", "d", "e"], "a, b, c, d, e"],
  [["a", "b", "c", "d", "e", "f"], "a, b, c, d, e and 1 more"],
  [Array.from({ length: 2005 }, (_, index) => `k${index}`), "k0, k1, k2, k3, k4 and 2,000 more"],
])("some of %j", (keys, expected) => {
  expect(formatKeys(keys)).toBe(expected);
});

test("counts", () => {
  expect([formatCount(0), formatCount(1_234_567), formatItems(1), formatItems(1200)]).toEqual([
    "0",
    "1,234,567",
    "1 item",
    "1,200 items",
  ]);
});

test.each([
  [0, 100, 30_000, "0 of 100 done, 0 in a second"],
  [10, 100, 30_000, "10 of 100 done, 0.3 in a second, about 4 min 30 s left"],
  [2130, 100_000, 30_000, "2,130 of 100,000 done, 71 in a second, about 22 min 58 s left"],
  [5, 5, 0, "5 of 5 done, 5000 in a second, about 0 s left"],
])("progress: %i of %i in %i ms", (done, total, elapsed, expected) => {
  expect(formatProgress(done, total, elapsed)).toBe(expected);
});

describe("concurrently", () => {
  async function* numbers(count: number, failAt?: number): AsyncGenerator<number> {
    for (let number = 0; number < count; number++) {
      if (number === failAt) throw new Error("the source broke");
      yield number;
    }
  }

  test("all is done, never more at once than there are workers, and nothing is fetched before one is free", async () => {
    let running = 0;
    let most = 0;
    const done: number[] = [];
    await forEachConcurrently(numbers(50), 4, async (number) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, number % 3));
      running -= 1;
      done.push(number);
    });
    expect([most, done.sort((a, b) => a - b)]).toEqual([4, Array.from({ length: 50 }, (_, index) => index)]);
  });

  test("an error of the source is thrown when all that has begun is done", async () => {
    const done: number[] = [];
    const work = forEachConcurrently(numbers(50, 10), 4, async (number) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      done.push(number);
    });
    await expect(work).rejects.toThrow("the source broke");
    expect(done).toHaveLength(10);
  });

  test("nothing to do, or no worker", async () => {
    await forEachConcurrently(numbers(0), 4, () => Promise.reject(new Error("never")));
    await forEachConcurrently(numbers(3), 0, () => Promise.reject(new Error("never")));
  });
});
