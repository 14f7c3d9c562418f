import { Argument, Command } from "commander";
import { emulatorCommand } from "../emulator/cli/command";
import { version } from "../provider/runtime/packageVersion";
import { adoptCommand } from "./adopt/command";
import { completionScript, completionShells, wordsOf } from "./completion";
import { devCommand } from "./dev/command";
import { doctorCommand } from "./doctor/command";

/** The command `akamai-edge`. */
export function createProgram(): Command {
  const program = new Command("akamai-edge")
    .description("Tools for Akamai EdgeKV and EdgeWorkers with Pulumi.")
    .version(version)
    .enablePositionalOptions();
  program.addCommand(emulatorCommand("emulator"));
  program.addCommand(devCommand());
  program.addCommand(doctorCommand());
  program.addCommand(adoptCommand());
  program
    .command("completion")
    .description("Prints the script that completes the command in a shell.")
    .addArgument(new Argument("<shell>", "the shell").choices(completionShells))
    .addHelpText("after", COMPLETION)
    .action((shell: (typeof completionShells)[number]) => {
      process.stdout.write(completionScript(shell, wordsOf(program)));
    });
  return program;
}

const COMPLETION = `
bash, in ~/.bashrc:                  eval "$(akamai-edge completion bash)"
zsh, in ~/.zshrc after compinit:     eval "$(akamai-edge completion zsh)"
fish, once:                          akamai-edge completion fish > ~/.config/fish/completions/akamai-edge.fish`;
