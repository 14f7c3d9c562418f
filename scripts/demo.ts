/**
 * `npm run demo`: an example with everything, the real Pulumi engine and the emulator of the Akamai APIs,
 * without an Akamai account. The sites of the account answer requests, too. Every step proves its title, by the engine's own events and by what the account
 * holds afterwards. A step that fails to do so ends the demo with 1.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Emulator, startEmulator } from "../emulator";

import fullSite = require("../examples/full-site");

import { account } from "./demo/account";
import { tour } from "./demo/tour";
import { visitor } from "./demo/visitor";
import { openStack, passphrase } from "./engine";
import { killDescendants } from "./processes";
import { ensurePulumi } from "./pulumi-cli";
import { root } from "./root";

const project = "full-site";
/** Seconds that a read may be stale at the emulator. At Akamai it takes up to five minutes. */
const lag = 0.5;

const { values: options } = parseArgs({ options: { keep: { type: "boolean", default: false } } });
const began = Date.now();
const print = (line = "") => console.log(line);

async function run(): Promise<void> {
  const cli = await ensurePulumi({ print });
  print(`Pulumi ${cli.version} (${cli.command})`);
  const folder = mkdtempSync(join(tmpdir(), "akamai-edge-demo-"));
  const emulator = await startEmulator({ dir: join(folder, "akamai"), lag, edge: { cpuFactor: 5 } });
  const clear = async () => {
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const interrupted = () => {
    // The engine would wait for an emulator that is gone.
    killDescendants();
    void clear().finally(() => process.exit(130));
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    print(`Akamai, emulated, on ${emulator.url}; its replicas lag by up to ${lag} s\n`);
    const ready = Date.now();
    const akamai = account(emulator);
    const stackFolder = join(folder, project);
    mkdirSync(stackFolder);
    const stack = await openStack({
      folder: stackFolder,
      cli: cli.root,
      project,
      program: fullSite,
      emulator,
    });
    const steps = tour(stack, project, akamai, visitor(emulator));
    const times: [title: string, seconds: number][] = [];
    for (const [index, step] of steps.entries()) {
      print(`${index + 1}. ${step.title}`);
      const start = Date.now();
      const result = await step.act();
      if (result.error !== undefined)
        throw new Error(`the engine failed:\n${result.messages.join("\n") || result.text}`);
      for (const line of await step.prove(result)) print(`     ${line}`);
      const seconds = (Date.now() - start) / 1000;
      times.push([step.title, seconds]);
      print(`     ${seconds.toFixed(1)} s\n`);
    }
    print("Every step did what its title promises:");
    for (const [title, seconds] of times)
      print(`  ${seconds.toFixed(1).padStart(5)} s  ${title.replace(/:.*/, "")}`);
    print(`  ${((Date.now() - ready) / 1000).toFixed(1).padStart(5)} s  in all`);
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    if (options.keep) await waitForInterrupt(emulator, folder);
  } finally {
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    await clear();
  }
}

/** Leaves the emulator running until Ctrl-C, for a `pulumi up` by hand. */
async function waitForInterrupt(emulator: Emulator, folder: string): Promise<void> {
  print("\nThe emulator runs until Ctrl-C. In another shell:\n");
  print(`  cd ${root}`);
  print(
    `  export AKAMAI_EDGERC=${emulator.edgerc} AKAMAI_EDGERC_SECTION=${emulator.section} AKAMAI_CA_FILE=${emulator.caFile}`,
  );
  print(
    `  export PULUMI_BACKEND_URL=file://${folder} PULUMI_CONFIG_PASSPHRASE=${JSON.stringify(passphrase)}`,
  );
  print("  pulumi stack init by-hand && pulumi up\n");
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve).once("SIGTERM", resolve);
  });
}

run().then(
  () =>
    print(
      `\nFinished after ${((Date.now() - began) / 1000).toFixed(0)} s; it leaves no process and no file.`,
    ),
  (error: unknown) => {
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  },
);
