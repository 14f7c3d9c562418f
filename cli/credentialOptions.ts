/** The options of a command that asks an account. */
import type { Command } from "commander";
import { NoCredentialsError } from "../provider/config";

/** What the command line sets. Where a member is missing, the environment and the files count. */
export interface CredentialOptions {
  readonly edgerc?: string;
  readonly section?: string;
  readonly accountKey?: string;
  readonly caFile?: string;
}

export function withCredentialOptions(command: Command): Command {
  return command
    .option("--edgerc <FILE>", "file with credentials (default: AKAMAI_EDGERC or ~/.edgerc)")
    .option("--section <NAME>", "its section (default: AKAMAI_EDGERC_SECTION or default)")
    .option("--account-key <KEY>", "account switch key: look at another account than the API client's own")
    .option(
      "--ca-file <FILE>",
      "certificate authority to trust besides the public ones (default: AKAMAI_CA_FILE)",
    );
}

/** The options by the keys of the stack config. */
export function configOf({
  edgerc,
  section,
  accountKey,
  caFile,
}: CredentialOptions): (key: string) => string | undefined {
  const given: Readonly<Record<string, string | undefined>> = {
    edgerc,
    section,
    accountSwitchKey: accountKey,
    caFile,
  };
  return (key) => given[key];
}

const optionNames = {
  edgerc: "--edgerc",
  section: "--section",
  accountSwitchKey: "--account-key",
  caFile: "--ca-file",
} as const;

/** Messages name a setting by its key in the stack config: here it was given as an option, and a stack config is not read. */
export function byOption(error: Error): string {
  if (error instanceof NoCredentialsError)
    return "no credentials found. Download the .edgerc file of an API client to ~/.edgerc, name it by --edgerc FILE --section NAME, or export AKAMAI_HOST, AKAMAI_CLIENT_TOKEN, AKAMAI_ACCESS_TOKEN and AKAMAI_CLIENT_SECRET";
  return Object.entries(optionNames).reduce(
    (text, [key, option]) => text.replaceAll(`akamai-edge:${key}`, option),
    error.message,
  );
}
