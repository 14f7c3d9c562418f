import { readFileSync } from "node:fs";
import { styleText } from "node:util";
import { Command } from "commander";
import { printableJson } from "../../provider/errors";
import { realClock } from "../../provider/runtime/clock";
import { homeFolder } from "../../provider/runtime/homeFolder";
import { withCredentialOptions } from "../credentialOptions";
import type { DoctorOptions } from "./collect";

interface GivenOptions extends DoctorOptions {
  readonly json?: boolean;
}

/** The command that looks at credentials and account. */
export function doctorCommand(): Command {
  const command = new Command("doctor")
    .description(
      "Looks at credentials, clock, APIs, access groups and quotas, and says what to do about what is wrong. It only reads. " +
        "Exit code: 0 all well, 1 something is wrong, 2 it could not be looked at.",
    )
    .option("--host <HOST>", "host to ask instead of the one of the credentials")
    .option("--json", "print findings and requests as JSON")
    .addHelpText("after", SOURCES)
    .action(run);
  return withCredentialOptions(command);
}

const SOURCES = `
Credentials come from the first of these that has any: --edgerc; AKAMAI_HOST, AKAMAI_CLIENT_TOKEN, AKAMAI_ACCESS_TOKEN
and AKAMAI_CLIENT_SECRET in the environment; AKAMAI_EDGERC; ~/.edgerc. The stack config is not read.`;

async function run({ json, ...options }: GivenOptions): Promise<void> {
  const [{ collect }, { diagnose }, { formatReport }] = await Promise.all([
    import("./collect.js"),
    import("./report.js"),
    import("./print.js"),
  ]);
  const facts = await collect({
    options,
    env: process.env,
    readFile: (path) => readFileSync(path, "utf8"),
    home: homeFolder(),
    clock: realClock,
    random: Math.random,
  });
  const report = diagnose(facts);
  const text = json
    ? `${printableJson(JSON.stringify({ ...report, host: facts.credentials.host, requests: facts.exchanges }, null, 2))}\n`
    : formatReport(report, (colour, part) => styleText(colour, part, { stream: process.stdout }));
  process.exitCode = report.exitCode;
  process.stdout.write(text);
}
