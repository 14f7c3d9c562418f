import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { version as sdkVersion } from "@pulumi/pulumi/version";
import { commandIn, type Environment, executable, type PulumiCli } from "./find";
import { run } from "./run";

/** A way to a CLI where there is none. */
export interface Maker {
  readonly found: PulumiCli["found"];
  readonly version: string;
  /** What it does and how long that takes. */
  readonly announcement: string;
  /** Fills `<root>/bin`; may fail half-way. */
  readonly make: (root: string, env: Environment) => Promise<void>;
}

const minutes = 60_000;

export const officialDownload: Maker = {
  found: "installer",
  version: sdkVersion,
  announcement: `Downloading the Pulumi CLI ${sdkVersion} with Pulumi's installer: about 1 minute, given up after 3.`,
  make: (root, env) =>
    run(process.execPath, ["-e", install, root], { cwd: __dirname, env, withinMs: 3 * minutes }),
};

/** Runs in a process of its own: the installer has no time limit and cannot be stopped from within. */
const install = `
  const { PulumiCommand } = require("@pulumi/pulumi/automation");
  PulumiCommand.install({ root: process.argv[1] }).then(
    () => process.exit(0),
    (error) => { console.error(error.message); process.exit(1); },
  );`;

// The compiled script is in another folder than go.mod.
const goModule =
  [__dirname, join(__dirname, "../../../scripts/pulumi-cli")].find((folder) =>
    existsSync(join(folder, "go.mod")),
  ) ?? __dirname;
const goVersion = pinnedVersion(readFileSync(join(goModule, "go.mod"), "utf8"));

/**
 * For machines that reach package registries only. The plugins of a full installation are not in it, but for
 * the launcher of dynamic providers.
 */
export const goBuild: Maker = {
  found: "go",
  version: goVersion,
  announcement: `Building the Pulumi CLI ${goVersion} with Go: about 1 minute of download and 5 minutes of build on two cores.`,
  make: async (root, env) => {
    if (process.platform === "win32") throw new Error("not offered on Windows");
    const bin = join(root, "bin");
    await mkdir(bin, { recursive: true });
    for (const file of ["go.mod", "go.sum"]) await copyFile(join(goModule, file), join(root, file));
    await run("go", goArguments(goVersion, commandIn(root)), {
      cwd: root,
      env: { ...env, GOWORK: "off" },
      withinMs: 45 * minutes,
    });
    await writeFile(join(bin, "pulumi-resource-pulumi-nodejs"), dynamicProviderLauncher, { mode: 0o755 });
  },
};

export function goArguments(version: string, output: string): string[] {
  const flags = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`;
  return [
    "build",
    "-trimpath",
    "-ldflags",
    flags,
    "-o",
    output,
    "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  ];
}

export function pinnedVersion(goMod: string): string {
  const version = /^\s*(?:require\s+)?github\.com\/pulumi\/pulumi\/pkg\/v3 v(\S+)/m.exec(goMod)?.[1];
  if (version === undefined) throw new Error("go.mod does not pin github.com/pulumi/pulumi/pkg/v3");
  return version;
}

/**
 * The engine starts dynamic providers by this name, in the folder of the program, whose own `@pulumi/pulumi`
 * must serve them.
 */
export const dynamicProviderLauncher = `#!/bin/sh
exec node -e 'process.argv.splice(1, 0, require.resolve("@pulumi/pulumi/cmd/dynamic-provider", { paths: [process.cwd()] })); require(process.argv[1])' -- "$@"
`;

/** Moves the files to their folder, the command last: when it exists, everything else does. */
export async function putInPlace(made: string, root: string): Promise<void> {
  await mkdir(join(root, "bin"), { recursive: true });
  for (const file of commandLast(await readdir(join(made, "bin"))))
    await rename(join(made, "bin", file), join(root, "bin", file));
}

export function commandLast(files: readonly string[]): string[] {
  return files.toSorted((a, b) => Number(a === executable) - Number(b === executable));
}
