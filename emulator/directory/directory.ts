import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { codeOf, reasonOf } from "../fileErrors";
import type { Credentials, NonceStore } from "../gateway";
import { DirectoryError } from "./errors";
import { acquireLock } from "./lock";
import { makeDirectory, missingDirectories } from "./makeDirectory";
import { Manifest } from "./manifest";
import { OWN_FOLDER } from "./names";
import { nonceFile } from "./nonces";
import type { Running } from "./running";

const EDGERC = ".edgerc";
const CA = "ca.pem";
const STATE = "state.json";
const RUNNING = "running.json";

/**
 * The directory of one running emulator: `.edgerc`, `ca.pem`, and `state.json` when the state is kept. Only the user may read what is
 * secret. Files that the emulator did not write stay as they are.
 */
export class Directory {
  readonly edgerc: string;
  readonly caFile: string;
  readonly stateFile: string;

  private constructor(
    readonly path: string,
    private readonly manifest: Manifest,
    /** Lets other emulators use the directory. */
    readonly release: () => void,
  ) {
    this.edgerc = join(path, EDGERC);
    this.caFile = join(path, CA);
    this.stateFile = join(path, STATE);
  }

  /** Makes the directory when it is absent. Throws when another emulator uses it, or when it has files that are not the emulator's. */
  static open(path: string, persist: boolean): Directory {
    const own = join(path, OWN_FOLDER);
    const readOwned = () => {
      const manifest = new Manifest(path, own);
      for (const name of [EDGERC, CA, ...(persist ? [STATE] : [])]) manifest.assertOwned(name);
      return manifest;
    };
    return naming(path, () => {
      missingDirectories(path, path);
      // A directory that is refused stays as it was.
      readOwned();
      makeDirectory(own, path);
      keepPrivate(path, own, readOwned().names);
      const unlock = acquireLock(join(own, "lock"), path);
      const release = () => {
        unlock();
        // Whatever is there: without the lock, it counts for nothing.
        rmSync(join(own, RUNNING), { force: true, recursive: true });
      };
      try {
        // An emulator that ended meanwhile may have written files.
        return new Directory(path, readOwned(), release);
      } catch (error) {
        release();
        throw error;
      }
    });
  }

  /** The nonces of credentials that are kept. */
  nonces(): NonceStore {
    return naming(this.path, () => nonceFile(join(this.path, OWN_FOLDER, "nonces")));
  }

  /** For `akamai-edge emulator env`. */
  writeRunning(running: Running): void {
    naming(this.path, () => this.manifest.writeOwn(RUNNING, JSON.stringify(running)));
  }

  writeCa(ca: string): void {
    naming(this.path, () => this.manifest.write(CA, ca, 0o644));
  }

  writeEdgerc(host: string, clients: Iterable<readonly [section: string, Credentials]>): void {
    const sections = [...clients].map(
      ([section, { clientToken, accessToken, clientSecret }]) =>
        `[${section}]\nclient_secret = ${clientSecret}\nhost = ${host}\naccess_token = ${accessToken}\nclient_token = ${clientToken}\n`,
    );
    naming(this.path, () => this.manifest.write(EDGERC, sections.join("\n"), 0o600));
  }

  /** The credentials of an earlier run, by section. */
  readEdgerc(): Map<string, Credentials> {
    const found = new Map<string, Credentials>();
    if (!existsSync(this.edgerc)) return found;
    for (const [name, values] of sectionsOf(readFileSync(this.edgerc, "utf8"))) {
      const [clientToken, accessToken, clientSecret] = ["client_token", "access_token", "client_secret"].map(
        (key) => values.get(key),
      );
      if (clientToken && accessToken && clientSecret)
        found.set(name, { clientToken, accessToken, clientSecret });
    }
    return found;
  }

  readState(): unknown {
    if (!existsSync(this.stateFile)) return undefined;
    try {
      return JSON.parse(readFileSync(this.stateFile, "utf8"));
    } catch (error) {
      throw new DirectoryError(
        `${this.stateFile} is not a state of the emulator: ${error instanceof Error ? error.message : error}`,
      );
    }
  }

  writeState(state: unknown): void {
    naming(this.path, () => this.manifest.writeEditable(STATE, JSON.stringify(state), 0o600));
  }
}

/** The sections of an `.edgerc` as this emulator writes it. Each line is looked at once. */
function sectionsOf(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const line of text.split("\n")) {
    if (line.startsWith("[") && line.endsWith("]")) {
      current = new Map();
      sections.set(line.slice(1, -1), current);
    }
    const equals = line.indexOf("=");
    if (equals > 0) current?.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim());
  }
  return sections;
}

/**
 * Folders that were there before are for their owner only, too. A directory with other files is somebody's, such as a home: its mode stays,
 * and the files in it have modes of their own.
 */
function keepPrivate(path: string, own: string, names: readonly string[]): void {
  if (lstatSync(own).isSymbolicLink())
    throw new DirectoryError(`${own} is a link. Remove it, or choose another directory.`);
  chmodSync(own, 0o700);
  if (readdirSync(path).every((name) => name === OWN_FOLDER || names.includes(name))) chmodSync(path, 0o700);
}

/** Errors of the file system name the directory, and what to do. */
function naming<T>(directory: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    const { path = directory } = error as { path?: string };
    throw new DirectoryError(
      `The directory ${directory} can't be used: ${reasonOf(error)} (${path}). Choose another directory.`,
    );
  }
}
