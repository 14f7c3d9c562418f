/** Bodies that are too large to keep: they go to their consumer as they come, and a broken one begins anew. */
import type { IncomingHttpHeaders } from "node:http";
import { type Got, HTTPError, RequestError } from "got";
import { UnexpectedReplyError } from "../errors";
import type { Clock } from "../runtime/clock";
import type { ApiReply, ApiRequest, ResponseHeaders } from "../runtime/httpClient";
import type { AttemptReporter } from "./attempts";
import { lineOf, outcomeOf, toApiError, toError } from "./failure";
import { flattenHeaders, toReply } from "./reply";
import { type RetryPolicy, retryDelay } from "./retry";

export interface Receiver {
  readonly http: Got;
  readonly clock: Clock;
  readonly random: () => number;
  readonly retry: RetryPolicy;
  /** Milliseconds for the head of the answer, and between two pieces of its body. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Hides what a refusal repeats of a request. */
  readonly redactorFor: (request: ApiRequest) => (text: string) => string;
}

type Consume = (body: AsyncIterable<Uint8Array>) => Promise<void>;

/** Milliseconds for a whole body. Of its size, nothing is known beforehand. */
const bodyTimeoutMs = 3_600_000;

/** Sends a GET, and hands its body on. A refusal of the rate is left to the caller's limiter. */
export async function receiveStream(
  receiver: Receiver,
  url: URL,
  request: ApiRequest,
  consume: Consume,
  report: (headers: ResponseHeaders) => void,
  attempts: AttemptReporter,
): Promise<ApiReply> {
  const { clock, random, retry } = receiver;
  const began = clock.now();
  for (let number = 1; ; number++) {
    attempts.begin();
    try {
      const head = await receiveOnce(receiver, url, request, consume);
      attempts.end(head);
      report(flattenHeaders(head.headers));
      return toReply(lineOf(request), head.statusCode, head.headers, new Uint8Array());
    } catch (error) {
      if (error instanceof RequestError) attempts.end(error);
      if (receiver.signal?.aborted) throw receiver.signal.reason;
      if (error instanceof HTTPError) report(flattenHeaders(error.response.headers));
      if (!(error instanceof RequestError)) throw error;
      const elapsedMs = clock.now() - began;
      const attempt = { method: "GET", number, elapsedMs, outcome: outcomeOf(error) };
      const isThrottled = error instanceof HTTPError && error.response.statusCode === 429;
      const wait = isThrottled ? undefined : retryDelay(attempt, random(), clock.now(), retry);
      if (wait === undefined) throw failureOf(request, error, clock.now(), receiver.redactorFor(request));
      await clock.sleep(wait);
    }
  }
}

interface Head {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
}

async function receiveOnce(
  { http, timeoutMs, signal }: Receiver,
  url: URL,
  request: ApiRequest,
  consume: Consume,
): Promise<Head> {
  const stream = http.stream(url, {
    headers: { ...request.headers, accept: request.accept ?? "*/*" },
    timeout: { request: bodyTimeoutMs, response: timeoutMs, socket: timeoutMs },
    decompress: true,
    retry: { limit: 0 },
    ...(signal === undefined ? {} : { signal }),
  });
  let head: Head = { statusCode: 200, headers: {} };
  stream.once("response", (response: Head) => {
    head = response;
  });
  async function* body(): AsyncGenerator<Uint8Array> {
    for await (const chunk of stream) {
      const { statusCode, headers } = head;
      // A proxy answered, or it is a redirect, which is not followed.
      if (statusCode >= 300 || /^text\/html\b/i.test(headers["content-type"] ?? ""))
        throw new UnexpectedReplyError(
          lineOf(request),
          statusCode,
          "it is no data",
          String(headers["x-trace-id"]),
        );
      yield typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Uint8Array);
    }
  }
  try {
    await consume(body());
    return head;
  } finally {
    stream.destroy();
  }
}

/** got reads the body of an error as text here. */
function failureOf(
  request: ApiRequest,
  error: RequestError,
  nowMs: number,
  redact: (text: string) => string,
): Error {
  if (!(error instanceof HTTPError)) return toError(request, error, nowMs, redact);
  const { statusCode, headers, body } = error.response;
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return toApiError(request, statusCode, headers, bytes, nowMs, redact);
}
