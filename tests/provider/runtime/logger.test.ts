import { printingLogger } from "../../../provider/runtime/logger";

test("a notice is printed once, a warning with that word before it", () => {
  const lines: string[] = [];
  const notices = printingLogger((line) => lines.push(line));
  notices.info("a");
  notices.warn("a");
  notices.info("a");
  notices.warn("a");
  expect(lines).toEqual(["a", "warning: a"]);
});

test("notices go to stdout, where the engine picks them up", () => {
  const log = jest.spyOn(console, "log").mockImplementation(() => undefined);
  printingLogger().info("a");
  expect(log.mock.calls).toEqual([["a"]]);
  log.mockRestore();
});

test("one run knows nothing of what another one logged", () => {
  const lines: string[] = [];
  printingLogger((line) => lines.push(line)).info("a");
  printingLogger((line) => lines.push(line)).info("a");
  expect(lines).toEqual(["a", "a"]);
});
