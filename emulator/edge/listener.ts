import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { SiteCertificates } from "./certificates";
import { bytesOf } from "./request/forward";
import {
  type EdgeNetwork,
  type Incoming,
  listsFromWire,
  listsToWire,
  type Outgoing,
  refusal,
} from "./request/messages";

const TLS_HANDSHAKE = 0x16;
const BODY_LIMIT = 32 * 1024 * 1024;
export interface EdgeLimits {
  /** Milliseconds in which a request has to come whole, and a connection has to begin. */
  readonly requestTimeout: number;
  /** Bytes of the bodies of all requests under way. */
  readonly heldBytes: number;
}
const LIMITS: EdgeLimits = { requestTimeout: 30_000, heldBytes: 256 * 1024 * 1024 };
/** Milliseconds between two looks for requests that take too long. */
const TIMEOUT_INTERVAL = 1000;
/** Connections at the same time. */
const MAX_CONNECTIONS = 2000;

export interface EdgeListener {
  readonly port: number;
  close(): Promise<void>;
}

/** One port of the loopback address for HTTP and HTTPS: the first byte of a connection tells them apart. */
export async function listenEdge(
  network: EdgeNetwork,
  port: number,
  certificates: SiteCertificates,
  respond: (incoming: Incoming) => Promise<Outgoing>,
  { requestTimeout, heldBytes }: EdgeLimits = LIMITS,
): Promise<EdgeListener> {
  const held: Held = { bytes: 0, limit: heldBytes };
  const handle = (scheme: "http" | "https") => (request: IncomingMessage, response: ServerResponse) =>
    void serve(network, scheme, request, response, respond, held);
  const limits = {
    ...{ requestTimeout, headersTimeout: requestTimeout, handshakeTimeout: requestTimeout },
    connectionsCheckingInterval: Math.min(TIMEOUT_INTERVAL, requestTimeout),
  };
  const plain = createHttpServer(limits, handle("http"));
  const secure = createHttpsServer(
    {
      ...limits,
      ...(await certificates.optionsFor("localhost")),
      SNICallback(hostname, done) {
        certificates.contextFor(hostname.toLowerCase()).then(
          (context) => done(null, context),
          (error: Error) => done(error),
        );
      },
    },
    handle("https"),
  );
  const sockets = new Set<Socket>();
  // They do not listen themselves, and look for slow requests only after this.
  for (const http of [plain, secure]) http.emit("listening");
  // Without a delay: head and body are two writes, and a client may wait 40 ms before it confirms the first.
  const server = createServer({ noDelay: true }, (socket) => {
    const silence = () => socket.destroy();
    socket.setTimeout(requestTimeout, silence);
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.once("data", (bytes) => {
      socket.setTimeout(0);
      socket.removeListener("timeout", silence);
      socket.pause();
      socket.unshift(bytes);
      (bytes[0] === TLS_HANDSHAKE ? secure : plain).emit("connection", socket);
      process.nextTick(() => socket.resume());
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listening(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      for (const http of [plain, secure]) http.close();
      await closed;
    },
  };
}

const listening = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE"
          ? new Error(
              `port ${port} is in use. Choose another one for the edge, or leave it out for a free one.`,
            )
          : error,
      ),
    );
    server.listen({ host: "127.0.0.1", port }, () => resolve());
  });

async function serve(
  network: EdgeNetwork,
  scheme: "http" | "https",
  request: IncomingMessage,
  response: ServerResponse,
  respond: (incoming: Incoming) => Promise<Outgoing>,
  held: Held,
): Promise<void> {
  response.on("error", () => undefined);
  const own = { bytes: 0 };
  try {
    const body = await bytesOf(counted(request, own, held), BODY_LIMIT);
    // A client that takes this for a proxy sends the whole URL.
    const [, authority, local = request.url ?? "/"] =
      /^https?:\/\/([^/?#]+)(.*)$/is.exec(request.url ?? "/") ?? [];
    const [path = "", query = ""] = local.split(/\?(.*)/s);
    const headers = listsFromWire(request.rawHeaders);
    const outgoing =
      body === undefined
        ? refusal(413, "Payload Too Large", `The local edge takes bodies of up to ${BODY_LIMIT} bytes.`)
        : await respond({
            network,
            kind: "CLIENT_REQ",
            scheme: schemeOf(headers["x-emulator-scheme"]?.[0]) ?? scheme,
            method: request.method ?? "GET",
            host: hostOf(authority ?? headers.host?.[0]),
            path: path === "" ? "/" : path,
            query,
            headers,
            clientIp: request.socket.remoteAddress ?? "127.0.0.1",
            body,
          });
    await write(response, outgoing, request.method === "HEAD");
  } catch (error) {
    if (response.headersSent) return void response.destroy();
    const detail = error instanceof Error ? error.message : String(error);
    const isFull = error instanceof FullError;
    const answer = isFull
      ? refusal(503, "Service Unavailable", detail)
      : refusal(500, "Local edge failed", detail);
    await write(response, answer, false);
  } finally {
    held.bytes -= own.bytes;
  }
}

/** How much of bodies is in memory. */
interface Held {
  bytes: number;
  readonly limit: number;
}

class FullError extends Error {}

/** The body, as long as all bodies together have room. */
async function* counted(
  body: AsyncIterable<Uint8Array>,
  own: { bytes: number },
  all: Held,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    own.bytes += chunk.byteLength;
    all.bytes += chunk.byteLength;
    if (all.bytes > all.limit)
      throw new FullError(`The local edge holds bodies of up to ${all.limit} bytes at a time.`);
    yield chunk;
  }
}

/** The scheme that a test asks for: it need not trust a certificate. */
const schemeOf = (text: string | undefined) => (text === "http" || text === "https" ? text : undefined);

/** Without the port, and without the `.localhost` that a browser needs to find this machine. */
const hostOf = (header: string | undefined): string =>
  (header ?? "localhost")
    .toLowerCase()
    .replace(/:\d+$/, "")
    .replace(/(?<=.)\.localhost$/, "");

async function write(
  response: ServerResponse,
  { status, headers, body }: Outgoing,
  isHead: boolean,
): Promise<void> {
  const isEmpty = isHead || status === 204 || status === 304;
  const length = Buffer.isBuffer(body) && !isHead ? { "content-length": [String(body.length)] } : {};
  response.writeHead(
    status,
    Object.entries(listsToWire({ ...headers, ...length })).flatMap(([name, values]) =>
      values.flatMap((value) => [shown(name), value]),
    ),
  );
  if (isEmpty) return void response.end();
  if (Buffer.isBuffer(body)) return void response.end(body);
  // Code may have passed on the length of another body. What is more would be taken for the next response.
  let left = Number(headers["content-length"]?.[0] ?? Number.POSITIVE_INFINITY);
  for await (const chunk of body) {
    if (response.destroyed) return;
    const part = chunk.length > left ? chunk.subarray(0, left) : chunk;
    left -= part.length;
    if (!response.write(part))
      await new Promise((resolve) => response.once("drain", resolve).once("close", resolve));
    if (left === 0) break;
  }
  if (left > 0 && left !== Number.POSITIVE_INFINITY) response.destroy();
  else response.end();
}

/** As Akamai writes them: `X-Akamai-EdgeWorker-onClientRequest-Info`. */
const shown = (name: string): string =>
  name
    .replace(/^x-akamai-edgeworker-/, "X-Akamai-EdgeWorker-")
    .replace(/-info$/, "-Info")
    .replace(/(?<=EdgeWorker-.*)-log$/, "-Log")
    .replace(/(?<=EdgeWorker-)subrequests$/, "Subrequests");
