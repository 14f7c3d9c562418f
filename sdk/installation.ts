/**
 * Pulumi loads the provider of a dynamic resource by the package's name, from the folder of the program. A package that only another package has, as below a
 * component package or in the store of pnpm, is not found from there. Pulumi's own error is "Cannot find module": this one comes before it.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { version } from "../provider/runtime/packageVersion";

const name = "pulumi-akamai-edge";
/** Where the program starts: it may change its folder later, the engine does not. */
const startFolder = process.cwd();
/** The runs that were checked: a process of the Automation API has several. */
const checked = new WeakSet<object>();

/** Fails before the first resource where Pulumi would not find the package; once in a run. */
export function assertLoadable(): void {
  const run = pulumi.runtime.getStackResource();
  if (run === undefined || checked.has(run)) return;
  checked.add(run);
  const problem = installationProblem(startFolder);
  if (problem === undefined) return;
  if (isProjectFolder(startFolder, process.argv)) throw new pulumi.RunError(problem);
  // A program of the Automation API may have its project elsewhere.
  void pulumi.log.warn(problem);
}

/** What to add where, when the package can't be loaded from the folder of a program. */
export function installationProblem(folder: string): string | undefined {
  try {
    createRequire(join(folder, "index.js")).resolve(`${name}/dynamic`);
    return undefined;
  } catch {
    return `${name} can't be loaded from ${folder}: Pulumi loads it from there, and finds no copy that only another package has. Add "${name}": "^${version}" to the dependencies in ${packageFile(folder)}, and install again`;
  }
}

/** The package.json that counts for a folder: the nearest one, or the one to create. */
function packageFile(folder: string): string {
  let at = folder;
  while (!existsSync(join(at, "package.json"))) {
    const above = dirname(at);
    if (above === at) return join(folder, "package.json");
    at = above;
  }
  return join(at, "package.json");
}

/** Whether this is surely the folder from which the engine starts providers. */
export function isProjectFolder(folder: string, argv: readonly string[]): boolean {
  const isLanguageHost = /[\\/]cmd[\\/]run(?:[\\/]|$)/.test(argv[1] ?? "");
  // The Automation API writes this file into the folder of the stack.
  return isLanguageHost || existsSync(join(folder, "Pulumi.yaml"));
}
