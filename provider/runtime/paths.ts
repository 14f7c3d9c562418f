import { realpathSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";

/** A path as it looks from a folder, the same on every machine that has the project. */
export function portable(path: string, base: string): string {
  return relative(base, resolve(base, path)).split(sep).join("/") || ".";
}

/**
 * Whether what is at the path is outside of a folder once all links are followed.
 * @param root the folder, without links in its path
 */
export function leadsOut(root: string, path: string): boolean {
  const target = relative(root, realpathSync(path));
  return target === ".." || target.startsWith(`..${sep}`) || isAbsolute(target);
}
