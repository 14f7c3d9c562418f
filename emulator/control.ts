import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { Fault } from "./faults";
import type { Emulator } from "./index";

export const CONTROL_PATH = "/_emulator";

type Controlled = Pick<Emulator, "clock" | "journal" | "counts" | "clearJournal" | "faults" | "state"> & { pendingFaults(): Fault[] };

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

/** The routes that turn the emulator itself, behind a secret of their own. */
export function control(app: FastifyInstance, token: string, emulator: Controlled): void {
  const expected = sha256(`Bearer ${token}`);
  const authorize = async ({ headers }: FastifyRequest, reply: FastifyReply) => {
    if (timingSafeEqual(sha256(headers.authorization ?? ""), expected)) return;
    return reply.code(401).send({ status: 401, title: "Unauthorized", detail: "Authorization must be Bearer and the control token." });
  };
  const refuse = (error: unknown, reply: FastifyReply) => {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : String(error);
    return reply.code(400).send({ status: 400, title: "Bad Request", detail });
  };
  const route = (method: string, path: string, act: (body: unknown) => unknown) =>
    app.route({
      method,
      url: CONTROL_PATH + path,
      onRequest: authorize,
      handler: async ({ body }, reply) => {
        try {
          const result = act(Buffer.isBuffer(body) && body.length > 0 ? JSON.parse(body.toString("utf8")) : undefined);
          return result === undefined ? reply.code(204).send() : reply.send(result);
        } catch (error) {
          return refuse(error, reply);
        }
      },
    });

  const time = () => ({ now: new Date(emulator.clock.now()).toISOString() });
  route("GET", "/clock", time);
  route("POST", "/clock", (body) => {
    emulator.clock.advance(z.strictObject({ advanceSeconds: z.number().min(0) }).parse(body).advanceSeconds);
    return time();
  });
  route("GET", "/journal", () => emulator.journal());
  route("GET", "/counts", () => emulator.counts());
  route("DELETE", "/journal", () => emulator.clearJournal());
  route("GET", "/faults", () => emulator.pendingFaults());
  route("POST", "/faults", (body) => {
    for (const fault of z.union([z.array(Fault), Fault.transform((one) => [one])]).parse(body)) emulator.faults.add(fault);
  });
  route("DELETE", "/faults", () => emulator.faults.clear());
  route("GET", "/state", () => emulator.state.get());
  route("PUT", "/state", (body) => emulator.state.put(body));
}
