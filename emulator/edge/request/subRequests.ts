import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import type { HandlerLimits } from "../../edgeworkers/resourceTiers";
import type { HeaderLists, SubRequest, SubResponse } from "../runtime/protocol";
import { bytesOf } from "./forward";
import type { EdgeNetwork, Outgoing } from "./messages";

const HEADER_BYTES = 8192;
const MB = 1024 * 1024;

/** A sub-request that is over, for the debug headers. */
export interface SubRequestRecord {
  readonly event: string;
  readonly id: number;
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly milliseconds: number;
}

/** Who asks. */
export interface Asker {
  readonly network: EdgeNetwork;
  readonly edgeWorkerId: number;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
}

export type Fetcher = (url: URL, request: SubRequest, asker: Asker) => Promise<Outgoing>;

/** The sub-requests of one event, within the limits of its tier. */
export class SubRequests {
  #made = 0;
  #running = 0;

  constructor(
    private readonly limits: HandlerLimits,
    private readonly asker: Asker,
    private readonly event: string,
    private readonly fetcher: Fetcher,
    private readonly records: SubRequestRecord[],
  ) {}

  async send(request: SubRequest): Promise<SubResponse> {
    const { subRequests, parallelSubRequests } = this.limits;
    if (this.#made >= subRequests)
      return failed(
        `subrequest to URL ${request.url} refused: the limit of ${subRequests} sub-requests is reached`,
      );
    if (this.#running >= parallelSubRequests)
      return failed(
        `subrequest to URL ${request.url} refused: the limit of ${parallelSubRequests} sub-requests at once is reached`,
      );
    const url = this.#target(request.url);
    if (url === undefined) return failed(`subrequest to URL ${request.url} failed: the URL is not valid`);
    this.#made += 1;
    this.#running += 1;
    const began = performance.now();
    const id = this.records.length + 1;
    try {
      const answer = await this.#timed(url, request);
      this.records.push({
        event: this.event,
        id,
        method: request.method,
        url: url.href,
        status: answer.ok ? answer.status : 0,
        milliseconds: performance.now() - began,
      });
      return answer;
    } finally {
      this.#running -= 1;
    }
  }

  /** Always HTTPS. A URL without a host is one of the site itself. */
  #target(given: string): URL | undefined {
    const { host, path } = this.asker;
    const url = URL.parse(given, `https://${host}${path}`);
    if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
    url.protocol = "https:";
    url.port = "";
    return url;
  }

  async #timed(url: URL, request: SubRequest): Promise<SubResponse> {
    const wall = Math.min(request.timeoutMs ?? Number.POSITIVE_INFINITY, this.limits.subRequestWallMs);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<SubResponse>((resolve) => {
      timer = setTimeout(() => resolve(failed(`subrequest to URL ${request.url} timed out`)), wall);
    });
    try {
      return await Promise.race([this.#answer(url, request), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #answer(url: URL, request: SubRequest): Promise<SubResponse> {
    try {
      // Code reads bodies as text, also when it passes on what a browser accepts. `preserveEncoding` leaves them as they come.
      const { "accept-encoding": coding, ...rest } = request.headers;
      const sent = request.isEncodingKept && coding ? { ...rest, "accept-encoding": coding } : rest;
      const { status, headers, body } = await this.fetcher(url, { ...request, headers: sent }, this.asker);
      const size = Object.entries(headers).flat(2).join("").length;
      if (size > HEADER_BYTES)
        return failed(`subrequest to URL ${request.url} failed: its headers exceed ${HEADER_BYTES} bytes`);
      const limit = this.limits.subResponseMb * MB;
      const bytes = await bytesOf(request.method === "HEAD" ? Buffer.alloc(0) : body, limit);
      if (bytes === undefined)
        return failed(`subrequest to URL ${request.url} failed: its body exceeds ${limit} bytes`);
      const given = request.isEncodingKept ? { headers, body: bytes } : decoded(headers, bytes, limit);
      return { ok: true, status, ...given };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return failed(`subrequest to URL ${request.url} failed: ${reason}`);
    }
  }
}

const DECODERS: Readonly<Record<string, typeof gunzipSync>> = {
  gzip: gunzipSync,
  "x-gzip": gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

/** Without the compression that an origin uses although nobody asked for it. */
function decoded(headers: HeaderLists, bytes: Buffer, limit: number): { headers: HeaderLists; body: Buffer } {
  const { "content-encoding": coding = [], "content-length": _length, ...rest } = headers;
  const decode = DECODERS[coding.join(",").trim().toLowerCase()];
  if (decode === undefined || bytes.length === 0) return { headers, body: bytes };
  return { headers: rest, body: decode(bytes, { maxOutputLength: limit }) };
}

const failed = (message: string): SubResponse => ({ ok: false, message });
