import { createHash } from "node:crypto";

/** A request and its result. It has no secrets: no signatures, no values of items, tokens only by name. */
export interface JournalEntry {
  /** ISO 8601, the emulator's time. */
  at: string;
  method: string;
  /** Without the query. */
  path: string;
  query: Record<string, string>;
  /** `null` while there is no response. It stays `null` when the connection was reset. */
  status: number | null;
  /** Section of `.edgerc`; `null` when the signature was refused. */
  client: string | null;
  /** Of a request that an edge server makes: on which network, for which EdgeWorker. */
  edge?: Record<string, string>;
  requestId: string;
  contentType?: string;
  /** The JSON body of the request. For items, binaries and other bodies: a string with the size, and for binaries the SHA-256. */
  body?: unknown;
  /** A mistake that the client of the request cannot see. */
  note?: string;
  /** The kind of the fault that hit the request. */
  fault?: string;
}

/** Older entries are dropped. */
const KEPT = 10_000;

export class Journal {
  #entries: JournalEntry[] = [];
  #counts = new Map<string, number>();

  add(entry: JournalEntry): void {
    const name = `${entry.method} ${productOf(entry.path)}`;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    this.#entries.push(entry);
    if (this.#entries.length > KEPT) this.#entries.shift();
  }

  /** A copy: it does not change when more requests come. */
  entries(): readonly JournalEntry[] {
    return structuredClone(this.#entries);
  }

  /** How many requests there were, by method and service, such as `PUT edgekv`. Dropped ones count too. */
  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  clear(): void {
    this.#entries = [];
    this.#counts.clear();
  }
}

/** The first part of a path: of the data plane that is `api`. */
const productOf = (path: string): string => path.split("/")[1] ?? "";

/** The body in the journal. */
export function journalBody(body: Buffer, opaque: "size" | "digest" | undefined): unknown {
  if (opaque === undefined) {
    try {
      return JSON.parse(body.toString("utf8"));
    } catch {
      // No JSON: the journal keeps its size.
    }
  }
  const digest = opaque === "digest" ? `, sha256 ${createHash("sha256").update(body).digest("hex")}` : "";
  return `(${body.length} bytes${digest})`;
}
