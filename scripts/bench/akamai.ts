import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import got from "got";
import { root } from "../root";

/** An emulator in a process of its own, so that its work is not measured with that of the provider. */
export interface Akamai {
  readonly url: string;
  readonly edgerc: string;
  readonly section: string;
  readonly caFile: string;
  /** The requests since the last call, by method and product. */
  takeCounts(): Promise<Record<string, number>>;
  /** Changes settings of the account. */
  set(settings: object): Promise<void>;
  stop(): Promise<void>;
}

export async function startAkamai(dir: string, lag: number, settings: object): Promise<Akamai> {
  const seedFile = join(dir, "seed.json");
  writeFileSync(seedFile, JSON.stringify({ settings }));
  const cli = join(root, "dist", "emulator", "cli", "main.js");
  const args = [
    cli,
    "--dir",
    join(dir, "akamai"),
    "--lag",
    String(lag),
    "--latency",
    "0",
    "--quiet",
    "--seed-file",
    seedFile,
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const { url, edgerc, section, caFile, controlUrl, controlToken } = await firstLine(child);
  const https = { certificateAuthority: readFileSync(caFile, "utf8") };
  const control = got.extend({
    prefixUrl: controlUrl,
    headers: { authorization: `Bearer ${controlToken}` },
    https,
  });
  return {
    url,
    edgerc,
    section,
    caFile,
    async takeCounts() {
      const counts = await control("counts").json<Record<string, number>>();
      await control.delete("journal");
      return counts;
    },
    async set(changes) {
      const state = await control("state").json<{ settings: object }>();
      await control.put("state", { json: { ...state, settings: { ...state.settings, ...changes } } });
    },
    async stop() {
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

interface Started {
  readonly url: string;
  readonly edgerc: string;
  readonly section: string;
  readonly caFile: string;
  readonly controlUrl: string;
  readonly controlToken: string;
}

async function firstLine(child: ChildProcess): Promise<Started> {
  if (child.stdout === null) throw new Error("the emulator has no output");
  for await (const line of createInterface(child.stdout)) return JSON.parse(line) as Started;
  throw new Error("the emulator did not start");
}
