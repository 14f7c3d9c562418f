import { createHash } from "node:crypto";
import { jsonDepth } from "./json";

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
  /** Of a request to a site: its hostname. `edge` has the network. */
  site?: string;
  requestId: string;
  contentType?: string;
  /** The JSON body of the request. For items, binaries and other bodies: a string with the size, and for binaries the SHA-256. */
  body?: unknown;
  /** A mistake that the client of the request cannot see. */
  note?: string;
  /** The kind of the fault that hit the request. */
  fault?: string;
}

/** Older entries are dropped: there are so many at most, and so many bytes in all of them. */
const KEPT = 10_000;
const KEPT_BYTES = 32 * 1024 * 1024;
/** Bytes of a JSON body that is kept as it is, and how deep it may be nested. Of others, the size is kept. */
const BODY_BYTES = 2 * 1024 * 1024;
const BODY_DEPTH = 200;
/** Bytes of an entry without its texts. */
const ENTRY_BYTES = 500;
/** Names that are counted. Paths are whatever a client sends: the rest counts as `other`. */
const COUNTED = 1000;

interface Kept {
  readonly entry: JournalEntry;
  bytes: number;
}

/** An entry with its number: the n-th request since the start. */
export interface NumberedEntry extends JournalEntry {
  readonly number: number;
}

export class Journal {
  /** Requests since the start, cleared ones too. */
  #added = 0;
  #kept: Kept[] = [];
  /** Entries at the beginning that are dropped already. */
  #dropped = 0;
  #bytes = 0;
  #counts = new Map<string, number>();

  /** Adds a request, without its body. */
  add(entry: JournalEntry): void {
    const name = `${entry.method} ${entry.site === undefined ? productOf(entry.path) : "site"}`;
    const counted = this.#counts.has(name) || this.#counts.size < COUNTED ? name : "other";
    this.#counts.set(counted, (this.#counts.get(counted) ?? 0) + 1);
    const { path, query, contentType = "" } = entry;
    const texts = [path, contentType, ...Object.entries(query).flat()];
    const bytes = ENTRY_BYTES + 2 * texts.reduce((sum, text) => sum + text.length, 0);
    this.#kept.push({ entry, bytes });
    this.#added += 1;
    this.#bytes += bytes;
    this.#dropOld();
  }

  /** Adds the body of a request whose signature holds. */
  addBody(entry: JournalEntry, body: Buffer, opaque: "size" | "digest" | undefined): void {
    const kept = this.#kept.findLast((one) => one.entry === entry);
    if (kept === undefined || body.length === 0) return;
    entry.body = journalBody(body, opaque);
    // Parsed, a body takes some times its length.
    const bytes = typeof entry.body === "string" ? 0 : 4 * body.length;
    kept.bytes += bytes;
    this.#bytes += bytes;
    this.#dropOld();
  }

  #dropOld(): void {
    while (this.#kept.length - this.#dropped > KEPT || this.#bytes > KEPT_BYTES) {
      const oldest = this.#kept[this.#dropped];
      if (oldest === undefined) break;
      this.#bytes -= oldest.bytes;
      this.#dropped += 1;
    }
    // Now and then, since it copies all that is left.
    if (this.#dropped > KEPT || this.#dropped * 2 > this.#kept.length) {
      this.#kept = this.#kept.slice(this.#dropped);
      this.#dropped = 0;
    }
  }

  /** A copy: it does not change when more requests come. */
  entries(): readonly JournalEntry[] {
    return structuredClone(this.#kept.slice(this.#dropped).map(({ entry }) => entry));
  }

  /** The newest entries with a number above `after`, oldest first, without bodies. */
  recent(after: number, most: number): NumberedEntry[] {
    const first = this.#added - (this.#kept.length - this.#dropped) + 1;
    const from = Math.max(first, after + 1, this.#added - most + 1);
    return this.#kept
      .slice(this.#dropped + from - first)
      .map(({ entry: { body: _body, ...shown } }, at) => ({ ...structuredClone(shown), number: from + at }));
  }

  /** How many requests there were, by method and service, such as `PUT edgekv`. Dropped ones count too. */
  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  clear(): void {
    this.#kept = [];
    this.#dropped = 0;
    this.#bytes = 0;
    this.#counts.clear();
  }
}

/** The first part of a path: of the data plane that is `api`. */
const productOf = (path: string): string => path.split("/")[1] ?? "";

/** The body in the journal. */
function journalBody(body: Buffer, opaque: "size" | "digest" | undefined): unknown {
  if (opaque === undefined && body.length <= BODY_BYTES) {
    const text = body.toString("utf8");
    try {
      if (jsonDepth(text) <= BODY_DEPTH) return JSON.parse(text);
    } catch {
      // No JSON: the journal keeps its size.
    }
  }
  const digest = opaque === "digest" ? `, sha256 ${createHash("sha256").update(body).digest("hex")}` : "";
  return `(${body.length} bytes${digest})`;
}
