/**
 * Warnings as warnings of the engine. What a dynamic provider prints is only information for the engine, so the count of warnings and the filters of CI miss
 * it. Pulumi passes no logger on, but the address of the engine's log is an argument of the process.
 *
 * All modules are those of the process that Pulumi started: they are loaded already, also where the package can't resolve them.
 */
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";

/** Sends one warning. It fails where the engine does not take it. */
export type SendWarning = (message: string) => Promise<void>;

/** The modules of Pulumi that this needs, as far as it needs them. */
interface LogRequest {
  setSeverity(severity: number): void;
  setMessage(message: string): void;
}
interface EngineMessages {
  readonly LogRequest: new () => LogRequest;
  readonly LogSeverity: { readonly WARNING: number };
}
interface EngineService {
  readonly EngineClient: new (
    address: string,
    credentials: unknown,
  ) => {
    log(request: LogRequest, options: { deadline: number }, done: (error: Error | null) => void): void;
  };
}
interface Grpc {
  readonly credentials: { createInsecure(): unknown };
}

/** Where Pulumi's package is, and the engine's address, in the arguments of a dynamic provider. Flags may come between them. */
export function engineOf(argv: readonly string[]): { root: string; address: string } | undefined {
  const script = /^(.*)[\\/]cmd[\\/]dynamic-provider(?:[\\/]|$)/.exec(argv[1] ?? "");
  const address = argv.slice(2).find((argument) => /^[^-\s]\S*:\d+$/.test(argument));
  return script?.[1] === undefined || address === undefined ? undefined : { root: script[1], address };
}

/** The engine is on this machine. One that is busy still takes a line within this time. */
const timeoutMs = 5000;

/** What sends a warning to the engine of this process; undefined where there is none. It connects at the first warning. */
export function warningsOfEngine(argv: readonly string[]): SendWarning | undefined {
  const engine = engineOf(argv);
  if (engine === undefined) return undefined;
  let open: SendWarning | undefined;
  return async (message) => {
    open ??= connect(engine.root, engine.address);
    await open(message);
  };
}

function connect(root: string, address: string): SendWarning {
  const load = createRequire(`${realpathSync(root)}/package.json`);
  const { LogRequest, LogSeverity } = load("./proto/engine_pb.js") as EngineMessages;
  const { EngineClient } = load("./proto/engine_grpc_pb.js") as EngineService;
  const { credentials } = load("@grpc/grpc-js") as Grpc;
  const client = new EngineClient(address, credentials.createInsecure());
  return (message) => {
    const request = new LogRequest();
    request.setSeverity(LogSeverity.WARNING);
    request.setMessage(message);
    return new Promise((resolve, reject) => {
      client.log(request, { deadline: Date.now() + timeoutMs }, (error) =>
        error === null ? resolve() : reject(error),
      );
    });
  };
}
