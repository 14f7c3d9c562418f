import { Agent } from "node:https";
import { rootCertificates } from "node:tls";
import EdgeGrid from "akamai-edgegrid";
import got from "got";
import type { z } from "zod";

/** What it takes to ask an account. */
export interface Access {
  readonly signer: EdgeGrid;
  /** `https://…` */
  readonly origin: string;
  readonly accountSwitchKey?: string | undefined;
  /** PEM of a certificate to trust beside the public ones. */
  readonly authority?: string | undefined;
}

/** A signer that keeps what it signs to itself, whatever AKAMAI_LOG_LEVEL says. */
export function signerOf(
  clientToken: string,
  clientSecret: string,
  accessToken: string,
  origin: string,
): EdgeGrid {
  const signer = new EdgeGrid(clientToken, clientSecret, accessToken, origin);
  signer.enableLogging(false);
  return signer;
}

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Sent {
  readonly json?: unknown;
  readonly bytes?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sends this instead of a signature; `null` sends nothing. */
  readonly authorization?: string | null;
}

export class Reply {
  constructor(
    readonly method: Method,
    /** Without the query. */
    readonly path: string,
    readonly status: number,
    readonly headers: Readonly<Record<string, string | string[] | undefined>>,
    readonly bytes: Buffer,
  ) {}

  get text(): string {
    return this.bytes.toString("utf8");
  }

  get json(): unknown {
    try {
      return JSON.parse(this.text);
    } catch {
      throw new Error(
        `${this.method} ${this.path} answered ${this.status} with something else than JSON: ${this.text.slice(0, 200)}`,
      );
    }
  }

  /** Without parameters, in small letters. */
  get mediaType(): string {
    return String(this.headers["content-type"] ?? "")
      .split(";", 1)
      .join()
      .trim()
      .toLowerCase();
  }

  /** The body, of which a test uses what the shape names. */
  as<S extends z.ZodType>(shape: S): z.infer<S> {
    const result = shape.safeParse(this.json);
    if (result.success) return result.data;
    throw new Error(
      `${this.method} ${this.path} answered ${this.status} with ${this.text.slice(0, 500)}: ${result.error.message}`,
    );
  }
}

/** Sends signed requests and keeps what came back. It shares nothing with the provider or the emulator, and repeats nothing. */
export class Client {
  readonly replies: Reply[] = [];
  readonly #agent: Agent;

  constructor(private readonly access: Access) {
    const { authority } = access;
    this.#agent = new Agent({
      keepAlive: true,
      ...(authority !== undefined && { ca: [...rootCertificates, authority] }),
    });
  }

  async send(method: Method, path: string, sent: Sent = {}): Promise<Reply> {
    const { signer, origin, accountSwitchKey } = this.access;
    const url = new URL(path, origin);
    if (accountSwitchKey !== undefined) url.searchParams.set("accountSwitchKey", accountSwitchKey);
    const body = sent.bytes ?? (sent.json === undefined ? undefined : Buffer.from(JSON.stringify(sent.json)));
    const authorization =
      sent.authorization === undefined ? signatureOf(signer, method, url, body) : sent.authorization;
    const reply = await got(url, {
      method,
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        ...sent.headers,
        ...(authorization !== null && { authorization }),
      },
      ...(body && { body }),
      agent: { https: this.#agent },
      https: { rejectUnauthorized: true },
      responseType: "buffer",
      throwHttpErrors: false,
      followRedirect: false,
      retry: { limit: 0 },
      timeout: { request: 120_000 },
    });
    const answer = new Reply(method, url.pathname, reply.statusCode, reply.headers, Buffer.from(reply.body));
    this.replies.push(answer);
    return answer;
  }

  close(): void {
    this.#agent.destroy();
  }
}

function signatureOf(signer: EdgeGrid, method: Method, url: URL, body: Buffer | undefined): string {
  // The signer takes bytes as they are under this type only. The type is not part of the signature.
  const unsigned = {
    method,
    path: url.pathname + url.search,
    headers: { "Content-Type": "application/gzip" },
    body: body ?? "",
  };
  return signer.auth(unsigned).request.headers.Authorization;
}
