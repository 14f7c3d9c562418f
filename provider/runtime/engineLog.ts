/**
 * Warnings as warnings of the engine. What a dynamic provider prints is only information for the engine, so the count of warnings and the filters of CI miss
 * it. Pulumi passes no logger on, but the address of the engine's log is an argument of the process.
 *
 * All modules are those of the process that Pulumi started: they are loaded already, also where the package can't resolve them.
 */
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import type { Severity } from "./logger";

/** Sends a line to the engine. It fails where the engine does not take it. `urn` is empty for what belongs to no resource. */
export type SendLine = (severity: Severity, message: string, urn: string) => Promise<void>;

/** The modules of Pulumi that this needs, as far as it needs them. */
interface LogRequest {
  setSeverity(severity: number): void;
  setMessage(message: string): void;
  setUrn(urn: string): void;
}
interface EngineMessages {
  readonly LogRequest: new () => LogRequest;
  readonly LogSeverity: { readonly INFO: number; readonly WARNING: number };
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
export type EngineModules = EngineMessages & EngineService & Grpc;

/** The engine is on this machine. One that is busy still takes a line within this time. */
const timeoutMs = 5000;

/** What sends lines to the engine at an address: for both adapters, each with the modules of its process. */
export function lineSender(
  { EngineClient, LogRequest, LogSeverity, credentials }: EngineModules,
  address: string,
): SendLine {
  const client = new EngineClient(address, credentials.createInsecure());
  return (severity, message, urn) => {
    const request = new LogRequest();
    request.setSeverity(severity === "warning" ? LogSeverity.WARNING : LogSeverity.INFO);
    request.setMessage(message);
    request.setUrn(urn);
    return new Promise((resolve, reject) => {
      client.log(request, { deadline: Date.now() + timeoutMs }, (error) =>
        error === null ? resolve() : reject(error),
      );
    });
  };
}

/** Where Pulumi's package is, and the engine's address, in the arguments of a dynamic provider. Flags may come between them. */
export function engineOf(argv: readonly string[]): { root: string; address: string } | undefined {
  const script = /^(.*)[\\/]cmd[\\/]dynamic-provider(?:[\\/]|$)/.exec(argv[1] ?? "");
  const address = engineAddress(argv);
  return script?.[1] === undefined || address === undefined ? undefined : { root: script[1], address };
}

/** The address of the engine in the arguments of a process that it started; flags may come before it. */
export function engineAddress(argv: readonly string[]): string | undefined {
  return argv.slice(2).find((argument) => /^[^-\s]\S*:\d+$/.test(argument));
}

/** What sends a warning to the engine of this process; undefined where there is none. It connects at the first warning. */
export function warningsOfEngine(argv: readonly string[]): ((message: string) => Promise<void>) | undefined {
  const engine = engineOf(argv);
  if (engine === undefined) return undefined;
  let open: SendLine | undefined;
  return async (message) => {
    open ??= lineSender(modulesIn(engine.root), engine.address);
    await open("warning", message, "");
  };
}

function modulesIn(root: string): EngineModules {
  const load = createRequire(`${realpathSync(root)}/package.json`);
  const { LogRequest, LogSeverity } = load("./proto/engine_pb.js") as EngineMessages;
  const { EngineClient } = load("./proto/engine_grpc_pb.js") as EngineService;
  const { credentials } = load("@grpc/grpc-js") as Grpc;
  return { EngineClient, LogRequest, LogSeverity, credentials };
}
