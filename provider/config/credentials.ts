import { type EdgercEntry, type EdgercSection, parseEdgerc } from "./edgerc";
import { ConfigError, codeOf, filled, NoCredentialsError, reasonOf } from "./values";

const pieces = ["host", "clientToken", "accessToken", "clientSecret"] as const;
const snakeCase = {
  host: "host",
  clientToken: "client_token",
  accessToken: "access_token",
  clientSecret: "client_secret",
} as const;

/** What tools call the account to switch to in an .edgerc file, in the form of `keyName`. */
const accountKeyNames = ["account_key", "account_switch_key", "accountswitchkey"] as const;

export type Credentials = Readonly<Record<(typeof pieces)[number], string>>;

/** What a source of credentials calls each of the four pieces, and which of them it has. */
interface Source {
  /** Such as `the environment`. */
  readonly location: string;
  readonly names: Credentials;
  readonly values: Partial<Credentials>;
  readonly accountKey?: string | undefined;
  /** Where a piece is in its file, such as `line 3`. */
  readonly lines?: Partial<Record<keyof Credentials, number>>;
  /** What is wrong in the file beside that. */
  readonly remark?: string | undefined;
  /** Why the source can't be read, such as a file that does not exist. */
  readonly absent?: string | undefined;
  /** The stack config names this source: no later one is used. */
  readonly chosen?: boolean;
}

/** What credentials are read from. */
export interface CredentialSources {
  /** A value of the stack config, without `akamai-edge:`. */
  readonly config: (key: string) => string | undefined;
  readonly env: (name: string) => string | undefined;
  /** Fails as `readFileSync` does. */
  readonly file: (path: string) => string;
  /** The section of an .edgerc file. */
  readonly section: string;
  /** The .edgerc file to read where the stack config names none. */
  readonly defaultFile: string;
}

/** The prefixes of the environment's variables for a section, most special first. */
export function variablePrefixes(section: string): readonly string[] {
  return section === "default"
    ? ["AKAMAI_"]
    : [`AKAMAI_${section.toUpperCase().replace(/[^A-Z0-9]/g, "_")}_`, "AKAMAI_"];
}

export function readCredentials(from: CredentialSources): {
  readonly credentials: Credentials;
  readonly accountKey: string | undefined;
  /** Where the host was found, such as `AKAMAI_HOST in the environment`. */
  readonly hostSource: string;
} {
  const empty: Source[] = [];
  for (const source of sourcesOf(from)) {
    const { location, names, values, absent, accountKey, lines, remark, chosen } = source;
    const missing = pieces.filter((piece) => values[piece] === undefined);
    if (absent !== undefined && chosen)
      throw new ConfigError(`akamai-edge:edgerc asks for ${location}, but ${absent}.`);
    if (absent !== undefined || (missing.length === pieces.length && !chosen)) {
      empty.push(source);
      continue;
    }
    const { host, clientToken, accessToken, clientSecret } = values;
    if (
      host === undefined ||
      clientToken === undefined ||
      accessToken === undefined ||
      clientSecret === undefined
    )
      throw new ConfigError(
        `The Akamai credentials in ${location} are not complete: ${list(missing.map((piece) => names[piece]))} ${missing.length > 1 ? "are" : "is"} missing` +
          `${missing.length < pieces.length ? ` beside ${found(source)}` : ""}.${remark === undefined ? "" : ` ${remark}.`} Set all four pieces in the same source.`,
      );
    const line = lines?.host === undefined ? "" : `, line ${lines.host},`;
    const hostSource = `${names.host} in ${location}${line}`;
    return {
      credentials: { host: parseHost(hostSource, host), clientToken, accessToken, clientSecret },
      accountKey,
      hostSource: hostSource.replace(/,$/, ""),
    };
  }
  throw new NoCredentialsError(noCredentials(empty));
}

/** A source as a report on the search shows it: names only, no values. */
export interface TracedSource {
  /** Such as `the environment`, or `the section [default] of ~/.edgerc`. */
  readonly location: string;
  readonly present: readonly string[];
  readonly missing: readonly string[];
  /** Why the source can't be read. */
  readonly absent?: string | undefined;
  /** The first source that has anything, or that the configuration names. No later one counts. */
  readonly isUsed: boolean;
}

/** All sources in their order, and what each of them has. A file that can't be read is a source without anything. */
export function traceCredentials(from: CredentialSources): readonly TracedSource[] {
  const traced: TracedSource[] = [];
  try {
    for (const { location, names, values, absent, chosen } of sourcesOf(from)) {
      const present = pieces.filter((piece) => values[piece] !== undefined).map((piece) => names[piece]);
      const missing = pieces.filter((piece) => values[piece] === undefined).map((piece) => names[piece]);
      const isFirst = traced.every(({ isUsed }) => !isUsed);
      const isUsed = isFirst && (present.length > 0 || chosen === true);
      traced.push({ location, present, missing, absent, isUsed });
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    traced.push({ location: "a file", present: [], missing: [], absent: error.message, isUsed: false });
  }
  return traced;
}

/** A generator, so that a file is only opened when everything before it had nothing. */
function* sourcesOf({ config, env, file, section, defaultFile }: CredentialSources): Generator<Source> {
  const inline = sourceOf("the stack config", (piece) => `akamai-edge:${piece}`, config);
  const edgerc = config("edgerc");
  if (edgerc !== undefined && Object.keys(inline.values).length > 0)
    throw new ConfigError(
      `akamai-edge:edgerc and ${found(inline)} are both set in the stack config: keep only one of the two ways.`,
    );
  yield inline;
  if (edgerc !== undefined) yield { ...edgercSource(edgerc, section, file), chosen: true };
  for (const prefix of variablePrefixes(section)) {
    const name = (piece: keyof Credentials) => prefix + snakeCase[piece].toUpperCase();
    yield sourceOf("the environment", name, (piece) => env(name(piece)));
  }
  yield edgercSource(defaultFile, section, file);
}

function noCredentials(sources: readonly Source[]): string {
  const lines = sources.map(
    ({ location, names, absent }) =>
      `${location}: ${pieces.map((piece) => names[piece]).join(", ")}${absent ? ` (${absent})` : ""}`,
  );
  return [
    "No Akamai credentials found. These sources were read, in this order:",
    ...lines.map((line, index) => `  ${index + 1}. ${line}`),
    "Do one of these:",
    "  - pulumi config set akamai-edge:host <host>, and pulumi config set --secret akamai-edge:clientToken <…>, :accessToken and :clientSecret alike",
    "  - pulumi config set akamai-edge:edgerc <file> and pulumi config set akamai-edge:section <section>",
    "  - export AKAMAI_HOST, AKAMAI_CLIENT_TOKEN, AKAMAI_ACCESS_TOKEN and AKAMAI_CLIENT_SECRET",
    "  - download the .edgerc file of an API client to ~/.edgerc, or name it with AKAMAI_EDGERC and its section with AKAMAI_EDGERC_SECTION",
  ].join("\n");
}

function sourceOf(
  location: string,
  name: (piece: keyof Credentials) => string,
  value: (piece: keyof Credentials) => string | undefined,
) {
  const named = pieces.map((piece) => [piece, name(piece)] as const);
  const valued = pieces
    .map((piece) => [piece, value(piece)] as const)
    .filter(([, text]) => text !== undefined);
  return {
    location,
    names: Object.fromEntries(named) as Credentials,
    values: Object.fromEntries(valued) as Partial<Credentials>,
  };
}

function edgercSource(path: string, section: string, file: (path: string) => string): Source {
  const location = `the section [${section}] of ${path}`;
  const name = (piece: keyof Credentials) => snakeCase[piece];
  const absent = (why: string) => ({ ...sourceOf(location, name, () => undefined), absent: why });
  let text: string;
  try {
    text = file(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return absent("the file does not exist");
    throw new ConfigError(`The file ${path} cannot be read (${reasonOf(error)}).`);
  }
  // Read as UTF-8, a file in UTF-16 has a NUL beside each letter.
  if (text.includes("\0"))
    throw new ConfigError(`The file ${path} is not UTF-8 (it looks like UTF-16). Save it as UTF-8.`);
  const sections = parseEdgerc(text);
  const found = sections.get(section) ?? onlyInOtherCapitals(sections, section);
  if (found === undefined)
    return absent(
      `the file has no such section; it has ${sections.size === 0 ? `none: put the line [${section}] above the keys` : list([...sections.keys()].map((one) => `[${one}]`))}`,
    );
  const { entries, unreadable } = found;
  const lines = pieces.flatMap((piece) => {
    const line = entries.get(snakeCase[piece])?.line;
    return line === undefined ? [] : [[piece, line] as const];
  });
  return {
    ...sourceOf(location, name, (piece) => filled(entries.get(snakeCase[piece])?.value)),
    accountKey: accountKeyNames
      .map((key) => filled(entries.get(key)?.value))
      .find((key) => key !== undefined),
    lines: Object.fromEntries(lines),
    remark: remarkOn(entries, unreadable),
  };
}

/** The section that differs from the name by capitals alone, as long as there is one of them. */
function onlyInOtherCapitals(
  sections: ReadonlyMap<string, EdgercSection>,
  name: string,
): EdgercSection | undefined {
  const same = [...sections].filter(([one]) => one.toLowerCase() === name.toLowerCase());
  return same.length === 1 ? same[0]?.[1] : undefined;
}

/** What may be why a piece is missing: it has no value, or its line can't be read. No value is shown, for it may be secret. */
function remarkOn(
  entries: ReadonlyMap<string, EdgercEntry>,
  unreadable: readonly number[],
): string | undefined {
  const empty = pieces.flatMap((piece) => {
    const entry = entries.get(snakeCase[piece]);
    return entry?.value === "" ? [`${snakeCase[piece]} on line ${entry.line} is empty`] : [];
  });
  const odd = unreadable.map((line) => `line ${line} is not \`key = value\``);
  return empty.length + odd.length === 0 ? undefined : list([...empty, ...odd]);
}

/** @param where such as `host in the section [default] of ~/.edgerc, line 3,` */
export function parseHost(where: string, value: string): string {
  const host = /^(?:https:\/\/)?((?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::\d{1,5})?)\/?$/i
    .exec(value)?.[1]
    ?.toLowerCase();
  if (host !== undefined && URL.canParse(`https://${host}`)) return host;
  throw new ConfigError(
    `${where} must be a host name such as akab-….luna.akamaiapis.net, with nothing but a port after it.`,
  );
}

function found({ names, values }: Source): string {
  return list(pieces.filter((piece) => values[piece] !== undefined).map((piece) => names[piece]));
}

function list(names: readonly string[]): string {
  return new Intl.ListFormat("en", { type: "conjunction" }).format(names);
}
