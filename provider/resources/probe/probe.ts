/** Sends probes to the edge, and waits until enough of them in a row show what is wanted. */
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { rootCertificates } from "node:tls";
import { pollUntil } from "../../consistency/poll";
import type { Context } from "../../runtime/context";
import { type Target, targetOf } from "./edgeHost";
import { problemOf, type Seen, type WantedCode } from "./outcome";
import type { After } from "./schema";

const defaultTimes = 3;
const defaultWithin = 300;
/** Seconds for one attempt. */
const attemptTimeout = 10;
const maxBodyBytes = 1024 * 1024;

/**
 * Waits until the probe succeeds, so many times in a row. It fails with what was seen.
 * @param subject such as `EdgeWorker 54321`: begins the line of progress
 * @param code the version of an EdgeWorker that must have served the request
 */
export async function awaitProbe(
  context: Context,
  { activation, probe }: After,
  subject: string,
  code: WantedCode | undefined,
): Promise<void> {
  const network = activation?.split("/")[1] ?? "staging";
  const { url, times = defaultTimes, within = defaultWithin } = probe;
  const target = await targetOf(new URL(url), network, probe.connectTo);
  context.logger.info(`${subject}: probing ${url} on ${network}, ${times} times in a row.`);
  await pollUntil(context, {
    what: `the probe of ${url} on ${network} to succeed ${times} times in a row`,
    observe: async () => {
      const seen = await sendProbe(context, probe, target);
      const problem = problemOf(seen, probe.expect, code);
      return problem === undefined
        ? { state: "succeeded", is: "reached", value: undefined }
        : { state: problem, is: "pending" };
    },
    interval: 1,
    maxInterval: 10,
    consecutiveMatches: times,
    timeout: within,
    hint: "Nothing was activated: what was live before still is. The next `up` probes again.",
  });
}

/** The version that the activation before this one names, when it is one of an EdgeWorker: `54321/staging/1.0`. */
export function codeOf({ activation }: After): WantedCode | undefined {
  const [, id, version] = /^(\d+)\/[a-z]+\/(.+)$/.exec(activation ?? "") ?? [];
  return id === undefined || version === undefined ? undefined : { edgeWorkerId: Number(id), version };
}

/** One request, to the target, with Host and SNI of the site. Its failure is an outcome too. */
function sendProbe(
  { settings }: Context,
  { url, method = "GET", headers = {} }: After["probe"],
  { host, port }: Target,
): Promise<Seen> {
  const { hostname, host: siteHost, pathname, search, protocol } = new URL(url);
  const { certificateAuthority } = settings;
  const options = {
    host,
    port,
    method,
    path: pathname + search,
    headers: { Host: siteHost, Pragma: "akamai-x-ew-debug", ...headers },
    timeout: attemptTimeout * 1000,
    agent: false as const,
    ...(protocol === "https:" ? { servername: hostname } : {}),
    ...(certificateAuthority === undefined ? {} : { ca: [...rootCertificates, certificateAuthority] }),
  };
  return new Promise((resolve) => {
    const fail = (error: unknown) => resolve({ failure: reasonOf(error) });
    const send = protocol === "https:" ? requestHttps : requestHttp;
    const sent = send(options, (reply) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const finish = () =>
        resolve({
          status: reply.statusCode ?? 0,
          headers: reply.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        });
      reply.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size < maxBodyBytes) return;
        finish();
        reply.destroy();
      });
      reply.on("end", finish);
      reply.on("error", fail);
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer within ${attemptTimeout} s`)));
    sent.on("error", fail);
    sent.end();
  });
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return typeof code === "string" ? `no answer (${code})` : String(message ?? error);
}
