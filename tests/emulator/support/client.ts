import { Agent, request as httpsRequest } from "node:https";
// The signer of Akamai's own client library: no code of ours is on both sides.
import EdgeGrid from "akamai-edgegrid";
import type { Emulator, EmulatorOptions } from "../../../emulator/index";
import { startEmulator } from "../../../emulator/index";

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  bytes: Buffer;
  /** The body as JSON. Typed loosely: tests compare it with literals. */
  json: Record<string, unknown>;
}

export interface Sent {
  body?: string | Buffer | object;
  headers?: Record<string, string>;
  /** Sends the body without its length. */
  chunked?: boolean;
  section?: string;
  /** The `Authorization` header as it is; `null` sends none. */
  authorization?: string | null;
}

/** An emulator and a client that signs with Akamai's library and sends with Node's. */
export class Bench {
  readonly #agent: Agent;

  private constructor(readonly emulator: Emulator) {
    // A request may name a foreign host.
    this.#agent = new Agent({ ca: emulator.ca, keepAlive: true, servername: "localhost" });
  }

  static async start(options: EmulatorOptions = {}): Promise<Bench> {
    return new Bench(await startEmulator({ clock: "manual", lag: "none", ...options }));
  }

  /** An account that is initialized. */
  static ready(options: EmulatorOptions = {}): Promise<Bench> {
    return Bench.start({
      ...options,
      settings: { initialized: true, itemRatePerSecond: 10_000, ...options.settings },
    });
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await this.emulator.close();
  }

  sign(method: string, path: string, body: string | Buffer = "", section = "default"): string {
    const { host, clientToken, clientSecret, accessToken } = this.emulator.credentials(section);
    const signer = new EdgeGrid(clientToken, clientSecret, accessToken, host);
    const { headers } = signer.auth({
      method,
      path,
      body,
      headers: Buffer.isBuffer(body) ? { "Content-Type": "application/gzip" } : {},
    }).request as { headers: Record<string, string> };
    return headers.Authorization ?? "";
  }

  /** A signed request below the base path of EdgeKV, or with an absolute path from `/`. */
  send(method: string, path: string, sent: Sent = {}): Promise<Reply> {
    const url = path.startsWith("/") ? path : `/edgekv/v1/${path}`;
    const { body: given, section, headers } = sent;
    const body =
      given === undefined || typeof given === "string" || Buffer.isBuffer(given)
        ? (given ?? "")
        : JSON.stringify(given);
    const authorization =
      sent.authorization === undefined
        ? this.sign(method, url, method === "POST" ? body : "", section)
        : sent.authorization;
    const [hostname, port] = this.emulator.host.split(":");
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        {
          agent: this.#agent,
          hostname,
          port,
          method,
          path: url,
          headers: {
            "Content-Type": "application/json",
            ...(body.length > 0 &&
              (sent.chunked
                ? { "Transfer-Encoding": "chunked" }
                : { "Content-Length": Buffer.byteLength(body) })),
            ...(authorization !== null && { Authorization: authorization }),
            ...headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const bytes = Buffer.concat(chunks);
            const text = bytes.toString("utf8");
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              bytes,
              text,
              get json() {
                return JSON.parse(text);
              },
            });
          });
        },
      );
      request.on("error", reject);
      request.end(body);
    });
  }

  /** A request to the control path. */
  control(method: string, path: string, body?: object, token = this.emulator.controlToken): Promise<Reply> {
    return this.send(method, `/_emulator${path}`, {
      authorization: `Bearer ${token}`,
      ...(body && { body }),
    });
  }
}

/** What every test that is about something else does first. */
export const catalog = { namespace: "catalog", retentionInSeconds: 86_400, groupId: 72_297 };
export const createNamespace = (bench: Bench, network = "staging", changes: object = {}): Promise<Reply> =>
  bench.send("POST", `networks/${network}/namespaces`, { body: { ...catalog, ...changes } });

/** Checks all that errors of the EdgeKV API have in common. */
export function expectError(reply: Reply, status: number, errorCode: string, detail?: string | RegExp): void {
  expect([reply.status, reply.json.errorCode, reply.json.detail]).toEqual([
    status,
    errorCode,
    expect.any(String),
  ]);
  expect(reply.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(reply.json.status).toBe(status);
  expect(reply.json.type).toMatch(/^\/edgekv\/error-types\/edgekv-[a-z-]+$/);
  expect(reply.json.instance).toMatch(/^\/edgekv\/error-instances\/[0-9a-f-]{36}$/);
  expect(reply.json.title).toEqual(expect.any(String));
  expect(reply.json.additionalDetail).toEqual({ requestId: reply.headers["x-trace-id"] });
  if (typeof detail === "string") expect(reply.json.detail).toBe(detail);
  else if (detail) expect(reply.json.detail).toMatch(detail);
}

/** Checks all that errors of the gateway have in common. */
export function expectGatewayError(reply: Reply, status: number, kind: string, detail: string): void {
  expect([reply.status, reply.json.status, reply.json.detail]).toEqual([status, status, detail]);
  expect(reply.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(reply.json.type).toBe(`https://problems.luna.akamaiapis.net/-/${kind}`);
  expect(reply.json).not.toHaveProperty("errorCode");
  for (const name of ["title", "instance", "method", "serverIp", "clientIp", "requestTime"])
    expect(reply.json[name]).toEqual(expect.any(String));
  expect(reply.json.requestId).toBe(reply.headers["x-trace-id"]);
}
