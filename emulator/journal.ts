/** A request and what became of it. Has no secrets: no signatures, no values of items; tokens only by name. */
export interface JournalEntry {
  /** ISO 8601, the emulator's time. */
  at: string;
  method: string;
  /** Without the query. */
  path: string;
  query: Record<string, string>;
  /** `null` while there is no answer, and for good when the connection was reset. */
  status: number | null;
  /** Section of `.edgerc`; `null` when the signature was refused. */
  client: string | null;
  requestId: string;
  contentType?: string;
  /** The JSON body of the request. For items, binaries and what is no JSON: a string that tells the size. */
  body?: unknown;
  /** The kind of the fault that hit the request. */
  fault?: string;
}

/** Older entries are dropped. */
const KEPT = 10_000;

export class Journal {
  #entries: JournalEntry[] = [];

  add(entry: JournalEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > KEPT) this.#entries.shift();
  }

  /** A copy: it does not change when more requests come. */
  entries(): readonly JournalEntry[] {
    return structuredClone(this.#entries);
  }

  clear(): void {
    this.#entries = [];
  }
}

/** What the journal keeps of a body. */
export function journalBody(body: Buffer, opaque: boolean): unknown {
  if (!opaque) {
    try {
      return JSON.parse(body.toString("utf8"));
    } catch {
      // Told by its size.
    }
  }
  return `(${body.length} bytes)`;
}
