import { createOnce } from "../../../provider/consistency/write";
import { ApiError, ConnectionError } from "../../../provider/errors";
import { type FakeContext, offline } from "../framework/fakes";

const request = { method: "POST", path: "/edgekv/v1/tokens" };
const lost = () => new ConnectionError(request, "ETIMEDOUT", "no answer", true);
const broken = () => new ApiError(request, 500, "EKV_0000", "An internal error occurred.", undefined, true);
const taken = () => new ApiError(request, 409, "EKV_3000", "already stored", undefined, false);

/** What sending gives, one after the other, and when the effect can be seen. */
async function attempt(outcomes: readonly (string | Error)[], seenAfterSeconds?: number, visibleWithin = 10) {
  const context: FakeContext = offline();
  const began = context.clock.now();
  const log: string[] = [];
  let sent = 0;
  const outcome = await createOnce(context, {
    send: async () => {
      log.push("send");
      const next = outcomes[Math.min(sent++, outcomes.length - 1)];
      if (next instanceof Error) throw next;
      return String(next);
    },
    find: async () => {
      log.push("find");
      return seenAfterSeconds !== undefined && context.clock.now() - began >= seenAfterSeconds * 1000
        ? "found"
        : undefined;
    },
    window: visibleWithin,
  }).catch((error: unknown) => error);
  return { outcome, sent, log, slept: context.clock.slept };
}

test("a request that succeeds is sent once, and nothing is looked for", async () => {
  expect(await attempt(["made"])).toMatchObject({ outcome: "made", log: ["send"], slept: [] });
});

test.each([
  ["an answer that was lost", lost()],
  ["an error inside the service", broken()],
])("after %s, the effect is looked for before anything is sent again", async (_what, error) => {
  const { outcome, log } = await attempt([error, "twice"], 2);
  expect([outcome, log]).toEqual(["found", ["send", "find"]]);
});

test("an effect that a replica shows late is still found", async () => {
  const { outcome, sent } = await attempt([lost(), "twice"], 9);
  expect([outcome, sent]).toEqual(["found", 1]);
});

test("a request without any effect is sent again, after it was looked for as long as it may take to show", async () => {
  const { outcome, log, slept } = await attempt([lost(), "made"]);
  expect([outcome, log]).toEqual(["made", ["send", "find", "find", "find", "find", "find", "send"]]);
  expect(slept.reduce((sum, ms) => sum + ms, 0)).toBe(10_000);
});

test("three times and no more", async () => {
  const error = lost();
  const { outcome, sent } = await attempt([error]);
  expect([outcome, sent]).toEqual([error, 3]);
});

test("the effect of the last attempt is looked for too", async () => {
  expect((await attempt([lost()], 29)).outcome).toBe("found");
});

test.each([400, 401, 403, 404, 409, 413, 422, 429])(
  "a refusal (%i) is not sent again, and nothing is looked for",
  async (status) => {
    const error = new ApiError(request, status, undefined, "no", undefined, false);
    expect(await attempt([error])).toMatchObject({ outcome: error, log: ["send"], slept: [] });
  },
);

test("a connection that was never made is not sent again here: that is the transport's", async () => {
  const error = new ConnectionError(request, "ECONNREFUSED", "no", false);
  expect((await attempt([error])).log).toEqual(["send"]);
});

test("a refusal of the second attempt is taken for what it may be: the first one's effect, seen late", async () => {
  expect((await attempt([lost(), taken()], 12)).outcome).toBe("found");
});

test("a refusal of the second attempt is an error when nothing is to be found", async () => {
  const error = taken();
  const { outcome, sent } = await attempt([lost(), error]);
  expect([outcome, sent]).toEqual([error, 2]);
});

test("an effect that shows at once is not waited for longer than that", async () => {
  const { slept } = await attempt([lost()], 0, 0.5);
  expect(slept).toEqual([500]);
});
