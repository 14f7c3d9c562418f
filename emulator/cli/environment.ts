/** The environment of a client of a running emulator, as lines for a shell. Pure. */
import type { Running } from "../directory/running";

export const SHELLS = ["sh", "bash", "zsh", "fish", "powershell"] as const;
export type Shell = (typeof SHELLS)[number];

/** A variable to set, or to remove where the value is missing. */
export type Variable = readonly [name: string, value: string | undefined];

/**
 * What this package and Akamai's own tools read. Credentials in the environment would take precedence over the file, and they may be
 * those of a real account: they are removed.
 */
export function environmentOf(
  { edgerc, caFile, controlUrl, controlToken }: Running,
  section: string,
): readonly Variable[] {
  const special = section.toUpperCase().replace(/[^A-Z0-9]/g, "_");
  const prefixes = section === "default" ? ["AKAMAI_"] : [`AKAMAI_${special}_`, "AKAMAI_"];
  const credentials = [
    "HOST",
    "CLIENT_TOKEN",
    "ACCESS_TOKEN",
    "CLIENT_SECRET",
    "ACCOUNT_KEY",
    "ACCOUNT_SWITCH_KEY",
  ];
  return [
    ...prefixes.flatMap((prefix) => credentials.map((name): Variable => [`${prefix}${name}`, undefined])),
    ["AKAMAI_EDGERC", edgerc],
    ["AKAMAI_EDGERC_SECTION", section],
    ["AKAMAI_CA_FILE", caFile],
    ["NODE_EXTRA_CA_CERTS", caFile],
    ["EMULATOR_CONTROL_URL", controlUrl],
    ["EMULATOR_CONTROL_TOKEN", controlToken],
  ];
}

/** The lines that a shell evaluates. */
export function shellLines(variables: readonly Variable[], shell: Shell): string {
  const { set, unset } = SYNTAX[shell];
  return variables
    .map(([name, value]) => `${value === undefined ? unset(name) : set(name, value)}\n`)
    .join("");
}

interface Syntax {
  readonly set: (name: string, value: string) => string;
  readonly unset: (name: string) => string;
}

const posix: Syntax = {
  set: (name, value) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
  unset: (name) => `unset ${name}`,
};

const SYNTAX: Readonly<Record<Shell, Syntax>> = {
  sh: posix,
  bash: posix,
  zsh: posix,
  fish: {
    set: (name, value) => `set -gx ${name} '${value.replace(/[\\']/g, "\\$&")}';`,
    unset: (name) => `set -e ${name};`,
  },
  powershell: {
    // PowerShell takes the typographic quotes for quotes, too.
    set: (name, value) => `$env:${name} = '${value.replace(/['\u2018\u2019\u201a\u201b]/g, "$&$&")}'`,
    unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
  },
};
