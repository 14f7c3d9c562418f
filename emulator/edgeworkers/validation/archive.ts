import { text as readText } from "node:stream/consumers";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { extract } from "tar-stream";
import { type Finding, finding } from "./findings";

export interface ArchivedFile {
  readonly text: string;
  /** Permission bits. */
  readonly mode: number;
}

const unpackGzip = promisify(gunzip);

/**
 * The files of a gzip tar archive by their names, which are left as they are: `./main.js` is not `main.js`. Never unpacks more than
 * `maxUncompressedBytes` bytes. Throws when the bytes are no such archive.
 */
export async function readArchive(
  bytes: Buffer,
  maxBytes: number,
  maxUncompressedBytes: number,
): Promise<Map<string, ArchivedFile>> {
  if (bytes.length > maxBytes)
    throw unreadable("MAX_COMPRESSED_SIZE_EXCEEDED", `the compressed bundle exceeds ${maxBytes} bytes`);
  const files = await untar(await ungzip(bytes, maxUncompressedBytes));
  if (files.size === 0) throw unreadable("EMPTY_TARBALL", "the bundle has no files");
  return files;
}

/** An archive that cannot be read. */
export class UnreadableArchive extends Error {
  constructor(readonly finding: Finding) {
    super(finding.message);
  }
}

const unreadable = (type: string, message: string) => new UnreadableArchive(finding(type, message));

async function ungzip(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await unpackGzip(bytes, { maxOutputLength: Math.max(1, maxBytes) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw unreadable("MAX_UNCOMPRESSED_SIZE_EXCEEDED", `the uncompressed bundle exceeds ${maxBytes} bytes`);
    }
    throw unreadable("INVALID_GZIP_FORMAT", "the bundle is not in gzip format");
  }
}

async function untar(archive: Buffer): Promise<Map<string, ArchivedFile>> {
  const files = new Map<string, ArchivedFile>();
  const reader = extract();
  reader.end(archive);
  try {
    for await (const entry of reader) {
      const { name, type, mode = 0 } = entry.header;
      const text = await readText(entry);
      if (type === "directory" || isResourceFork(name)) continue;
      if (type !== "file" && type !== "contiguous-file") throw new Error(`${name} is not a file`);
      if (name.startsWith("/") || name.split("/").includes(".."))
        throw new Error(`${name} is outside of the bundle`);
      files.set(name, { text, mode });
    }
  } catch (error) {
    throw unreadable(
      "INVALID_TAR_ARCHIVE",
      `the bundle is not a valid tar archive: ${error instanceof Error ? error.message : error}`,
    );
  }
  return files;
}

/** Files that macOS adds to archives. */
const isResourceFork = (name: string): boolean => (name.split("/").at(-1) ?? "").startsWith("._");
