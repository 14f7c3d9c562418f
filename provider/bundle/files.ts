import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { createGunzip } from "node:zlib";
import picomatch from "picomatch";
import { extract } from "tar-stream";
import { withoutByteOrderMark } from "../runtime/encoding";
import { leadsOut } from "../runtime/paths";
import { BundleError } from "./bundleError";
import { leftOutKind } from "./leftOut";
import type { BundleSource } from "./source";

export { BundleError };

/** The files of a bundle by their path in it, `/` between folders, in order. */
export type BundleFiles = ReadonlyMap<string, Uint8Array>;

/** Bytes; more than any bundle may have, so that reading one can never fill the memory. */
const maxBytes = 8 * 1024 * 1024;
const maxFiles = 10_000;
/** What a folder may have in it with all that is left out. */
const maxEntries = 100_000;
/** Of a path in the bundle. */
const maxPathLength = 1024;

/**
 * Reads a bundle. Left out is what belongs to tools or holds secrets, and what a glob of `exclude` matches: a
 * path in the bundle, or a folder with all that is in it.
 * @param base the folder that relative paths start from
 * @param leftOut gets the paths that were left out, but for those of `exclude`
 */
export async function readBundle(
  source: BundleSource,
  base: string,
  exclude: readonly string[] = [],
  leftOut: Set<string> = new Set(),
): Promise<BundleFiles> {
  const basket = new Basket(isExcludedBy(exclude), leftOut);
  if (typeof source === "string") await readPath(basket, "", resolve(base, source), source);
  else {
    for (const [path, entry] of Object.entries(source)) {
      if (typeof entry === "string")
        basket.add(path, Buffer.byteLength(entry), () => Buffer.from(entry, "utf8"));
      else if ("file" in entry) readFile(basket, path, resolve(base, entry.file), entry.file);
      else await readPath(basket, `${path}/`, resolve(base, entry.archive), entry.archive);
    }
  }
  // By UTF-16 units: the same order everywhere, whatever a machine's language.
  const files = new Map([...basket.files].sort(([a], [b]) => (a < b ? -1 : 1)));
  const manifest = files.get("bundle.json");
  // The service would not read the manifest with it.
  if (manifest !== undefined) files.set("bundle.json", withoutByteOrderMark(manifest));
  return files;
}

function isExcludedBy(exclude: readonly string[]): (path: string) => boolean {
  const globs = exclude.map((glob) => glob.replace(/^\.\//, "").replace(/\/+$/, ""));
  return globs.length === 0 ? () => false : picomatch(globs, { dot: true });
}

/** Takes the files in, within bounds. */
class Basket {
  readonly files = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(
    private readonly isExcluded: (path: string) => boolean,
    private readonly leftOut: Set<string>,
  ) {}

  /** Whether the file or folder, and every folder that it is in, belongs into the bundle. */
  wants(path: string): boolean {
    const parts = path.split("/");
    return parts.every((part, index) => {
      const outer = parts.slice(0, index + 1).join("/");
      if (this.isExcluded(outer)) return false;
      if (leftOutKind(part) === undefined) return true;
      this.leftOut.add(outer);
      return false;
    });
  }

  add(shownPath: string, size: number, content: () => Uint8Array): void {
    const path = safePath(shownPath);
    if (!this.wants(path)) return;
    this.#bytes += size;
    if (this.#bytes > maxBytes)
      throw new BundleError(`there are more than ${maxBytes} bytes in it, which no bundle may have`);
    if (this.files.size >= maxFiles) throw new BundleError(`there are more than ${maxFiles} files in it`);
    this.files.set(path, content());
  }
}

/** A path that stays inside the bundle, and that every reader of it understands alike. */
function safePath(shownPath: string): string {
  const parts = shownPath.replace(/^(\.\/)+/, "").split("/");
  const unsafe = parts.some((part) => part === "" || part === "." || part === ".." || part === "__proto__");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it looks for
  if (unsafe || /[\\\u0000-\u001f\u007f\ufffd]/.test(shownPath) || shownPath.length > maxPathLength) {
    throw new BundleError(
      `${JSON.stringify(shownPath.slice(0, 100))} is not a path that a file of a bundle can have`,
    );
  }
  return parts.join("/");
}

/** Reads the file system. Its errors name the path that people know. */
function ask<T>(shownPath: string, question: () => T): T {
  try {
    return question();
  } catch (error) {
    if (error instanceof BundleError) throw error;
    const code = String((error as { code?: unknown }).code ?? error);
    throw new BundleError(
      code === "ENOENT" ? `there is no folder or file ${shownPath}` : `${shownPath} can't be read (${code})`,
    );
  }
}

/** With the place it stands for, where that is another text. */
function shownWith(shownPath: string, path: string): string {
  return shownPath === path ? path : `${shownPath} (looked for ${path})`;
}

async function readPath(basket: Basket, prefix: string, path: string, shownPath: string): Promise<void> {
  const stat = ask(shownWith(shownPath, path), () => statSync(path));
  if (stat.isDirectory()) return readFolder(basket, prefix, path, shownPath);
  // Of a pipe or a device, no end might ever come.
  if (!stat.isFile() || !/\.(tgz|tar\.gz)$/i.test(path))
    throw new BundleError(`${shownPath} is neither a folder nor a .tgz`);
  const content = ask(shownPath, () => {
    if (stat.size > maxBytes)
      throw new BundleError(`${shownPath} has more than ${maxBytes} bytes, which no bundle may have`);
    return readFileSync(path);
  });
  for (const [name, bytes] of await unpack(content, shownPath))
    basket.add(prefix + name, bytes.length, () => bytes);
}

function readFile(basket: Basket, name: string, path: string, shownPath: string): void {
  const stat = ask(shownWith(shownPath, path), () => statSync(path));
  if (!stat.isFile()) throw new BundleError(`${name}: ${shownPath} is not a file`);
  basket.add(name, stat.size, () => ask(shownPath, () => readFileSync(path)));
}

function readFolder(basket: Basket, prefix: string, folder: string, shownPath: string): void {
  const root = ask(shownPath, () => realpathSync(folder));
  let entries = 0;
  const walk = (trail: string) => {
    for (const name of ask(trail || shownPath, () => readdirSync(join(root, trail)))) {
      entries += 1;
      if (entries > maxEntries)
        throw new BundleError(`${shownPath} has more than ${maxEntries} files and folders in it`);
      const inside = trail === "" ? name : `${trail}/${name}`;
      if (!basket.wants(prefix + inside)) continue;
      safePath(inside);
      const path = join(root, inside);
      const isLink = ask(inside, () => lstatSync(path)).isSymbolicLink();
      if (isLink && ask(`that the link ${inside} leads to`, () => leadsOut(root, path)))
        throw new BundleError(`${inside} is a link out of the folder`);
      const stat = ask(inside, () => statSync(path));
      if (stat.isDirectory()) {
        if (isLink) throw new BundleError(`${inside} is a link to a folder`);
        walk(inside);
      } else if (stat.isFile())
        basket.add(prefix + inside, stat.size, () => ask(inside, () => readFileSync(path)));
      else throw new BundleError(`${inside} is neither a file nor a folder`);
    }
  };
  walk("");
}

/** Unpacks a tarball in memory, within bounds. */
export async function unpack(bytes: Uint8Array, shownPath: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const tar = extract();
  const gunzip = createGunzip();
  let total = 0;
  // More than the files themselves: the headers and the padding of each.
  gunzip.on("data", (chunk: Buffer) => {
    total += chunk.length;
    if (total > maxBytes * 2)
      gunzip.destroy(
        new BundleError(`${shownPath} unpacks to more than ${maxBytes} bytes, which no bundle may have`),
      );
  });
  const failed = new Promise<never>((_resolve, reject) => {
    gunzip.once("error", (error) => {
      tar.destroy(error);
      reject(
        error instanceof BundleError
          ? error
          : new BundleError(`${shownPath} is not a gzip file that can be unpacked`),
      );
    });
  });
  const unpacked = (async () => {
    for await (const entry of tar) {
      const { name, type } = entry.header;
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      if (type === "directory") continue;
      if (type !== "file" && type !== "contiguous-file")
        throw new BundleError(`${shownPath}: ${name} is a ${type ?? "thing"}, not a file`);
      if (files.size >= maxFiles)
        throw new BundleError(`there are more than ${maxFiles} files in ${shownPath}`);
      files.set(safePath(name), Buffer.concat(chunks));
    }
    return files;
  })();
  unpacked.catch(() => gunzip.destroy());
  gunzip.pipe(tar);
  gunzip.end(bytes);
  try {
    return await Promise.race([unpacked, failed]);
  } catch (error) {
    throw error instanceof BundleError
      ? error
      : new BundleError(`${shownPath} is not a tar archive that can be unpacked`);
  }
}
