import type { Account } from "../../account/account";
import { tierOf } from "../../edgeworkers/resourceTiers";
import { activationHistory } from "../../edgeworkers/state";
import { readArchive } from "../../edgeworkers/validation/archive";
import { liveVersion } from "../../property/activationProgress";
import type { Property, Version } from "../../property/state";
import { readPrimary } from "../../replication";
import type { Code } from "../runtime/code";
import type { EdgeNetwork } from "./messages";

/** The property version that answers for a hostname. */
export interface Site {
  readonly property: Property;
  readonly version: Version;
}

const networkName = (network: EdgeNetwork) => (network === "staging" ? "STAGING" : "PRODUCTION");

/** The site of a hostname: of the version that is live on the network now. */
export function siteOf(account: Account, network: EdgeNetwork, host: string, now: number): Site | undefined {
  for (const property of Object.values(account.property.properties)) {
    const live = liveVersion(property, networkName(network), now);
    const version = live === undefined ? undefined : property.versions[live - 1];
    if (version?.hostnames.some(({ cnameFrom }) => cnameFrom.toLowerCase() === host))
      return { property, version };
  }
  return undefined;
}

/** The hostnames that are live on a network. */
export function liveHostnames(account: Account, network: EdgeNetwork, now: number): string[] {
  return Object.values(account.property.properties).flatMap((property) => {
    const live = liveVersion(property, networkName(network), now);
    const version = live === undefined ? undefined : property.versions[live - 1];
    return (version?.hostnames ?? []).map(({ cnameFrom }) => cnameFrom);
  });
}

/** The code of EdgeWorkers, unpacked once. */
export class CodeStore {
  readonly #files = new Map<string, Promise<Record<string, string>>>();

  /** The code that is active on a network now. */
  async active(account: Account, network: EdgeNetwork, id: number, now: number): Promise<Code | undefined> {
    const of = account.edgeworkers.belongings[id];
    const edgeWorker = readPrimary(account.edgeworkers.ids[id]);
    if (of === undefined || edgeWorker === undefined) return undefined;
    const { active } = activationHistory(of, networkName(network), now);
    const stored = active === undefined ? undefined : readPrimary(of.versions[active.version]);
    if (stored === undefined) return undefined;
    const files = await this.#unpacked(stored.checksum, stored.content);
    return {
      edgeWorkerId: id,
      version: stored.version,
      checksum: stored.checksum,
      files,
      tier: tierOf(edgeWorker.resourceTierId),
    };
  }

  #unpacked(checksum: string, content: string): Promise<Record<string, string>> {
    const known = this.#files.get(checksum);
    if (known !== undefined) return known;
    const unpacking = readArchive(Buffer.from(content, "base64"), 100_000_000, 100_000_000).then((files) =>
      Object.fromEntries([...files].map(([name, { text }]) => [name.replace(/^\.\//, ""), text])),
    );
    this.#files.set(checksum, unpacking);
    if (this.#files.size > 100) this.#files.delete(this.#files.keys().next().value ?? "");
    return unpacking;
  }
}

/** The name and the log level of a bundle's manifest. */
export function manifestOf(code: Code): { readonly name: string; readonly logLevel: string | undefined } {
  try {
    const manifest = JSON.parse(code.files["bundle.json"] ?? "{}") as Record<string, unknown>;
    const { logging } = (manifest.config ?? {}) as { logging?: { level?: unknown } };
    return {
      name: typeof manifest.description === "string" ? manifest.description : "",
      logLevel: typeof logging?.level === "string" ? logging.level.toLowerCase() : undefined,
    };
  } catch {
    return { name: "", logLevel: undefined };
  }
}

/** The level of the log at the edge: of the last logging that has reached the network and is not over. */
export function logLevelOf(
  account: Account,
  network: EdgeNetwork,
  id: number,
  now: number,
): string | undefined {
  const { loggings = [] } = account.edgeworkers.belongings[id] ?? {};
  const last = loggings.findLast((one) => one.network === networkName(network) && one.endsAt <= now);
  if (last === undefined || (last.timeout !== undefined && Date.parse(last.timeout) <= now)) return undefined;
  return last.level.toLowerCase();
}

/** In the place of code that is not active: it has no files, so it does not start. */
export const unknownCode = (edgeWorkerId: number): Code => ({
  edgeWorkerId,
  version: "",
  checksum: "",
  files: {},
  tier: tierOf(200),
});
