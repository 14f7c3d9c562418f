import { printingLogger } from "../../../provider/runtime/logger";

test("a notice is printed once, a warning with that word before it", () => {
  const lines: string[] = [];
  const logger = printingLogger((line) => lines.push(line));
  logger.info("a");
  logger.warn("a");
  logger.info("a");
  logger.warn("a");
  expect(lines).toEqual(["a", "warning: a"]);
});

test("messages go to stdout, where the engine picks them up", () => {
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

test("warnings go to the engine; what it doesn't take is printed, and waited for", async () => {
  const lines: string[] = [];
  const sent: string[] = [];
  const engine = Promise.withResolvers<void>();
  const send = async (message: string) => {
    sent.push(message);
    await engine.promise;
    if (message === "lost") throw new Error("no engine");
  };
  const logger = printingLogger((line) => lines.push(line), send);
  for (const message of ["a", "a", "lost"]) logger.warn(message);
  logger.info("b");
  expect([sent, lines]).toEqual([["a", "lost"], ["b"]]);
  let isDelivered = false;
  const delivered = logger.delivered().then(() => (isDelivered = true));
  await new Promise(setImmediate);
  expect(isDelivered).toBe(false);
  engine.resolve();
  await delivered;
  expect(lines).toEqual(["b", "warning: lost"]);
  await logger.delivered();
});
