import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";

export type Files = Record<string, string>;

/** Members of a tar header that differ from the usual ones. */
type Header = { mode?: number; type?: "symlink" | "directory" | "file"; linkname?: string };

export const manifest = (version = "1.0", more: object = {}): string =>
  JSON.stringify({ "edgeworker-version": version, ...more });

/** The smallest bundle there is, with changes; `undefined` leaves a file out. */
export const files = (changes: Record<string, string | undefined> = {}, version?: string): Files => {
  const all = {
    "main.js": 'export function onClientRequest(request) { request.respondWith(200, {}, "hello"); }',
    "bundle.json": manifest(version),
    ...changes,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
};

/** The files of a worker that uses EdgeKV. `tokens` is what its tokens file exports, or the text of that file. */
export const edgeKvFiles = (tokens: object | string, version?: string): Files =>
  files(
    {
      "main.js": 'import { EdgeKV } from "./edgekv.js"; export const onClientRequest = () => new EdgeKV();',
      "edgekv.js":
        'import { edgekv_access_tokens } from "./edgekv_tokens.js"; export class EdgeKV { tokens = edgekv_access_tokens; }',
      "edgekv_tokens.js":
        typeof tokens === "string"
          ? tokens
          : `var edgekv_access_tokens = ${JSON.stringify(tokens)}\nexport { edgekv_access_tokens };`,
    },
    version,
  );

/** A tar archive. `header` changes the headers of its files. */
export async function tar(of: Files, header: (name: string) => Header = () => ({})): Promise<Buffer> {
  const archive = pack();
  for (const [name, text] of Object.entries(of))
    archive.entry({ name, mode: 0o644, mtime: new Date(0), ...header(name) }, text);
  archive.finalize();
  return buffer(archive);
}

export const bundle = async (of: Files = files(), header?: (name: string) => Header): Promise<Buffer> =>
  gzipSync(await tar(of, header));

/** A bundle of its own for each version. */
export const versionBundle = (version: string): Promise<Buffer> => bundle(files({}, version));
