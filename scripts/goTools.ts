/**
 * Programs that are built with Go once and kept beside the Pulumi CLI: the language plugin for YAML, and Pulumi's generators of packages. The Go module proxy
 * has their sources; finished ones are not in any registry.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Environment, versionsFolder } from "./pulumi-cli/find";
import { withLock } from "./pulumi-cli/lock";
import { run } from "./pulumi-cli/run";
import { root } from "./root";

export interface GoTool {
  /** Of the executable. */
  readonly name: string;
  /** With the `go.mod` that pins everything. */
  readonly module: string;
  /** What is built, as Go names it. */
  readonly package: string;
  readonly announcement: string;
}

export const pulumiYaml: GoTool = {
  name: "pulumi-language-yaml",
  module: "scripts/pulumi-yaml",
  package: "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
  announcement: "Building the language plugin for YAML with Go: about 2 minutes on two cores, once.",
};

export const sdkGenerator: GoTool = {
  name: "sdks",
  module: "scripts/sdks",
  package: ".",
  announcement: "Building the generators of packages with Go: about 1 minute on two cores, once.",
};

/** The folder of what is kept from one run to the next. */
export function keptFolder(env: Environment): string {
  return join(dirname(versionsFolder(env)), "akamai-edge");
}

/** Whether Go is on PATH. */
export function hasGo(env: NodeJS.ProcessEnv = process.env): boolean {
  try {
    execFileSync("go", ["version"], { env, stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** The executable, built where there is none of these sources yet. Its folder holds nothing else. */
export async function ensureGoTool(
  tool: GoTool,
  { print, env = process.env }: { readonly print: (line: string) => void; readonly env?: Environment },
): Promise<string> {
  const sources = join(root, tool.module);
  const kept = keptFolder(env);
  const folder = join(kept, `${tool.name}-${digestOf(sources)}`);
  const executable = join(folder, tool.name);
  if (existsSync(executable)) return executable;
  await mkdir(kept, { recursive: true });
  return withLock(join(kept, `${tool.name}.lock`), print, async () => {
    // Another process may have built it while this one waited.
    if (existsSync(executable)) return executable;
    print(tool.announcement);
    const scratch = join(kept, `${tool.name}.new`);
    await rm(scratch, { recursive: true, force: true });
    await run("go", buildArguments(tool, join(scratch, tool.name)), {
      cwd: sources,
      env: { ...env, GOWORK: "off" },
      withinMs: 30 * 60_000,
    });
    await rm(folder, { recursive: true, force: true });
    await rename(scratch, folder);
    return executable;
  });
}

export function buildArguments(tool: GoTool, output: string): string[] {
  return ["build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", output, tool.package];
}

/** Other sources are another tool. */
function digestOf(folder: string): string {
  const hash = createHash("sha256");
  for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(join(folder, file)));
  return hash.digest("hex").slice(0, 12);
}
