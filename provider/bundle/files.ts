import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { createGunzip } from "node:zlib";
import picomatch from "picomatch";
import { extract } from "tar-stream";

/** The files of a bundle by their path in it, `/` between folders. */
export type BundleFiles = ReadonlyMap<string, Uint8Array>;

/** What a program may name as a bundle, after Pulumi has carried it to the provider. */
export type BundleSource = string | Readonly<Record<string, unknown>>;

/** A bundle that cannot be read; the message says what is wrong with which file. */
export class BundleError extends Error {
  override readonly name = "BundleError";
}

/** Bytes; more than any bundle may have unpacked, so that reading one can never fill the memory. */
const mostBytes = 8 * 1024 * 1024;
const mostFiles = 10_000;

/** Pulumi's marks of assets and archives among plain values. */
const signatureKey = "4dabf18193072939515e22adb298388d";
const assetSignature = "c44067f5952c0a294b673a41bacd8c17";
const archiveSignature = "0def7320c3a5731c473e5ecbe6d01bc7";

/**
 * Reads a bundle: a folder, a `.tgz` (or `.tar.gz`), a Pulumi archive, or a map from paths to texts and assets. Left out are `node_modules`, what
 * macOS adds (`._*`, `.DS_Store`, `__MACOSX`), and what a glob of `exclude` matches.
 * @param base the folder that relative paths start from
 */
export async function readBundle(source: BundleSource, base: string, exclude: readonly string[] = []): Promise<BundleFiles> {
  const all = await read(source, base);
  const excluded = exclude.length === 0 ? () => false : picomatch([...exclude], { dot: true });
  const files = [...all].filter(([path]) => !path.split("/").some(neverWanted) && !excluded(path));
  // Code points in order: the same everywhere, whatever a machine's language.
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function neverWanted(name: string): boolean {
  return name === "node_modules" || name === "__MACOSX" || name === ".DS_Store" || name.startsWith("._");
}

async function read(source: BundleSource, base: string): Promise<BundleFiles> {
  if (typeof source === "string") return readPath(resolve(base, source), source);
  if (source[signatureKey] === archiveSignature) {
    if (typeof source.path === "string") return readPath(resolve(base, source.path), source.path);
    if (typeof source.assets === "object" && source.assets !== null) return readMap(source.assets as Record<string, unknown>, base);
    throw new BundleError("an archive from the network can't be a bundle: download it first, and name the file");
  }
  return readMap(source, base);
}

async function readPath(path: string, said: string): Promise<BundleFiles> {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch {
    throw new BundleError(`there is no folder or file ${said} (looked for ${path})`);
  }
  if (isFolder) return readFolder(path);
  if (!/\.(tgz|tar\.gz)$/i.test(path)) throw new BundleError(`${said} is neither a folder nor a .tgz`);
  return readTarball(readFileSync(path), said);
}

function readFolder(root: string): BundleFiles {
  const real = realpathSync(root);
  const files = new Map<string, Uint8Array>();
  let bytes = 0;
  const walk = (folder: string, trail: readonly string[]) => {
    for (const entry of readdirSync(folder)) {
      if (neverWanted(entry)) continue;
      const path = join(folder, entry);
      const target = realpathSync(path);
      const inside = relative(real, target);
      if (inside.startsWith(`..${sep}`) || inside === ".." || isAbsolute(inside)) {
        throw new BundleError(`${[...trail, entry].join("/")} is a link out of the folder`);
      }
      if (lstatSync(path).isSymbolicLink() && statSync(path).isDirectory())
        throw new BundleError(`${[...trail, entry].join("/")} is a link to a folder`);
      const stat = statSync(path);
      if (stat.isDirectory()) walk(path, [...trail, entry]);
      else if (stat.isFile()) {
        bytes += stat.size;
        add(files, [...trail, entry].join("/"), bytes, () => readFileSync(path));
      }
    }
  };
  walk(real, []);
  return files;
}

function add(files: Map<string, Uint8Array>, path: string, bytes: number, content: () => Uint8Array): void {
  if (bytes > mostBytes) throw new BundleError(`there are more than ${mostBytes} bytes in it, which no bundle may have`);
  if (files.size >= mostFiles) throw new BundleError(`there are more than ${mostFiles} files in it`);
  files.set(path, content());
}

function readMap(map: Readonly<Record<string, unknown>>, base: string): BundleFiles {
  const files = new Map<string, Uint8Array>();
  let bytes = 0;
  for (const [path, value] of Object.entries(map)) {
    if (path.startsWith("__") || path === signatureKey) continue;
    const content = contentOf(path, value, base);
    bytes += content.length;
    add(files, safePath(path), bytes, () => content);
  }
  return files;
}

function contentOf(path: string, value: unknown, base: string): Uint8Array {
  if (typeof value === "string") return Buffer.from(value, "utf8");
  const asset = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  if (asset[signatureKey] === assetSignature && typeof asset.text === "string") return Buffer.from(asset.text, "utf8");
  if (asset[signatureKey] === assetSignature && typeof asset.path === "string") {
    try {
      return readFileSync(resolve(base, asset.path));
    } catch {
      throw new BundleError(`${path}: there is no file ${asset.path} (looked for ${resolve(base, asset.path)})`);
    }
  }
  throw new BundleError(`${path}: must be a text, or a Pulumi asset made of a text or a file`);
}

/** A path that stays inside the bundle. */
function safePath(path: string): string {
  const parts = path.replace(/^\.\//, "").split("/");
  if (path.includes("\\") || path.includes("\0") || parts.some((part) => part === "" || part === "." || part === "..")) {
    throw new BundleError(`${JSON.stringify(path)} is not a path inside the bundle`);
  }
  return parts.join("/");
}

/** Unpacks a tarball in memory, within bounds. */
export async function readTarball(bytes: Uint8Array, said: string): Promise<BundleFiles> {
  const files = new Map<string, Uint8Array>();
  const tar = extract();
  const gunzip = createGunzip();
  let total = 0;
  // More than the files themselves: the headers and the padding of each.
  gunzip.on("data", (chunk: Buffer) => {
    total += chunk.length;
    if (total > mostBytes * 2) gunzip.destroy(new BundleError(`${said} unpacks to more than ${mostBytes} bytes, which no bundle may have`));
  });
  const failed = new Promise<never>((_resolve, reject) => {
    gunzip.once("error", (error) => {
      tar.destroy(error);
      reject(error instanceof BundleError ? error : new BundleError(`${said} is not a gzip file that can be unpacked`));
    });
  });
  const unpacked = (async () => {
    let size = 0;
    for await (const entry of tar) {
      const { name, type } = entry.header;
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      if (type === "directory") continue;
      if (type !== "file" && type !== "contiguous-file") throw new BundleError(`${said}: ${name} is a ${type ?? "thing"}, not a file`);
      const content = Buffer.concat(chunks);
      size += content.length;
      add(files, safePath(name), size, () => content);
    }
    return files;
  })();
  unpacked.catch(() => gunzip.destroy());
  gunzip.pipe(tar);
  gunzip.end(bytes);
  try {
    return await Promise.race([unpacked, failed]);
  } catch (error) {
    throw error instanceof BundleError ? error : new BundleError(`${said} is not a tar archive that can be unpacked`);
  }
}
