/**
 * `npm run picture`: runs an example with the real engine against the emulator, and draws what a preview and
 * an `up` print as docs/images/up.svg. The example's token gets another permission, so that token, code and
 * activation follow each other.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator } from "../emulator";

import geoGreeting = require("../examples/geo-greeting");

import { openStack, type Run, watch } from "./engine";
import { finished, terminal } from "./picture/terminal";
import { killDescendants } from "./processes";
import { ensurePulumi } from "./pulumi-cli";
import { root } from "./root";

const project = "geo-greeting";
const permissions = '["r","w"]';

async function draw(): Promise<string> {
  const cli = await ensurePulumi({ print: (line) => console.log(line) });
  const folder = mkdtempSync(join(tmpdir(), "akamai-edge-picture-"));
  const emulator = await startEmulator({ dir: join(folder, "emulator"), lag: "none" });
  try {
    const stackFolder = join(folder, project);
    mkdirSync(stackFolder);
    const stack = await openStack({
      folder: stackFolder,
      cli: cli.root,
      project,
      program: geoGreeting,
      emulator,
    });
    // One resource after the other, so that the order and the emulator's responses are the same in every run.
    const up = () => watch((onEvent) => stack.up({ onEvent, parallel: 1 }));
    succeeded(await up());
    await stack.setConfig(`${project}:permissions`, { value: permissions });
    const previewed = succeeded(await watch((onEvent) => stack.preview({ onEvent, parallel: 1 })));
    const updated = succeeded(await up());
    return terminal("pulumi preview and pulumi up of a token that gets another permission", [
      { command: `$ pulumi config set permissions '${permissions}'`, lines: [] },
      { command: "$ pulumi preview", lines: finished(previewed.text) },
      { command: "$ pulumi up", lines: finished(updated.text) },
    ]);
  } finally {
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function succeeded(run: Run): Run {
  if (run.error !== undefined) throw new Error(`the engine failed:\n${run.messages.join("\n") || run.text}`);
  return run;
}

draw().then(
  (svg) => {
    const file = join("docs", "images", "up.svg");
    mkdirSync(join(root, "docs", "images"), { recursive: true });
    writeFileSync(join(root, file), svg);
    console.log(`written: ${file}`);
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    killDescendants();
    process.exitCode = 1;
  },
);
