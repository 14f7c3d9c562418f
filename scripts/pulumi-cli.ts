import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  commandIn,
  type Environment,
  findInHome,
  findPulumi,
  inspect,
  minimumVersion,
  type PulumiCli,
  versionsFolder,
} from "./pulumi-cli/find";
import { withLock } from "./pulumi-cli/lock";
import { goBuild, type Maker, officialDownload, putInPlace } from "./pulumi-cli/make";
import { Interrupted } from "./pulumi-cli/run";

export interface EnsureOptions {
  /** Prints what takes long. */
  readonly print: (line: string) => void;
  readonly env?: Environment;
  readonly makers?: readonly Maker[];
}

/** A Pulumi CLI: the one on PATH, else one in Pulumi's home, else one downloaded or built into it. */
export async function ensurePulumi({
  print,
  env = process.env,
  makers = [officialDownload, goBuild],
}: EnsureOptions): Promise<PulumiCli> {
  const versions = makers.map(({ version }) => version);
  const found = await findPulumi(env, versions);
  if (!Array.isArray(found)) return found;

  const folder = versionsFolder(env);
  await mkdir(folder, { recursive: true });
  return withLock(join(folder, ".lock"), print, async () => {
    // Another process may have installed it while this one waited.
    const meanwhile = await findInHome(env, versions);
    if (!Array.isArray(meanwhile)) return meanwhile;
    const tried = [...found];
    for (const maker of makers) {
      print(maker.announcement);
      try {
        return await make(maker, folder, env);
      } catch (error) {
        if (error instanceof Interrupted) throw error;
        const failure = `${maker.found === "go" ? "the Go build" : "the download"} failed: ${(error as Error).message}`;
        print(failure);
        tried.push(failure);
      }
    }
    throw new Error(nothingWorked(tried));
  });
}

async function make({ found, version, make }: Maker, folder: string, env: Environment): Promise<PulumiCli> {
  const root = join(folder, version);
  const scratch = join(folder, ".new");
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch);
  try {
    await make(scratch, env);
    const made = await inspect(commandIn(scratch), found, env);
    if (typeof made === "string") throw new Error(`the new CLI ${made}`);
    await putInPlace(scratch, root);
    return { ...made, root, command: commandIn(root) };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

export function nothingWorked(tried: readonly string[]): string {
  return [
    `There is no Pulumi CLI of version ${minimumVersion} or later, and none could be installed:`,
    ...tried.map((line) => `  - ${line}`),
    "Install Pulumi so that it is on PATH (https://www.pulumi.com/docs/iac/download-install/), or install Go for the build.",
  ].join("\n");
}

if (require.main === module)
  ensurePulumi({ print: (line) => console.error(line) }).then(
    ({ command }) => console.log(command),
    (error: Error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  );
