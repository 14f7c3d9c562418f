import { retryWhileStale } from "../../../provider/consistency/write";
import { offline } from "../framework/fakes";

const refusals = (count: number) => {
  let sent = 0;
  return {
    count: () => sent,
    send: async () => {
      sent += 1;
      if (sent <= count) throw new Error("not heard of it");
      return "done";
    },
  };
};
const early = (error: unknown) => (error as Error).message === "not heard of it";

test("what a server refuses because it has not heard yet is sent again, until one has", async () => {
  const context = offline();
  const { clock } = context;
  const { send, count } = refusals(3);
  const began = clock.now();
  expect(await retryWhileStale(context, { send, isStale: early, window: 60 })).toBe("done");
  expect([count(), clock.now() - began]).toEqual([4, 6000]);
});

test("when every server has heard, the refusal is one", async () => {
  const context = offline();
  const { clock } = context;
  const { send, count } = refusals(100);
  const began = clock.now();
  await expect(retryWhileStale(context, { send, isStale: early, window: 10 })).rejects.toThrow(
    "not heard of it",
  );
  expect([count(), clock.now() - began]).toEqual([6, 10_000]);
});

test("any other refusal is final", async () => {
  const context = offline();
  const { send, count } = refusals(1);
  await expect(retryWhileStale(context, { send, isStale: () => false, window: 60 })).rejects.toThrow(
    "not heard of it",
  );
  expect(count()).toBe(1);
});
