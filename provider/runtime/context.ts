import type { HttpClient } from "../http/client";
import type { Manifest } from "../items/manifest";
import type { Clock } from "./clock";
import type { Logger } from "./logger";

/** What a resource handler works with: everything that is not a value comes through here. */
export interface Context {
  readonly http: HttpClient;
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly settings: ContextSettings;
  readonly runState: RunState;
}

export interface ContextSettings {
  /** Whether a preview may read the live API to say what `up` would run into. */
  readonly previewReads: boolean;
  /** Namespaces that the account may have on each network; 20 unless Akamai raised it. */
  readonly namespacesPerNetwork: number;
}

/** The items that a resource of the program declares in one item group. */
export interface DeclaredKeys {
  readonly keys: readonly string[];
  has(key: string): boolean;
  /** Nothing but them may be in the group. */
  readonly exclusive: boolean;
}

/** A version of an EdgeWorker that serves on a network. */
export interface LiveCode {
  readonly edgeWorkerId: number;
  readonly version: string;
  readonly network: "staging" | "production";
}

/** What one engine run has seen so far, shared by all resources of the process. */
export class RunState {
  /** Objects that the state of this run owns, such as `namespace staging/catalog`. */
  readonly owned = new Set<string>();
  /** Objects that this run is going to create. */
  readonly planned = new Set<string>();
  /** Objects that this process made or brought back, and that a lagging server may not show yet. */
  readonly created = new Set<string>();
  /** The access group that the program declares for a namespace, which both networks share. */
  readonly groupOfNamespace = new Map<string, { readonly network: string; readonly groupId: number }>();
  /** What the program declares of items, by group and owner. */
  readonly declaredItems = new Map<string, Map<string, DeclaredKeys>>();
  /** What was read of sources of many items, by its digest: keys and marks, without values. */
  readonly itemManifests = new Map<string, Manifest>();
  /** The ends that were chosen for tokens that are to be replaced, by owner: the engine checks those again as if they were new. */
  readonly chosenEnds = new Map<string, string>();
  /** Versions that are kept for going back, by the owner of the one that follows them. */
  readonly keptVersions = new Map<string, readonly string[]>();
  /** What code uses that this run leaves live, such as `token reader`, `namespace staging/catalog` or `edgeworker 54321`: it stays, too. */
  readonly stillUsed = new Map<string, LiveCode>();
  readonly #places = new Map<string, string>();
  readonly #reads = new Map<string, Promise<unknown>>();

  /** Takes a place that only one resource of a program can have, such as `activation 54321/staging`; returns the owner of the other one that has it. */
  claimSlot(place: string, owner: string): string | undefined {
    const taken = this.#places.get(place) ?? owner;
    this.#places.set(place, taken);
    return taken === owner ? undefined : taken;
  }

  /** One read for each object and run: previews of many resources ask the same questions. */
  read<T>(key: string, load: () => Promise<T>): Promise<T> {
    const known = this.#reads.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const loading = load();
    this.#reads.set(key, loading);
    // A failed read is asked again by the next one who needs it.
    loading.catch(() => this.#reads.delete(key));
    return loading;
  }

  /** After any change, what was read before it proves nothing. */
  forgetReads(): void {
    this.#reads.clear();
  }
}
