import { randomBytes } from "node:crypto";
import { freshAccount, merge, readAccount } from "./account/account";
import { checkSettings, readSeedFile } from "./account/seedFile";
import type { EmulatorSettings } from "./account/settings";
import { type ClockMode, createClock, type TrafficTime } from "./clock";
import { addControlRoutes, CONTROL_PATH, type Controls } from "./control";
import { Directory } from "./directory/directory";
import {
  type Edge,
  type EdgeFetchOptions,
  type EdgeOptions,
  type EdgeRequest,
  type RunningEdge,
  startEdge,
} from "./edge/index";
import type { Emulator, EmulatorOptions } from "./emulator";
import { type Fault, Faults } from "./faults";
import { createCredentials, Gateway } from "./gateway";
import { createCertificate, sharedCertificate } from "./http/certificates";
import type { RequestSummary } from "./http/handleRequest";
import { Journal, type JournalEntry } from "./journal";
import { overviewOf } from "./page/overview";
import { addPageRoutes } from "./page/routes";
import { TokenUse } from "./page/tokenUse";
import { type LagMode, type LagPreset, lagsOf } from "./replication";
import { SavedState } from "./savedState";
import { listen } from "./server";
import { createServices } from "./services";

export type {
  ClockMode,
  Edge,
  EdgeFetchOptions,
  EdgeOptions,
  EdgeRequest,
  Emulator,
  EmulatorOptions,
  EmulatorSettings,
  Fault,
  JournalEntry,
  LagMode,
  LagPreset,
  RequestSummary,
  TrafficTime,
};

/** Entries of the journal that the page asks for at once. */
const SHOWN_ENTRIES = 200;

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
  const { requestTimeoutMs = 30_000 } = options;
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
  const gateway = new Gateway(persist ? directory?.nonces() : undefined);

  const saved = new SavedState(() => {
    account.now = clock.now();
    directory?.writeState(account);
  });
  const save = () => {
    if (persist) saved.changed();
  };
  const flush = () => saved.flush();
  const advanceAll = () => {
    account.now = clock.now();
    for (const { advance } of services) advance(account, account.now, lags);
  };
  const state = {
    get(): unknown {
      advanceAll();
      return JSON.parse(JSON.stringify(account));
    },
    put(next: unknown): void {
      const read = readAccount(next);
      clock.advance(Math.max(0, read.now - clock.now()) / 1000);
      account = read;
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
  let edge: RunningEdge | undefined;
  const explain = (query: Record<string, string>) => {
    if (edge === undefined) throw new Error("the local edge is not on: start the emulator with --edge");
    return edge.explain(query);
  };
  const tokenUse = new TokenUse();
  /** What the page shows. */
  const overview = async () => {
    advanceAll();
    const usersOf = await tokenUse.users(account, account.now);
    const sites = edge && { staging: edge.staging, production: edge.production };
    return { ...overviewOf(account, account.now, usersOf), edge: sites ?? null, faults: faults.list() };
  };
  const server = await listen(runtime, certificate, port, requestTimeoutMs, (app) => {
    addControlRoutes(app, controlToken, {
      ...controls,
      pendingFaults: () => faults.list(),
      explain,
      recent: (after) => journal.recent(after, SHOWN_ENTRIES),
      overview,
    });
    addPageRoutes(app, CONTROL_PATH);
  });
  const host = `localhost:${server.port}`;

  /** What clients trust: the emulator, and the sites when they are on. */
  function authorities(): string {
    return edge === undefined ? certificate.cert : `${certificate.cert.trimEnd()}\n${edge.ca}`;
  }

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
    if (options.edge !== undefined) {
      const around = {
        account: () => account,
        now: () => clock.now(),
        port: server.port,
        ca: certificate.cert,
        journal,
      };
      edge = await startEdge(options.edge === true ? {} : options.edge, around);
    }
    issueCredentials();
    directory?.writeCa(authorities());
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
    await edge?.close();
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
    ca: authorities(),
    edge,
    controlUrl: `https://${host}${CONTROL_PATH}`,
    controlToken,
    pageUrl: `https://${host}${CONTROL_PATH}/#token=${controlToken}`,
    credentials(section = "default") {
      const credentials = gateway.credentials.get(section);
      if (credentials === undefined) throw new Error(`there is no API client ${section}`);
      return { host, ...credentials };
    },
    async close() {
      try {
        await edge?.close();
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
