import { printedNotices } from "../../../provider/runtime/logger";

test("a notice is printed once, a warning with that word before it", () => {
  const lines: string[] = [];
  const notices = printedNotices((line) => lines.push(line));
  notices.info("a");
  notices.warn("a");
  notices.info("a");
  notices.warn("a");
  expect(lines).toEqual(["a", "warning: a"]);
});

test("notices go to stdout, where the engine picks them up", () => {
  const log = jest.spyOn(console, "log").mockImplementation(() => undefined);
  printedNotices().info("a");
  expect(log.mock.calls).toEqual([["a"]]);
  log.mockRestore();
});

test("one run knows nothing of what another one said", () => {
  const lines: string[] = [];
  printedNotices((line) => lines.push(line)).info("a");
  printedNotices((line) => lines.push(line)).info("a");
  expect(lines).toEqual(["a", "a"]);
});
