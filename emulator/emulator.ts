import type { EmulatorSettings } from "./account/settings";
import type { ClockMode, TrafficTime } from "./clock";
import type { Controls } from "./control";
import type { Edge, EdgeOptions } from "./edge/index";
import type { Credentials } from "./gateway";
import type { RequestSummary } from "./http/handleRequest";
import type { LagMode } from "./replication";

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
  /** Milliseconds in which a request has to come whole, its body too. Default 30,000. */
  readonly requestTimeoutMs?: number;
  /** Called when a request of an API client or an edge server is over. */
  readonly onRequest?: (request: RequestSummary) => void;
  /** The sites of the account answer requests, on a port for staging and one for production. Default: they do not. */
  readonly edge?: EdgeOptions | true;
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
  /** The page that shows the account, with the control token behind `#`: browsers do not send that part. */
  readonly pageUrl: string;
  /** The sites of the account, when it was started with `edge`. */
  readonly edge: Edge | undefined;
  /** Of an API client, by its section; default `default`. */
  credentials(section?: string): Credentials & { host: string };
  /** Cuts all connections, hanging ones too. */
  close(): Promise<void>;
}
