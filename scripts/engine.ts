import { symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  type EngineEvent,
  LocalWorkspace,
  type OutputMap,
  type ProjectSettings,
  PulumiCommand,
  type PulumiFn,
  type Stack,
} from "@pulumi/pulumi/automation";
import { root } from "./root";

/** One step of the engine for one of the package's resources, from the engine's own events. */
export interface Step {
  /** Such as `create`, `same`, `update`, `create-replacement`, `delete`, `refresh`. */
  readonly op: string;
  /** The resource's name in the program. */
  readonly name: string;
  /** Such as `edgekv:Namespace`. */
  readonly type: string;
  /** The inputs before and after. */
  readonly old: Record<string, unknown>;
  readonly new: Record<string, unknown>;
  /** For a replacement, the properties that need it. */
  readonly keys: readonly string[];
}

/** What one run of the engine did and printed. */
export interface Run {
  readonly steps: Step[];
  /** The diagnostics of the engine and the provider. */
  readonly messages: string[];
  readonly error: Error | undefined;
  readonly text: string;
}

export interface StackOptions {
  /** An empty folder for the stack's state; the plugin's working folder too. */
  readonly folder: string;
  /** Folder of the Pulumi CLI, with `bin/pulumi` in it. */
  readonly cli: string;
  readonly project: string;
  readonly program: PulumiFn;
  /** More settings of the package, such as `namespacesPerNetwork`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Folder of the native plugin's launcher. With it, the package's resources are native ones. */
  readonly plugin?: string;
  /** Settings of the CLI, beside those that keep its state in the folder. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly emulator: {
    readonly edgerc: string | undefined;
    readonly section: string;
    readonly caFile: string | undefined;
  };
}

const stackName = "demo";
export const passphrase = "an emulator has no secrets";

/** The environment of a `pulumi` that has its state in the folder and asks no questions. */
export function pulumiEnvironment(folder: string): Record<string, string> {
  return {
    PULUMI_BACKEND_URL: `file://${folder}`,
    // What Pulumi stores about a stack is deleted with it.
    PULUMI_HOME: join(folder, ".pulumi-home"),
    PULUMI_CONFIG_PASSPHRASE: passphrase,
    PULUMI_SKIP_UPDATE_CHECK: "1",
  };
}

/** What stands before the token in the type of a resource: of a dynamic one, and of a native one. */
const typePrefix = /^(?:pulumi-nodejs:dynamic\/|akamai-edge:)/;

export const isOfPackage = (type: string) => typePrefix.test(type);

/** A stack of the real engine whose program runs in this process, set up for an emulator. */
export async function openStack({
  folder,
  cli,
  project,
  program,
  settings = {},
  plugin,
  environment,
  emulator,
}: StackOptions): Promise<Stack> {
  // The plugin finds the package from its working folder, as it does in a user's project.
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const config = {
    "akamai-edge:edgerc": String(emulator.edgerc),
    "akamai-edge:section": emulator.section,
    "akamai-edge:caFile": String(emulator.caFile),
    ...Object.fromEntries(Object.entries(settings).map(([key, value]) => [`akamai-edge:${key}`, value])),
  };
  // The config is written as its file would be: each setting by the CLI costs a second.
  return withoutSummaries(
    await LocalWorkspace.createStack(
      { projectName: project, stackName, program },
      {
        ...(await workspaceOf({ folder, cli, environment })),
        ...(plugin === undefined ? {} : { projectSettings: settingsWithPlugin(project, plugin) }),
        stackSettings: { [stackName]: { config } },
      },
    ),
  );
}

/** The settings of a project that has the plugin from a folder. */
function settingsWithPlugin(name: string, path: string): ProjectSettings {
  return {
    name,
    runtime: "nodejs",
    plugins: { providers: [{ name: "akamai-edge", path }] },
  } as ProjectSettings;
}

/** A stack that `openStack` created in another process. */
export async function openAgain({
  folder,
  cli,
  project,
  program,
}: Omit<StackOptions, "settings" | "emulator">): Promise<Stack> {
  return withoutSummaries(
    await LocalWorkspace.selectStack(
      { projectName: project, stackName, program },
      await workspaceOf({ folder, cli }),
    ),
  );
}

/**
 * After each run the Automation API starts the CLI two or three times more, for outputs and history, which nobody
 * here reads. That is a third of the time of a short run.
 */
function withoutSummaries(stack: Stack): Stack {
  return Object.assign(stack, { outputs: async () => ({}), info: async () => undefined });
}

/** The outputs of the stack's program; `stack.outputs()` of a stack that was opened here has none. */
export const outputsOf = (stack: Stack): Promise<OutputMap> => stack.workspace.stackOutputs(stack.name);

/** Asked for its version once, and not for each stack. */
const commands = new Map<string, Promise<PulumiCommand>>();
function commandOf(cli: string): Promise<PulumiCommand> {
  const known = commands.get(cli) ?? PulumiCommand.get({ root: cli });
  commands.set(cli, known);
  return known;
}

async function workspaceOf({
  folder,
  cli,
  environment = {},
}: Pick<StackOptions, "folder" | "cli"> & {
  readonly environment?: StackOptions["environment"] | undefined;
}) {
  return {
    workDir: folder,
    pulumiCommand: await commandOf(resolve(cli)),
    envVars: { ...pulumiEnvironment(folder), ...environment },
  };
}

/** The CLI puts this word before a warning: it is not in its text. */
function messageOf({ severity, message }: NonNullable<EngineEvent["diagnosticEvent"]>): string {
  return (severity === "warning" ? "warning: " : "") + message.replace(/<\{%.*?%\}>/g, "").trimEnd();
}

/** Runs the engine and collects its events. A run that fails is a result too. */
export async function watch(
  act: (onEvent: (event: EngineEvent) => void) => Promise<{ stdout: string }>,
): Promise<Run> {
  const steps: Step[] = [];
  const messages: string[] = [];
  const onEvent = ({ resourcePreEvent, diagnosticEvent }: EngineEvent) => {
    // The engine sends its debug lines too, although the type does not show it.
    if (diagnosticEvent !== undefined && String(diagnosticEvent.severity) !== "debug")
      messages.push(messageOf(diagnosticEvent));
    if (resourcePreEvent === undefined || !isOfPackage(resourcePreEvent.metadata.type)) return;
    const { op, urn, type, old, new: now, keys } = resourcePreEvent.metadata;
    steps.push({
      op,
      name: urn.split("::").at(-1) ?? "",
      type: type.replace(typePrefix, ""),
      old: old?.inputs ?? {},
      new: now?.inputs ?? {},
      keys: keys ?? [],
    });
  };
  try {
    const { stdout } = await act(onEvent);
    return { steps, messages, error: undefined, text: stdout };
  } catch (error) {
    return {
      steps,
      messages,
      error: error instanceof Error ? error : new Error(String(error)),
      text: String(error),
    };
  }
}

/** The inputs that differ between before and after, as `name: old -> new`. */
export function propertyChanges({ old, new: now }: Step): string[] {
  const fields = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...fields]
    .filter((field) => !field.startsWith("__") && JSON.stringify(old[field]) !== JSON.stringify(now[field]))
    .map(
      (field) =>
        `${field}: ${JSON.stringify(old[field]) ?? "none"} -> ${JSON.stringify(now[field]) ?? "none"}`,
    );
}
