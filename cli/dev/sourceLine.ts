import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The line of the code that a failure names, with a mark below its column. `undefined`: it names none. */
export function sourceLine(folder: string, message: string): string | undefined {
  const [, file = "", line = "", column = ""] = /^([\w./-]+\.m?js):[^:,\s]*:(\d+):(\d+)/.exec(message) ?? [];
  if (file === "" || file.split("/").includes("..")) return undefined;
  try {
    const text = readFileSync(join(folder, file), "utf8").split("\n")[Number(line) - 1];
    if (text === undefined) return undefined;
    const head = `    ${line} | `;
    return `${head}${text.trimEnd()}\n${" ".repeat(head.length - 2)}| ${" ".repeat(Math.max(0, Number(column) - 1))}^`;
  } catch {
    return undefined;
  }
}
