import { createHash } from "node:crypto";
import { constants, gzipSync } from "node:zlib";
import { pack as tarPack } from "tar-stream";
import type { BundleFiles } from "./files";

const epoch = new Date(0);
/** The byte of a gzip header that names the operating system; 255 stands for none in particular. */
const gzipSystemByte = 9;
const noSystem = 255;

/**
 * The gzip tar archive of the files, the same bytes for the same files: sorted, without times, owners or machines in it, nothing executable, all of it at
 * the root of the archive, where EdgeWorkers looks for `main.js` and `bundle.json`.
 */
export async function packBundle(files: BundleFiles): Promise<Buffer> {
  const tar = tarPack();
  const chunks: Buffer[] = [];
  const packed = (async () => {
    for await (const chunk of tar) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  })();
  for (const [name, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    tar.entry(
      {
        name,
        size: content.length,
        mode: 0o644,
        mtime: epoch,
        uid: 0,
        gid: 0,
        uname: "",
        gname: "",
        type: "file",
      },
      Buffer.from(content),
    );
  }
  tar.finalize();
  const zipped = gzipSync(await packed, { level: constants.Z_BEST_COMPRESSION });
  zipped[gzipSystemByte] = noSystem;
  return zipped;
}

export function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** What a preview shows of each file: enough to name those that changed. */
export function digests(files: BundleFiles): Record<string, string> {
  return Object.fromEntries([...files].map(([path, content]) => [path, sha256(content).slice(0, 16)]));
}
