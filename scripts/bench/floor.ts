import { readFileSync } from "node:fs";
import EdgeGrid from "akamai-edgegrid";
import got from "got";
import pLimit from "p-limit";
import { realClock } from "../../provider/runtime/clock";
import type { Akamai } from "./akamai";

/** A request with nothing but what the service needs. */
export interface Bare {
  readonly method: "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: string;
  readonly type?: "text/plain" | "application/json";
}

export interface Floor {
  readonly seconds: number;
  readonly requests: number;
}

/** Requests in flight: more than the limit accepts in the time of a response. */
const maxInFlight = 64;

/**
 * Sends requests as fast as a client can that knows the limit: no more than so many in any second. A slot is
 * free a second after its response, since the service counted the request before that. A refused request is
 * sent again.
 */
export async function floor(akamai: Akamai, requests: Iterable<Bare>, perSecond: number): Promise<Floor> {
  const signer = new EdgeGrid({ path: akamai.edgerc, section: akamai.section });
  signer.enableLogging(false);
  const http = got.extend({
    https: { certificateAuthority: readFileSync(akamai.caFile, "utf8") },
    retry: { limit: 0 },
    throwHttpErrors: false,
  });
  const limit = pLimit(Math.min(maxInFlight, perSecond));
  const began = performance.now();
  /** When each slot becomes free, the earliest first. */
  const slots = Array.from({ length: perSecond }, () => began);
  let sent = 0;
  const turn = async () => {
    const wait = (slots.shift() ?? began) - performance.now();
    if (wait > 0) await realClock.sleep(wait);
    sent++;
  };
  const send = async ({ method, path, body, type = "text/plain" }: Bare): Promise<void> => {
    for (;;) {
      await turn();
      const unsigned = { path, method, headers: { "Content-Type": type }, body: body ?? "" };
      const { headers } = signer.auth(unsigned).request;
      const { statusCode } = await http(akamai.url + path, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
      });
      slots.push(performance.now() + 1000);
      if (statusCode < 300) return;
      if (statusCode !== 429) throw new Error(`${method} ${path} was answered with ${statusCode}`);
    }
  };
  const all: Promise<void>[] = [];
  for (const request of requests) {
    all.push(limit(() => send(request)));
    // The queue stays short: a hundred thousand promises would be measured too.
    while (limit.pendingCount > maxInFlight) await realClock.sleep(1);
  }
  await Promise.all(all);
  return { seconds: (performance.now() - began) / 1000, requests: sent };
}
