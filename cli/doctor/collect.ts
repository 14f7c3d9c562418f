import { z } from "zod";
import { listAccessGroups } from "../../provider/api/edgekv/groups";
import { getInitialization } from "../../provider/api/edgekv/initialization";
import { listNamespaces } from "../../provider/api/edgekv/namespaces";
import {
  listContracts,
  listGroups,
  listLimits,
  listResourceTiers,
} from "../../provider/api/edgeworkers/account";
import { listEdgeWorkers } from "../../provider/api/edgeworkers/ids";
import { propertyApi } from "../../provider/api/property/request";
import {
  ConfigError,
  type ConfigSources,
  type CredentialSources,
  credentialSources,
  NoCredentialsError,
  parseEdgerc,
  parseHost,
  readSettings,
  type Settings,
  traceCredentials,
} from "../../provider/config";
import { createHttpClient } from "../../provider/http/client";
import { defaultRetryPolicy } from "../../provider/http/retry";
import type { Clock } from "../../provider/runtime/clock";
import type { HttpClient } from "../../provider/runtime/httpClient";
import { byOption, type CredentialOptions, configOf } from "../credentialOptions";
import type { CredentialFacts, Exchange, Facts, Outcome, Tier } from "./facts";
import { observingClient, outcomeOf } from "./observe";

export interface DoctorOptions extends CredentialOptions {
  readonly host?: string;
}

export interface DoctorInput extends Omit<ConfigSources, "config"> {
  readonly options: DoctorOptions;
  readonly clock: Clock;
  readonly random: () => number;
}

const timeoutMs = 30_000;
/** A person waits: one more attempt is enough to tell a hiccup from a failure. */
const retry = { ...defaultRetryPolicy, maxAttempts: 2 };

/** Looks at everything, and changes nothing. */
export async function collect(input: DoctorInput): Promise<Facts> {
  const { credentials, settings } = readCredentialFacts(input);
  if (settings === undefined) return { credentials, exchanges: [] };
  const { clock, random } = input;
  const exchanges: Exchange[] = [];
  const inner = createHttpClient({
    credentials: settings.credentials,
    accountSwitchKey: settings.accountSwitchKey,
    certificateAuthority: settings.certificateAuthority,
    clock,
    random,
    retry,
    timeoutMs,
  });
  const http = observingClient(inner, clock, (exchange) => exchanges.push(exchange));

  const account = await outcomeOf(readAccount(http));
  // All APIs have one host and one signature: what fails here fails everywhere.
  if (!account.ok && isFinal(account.failure)) return { credentials, exchanges, account };
  const [edgekv, edgeworkers] = await Promise.all([
    readEdgeKv(http, settings.namespacesPerNetwork),
    readEdgeWorkers(http),
  ]);
  return { credentials, exchanges, account, edgekv, edgeworkers };
}

const isFinal = (failure: Extract<Outcome<unknown>, { ok: false }>["failure"]): boolean =>
  failure.kind === "unreachable" || (failure.kind === "refused" && failure.status === 401);

function readCredentialFacts({ options, env, readFile, home }: DoctorInput): {
  credentials: CredentialFacts;
  settings?: Settings;
} {
  const sources = { config: configOf(options), env, readFile, home };
  const from = credentialSources(sources);
  const facts = {
    sources: traceCredentials(from),
    section: from.section,
    isHostGiven: options.host !== undefined,
    switchesAccount: false,
  };
  try {
    const found = readSettings(sources);
    const host =
      options.host === undefined
        ? found.credentials.host
        : parseHost("--host on the command line", options.host);
    const settings = { ...found, credentials: { ...found.credentials, host } };
    const switchesAccount = found.accountSwitchKey !== undefined;
    return { credentials: { ...facts, host, switchesAccount }, settings };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const hasNone = error instanceof NoCredentialsError;
    return { credentials: { ...facts, ...sectionsOf(sources, from), problem: byOption(error), hasNone } };
  }
}

/** The sections of the file that counts, for a section that was misspelled. */
function sectionsOf(
  { config }: ConfigSources,
  { file, defaultFile }: CredentialSources,
): Pick<CredentialFacts, "sectionsInFile"> {
  try {
    return { sectionsInFile: [...parseEdgerc(file(config("edgerc") ?? defaultFile)).keys()] };
  } catch {
    // A file that can't be read is reported as a source.
    return {};
  }
}

async function readAccount(http: HttpClient) {
  const reply = await http.send(propertyApi({ method: "GET", path: "/groups" }));
  const { accountId, accountName } = reply.as(
    z.object({ accountId: z.string().nullish(), accountName: z.string().nullish() }),
  );
  return { id: accountId ?? undefined, name: accountName ?? undefined };
}

async function readEdgeKv(http: HttpClient, limit: number): Promise<NonNullable<Facts["edgekv"]>> {
  const initialization = await outcomeOf(getInitialization(http));
  // Before it is initialized, EdgeKV refuses everything else.
  if (initialization.ok && initialization.value.accountStatus !== "INITIALIZED") return { initialization };
  if (
    !initialization.ok &&
    initialization.failure.kind === "refused" &&
    initialization.failure.status === 403
  )
    return { initialization };
  const [groups, namespaces] = await Promise.all([
    outcomeOf(listAccessGroups(http)),
    outcomeOf(countNamespaces(http, limit)),
  ]);
  return { initialization, groups, namespaces };
}

async function countNamespaces(http: HttpClient, limit: number) {
  const [staging, production] = await Promise.all([
    listNamespaces(http, "staging"),
    listNamespaces(http, "production"),
  ]);
  return { staging: staging.length, production: production.length, limit };
}

async function readEdgeWorkers(http: HttpClient): Promise<NonNullable<Facts["edgeworkers"]>> {
  const groups = await outcomeOf(listGroups(http));
  if (!groups.ok) return { groups };
  const [ids, tiers] = await Promise.all([outcomeOf(countIds(http)), outcomeOf(readTiers(http))]);
  return { groups, ids, tiers };
}

async function countIds(http: HttpClient) {
  const [ids, limits] = await Promise.all([listEdgeWorkers(http), listLimits(http)]);
  const limit = limits.find(({ limitId }) => limitId === "ew-id-per-account-limit")?.limitValue;
  return { count: ids.length, limit };
}

/** The tiers of all contracts, each once. */
async function readTiers(http: HttpClient): Promise<Tier[]> {
  const contracts = await listContracts(http);
  const all = await Promise.all(contracts.map((contract) => listResourceTiers(http, contract)));
  return [...new Map(all.flat().map((tier) => [tier.resourceTierId, tier])).values()];
}
