import { setTimeout as delay } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Account, ApiClient } from "../account/account";
import type { Clock } from "../clock";
import type { Fault, Faults } from "../faults";
import { type Gateway, GatewayError, notGranted } from "../gateway";
import type { Journal, JournalEntry } from "../journal";
import { nextRandom } from "../prng";
import type { Lags } from "../replication";
import {
  HttpError,
  type RequestContext,
  type RequestFacts,
  type Response,
  type Route,
  type Service,
} from "../service";
import { contentTypeOf, requestFacts, send } from "./messages";
import { sendFault } from "./sendFault";

/** The parts of an emulator that its requests share. */
export interface Runtime {
  account(): Account;
  readonly clock: Clock;
  /** The time that rates of traffic are measured on. */
  trafficNow(): number;
  readonly lags: Lags;
  readonly gateway: Gateway;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly services: readonly Service[];
  /** How far away the service is: what each request takes, in milliseconds of the machine's time. */
  readonly latency: number;
  /** Called when a request may have changed the account. */
  changed(): void;
  /** Called when a request is over. */
  readonly onRequest?: ((request: RequestSummary) => void) | undefined;
}

/** A request that is over. */
export interface RequestSummary {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** `null` when there was no response, or only a part of it. */
  readonly status: number | null;
  /** Of the machine's time. */
  readonly milliseconds: number;
}

/** The route that a request matched. */
interface Match {
  readonly service: Service;
  readonly route: Route;
}

/** The client of requests that are not signed. */
const EDGE_SERVER: ApiClient = { grants: {}, viewCpCodes: false };

/**
 * What the head of a request shows, before its body is read: whether it is for this machine and, where requests are signed, from a client
 * of the account. Answers one that is not, and returns the reply then.
 */
export async function refuseStranger(
  runtime: Runtime,
  closing: AbortSignal,
  request: FastifyRequest,
  reply: FastifyReply,
  isSigned: boolean,
): Promise<FastifyReply | undefined> {
  const { method = "", url = "", headers } = request.raw;
  const { host = "", authorization } = headers;
  try {
    if (isSigned) runtime.gateway.checkHead({ method, url, host, authorization });
    else runtime.gateway.assertOwnHost(host);
    return undefined;
  } catch {
    // The same check fails again there, and the answer is the usual one.
    return handleRequest(runtime, closing, request, reply);
  }
}

/** One request, from the gateway to the response. */
export async function handleRequest(
  runtime: Runtime,
  closing: AbortSignal,
  request: FastifyRequest,
  reply: FastifyReply,
  match?: Match,
): Promise<FastifyReply> {
  const { journal, faults, gateway } = runtime;
  const facts = requestFacts(request);
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const entry = journalEntry(runtime, request, facts);
  journal.add(entry);
  const { onRequest } = runtime;
  if (onRequest !== undefined) {
    const began = performance.now();
    const { raw } = reply;
    // Also for requests that get no answer, or only a part of one.
    raw.once("close", () => {
      const { method, path } = entry;
      const status = raw.writableFinished ? raw.statusCode : null;
      onRequest({ method, path, status, milliseconds: performance.now() - began });
    });
  }
  const record = (response: Response): Response => {
    entry.status = response.status;
    reply.header("Date", new Date(runtime.clock.now()).toUTCString());
    if (response.note !== undefined) entry.note = response.note;
    return response;
  };

  let fault: Fault | undefined;
  let effect: () => Promise<Response>;
  try {
    const { method, url, headers } = request.raw;
    const { host = "", authorization } = headers;
    if (match?.service.unsigned) entry.edge = match.service.unsigned(headers);
    else
      entry.client = gateway.authenticate({
        method: method ?? "",
        host,
        url: url ?? "",
        authorization,
        body,
      });
    // Only now: whoever has no credentials must not fill the memory.
    journal.addBody(entry, body, match === undefined ? "size" : match.route.opaqueBody);
    fault = faults.take(entry.method, entry.path);
    const stale = fault?.kind === "stale" ? fault : undefined;
    const latency = match?.service.unsigned ? 0 : runtime.latency;
    effect = async () => {
      if (latency > 0) await delay(latency, undefined, { signal: closing }).catch(() => undefined);
      return respond(runtime, request, entry, facts, body, closing, match, stale);
    };
  } catch (error) {
    effect = async () => errorResponse(error, facts);
  }
  if (fault !== undefined) entry.fault = fault.kind;
  if (fault === undefined || fault.kind === "stale")
    return send(reply, record(await effect()), facts.requestId);
  return sendFault(reply, fault, facts, closing, effect, record);
}

function journalEntry(
  { clock }: Runtime,
  request: FastifyRequest,
  { requestId }: RequestFacts,
): JournalEntry {
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
  };
}

/** The response of the service, with all its effects. */
async function respond(
  runtime: Runtime,
  request: FastifyRequest,
  entry: JournalEntry,
  facts: RequestFacts,
  body: Buffer,
  closing: AbortSignal,
  match: Match | undefined,
  stale: Fault | undefined,
): Promise<Response> {
  try {
    if (match === undefined) {
      throw new GatewayError(
        404,
        "resource-impl/forward-origin-error",
        "The system was unable to locate the requested resource",
      );
    }
    const { route } = match;
    authorizedClient(runtime, entry, match);
    const handle = "prepare" in route ? await route.prepare(body, runtime.account().settings) : route.handle;
    const contextNow = (): RequestContext => {
      const account = runtime.account();
      const now = runtime.clock.now();
      // Again: the account may have changed while the body was read.
      const client = authorizedClient(runtime, entry, match);
      account.now = now;
      for (const { advance } of runtime.services) advance(account, now, runtime.lags);
      const staleness = nextRandom(account);
      return {
        query: entry.query,
        params: request.params as Record<string, string>,
        body,
        contentType: entry.contentType,
        headers: request.raw.headers,
        origin: new URL(facts.url).origin,
        client,
        user: entry.client ?? "",
        account,
        now,
        trafficAt: runtime.trafficNow(),
        replica: { now, staleness: stale === undefined ? staleness : 1 },
        lags: stale === undefined ? runtime.lags : { ...runtime.lags, object: stale.staleSeconds ?? 5 },
      };
    };
    const response = handle(contextNow());
    if (route.access === "write") runtime.changed();
    if (response.hold === undefined) return response;
    await runtime.clock.until(response.hold.until, closing);
    return response.hold.respond(contextNow());
  } catch (error) {
    return errorResponse(error, facts);
  }
}

/** The client of a request that it has the grant for. */
function authorizedClient(runtime: Runtime, entry: JournalEntry, { service, route }: Match): ApiClient {
  if (service.unsigned) return EDGE_SERVER;
  const client = runtime.account().clients[entry.client ?? ""];
  const grant = client?.grants[service.name];
  if (client === undefined || grant === undefined || (grant === "READ-ONLY" && route.access === "write"))
    throw notGranted();
  return client;
}

function errorResponse(error: unknown, facts: RequestFacts): Response {
  if (error instanceof HttpError) return error.toResponse(facts);
  throw error;
}
