import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";

export type Environment = Readonly<Record<string, string | undefined>>;

/** A Pulumi CLI that runs. `command` is `<root>/bin/pulumi`: the Automation API expects it there. */
export interface PulumiCli {
  readonly root: string;
  readonly command: string;
  readonly version: string;
  readonly found: "path" | "home" | "installer" | "go";
}

export const minimumVersion = "3.240.0";

export const executable = process.platform === "win32" ? "pulumi.exe" : "pulumi";

export function commandIn(root: string): string {
  return join(root, "bin", executable);
}

/** The folder that the npm launcher and the Automation API use as well. */
export function versionsFolder(env: Environment): string {
  return join(env.PULUMI_HOME || join(homedir(), ".pulumi"), "versions");
}

/**
 * The first usable CLI on PATH, else the first of the given versions in Pulumi's home, else what was wrong
 * with each.
 */
export async function findPulumi(
  env: Environment,
  versions: readonly string[],
): Promise<PulumiCli | string[]> {
  const seen: string[] = [];
  for (const command of commandsOn(env.PATH)) {
    const realPath = await executablePath(command);
    if (realPath === undefined) continue;
    const cli = unusable(command, realPath) ?? (await inspect(command, "path", env));
    if (typeof cli !== "string") return cli;
    seen.push(`${command} ${cli}`);
  }
  if (seen.length === 0) seen.push("there is none on PATH");
  const inHome = await findInHome(env, versions);
  return Array.isArray(inHome) ? [...seen, ...inHome] : inHome;
}

export async function findInHome(
  env: Environment,
  versions: readonly string[],
): Promise<PulumiCli | string[]> {
  const seen: string[] = [];
  for (const version of new Set(versions)) {
    const command = commandIn(join(versionsFolder(env), version));
    const cli =
      (await executablePath(command)) === undefined ? "is not there" : await inspect(command, "home", env);
    if (typeof cli !== "string") return cli;
    seen.push(`${command} ${cli}`);
  }
  return seen;
}

/** The CLI behind a command, or what is wrong with it. */
export async function inspect(
  command: string,
  found: PulumiCli["found"],
  env: Environment,
): Promise<PulumiCli | string> {
  try {
    const options = { env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" }, timeout: 60_000 };
    const { stdout } = await promisify(execFile)(command, ["version"], options);
    const version = stdout.trim().replace(/^v/, "");
    if (!suits(version))
      return `is version ${version}, and at least ${minimumVersion} of the same major version is needed`;
    return { root: dirname(dirname(command)), command, version, found };
  } catch (error) {
    return `does not run: ${(error as Error).message.trim()}`;
  }
}

export function commandsOn(path: string | undefined): string[] {
  const folders = (path ?? "").split(delimiter).filter((folder) => folder !== "");
  return [...new Set(folders)].map((folder) => join(folder, executable));
}

/** Why a command on PATH is passed over, whatever its version. */
export function unusable(command: string, realPath: string): string | undefined {
  const folders = (path: string) => dirname(path).split(/[\\/]/).slice(-2).join("/");
  if (folders(command) === "node_modules/.bin" || folders(realPath) === "node_modules/pulumi")
    return "is the launcher of the npm package, which downloads a CLI before it does anything";
  if (basename(dirname(command)) !== "bin")
    return "is not in a folder named bin, where the Automation API expects it";
  return undefined;
}

/** Whether a CLI of this version can serve: the Automation API refuses another major version. */
export function suits(version: string, minimum: string = minimumVersion): boolean {
  const [major, ...rest] = numbers(version);
  const [wantedMajor, ...wanted] = numbers(minimum);
  const difference = wanted.map((number, index) => (rest[index] ?? -1) - number).find((step) => step !== 0);
  return major !== undefined && major === wantedMajor && (difference ?? 0) >= 0;
}

function numbers(version: string): number[] {
  const match = /^v?(\d+)\.(\d+)\.(\d+)(?=$|[-+])/.exec(version);
  return match === null ? [] : match.slice(1).map(Number);
}

async function executablePath(file: string): Promise<string | undefined> {
  try {
    await access(file, constants.X_OK);
    return await realpath(file);
  } catch {
    return undefined;
  }
}
