/**
 * Snapshots as files: a CSV with the items of a namespace, and its manifest beside it. The manifest is written last, so a
 * CSV without one is not complete. Only the owner may read them: they have all values in clear.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { csvRecord } from "../../runtime/csvRecords";
import { processMark, removeLeft } from "../../runtime/ownFiles";
import { ContentDigest } from "./contentDigest";

/** The end of the name by which `ItemGroup` knows a snapshot. */
export const csvEnd = ".snapshot.csv";
const manifestEnd = ".snapshot.json";
const ownerOnly = 0o600;
const flushBytes = 1024 * 1024;

const SnapshotManifest = z.object({
  network: z.enum(["staging", "production"]),
  namespace: z.string(),
  /** ISO 8601, in UTC. */
  takenAt: z.string(),
  /** The name of the CSV, in the same folder. */
  file: z.string(),
  bytes: z.int().min(0),
  /** Of the bytes of the CSV, in hexadecimal. */
  sha256: z.string(),
  items: z.int().min(0),
  /** How many items each group has. */
  groups: z.record(z.string(), z.int().min(1)),
});
export type SnapshotManifest = z.infer<typeof SnapshotManifest>;

export interface SnapshotItem {
  readonly group: string;
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Until it expires, as the service reports it. */
  readonly seconds?: string | undefined;
}

export interface SnapshotOf {
  readonly network: "staging" | "production";
  readonly namespace: string;
}

const manifestPathOf = (csv: string) => `${csv.slice(0, -csvEnd.length)}${manifestEnd}`;

/** Writes the CSV of a snapshot in pieces. It may begin anew, and gets its name and its manifest at the end. */
export class SnapshotWriter {
  readonly #partial: string;
  readonly #descriptor: number;
  #hash = createHash("sha256");
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #bytes = 0;
  #groups = new Map<string, number>();
  digest = new ContentDigest();

  constructor(
    private readonly folder: string,
    private readonly of: SnapshotOf,
  ) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const name = `${of.network}-${of.namespace}-`;
    removeLeft(folder, "file", name, /^\.partial$/);
    this.#partial = join(folder, `${name}${processMark()}.partial`);
    rmSync(this.#partial, { force: true });
    this.#descriptor = openSync(this.#partial, "wx", ownerOnly);
  }

  /** Where the CSV is while it has no name yet. */
  get path(): string {
    return this.#partial;
  }

  begin(): void {
    ftruncateSync(this.#descriptor, 0);
    this.#hash = createHash("sha256");
    [this.#pending, this.#pendingBytes, this.#bytes] = [[], 0, 0];
    this.#groups = new Map();
    this.digest = new ContentDigest();
  }

  add({ group, key, bytes, seconds }: SnapshotItem): void {
    this.digest.add(group, key, bytes);
    this.#groups.set(group, (this.#groups.get(group) ?? 0) + 1);
    const record = csvRecord(group, key, bytes, seconds);
    this.#pending.push(record);
    this.#pendingBytes += record.length;
    if (this.#pendingBytes >= flushBytes) this.flush();
  }

  get groups(): ReadonlyMap<string, number> {
    return this.#groups;
  }

  flush(): void {
    const bytes = Buffer.concat(this.#pending);
    this.#hash.update(bytes);
    for (let at = 0; at < bytes.length; )
      at += writeSync(this.#descriptor, bytes, at, bytes.length - at, this.#bytes + at);
    this.#bytes += bytes.length;
    [this.#pending, this.#pendingBytes] = [[], 0];
  }

  /** Names the CSV, and writes its manifest. Both are on the disk when it returns. */
  finish(takenAt: Date): SnapshotManifest {
    this.flush();
    fsyncSync(this.#descriptor);
    closeSync(this.#descriptor);
    const { network, namespace } = this.of;
    const csv = freePath(this.folder, `${network}-${namespace}-${stampOf(takenAt)}`);
    renameSync(this.#partial, csv);
    const manifest: SnapshotManifest = {
      network,
      namespace,
      takenAt: takenAt.toISOString(),
      file: basename(csv),
      bytes: this.#bytes,
      sha256: this.#hash.digest("hex"),
      items: this.digest.count,
      groups: Object.fromEntries([...this.#groups].sort()),
    };
    writeDurably(manifestPathOf(csv), `${JSON.stringify(manifest, undefined, 2)}\n`);
    return manifest;
  }

  discard(): void {
    closeSync(this.#descriptor);
    rmSync(this.#partial, { force: true });
  }
}

/** `2026-11-27T09:42:00.000Z` as `20261127T094200Z`. */
const stampOf = (at: Date) => at.toISOString().replace(/[-:]|\.\d+/g, "");

function freePath(folder: string, name: string): string {
  for (let number = 1; ; number++) {
    const path = join(folder, `${name}${number === 1 ? "" : `-${number}`}${csvEnd}`);
    if (!existsSync(path) && !existsSync(manifestPathOf(path))) return path;
  }
}

function writeDurably(path: string, text: string): void {
  const partial = `${path}.partial`;
  rmSync(partial, { force: true });
  const descriptor = openSync(partial, "wx", ownerOnly);
  writeSync(descriptor, text);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(partial, path);
}

/** The manifest of a CSV; undefined when there is none, or it is not one. */
export function manifestOf(csv: string): SnapshotManifest | undefined {
  return readManifest(manifestPathOf(csv));
}

function readManifest(path: string): SnapshotManifest | undefined {
  try {
    return SnapshotManifest.safeParse(JSON.parse(readFileSync(path, "utf8"))).data;
  } catch {
    return undefined;
  }
}

/** The newest snapshot of a namespace whose CSV is what its manifest describes. */
export async function findSnapshot(
  folder: string,
  { network, namespace }: SnapshotOf,
): Promise<SnapshotManifest | undefined> {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(manifestEnd)) : [];
  const found = names
    .flatMap((name) => readManifest(join(folder, name)) ?? [])
    .filter((one) => one.network === network && one.namespace === namespace)
    .sort((a, b) => (a.takenAt < b.takenAt ? 1 : -1));
  for (const one of found) if ((await sha256Of(join(folder, one.file))) === one.sha256) return one;
  return undefined;
}

async function sha256Of(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
    return hash.digest("hex");
  } catch {
    return undefined;
  }
}

/** Why nothing can be written into the folder; undefined when it can, or when it can be made. */
export function folderProblem(folder: string): string | undefined {
  if (folder.includes("\0")) return "has a NUL character, which no path can have";
  if (existsSync(folder)) {
    try {
      readdirSync(folder);
      return undefined;
    } catch {
      return "is not a folder that can be read";
    }
  }
  const parent = dirname(folder);
  return parent === folder ? "can't be made" : folderProblem(parent);
}
