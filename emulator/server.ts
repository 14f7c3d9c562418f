import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import type { Account, ApiClient } from "./account/settings";
import type { Clock } from "./clock";
import type { Fault, Faults } from "./faults";
import { type Gateway, GatewayError, gatewayErrorFor, notGranted } from "./gateway";
import type { Certificate } from "./http/certificates";
import { type Journal, type JournalEntry, journalBody } from "./journal";
import { type Lags, nextRandom } from "./replication";
import { HttpError, type RequestFacts, type Response, type Route, type Service } from "./service";

const BODY_LIMIT = 64 * 1024 * 1024;

/** Who asks where nothing is signed. */
const EDGE_SERVER: ApiClient = { grants: {}, viewCpCodes: false };

/** What the requests of one emulator share. */
export interface Runtime {
  account(): Account;
  clock: Clock;
  /** The time that rates of traffic are measured on. */
  trafficNow(): number;
  lags: Lags;
  gateway: Gateway;
  journal: Journal;
  faults: Faults;
  products: readonly Service[];
  /** Called when a request may have changed the account. */
  changed(): void;
}

export interface ListeningServer {
  port: number;
  close(): Promise<void>;
}

/** Serves the products, and what `more` adds, over HTTPS on the loopback addresses. */
export async function listen(
  runtime: Runtime,
  certificate: Certificate,
  port: number,
  more: (app: FastifyInstance) => void,
): Promise<ListeningServer> {
  const { cert, key } = certificate;
  const closing = new AbortController();
  const app = fastify({
    https: { cert, key },
    bodyLimit: BODY_LIMIT,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 4096 },
    logger: false,
  });
  // Bodies stay bytes: signatures are over bytes, values of items are bytes, and an empty body of type JSON is nothing unusual.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

  for (const product of runtime.products) {
    for (const route of product.routes) {
      app.route({
        method: route.method,
        url: product.base + route.path,
        handler: (request, reply) => serve(runtime, closing.signal, request, reply, product, route),
      });
    }
  }
  app.setNotFoundHandler((request, reply) => serve(runtime, closing.signal, request, reply));
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const facts = factsOf(request);
    const refusal = new GatewayError(error.statusCode ?? 500, "resource-impl/forward-origin-error", error.message);
    return send(reply, refusal.toResponse(facts), facts.requestId);
  });
  more(app);
  const fourth = app.server as Server;
  const sixth = createServer({ cert, key }, (request, response) => app.routing(request, response));
  // Also sockets that are not yet, or no longer, known to the HTTP servers.
  const sockets = new Set<Socket>();
  for (const server of [fourth, sixth]) {
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
  }
  await app.listen({ host: "127.0.0.1", port });
  const bound = (fourth.address() as AddressInfo).port;
  await tryToListen(sixth, bound);
  return {
    port: bound,
    async close() {
      closing.abort();
      if (sixth.listening) sixth.close();
      const closed = app.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Where there is no IPv6, `localhost` is 127.0.0.1 alone. */
const tryToListen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve) => {
    server.once("error", () => resolve());
    server.listen({ host: "::1", port, ipv6Only: true }, () => resolve());
  });

/** One request, from the gateway to the answer. */
async function serve(
  runtime: Runtime,
  closing: AbortSignal,
  request: FastifyRequest,
  reply: FastifyReply,
  product?: Service,
  route?: Route,
): Promise<FastifyReply> {
  const { journal, faults, gateway } = runtime;
  const facts = factsOf(request);
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const entry = journalEntry(runtime, request, facts, body, route);
  journal.add(entry);

  let fault: Fault | undefined;
  let effect: () => Response | Promise<Response>;
  try {
    const { method, url, headers } = request.raw;
    const { host = "", authorization } = headers;
    if (product?.unsigned) entry.edge = product.unsigned(headers);
    else entry.client = gateway.authenticate({ method: method ?? "", host, url: url ?? "", authorization, body });
    fault = faults.take(entry.method, entry.path);
    effect = () => answerOf(runtime, request, entry, facts, body, product, route);
  } catch (error) {
    effect = () => refusalOf(error, facts);
  }
  if (fault === undefined) return send(reply, noted(entry, await effect()), facts.requestId);

  entry.fault = fault.kind;
  const { kind, afterEffect = kind === "reset-after" || kind === "drip", status = 503, delayMs = 1000 } = fault;
  const before = afterEffect ? await effect() : undefined;
  if (kind === "status") return send(reply, noted(entry, faultyAnswer(fault, status, facts)), facts.requestId);
  if (kind === "slow") {
    await delay(delayMs, undefined, { signal: closing }).catch(() => undefined);
    return send(reply, noted(entry, before ?? (await effect())), facts.requestId);
  }
  if (kind === "drip") {
    const { body: whole = "", ...answer } = noted(entry, before ?? (await effect()));
    return send(reply, answer, facts.requestId, dripping(Buffer.from(whole), delayMs, closing));
  }
  reply.hijack();
  if (kind !== "hang") request.raw.socket.destroy();
  return reply;
}

/** A body that takes its time, each byte as long as the other. */
function dripping(bytes: Buffer, milliseconds: number, closing: AbortSignal): Readable {
  async function* drops() {
    for (const byte of bytes) {
      yield Buffer.of(byte);
      await delay(milliseconds / bytes.length, undefined, { signal: closing });
    }
  }
  return Readable.from(drops(), { objectMode: false });
}

const noted = (entry: JournalEntry, answer: Response): Response => {
  entry.status = answer.status;
  return answer;
};

function journalEntry({ clock }: Runtime, request: FastifyRequest, { requestId }: RequestFacts, body: Buffer, route?: Route): JournalEntry {
  const [path = "", ...search] = (request.raw.url ?? "").split("?");
  const contentType = contentTypeOf(request);
  return {
    at: new Date(clock.now()).toISOString(),
    method: request.method,
    path,
    query: Object.fromEntries(new URLSearchParams(search.join("?"))),
    status: null,
    client: null,
    requestId,
    ...(contentType !== undefined && { contentType }),
    ...(body.length > 0 && { body: journalBody(body, route === undefined ? "size" : route.opaqueBody) }),
  };
}

/** The answer of the product, with all its effects. */
async function answerOf(
  runtime: Runtime,
  request: FastifyRequest,
  entry: JournalEntry,
  facts: RequestFacts,
  body: Buffer,
  product?: Service,
  route?: Route,
): Promise<Response> {
  try {
    if (product === undefined || route === undefined) {
      throw new GatewayError(404, "resource-impl/forward-origin-error", "The system was unable to locate the requested resource");
    }
    clientOf(runtime, entry, product, route);
    const handle = "prepare" in route ? await route.prepare(body, runtime.account().settings) : route.handle;
    const account = runtime.account();
    const { lags } = runtime;
    const now = runtime.clock.now();
    const client = clientOf(runtime, entry, product, route);
    account.now = now;
    for (const { advance: settle } of runtime.products) settle(account, now, lags);
    const answer = handle({
      query: entry.query,
      params: request.params as Record<string, string>,
      body,
      contentType: entry.contentType,
      headers: request.raw.headers,
      client,
      user: entry.client ?? "",
      account,
      now,
      trafficAt: runtime.trafficNow(),
      replica: { now, staleness: nextRandom(account) },
      lags,
    });
    if (route.access === "write") runtime.changed();
    return answer;
  } catch (error) {
    return refusalOf(error, facts);
  }
}

/** The client of a request that it has the grant for. */
function clientOf(runtime: Runtime, entry: JournalEntry, product: Service, route: Route): ApiClient {
  if (product.unsigned) return EDGE_SERVER;
  const client = runtime.account().clients[entry.client ?? ""];
  const grant = client?.grants[product.name];
  if (client === undefined || grant === undefined || (grant === "READ-ONLY" && route.access === "write")) throw notGranted();
  return client;
}

function refusalOf(error: unknown, facts: RequestFacts): Response {
  if (error instanceof HttpError) return error.toResponse(facts);
  throw error;
}

function faultyAnswer({ body, contentType, headers = {} }: Fault, status: number, facts: RequestFacts): Response {
  if (body === undefined) return { ...gatewayErrorFor(status).toResponse(facts), headers };
  const isText = typeof body === "string";
  return {
    status,
    headers,
    contentType: contentType ?? (isText ? "text/plain" : "application/problem+json"),
    body: isText ? body : JSON.stringify(body),
  };
}

const contentTypeOf = ({ headers }: FastifyRequest): string | undefined => headers["content-type"]?.split(";")[0]?.trim().toLowerCase();

const factsOf = (request: FastifyRequest): RequestFacts => ({
  method: request.method,
  url: `https://${request.headers.host ?? "localhost"}${request.raw.url}`,
  requestId: randomBytes(8).toString("hex"),
  clientIp: request.raw.socket.remoteAddress ?? "",
  serverIp: request.raw.socket.localAddress ?? "",
});

function send(reply: FastifyReply, answer: Response, requestId: string, body: Response["body"] | Readable = answer.body): FastifyReply {
  const { status, headers = {}, contentType } = answer;
  reply.code(status).header("X-Trace-Id", requestId).headers(headers);
  if (contentType !== undefined) reply.header("Content-Type", contentType);
  return reply.send(typeof body === "string" ? Buffer.from(body) : body);
}
