import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The folder of the package, seen from the sources and from the compiled files alike. */
const packageFolder = [join(__dirname, "../.."), join(__dirname, "../../..")].find((folder) => {
  try {
    return readFileSync(join(folder, "package.json"), "utf8").includes('"pulumi-akamai-edge"');
  } catch {
    return false;
  }
});

/** The version in package.json. */
export const version: string =
  packageFolder === undefined
    ? "0.0.0"
    : (JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as { version: string }).version;
