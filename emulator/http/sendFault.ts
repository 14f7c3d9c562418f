import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { FastifyReply } from "fastify";
import type { Fault } from "../faults";
import { gatewayErrorFor } from "../gateway";
import type { RequestFacts, Response } from "../service";
import { send } from "./messages";

/** Responds to a request with its fault. `effect` carries the request out, and returns the response of the service. */
export async function sendFault(
  reply: FastifyReply,
  fault: Fault,
  facts: RequestFacts,
  closing: AbortSignal,
  effect: () => Promise<Response>,
  record: (response: Response) => Response,
): Promise<FastifyReply> {
  const {
    kind,
    afterEffect = kind === "reset-after" || kind === "drip",
    status = 503,
    delayMs = 1000,
  } = fault;
  const before = afterEffect ? await effect() : undefined;
  if (kind === "status") return send(reply, record(statusResponse(fault, status, facts)), facts.requestId);
  if (kind === "slow") {
    await delay(delayMs, undefined, { signal: closing }).catch(() => undefined);
    return send(reply, record(before ?? (await effect())), facts.requestId);
  }
  if (kind === "drip") {
    const { body = "", ...response } = record(before ?? (await effect()));
    return send(reply, response, facts.requestId, drip(Buffer.from(body), delayMs, closing));
  }
  reply.hijack();
  if (kind !== "hang") reply.request.raw.socket.destroy();
  return reply;
}

function statusResponse(
  { body, contentType, headers = {} }: Fault,
  status: number,
  facts: RequestFacts,
): Response {
  if (body === undefined) return { ...gatewayErrorFor(status).toResponse(facts), headers };
  const isText = typeof body === "string";
  return {
    status,
    headers,
    contentType: contentType ?? (isText ? "text/plain" : "application/problem+json"),
    body: isText ? body : JSON.stringify(body),
  };
}

/** A body that takes `milliseconds`, spread evenly over its bytes. */
function drip(bytes: Buffer, milliseconds: number, closing: AbortSignal): Readable {
  async function* drops() {
    for (const byte of bytes) {
      yield Buffer.of(byte);
      await delay(milliseconds / bytes.length, undefined, { signal: closing });
    }
  }
  return Readable.from(drops(), { objectMode: false });
}
