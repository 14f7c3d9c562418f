/** Bodies that are too large to keep: they go to their consumer as they come, and a broken one begins anew. */
import { once } from "node:events";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { type Got, RequestError } from "got";
import { UnexpectedReplyError } from "../errors";
import type { Clock } from "../runtime/clock";
import type { ApiReply, ApiRequest, ResponseHeaders } from "../runtime/httpClient";
import type { AttemptReporter } from "./attempts";
import { BodyError, maxBodyBytes, tooLarge } from "./body";
import { lineOf, outcomeOf, toApiError, toError } from "./failure";
import { flattenHeaders, type RawHeaders, requestIdOf, toReply } from "./reply";
import { type Outcome, type RetryPolicy, retryDelay } from "./retry";

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
    const answer = await receiveOnce(receiver, url, request, consume, attempts);
    if (!(answer instanceof RequestError)) {
      report(flattenHeaders(answer.headers));
      if (answer.refusal === undefined)
        return toReply(lineOf(request), answer.statusCode, answer.headers, new Uint8Array());
    }
    const outcome = outcomeOfAnswer(answer);
    const isThrottled = outcome.kind === "response" && outcome.status === 429;
    const attempt = { method: "GET", number, elapsedMs: clock.now() - began, outcome };
    const wait = isThrottled ? undefined : retryDelay(attempt, random(), clock.now(), retry);
    if (wait === undefined) throw failureOf(request, answer, clock.now(), receiver.redactorFor(request));
    await clock.sleep(wait);
  }
}

interface Head {
  readonly statusCode: number;
  readonly headers: RawHeaders;
}

interface Answer extends Head {
  /** The body of an answer that is no success, as it came. */
  readonly refusal?: Uint8Array;
}

/** One attempt. Throws what no other attempt makes better. */
async function receiveOnce(
  { http, timeoutMs, signal, clock }: Receiver,
  url: URL,
  request: ApiRequest,
  consume: Consume,
  attempts: AttemptReporter,
): Promise<Answer | RequestError> {
  const stream = http.stream(url, {
    headers: { ...request.headers, accept: request.accept ?? "*/*", "accept-encoding": "gzip" },
    timeout: { request: bodyTimeoutMs, response: timeoutMs, socket: timeoutMs },
    // Read here, within bounds.
    throwHttpErrors: false,
    retry: { limit: 0 },
    ...(signal === undefined ? {} : { signal }),
  });
  // Without a listener, one that comes late would end the process.
  stream.on("error", () => undefined);
  try {
    const [head] = (await once(stream, "response")) as [Head];
    const { statusCode, headers } = head;
    // Redirects are not followed. One from a proxy is no success.
    const answer =
      statusCode < 300 ? head : { statusCode, headers, refusal: await bounded(stream, statusCode) };
    if (answer === head) await consume(dataOf(stream, head, request));
    attempts.end(answer);
    return answer;
  } catch (error) {
    if (error instanceof RequestError) attempts.end(error);
    if (signal?.aborted) throw signal.reason;
    if (error instanceof RequestError) return error;
    throw error instanceof BodyError ? toError(request, error, clock.now()) : error;
  } finally {
    stream.destroy();
  }
}

/** A body that is kept: its first bytes may be all that ever comes of it. */
async function bounded(body: AsyncIterable<Uint8Array>, status: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBodyBytes) throw new BodyError(tooLarge, status);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The body of a success, unpacked as it comes. */
function dataOf(
  body: NodeJS.ReadableStream & AsyncIterable<Uint8Array>,
  { statusCode, headers: raw }: Head,
  request: ApiRequest,
): AsyncIterable<Uint8Array> {
  const headers = flattenHeaders(raw);
  if (/^text\/html\b/i.test(headers["content-type"] ?? ""))
    throw new UnexpectedReplyError(
      lineOf(request),
      statusCode,
      "it is a page, not data",
      requestIdOf(headers),
    );
  const encoding = (headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (encoding === "identity" || encoding === "") return body;
  if (encoding !== "gzip" && encoding !== "x-gzip")
    throw new BodyError("it is packed in a way that was not asked for", statusCode);
  return unpacked(body, statusCode);
}

async function* unpacked(
  body: NodeJS.ReadableStream & AsyncIterable<Uint8Array>,
  status: number,
): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  // The reader below gets the errors of both.
  pipeline(body, gunzip, () => undefined);
  try {
    yield* gunzip;
  } catch (error) {
    const isUnreadable = String((error as { code?: unknown }).code).startsWith("Z_");
    throw isUnreadable ? new BodyError("it can't be unpacked", status) : error;
  }
}

function outcomeOfAnswer(answer: Answer | RequestError): Outcome {
  if (answer instanceof RequestError) return outcomeOf(answer);
  return { kind: "response", status: answer.statusCode, headers: flattenHeaders(answer.headers) };
}

function failureOf(
  request: ApiRequest,
  answer: Answer | RequestError,
  nowMs: number,
  redact: (text: string) => string,
): Error {
  if (answer instanceof RequestError) return toError(request, answer, nowMs, redact);
  return toApiError(request, answer.statusCode, answer.headers, answer.refusal, nowMs, redact);
}
