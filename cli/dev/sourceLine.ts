import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Characters of a line. Code that a tool has written may have all of it on one. */
const maxLength = 160;

/** The line of the code that a failure names, with a mark below its column. `undefined`: it names none. */
export function sourceLine(folder: string, message: string): string | undefined {
  const [, file = "", line = "", column = ""] = /^([\w./-]+\.m?js):[^:,\s]*:(\d+):(\d+)/.exec(message) ?? [];
  if (file === "" || file.split("/").includes("..")) return undefined;
  try {
    const text = readFileSync(join(folder, file), "utf8").split("\n")[Number(line) - 1];
    if (text === undefined) return undefined;
    const head = `    ${line} | `;
    const at = Math.min(Math.max(0, Number(column) - 1), text.length);
    const begin = text.length <= maxLength ? 0 : Math.max(0, at - maxLength / 2);
    // One blank for each tab: the mark stands below its column.
    const shown = text
      .slice(begin, begin + maxLength)
      .replaceAll("\t", " ")
      .trimEnd();
    return `${head}${shown}\n${" ".repeat(head.length - 2)}| ${" ".repeat(at - begin)}^`;
  } catch {
    return undefined;
  }
}
