import { awaitTakenOff, takingOff } from "../../../provider/resources/takingOff";
import { RunState } from "../../../provider/runtime/runState";

const at = { edgeWorkerId: 4242, network: "production" } as const;
const other = { ...at, network: "staging" } as const;

/** A run whose clock goes on when somebody waits, and what happens at a second of it. */
function world(events: Readonly<Record<number, () => void>> = {}) {
  let second = 0;
  const clock = {
    now: () => second * 1000,
    sleep: async (milliseconds: number) => {
      second += milliseconds / 1000;
      events[second]?.();
    },
  };
  return { runState: new RunState(), clock, seconds: () => second };
}

test("data waits for the end of the activation's delete, whether it fails or not", async () => {
  for (const fails of [false, true]) {
    const run = world();
    const deleting = Promise.withResolvers<void>();
    const deleted = takingOff(run.runState, at, () => deleting.promise);
    let isOver = false;
    const waiting = awaitTakenOff(run, [at, other], new Set()).then((found) => {
      isOver = true;
      return found;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    if (fails) deleting.reject(new Error("refused"));
    else deleting.resolve();
    expect(await waiting).toBe(true);
    expect(await deleted.catch((error: Error) => error.message)).toBe(fails ? "refused" : undefined);
    expect(run.seconds()).toBe(0);
  }
});

test("an activation whose delete begins ten seconds later is waited for, and none that begins later still", async () => {
  for (const [begins, found] of [
    [10, true],
    [11, false],
  ] as const) {
    const run = world({ [begins]: () => void takingOff(run.runState, at, async () => undefined) });
    expect(await awaitTakenOff(run, [at], new Set())).toBe(found);
    expect(run.seconds()).toBe(10);
  }
});

test("each delete is waited for once, and without one that may come there is no wait", async () => {
  const run = world();
  await takingOff(run.runState, at, async () => undefined);
  const seen = new Set<never>();
  expect(await awaitTakenOff(run, [at], seen)).toBe(true);
  expect(await awaitTakenOff(run, [at], seen)).toBe(false);
  expect(await awaitTakenOff(run, [], new Set())).toBe(false);
  expect(run.seconds()).toBe(0);
});
