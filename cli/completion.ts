/** Scripts that complete the command in a shell. They hold all words: no completion starts Node.js. Pure. */
import type { Command, Option } from "commander";

export const completionShells = ["bash", "zsh", "fish"] as const;

interface Word {
  readonly text: string;
  readonly description: string;
}

interface OptionWord extends Word {
  /** What comes after it. Nothing: it is a flag. */
  readonly value?: readonly string[] | "file" | "directory" | "text";
}

/** What may follow one command. */
export interface CommandWords {
  /** The sub-commands that lead to it, such as `emulator env`. Empty for the command itself. */
  readonly path: string;
  readonly commands: readonly Word[];
  readonly arguments: readonly string[];
  readonly options: readonly OptionWord[];
}

export function wordsOf(command: Command, path: readonly string[] = []): CommandWords[] {
  const own: CommandWords = {
    path: path.join(" "),
    commands: command.commands.map((sub) => ({ text: sub.name(), description: sub.description() })),
    arguments: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
    options: [...command.options.map(optionWord), { text: "--help", description: "display help" }],
  };
  return [own, ...command.commands.flatMap((sub) => wordsOf(sub, [...path, sub.name()]))];
}

function optionWord(option: Option): OptionWord {
  const word = { text: option.long ?? option.flags, description: option.description };
  return option.required || option.optional ? { ...word, value: takes(option) } : word;
}

/** The placeholder of an option says what it takes. */
function takes({ argChoices, flags }: Option): NonNullable<OptionWord["value"]> {
  if (argChoices !== undefined) return argChoices;
  if (flags.endsWith("<DIR>")) return "directory";
  return flags.endsWith("<FILE>") ? "file" : "text";
}

export function completionScript(
  shell: (typeof completionShells)[number],
  words: readonly CommandWords[],
): string {
  return { bash, zsh, fish }[shell](words);
}

const texts = (words: readonly Word[]) => words.map(({ text }) => text);

/** What follows a command, and what follows each of its options that take a value. */
function cases(
  words: readonly CommandWords[],
  line: (words: readonly string[]) => string,
  values: Readonly<Record<"file" | "directory" | "text", string>>,
): string {
  const patterns = words.flatMap(({ path, options, commands, arguments: given }) => [
    ...options.flatMap(({ text, value }) =>
      value === undefined
        ? []
        : [`    "${path}|${text}") ${typeof value === "string" ? values[value] : line(value)} ;;`],
    ),
    `    "${path}|"*) ${line([...texts(commands), ...given, ...texts(options)])} ;;`,
  ]);
  return patterns.join("\n");
}

/** The lines that find out which sub-command is being written. */
const walk = (words: readonly CommandWords[]) =>
  words
    .filter(({ path }) => path !== "")
    .map(({ path }) => `      "${path}") path="${path}" ;;`)
    .join("\n");

function bash(words: readonly CommandWords[]): string {
  const line = (all: readonly string[]) => `COMPREPLY=($(compgen -W "${all.join(" ")}" -- "$current"))`;
  const values = {
    file: 'COMPREPLY=($(compgen -f -- "$current"))',
    directory: 'COMPREPLY=($(compgen -d -- "$current"))',
    text: "COMPREPLY=()",
  };
  return `_akamai_edge() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
${walk(words)}
    esac
  done
  case "$path|$previous" in
${cases(words, line, values)}
  esac
}
complete -o filenames -F _akamai_edge akamai-edge
`;
}

function zsh(words: readonly CommandWords[]): string {
  const line = (all: readonly string[]) => `compadd -- ${all.join(" ")}`;
  const values = { file: "_files", directory: "_files -/", text: "true" };
  return `#compdef akamai-edge
_akamai_edge() {
  local previous="\${words[CURRENT-1]}" path_so_far="" word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${path_so_far:+$path_so_far }$word" in
${walk(words).replaceAll(" path=", " path_so_far=")}
    esac
  done
  case "$path_so_far|$previous" in
${cases(words, line, values)}
  esac
}
compdef _akamai_edge akamai-edge
`;
}

const quoted = (text: string) => `'${text.replace(/[\\']/g, "\\$&")}'`;

function fish(words: readonly CommandWords[]): string {
  const all = words.flatMap(({ path, commands, arguments: given, options }) => {
    const seen = path === "" ? [] : path.split(" ").map((part) => `__fish_seen_subcommand_from ${part}`);
    const later = commands.map(({ text }) => text).join(" ");
    const condition = [...seen, ...(later === "" ? [] : [`not __fish_seen_subcommand_from ${later}`])].join(
      "; and ",
    );
    const start = `complete -c akamai-edge -n ${quoted(condition)}`;
    return [
      ...commands.map(({ text, description }) => `${start} -f -a ${text} -d ${quoted(description)}`),
      ...given.map((text) => `${start} -f -a ${text}`),
      ...options.map((option) => `${start} ${fishOption(option)}`),
    ];
  });
  return `${all.join("\n")}\n`;
}

function fishOption({ text, description, value }: OptionWord): string {
  const flag = `-l ${text.replace(/^--/, "")} -d ${quoted(description)}`;
  if (value === undefined) return `-f ${flag}`;
  if (value === "file") return `-r -F ${flag}`;
  if (value === "directory") return `-x -a '(__fish_complete_directories)' ${flag}`;
  return value === "text" ? `-x ${flag}` : `-x -a ${quoted(value.join(" "))} ${flag}`;
}
