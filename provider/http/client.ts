import got, { AbortError, HTTPError } from "got";
import { ApiError, ConnectionError, isQuotaExceeded, PreconditionError } from "../errors";
import type { Clock } from "../runtime/clock";
import type { ApiReply, ApiRequest, HttpClient, ResponseHeaders } from "../runtime/httpClient";
import { version } from "../runtime/packageVersion";
import { adaptiveLimit } from "./adaptiveLimit";
import { createAgent, type ProxyServer } from "./agents";
import { type AttemptReporter, reportAttempts } from "./attempts";
import { acceptedEncodings, unpackBody } from "./body";
import { boundedDownload } from "./boundedDownload";
import { isUnconnected, lineOf, mayChange, outcomeOf, toApiError, toError } from "./failure";
import { headerLimit } from "./headerLimit";
import { createRateLimiter } from "./rateLimiter";
import { watchReachability } from "./reachability";
import { type Receiver, receiveStream } from "./receive";
import { assertNoPage, flattenHeaders, type RawHeaders, toReply } from "./reply";
import type { RequestAttempt } from "./requestLog";
import { requestUrl } from "./requestUrl";
import { defaultRetryPolicy, type RetryPolicy, retryDelay } from "./retry";
import { createSentSecrets } from "./sentSecrets";
import { type Credentials, createSigner } from "./signer";
import { watchSlowRequests } from "./slowRequests";

export interface HttpClientOptions {
  readonly credentials: Credentials;
  readonly accountSwitchKey?: string | undefined;
  /** PEM text of a certificate authority to trust in addition to the public ones. */
  readonly certificateAuthority?: string | undefined;
  /** The proxy to go through. Default: none. */
  readonly proxy?: ProxyServer | undefined;
  /** What to check when the host can't be reached, such as where it is set. */
  readonly advice?: string | undefined;
  /** The run is cancelled: nothing more is sent, and its reason is the error of what is left. Changes on their way are waited for. */
  readonly signal?: AbortSignal | undefined;
  /** Called with a line for the user when a request, or a limit, takes long. */
  readonly onProgress?: ((line: string) => void) | undefined;
  /** Milliseconds of the machine's time after which a request that hangs is mentioned. Default: 30 s. */
  readonly slowAfterMs?: number | undefined;
  /** Requests in flight at most; more wait in a queue. Default: 8. Requests with `adaptive` have a limit of their own, up to 8 times as many. */
  readonly concurrency?: number | undefined;
  /** Called before every attempt of a request that may change something. What it throws is the error of the request. */
  readonly beforeChange?: (() => void) | undefined;
  /** Called after every request that may have changed something. */
  readonly onChange?: (() => void) | undefined;
  /** Called with the `Date` header of every answer of the service. */
  readonly onDate?: ((date: string | undefined) => void) | undefined;
  /** Called after every attempt of every request that was sent. */
  readonly onAttempt?: ((attempt: RequestAttempt) => void) | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly retry?: RetryPolicy | undefined;
  /** Milliseconds for one attempt. Default: 120 s, because creating a namespace may take longer than 60 s. */
  readonly timeoutMs?: number | undefined;
}

const defaultTimeoutMs = 120_000;
const defaultSlowAfterMs = 30_000;
/** Milliseconds for each step before a request can be sent: the name, the connection, TLS. */
const connectTimeoutMs = 15_000;
const defaultConcurrency = 8;
/** An adaptive limit finds its rate by trying, so it may have so many times more requests in flight. */
const adaptiveConcurrencyFactor = 8;

/** Creates a client: requests over verified TLS, a new EdgeGrid signature for every attempt, retries by `retryDelay`, rate limits by `rateLimiter`. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { credentials, clock, random, retry = defaultRetryPolicy, signal, onProgress } = options;
  const concurrency = options.concurrency ?? defaultConcurrency;
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const limiter = createRateLimiter({ clock, random, concurrency, onProgress });
  const reachability = watchReachability(credentials.host, options.advice);
  const watchSlow = watchSlowRequests({
    host: credentials.host,
    afterMs: options.slowAfterMs ?? defaultSlowAfterMs,
    timeoutMs,
    mention: (line) => onProgress?.(line),
  });
  const adaptive = {
    name: "adaptive",
    strategy: adaptiveLimit({ concurrency, maxConcurrency: concurrency * adaptiveConcurrencyFactor }),
  };
  const origin = `https://${credentials.host}`;
  const sign = createSigner(credentials);
  const { redactorFor, noteAuthorization } = createSentSecrets(credentials, options.accountSwitchKey);

  const http = got.extend({
    headers: {
      "user-agent": `pulumi-akamai-edge/${version} (+https://www.npmjs.com/package/pulumi-akamai-edge)`,
    },
    timeout: {
      request: timeoutMs,
      lookup: connectTimeoutMs,
      connect: connectTimeoutMs,
      secureConnect: connectTimeoutMs,
    },
    followRedirect: false,
    // Unpacked here, within bounds: a small body may become one of any size.
    decompress: false,
    responseType: "buffer",
    // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED in the user's shell cannot switch it off.
    https: { rejectUnauthorized: true },
    agent: { https: createAgent(options.certificateAuthority, options.proxy) },
    hooks: {
      beforeRequest: [
        (request) => {
          const { url, method, body, headers } = request;
          if (url === undefined || typeof url === "string")
            throw new TypeError("a request without an address cannot be signed");
          signal?.throwIfAborted();
          if (method !== "GET") options.beforeChange?.();
          const bytes =
            typeof body === "string" || ArrayBuffer.isView(body) ? (body as string | Uint8Array) : undefined;
          headers.authorization = sign({ method, url, body: bytes });
          noteAuthorization(headers.authorization);
        },
      ],
    },
  });

  /** A refusal of the rate goes back to its queue without using up attempts. A full account gets no emptier by asking again. */
  function isLeftToLimiter(request: ApiRequest, error: Error): boolean {
    const strategy = request.adaptive ? adaptive.strategy : headerLimit;
    return strategy.isThrottled(error) || (error instanceof ApiError && isQuotaExceeded(error));
  }

  const urlOf = (request: ApiRequest) => requestUrl(origin, options.accountSwitchKey, request);

  async function sendWithRetries(
    request: ApiRequest,
    report: (headers: ResponseHeaders) => void,
    attempts: AttemptReporter,
  ): Promise<ApiReply> {
    const url = urlOf(request);
    const redact = redactorFor(request);
    const errorOf = (error: unknown) => toError(request, error, clock.now(), redact);
    /** The answer, unpacked. What a refusal repeats of the request is hidden. */
    const answerOf = (status: number, headers: RawHeaders, raw: Uint8Array) => {
      const bytes = unpackBody(raw, flattenHeaders(headers));
      const shown = status < 300 ? bytes : Buffer.from(redact(Buffer.from(bytes).toString("utf8")));
      return toReply(lineOf(request), status, headers, shown);
    };
    const body =
      request.raw?.bytes ?? (request.json === undefined ? undefined : JSON.stringify(request.json));
    const down = reachability.refusal(request);
    if (down !== undefined) throw down;
    const began = clock.now();
    let tried = 1;
    attempts.begin();
    const download = boundedDownload(signal !== undefined && !mayChange(request) ? signal : undefined);
    try {
      const sending = http(url, {
        method: request.method,
        headers: {
          ...request.headers,
          "accept-encoding": acceptedEncodings,
          accept: request.accept ?? "application/json",
          "content-type": request.raw?.contentType ?? "application/json",
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : Buffer.from(body) }),
        // A change on its way is waited for: its outcome belongs into the state.
        signal: download.signal,
        retry: {
          limit: retry.maxAttempts - 1,
          enforceRetryRules: false,
          // got repeats after the returned milliseconds, and never after 0. The wait is here, on our clock, which tests turn by hand.
          calculateDelay: async ({ attemptCount, error }) => {
            if (error.cause instanceof PreconditionError) return 0;
            attempts.end(error);
            const elapsedMs = clock.now() - began;
            const wait = retryDelay(
              {
                method: mayChange(request) ? request.method : "GET",
                number: attemptCount,
                elapsedMs,
                outcome: outcomeOf(error),
              },
              random(),
              clock.now(),
              isUnconnected(error) ? reachability.policy(retry) : retry,
            );
            if (wait === undefined || isLeftToLimiter(request, errorOf(error))) return 0;
            await Promise.race([clock.sleep(wait), reachability.down]);
            if (reachability.refusal(request) !== undefined) return 0;
            tried += 1;
            attempts.begin();
            return 1;
          },
        },
      });
      download.watch(sending);
      const reply = await sending;
      attempts.end(reply);
      reachability.reached();
      options.onDate?.(reply.headers.date);
      report(flattenHeaders(reply.headers));
      // Redirects are not followed. One from a proxy is no success.
      if (reply.statusCode >= 300 && request.expectedStatuses?.includes(reply.statusCode) !== true)
        throw toApiError(request, reply.statusCode, reply.headers, reply.body, clock.now(), redact);
      const answer = answerOf(reply.statusCode, reply.headers, reply.body);
      assertNoPage(lineOf(request), answer);
      return answer;
    } catch (error) {
      if (download.problem !== undefined) throw errorOf(download.problem);
      if (signal?.aborted && error instanceof AbortError) throw signal.reason;
      if (error instanceof HTTPError) {
        reachability.reached();
        report(flattenHeaders(error.response.headers));
      }
      if (
        error instanceof HTTPError &&
        request.expectedStatuses?.includes(error.response.statusCode) === true
      ) {
        const { statusCode, headers, body: answer } = error.response;
        try {
          return answerOf(statusCode, headers, answer as Uint8Array);
        } catch (unread) {
          throw errorOf(unread);
        }
      }
      const failure = errorOf(error);
      throw failure instanceof ConnectionError && isUnconnected(error)
        ? reachability.failed(request, failure, tried, clock.now() - began)
        : failure;
    }
  }

  const receiver: Receiver = { http, clock, random, retry, timeoutMs, signal, redactorFor };
  return {
    async send(request) {
      const attempts = reportAttempts(request, clock, watchSlow(lineOf(request)), options.onAttempt);
      try {
        const send = (report: (headers: ResponseHeaders) => void) =>
          request.consume === undefined
            ? sendWithRetries(request, report, attempts)
            : receiveStream(receiver, urlOf(request), request, request.consume, report, attempts);
        const announced = { name: limitNameOf(request), strategy: headerLimit };
        return await (request.adaptive
          ? limiter.schedule(adaptive, send)
          : limiter.schedule(announced, send));
      } finally {
        attempts.close();
        if (mayChange(request)) options.onChange?.();
      }
    },
  };
}

/** Requests of one API share a limit, such as `papi`; EdgeWorkers has several. */
function limitNameOf({ limit, path }: ApiRequest): string {
  return `announced ${limit ?? path.split("/")[1] ?? ""}`;
}
