/**
 * Part of `npm run build`: what the compiler does not copy.
 * - The compiled examples find the files they read beside them, as their sources do: `join(__dirname, "worker")`.
 * - The emulator serves the files of its page.
 */
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
/** The files of a Pulumi project, which the compiled program is not, and the programs in other languages. */
const isProjectFile = (name) => /^(node_modules|python|go|yaml)$|\.(ts|json|yaml)$/.test(name);
const copy = (...path) => cpSync(join(root, ...path), join(root, "dist", ...path), { recursive: true });

for (const example of readdirSync(join(root, "examples"))) {
  for (const file of readdirSync(join(root, "examples", example)).filter((name) => !isProjectFile(name)))
    copy("examples", example, file);
}
copy("emulator", "page", "static");
