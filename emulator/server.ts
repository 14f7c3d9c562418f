import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { type FastifyInstance, type FastifyRequest, fastify } from "fastify";
import { codeOf } from "./fileErrors";
import { GatewayError } from "./gateway";
import type { Certificate } from "./http/certificates";
import { handleRequest, type Runtime, refuseStranger } from "./http/handleRequest";
import { requestFacts, send } from "./http/messages";
import { refusePlainHttp } from "./http/plainHttp";

/** Bytes of a body. A client may send as much before its signature is checked: a POST's signature is over its body. */
const BODY_LIMIT = 16 * 1024 * 1024;
/** Milliseconds of a TLS handshake. */
const HANDSHAKE_TIMEOUT = 10_000;
/** Milliseconds between two looks for requests that take too long. */
const TIMEOUT_INTERVAL = 1000;
/** Connections at the same time. */
const MAX_CONNECTIONS = 2000;

export interface ListeningServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves the services, and the routes that `addRoutes` adds, over HTTPS on the loopback addresses.
 * @param requestTimeout milliseconds in which a request has to come whole
 */
export async function listen(
  runtime: Runtime,
  certificate: Certificate,
  port: number,
  requestTimeout: number,
  addRoutes: (app: FastifyInstance) => void,
): Promise<ListeningServer> {
  const { cert, key } = certificate;
  const closing = new AbortController();
  const tls = {
    ...{ cert, key, requestTimeout, headersTimeout: requestTimeout },
    ...{ handshakeTimeout: HANDSHAKE_TIMEOUT, connectionsCheckingInterval: TIMEOUT_INTERVAL },
  };
  const app = fastify({
    https: tls,
    requestTimeout,
    bodyLimit: BODY_LIMIT,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 4096 },
    logger: false,
  });
  // Bodies stay bytes: signatures are over bytes, values of items are bytes, and an empty body of type JSON is allowed.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

  for (const service of runtime.services) {
    for (const route of service.routes) {
      app.route({
        method: route.method,
        url: service.base + route.path,
        config: { isSigned: service.unsigned === undefined },
        handler: (request, reply) =>
          handleRequest(runtime, closing.signal, request, reply, { service, route }),
      });
    }
  }
  app.setNotFoundHandler((request, reply) => handleRequest(runtime, closing.signal, request, reply));
  // For all requests, those without a route too; the control routes check their token in the same place.
  app.addHook("onRequest", async (request, reply) =>
    refuseStranger(runtime, closing.signal, request, reply, isSigned(request)),
  );
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const facts = requestFacts(request);
    const gatewayError = new GatewayError(
      error.statusCode ?? 500,
      "resource-impl/forward-origin-error",
      error.message,
    );
    return send(reply, gatewayError.toResponse(facts), facts.requestId);
  });
  addRoutes(app);
  const ipv4 = app.server as Server;
  const ipv6 = createServer(tls, (request, response) => app.routing(request, response));
  // Also sockets that are not yet, or no longer, known to the HTTP servers.
  const sockets = new Set<Socket>();
  for (const server of [ipv4, ipv6]) {
    refusePlainHttp(server, HANDSHAKE_TIMEOUT);
    server.maxConnections = MAX_CONNECTIONS;
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
  }
  try {
    await app.listen({ host: "127.0.0.1", port });
  } catch (error) {
    throw portError(error, port);
  }
  const bound = (ipv4.address() as AddressInfo).port;
  await tryToListen(ipv6, bound);
  return {
    port: bound,
    async close() {
      closing.abort();
      if (ipv6.listening) ipv6.close();
      const closed = app.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Requests of edge servers, and those that control the emulator, have no signature. */
const isSigned = ({ routeOptions }: FastifyRequest): boolean =>
  (routeOptions.config as { isSigned?: boolean }).isSigned !== false;

function portError(error: unknown, port: number): unknown {
  const code = codeOf(error);
  if (code === "EADDRINUSE")
    return new Error(`port ${port} is in use. Choose another one, or leave it out for a free one.`);
  if (code === "EACCES")
    return new Error(
      `this user may not use port ${port}. Choose one above 1023, or leave it out for a free one.`,
    );
  return error;
}

/** Where there is no IPv6, `localhost` is 127.0.0.1 alone. */
const tryToListen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve) => {
    server.once("error", () => resolve());
    server.listen({ host: "::1", port, ipv6Only: true }, () => resolve());
  });
