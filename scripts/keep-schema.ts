/** `npm run keep-schema`: keeps the plugin's schema for a release. No later one may break a program that was written for it. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./root";
import { schemaOf } from "./schema";

const schema = schemaOf((path) => readFileSync(join(root, path), "utf8"));
const file = join(root, "tests", "scripts", "schemas", `${schema.version}.json`);
mkdirSync(dirname(file), { recursive: true });
// Another description breaks nothing.
const text = JSON.stringify(schema, (name, value) => (name === "description" ? undefined : value), 2);
writeFileSync(file, `${text}\n`);
console.log(file);
