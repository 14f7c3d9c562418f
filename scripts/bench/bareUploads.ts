import { readFileSync } from "node:fs";
import EdgeGrid from "akamai-edgegrid";
import got from "got";
import { realClock } from "../../provider/runtime/clock";
import type { Akamai } from "./akamai";

/** Uploads at a time: what the provider sends. */
const concurrency = 3;
const secondsBetweenPolls = 0.5;

/** Seconds that bare uploads and their jobs take: signed, and sent with got. */
export async function bareUploads(
  akamai: Akamai,
  { network, namespace }: { readonly network: string; readonly namespace: string },
  pieces: AsyncIterable<Buffer>,
): Promise<number> {
  const signer = new EdgeGrid({ path: akamai.edgerc, section: akamai.section });
  signer.enableLogging(false);
  const http = got.extend({
    https: { certificateAuthority: readFileSync(akamai.caFile, "utf8") },
    retry: { limit: 0 },
  });
  const base = `/edgekv/v1/networks/${network}/namespaces/${namespace}`;
  const signed = (method: string, path: string, headers: Record<string, string>, body: Buffer | string) => {
    // The signer turns a body of another type into JSON.
    const unsigned = { path, method, headers: { ...headers, "Content-Type": "application/gzip" }, body };
    const { Authorization } = signer.auth(unsigned).request.headers;
    return { ...headers, Authorization: String(Authorization) };
  };
  const began = performance.now();
  const send = async (body: Buffer): Promise<void> => {
    const headers = { "Content-Type": "text/csv", "Content-Encoding": "gzip" };
    const path = `${base}/upload`;
    const started = await http
      .post(akamai.url + path, { headers: signed("POST", path, headers, body), body })
      .json<{ jobId: string }>();
    const job = `${base}/jobs/${started.jobId}`;
    for (;;) {
      const { jobStatus } = await http
        .get(akamai.url + job, { headers: signed("GET", job, {}, "") })
        .json<{ jobStatus: string }>();
      if (jobStatus === "COMPLETED") return;
      if (jobStatus === "FAILED") throw new Error(`upload ${started.jobId} failed`);
      await realClock.sleep(secondsBetweenPolls * 1000);
    }
  };
  const source = pieces[Symbol.asyncIterator]();
  const worker = async () => {
    for (let next = await source.next(); next.done !== true; next = await source.next())
      await send(next.value);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return (performance.now() - began) / 1000;
}
