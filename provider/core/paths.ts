import { relative, resolve, sep } from "node:path";

/** A path as it looks from a folder, the same on every machine that has the project. */
export function portable(path: string, base: string): string {
  return relative(base, resolve(base, path)).split(sep).join("/") || ".";
}
