import { randomBytes } from "node:crypto";
import type { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { RequestFacts, Response } from "../service";

/** Media type without parameters, lower case. */
export const contentTypeOf = ({ headers }: FastifyRequest): string | undefined =>
  headers["content-type"]?.split(";")[0]?.trim().toLowerCase();

export const requestFacts = (request: FastifyRequest): RequestFacts => ({
  method: request.method,
  url: `https://${request.headers.host ?? "localhost"}${request.raw.url}`,
  requestId: randomBytes(8).toString("hex"),
  clientIp: request.raw.socket.remoteAddress ?? "",
  serverIp: request.raw.socket.localAddress ?? "",
});

export function send(
  reply: FastifyReply,
  response: Response,
  requestId: string,
  body: Response["body"] | Readable = response.body,
): FastifyReply {
  const { status, headers = {}, contentType } = response;
  reply.code(status).header("X-Trace-Id", requestId).headers(headers);
  if (contentType !== undefined) reply.header("Content-Type", contentType);
  return reply.send(typeof body === "string" ? Buffer.from(body) : body);
}
