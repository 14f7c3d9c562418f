/** The native plugin beside the dynamic provider: how long each takes to start, and what a preview without a change takes. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { edgekv, Provider } from "../../sdk";
import { launcher, pluginFolder } from "../bundle";
import { markdownTable } from "../markdown";
import type { Akamai } from "./akamai";
import { medianBy } from "./median";
import type { Print } from "./report";
import { parallel } from "./scale";
import { type MeasuredRun, Stage } from "./stage";

/** One figure of both, from runs in turn. */
export interface Comparison {
  readonly what: string;
  readonly unit: "ms" | "s" | "MB";
  readonly dynamic: number;
  readonly plugin: number;
}

/** Runs of each; the median counts. */
const starts = 8;
const previews = 5;

const commands = {
  dynamic: [process.execPath, require.resolve("@pulumi/pulumi/cmd/dynamic-provider")],
  plugin: [process.execPath, join(pluginFolder, launcher)],
} as const;
type Kind = keyof typeof commands;
const kinds: readonly Kind[] = ["dynamic", "plugin"];

export async function comparePlugin(
  folder: string,
  cli: string,
  akamai: Akamai,
  sizes: readonly number[],
  print: Print,
): Promise<Comparison[]> {
  const found: Comparison[] = [];
  const add = (comparison: Comparison) => {
    found.push(comparison);
    print(line(comparison));
  };
  const started = { dynamic: [] as Start[], plugin: [] as Start[] };
  for (let run = 0; run < starts; run += 1)
    for (const kind of kinds) started[kind].push(await start(commands[kind]));
  const of = (kind: Kind, figure: keyof Start) => median(started[kind].map((one) => one[figure]));
  for (const [what, unit, figure] of [
    ["start to the first answer", "ms", "milliseconds"],
    ["memory after it", "MB", "memory"],
  ] as const)
    add({ what, unit, dynamic: of("dynamic", figure), plugin: of("plugin", figure) });
  for (const size of sizes) {
    const measured = await noOps(join(folder, `plugin-${size}`), cli, akamai, size);
    const part = (figure: "seconds" | "memory" | "state") => ({
      dynamic: median(measured.dynamic.map((one) => one[figure] ?? Number.NaN)),
      plugin: median(measured.plugin.map((one) => one[figure] ?? Number.NaN)),
    });
    add({ what: `no-op preview of ${size} namespaces`, unit: "s", ...part("seconds") });
    add({ what: "its memory, at most", unit: "MB", ...part("memory") });
    add({ what: `state of ${size} namespaces`, unit: "MB", ...part("state") });
  }
  return found;
}

interface Start {
  readonly milliseconds: number;
  readonly memory: number;
}

/** From the start of the process to its first answer. */
async function start([command, ...args]: readonly [string, ...string[]]): Promise<Start> {
  const began = performance.now();
  const child = spawn(command, [...args, "127.0.0.1:1"], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    const client = new ResourceProviderClient(
      `127.0.0.1:${await portOf(child)}`,
      credentials.createInsecure(),
    );
    await new Promise<void>((resolve, reject) => {
      client.getPluginInfo(new Empty(), (error) => (error === null ? resolve() : reject(error)));
    });
    const milliseconds = performance.now() - began;
    const memory = residentMemory(child.pid ?? 0);
    client.close();
    return { milliseconds, memory };
  } finally {
    child.kill("SIGKILL");
  }
}

/** A provider prints its port first. */
function portOf({ stdout }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    stdout
      ?.on("data", (part) => {
        text += String(part);
        const [, port] = /^(\d+)\n/.exec(text) ?? [];
        if (port !== undefined) resolve(port);
      })
      .once("end", () => reject(new Error("a provider ended before it printed its port")));
  });
}

/** In MB; not a number where the system has no such file. */
function residentMemory(pid: number): number {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return (Number(kilobytes) * 1024) / 1_000_000;
  } catch {
    return Number.NaN;
  }
}

/** The provider of a program for the plugin: it does not read the stack's config. */
export const accountProvider = ({ edgerc, section, caFile }: Akamai): Provider =>
  new Provider("account", { edgerc, section, caFile, namespacesPerNetwork: 10_000 });

/** Two stacks of the same size, previewed in turn. */
async function noOps(
  folder: string,
  cli: string,
  akamai: Akamai,
  size: number,
): Promise<Record<Kind, MeasuredRun[]>> {
  const stages = {
    dynamic: await Stage.open(`${folder}-dynamic`, cli, akamai),
    plugin: await Stage.open(`${folder}-plugin`, cli, akamai, { plugin: pluginFolder }),
  };
  const programs = {
    dynamic: namespaces(`d${size}`, size),
    plugin: async () => namespaces(`p${size}`, size, accountProvider(akamai))(),
  };
  const measured: Record<Kind, MeasuredRun[]> = { dynamic: [], plugin: [] };
  for (const kind of kinds) await stages[kind].up(programs[kind], { parallel });
  for (let run = 0; run < previews; run += 1)
    for (const kind of kinds) measured[kind].push(await stages[kind].preview(programs[kind]));
  for (const kind of kinds) await stages[kind].destroy({ parallel });
  return measured;
}

function namespaces(prefix: string, count: number, provider?: Provider): PulumiFn {
  const args = {
    network: "staging",
    groupId: 0,
    retentionInSeconds: 0,
    deletion: { mode: "immediate" },
  } as const;
  return async () => {
    for (let index = 0; index < count; index += 1)
      new edgekv.Namespace(`${prefix}-${index}`, args, provider === undefined ? {} : { provider });
  };
}

const median = (values: readonly number[]) => medianBy(values, (value) => value);

const digits = { ms: 0, s: 2, MB: 0 } as const;
const format = (value: number, unit: Comparison["unit"]) =>
  value.toFixed(unit === "MB" && value < 10 ? 2 : digits[unit]);

const line = ({ what, unit, dynamic, plugin }: Comparison) =>
  `${what}: dynamic ${format(dynamic, unit)} ${unit}, plugin ${format(plugin, unit)} ${unit}`;

export function pluginSection(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map(({ what, unit, dynamic, plugin }) => [
    `${what}, ${unit}`,
    format(dynamic, unit),
    format(plugin, unit),
    (plugin / dynamic).toFixed(2),
  ]);
  return `## Native plugin

The [native plugin](../guides/from-dynamic-to-native.md) beside the dynamic provider, in turn, each figure the median of ${starts} starts or ${previews} previews. Compare the ratios: seconds depend on what else the machine does. The dynamic provider has not loaded this package when it gives its first answer; the plugin has.

${markdownTable(["", "dynamic", "plugin", "plugin / dynamic"], rows)}`;
}
