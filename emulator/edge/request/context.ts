import type { Account } from "../../account/account";
import type { Decision } from "../rules/decision";
import type { Facts } from "../rules/facts";
import type { Engine } from "../runtime/engine";
import type { Failure } from "../runtime/lane";
import type { EventName, LogLine } from "../runtime/protocol";
import type { Conditions, Given } from "./conditions";
import type { DataPlane } from "./dataPlane";
import type { Forwarder } from "./forward";
import type { Incoming } from "./messages";
import type { CodeStore, Site } from "./sites";
import type { Fetcher } from "./subRequests";

/** What a log line or a failure is about. */
export interface CodeEvent {
  readonly network: string;
  readonly edgeWorkerId: number;
  readonly event: EventName;
  readonly line?: LogLine;
  readonly failure?: Failure;
}

export interface Parts {
  account(): Account;
  now(): number;
  readonly engine: Engine;
  readonly code: CodeStore;
  readonly forwarder: Forwarder;
  readonly dataPlane: DataPlane;
  readonly settings: { readonly location?: Given; readonly device?: Given };
  random(): number;
  readonly onCode: (event: CodeEvent) => void;
}

/** One request on its way through rules and code. */
export interface Exchange {
  readonly parts: Parts;
  readonly incoming: Incoming;
  readonly conditions: Conditions;
  readonly site: Site;
  readonly facts: Facts;
  readonly decision: Decision;
  readonly fetch: Fetcher;
}
