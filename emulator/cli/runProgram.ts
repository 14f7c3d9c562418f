import { type Command, CommanderError } from "commander";
import { UsageError } from "./options";
import { printable } from "./printable";

const [FAILED, WRONG_USAGE] = [1, 2];

/** Runs a program with the arguments of the process. A wrong command line ends with 2, any other error with 1. */
export async function runProgram(program: Command): Promise<void> {
  // A reader that goes away, such as `head`, ends neither the command nor an emulator.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  prepare(program);
  let running = program.name();
  program.hook("preAction", (_program, action) => {
    running = fullName(action);
  });
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      // commander has printed it. Help and version are no error.
      if (error.exitCode === 0) return;
      fail(undefined, WRONG_USAGE);
    }
    const message = error instanceof Error ? error.message : String(error);
    const isUsage = error instanceof UsageError;
    fail(`${running}: ${printable(message)}\n${isUsage ? tryHelp : ""}`, isUsage ? WRONG_USAGE : FAILED);
  }
}

/** Such as `akamai-edge emulator env`. */
const fullName = (command: Command): string =>
  command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;

const tryHelp = "Try --help.\n";

function fail(text: string | undefined, code: number): never {
  if (text !== undefined) process.stderr.write(text);
  process.exit(code);
}

/** Errors have one form in all commands. */
function prepare(command: Command): void {
  command.exitOverride().configureOutput({
    outputError: (text, write) => {
      // The name that may have been meant stands on a line of its own.
      const shown = text
        .trimEnd()
        .split(/\n(?=\(Did you mean )/)
        .map(printable)
        .join("\n");
      write(`${shown.replace(/^error: /, `${fullName(command)}: `)}\n${tryHelp}`);
    },
  });
  for (const sub of command.commands) prepare(sub);
}
