/**
 * `npm run keep-state`, once for each release: the state that a stack of this version leaves, for later
 * versions to work with. It runs the example with everything on an emulator, and writes three files to
 * tests/engine/states/<version>: the engine's checkpoint, its account, and the text of every resource in a
 * state. All values are made up by the example and the emulator.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { startEmulator } from "../emulator";
import { registry } from "../provider/registry";
import { version } from "../provider/runtime/packageVersion";
import { closure } from "../sdk/resource";

import fullSite = require("../examples/full-site");

import { openStack, watch } from "./engine";
import { ensurePulumi } from "./pulumi-cli";
import { root } from "./root";

const { values: options } = parseArgs({ options: { replace: { type: "boolean", default: false } } });

/** Members of a checkpoint that name the program's source files: useless on another machine. */
const positions: ReadonlySet<string> = new Set(["sourcePosition", "stackTrace"]);

/** JSON as text, without folders of this machine: paths below one of them become relative to it. */
function portable(value: unknown, folders: readonly string[]): string {
  const text = JSON.stringify(value, (key, part: unknown) => (positions.has(key) ? undefined : part), 1);
  const short = folders.reduce((rest, folder) => rest.replaceAll(`${folder}/`, ""), text);
  // The example runs compiled here, and from its sources in the tests.
  return `${short.replaceAll("dist/examples/", "examples/")}\n`;
}

async function writeStates(): Promise<string> {
  const target = join(root, "tests", "engine", "states", version);
  if (existsSync(target) && !options.replace)
    throw new Error(
      `${target} exists: the state of a release never changes (use --replace before the release)`,
    );
  const { root: cli } = await ensurePulumi({ print: console.log });
  const folder = mkdtempSync(join(tmpdir(), "akamai-edge-state-"));
  const emulator = await startEmulator({ dir: join(folder, "emulator"), lag: "none" });
  try {
    // Project and stack of the engine tests.
    const stack = await openStack({ folder, cli, project: "shop", program: fullSite, emulator });
    const { error, messages } = await watch((onEvent) => stack.up({ onEvent }));
    if (error !== undefined) throw new Error(messages.join("\n"));
    const checkpoint: unknown = JSON.parse(
      readFileSync(join(folder, ".pulumi", "stacks", "shop", "demo.json"), "utf8"),
    );
    const closures = Object.fromEntries([...registry.keys()].map((token) => [token, closure(token)]));
    const texts = Object.entries({ checkpoint, account: emulator.state.get(), closures }).map(
      ([name, value]) => {
        const text = portable(value, [folder, root, relative(folder, root)]);
        if (text.includes(basename(folder)) || text.includes(root))
          throw new Error(`the ${name} names a folder of this machine`);
        return [name, text] as const;
      },
    );
    mkdirSync(target, { recursive: true });
    for (const [name, text] of texts) writeFileSync(join(target, `${name}.json`), text);
    return target;
  } finally {
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

writeStates().then(
  (target) => console.log(`Written to ${target}.`),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
