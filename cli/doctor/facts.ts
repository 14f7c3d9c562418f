/** What the doctor found out. Facts hold no credentials, no signatures and no account key. */
import type { TracedSource } from "../../provider/config";

export const apis = ["Property Manager", "EdgeKV", "EdgeWorkers"] as const;
export type Api = (typeof apis)[number];

/** Why a question has no answer. */
export type Failure =
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly code?: string | undefined;
      readonly detail: string;
      readonly requestId?: string | undefined;
    }
  /** `reason` is a code such as `ENOTFOUND`. */
  | { readonly kind: "unreachable"; readonly reason: string; readonly detail: string }
  /** The service answered with success, but not as documented. */
  | { readonly kind: "unexpected"; readonly detail: string };

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };

/** One request and its answer. */
export interface Exchange {
  readonly api: Api;
  readonly path: string;
  /** Undefined: no answer came. */
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  /** Seconds that this machine's clock is ahead of the service's. */
  readonly skewSeconds?: number | undefined;
  /** What the answer says of the rate limit. */
  readonly rate?: { readonly limit?: number | undefined; readonly remaining: number } | undefined;
}

export interface CredentialFacts {
  /** Sources in the order in which they are looked through. */
  readonly sources: readonly TracedSource[];
  /** The section of .edgerc that is asked for. */
  readonly section: string;
  /** The sections that the .edgerc file has. */
  readonly sectionsInFile?: readonly string[] | undefined;
  readonly host?: string | undefined;
  /** The option `--host` replaced the host of the source. */
  readonly isHostGiven: boolean;
  /** Requests go to another account than the API client's own. */
  readonly switchesAccount: boolean;
  /** Why there are no settings to work with. */
  readonly problem?: string | undefined;
  /** The problem is that no source has any part of the credentials. */
  readonly hasNone?: boolean;
}

export interface Group {
  readonly groupId: number;
  readonly groupName: string;
  readonly capabilities: readonly string[];
}

export interface Tier {
  readonly resourceTierName: string;
  readonly edgeWorkerLimits: readonly {
    readonly limitName: string;
    readonly limitValue: number;
    readonly limitUnit: string;
  }[];
}

/** A member that is missing was not asked for. */
export interface Facts {
  readonly credentials: CredentialFacts;
  readonly exchanges: readonly Exchange[];
  readonly account?: Outcome<{ readonly id?: string | undefined; readonly name?: string | undefined }>;
  readonly edgekv?: {
    readonly initialization: Outcome<{
      readonly accountStatus: string;
      readonly cpcode?: string | null | undefined;
    }>;
    readonly groups?: Outcome<readonly Group[]>;
    /** How many there are, and how many there may be. */
    readonly namespaces?: Outcome<{
      readonly staging: number;
      readonly production: number;
      readonly limit: number;
    }>;
  };
  readonly edgeworkers?: {
    readonly groups: Outcome<readonly Group[]>;
    readonly ids?: Outcome<{ readonly count: number; readonly limit?: number | undefined }>;
    readonly tiers?: Outcome<readonly Tier[]>;
  };
}
