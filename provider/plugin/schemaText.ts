/** The schema of the package as JSON. The build writes it beside this file; a bundle has its own in place of this module. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const schemaText = (): string => readFileSync(join(__dirname, "schema.json"), "utf8");
