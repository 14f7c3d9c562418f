import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { codeOf, reasonOf } from "../fileErrors";
import { DirectoryError } from "./errors";

/**
 * Makes the directory and those above it, each for its owner only. Node's own recursive mode never ends where a file system answers
 * "not found" to the making of a directory, as /proc does.
 * @param path the directory that messages name
 */
export function makeDirectory(target: string, path: string): void {
  for (const at of missingDirectories(target, path)) {
    try {
      mkdirSync(at, { mode: 0o700 });
    } catch (error) {
      // Another process may have made it meanwhile.
      if (codeOf(error) === "EEXIST" && isDirectory(at, path)) continue;
      throw new DirectoryError(
        `The directory ${path} can't be made: ${reasonInside(error, at)}. Choose another directory.`,
      );
    }
  }
}

/** The directories that are missing, the upper ones first. Throws when something else than a directory is in the way. */
export function missingDirectories(target: string, path: string): string[] {
  const missing: string[] = [];
  for (let at = resolve(target); !isDirectory(at, path); at = dirname(at)) missing.unshift(at);
  return missing;
}

const reasonInside = (error: unknown, at: string): string => {
  const code = codeOf(error);
  if (code === "ENOENT") return `${dirname(at)} doesn't let directories be made in it`;
  if (code === "EEXIST") return `${at} is a link to nothing`;
  if (code === "EACCES" || code === "EPERM") return `this user may not make directories in ${dirname(at)}`;
  return `${reasonOf(error)} (${at})`;
};

/** False when there is nothing. Throws when something else is there, or above it. */
function isDirectory(at: string, path: string): boolean {
  try {
    const found = statSync(at, { throwIfNoEntry: false });
    if (found === undefined) return false;
    if (found.isDirectory()) return true;
  } catch (error) {
    // A file is above it: found by the next step up.
    if (codeOf(error) === "ENOTDIR" && dirname(at) !== at) return false;
    throw new DirectoryError(
      `The directory ${path} can't be used: ${reasonOf(error)} (${at}). Choose another directory.`,
    );
  }
  throw new DirectoryError(`The directory ${path} can't be made: ${at} is a file. Choose another directory.`);
}
