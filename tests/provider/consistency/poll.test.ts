import { type Observation, type Poll, pollUntil } from "../../../provider/consistency/poll";
import { findEventually } from "../../../provider/consistency/read";
import { WaitError } from "../../../provider/errors";
import { offline } from "../framework/fakes";

const pending: Observation<string> = { state: "IN_PROGRESS", is: "pending" };
const reached: Observation<string> = { state: "COMPLETE", is: "reached", value: "done" };
const failed: Observation<string> = { state: "ERROR", is: "failed" };

/** A wait that sees one look after the other, the last one for ever. */
async function watch(looks: readonly Observation<string>[], wait: Partial<Poll<string>> = {}) {
  const context = offline();
  let looked = 0;
  const look = async () => looks[Math.min(looked++, looks.length - 1)] ?? pending;
  const outcome = await pollUntil(context, {
    what: "token a to become COMPLETE",
    timeout: 60,
    observe: look,
    ...wait,
  }).then(
    (value) => ({ value, error: undefined }),
    (error: unknown) => ({ value: undefined, error: error as Error }),
  );
  const { slept } = context.clock;
  return {
    ...outcome,
    looked,
    slept,
    messages: context.messages,
    waited: slept.reduce((sum, ms) => sum + ms, 0) / 1000,
  };
}

describe("a wait", () => {
  test("for what is there already does not sleep", async () => {
    const { value, slept, messages } = await watch([reached]);
    expect([value, slept, messages]).toEqual(["done", [], []]);
  });

  test("ends with what it saw", async () => {
    expect((await watch([pending, pending, reached])).value).toBe("done");
  });

  test("that runs out of time names what it was for, how long it took, the last state and what to do", async () => {
    const { error, waited } = await watch([pending], { timeout: 90, hint: "Call somebody." });
    expect(error).toBeInstanceOf(WaitError);
    expect(error?.message).toBe(
      "waited 1 min 30 s for token a to become COMPLETE; it is still IN_PROGRESS. Call somebody.",
    );
    expect(waited).toBe(90);
  });

  test("that runs out of time says by itself that the next run goes on", async () => {
    expect((await watch([pending])).error?.message).toMatch(/Run again: the wait goes on from there\.$/);
  });

  test("looks once more when time is up, and takes what it sees then", async () => {
    const context = offline();
    const look = async () => (context.clock.now() - began >= 60_000 ? reached : pending);
    const began = context.clock.now();
    expect(await pollUntil(context, { what: "it", timeout: 60, observe: look })).toBe("done");
  });

  test("that comes to a state that is final, and not the target, fails at once and names it", async () => {
    const { error, looked } = await watch([pending, failed]);
    expect(error).toBeInstanceOf(WaitError);
    expect(error?.message).toBe("waited for token a to become COMPLETE, but it is ERROR");
    expect(looked).toBe(2);
  });

  test("fails with what a look fails with", async () => {
    const look = async () => {
      throw new Error("no answer");
    };
    await expect(pollUntil(offline(), { what: "it", timeout: 60, observe: look })).rejects.toThrow(
      "no answer",
    );
  });

  test("looks when the target shows as a rule, and often from then on", async () => {
    const { slept } = await watch([...Array(9).fill(pending), reached], {
      delay: 1,
      maxInterval: 3,
      usual: 10,
    });
    expect(slept.map((ms) => ms / 1000)).toEqual([1, 1, 1.5, 2.25, 3, 1.25, 1, 1.5, 2.25, 3]);
  });

  test("counts from when the target was asked for, and a growth of its own makes pauses longer", async () => {
    const { slept } = await watch([...Array(4).fill(pending), reached], {
      since: offline().clock.now() - 4000,
      delay: 5,
      growth: 2,
      usual: 10,
    });
    expect(slept.map((ms) => ms / 1000)).toEqual([1, 1, 2, 2, 1]);
  });

  test("for a target that was asked for long ago looks at once", async () => {
    const since = offline().clock.now() - 20_000;
    expect((await watch([reached], { since, delay: 1, usual: 10 })).slept).toEqual([]);
  });

  test("for something that replicas may disagree about wants it confirmed, one look after the other", async () => {
    const { value, looked } = await watch([reached, reached, pending, reached, reached, reached], {
      consecutiveMatches: 3,
    });
    expect([value, looked]).toEqual(["done", 6]);
  });

  test("never takes replicas that go on disagreeing for an end", async () => {
    const looks = Array.from({ length: 400 }, (_, i) => (i % 3 === 2 ? pending : reached));
    const { error } = await watch(looks, { consecutiveMatches: 3, timeout: 20 });
    expect(error?.message).toContain("it is still IN_PROGRESS");
  });

  test("still confirms a target that shows when time is up, and never calls it still missing", async () => {
    const context = offline();
    const began = context.clock.now();
    let looked = 0;
    const look = async () => {
      looked += 1;
      return context.clock.now() - began >= 60_000 ? reached : pending;
    };
    expect(await pollUntil(context, { what: "it", timeout: 60, observe: look, consecutiveMatches: 3 })).toBe(
      "done",
    );
    expect(looked).toBeGreaterThan(3);
  });

  test("looks ever more seldom, but never more seldom than the longest interval", async () => {
    const { slept } = await watch([pending], { interval: 2, maxInterval: 10, timeout: 100 });
    expect(slept.slice(0, 6)).toEqual([2000, 3000, 4500, 6750, 10_000, 10_000]);
    expect(Math.max(...slept)).toBe(10_000);
  });

  test("looks every 15 seconds at the most seldom by default", async () => {
    const { slept } = await watch([pending], { timeout: 1800 });
    expect(Math.max(...slept)).toBe(15_000);
    expect(slept[0]).toBe(1000);
  });

  test("looks again soon at a target that was seen once", async () => {
    const { slept } = await watch([...Array.from({ length: 12 }, () => pending), reached], {
      consecutiveMatches: 3,
      timeout: 1800,
    });
    expect(slept[11]).toBe(15_000);
    expect(Math.max(...slept.slice(-2))).toBeLessThanOrEqual(1000);
  });

  test("tells how it goes every half minute, and not more often", async () => {
    const { messages, waited } = await watch([pending], { timeout: 300 });
    expect(waited).toBe(300);
    expect(messages.length).toBeGreaterThanOrEqual(6);
    expect(messages.length).toBeLessThanOrEqual(10);
    expect(messages[0]).toMatch(
      /^waiting for token a to become COMPLETE: (3\d|4\d) s so far, now IN_PROGRESS$/,
    );
  });

  test("tells of the time that looking took as well", async () => {
    const context = offline();
    const look = async () => {
      context.clock.turn(40_000);
      return pending;
    };
    await expect(pollUntil(context, { what: "it", timeout: 100, observe: look })).rejects.toThrow(WaitError);
    expect(context.messages.length).toBe(2);
  });
});

describe("finding eventually", () => {
  const find = async (answers: readonly (string | undefined)[]) => {
    const context = offline();
    let asked = 0;
    const found = await findEventually(context, async () => answers[asked++]);
    return { found, asked, waited: context.clock.slept.reduce((sum, ms) => sum + ms, 0) };
  };

  test("takes the first sight", async () => {
    expect(await find(["there"])).toEqual({ found: "there", asked: 1, waited: 0 });
  });

  test("does not believe one answer, nor three, that there is nothing", async () => {
    expect((await find([undefined, undefined, undefined, "there"])).found).toBe("there");
  });

  test("believes four over some seconds, and ends", async () => {
    const { found, asked, waited } = await find([]);
    expect([found, asked]).toEqual([undefined, 4]);
    expect(waited).toBeGreaterThanOrEqual(5000);
  });
});
