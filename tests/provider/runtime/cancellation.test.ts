import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect as connectTo, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { engineSignals, watchCancellation } from "../../../provider/runtime/cancellation";

test("the engine's cancel and an interrupt both end the run, with a reason that names what to do", () => {
  for (const which of ["onEngineCancel", "onInterrupt"] as const) {
    let act: () => void = () => undefined;
    const none = () => undefined;
    const signal = watchCancellation({
      onEngineCancel: none,
      onInterrupt: none,
      [which]: (given: () => void) => {
        act = given;
      },
    });
    expect(signal.aborted).toBe(false);
    act();
    expect(signal.reason).toMatchObject({
      name: "PreconditionError",
      message: expect.stringMatching(/^the run was cancelled, so nothing more was sent.*next `pulumi up`/),
    });
  }
});

test("of the calls that the engine makes, only Cancel is one", async () => {
  let cancels = 0;
  engineSignals(() => true).onEngineCancel(() => {
    cancels += 1;
  });
  const server = createServer((_request, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const session = connectTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const call = (method: string) =>
    new Promise<void>((resolve) => {
      const stream = session.request({ ":method": "POST", ":path": `/pulumirpc.ResourceProvider/${method}` });
      stream.on("close", resolve).resume().end();
    });
  await call("Check");
  await call("Create");
  expect(cancels).toBe(0);
  await call("Cancel");
  expect(cancels).toBe(1);
  session.close();
  server.close();
});

/** Another process, since this one would end: it prints when it is ready, and when the run is cancelled. */
async function interrupted(isActing: boolean): Promise<{ signal: unknown; output: string; end: () => void }> {
  const program = `
    const { engineSignals } = require("./dist/provider/runtime/cancellation.js");
    engineSignals(() => ${isActing}).onInterrupt(() => process.stdout.write("cancelled"));
    setInterval(() => undefined, 1000);
    process.stdout.write("ready ");`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const ended = once(child, "close");
  while (!output.includes("ready")) await once(child.stdout, "data");
  child.kill("SIGINT");
  if (isActing) while (!output.includes("cancelled")) await once(child.stdout, "data");
  else await ended;
  return { signal: child.signalCode, output, end: () => void child.kill("SIGKILL") };
}

test("SIGINT ends a provider at rest at once: the engine sends it after each run, and waits for seconds otherwise", async () => {
  expect(await interrupted(false)).toMatchObject({ signal: "SIGINT" });
});

test("SIGINT cancels a provider at work, which ends its calls first", async () => {
  const { signal, output, end } = await interrupted(true);
  end();
  expect([signal, output]).toEqual([null, "ready cancelled"]);
});
