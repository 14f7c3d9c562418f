/** Lines in the engine's log: with the URN of a resource they stand in its row, and among its diagnostics. */
import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import type { Logger } from "../runtime/logger";

export type Severity = "info" | "warning";

/** Sends a line to the engine. `urn` is empty for what belongs to no resource. */
export type SendLine = (severity: Severity, message: string, urn: string) => Promise<void>;

/** The engine is on this machine. One that is busy still takes a line within this time. */
const timeoutMs = 5000;

export function connectLog(address: string): SendLine {
  const client = new EngineClient(address, credentials.createInsecure());
  return (severity, message, urn) => {
    const request = new LogRequest();
    request.setSeverity(severity === "warning" ? LogSeverity.WARNING : LogSeverity.INFO);
    request.setMessage(message);
    request.setUrn(urn);
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + timeoutMs };
      client.log(request, {} as never, options, (error) => (error === null ? resolve() : reject(error)));
    });
  };
}

/** The lines of a run. Each is sent once for its resource: the engine checks one that is being replaced twice. */
export class RunLog {
  readonly #sent = new Set<string>();
  readonly #underWay = new Set<Promise<void>>();

  /** @param send where lines go; undefined while no engine is known: they are printed then */
  constructor(
    private readonly send: () => SendLine | undefined,
    private readonly print: (line: string) => void,
  ) {}

  /** The logger of a resource, by its URN, or of the run itself. */
  logger(urn = ""): Logger {
    return {
      info: (message) => this.#add("info", message, urn),
      warn: (message) => this.#add("warning", message, urn),
    };
  }

  /** Resolves when every line so far has arrived: after the last answer the engine may end. */
  async delivered(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #add(severity: Severity, message: string, urn: string): void {
    const line = severity === "warning" ? `warning: ${message}` : message;
    const key = `${urn}\n${line}`;
    if (this.#sent.has(key)) return;
    this.#sent.add(key);
    const send = this.send();
    if (send === undefined) {
      this.print(line);
      return;
    }
    const sending = send(severity, message, urn)
      .catch(() => this.print(line))
      .finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }
}
