import { retryWhileStale } from "../../../provider/consistency/write";
import { offline } from "../framework/fakes";

const refusals = (count: number) => {
  let sent = 0;
  return {
    count: () => sent,
    send: async () => {
      sent += 1;
      if (sent <= count) throw new Error("stale");
      return "done";
    },
  };
};
const isStale = (error: unknown) => (error as Error).message === "stale";

test("what a server refuses while it is stale is sent again, until one is not", async () => {
  const context = offline();
  const { clock } = context;
  const { send, count } = refusals(3);
  const began = clock.now();
  expect(await retryWhileStale(context, { send, isStale, window: 60 })).toBe("done");
  expect([count(), clock.now() - began]).toEqual([4, 6000]);
});

test("once the window is over, the refusal counts", async () => {
  const context = offline();
  const { clock } = context;
  const { send, count } = refusals(100);
  const began = clock.now();
  await expect(retryWhileStale(context, { send, isStale, window: 10 })).rejects.toThrow("stale");
  expect([count(), clock.now() - began]).toEqual([6, 10_000]);
});

test("any other refusal is final", async () => {
  const context = offline();
  const { send, count } = refusals(1);
  await expect(retryWhileStale(context, { send, isStale: () => false, window: 60 })).rejects.toThrow("stale");
  expect(count()).toBe(1);
});
