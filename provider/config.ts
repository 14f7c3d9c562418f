import { join } from "node:path";
import { parse } from "ini";

/**
 * What one stack's provider works with. Every setting but the credentials has a default; all are stack config under `akamai-edge:`.
 *
 * Credentials come from the first of these places that has any, and must be whole there:
 * 1. stack config: `host`, `clientToken`, `accessToken`, `clientSecret`, or a file `edgerc` and its `section`;
 * 2. the environment: `AKAMAI_HOST`, `AKAMAI_CLIENT_TOKEN`, `AKAMAI_ACCESS_TOKEN`, `AKAMAI_CLIENT_SECRET`, or, when a section other than
 *    `default` is named, first `AKAMAI_<SECTION>_HOST` and so on;
 * 3. the file `AKAMAI_EDGERC` or `~/.edgerc`, its section `section`, `AKAMAI_EDGERC_SECTION` or `default`.
 *
 * @example
 * pulumi config set akamai-edge:host akab-….luna.akamaiapis.net
 * pulumi config set --secret akamai-edge:clientSecret …
 * pulumi config set akamai-edge:edgerc '~/.edgerc' && pulumi config set akamai-edge:section staging
 */
export interface Settings {
  /** The API client that signs every request. */
  readonly credentials: Credentials;
  /**
   * Works on another account than the API client's own. Default: `AKAMAI_ACCOUNT_KEY` or `AKAMAI_ACCOUNT_SWITCH_KEY`, else `account_key`
   * of the section in use, else none.
   * @example pulumi config set akamai-edge:accountSwitchKey 1-ABCDE:1-2RBL
   */
  readonly accountSwitchKey?: string;
  /**
   * PEM text of a certificate authority to trust beside the public ones, read from `caFile`, else from the file `AKAMAI_CA_FILE`. Default: none.
   * @example pulumi config set akamai-edge:caFile ./proxy-ca.pem
   */
  readonly certificateAuthority?: string;
  /**
   * Lets a preview read from the API, to say beforehand what `up` would run into. Default: true.
   * @example pulumi config set akamai-edge:previewReads false
   */
  readonly previewReads: boolean;
  /**
   * How many EdgeKV namespaces the account may have on one network. Default: 20.
   * @example pulumi config set akamai-edge:namespacesPerNetwork 50
   */
  readonly namespacesPerNetwork: number;
  /**
   * Requests on their way at the same time; for items up to eight times as many, as long as the service takes them. Default: 8.
   * @example pulumi config set akamai-edge:concurrency 4
   */
  readonly concurrency: number;
}

/** All keys under `akamai-edge:` that mean something. */
export const settingKeys = [
  "host",
  "clientToken",
  "accessToken",
  "clientSecret",
  "edgerc",
  "section",
  "accountSwitchKey",
  "caFile",
  "previewReads",
  "namespacesPerNetwork",
  "concurrency",
] as const;

export type Credentials = Readonly<Record<(typeof pieces)[number], string>>;

/** Where settings can come from; nothing else is looked at. */
export interface Surroundings {
  /** Stack config under `akamai-edge:`, secrets in clear text. */
  readonly config: (key: string) => string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Fails as `readFileSync` does. */
  readonly readFile: (path: string) => string;
  /** What `~` stands for. */
  readonly home: string;
}

/** A setting is missing or wrong. The message names keys, variables and files, never a value that could be a secret. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const pieces = ["host", "clientToken", "accessToken", "clientSecret"] as const;
const snakeCase = { host: "host", clientToken: "client_token", accessToken: "access_token", clientSecret: "client_secret" } as const;

/** A place that may hold credentials: what each piece is called there, and what was found. */
interface Source {
  readonly place: string;
  readonly names: Credentials;
  readonly values: Partial<Credentials>;
  readonly accountKey?: string | undefined;
  /** Why there is nothing to look at, such as a file that does not exist. */
  readonly absent?: string | undefined;
  /** The stack names this place, so nothing may come from a later one. */
  readonly chosen?: boolean;
}

export function readSettings({ config: rawConfig, env: rawEnv, readFile, home }: Surroundings): Settings {
  const config = (key: string) => filled(rawConfig(key));
  const env = (name: string) => filled(rawEnv[name]);
  const file = (path: string) => readFile(path.replace(/^~(?=$|[\\/])/, () => home));
  const section = config("section") ?? env("AKAMAI_EDGERC_SECTION") ?? "default";
  const prefixes = section === "default" ? ["AKAMAI_"] : [`AKAMAI_${section.toUpperCase().replace(/[^A-Z0-9]/g, "_")}_`, "AKAMAI_"];

  // A generator, so that a file is only opened when everything before it had nothing.
  function* sources(): Generator<Source> {
    const inline = source("the stack config", (piece) => `akamai-edge:${piece}`, config);
    const edgerc = config("edgerc");
    if (edgerc !== undefined && Object.keys(inline.values).length > 0)
      throw new ConfigError(`akamai-edge:edgerc and ${found(inline)} are both set in the stack config: keep only one of the two ways.`);
    yield inline;
    if (edgerc !== undefined) yield { ...edgercSource(edgerc, section, file), chosen: true };
    for (const prefix of prefixes) {
      const name = (piece: keyof Credentials) => prefix + snakeCase[piece].toUpperCase();
      yield source("the environment", name, (piece) => env(name(piece)));
    }
    yield edgercSource(env("AKAMAI_EDGERC") ?? join(home, ".edgerc"), section, file);
  }

  const { credentials, accountKey } = firstCredentials(sources());
  const accountVariables = prefixes.flatMap((prefix) => [`${prefix}ACCOUNT_KEY`, `${prefix}ACCOUNT_SWITCH_KEY`]);
  const accountSwitchKey = [config("accountSwitchKey"), ...accountVariables.map(env), accountKey].find((key) => key !== undefined);
  const caSetting = config("caFile") === undefined ? "AKAMAI_CA_FILE" : "akamai-edge:caFile";
  const caFile = config("caFile") ?? env("AKAMAI_CA_FILE");
  return {
    credentials,
    ...(accountSwitchKey === undefined ? {} : { accountSwitchKey }),
    ...(caFile === undefined ? {} : { certificateAuthority: readCertificate(caSetting, caFile, file) }),
    previewReads: truth("previewReads", config("previewReads"), true),
    namespacesPerNetwork: count("namespacesPerNetwork", config("namespacesPerNetwork"), 20),
    concurrency: count("concurrency", config("concurrency"), 8),
  };
}

function firstCredentials(sources: Iterable<Source>): { credentials: Credentials; accountKey: string | undefined } {
  const empty: Source[] = [];
  for (const source of sources) {
    const { place, names, values, absent, accountKey, chosen } = source;
    const missing = pieces.filter((piece) => values[piece] === undefined);
    if (absent !== undefined && chosen) throw new ConfigError(`akamai-edge:edgerc asks for ${place}, but ${absent}.`);
    if (absent !== undefined || (missing.length === pieces.length && !chosen)) {
      empty.push(source);
      continue;
    }
    const { host, clientToken, accessToken, clientSecret } = values;
    if (host === undefined || clientToken === undefined || accessToken === undefined || clientSecret === undefined)
      throw new ConfigError(
        `The Akamai credentials in ${place} are not complete: ${list(missing.map((piece) => names[piece]))} ${missing.length > 1 ? "are" : "is"} missing` +
          `${missing.length < pieces.length ? ` beside ${found(source)}` : ""}. All four pieces must stand in the same place.`,
      );
    return { credentials: { host: hostOnly(names.host, place, host), clientToken, accessToken, clientSecret }, accountKey };
  }
  throw new ConfigError(nowhere(empty));
}

function nowhere(sources: readonly Source[]): string {
  const places = sources.map(
    ({ place, names, absent }) => `${place}: ${pieces.map((piece) => names[piece]).join(", ")}${absent ? ` (${absent})` : ""}`,
  );
  return [
    "No Akamai credentials found. These places were looked at, in this order:",
    ...places.map((place, index) => `  ${index + 1}. ${place}`),
    "Do one of these:",
    "  - pulumi config set akamai-edge:host <host>, and pulumi config set --secret akamai-edge:clientToken <…>, :accessToken and :clientSecret alike",
    "  - pulumi config set akamai-edge:edgerc <file> and pulumi config set akamai-edge:section <section>",
    "  - export AKAMAI_HOST, AKAMAI_CLIENT_TOKEN, AKAMAI_ACCESS_TOKEN and AKAMAI_CLIENT_SECRET",
    "  - download the .edgerc file of an API client to ~/.edgerc, or name it with AKAMAI_EDGERC and its section with AKAMAI_EDGERC_SECTION",
  ].join("\n");
}

function source(place: string, name: (piece: keyof Credentials) => string, value: (piece: keyof Credentials) => string | undefined) {
  const named = pieces.map((piece) => [piece, name(piece)] as const);
  const valued = pieces.map((piece) => [piece, value(piece)] as const).filter(([, text]) => text !== undefined);
  return { place, names: Object.fromEntries(named) as Credentials, values: Object.fromEntries(valued) as Partial<Credentials> };
}

function edgercSource(path: string, section: string, file: (path: string) => string): Source {
  const place = `the section [${section}] of ${path}`;
  const name = (piece: keyof Credentials) => snakeCase[piece];
  const absent = (why: string) => ({ ...source(place, name, () => undefined), absent: why });
  let text: string;
  try {
    text = file(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return absent("the file does not exist");
    throw new ConfigError(`The file ${path} cannot be read (${codeOf(error)}).`);
  }
  const entries = parseEdgerc(text).get(section);
  if (entries === undefined) return absent("the file has no such section");
  return { ...source(place, name, (piece) => filled(entries.get(snakeCase[piece]))), accountKey: filled(entries.get("account_key")) };
}

/**
 * The sections of an .edgerc file. Every value is handed to `ini` quoted, and every dot of a section name escaped: otherwise `ini` would cut
 * a secret at `;` or `#`, turn backslashes around and split a section at its dots. A comment after a value needs a blank before it.
 */
export function parseEdgerc(text: string): Map<string, Map<string, string>> {
  const quoted = text
    .replace(/^\s*\[(.*?)\]\s*(?:[;#].*)?$/gm, (_line, name: string) => `[${name.trim().replaceAll(".", "\\.")}]`)
    .replace(/^([^=;#[\n]+)=(.*)$/gm, (_line, key: string, value: string) => `${key.trim()}=${JSON.stringify(bare(value.trim()))}`);
  const sections = Object.entries(parse(quoted)).filter(([, entries]) => typeof entries === "object" && entries !== null);
  return new Map(
    sections.map(([name, entries]) => [name, new Map(Object.entries(entries as object).map(([key, value]) => [key, String(value)]))]),
  );
}

/** A value of an .edgerc line without its comment and without the quotes around it. */
function bare(value: string): string {
  const inQuotes = /^(["'])(.*)\1(?:\s+[;#].*)?$/.exec(value);
  return inQuotes?.[2] ?? value.replace(/(?:^|\s+)[;#].*$/, "");
}

function hostOnly(name: string, place: string, value: string): string {
  const host = /^(?:https:\/\/)?((?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::\d{1,5})?)\/?$/i.exec(value)?.[1]?.toLowerCase();
  if (host !== undefined && URL.canParse(`https://${host}`)) return host;
  throw new ConfigError(`${name} in ${place} must be a host name such as akab-….luna.akamaiapis.net, with nothing but a port after it.`);
}

function readCertificate(setting: string, path: string, file: (path: string) => string): string {
  let text: string;
  try {
    text = file(path);
  } catch (error) {
    throw new ConfigError(`The file ${path} that ${setting} names cannot be read (${codeOf(error)}).`);
  }
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new ConfigError(
    `The file ${path} that ${setting} names holds no certificate: it must be PEM text with -----BEGIN CERTIFICATE-----.`,
  );
}

function truth(key: string, value: string | undefined, otherwise: boolean): boolean {
  if (value === undefined) return otherwise;
  if (value === "true" || value === "false") return value === "true";
  throw new ConfigError(`akamai-edge:${key} must be true or false.`);
}

function count(key: string, value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (/^[1-9]\d{0,5}$/.test(value)) return Number(value);
  throw new ConfigError(`akamai-edge:${key} must be a whole number from 1 to 999999.`);
}

/** An empty variable counts as one that is not set; the line break of a pasted value is no part of it. */
function filled(value: string | undefined): string | undefined {
  return value?.trim() || undefined;
}

function found({ names, values }: Source): string {
  return list(pieces.filter((piece) => values[piece] !== undefined).map((piece) => names[piece]));
}

function list(names: readonly string[]): string {
  return new Intl.ListFormat("en", { type: "conjunction" }).format(names);
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code ?? "unknown reason");
}
