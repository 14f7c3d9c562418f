import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { readSettings } from "./config";
import { createHttpClient } from "./http/client";
import { realClock } from "./runtime/clock";
import type { Context } from "./runtime/context";
import { type Logger, printingLogger } from "./runtime/logger";
import { RunState } from "./runtime/runState";

/** The real world for the handlers: settings from where people keep them, the network, the clock, the dice. */
export function openContext(
  config: (key: string) => string | undefined,
  beforeChange?: () => void,
  notices: Logger = printingLogger(),
): Context {
  const settings = readSettings({ config, env: process.env, readFile: (path) => readFileSync(path, "utf8"), home: homedir() });
  const memory = new RunState();
  const http = createHttpClient({
    credentials: settings.credentials,
    accountSwitchKey: settings.accountSwitchKey,
    certificateAuthority: settings.certificateAuthority,
    concurrency: settings.concurrency,
    beforeChange,
    onChange: () => memory.forgetReads(),
    clock: realClock,
    random: Math.random,
  });
  return { http, clock: realClock, random: Math.random, logger: notices, settings, runState: memory };
}
