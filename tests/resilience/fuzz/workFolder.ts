import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A working folder of a test. Relative paths of a declaration start there. */
export interface WorkFolder {
  readonly path: string;
  /** Goes back to the folder from before, and deletes this one. */
  leave(): void;
}

/** A new working folder with the files that the declarations of `fuzzInputs` name. */
export function enterWorkFolder(): WorkFolder {
  const home = process.cwd();
  const path = mkdtempSync(join(tmpdir(), "akamai-edge-input-"));
  writeFileSync(join(path, "items.csv"), "key,value\na,1\nb,2\n");
  mkdirSync(join(path, "items"));
  writeFileSync(join(path, "items", "a.txt"), "text");
  process.chdir(path);
  return {
    path,
    leave() {
      process.chdir(home);
      rmSync(path, { recursive: true, force: true });
    },
  };
}
