import { ApiError, ConnectionError } from "../../provider/errors";
import { parseProblem } from "../../provider/errors/problem";
import type { Clock } from "../../provider/runtime/clock";
import type { ApiReply, ApiRequest, HttpClient, ResponseHeaders } from "../../provider/runtime/httpClient";
import type { Api, Exchange, Failure, Outcome } from "./facts";

/** Every status is an answer here: its headers have the time and the request id. */
const everyStatus = Array.from({ length: 300 }, (_, index) => 300 + index);

/** A client that reads only, and notes each exchange. */
export function observingClient(
  inner: HttpClient,
  clock: Clock,
  note: (exchange: Exchange) => void,
): HttpClient {
  return {
    async send(request) {
      if (request.method !== "GET") throw new Error("the doctor only reads");
      const began = clock.now();
      let reply: ApiReply;
      try {
        reply = await inner.send({ ...request, expectedStatuses: everyStatus });
      } catch (error) {
        if (error instanceof ConnectionError) note({ api: apiOf(request), path: request.path });
        throw error;
      }
      const { status, headers, text } = reply;
      const problem = status < 300 ? undefined : parseProblem(text, status);
      const requestId = headers["x-trace-id"] ?? problem?.requestId;
      note({
        api: apiOf(request),
        path: request.path,
        status,
        requestId,
        skewSeconds: skewOf(headers, (began + clock.now()) / 2),
        rate: rateOf(headers),
      });
      if (problem !== undefined && request.expectedStatuses?.includes(status) !== true) {
        const line = { method: request.method, path: request.path };
        throw new ApiError(line, status, problem.code, problem.detail, requestId, false);
      }
      return reply;
    },
  };
}

function apiOf({ path }: ApiRequest): Api {
  if (path.startsWith("/edgekv/")) return "EdgeKV";
  return path.startsWith("/edgeworkers/") ? "EdgeWorkers" : "Property Manager";
}

/** The header has whole seconds: half a second more is the best guess. */
function skewOf({ date }: ResponseHeaders, localMs: number): number | undefined {
  const at = Date.parse(date ?? "");
  return Number.isNaN(at) ? undefined : (localMs - (at + 500)) / 1000;
}

function rateOf(headers: ResponseHeaders): Exchange["rate"] {
  const number = (name: string) => {
    const text = headers[name];
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  const remaining = number("x-ratelimit-remaining");
  return remaining === undefined ? undefined : { limit: number("x-ratelimit-limit"), remaining };
}

/** The answer to a question, or why there is none. */
export async function outcomeOf<T>(ask: Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await ask };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof ApiError) {
    const { status, code, detail, requestId } = error;
    return { kind: "refused", status, code, detail, requestId };
  }
  if (error instanceof ConnectionError)
    return { kind: "unreachable", reason: error.reason, detail: error.detail };
  return { kind: "unexpected", detail: error instanceof Error ? error.message : String(error) };
}
