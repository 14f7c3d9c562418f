/** What each section shows of the account. */
import { code, counted, el, foldable, list, none, table, whole } from "./dom.mjs";

const time = (milliseconds) => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
const bytes = (count) => (count < 1024 ? `${count} B` : `${(count / 1024).toFixed(1)} kB`);
const GOOD = ["COMPLETE", "READY", "ACTIVE"];
const BAD = ["ERROR", "FAILED", "DELETING"];
const state = (text) =>
  el("span", { class: GOOD.includes(text) ? "good" : BAD.includes(text) ? "bad" : "warn" }, text);
const live = (version) => (version === null ? el("span", { class: "soft" }, "none") : code(version));

/** Seconds as `2 min 5 s`. */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

export function activations({ activations: all, now }) {
  if (all.length === 0) return [none("None.")];
  const rows = all.map(({ what, kind, version, network, status, startedAt, endsAt }) => {
    const part = endsAt === null ? undefined : (now - startedAt) / Math.max(1, endsAt - startedAt);
    const left = endsAt === null ? "does not end" : `${duration((endsAt - now) / 1000)} left`;
    const label = `${what}, ${kind} of ${version} on ${network}`;
    const bar = el("progress", { value: part?.toFixed(3), max: 1, "aria-label": label });
    return [what, kind, code(version), network, state(status), [bar, " ", left]];
  });
  return [
    table("Activations on their way", ["What", "Kind", "Version", "Network", "Status", "Progress"], rows),
  ];
}

export function edgeworkers(all) {
  if (all.length === 0) return [none("No EdgeWorker.")];
  return [
    table(
      "EdgeWorkers",
      ["Id", "Name", "Tier", "Staging", "Production", "Versions"],
      all.map(({ id, name, tier, versions, live: on }) => [
        code(id),
        name,
        tier,
        live(on.staging),
        live(on.production),
        versions.length === 0 ? "none" : list(versions),
      ]),
    ),
  ];
}

export function properties(all) {
  if (all.length === 0) return [none("No property.")];
  return all.map(({ name, id, latest, live: on, versions }) => {
    const networksOf = (number) => {
      const names = Object.entries(on).filter(([, version]) => version === number);
      return names.length === 0
        ? "latest, not live"
        : `live on ${names.map(([network]) => network).join(" and ")}`;
    };
    const parts = versions.flatMap(({ number, hostnames, calls }) => [
      el("h3", {}, `Version ${number}, ${networksOf(number)}`),
      el("p", { class: "soft" }, `Hostnames: ${hostnames.join(", ")}`),
      calls.length === 0
        ? none("No rule calls an EdgeWorker.")
        : table(
            `Rules of ${name}, version ${number}, that call EdgeWorkers`,
            ["Rule", "EdgeWorker", "When"],
            calls.map(({ rule, edgeWorkerId, isOn, when }) => [
              rule,
              [code(edgeWorkerId), isOn ? "" : " (off)"],
              when.length === 0 ? "always" : list(when),
            ]),
          ),
    ]);
    const summary = [
      el("strong", {}, name),
      ` (prp_${id}, latest ${latest}): staging `,
      live(on.staging),
      ", production ",
      live(on.production),
    ];
    return foldable(`property ${id}`, summary, ...parts);
  });
}

export function namespaces({ namespaces: all, edgekv }) {
  const head = edgekv === "INITIALIZED" ? [] : [el("p", {}, "EdgeKV: ", state(edgekv))];
  if (all.length === 0) return [...head, none("No namespace.")];
  return [
    ...head,
    ...all.map(({ network, name, status, deleteAt, retentionInSeconds, count, groupCount, groups }) => {
      const summary = [
        el("strong", {}, name),
        ` on ${network}: `,
        state(status),
        `, ${counted(count, "item")} in ${counted(groupCount, "group")}`,
        deleteAt !== null && `, deleted at ${time(deleteAt)}`,
      ];
      const retention = retentionInSeconds === 0 ? "for ever" : `for ${duration(retentionInSeconds)}`;
      const parts = groups.flatMap((group) => [
        el("h3", {}, `Group ${group.name}`),
        table(
          `Items of group ${group.name} in ${name} on ${network}`,
          ["Item", "Type", "Size", "Until"],
          group.items.map(({ key, contentType, bytes: size, expiresAt }) => [
            code(key),
            contentType,
            bytes(size),
            expiresAt === null ? "" : time(expiresAt),
          ]),
        ),
        group.count > group.items.length && none(`and ${group.count - group.items.length} more`),
      ]);
      const more = groupCount > groups.length && none(`and ${groupCount - groups.length} more groups`);
      const kept = el("p", { class: "soft" }, `Items are kept ${retention}.`);
      return foldable(`namespace ${network} ${name}`, summary, kept, ...[...parts, more].filter(Boolean));
    }),
  ];
}

export function tokens(all) {
  if (all.length === 0) return [none("No access token.")];
  return [
    table(
      "Access tokens",
      ["Name", "Status", "Expires", "Networks", "Permissions", "For", "Used by"],
      all.map(({ name, status, expiry, networks, permissions, edgeWorkerIds, users }) => [
        name,
        state(status),
        whole(expiry),
        networks.join(", "),
        list(permissions),
        edgeWorkerIds === null ? "every EdgeWorker" : `EdgeWorker ${edgeWorkerIds.join(", ")}`,
        users.length === 0
          ? "no live code"
          : list(users.map((one) => `EdgeWorker ${one.edgeWorkerId} ${one.version} on ${one.network}`)),
      ]),
    ),
  ];
}

export function faults(all) {
  if (all.length === 0) return [none("No fault is to come.")];
  return [
    table(
      "Faults to come",
      ["Kind", "Method", "Path", "Requests", "Details"],
      all.map(({ kind, method = "every", path = "every", times, skip, ...more }) => [
        kind,
        method,
        code(path),
        skip > 0 ? `${times}, after ${skip}` : times,
        code(Object.keys(more).length === 0 ? "" : JSON.stringify(more)),
      ]),
    ),
  ];
}

/** Newest first. */
export function journal(entries) {
  if (entries.length === 0) return [none("No request yet.")];
  return [
    table(
      "Requests, newest first",
      ["Time", "Request", "Status", "From", "Note"],
      entries.map(({ at, method, path, status, client, edge, site, fault, note }) => {
        const tone = status === null || status >= 500 ? "bad" : status >= 400 ? "warn" : "good";
        const codeOf = edge?.edgeWorkerId === undefined ? "" : `EdgeWorker ${edge.edgeWorkerId}, `;
        const from =
          site !== undefined ? `a visitor, ${edge.network}` : edge ? `${codeOf}${edge.network}` : client;
        return [
          el("time", { datetime: at, title: time(Date.parse(at)) }, at.slice(11, 19)),
          code(`${method} ${site ?? ""}${path}`),
          el("span", { class: tone }, status ?? "none"),
          from ?? "refused",
          [fault && `fault: ${fault}`, note].filter(Boolean).join("; "),
        ];
      }),
    ),
  ];
}
