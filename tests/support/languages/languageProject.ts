/** An example in a language, with an account of its own: each command of the CLI as a user of that language gives it. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { type Emulator, startEmulator } from "../../../emulator";
import { pulumiEnvironment } from "../../../scripts/engine";
import { changesIn, resourcesIn, type StateResource } from "../engine";
import { type Language, programOf, type Toolchains } from "./toolchains";

const stackName = "demo";

type Command = "preview" | "up" | "destroy";

export class LanguageProject {
  /** Settings that the next command sets. */
  #config: Record<string, string> = {};

  private constructor(
    readonly emulator: Emulator,
    private readonly language: Language,
    private readonly example: string,
    private readonly name: string,
    private readonly folder: string,
    private readonly tools: Toolchains,
  ) {}

  static async start(language: Language, example: string, tools: Toolchains): Promise<LanguageProject> {
    const folder = mkdtempSync(join(tmpdir(), "akamai-edge-language-"));
    const emulator = await startEmulator({
      dir: join(folder, "emulator"),
      lag: "none",
      settings: { initialized: false },
    });
    const { name } = parse(readFileSync(programOf.yaml(example), "utf8")) as { name: string };
    const project = new LanguageProject(emulator, language, example, name, folder, tools);
    if (language === "yaml") {
      // `stack init` writes the stack's config beside Pulumi.yaml: here, not into the example's folder.
      writeFileSync(join(folder, "Pulumi.yaml"), stringify({ name, runtime: "yaml" }));
      await project.#exec("pulumi", ["stack", "init", stackName, "--non-interactive"], folder);
    }
    return project;
  }

  /** Takes effect with the next command. */
  set(name: string, value: string): void {
    this.#config[name] = value;
  }

  /** How many resources each operation had, but for the unchanged ones. */
  async run(command: Command): Promise<Record<string, number>> {
    const config = this.#config;
    this.#config = {};
    const { same: _, ...changes } =
      this.language === "yaml"
        ? await this.#cli(command, config)
        : await this.#automation(this.language, command, config);
    return changes;
  }

  async #cli(command: Command, config: Readonly<Record<string, string>>): Promise<Record<string, number>> {
    const place = ["--cwd", dirname(programOf.yaml(this.example)), "--stack", stackName];
    place.push("--config-file", join(this.folder, `Pulumi.${stackName}.yaml`), "--non-interactive");
    // A list of a project that declares its type is set part by part.
    for (const [name, value] of Object.entries(config))
      await this.#exec("pulumi", ["config", "set", "--path", name, value, ...place], this.folder);
    const log = join(this.folder, "events.jsonl");
    rmSync(log, { force: true });
    const yes = command === "preview" ? [] : ["--yes", "--skip-preview"];
    await this.#exec("pulumi", [command, ...yes, ...place, "--event-log", log], this.folder);
    const summaries = readFileSync(log, "utf8")
      .split("\n")
      .filter((line) => line.includes('"summaryEvent"'));
    const { summaryEvent } = JSON.parse(summaries.at(-1) ?? "{}") as {
      summaryEvent?: { resourceChanges?: Record<string, number> };
    };
    return summaryEvent?.resourceChanges ?? {};
  }

  async #automation(
    language: "python" | "go",
    command: Command,
    config: Readonly<Record<string, string>>,
  ): Promise<Record<string, number>> {
    const { command: runner, args, nameOf } = this.tools.runners[language];
    const all = [...args, command, this.name, nameOf(this.example), this.folder, JSON.stringify(config)];
    const printed = await this.#exec(runner, all, dirname(programOf[language](this.example)));
    const [, changes] = /^changes: (.*)$/m.exec(printed) ?? [];
    if (changes === undefined) throw new Error(`it printed no changes:\n${printed}`);
    return JSON.parse(changes) as Record<string, number>;
  }

  /** The package's resources in the state. */
  resources(): StateResource[] {
    return resourcesIn(this.#state());
  }

  /** The outputs of the program. */
  outputs(): Record<string, unknown> {
    const { checkpoint } = JSON.parse(this.#state()) as {
      checkpoint: { latest?: { resources?: StateResource[] } };
    };
    const stack = checkpoint.latest?.resources?.find(({ type }) => type === "pulumi:pulumi:Stack");
    return stack?.outputs ?? {};
  }

  #state(): string {
    const file = join(this.folder, ".pulumi", "stacks", this.name, `${stackName}.json`);
    return existsSync(file) ? readFileSync(file, "utf8") : '{"checkpoint":{}}';
  }

  changes(): string[] {
    return changesIn(this.emulator);
  }

  async close(): Promise<void> {
    await this.emulator.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #exec(command: string, args: readonly string[], cwd: string): Promise<string> {
    const env = {
      ...process.env,
      ...pulumiEnvironment(this.folder),
      PATH: this.tools.path,
      // Without it the CLI knows no --event-log.
      PULUMI_DEBUG_COMMANDS: "true",
      AKAMAI_EDGERC: this.emulator.edgerc,
      AKAMAI_EDGERC_SECTION: this.emulator.section,
      AKAMAI_CA_FILE: this.emulator.caFile,
      // Python leaves no compiled files beside an example.
      PYTHONDONTWRITEBYTECODE: "1",
    };
    try {
      const { stdout } = await promisify(execFile)(command, [...args], { cwd, env, maxBuffer: 1 << 26 });
      return stdout;
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      throw new Error(`${command} ${args[0]} failed:\n${stdout}${stderr}`, { cause: error });
    }
  }
}
