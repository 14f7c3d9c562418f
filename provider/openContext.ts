import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { readSettings } from "./config";
import { realClock } from "./runtime/clock";
import { type Context, RunMemory } from "./runtime/context";
import { type Notices, printedNotices } from "./runtime/logger";
import { connect } from "./http/client";

/** The real world for the handlers: settings from where people keep them, the network, the clock, the dice. */
export function openContext(
  config: (key: string) => string | undefined,
  beforeChange?: () => void,
  notices: Notices = printedNotices(),
): Context {
  const settings = readSettings({ config, env: process.env, readFile: (path) => readFileSync(path, "utf8"), home: homedir() });
  const memory = new RunMemory();
  const http = connect({
    credentials: settings.credentials,
    accountSwitchKey: settings.accountSwitchKey,
    certificateAuthority: settings.certificateAuthority,
    concurrency: settings.concurrency,
    beforeChange,
    onChange: () => memory.forgetReads(),
    clock: realClock,
    random: Math.random,
  });
  return { http, clock: realClock, random: Math.random, notices, settings, memory };
}
