/** What the doctor reports. */

/** `unknown`: it could not be looked at. */
export type Level = "ok" | "info" | "warning" | "problem" | "unknown";

export interface Finding {
  readonly area: "Credentials" | "Account" | "Clock" | "APIs" | "Access groups" | "Quotas";
  readonly level: Level;
  readonly message: string;
  /** What to do. */
  readonly fix?: string;
}

export interface Report {
  /** 0: all well. 1: something is wrong. 2: it could not be looked at. */
  readonly exitCode: 0 | 1 | 2;
  readonly findings: readonly Finding[];
}
