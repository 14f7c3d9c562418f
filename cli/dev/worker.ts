import type { EdgeFetchOptions, EdgeOptions } from "../../emulator/index";
import type { KvItem } from "./kvFile";
import { startDevServer } from "./server";

export type { EdgeFetchOptions };

export interface WorkerOptions {
  /** Data of EdgeKV. `namespace` and `group` are `default` when absent. `edgekv_tokens.js` is made for it. */
  readonly items?: readonly (Partial<KvItem> & Pick<KvItem, "item" | "value">)[];
  /** Origins and hosts of sub-requests, each a URL such as `http://127.0.0.1:3000`. `*` stands for every other hostname. */
  readonly origins?: Readonly<Record<string, string>>;
  /** Resource tier, whose limits hold. Default `dynamic`. */
  readonly tier?: "basic" | "dynamic" | "enterprise";
  /** Hostname of the site. Default `localhost`. */
  readonly hostname?: string;
  /** Multiplies the limits of CPU time and of initialization. Default 1. */
  readonly cpuFactor?: number;
  /** Each event runs in an engine of its own. Default false. */
  readonly fresh?: boolean;
  /** Called for each log line and each failure of a handler. */
  readonly onCode?: EdgeOptions["onCode"];
}

/** The code of a folder, at work on this machine. */
export interface RunningWorker {
  /** `http://localhost:PORT` */
  readonly url: string;
  /** A request to the site: a path, or a whole URL of its hostname. Redirects are not followed. */
  fetch(path: string, options?: EdgeFetchOptions): Promise<Response>;
  close(): Promise<void>;
}

const TIERS = { basic: 100, dynamic: 200, enterprise: 280 } as const;

/**
 * Runs the code of a folder for a test, with Akamai's event model and limits. Nothing is deployed. Rejects when the bundle is not valid, with
 * what Akamai would find.
 */
export async function startWorker(folder: string, options: WorkerOptions = {}): Promise<RunningWorker> {
  const { items = [], origins = {}, tier = "dynamic", hostname = "localhost" } = options;
  const { cpuFactor, fresh, onCode } = options;
  const findings: string[] = [];
  const server = await startDevServer({
    folder,
    items: items.map((one) => ({ namespace: "default", group: "default", ...one })),
    ...{ port: 0, hostname: hostname.toLowerCase(), tierId: TIERS[tier], isWatching: false },
    edge: {
      origins,
      ...(cpuFactor !== undefined && { cpuFactor }),
      ...(fresh !== undefined && { fresh }),
      ...(onCode && { onCode }),
    },
    say: (text) => findings.push(text),
  });
  const { edge } = server.emulator;
  if (!server.isRunning || edge === undefined) {
    await server.close();
    throw new Error(`${folder} does not run: ${findings.join("; ")}`);
  }
  return {
    url: server.url,
    fetch: (path, given) => edge.fetch(new URL(path, `https://${hostname}`).href, given),
    close: () => server.close(),
  };
}
