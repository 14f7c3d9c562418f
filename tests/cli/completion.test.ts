import { spawnSync } from "node:child_process";
import { completionScript, completionShells, wordsOf } from "../../cli/completion";
import { createProgram } from "../../cli/program";

const words = wordsOf(createProgram());

/** What bash offers for the last word. */
function offered(...line: string[]): string[] {
  const script = `${completionScript("bash", words)}
COMP_WORDS=(akamai-edge "$@"); COMP_CWORD=$#; _akamai_edge; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync("bash", ["--norc", "-c", script, "bash", ...line], {
    encoding: "utf8",
    cwd: __dirname,
  });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.split("\n").filter((word) => word !== "");
}

test.each([
  [[""], ["emulator", "dev", "doctor", "adopt", "completion", "--version", "--help"]],
  [["em"], ["emulator"]],
  [
    ["emulator", "--se"],
    ["--seed", "--seed-file"],
  ],
  [["emulator", "e"], ["env"]],
  [
    ["emulator", "env", "--s"],
    ["--section", "--shell"],
  ],
  [["emulator", "env", "--shell", "f"], ["fish"]],
  [["emulator", "--dir", "doc"], ["doctor"]],
  [["emulator", "--dir", "d", "env", "--sh"], ["--shell"]],
  [["emulator", "--seed", ""], []],
  [["doctor", "--j"], ["--json"]],
  [["doctor", "--edgerc", "completion.t"], ["completion.test.ts"]],
  [
    ["completion", ""],
    ["bash", "zsh", "fish", "--help"],
  ],
])("bash: %j", (line, expected) => {
  expect(offered(...line)).toEqual(expected);
});

test.each(completionShells)("%s has every command and every option", (shell) => {
  const script = completionScript(shell, words);
  for (const { commands, options } of words) {
    for (const { text } of commands) expect(script).toContain(text);
    for (const { text } of options) expect(script).toContain(shell === "fish" ? `-l ${text.slice(2)}` : text);
  }
});

test("fish takes the longest sub-command, and quotes descriptions", () => {
  const script = completionScript("fish", words);
  expect(script).toContain(
    "complete -c akamai-edge -n '__fish_seen_subcommand_from emulator; and __fish_seen_subcommand_from env' -x -a 'sh bash zsh fish powershell' -l shell",
  );
});
