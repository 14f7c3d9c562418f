import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { readSettings } from "./config";
import { createHttpClient } from "./http/client";
import { requestLogLine } from "./http/requestLog";
import { realClock } from "./runtime/clock";
import type { Context } from "./runtime/context";
import { type Logger, printingLogger } from "./runtime/logger";
import { openPrivateFile } from "./runtime/privateFile";
import { RunState } from "./runtime/runState";

/** The context of a real run: the user's settings, the network, the system's clock and random numbers. */
export function openContext(
  config: (key: string) => string | undefined,
  beforeChange?: () => void,
  logger: Logger = printingLogger(),
): Context {
  const settings = readSettings({
    config,
    env: process.env,
    readFile: (path) => readFileSync(path, "utf8"),
    home: homedir(),
  });
  const runState = new RunState();
  const log = settings.requestLog === undefined ? undefined : requestLog(settings.requestLog, logger);
  const http = createHttpClient({
    credentials: settings.credentials,
    accountSwitchKey: settings.accountSwitchKey,
    certificateAuthority: settings.certificateAuthority,
    concurrency: settings.concurrency,
    beforeChange,
    onChange: () => runState.forgetReads(),
    onAttempt: log && ((attempt) => log(requestLogLine(attempt))),
    clock: realClock,
    random: Math.random,
  });
  return { http, clock: realClock, random: Math.random, logger, settings, runState };
}

/** A log that can't be written is reported once. It fails no run: the requests before it have had their effect. */
function requestLog(path: string, logger: Logger): (line: string) => void {
  const onError = (code: string) =>
    logger.warn(
      `the request log ${path} can't be written (${code}). Set \`akamai-edge:requestLog\` to a file in a folder that exists and that you may write to.`,
    );
  return openPrivateFile(path, onError);
}
