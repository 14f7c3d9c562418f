/** Many who wait for the same listing, each a little later than the one before: as an engine with many resources begins them. */
import { pollUntil } from "../../../provider/consistency/poll";
import { observeShared, SharedRead } from "../../../provider/consistency/sharedRead";
import { VirtualClock } from "../../support/testEngine/virtualClock";
import { offline } from "../framework/fakes";

async function readsOf(waiters: number, delay: number, consecutiveMatches = 1): Promise<number> {
  let now = 0;
  const clock = new VirtualClock({
    now: () => now,
    advance: (seconds) => {
      now += seconds * 1000;
    },
  });
  const context = { ...offline(), clock };
  let reads = 0;
  const shared = new SharedRead(clock, async () => {
    reads += 1;
    return clock.now();
  });
  await Promise.all(
    Array.from({ length: waiters }, async (_, n) => {
      await clock.sleep(n * 50);
      const began = clock.now();
      const observe = observeShared(context, shared);
      await pollUntil(context, {
        what: "two seconds to go by",
        delay,
        consecutiveMatches,
        timeout: 60,
        observe: async () => {
          const seen = await observe();
          return seen - began >= 2000
            ? { state: "over", is: "reached", value: undefined }
            : { state: "not over", is: "pending" };
        },
      });
    }),
  );
  return reads;
}

test("200 that begin one after the other share two reads in a second", async () => {
  // They begin within 10 s, and the last one waits for 2 more.
  expect(await readsOf(200, 1)).toBeLessThanOrEqual(40);
  // One look at once would be a read for each.
  expect(await readsOf(200, 0)).toBeGreaterThanOrEqual(200);
});

test("200 that want what they see confirmed share three reads in a second", async () => {
  // They begin within 10 s, and the last one waits for 3 more.
  expect(await readsOf(200, 1, 3)).toBeLessThanOrEqual(39);
});
