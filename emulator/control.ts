import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { parseJson } from "./account/seedFile";
import { type Fault, parseFaults } from "./faults";
import type { JournalEntry, NumberedEntry } from "./journal";
import { isOwnOrigin } from "./page/browser";
import { listed, parseOrFail } from "./problems";

export const CONTROL_PATH = "/_emulator";

/** The controls of a running emulator, for code and for control requests. */
export interface Controls {
  readonly clock: { now(): number; advance(seconds: number): void };
  journal(): readonly JournalEntry[];
  /** How many requests there were, by method and service, such as `PUT edgekv`. Those that the journal has dropped count too. */
  counts(): Readonly<Record<string, number>>;
  clearJournal(): void;
  readonly faults: { add(fault: Fault): void; clear(): void };
  /** The whole account, JSON. `put` replaces it, and throws when it is not a state; the clock moves on to its `now`. */
  readonly state: { get(): unknown; put(state: unknown): void };
}

/** Controls for requests alone. */
export interface RequestControls extends Controls {
  pendingFaults(): Fault[];
  explain(query: Record<string, string>): unknown;
  /** The newest entries of the journal with a number above this one. */
  recent(after: number): NumberedEntry[];
  /** What the page shows. */
  overview(): Promise<object>;
}

/** Bytes of a state. */
const BODY_LIMIT = 64 * 1024 * 1024;

const Advance = z.strictObject({ advanceSeconds: z.number().min(0) });

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

/** The routes that control the emulator itself. They need the control token. */
export function addControlRoutes(app: FastifyInstance, token: string, controls: RequestControls): void {
  const expected = sha256(`Bearer ${token}`);
  const authorize = async ({ headers }: FastifyRequest, reply: FastifyReply) => {
    if (!isOwnOrigin(headers.origin, headers.host))
      return reply.code(403).send({
        status: 403,
        title: "Forbidden",
        detail: "Pages of other sites may not control the emulator.",
      });
    if (timingSafeEqual(sha256(headers.authorization ?? ""), expected)) return;
    return reply.code(401).send({
      status: 401,
      title: "Unauthorized",
      detail: "Authorization must be Bearer and the control token.",
    });
  };
  const badRequest = (error: unknown, reply: FastifyReply) => {
    const detail = error instanceof Error ? error.message : String(error);
    return reply.code(400).send({ status: 400, title: "Bad Request", detail });
  };
  const known: string[] = [];
  const route = (
    method: string,
    path: string,
    act: (body: unknown, query: Record<string, string>) => unknown,
  ) => {
    known.push(`${method} ${path}`);
    app.route({
      method,
      url: CONTROL_PATH + path,
      onRequest: authorize,
      config: { isSigned: false },
      bodyLimit: BODY_LIMIT,
      handler: async ({ body, query }, reply) => {
        try {
          const result = await act(
            Buffer.isBuffer(body) && body.length > 0
              ? parseJson(body.toString("utf8"), "the body")
              : undefined,
            query as Record<string, string>,
          );
          return result === undefined ? reply.code(204).send() : reply.send(result);
        } catch (error) {
          return badRequest(error, reply);
        }
      },
    });
  };

  const time = () => ({ now: new Date(controls.clock.now()).toISOString() });
  route("GET", "/clock", time);
  route("POST", "/clock", (body) => {
    const { advanceSeconds } = parseOrFail(
      Advance,
      body ?? {},
      (problems) => new Error(listed("not a move of the clock", problems)),
    );
    controls.clock.advance(advanceSeconds);
    return time();
  });
  route("GET", "/journal", () => controls.journal());
  route("GET", "/journal/recent", (_body, { after = "0" }) => {
    const number = Number(after);
    if (!Number.isInteger(number) || number < 0) throw new Error("after must be the number of an entry");
    return controls.recent(number);
  });
  route("GET", "/overview", () => controls.overview());
  route("GET", "/counts", () => controls.counts());
  route("DELETE", "/journal", () => controls.clearJournal());
  route("GET", "/faults", () => controls.pendingFaults());
  route("POST", "/faults", (body) => {
    for (const fault of parseFaults(body ?? {})) controls.faults.add(fault);
  });
  route("DELETE", "/faults", () => controls.faults.clear());
  route("GET", "/state", () => controls.state.get());
  route("GET", "/edge/explain", (_body, query) => controls.explain(query));
  route("PUT", "/state", (body) => controls.state.put(body));
  app.route({
    method: ["GET", "POST", "PUT", "PATCH", "DELETE"],
    url: `${CONTROL_PATH}/*`,
    onRequest: authorize,
    config: { isSigned: false },
    bodyLimit: BODY_LIMIT,
    handler: async ({ method, url }, reply) =>
      reply.code(404).send({
        status: 404,
        title: "Not Found",
        detail: `there is no control ${method} ${url.replace(/\?.*$/s, "")}; there are ${known.join(", ")}.`,
      }),
  });
}
