/**
 * `npm run demo`: the example program, the real Pulumi engine and the emulator of the Akamai APIs, without an Akamai account. Every step says what it
 * shows and proves it, by the engine's own events and by what the account holds afterwards; a step that did not do what it says ends the demo with 1.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { PulumiFn, Stack } from "@pulumi/pulumi/automation";
import { type Emulator, startEmulator } from "../emulator";

import shop = require("../examples/edgekv");
import geoGreeting = require("../examples/full-site");

import { type Account, account, type LiveRead } from "./demo/account";
import { openStack, passphrase, propertyChanges, type Run, watch } from "./engine";
import { killDescendants } from "./processes";
import { ensurePulumi } from "./pulumi-cli";
import { root } from "./root";

const project = "edgekv-shop";
/** Seconds that the emulator's servers may lag; Akamai's take up to five minutes. */
const lag = 0.5;

const { values: options } = parseArgs({ options: { keep: { type: "boolean", default: false } } });
const began = Date.now();
const say = (line = "") => console.log(line);

/** One step: what it shows, what it does, and what must be true then. */
interface Step {
  readonly title: string;
  readonly act: () => Promise<Run>;
  /** Says what came out, a line each; fails when that is not what the title promises. */
  readonly prove: (run: Run) => Promise<string[]> | string[];
}

function expect(truth: boolean, what: string): void {
  if (!truth) throw new Error(`expected ${what}`);
}

/** `op name` for every step of the engine that was not "same". */
function done(run: Run): string[] {
  return run.steps.filter(({ op }) => op !== "same").map(({ op, name }) => `${op} ${name}`);
}

function expectSteps(run: Run, steps: string[]): void {
  const got = done(run).sort();
  expect(
    JSON.stringify(got) === JSON.stringify([...steps].sort()),
    `the engine to do ${steps.join(", ") || "nothing"}, and it did ${got.join(", ") || "nothing"}`,
  );
}

function told(run: Run, pattern: RegExp): string[] {
  const found = run.messages.flatMap((message) => message.split("\n")).filter((line) => pattern.test(line));
  expect(found.length > 0, `a message like ${pattern.source}`);
  return [...new Set(found)];
}

function tour(stack: Stack, akamai: Account): Step[] {
  const preview = () => watch((onEvent) => stack.preview({ onEvent }));
  const up = () => watch((onEvent) => stack.up({ onEvent }));
  const refresh = () => watch((onEvent) => stack.refresh({ onEvent }));
  const destroy = () => watch((onEvent) => stack.destroy({ onEvent }));
  const everything = ["edgekv", "catalog-staging", "catalog-production", "catalog-reader"];
  let firstToken = "";

  return [
    {
      title: "preview: what would be made, the names of namespaces and token included",
      act: preview,
      prove: (run) => {
        expectSteps(
          run,
          everything.map((name) => `create ${name}`),
        );
        firstToken = String(run.steps.find(({ name }) => name === "catalog-reader")?.new.name);
        expect(/^catalog-reader-[0-9a-f]{10}$/.test(firstToken), "the token's name in the preview");
        return [`4 to create; the token will be called ${firstToken}`];
      },
    },
    {
      title: "up: EdgeKV is initialized, both namespaces are made, the token becomes active",
      act: up,
      prove: async (run) => {
        expectSteps(
          run,
          everything.map((name) => `create ${name}`),
        );
        expect((await akamai.initialization()).accountStatus === "INITIALIZED", "the account to be initialized");
        const token = await akamai.token(firstToken);
        expect(token?.tokenActivationStatus === "COMPLETE", "the token to be COMPLETE");
        await akamai.writeItem("staging", "catalog", "prices", "bicycle", "499");
        return [`token ${firstToken} is COMPLETE; somebody writes an item: prices/bicycle = 499`];
      },
    },
    {
      title: "up again: nothing to do",
      act: up,
      prove: (run) => {
        expectSteps(run, []);
        return ["no change"];
      },
    },
    {
      title: "preview of two changes: 60 days of retention on both networks, and the token may write",
      act: async () => {
        await stack.setConfig(`${project}:retentionInDays`, { value: "60" });
        await stack.setConfig(`${project}:permissions`, { value: '["r","w"]' });
        return preview();
      },
      prove: (run) => {
        const updates = run.steps.filter(({ op }) => op === "update");
        expect(updates.length === 2, "two updates in place");
        expect(
          updates.every((step) => propertyChanges(step).join() === "retentionInSeconds: 2592000 -> 5184000"),
          "the retention, old and new, and nothing else",
        );
        const token = run.steps.find(({ op, name }) => op === "replace" && name === "catalog-reader");
        expect(token !== undefined, "a new token");
        const changes = token === undefined ? [] : propertyChanges(token);
        return [...updates.map((step) => `~ ${step.name}  ${propertyChanges(step).join()}`), `+- catalog-reader  ${changes.join("; ")}`];
      },
    },
    {
      title: "up: both applied; the new token is there before the old one is revoked",
      act: () => {
        akamai.forgetJournal();
        return up();
      },
      prove: async () => {
        const requests = akamai.changes();
        const made = requests.indexOf("POST /edgekv/v1/tokens");
        const revoked = requests.findIndex((request) => request.startsWith("DELETE /edgekv/v1/tokens/"));
        expect(made >= 0 && revoked > made, "the old token to be revoked after the new one was made");
        const retention = (await akamai.namespace("staging", "catalog"))?.retentionInSeconds;
        expect(retention === 5_184_000, "the retention to be 60 days");
        expect((await akamai.token(firstToken)) === undefined, "the old token to be gone");
        return ["retention is 5184000 s; the old token is revoked"];
      },
    },
    {
      title: "refresh after somebody set the retention on staging to one day: the drift is found",
      act: async () => {
        await akamai.setRetention("staging", "catalog", 86_400);
        await refresh();
        return preview();
      },
      prove: (run) => {
        expectSteps(run, ["update catalog-staging"]);
        const changes = run.steps.flatMap(propertyChanges);
        expect(changes.join() === "retentionInSeconds: 86400 -> 5184000", "the drift as a change of the property");
        return [`~ catalog-staging  ${changes.join()}`];
      },
    },
    {
      title: "up: the drift is put right",
      act: up,
      prove: async (run) => {
        expectSteps(run, ["update catalog-staging"]);
        expect((await akamai.namespace("staging", "catalog"))?.retentionInSeconds === 5_184_000, "the retention to be 60 days");
        return ["retention is 5184000 s again"];
      },
    },
    {
      title: "destroy: the deletes are scheduled, not done",
      act: destroy,
      prove: async (run) => {
        const lines = told(run, /will be deleted on/);
        expect(lines.length === 2, "both namespaces to be named with their time");
        const live = await akamai.namespace("staging", "catalog");
        expect(live?.namespaceStatus === "DELETING", "the namespace to wait for its deletion");
        return lines.map((line) => line.replace(/\. Its data.*/, ""));
      },
    },
    {
      title: "the same program again: the scheduled deletes are cancelled, and the data is back",
      act: async () => {
        const plan = await preview();
        told(plan, /is scheduled for deletion in .*cancels that/);
        return up();
      },
      prove: async (run) => {
        const lines = told(run, /was cancelled/);
        expect((await akamai.namespace("staging", "catalog"))?.namespaceStatus === "READY", "the namespace to be READY");
        expect((await akamai.readItem("staging", "catalog", "prices", "bicycle")) === "499", "the item to be there");
        return [...lines, "prices/bicycle is 499 still"];
      },
    },
    {
      title: "final destroy",
      act: destroy,
      prove: (run) => {
        expectSteps(
          run,
          everything.map((name) => `delete ${name}`),
        );
        return told(run, /stays initialized/);
      },
    },
  ];
}

/** The second program: code at the edge that reads from EdgeKV, and the rotation of its token. */
function edgeWorkerTour(stack: Stack, akamai: Account): Step[] {
  const preview = () => watch((onEvent) => stack.preview({ onEvent }));
  const up = () => watch((onEvent) => stack.up({ onEvent }));
  let edgeWorkerId = 0;
  let before: LiveRead | undefined;
  const read = () => akamai.readAsLiveCode(edgeWorkerId, "greetings", "countries", "DE");

  return [
    {
      title: "an EdgeWorker, up: from a folder of code and a token to live on staging",
      act: up,
      prove: async (run) => {
        expect(run.steps.filter(({ op }) => op === "create").length === 6, "six resources to be made");
        edgeWorkerId = (await stack.outputs()).edgeWorkerId?.value as number;
        before = await read();
        expect(before.status === 200 && before.text === "Guten Tag", "the live code to read its greeting");
        return [`version ${before.version} is live; with the token in its bundle it reads countries/DE = ${before.text}`];
      },
    },
    {
      title: "preview of a permission change: token, version and activation follow each other",
      act: async () => {
        await stack.setConfig("geo-greeting:permissions", { value: '["r","w"]' });
        return preview();
      },
      prove: (run) => {
        const planned = run.steps.filter(({ op }) => op === "replace" || op === "update");
        expect(
          planned.map(({ op, type }) => `${op} ${type}`).join() ===
            "replace edgekv:AccessToken,replace edgeworkers:Version,update edgeworkers:Activation",
          "the token and the version to be replaced, and the activation to be updated",
        );
        return planned.map(({ op, type }) => `${op === "replace" ? "+-" : "~"} ${type}`);
      },
    },
    {
      title: "up: the rotation, without a moment in which live code holds a dead token",
      act: () => {
        akamai.forgetJournal();
        return up();
      },
      prove: async () => {
        const requests = akamai.changes();
        const at = (pattern: RegExp) => requests.findIndex((request) => pattern.test(request));
        const order = [/^POST .*\/tokens$/, /^POST .*\/versions$/, /^POST .*\/activations$/, /^DELETE .*\/tokens\//].map(at);
        expect(
          order.every((place, index) => place > (order[index - 1] ?? -1)),
          "token, version, activation, and only then the revoke",
        );
        const after = await read();
        expect(after.status === 200 && after.reference !== before?.reference, "the new code to read with the new token");
        const old = await akamai.readWithToken(before?.reference ?? "", edgeWorkerId, "greetings", "countries", "DE");
        expect(old.status === 401, "the old token to be dead");
        return [`version ${after.version} is live and reads countries/DE = ${after.text}; the old token is answered with ${old.status}`];
      },
    },
    {
      title: "destroy: off the network, versions, token and id deleted",
      act: () => watch((onEvent) => stack.destroy({ onEvent })),
      prove: (run) => [`${run.steps.filter(({ op }) => op === "delete").length} deleted`],
    },
  ];
}

async function run(): Promise<void> {
  const cli = await ensurePulumi({ say });
  say(`Pulumi ${cli.version} (${cli.command})`);
  const folder = mkdtempSync(join(tmpdir(), "akamai-edge-demo-"));
  const emulator = await startEmulator({ dir: join(folder, "akamai"), lag });
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
    say(`Akamai, emulated, on ${emulator.url}; its servers lag by up to ${lag} s\n`);
    const ready = Date.now();
    const akamai = account(emulator);
    const open = (name: string, program: PulumiFn) => {
      const place = join(folder, name);
      mkdirSync(place);
      return openStack({ folder: place, cli: cli.root, project: name, program, emulator });
    };
    const steps = [...tour(await open(project, shop), akamai), ...edgeWorkerTour(await open("geo-greeting", geoGreeting), akamai)];
    const times: [title: string, seconds: number][] = [];
    for (const [index, step] of steps.entries()) {
      say(`${index + 1}. ${step.title}`);
      const start = Date.now();
      const result = await step.act();
      if (result.error !== undefined) throw new Error(`the engine failed:\n${result.messages.join("\n") || result.text}`);
      for (const line of await step.prove(result)) say(`     ${line}`);
      const seconds = (Date.now() - start) / 1000;
      times.push([step.title, seconds]);
      say(`     ${seconds.toFixed(1)} s\n`);
    }
    say("All of it did what it says:");
    for (const [title, seconds] of times) say(`  ${seconds.toFixed(1).padStart(5)} s  ${title.replace(/:.*/, "")}`);
    say(`  ${((Date.now() - ready) / 1000).toFixed(1).padStart(5)} s  in all`);
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    if (options.keep) await keep(emulator, folder);
  } finally {
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    await clear();
  }
}

/** Leaves the emulator up until Ctrl-C, for a `pulumi up` by hand. */
async function keep(emulator: Emulator, folder: string): Promise<void> {
  say("\nThe emulator stays up until Ctrl-C. In another shell:\n");
  say(`  cd ${root}`);
  say(`  export AKAMAI_EDGERC=${emulator.edgerc} AKAMAI_EDGERC_SECTION=${emulator.section} AKAMAI_CA_FILE=${emulator.caFile}`);
  say(`  export PULUMI_BACKEND_URL=file://${folder} PULUMI_CONFIG_PASSPHRASE=${JSON.stringify(passphrase)}`);
  say("  pulumi stack init by-hand && pulumi up\n");
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve).once("SIGTERM", resolve);
  });
}

run().then(
  () => say(`\nFinished after ${((Date.now() - began) / 1000).toFixed(0)} s; no process and no file is left behind.`),
  (error: unknown) => {
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  },
);
