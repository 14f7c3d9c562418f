/** The messages between the emulator and a worker thread that runs the code of one EdgeWorker version. Plain data only. */

export const EVENTS = [
  "onClientRequest",
  "onOriginRequest",
  "onOriginResponse",
  "onClientResponse",
  "responseProvider",
] as const;
export type EventName = (typeof EVENTS)[number];

/** By lower-case name, in order of arrival. */
export type HeaderLists = Record<string, string[]>;

export interface RequestData {
  readonly method: string;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly headers: HeaderLists;
  readonly clientIp: string;
  readonly cpCode: number;
  readonly userLocation: Record<string, unknown> | null;
  readonly device: Record<string, unknown> | null;
  /** PMUSER_ variables and built-in ones that the code may read. */
  readonly variables: Record<string, string>;
}

export interface ResponseData {
  readonly status: number;
  readonly headers: HeaderLists;
}

export interface RespondWith extends ResponseData {
  readonly body: string;
  readonly denyReason?: string;
}

/** Where the request goes instead. */
export interface Route {
  readonly origin?: string;
  readonly path?: string;
  readonly query?: string;
}

/** What a handler has changed. */
export interface Effects {
  readonly requestHeaders: HeaderLists;
  readonly variables: Record<string, string>;
  readonly respondWith?: RespondWith;
  readonly route?: Route;
  readonly cacheKey: readonly string[];
  readonly response?: ResponseData;
  /** Of a response provider: its body follows in chunks. */
  readonly provided?: ResponseData & { readonly denyReason?: string };
}

/** Status types as the debug headers name them. */
export type Status =
  | "Success"
  | "UnimplementedEventHandler"
  | "GenericError"
  | "ExecutionError"
  | "RuntimeError"
  | "UnknownEdgeWorker"
  | "WallTimeoutError"
  | "InitWallTimeoutError"
  | "CpuTimeoutError"
  | "InitCpuTimeoutError"
  | "ResourceLimit";

export interface LogLine {
  readonly level: "log" | "debug" | "info" | "warn" | "error" | "trace";
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

export interface Measured {
  /** Of the thread since its start: where the count of the next event begins. */
  readonly threadMs: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly memoryBytes: number;
}

/** What the emulator sends. */
export type ToWorker =
  | { readonly type: "load"; readonly files: Readonly<Record<string, string>>; readonly now: number }
  | {
      readonly type: "event";
      readonly name: EventName;
      readonly now: number;
      readonly request: RequestData;
      readonly response?: ResponseData;
      readonly body?: Uint8Array;
      readonly memoryBytes: number;
    }
  | { readonly type: "subresponse"; readonly id: number; readonly result: SubResponse };

export type SubResponse =
  | {
      readonly ok: true;
      readonly status: number;
      readonly headers: HeaderLists;
      readonly body: Uint8Array;
    }
  | { readonly ok: false; readonly message: string };

export interface SubRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderLists;
  readonly body: Uint8Array | undefined;
  readonly timeoutMs: number | undefined;
  /** The body stays compressed as it came. */
  readonly isEncodingKept: boolean;
}

/** What a worker sends. */
export type FromWorker =
  | { readonly type: "started" }
  | { readonly type: "running" }
  | { readonly type: "loaded"; readonly handlers: readonly string[]; readonly measured: Measured }
  | {
      readonly type: "failed";
      readonly status: Status;
      readonly message: string;
      readonly measured: Measured;
    }
  | { readonly type: "done"; readonly effects: Effects; readonly measured: Measured }
  | { readonly type: "chunk"; readonly bytes: Uint8Array }
  | { readonly type: "end"; readonly error?: string; readonly measured: Measured }
  | { readonly type: "log"; readonly line: LogLine }
  /** The first promise of an event that was rejected while nobody awaited it. */
  | { readonly type: "rejected"; readonly message: string }
  | { readonly type: "subrequest"; readonly id: number; readonly request: SubRequest };
