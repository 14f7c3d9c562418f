import { existsSync, mkdtempSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { Command, Option } from "commander";
import { UsageError } from "../../emulator/cli/options";
import { printable } from "../../emulator/cli/printable";
import { byOption, type CredentialOptions, configOf, withCredentialOptions } from "../credentialOptions";
import type { Adopted } from "./adopt";
import { type Language, languages, projectName } from "./project";

interface GivenOptions extends CredentialOptions {
  readonly out: string;
  readonly network?: "staging" | "production";
  readonly property?: readonly string[];
  readonly items?: boolean;
  readonly language: Language;
}

const WOULD_CHANGE = 1;

/** The command that writes the program for what an account has. */
export function adoptCommand(): Command {
  const command = new Command("adopt")
    .description(
      "Writes a Pulumi program and its import file for what an account has: EdgeKV with its namespaces and tokens, EdgeWorkers with their live versions, and activations. " +
        "It only reads the account. Exit code: 0 a preview of the program changes nothing, 1 it would, 2 wrong usage.",
    )
    .requiredOption("--out <DIR>", "folder for the program; it must be empty or not be there")
    .addOption(
      new Option("--network <NETWORK>", "one network (default: both)").choices(["staging", "production"]),
    )
    .option(
      "--property <PROPERTY>",
      "a property by its id, name or hostname: its activations too; repeatable",
      (text: string, all: readonly string[] = []) => [...all, text],
    )
    .option("--items", "the items of each namespace too, with their values")
    .addOption(
      new Option("--language <LANGUAGE>", "language of the program").choices(languages).default("typescript"),
    )
    .action(run);
  return withCredentialOptions(command);
}

async function run(options: GivenOptions): Promise<void> {
  const out = resolve(options.out);
  if (existsSync(out) && readdirSync(out).length > 0)
    throw new UsageError(`--out: ${options.out} is not empty. Name another folder`);
  if (!existsSync(dirname(out))) throw new UsageError(`--out: there is no folder ${dirname(options.out)}`);
  const [{ adopt }, { openContext }] = await Promise.all([
    import("./adopt.js"),
    import("../../provider/openContext.js"),
  ]);
  const print = (line: string) => void process.stderr.write(`${printable(line)}\n`);
  const context = opened(() => openContext(configOf(options), undefined, { info: print, warn: print }));
  // The folder appears as a whole, or not at all.
  const written = mkdtempSync(`${out}.new-`);
  try {
    const adopted = await adopt(
      context,
      written,
      {
        networks: options.network === undefined ? ["staging", "production"] : [options.network],
        properties: options.property ?? [],
        items: options.items ?? false,
        language: options.language,
        project: projectName(basename(out)),
      },
      print,
    );
    if (existsSync(out)) rmdirSync(out);
    renameSync(written, out);
    process.stdout.write(report(adopted, options.out));
    if (adopted.changes.size > 0) process.exitCode = WOULD_CHANGE;
  } finally {
    rmSync(written, { recursive: true, force: true });
  }
}

/** What is wrong with credentials names the options of the command. */
function opened<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw error instanceof Error ? new Error(byOption(error), { cause: error }) : error;
  }
}

function report({ resources, leftOut, changes }: Adopted, out: string): string {
  const lines = [`${out} declares ${resources.length} resources.`];
  if (leftOut.length > 0)
    lines.push("", "Left out:", ...leftOut.map(({ object, reason }) => `  ${object}: ${reason}`));
  if (changes.size === 0)
    lines.push("", "Compared with the account: a preview after the import changes nothing.");
  else
    lines.push(
      "",
      "Compared with the account, a preview after the import is not empty:",
      ...[...changes].flatMap(([name, what]) => what.map((line) => `  ${name}: ${line}`)),
    );
  lines.push(
    "",
    "Next:",
    `  cd ${out} && npm install && pulumi stack init dev`,
    "  pulumi import --file import.json --generate-code=false --protect=false --yes",
    "  pulumi preview",
    "",
  );
  return lines.map(printable).join("\n");
}
