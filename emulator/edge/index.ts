import { randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import type { Account } from "../account/account";
import type { Journal, JournalEntry } from "../journal";
import { nextRandom } from "../prng";
import { SiteCertificates } from "./certificates";
import { type EdgeListener, listenEdge } from "./listener";
import type { Given } from "./request/conditions";
import type { CodeEvent, Parts } from "./request/context";
import { DataPlane } from "./request/dataPlane";
import { explained } from "./request/explained";
import { Forwarder } from "./request/forward";
import { type EdgeNetwork, listsOfRaw, type Outgoing, toWire } from "./request/messages";
import { respond } from "./request/pipeline";
import { CodeStore } from "./request/sites";
import { Engine } from "./runtime/engine";
import { Instance } from "./runtime/instance";

export type { CodeEvent };

export interface EdgeOptions {
  /** Port of the staging network on 127.0.0.1, for HTTP and HTTPS. Default 0: a free one. */
  readonly stagingPort?: number;
  /** Port of the production network. Default 0: a free one. */
  readonly productionPort?: number;
  /** Origins by hostname, each a URL such as `http://127.0.0.1:3000`. `*` stands for every other hostname. Others answer 502. */
  readonly origins?: Readonly<Record<string, string>>;
  /** Multiplies the limits of CPU time and of initialization, for machines slower than Akamai's. Default 1. */
  readonly cpuFactor?: number;
  /** Each event runs in an engine instance of its own, so that code which keeps something in module variables between events shows. Default false. */
  readonly fresh?: boolean;
  /** Where clients are: members of `request.userLocation`; `null` for an account without it. Default: "reserved", as from a private address. */
  readonly location?: Readonly<Record<string, unknown>> | null;
  /** What clients are: members of `request.device` that replace those of the user agent. */
  readonly device?: Readonly<Record<string, unknown>> | null;
  /** Called for each log line and each failure of a handler. */
  readonly onCode?: (event: CodeEvent) => void;
  /** Called when a request to a site is over. */
  readonly onRequest?: (request: EdgeRequest) => void;
}

/** A request to a site that is over. */
export interface EdgeRequest {
  readonly network: EdgeNetwork;
  readonly method: string;
  readonly host: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
}

export interface EdgeFetchOptions {
  /** Default `staging`. */
  readonly network?: EdgeNetwork;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  /** Members of `request.userLocation`. */
  readonly location?: Given;
  /** Members of `request.device`. */
  readonly device?: Given;
  readonly clientIp?: string;
}

/** The sites of the account on this machine. */
export interface Edge {
  /** `http://localhost:PORT` of each network. The same port speaks HTTPS. */
  readonly staging: string;
  readonly production: string;
  /** Starts the code that is live on a network, so that its first request need not wait for that. */
  warmUp(network?: EdgeNetwork): Promise<void>;
  /** A request to a site by its own URL, such as `https://www.example.com/path`. Redirects are not followed. */
  fetch(url: string, options?: EdgeFetchOptions): Promise<Response>;
}

interface Surroundings {
  account(): Account;
  now(): number;
  readonly port: number;
  readonly ca: string;
  readonly journal: Journal;
}

export interface RunningEdge extends Edge {
  /** PEM of the authority of the sites' certificates. */
  readonly ca: string;
  explain(query: Readonly<Record<string, string>>): unknown;
  /** How many worker threads there are. */
  workers(): number;
  close(): Promise<void>;
}

export async function startEdge(options: EdgeOptions, around: Surroundings): Promise<RunningEdge> {
  const { cpuFactor = 1, fresh = false, origins = {}, location, device } = options;
  if (!Number.isFinite(cpuFactor) || cpuFactor <= 0) throw new RangeError("cpuFactor is a number above 0");
  const forwarder = new Forwarder(origins, around.ca);
  const certificates = await SiteCertificates.create();
  const parts: Parts = {
    account: around.account,
    now: around.now,
    engine: new Engine(cpuFactor, fresh),
    code: new CodeStore(),
    forwarder,
    dataPlane: new DataPlane(around.port, around.ca),
    settings: { ...(location !== undefined && { location }), ...(device !== undefined && { device }) },
    random: () => nextRandom(around.account()),
    onCode: (event) => options.onCode?.(event),
  };
  const listeners: EdgeListener[] = [];
  const close = async () => {
    await Promise.all(listeners.map((listener) => listener.close()));
    await parts.engine.close();
    forwarder.close();
    parts.dataPlane.close();
  };
  const listenOn = async (network: EdgeNetwork, port: number): Promise<string> => {
    const listener = await listenEdge(network, port, certificates, async (incoming) => {
      const began = performance.now();
      const { method, host, path, query } = incoming;
      const entry: JournalEntry = {
        at: new Date(around.now()).toISOString(),
        ...{ method, path, site: host, edge: { network } },
        query: Object.fromEntries(new URLSearchParams(query)),
        ...{ status: null, client: null, requestId: randomBytes(8).toString("hex") },
      };
      around.journal.add(entry);
      const outgoing = await respond(parts, incoming).catch((error: unknown) => {
        entry.status = 500;
        throw error;
      });
      const { status } = outgoing;
      entry.status = status;
      options.onRequest?.({ network, method, host, path, status, milliseconds: performance.now() - began });
      return outgoing;
    });
    listeners.push(listener);
    return `http://localhost:${listener.port}`;
  };
  try {
    const staging = await listenOn("staging", options.stagingPort ?? 0);
    const production = await listenOn("production", options.productionPort ?? 0);
    parts.engine.warmUp();
    return {
      staging,
      production,
      ca: certificates.ca,
      warmUp: (network = "staging") => warmUp(parts, network),
      fetch: (url, given = {}) => fetchSite({ staging, production }, url, given),
      explain: (query) => explained(parts, query),
      workers: () => parts.engine.size,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function warmUp({ account, code, engine, now }: Parts, network: EdgeNetwork): Promise<void> {
  for (const id of Object.keys(account().edgeworkers.belongings)) {
    const active = await code.active(account(), network, Number(id), now());
    const instance = active && (await engine.take(active));
    if (instance instanceof Instance) engine.release(instance);
  }
}

/** Sends a request to a listener, with the site's name as Host. */
async function fetchSite(
  bases: Readonly<Record<EdgeNetwork, string>>,
  given: string,
  { network = "staging", method = "GET", headers = {}, body, location, device, clientIp }: EdgeFetchOptions,
): Promise<Response> {
  const url = new URL(given);
  const sent = Object.entries(headers).map(([name, value]) => [
    name,
    typeof value === "string" ? toWire(value) : value.map(toWire),
  ]);
  const conditions: Record<string, string> = {
    ...(location !== undefined && { "x-emulator-location": toWire(JSON.stringify(location)) }),
    ...(device !== undefined && { "x-emulator-device": toWire(JSON.stringify(device)) }),
    ...(clientIp !== undefined && { "x-emulator-client-ip": clientIp }),
    "x-emulator-scheme": url.protocol.replace(":", ""),
  };
  const { port } = new URL(bases[network]);
  const {
    status,
    headers: received,
    body: bytes,
  } = await new Promise<Outgoing>((resolve, reject) => {
    const request = httpRequest(
      {
        host: "127.0.0.1",
        port,
        method,
        path: `${url.pathname}${url.search}`,
        headers: { ...Object.fromEntries(sent), ...conditions, host: url.host },
        agent: false,
      },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("error", reject);
        answer.on("end", () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: listsOfRaw(answer.rawHeaders),
            body: Buffer.concat(parts),
          }),
        );
      },
    );
    request.on("error", reject);
    request.end(body);
  });
  const pairs = Object.entries(received).flatMap(([name, values]) =>
    values.map((value): [string, string] => [name, value]),
  );
  const isEmpty = method === "HEAD" || status === 204 || status === 304;
  return new Response(isEmpty ? null : Buffer.from(bytes as Buffer), { status, headers: pairs });
}
