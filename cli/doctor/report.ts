/** From facts to findings: what is well, what is not, and what to do about it. Pure. */
import { explainFailure, isCpCodeRefusal } from "./advice";
import { describeEdgeKv, describeEdgeWorkers, mayChange } from "./capabilities";
import { apis, type Facts, type Group, type Outcome } from "./facts";
import type { Finding, Level, Report } from "./finding";
import { quotaFindings } from "./quotas";
import { credentialFindings } from "./sources";

/** Akamai refuses a signature that is further off. */
const allowedSkewSeconds = 30;

export function diagnose(facts: Facts): Report {
  const findings = [
    ...credentialFindings(facts.credentials),
    ...accountFindings(facts),
    ...clockFindings(facts),
    ...apiFindings(facts),
    ...groupFindings(facts),
    ...quotaFindings(facts),
  ];
  const has = (level: Level) => findings.some((finding) => finding.level === level);
  return { exitCode: has("problem") ? 1 : has("unknown") ? 2 : 0, findings };
}

function accountFindings({ account, credentials }: Facts): Finding[] {
  if (account?.ok !== true) return [];
  const { id, name } = account.value;
  if (id === undefined && name === undefined) return [];
  const label = name === undefined ? id : id === undefined ? name : `${name} (${id})`;
  const how = credentials.switchesAccount ? ", by the account switch key" : "";
  return [{ area: "Account", level: "ok", message: `${label}${how}` }];
}

/** The clock's error: the answer with the least delay is the best measure. */
export function skewOf({ exchanges }: Facts): number | undefined {
  const skews = exchanges.flatMap(({ skewSeconds }) => (skewSeconds === undefined ? [] : [skewSeconds]));
  return skews.sort((one, other) => Math.abs(one) - Math.abs(other))[0];
}

function clockFindings(facts: Facts): Finding[] {
  const skew = skewOf(facts);
  if (skew === undefined) return [];
  const size = Math.abs(skew);
  const direction = skew > 0 ? "ahead of" : "behind";
  // The service's time has whole seconds.
  if (size <= 2) return [{ area: "Clock", level: "ok", message: "agrees with Akamai's" }];
  const message = `this machine's clock is ${Math.round(size)} s ${direction} Akamai's; ${allowedSkewSeconds} s are allowed`;
  if (size <= allowedSkewSeconds / 2) return [{ area: "Clock", level: "ok", message }];
  const fix =
    "Set the clock: turn on time synchronization (NTP) on this machine or on the host of its container.";
  return [{ area: "Clock", level: size > allowedSkewSeconds ? "problem" : "warning", message, fix }];
}

function apiFindings(facts: Facts): Finding[] {
  const { account, edgekv, edgeworkers, credentials, exchanges } = facts;
  if (account === undefined) return [];
  const host = credentials.host ?? "";
  const isSkewed = Math.abs(skewOf(facts) ?? 0) > allowedSkewSeconds;
  if (!account.ok && edgekv === undefined)
    return [{ area: "APIs", ...explainFailure(account.failure, { api: undefined, host, isSkewed }) }];
  const outcomes: Readonly<Record<(typeof apis)[number], Outcome<unknown> | undefined>> = {
    "Property Manager": account,
    EdgeKV: edgekv?.initialization,
    EdgeWorkers: edgeworkers?.groups,
  };
  return [
    ...apis.flatMap((api): Finding[] => {
      const outcome = outcomes[api];
      if (outcome === undefined) return [];
      if (!outcome.ok) return [{ area: "APIs", ...explainFailure(outcome.failure, { api, host, isSkewed }) }];
      const exchange = exchanges.find((one) => one.api === api);
      const request = exchange?.requestId === undefined ? "" : ` (request ${exchange.requestId})`;
      return [{ area: "APIs", level: "ok", message: `${api} answers with ${exchange?.status}${request}` }];
    }),
    ...databaseFindings(facts),
  ];
}

function databaseFindings({ edgekv }: Facts): Finding[] {
  if (edgekv === undefined) return [];
  const { initialization } = edgekv;
  if (!initialization.ok) return [];
  const { accountStatus, cpcode } = initialization.value;
  if (accountStatus === "INITIALIZED") {
    const which = cpcode ? ` ${cpcode}` : "";
    return [
      { area: "APIs", level: "ok", message: `EdgeKV is initialized, and its CP code${which} can be read` },
    ];
  }
  const fix =
    accountStatus === "PENDING"
      ? "Wait until its initialization is over, about a minute."
      : "Declare an edgekv.Database: it initializes EdgeKV, which is billed and can't be undone.";
  return [{ area: "APIs", level: "info", message: `EdgeKV is ${accountStatus}`, fix }];
}

function groupFindings({ edgekv, edgeworkers }: Facts): Finding[] {
  const findings: Finding[] = [];
  const failed = edgekv?.groups;
  const isKnown = edgekv?.initialization.ok === false && isCpCodeRefusal(edgekv.initialization.failure);
  if (failed?.ok === false && !isKnown)
    findings.push({
      area: "Access groups",
      ...explainFailure(failed.failure, { api: "EdgeKV", host: "", isSkewed: false }),
    });
  const ofEdgeKv = edgekv?.groups?.ok === true ? edgekv.groups.value : undefined;
  const ofEdgeWorkers = edgeworkers?.groups.ok === true ? edgeworkers.groups.value : undefined;
  const known = new Map(
    [...(ofEdgeKv ?? []), ...(ofEdgeWorkers ?? [])].map((group) => [group.groupId, group]),
  );
  for (const { groupId, groupName } of [...known.values()].sort(
    (one, other) => one.groupId - other.groupId,
  )) {
    const [kv, workers] = [ofEdgeKv, ofEdgeWorkers].map((groups) => capabilitiesIn(groups, groupId));
    const parts = [
      ...(kv === undefined ? [] : [`EdgeKV: ${describeEdgeKv(kv)}`]),
      ...(workers === undefined ? [] : [`EdgeWorkers: ${describeEdgeWorkers(workers)}`]),
    ];
    findings.push({
      area: "Access groups",
      level: "ok",
      message: `${groupId} ${groupName}: ${parts.join("; ")}`,
    });
  }
  findings.push(...rightsFindings("EdgeKV", ofEdgeKv), ...rightsFindings("EdgeWorkers", ofEdgeWorkers));
  return findings;
}

function capabilitiesIn(
  groups: readonly Group[] | undefined,
  groupId: number,
): readonly string[] | undefined {
  return groups && (groups.find((group) => group.groupId === groupId)?.capabilities ?? []);
}

function rightsFindings(api: "EdgeKV" | "EdgeWorkers", groups: readonly Group[] | undefined): Finding[] {
  if (groups === undefined || groups.some(({ capabilities }) => mayChange(capabilities))) return [];
  const fix = `Give the API client's user a role with ${api} capabilities, then create a new API client: a client keeps the permissions that it was created with.`;
  const [level, message]: [Level, string] =
    groups.length === 0
      ? ["problem", `the API client has ${api} capabilities in no access group`]
      : ["warning", `the API client may only read in ${api}: a preview works, up does not`];
  return [{ area: "Access groups", level, message, fix }];
}
