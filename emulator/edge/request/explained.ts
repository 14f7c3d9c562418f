import type { Parts } from "./context";
import { explain } from "./pipeline";

/** What the rules make of a URL: which matched and why. */
export function explained(
  parts: Parts,
  { url: given = "", network = "staging", method = "GET" }: Readonly<Record<string, string>>,
) {
  const url = URL.parse(given);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Error("url must be the URL of a site, such as https://www.example.com/path");
  if (network !== "staging" && network !== "production")
    throw new Error("network must be staging or production");
  const found = explain(parts, {
    network,
    kind: "CLIENT_REQ",
    scheme: url.protocol === "https:" ? "https" : "http",
    method,
    host: url.hostname,
    path: url.pathname,
    query: url.search.slice(1),
    headers: { host: [url.hostname] },
    clientIp: "127.0.0.1",
    body: Buffer.alloc(0),
  });
  if (found === undefined)
    throw new Error(`no property with the hostname ${url.hostname} is live on ${network}`);
  const { site, decision, explained: rules, undecided } = found;
  return {
    propertyName: site.property.propertyName,
    propertyVersion: site.version.propertyVersion,
    edgeWorker: decision?.edgeWorker ?? null,
    origin: decision?.origin?.hostname ?? null,
    responseOfRules: decision?.response?.status ?? null,
    ...(undecided !== undefined && { undecided }),
    rules,
  };
}
