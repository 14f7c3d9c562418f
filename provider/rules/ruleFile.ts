/** Rules in JSON files with snippets, as Property Manager's tools write them: a text `#include:other.json` stands for the content of that file. */
import { readFileSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { sourceLine } from "../errors/sourcePlace";
import { JsonTextError, parseJsonText } from "../framework/jsonText";
import { changedNumber, plainValue } from "../framework/jsonValue";
import { notUtf8, utf8Text } from "../runtime/encoding";

/** A file of a rule can't be used. The message names it. */
export class RuleFileError extends Error {
  override readonly name = "RuleFileError";
}

const marker = "#include:";
/** Bytes: more than a whole rule tree may have. */
const maxBytes = 8 * 1024 * 1024;
const maxFiles = 1000;

interface Reading {
  /** The folder that paths in messages start from. */
  readonly base: string;
  /** The files that are being read, the innermost last. */
  readonly chain: readonly string[];
  readonly count: { files: number };
}

/**
 * A rule with everything that it includes.
 *
 * @param source the path of a JSON file, or a rule that may include some
 * @param base the folder that paths of the program start from; inside a file they start from its own folder
 */
export function loadRule(source: unknown, base: string): unknown {
  const reading = { base, chain: [], count: { files: 0 } };
  if (typeof source !== "string") return included(source, base, reading);
  return unwrapped(readJson(resolve(base, source), reading));
}

/** Whether a value is a path, or includes files at any depth. */
export function needsFiles(source: unknown): boolean {
  if (typeof source === "string") return true;
  return isTable(source) && Object.values(source).some(hasInclude);
}

function hasInclude(value: unknown): boolean {
  if (typeof value === "string") return value.startsWith(marker);
  return typeof value === "object" && value !== null && Object.values(value).some(hasInclude);
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The main file of a property has its tree below `rules`, as the API returns it. */
function unwrapped(content: unknown): unknown {
  return isTable(content) && isTable(content.rules) && content.behaviors === undefined
    ? content.rules
    : content;
}

function included(value: unknown, folder: string, reading: Reading): unknown {
  if (typeof value === "string" && value.startsWith(marker)) {
    return unwrapped(readJson(resolve(folder, value.slice(marker.length).trim()), reading));
  }
  if (Array.isArray(value)) {
    // A snippet may be a list of rules: they take the place of the text.
    return value.flatMap((one: unknown) => {
      const inner = included(one, folder, reading);
      return typeof one === "string" && Array.isArray(inner) ? (inner as unknown[]) : [inner];
    });
  }
  if (!isTable(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, included(one, folder, reading)]),
  );
}

function readJson(path: string, reading: Reading): unknown {
  const { base, chain, count } = reading;
  const shown = (one: string) => relative(base, one) || one;
  const from = chain.at(-1);
  const origin = from === undefined ? "" : `, which ${shown(from)} includes`;
  if (chain.includes(path))
    throw new RuleFileError(`the files include each other: ${[...chain, path].map(shown).join(" > ")}`);
  count.files += 1;
  if (count.files > maxFiles) throw new RuleFileError(`more than ${maxFiles} files are included`);
  const content = parseJson(readText(path, `${shown(path)}${origin}`), shown(path));
  return included(content, dirname(path), { ...reading, chain: [...chain, path] });
}

function readText(path: string, shown: string): string {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new RuleFileError(`${shown} is not a file`);
    if (stat.size > maxBytes) throw new RuleFileError(`${shown} has more than ${maxBytes} bytes`);
    const bytes = readFileSync(path);
    const text = utf8Text(bytes);
    if (text === undefined) throw new RuleFileError(`${shown} ${notUtf8(bytes)}`);
    return text;
  } catch (error) {
    if (error instanceof RuleFileError) throw error;
    const code = String((error as { code?: unknown }).code ?? error);
    if (code === "ENOENT") throw new RuleFileError(`there is no file ${shown}`);
    throw new RuleFileError(`${shown} can't be read (${code})`);
  }
}

function parseJson(text: string, shown: string): unknown {
  try {
    const value = parseJsonText(text);
    const changed = changedNumber(value);
    if (changed !== undefined)
      throw new RuleFileError(
        `${shown}: \`${changed.path}\` is ${changed.text}, which JavaScript has no number for: write it as text, or as a smaller one`,
      );
    return plainValue(value);
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    if (!error.isSyntax) throw new RuleFileError(error.describe(shown));
    const { line, column } = error;
    throw new RuleFileError(`${shown}:${line}:${column} is not JSON, here: ${sourceLine(text, line)}`);
  }
}
