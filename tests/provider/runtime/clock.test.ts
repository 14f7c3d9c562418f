import { formatDuration, realClock, utcDay } from "../../../provider/runtime/clock";

test.each([
  [0, "0 s"],
  [-5, "0 s"],
  [0.4, "0 s"],
  [45, "45 s"],
  [59.6, "1 min"],
  [60, "1 min"],
  [270, "4 min 30 s"],
  [3600, "1 h"],
  [3601, "1 h"],
  [5400, "1 h 30 min"],
  [259_199, "2 d 23 h"],
  [259_200, "3 d"],
])("%d seconds are shown as %s", (seconds, words) => {
  expect(formatDuration(seconds)).toBe(words);
});

test("a day is the one in UTC", () => {
  expect([
    utcDay(Date.parse("2026-02-09T23:59:59.999Z")),
    utcDay(Date.parse("2026-02-10T01:00:00+02:00")),
  ]).toEqual(["2026-02-09", "2026-02-09"]);
});

test("the real clock sleeps", async () => {
  const before = Date.now();
  const began = realClock.now();
  const after = Date.now();
  await realClock.sleep(20);
  expect(realClock.now() - began).toBeGreaterThanOrEqual(15);
  expect([before, began, after]).toEqual([before, began, after].sort((a, b) => a - b));
});

test("a wait for what is past ends at once, without a warning of Node.js on the terminal", async () => {
  const timer = jest.spyOn(globalThis, "setTimeout");
  try {
    await realClock.sleep(-0.5);
    expect(timer.mock.calls.map(([, milliseconds]) => milliseconds)).toEqual([0]);
  } finally {
    timer.mockRestore();
  }
});
