import { existsSync } from "node:fs";
import { join } from "node:path";

/** The folder of the checkout, seen from the sources and from the compiled files alike. */
export const root: string =
  [join(__dirname, ".."), join(__dirname, "..", "..")].find((folder) =>
    existsSync(join(folder, "package.json")),
  ) ?? process.cwd();
