/** What runs programs of other languages: made once for a test file, from the schema of the build. */
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { pluginFolder } from "../../../scripts/bundle";
import { ensureGoTool, hasGo, pulumiYaml } from "../../../scripts/goTools";
import { generateSdks } from "../../../scripts/release/sdks";
import { root } from "../../../scripts/root";
import { schemaFile } from "../../../scripts/schema";
import { testCli } from "../engine";

export type Language = "yaml" | "python" | "go";

const exec = promisify(execFile);
const print = (line: string) => process.stderr.write(`${line}\n`);

/** Why the languages can't be run here; undefined where they can. */
export function missingTool(): string | undefined {
  if (!hasGo()) return "there is no Go on PATH";
  try {
    execFileSync("python3", ["-m", "venv", "--help"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "there is no Python 3 with venv on PATH";
  }
}

/** The programs in an examples' folder by language: each is what a user copies. */
export const programOf: Readonly<Record<Language, (example: string) => string>> = {
  yaml: (example) => join(root, "examples", example, "yaml", "Pulumi.yaml"),
  python: (example) => join(root, "examples", example, "python", "__main__.py"),
  go: (example) => join(root, "examples", example, "go", "main.go"),
};

/** A command that runs a program by the Automation API. */
export interface Runner {
  readonly command: string;
  readonly args: readonly string[];
  /** How it names the program of an example. */
  readonly nameOf: (example: string) => string;
}

export class Toolchains {
  private constructor(
    /** Has the CLI, the language plugin of YAML, and the plugin, and what else this process has. */
    readonly path: string,
    readonly runners: Readonly<Record<"python" | "go", Runner>>,
  ) {}

  /** @param folder for what is generated and compiled */
  static async make(folder: string, examples: readonly string[]): Promise<Toolchains> {
    const yaml = await ensureGoTool(pulumiYaml, { print });
    const sdks = join(folder, "sdks");
    await generateSdks(schemaFile, sdks, print);
    const runners = { python: await python(folder, sdks), go: await go(folder, sdks, examples) };
    const path = [join(testCli(), "bin"), dirname(yaml), pluginFolder, process.env.PATH].join(delimiter);
    return new Toolchains(path, runners);
  }
}

/** An environment with the generated package in it. */
async function python(folder: string, sdks: string): Promise<Runner> {
  const environment = join(folder, "venv");
  await exec("python3", ["-m", "venv", environment]);
  const command = join(environment, "bin", "python");
  await exec(command, [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    join(sdks, "python"),
  ]);
  const runner = join(root, "tests", "engine", "languages", "run.py");
  return { command, args: [runner], nameOf: programOf.python };
}

/** One executable with all programs: each becomes a package, with its text as it is but for the name of the package. */
async function go(folder: string, sdks: string, examples: readonly string[]): Promise<Runner> {
  const module = join(folder, "programs");
  const packageOf = (example: string) => example.replaceAll("-", "").toLowerCase();
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(module, file)), { recursive: true });
    writeFileSync(join(module, file), text);
  };
  for (const example of examples) {
    const text = readFileSync(programOf.go(example), "utf8");
    write(`${packageOf(example)}/main.go`, text.replace(/^package main$/m, `package ${packageOf(example)}`));
    write(
      `${packageOf(example)}/program.go`,
      `package ${packageOf(example)}\n\n// Program is what main runs.\nvar Program = program\n`,
    );
  }
  write("run.go", readFileSync(join(root, "tests", "engine", "languages", "run.go"), "utf8"));
  write(
    "programs.go",
    `package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

${examples.map((example) => `\t"programs/${packageOf(example)}"`).join("\n")}
)

var programs = map[string]pulumi.RunFunc{
${examples.map((example) => `\t"${example}": ${packageOf(example)}.Program,`).join("\n")}
}
`,
  );
  const sdk = /^module (\S+)/m.exec(readFileSync(join(sdks, "go", "go.mod"), "utf8"))?.[1] ?? "";
  write(
    "go.mod",
    `module programs\n\ngo 1.25\n\nrequire ${sdk} v0.0.0\n\nreplace ${sdk} => ${join(sdks, "go")}\n`,
  );
  const command = join(module, "run");
  const options = { cwd: module, env: { ...process.env, GOWORK: "off" } };
  await exec("go", ["mod", "tidy"], options);
  await exec("go", ["build", "-trimpath", "-buildvcs=false", "-o", command, "."], options);
  return { command, args: [], nameOf: (example) => example };
}
