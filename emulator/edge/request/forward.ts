import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { HeaderLists } from "../runtime/protocol";
import { listsFromWire, listsToWire, type Outgoing, refusal, withoutHopByHop } from "./messages";

export interface Forwarded {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: HeaderLists;
  readonly hostHeader: string;
  readonly body: Buffer;
}

/** Sends requests to the origins of the machine. Nothing else is called. */
export class Forwarder {
  readonly #http = new HttpAgent({ keepAlive: true });
  readonly #https: HttpsAgent;
  /** By lower-case hostname. `*` stands for every other one. */
  readonly #origins: ReadonlyMap<string, URL>;

  constructor(origins: Readonly<Record<string, string>>, ca: string) {
    this.#https = new HttpsAgent({ keepAlive: true, ca });
    this.#origins = new Map(
      Object.entries(origins).map(([host, url]) => [host.toLowerCase(), originUrl(host, url)]),
    );
  }

  has(hostname: string): boolean {
    return this.#origins.has(hostname.toLowerCase()) || this.#origins.has("*");
  }

  /** To the origin of a hostname. 502 when it is not mapped or does not answer. */
  async send(hostname: string, request: Forwarded): Promise<Outgoing> {
    const origin = this.#origins.get(hostname.toLowerCase()) ?? this.#origins.get("*");
    if (origin === undefined)
      return refusal(
        502,
        "Origin not mapped",
        `The rules send this request to the origin ${hostname}. The local edge never leaves this machine. Map the origin: --origin ${hostname}=http://127.0.0.1:3000`,
      );
    try {
      return await this.#call(origin, request);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return refusal(502, "Origin does not answer", `${hostname} is mapped to ${origin.origin}: ${reason}`);
    }
  }

  #call(origin: URL, { method, path, headers, hostHeader, body }: Forwarded): Promise<Outgoing> {
    const isTls = origin.protocol === "https:";
    const sent: Record<string, string | string[]> = {
      ...listsToWire(withoutHopByHop(headers)),
      host: hostHeader,
    };
    delete sent["content-length"];
    if (body.length > 0 || /^(?:POST|PUT|PATCH)$/.test(method)) sent["content-length"] = String(body.length);
    return new Promise((resolve, reject) => {
      const outgoing = (isTls ? httpsRequest : httpRequest)(
        {
          hostname: origin.hostname.replace(/^\[|\]$/g, ""),
          port: origin.port === "" ? (isTls ? 443 : 80) : Number(origin.port),
          method,
          path,
          headers: sent,
          agent: isTls ? this.#https : this.#http,
          servername: origin.hostname,
        },
        (answer: IncomingMessage) =>
          resolve({
            status: answer.statusCode ?? 502,
            headers: withoutHopByHop(listsFromWire(answer.rawHeaders)),
            body: answer,
          }),
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

/** A base URL on this machine or in its network, from an option. */
export function originUrl(host: string, text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || host === "")
    throw new Error(
      `--origin: "${host}=${text}" is not HOST=URL with a URL of http or https, such as origin.example.com=http://127.0.0.1:3000`,
    );
  return url;
}

/** The bytes of a body, up to a limit. `undefined`: there are more. */
export async function bytesOf(body: Outgoing["body"], limit: number): Promise<Buffer | undefined> {
  if (Buffer.isBuffer(body)) return body.length > limit ? undefined : body;
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > limit) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
