/**
 * Part of `npm run build`: the compiled examples find the files they read beside them, as their sources do.
 * An example has `join(__dirname, "worker")` and nothing about where it runs from.
 */
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
/** The files of a Pulumi project, which the compiled program is not, and the programs in other languages. */
const isProjectFile = (name) => /^(node_modules|python|go|yaml)$|\.(ts|json|yaml)$/.test(name);

for (const example of readdirSync(join(root, "examples"))) {
  for (const file of readdirSync(join(root, "examples", example)).filter((name) => !isProjectFile(name))) {
    cpSync(join(root, "examples", example, file), join(root, "dist", "examples", example, file), {
      recursive: true,
    });
  }
}
