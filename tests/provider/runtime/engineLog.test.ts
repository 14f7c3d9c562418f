import { dirname, join } from "node:path";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { engineOf, warningsOfEngine } from "../../../provider/runtime/engineLog";

const root = dirname(require.resolve("@pulumi/pulumi/package.json"));
const script = join(root, "cmd", "dynamic-provider", "index.js");

interface Logged {
  getSeverity(): number;
  getMessage(): string;
  getUrn(): string;
}

/** The log of an engine, and the address of it. */
async function startEngine() {
  const { EngineService } = require("@pulumi/pulumi/proto/engine_grpc_pb");
  const { Empty } = require("google-protobuf/google/protobuf/empty_pb");
  const lines: [number, string, string][] = [];
  const server = new Server();
  const log = ({ request }: { request: Logged }, done: (error: null, reply: unknown) => void) => {
    lines.push([request.getSeverity(), request.getMessage(), request.getUrn()]);
    done(null, new Empty());
  };
  server.addService({ log: EngineService.log }, { log } as never);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  return { lines, address: `127.0.0.1:${port}`, end: () => server.forceShutdown() };
}

test("a warning reaches the engine as one, whatever flags are before its address", async () => {
  const engine = await startEngine();
  try {
    for (const flags of [[], ["--logtostderr", "-v=9"], ["--tracing", "file:trace"]]) {
      const send = warningsOfEngine(["node", script, ...flags, engine.address]);
      await send?.(`with ${flags.length} flags`);
    }
    const warning = 2;
    expect(engine.lines).toEqual([0, 2, 2].map((count) => [warning, `with ${count} flags`, ""]));
  } finally {
    engine.end();
  }
});

test("an engine that is gone, and one of another kind, takes none", async () => {
  const { address, end } = await startEngine();
  end();
  await expect(warningsOfEngine(["node", script, address])?.("late")).rejects.toThrow();
  const nowhere = "/nowhere/cmd/dynamic-provider/index.js";
  await expect(warningsOfEngine(["node", nowhere, address])?.("lost")).rejects.toThrow();
});

test.each<[string, string[], ReturnType<typeof engineOf>]>([
  [
    "a file",
    ["/a/@pulumi/pulumi/cmd/dynamic-provider/index.js", "127.0.0.1:5"],
    { root: "/a/@pulumi/pulumi", address: "127.0.0.1:5" },
  ],
  [
    "a folder",
    ["/a/pulumi/cmd/dynamic-provider", "localhost:5"],
    { root: "/a/pulumi", address: "localhost:5" },
  ],
  ["Windows", ["C:\\a\\cmd\\dynamic-provider\\index.js", "[::1]:5"], { root: "C:\\a", address: "[::1]:5" }],
  ["no address", ["/a/cmd/dynamic-provider"], undefined],
  ["a flag that looks like one", ["/a/cmd/dynamic-provider", "--x=a:5"], undefined],
  ["a program", ["/a/index.js", "127.0.0.1:5"], undefined],
  ["nothing", [], undefined],
])("the engine of %s", (_what, args, engine) => {
  expect(engineOf(["node", ...args])).toEqual(engine);
  expect(warningsOfEngine(["node", ...args]) === undefined).toBe(engine === undefined);
});
