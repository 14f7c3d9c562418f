/**
 * The tarball of the plugin for a platform, as the engine fetches it: it starts without Node.js on the machine.
 *
 * - Linux: a single executable, which is Node.js with the bundle inside.
 * - macOS: Node.js as its makers have signed it, the bundle, and a launcher. Anything that is put into the executable breaks the signature, and macOS ends a
 *   program whose signature is broken.
 *
 * There is no PulumiPlugin.yaml in it: with one, the engine asks for the language plugin of Node.js before it installs.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { launcher } from "../bundle";
import { archive, type Entry } from "./archive";
import { ensureNode, hostPlatform, type NodeFiles, type Platform } from "./node";

export interface TarballOptions {
  readonly bundle: string;
  readonly version: string;
  readonly print: (line: string) => void;
}

/** As the engine asks for it. */
export function tarballName(version: string, { os, arch }: Platform): string {
  return `${launcher}-v${version}-${os}-${arch}.tar.gz`;
}

export async function pluginTarball(platform: Platform, options: TarballOptions): Promise<Buffer> {
  const node = await ensureNode(platform, options);
  return archive([
    ...(platform.os === "darwin"
      ? await withLauncher(node, options.bundle)
      : [await singleExecutable(node, options)]),
    { name: "LICENSE-node", content: await readFile(node.license) },
  ]);
}

/** The executable of another platform is only written to: this machine's own Node.js does that. */
async function singleExecutable({ executable }: NodeFiles, options: TarballOptions): Promise<Entry> {
  const host = hostPlatform();
  if (host === undefined) throw new Error("executables are made on Linux and macOS, on amd64 and arm64");
  const maker = await ensureNode(host, options);
  const folder = await mkdtemp(join(tmpdir(), "akamai-edge-executable-"));
  try {
    // The first line is for a shell.
    await writeFile(join(folder, "plugin.cjs"), options.bundle.replace(/^#!.*\n/, ""));
    const config = {
      main: "plugin.cjs",
      output: launcher,
      executable,
      disableExperimentalSEAWarning: true,
      useCodeCache: false,
      useSnapshot: false,
      // NODE_OPTIONS are for the Node.js of the program.
      execArgvExtension: "none",
    };
    await writeFile(join(folder, "config.json"), JSON.stringify(config));
    await promisify(execFile)(maker.executable, ["--build-sea", "config.json"], { cwd: folder });
    return { name: launcher, content: await readFile(join(folder, launcher)), isExecutable: true };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What starts the bundle by the Node.js beside it. */
export async function withLauncher(
  { executable }: Pick<NodeFiles, "executable">,
  bundle: string,
): Promise<Entry[]> {
  return [
    { name: launcher, content: Buffer.from(shellLauncher), isExecutable: true },
    { name: "plugin.cjs", content: Buffer.from(bundle) },
    { name: "node", content: await readFile(executable), isExecutable: true },
  ];
}

/** NODE_OPTIONS are for the Node.js of the program. */
export const shellLauncher = `#!/bin/sh
unset NODE_OPTIONS
folder=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
exec "$folder/node" "$folder/plugin.cjs" "$@"
`;
