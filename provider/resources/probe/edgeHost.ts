/** Which host a probe connects to. */
import { resolveCname } from "node:dns/promises";
import { isIP } from "node:net";
import { PreconditionError } from "../../errors";

export interface Target {
  readonly host: string;
  readonly port: number;
}

type Resolve = (hostname: string) => Promise<readonly string[]>;

const edgeDomain = /\.(edgesuite|edgekey|akamaized)(-staging)?\.net$/;
const maxAliases = 8;

/** The edge host of a network, found by the aliases of the site's hostname. */
export async function targetOf(
  url: URL,
  network: string,
  connectTo: string | undefined,
  resolve: Resolve = resolveCname,
): Promise<Target> {
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  if (connectTo !== undefined) {
    const [, host = "", given] = /^(.*?)(?::(\d+))?$/.exec(connectTo) ?? [];
    return { host: withoutBrackets(host), port: given === undefined ? port : Number(given) };
  }
  const hostname = withoutBrackets(url.hostname);
  if (isIP(hostname) !== 0 || hostname === "localhost" || hostname.endsWith(".localhost"))
    return { host: hostname.endsWith("localhost") ? "127.0.0.1" : hostname, port };
  return { host: await edgeHostOf(hostname, network, resolve), port };
}

async function edgeHostOf(hostname: string, network: string, resolve: Resolve): Promise<string> {
  let name = hostname;
  for (let aliases = 0; aliases <= maxAliases; aliases++) {
    if (edgeDomain.test(name))
      return name.replace(edgeDomain, (_all, domain: string) =>
        network === "staging" ? `.${domain}-staging.net` : `.${domain}.net`,
      );
    const [next] = await resolve(name).catch(() => []);
    if (next === undefined) break;
    name = next.toLowerCase().replace(/\.$/, "");
  }
  throw new PreconditionError(
    `the edge host of ${hostname} on ${network} can't be determined: DNS shows no alias to edgesuite.net, edgekey.net or akamaized.net. Set \`after.probe.connectTo\` to the host`,
  );
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}
