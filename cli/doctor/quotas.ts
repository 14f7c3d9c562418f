/** What is left of limits of number and rate. Pure. */
import type { Facts, Tier } from "./facts";
import type { Finding, Level } from "./finding";

/** The part of a quota from which on it is a warning. */
const nearlyUsed = 0.9;

export function quotaFindings(facts: Facts): Finding[] {
  const { edgekv, edgeworkers, exchanges } = facts;
  const findings: Finding[] = [];
  if (edgekv?.namespaces?.ok === true) {
    const { staging, production, limit } = edgekv.namespaces.value;
    const fix =
      "Delete namespaces that nobody uses, or ask Akamai's support for more and set akamai-edge:namespacesPerNetwork.";
    findings.push(usage(`EdgeKV namespaces on staging`, staging, limit, fix));
    findings.push(usage(`EdgeKV namespaces on production`, production, limit, fix));
  }
  if (edgeworkers?.ids?.ok === true) {
    const { count, limit } = edgeworkers.ids.value;
    findings.push(
      usage(
        "EdgeWorker ids that the API client sees",
        count,
        limit,
        "Delete ids that nobody uses, or ask Akamai's support for more.",
      ),
    );
  }
  if (edgeworkers?.tiers?.ok === true)
    for (const tier of edgeworkers.tiers.value)
      findings.push({ area: "Quotas", level: "info", message: describeTier(tier) });
  // The last answer has the latest number.
  const rate = exchanges.findLast((one) => one.api === "Property Manager" && one.rate)?.rate;
  if (rate !== undefined) {
    const of = rate.limit === undefined ? "" : ` of ${rate.limit}`;
    const level: Level = rate.remaining === 0 ? "warning" : "ok";
    const fix = {
      fix: "Other programs of the account share the limit: wait a minute, or run fewer at a time.",
    };
    findings.push({
      area: "Quotas",
      level,
      message: `Property Manager: ${rate.remaining}${of} requests left`,
      ...(rate.remaining === 0 && fix),
    });
  }
  return [...findings, ...unread(facts)];
}

function usage(what: string, used: number, limit: number | undefined, fix: string): Finding {
  const message = limit === undefined ? `${what}: ${used}` : `${what}: ${used} of ${limit}`;
  if (limit === undefined || used < limit * nearlyUsed) return { area: "Quotas", level: "ok", message };
  return { area: "Quotas", level: used >= limit ? "problem" : "warning", message, fix };
}

function describeTier({ resourceTierName, edgeWorkerLimits }: Tier): string {
  const units: Readonly<Record<string, string>> = { MILLISECOND: " ms", BYTE: " bytes", COUNT: "" };
  const limits = edgeWorkerLimits.map(
    ({ limitName, limitValue, limitUnit }) =>
      `${limitName.charAt(0).toLowerCase()}${limitName.slice(1)} ${limitValue}${units[limitUnit] ?? ` ${limitUnit}`}`,
  );
  return `EdgeWorkers tier ${resourceTierName}: ${limits.join(", ") || "no limits given"}`;
}

/** Questions that an API which answers otherwise did not answer. */
function unread({ edgekv, edgeworkers }: Facts): Finding[] {
  const asked = {
    "EdgeKV namespaces": edgekv?.initialization.ok ? edgekv.namespaces : undefined,
    "EdgeWorker ids": edgeworkers?.ids,
    "resource tiers": edgeworkers?.tiers,
  };
  return Object.entries(asked).flatMap(([what, outcome]): Finding[] => {
    if (outcome === undefined || outcome.ok) return [];
    const { failure } = outcome;
    const reason = failure.kind === "refused" ? `${failure.status}: ${failure.detail}` : failure.detail;
    return [{ area: "Quotas", level: "unknown", message: `${what} could not be counted: ${reason}` }];
  });
}
