import { randomBytes } from "node:crypto";
import { freshAccount, merge, readAccount } from "./account/account";
import { checkSettings, readSeedFile } from "./account/seedFile";
import type { EmulatorSettings } from "./account/settings";
import { type ClockMode, createClock, type TrafficTime } from "./clock";
import { addControlRoutes, CONTROL_PATH, type Controls } from "./control";
import { Directory } from "./directory/directory";
import { type Fault, Faults } from "./faults";
import { type Credentials, createCredentials, Gateway } from "./gateway";
import { createCertificate, sharedCertificate } from "./http/certificates";
import type { RequestSummary } from "./http/handleRequest";
import { Journal, type JournalEntry } from "./journal";
import { type LagMode, type LagPreset, lagsOf } from "./replication";
import { SavedState } from "./savedState";
import { listen } from "./server";
import { createServices } from "./services";

export type {
  ClockMode,
  EmulatorSettings,
  Fault,
  JournalEntry,
  LagMode,
  LagPreset,
  RequestSummary,
  TrafficTime,
};

export interface EmulatorOptions {
  /**
   * Where `.edgerc` and `ca.pem` (and `state.json` with `persist`) are written; made when absent. One emulator at a time uses it, and
   * files that no emulator wrote are refused. Without it nothing is written.
   */
  readonly dir?: string;
  /** Port on the loopback addresses. Default 0: a free one. */
  readonly port?: number;
  /** Default `real`. */
  readonly clock?: ClockMode;
  /**
   * The time that the rates of items and of Property Manager are measured on: the machine's, in which clients back off, or the emulator's clock, for clients that
   * wait on that. Default `machine`.
   */
  readonly traffic?: TrafficTime;
  /**
   * Default `default`: the documented durations. An object sets single lags, in seconds: `{ object: 5 }` makes new objects stale for up to
   * 5 seconds, `{ preset: "none", item: 2 }` leaves a lag for items alone.
   */
  readonly lag?: LagMode;
  /**
   * What each signed request takes, in milliseconds of the machine's time: how far away the service is. Default 0; 50 for the command.
   * Without it a client on loopback sends more item requests in a second than one on a network can.
   */
  readonly latency?: number;
  /** Of the random numbers that choose replicas, samples and token ids: the same seed, the same run. Default 1. */
  readonly seed?: number;
  /** Keeps state and credentials in `dir` across restarts. Written at most every 250 ms, and at the end. Default false. */
  readonly persist?: boolean;
  /** JSON file with a part of the state as `state.get()` shows it; objects are merged into a fresh account, all else replaces. */
  readonly seedFile?: string;
  /** Called when a request of an API client or an edge server is over. */
  readonly onRequest?: (request: RequestSummary) => void;
  /** Limits and failures of the account. They take precedence over the seed file and over a kept state. */
  readonly settings?: Partial<EmulatorSettings>;
}

export interface Emulator extends Controls {
  /** `https://localhost:PORT` */
  readonly url: string;
  /** `localhost:PORT` */
  readonly host: string;
  readonly dir: string | undefined;
  /** Path of `.edgerc`. */
  readonly edgerc: string | undefined;
  /** The section of `.edgerc` with full rights; `read-only` is the other one. */
  readonly section: "default";
  readonly caFile: string | undefined;
  /** PEM of the certificate that clients have to trust. */
  readonly ca: string;
  readonly controlUrl: string;
  readonly controlToken: string;
  /** Of an API client, by its section; default `default`. */
  credentials(section?: string): Credentials & { host: string };
  /** Cuts all connections, hanging ones too. */
  close(): Promise<void>;
}

/** Starts an emulator of the Akamai APIs. It accepts requests when the promise is fulfilled. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { persist = false } = options;
  if (persist && options.dir === undefined) throw new Error("persist needs dir");
  const directory = options.dir === undefined ? undefined : Directory.open(options.dir, persist);
  try {
    return await start(options, directory);
  } catch (error) {
    directory?.release();
    throw error;
  }
}

async function start(options: EmulatorOptions, directory: Directory | undefined): Promise<Emulator> {
  const { port = 0, seed = 1, persist = false, seedFile, traffic = "machine", latency = 0 } = options;
  if (!Number.isFinite(latency) || latency < 0)
    throw new RangeError("latency is a number of milliseconds that is not negative");
  const lags = lagsOf(options.lag);
  const kept = persist ? directory?.readState() : undefined;
  if (options.settings !== undefined) checkSettings(options.settings, "The settings are not valid");
  const seeds = seedFile === undefined ? {} : readSeedFile(seedFile);
  const initial =
    kept ??
    merge(
      freshAccount(seed, createClock(options.clock).now(), seeds.settings ?? {}, options.settings ?? {}),
      seeds,
    );
  const source = kept === undefined ? `The seed file ${seedFile}` : String(directory?.stateFile);
  let account = readAccount(merge(initial, { settings: options.settings ?? {} }), source);
  const clock = createClock(options.clock, account.now);
  const services = createServices();
  const journal = new Journal();
  const faults = new Faults();
  const gateway = new Gateway();

  const saved = new SavedState(() => {
    account.now = clock.now();
    directory?.writeState(account);
  });
  const save = () => {
    if (persist) saved.changed();
  };
  const flush = () => saved.flush();
  const state = {
    get(): unknown {
      account.now = clock.now();
      for (const { advance } of services) advance(account, account.now, lags);
      return JSON.parse(JSON.stringify(account));
    },
    put(next: unknown): void {
      account = readAccount(next);
      clock.advance(Math.max(0, account.now - clock.now()) / 1000);
      issueCredentials();
      save();
    },
  };

  const certificate = await (directory === undefined ? sharedCertificate() : createCertificate());
  const controlToken = randomBytes(24).toString("base64url");
  const controls: Controls = {
    clock: {
      now: () => clock.now(),
      advance(seconds: number) {
        clock.advance(seconds);
        save();
      },
    },
    journal: () => journal.entries(),
    counts: () => journal.counts(),
    clearJournal: () => journal.clear(),
    faults: { add: (fault: Fault) => faults.add(fault), clear: () => faults.clear() },
    state,
  };
  const trafficNow = traffic === "clock" ? () => clock.now() : () => Date.now();
  const runtime = {
    account: () => account,
    clock,
    trafficNow,
    lags,
    gateway,
    journal,
    faults,
    services,
    latency,
    changed: save,
    onRequest: options.onRequest,
  };
  const server = await listen(runtime, certificate, port, (app) =>
    addControlRoutes(app, controlToken, { ...controls, pendingFaults: () => faults.list() }),
  );
  const host = `localhost:${server.port}`;

  /** Every API client of the account has credentials, in `.edgerc` too. Those of an earlier run go on when the state does. */
  function issueCredentials(): void {
    for (const name of Object.keys(account.clients)) {
      if (!gateway.credentials.has(name)) gateway.credentials.set(name, createCredentials());
    }
    directory?.writeEdgerc(host, gateway.credentials);
  }
  if (persist)
    for (const [name, credentials] of directory?.readEdgerc() ?? [])
      gateway.credentials.set(name, credentials);
  try {
    issueCredentials();
    directory?.writeCa(certificate.cert);
    save();
    directory?.writeRunning({
      pid: process.pid,
      url: `https://${host}`,
      edgerc: directory.edgerc,
      caFile: directory.caFile,
      controlUrl: `https://${host}${CONTROL_PATH}`,
      controlToken,
    });
  } catch (error) {
    await server.close();
    throw error;
  }

  // A process may end without a close.
  if (persist) process.on("exit", flush);
  return {
    ...controls,
    url: `https://${host}`,
    host,
    dir: directory?.path,
    edgerc: directory?.edgerc,
    section: "default",
    caFile: directory?.caFile,
    ca: certificate.cert,
    controlUrl: `https://${host}${CONTROL_PATH}`,
    controlToken,
    credentials(section = "default") {
      const credentials = gateway.credentials.get(section);
      if (credentials === undefined) throw new Error(`there is no API client ${section}`);
      return { host, ...credentials };
    },
    async close() {
      try {
        await server.close();
        save();
        saved.flush();
      } finally {
        process.off("exit", flush);
        directory?.release();
      }
    },
  };
}
