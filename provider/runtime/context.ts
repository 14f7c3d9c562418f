import type { Redact } from "../errors";
import type { HttpClient } from "../runtime/httpClient";
import type { Clock } from "./clock";
import type { Logger } from "./logger";
import type { RunState } from "./runState";
import type { ServiceClock } from "./serviceClock";

/** What a resource handler works with: everything that is not a value comes through here. */
export interface Context {
  readonly http: HttpClient;
  readonly clock: Clock;
  /** For dates that the service decides on. Waits are measured on `clock`. */
  readonly serviceClock: ServiceClock;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly settings: ContextSettings;
  readonly runState: RunState;
  /** Hides the credentials of the run. Default: there are none. */
  readonly redact?: Redact;
}

export interface ContextSettings {
  /** Whether a preview may read the live API to report what `up` would run into. */
  readonly previewReads: boolean;
  /** PEM text of a certificate authority to trust beside the public ones. */
  readonly certificateAuthority?: string | undefined;
  /** Whether live code is read before something is deleted that it may use. */
  readonly liveUseCheck: boolean;
  /** Whether the run prepares to take everything off the networks. */
  readonly takeDown: boolean;
  /** Namespaces that the account may have on each network; 20 unless Akamai raised it. */
  readonly namespacesPerNetwork: number;
  /** Access tokens that the account may have. Default: not known. */
  readonly tokensPerAccount?: number | undefined;
}
