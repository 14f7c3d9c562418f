import { Agent, request as httpsRequest } from "node:https";
import type { SubRequest } from "../runtime/protocol";
import { listsFromWire, listsToWire, type Outgoing, withoutHopByHop } from "./messages";
import type { Asker } from "./subRequests";

/** The host that Akamai's `edgekv.js` calls. */
export const EDGEKV_HOST = "edgekv.akamai-edge-svcs.net";

/** The data plane of the emulator itself. Its journal and its faults see the requests. */
export class DataPlane {
  readonly #agent: Agent;

  constructor(
    private readonly port: number,
    private readonly ca: string,
  ) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: 64 });
  }

  send(url: URL, { method, headers, body }: SubRequest, { network, edgeWorkerId }: Asker): Promise<Outgoing> {
    const own = Object.fromEntries(
      Object.entries(headers).filter(([name]) => !name.startsWith("x-emulator-")),
    );
    const bytes = Buffer.from(body ?? []);
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        {
          host: "localhost",
          servername: "localhost",
          port: this.port,
          path: `${url.pathname}${url.search}`,
          method,
          agent: this.#agent,
          ca: this.ca,
          headers: {
            ...listsToWire(own),
            host: EDGEKV_HOST,
            "x-emulator-network": network,
            "x-emulator-edgeworker-id": String(edgeWorkerId),
            "content-length": String(bytes.length),
          },
        },
        (answer) =>
          resolve({
            status: answer.statusCode ?? 500,
            headers: withoutHopByHop(listsFromWire(answer.rawHeaders)),
            body: answer,
          }),
      );
      request.on("error", reject);
      request.end(bytes);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
