import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { reasonOf } from "../fileErrors";
import { listed, problemsOf } from "../problems";
import { Account, StateError } from "./account";
import { EmulatorSettings } from "./settings";

/** A part of the state, with settings that are checked. Everything else is checked after the merge. */
export type Seed = Readonly<Record<string, unknown>> & { readonly settings?: object };

const Settings = EmulatorSettings.partial();

/** Reads a seed file. Each error names the file, and the key or the line. */
export function readSeedFile(path: string): Seed {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new StateError(`The seed file ${path} can't be read: ${reasonOf(error)}.`);
  }
  if (!isUtf8(bytes) || bytes.includes(0))
    throw new StateError(
      `The seed file ${path} is not UTF-8${bytes.includes(0) ? " (it looks like UTF-16)" : ""}. Save it as UTF-8.`,
    );
  const text = bytes.toString("utf8");
  const seed = parseJson(text, `The seed file ${path}`);
  if (typeof seed !== "object" || seed === null || Array.isArray(seed))
    throw new StateError(
      `The seed file ${path} must hold an object with a part of the state: ${Object.keys(Account.shape).join(", ")}.`,
    );
  const title = `The seed file ${path} is not a state of the emulator`;
  const { settings } = seed as Seed;
  if (settings !== undefined) checkSettings(settings, title);
  return seed as Seed;
}

/** Checks settings that are set. `title` begins the message. */
export function checkSettings(settings: unknown, title: string): void {
  const problems = problemsOf(Settings, settings, ["settings"]);
  if (problems.length > 0) throw new StateError(listed(title, problems));
}

/** Parses JSON of a user. The error names the line and the column. A byte order mark is left out. */
export function parseJson(text: string, source: string): unknown {
  const json = text.replace(/^\uFEFF/, "");
  if (json.trim() === "") throw new StateError(`${source} is empty: it must hold JSON.`);
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new StateError(`${source} is not JSON${positionOf(error, json)}.`);
  }
}

/** ` (line 3, column 5)`, as far as the parser says it. */
function positionOf(error: unknown, text: string): string {
  const message = error instanceof Error ? error.message : "";
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position === undefined) return /end of JSON/.test(message) ? ": it ends too early" : "";
  const lines = text.slice(0, Number(position)).split("\n");
  return `: line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1}`;
}
