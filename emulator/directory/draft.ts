import { closeSync, constants, fchmodSync, openSync, rmSync, writeFileSync } from "node:fs";

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_APPEND } = constants;
/** Windows has no such flag, and no links that others could put there without special rights. */
const NOFOLLOW = O_NOFOLLOW ?? 0;

/** Writes a new file. What was left there is removed first, and a link is never followed: it could lead to any file of the user. */
export function writeDraft(path: string, text: string, mode: number): void {
  rmSync(path, { force: true });
  const file = openSync(path, O_WRONLY | O_CREAT | O_EXCL | NOFOLLOW, mode);
  try {
    fchmodSync(file, mode);
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
}

/** Adds to a file, without following a link. */
export function append(path: string, text: string, mode: number): void {
  const file = openSync(path, O_WRONLY | O_CREAT | O_APPEND | NOFOLLOW, mode);
  try {
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
}
