import { mkdtempSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { DEFAULT_SETTINGS } from "../../emulator/account/settings";
import { readBundle } from "../../emulator/edgeworkers/validation/bundle";
import { type EdgeOptions, type Emulator, startEmulator } from "../../emulator/index";
import { belongingsFor, EDGEWORKER_ID, seedFor, tokensModule } from "./account";
import { filesIn, packed } from "./folder";
import type { KvItem } from "./kvFile";

export interface DevServerOptions {
  readonly folder: string;
  readonly items: readonly KvItem[];
  readonly port: number;
  readonly hostname: string;
  readonly tierId: number;
  readonly edge: EdgeOptions;
  /** Whether a change of a file is run at once. Default true. */
  readonly isWatching?: boolean;
  /** What the person reads: about the bundle, not about requests. */
  readonly say: (text: string) => void;
}

export interface DevServer {
  readonly url: string;
  readonly emulator: Emulator;
  /** Whether the code of the folder was valid at the start. */
  readonly isRunning: boolean;
  /** Reads the folder again, and makes what is in it live. False: it is not valid, and the code from before goes on. */
  reload(): Promise<boolean>;
  close(): Promise<void>;
}

const TOKENS = /["'](\.{1,2}\/(?:[^"'\n]*\/)?edgekv_tokens\.js)["']/;
/** Editors write a file in several steps. */
const SETTLE_MS = 60;

/** Where the files of a bundle look for tokens, each with the text that reads them: beside `edgekv.js`, also in a folder. */
const tokensOf = (files: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(files).flatMap(([name, text]): [string, string][] => {
    const specifier = /\.m?js$/.test(name) ? TOKENS.exec(text)?.[1] : undefined;
    return specifier === undefined ? [] : [[posix.join(posix.dirname(name), specifier), text]];
  });

/** A site on this machine that runs the code of a folder. */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const { folder, items, port, hostname, tierId, edge, say, isWatching = true } = options;
  const seed = mkdtempSync(join(tmpdir(), "akamai-edge-dev-"));
  const seedFile = join(seed, "seed.json");
  const hasOrigin = Object.keys(edge.origins ?? {}).length > 0;
  writeFileSync(seedFile, JSON.stringify(seedFor({ hostname, tierId, items, hasOrigin }, Date.now() - 1000)));
  let emulator: Emulator;
  try {
    const settings = { initialized: true, itemRatePerSecond: 10_000 };
    emulator = await startEmulator({ lag: "none", seedFile, settings, edge: { ...edge, stagingPort: port } });
  } finally {
    rmSync(seed, { recursive: true, force: true });
  }
  const url = emulator.edge?.staging ?? "";
  let count = 0;
  const reload = async (): Promise<boolean> => {
    try {
      const files = filesIn(folder);
      if (items.length > 0)
        for (const [place, helper] of tokensOf(files)) files[place] = tokensModule(items, helper);
      const archive = await packed(files);
      const { findings, version } = await readBundle(archive, DEFAULT_SETTINGS);
      for (const { type, message } of findings) say(`${type}: ${message}`);
      if (findings.length > 0 || version === undefined) return false;
      const state = emulator.state.get() as {
        now: number;
        edgeworkers: { belongings: Record<string, object> };
      };
      count += 1;
      state.edgeworkers.belongings[EDGEWORKER_ID] = belongingsFor({ version, archive }, state.now);
      emulator.state.put(state);
      await emulator.edge?.warmUp();
      say(`${count === 1 ? "Running" : "Reloaded"} version ${version}`);
      return true;
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
      return false;
    }
  };
  const isRunning = await reload();
  let timer: NodeJS.Timeout | undefined;
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void reload(), SETTLE_MS);
  };
  const watcher = isWatching ? watch(folder, { recursive: true }, changed) : undefined;
  return {
    url,
    emulator,
    isRunning,
    reload,
    async close() {
      clearTimeout(timer);
      watcher?.close();
      await emulator.close();
    },
  };
}
