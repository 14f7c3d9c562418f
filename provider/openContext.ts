import { readFileSync } from "node:fs";
import { readSettings, type Settings } from "./config";
import { redactor } from "./errors";
import { deferredClient } from "./http/deferredClient";
import { requestLogLine } from "./http/requestLog";
import { secretsOfRun } from "./http/sentSecrets";
import { cancellable, realClock } from "./runtime/clock";
import type { Context } from "./runtime/context";
import { homeFolder } from "./runtime/homeFolder";
import { guardedLogger, type Logger, printingLogger } from "./runtime/logger";
import { removeLeftWorkFolders } from "./runtime/ownFiles";
import { openPrivateFile } from "./runtime/privateFile";
import { RunState } from "./runtime/runState";
import { ServiceClock } from "./runtime/serviceClock";

/**
 * The context of a real run: the user's settings, the network, the system's clock and random numbers.
 * @param signal ends all waits, and what is sent after it: its reason is their error
 */
export function openContext(
  config: (key: string) => string | undefined,
  beforeChange?: () => void,
  lines: Logger = printingLogger(),
  signal?: AbortSignal,
): Context {
  const settings = readSettings({
    config,
    env: process.env,
    readFile: (path) => readFileSync(path, "utf8"),
    home: homeFolder(),
  });
  removeLeftWorkFolders();
  const redact = redactor(secretsOfRun(settings.credentials, settings.accountSwitchKey));
  const logger = guardedLogger(lines, redact);
  const runState = new RunState();
  const log = settings.requestLog === undefined ? undefined : requestLog(settings.requestLog, logger);
  const clock = signal === undefined ? realClock : cancellable(realClock, signal);
  const serviceClock = new ServiceClock(clock);
  const http = deferredClient(() => {
    const { createHttpClient } = require("./http/client") as typeof import("./http/client");
    return createHttpClient({
      credentials: settings.credentials,
      accountSwitchKey: settings.accountSwitchKey,
      certificateAuthority: settings.certificateAuthority,
      proxy: settings.proxy,
      advice: adviceFor(settings),
      concurrency: settings.concurrency,
      signal,
      beforeChange,
      onChange: () => runState.forgetReads(),
      onDate: (date) => serviceClock.measure(date),
      onAttempt: log && ((attempt) => log(redact(requestLogLine(attempt)))),
      onProgress: (line) => logger.info(line),
      clock,
      random: Math.random,
    });
  });
  return { http, clock, serviceClock, random: Math.random, logger, settings, runState, redact };
}

/** What to check when the host can't be reached. */
function adviceFor({ hostSource, proxy }: Settings): string {
  const used =
    proxy === undefined
      ? "No proxy was used: HTTPS_PROXY names one where the network asks for it."
      : `The proxy ${proxy.address} of ${proxy.variable} was used.`;
  return `The host is from ${hostSource}. ${used} Check a VPN too, where the network needs one.`;
}

/** A log that can't be written is reported once. It fails no run: the requests before it have had their effect. */
function requestLog(path: string, logger: Logger): (line: string) => void {
  const onError = (code: string) =>
    logger.warn(
      `the request log ${path} can't be written (${code}). Set \`akamai-edge:requestLog\` to a file in a folder that exists and that you may write to.`,
    );
  return openPrivateFile(path, onError);
}
