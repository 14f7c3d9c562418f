import { join } from "node:path";
import { type CredentialSources, type Credentials, readCredentials, variablePrefixes } from "./credentials";
import { type ProxySetting, proxyFor } from "./proxy";
import { ConfigError, filled, parseBoolean, parseCount, reasonOf } from "./values";

/**
 * What one stack's provider works with. Every setting but the credentials has a default; all are stack config under `akamai-edge:`.
 *
 * Credentials come from the first of these sources that has any, and must be complete there:
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
  /** Where the host was found, such as `AKAMAI_HOST in the environment`. */
  readonly hostSource: string;
  /**
   * The proxy that `HTTPS_PROXY` or `ALL_PROXY` names, in capitals or not, unless `NO_PROXY` lists the host. Default: none.
   * @example export HTTPS_PROXY=http://proxy.example.com:3128
   */
  readonly proxy?: ProxySetting;
  /**
   * Works on another account than the API client's own. Default: `AKAMAI_ACCOUNT_KEY` or `AKAMAI_ACCOUNT_SWITCH_KEY`, else `account_key`
   * or `account_switch_key` of the section in use, else none.
   * @example pulumi config set akamai-edge:accountSwitchKey 1-ABCDE:1-2RBL
   */
  readonly accountSwitchKey?: string;
  /**
   * PEM text of a certificate authority to trust beside the public ones, read from `caFile`, else from the file `AKAMAI_CA_FILE`. Default: none.
   * @example pulumi config set akamai-edge:caFile ./proxy-ca.pem
   */
  readonly certificateAuthority?: string;
  /**
   * Lets a preview read from the API, to report beforehand what `up` would run into. Default: true.
   * @example pulumi config set akamai-edge:previewReads false
   */
  readonly previewReads: boolean;
  /**
   * Reads what live code uses before an access token or a namespace is deleted, and refuses the delete when live code would break. `false`
   * leaves that out: nothing is read, and nothing is refused because of live code. Default: true.
   * @example pulumi config set akamai-edge:liveUseCheck false
   */
  readonly liveUseCheck: boolean;
  /**
   * Prepares to take everything down: in `pulumi up`, the rules of each `EdgeWorkerRules` leave the property, and each activation of an
   * EdgeWorker that sets no `deletion` gets `deactivate`. `pulumi destroy` then removes the rest in order. Default: false.
   * @example pulumi config set akamai-edge:takeDown true
   */
  readonly takeDown: boolean;
  /**
   * How many EdgeKV namespaces the account may have on one network. Default: 20.
   * @example pulumi config set akamai-edge:namespacesPerNetwork 50
   */
  readonly namespacesPerNetwork: number;
  /**
   * How many EdgeKV access tokens the account may have: a preview then counts them, with those that expired in the last 30 days. Akamai
   * does not document the number, and the API does not tell it. Default: none, and the service alone counts.
   * @example pulumi config set akamai-edge:tokensPerAccount 100
   */
  readonly tokensPerAccount?: number;
  /**
   * Requests in flight at the same time; for items up to eight times as many, as long as the service accepts them. Default: 8.
   * @example pulumi config set akamai-edge:concurrency 4
   */
  readonly concurrency: number;
  /**
   * A file that gets a line of JSON for each attempt of a request: time, method, path, status or error code, milliseconds, number of
   * the attempt, and Akamai's request id. It holds no bodies, headers, credentials or account key. Relative to where Pulumi runs.
   * Only its owner may read it; lines are appended. Default: none.
   * @example pulumi config set akamai-edge:requestLog ./requests.jsonl
   */
  readonly requestLog?: string;
}

/** All keys under `akamai-edge:` that have a meaning. */
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
  "liveUseCheck",
  "takeDown",
  "namespacesPerNetwork",
  "tokensPerAccount",
  "concurrency",
  "requestLog",
] as const;

/** Where settings can come from; nothing else is read. */
export interface ConfigSources {
  /** Stack config under `akamai-edge:`, secrets in clear text. */
  readonly config: (key: string) => string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Fails as `readFileSync` does. */
  readonly readFile: (path: string) => string;
  /** What `~` stands for. */
  readonly home: string;
}

/** Where credentials are read from: an empty value counts as unset. */
export function credentialSources(sources: ConfigSources): CredentialSources {
  const config = (key: string) => filled(sources.config(key));
  const env = (name: string) => filled(sources.env[name]);
  const file = (path: string) => sources.readFile(expandHome(path, sources.home));
  const section = config("section") ?? env("AKAMAI_EDGERC_SECTION") ?? "default";
  const defaultFile = env("AKAMAI_EDGERC") ?? join(sources.home, ".edgerc");
  return { config, env, file, section, defaultFile };
}

/** A path as a file or a variable may have it, on any system. */
const expandHome = (path: string, home: string) =>
  path.replace(/^(?:~|\$HOME|\$\{HOME\}|%USERPROFILE%)(?=$|[\\/])/i, () => home);

export function readSettings(sources: ConfigSources): Settings {
  const from = credentialSources(sources);
  const { config, env, file, section } = from;
  const { credentials, accountKey, hostSource } = readCredentials(from);
  const accountVariables = variablePrefixes(section).flatMap((prefix) => [
    `${prefix}ACCOUNT_KEY`,
    `${prefix}ACCOUNT_SWITCH_KEY`,
  ]);
  const accountSwitchKey = [config("accountSwitchKey"), ...accountVariables.map(env), accountKey].find(
    (key) => key !== undefined,
  );
  const caSetting = config("caFile") === undefined ? "AKAMAI_CA_FILE" : "akamai-edge:caFile";
  const caFile = config("caFile") ?? env("AKAMAI_CA_FILE");
  const requestLog = config("requestLog");
  const tokensPerAccount = config("tokensPerAccount");
  const proxy = proxyFor(credentials.host, env);
  return {
    credentials,
    hostSource,
    ...(proxy === undefined ? {} : { proxy }),
    ...(accountSwitchKey === undefined ? {} : { accountSwitchKey }),
    ...(caFile === undefined ? {} : { certificateAuthority: readCertificate(caSetting, caFile, file) }),
    previewReads: parseBoolean("previewReads", config("previewReads"), true),
    liveUseCheck: parseBoolean("liveUseCheck", config("liveUseCheck"), true),
    takeDown: parseBoolean("takeDown", config("takeDown"), false),
    namespacesPerNetwork: parseCount("namespacesPerNetwork", config("namespacesPerNetwork"), 20),
    ...(tokensPerAccount === undefined
      ? {}
      : { tokensPerAccount: parseCount("tokensPerAccount", tokensPerAccount, 1) }),
    concurrency: parseCount("concurrency", config("concurrency"), 8),
    ...(requestLog === undefined ? {} : { requestLog: expandHome(requestLog, sources.home) }),
  };
}

function readCertificate(setting: string, path: string, file: (path: string) => string): string {
  let text: string;
  try {
    text = file(path);
  } catch (error) {
    throw new ConfigError(`The file ${path} that ${setting} names cannot be read (${reasonOf(error)}).`);
  }
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new ConfigError(
    `The file ${path} that ${setting} names holds no certificate: it must be PEM text with -----BEGIN CERTIFICATE-----.`,
  );
}
