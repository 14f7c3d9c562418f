import type { Route } from "../runtime/protocol";
import type { Exchange } from "./context";

/** The cache key as Akamai shows it, of the path and query that the code routes to. Nothing is cached here. */
export function cacheKeyOf(
  { incoming, decision, conditions, facts }: Exchange,
  changes: readonly string[],
  route: Route = {},
): string {
  const path = route.path ?? incoming.path;
  const queryString = (route.query ?? incoming.query).replace(/^\?/, "");
  const host = decision.origin?.hostname ?? incoming.host;
  const argumentsOf = named(changes, "argument");
  const kept = new URLSearchParams(queryString);
  if (argumentsOf.length > 0)
    for (const name of [...kept.keys()]) if (!argumentsOf.includes(name)) kept.delete(name);
  const isExcluded = argumentsOf.length === 0 && changes.includes("excludeQuery");
  const query = argumentsOf.length > 0 ? kept.toString() : isExcluded ? "" : queryString;
  const cookies = (conditions.headers.cookie ?? [])
    .flatMap((line) => line.split(";"))
    .map((pair) => pair.trim());
  const parts = [
    ...named(changes, "cookie").flatMap((name) => cookies.filter((pair) => pair.startsWith(`${name}=`))),
    ...named(changes, "header").map((name) => `${name}=${(conditions.headers[name] ?? []).join(",")}`),
    ...named(changes, "variable").map((name) => `${name}=${facts.variables[name] ?? ""}`),
  ];
  const id = parts.length === 0 ? "" : ` cid=${parts.map((part) => `_${part}_`).join("")}`;
  return `/L/${host}${path}${query === "" ? "" : `?${query}`}${id}`;
}

const named = (changes: readonly string[], kind: string): string[] =>
  changes.flatMap((change) => (change.startsWith(`${kind}=`) ? [change.slice(kind.length + 1)] : []));
