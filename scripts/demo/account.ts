import got from "got";
import type { Emulator } from "../../emulator";
import { getInitialization, type Initialization } from "../../provider/api/edgekv/initialization";
import {
  findNamespace,
  type Namespace,
  type Network,
  updateRetention,
} from "../../provider/api/edgekv/namespaces";
import { findToken, listTokens, type Token } from "../../provider/api/edgekv/tokens";
import { readTokensFile } from "../../provider/api/edgekv/tokensFile";
import { findLive } from "../../provider/api/edgeworkers/activations";
import { listEdgeWorkers } from "../../provider/api/edgeworkers/ids";
import { downloadVersion } from "../../provider/api/edgeworkers/versions";
import { unpack } from "../../provider/bundle/files";
import { createHttpClient } from "../../provider/http/client";
import { realClock } from "../../provider/runtime/clock";
import { type Site, site } from "./site";

/** The account without Pulumi: what others change in it, and what it really holds. */
export interface Account {
  initialization(): Promise<Initialization>;
  namespace(network: Network, name: string): Promise<Namespace | undefined>;
  token(name: string): Promise<Token | undefined>;
  /** The EdgeWorkers and the access tokens that exist. */
  remaining(): Promise<string[]>;
  setRetention(network: Network, name: string, seconds: number): Promise<void>;
  readItem(network: Network, item: Item): Promise<string>;
  /** What the live code on a network would read from EdgeKV, with the tokens in its bundle. */
  readAsLiveCode(network: Network, edgeWorkerId: number, item: Item): Promise<LiveRead>;
  /** The same read with a token of one's own. */
  readWithToken(
    reference: string,
    network: Network,
    edgeWorkerId: number,
    item: Item,
  ): Promise<{ status: number; text: string }>;
  /** The property that others built and edit. */
  readonly site: Site;
  /** The requests since the journal was cleared that may have changed something, in their order. */
  changes(): string[];
  clearJournal(): void;
}

/** An item of EdgeKV. */
export interface Item {
  readonly namespace: string;
  readonly group: string;
  readonly key: string;
}

export interface LiveRead {
  readonly version: string;
  /** Of the token in the bundle. */
  readonly reference: string;
  readonly status: number;
  readonly text: string;
}

/** Milliseconds after which no replica of the demo's emulator is stale. */
const propagationMs = 800;

export function account(emulator: Emulator): Account {
  const http = createHttpClient({
    credentials: emulator.credentials(),
    certificateAuthority: emulator.ca,
    clock: realClock,
    random: Math.random,
  });
  // A read right after a change may be stale.
  const afterPropagation = () => realClock.sleep(propagationMs);
  /** As `edgekv.js` reads at the edge: unsigned, with a token in a header. */
  const readWithToken: Account["readWithToken"] = async (
    reference,
    network,
    edgeWorkerId,
    { namespace, group, key },
  ) => {
    const reply = await got(`${emulator.url}/api/v1/namespaces/${namespace}/groups/${group}/items/${key}`, {
      headers: {
        "x-akamai-edgedb-auth-ref": reference,
        "x-emulator-network": network,
        "x-emulator-edgeworker-id": String(edgeWorkerId),
      },
      https: { certificateAuthority: emulator.ca },
      throwHttpErrors: false,
    });
    return { status: reply.statusCode, text: reply.body };
  };
  return {
    initialization: () => getInitialization(http),
    async namespace(network, name) {
      await afterPropagation();
      return findNamespace(http, network, name);
    },
    async token(name) {
      await afterPropagation();
      const found = await findToken(http, name);
      return typeof found === "object" ? found : undefined;
    },
    async remaining() {
      await afterPropagation();
      const ids = (await listEdgeWorkers(http)).map(({ edgeWorkerId }) => `EdgeWorker ${edgeWorkerId}`);
      return [...ids, ...(await listTokens(http)).map(({ name }) => `access token ${name}`)];
    },
    async setRetention(network, name, seconds) {
      const live = await findNamespace(http, network, name);
      if (live === undefined) throw new Error(`there is no namespace ${name} on ${network}`);
      await updateRetention(http, network, live, seconds);
      await afterPropagation();
    },
    async readItem(network, { namespace, group, key }) {
      const path = `/edgekv/v1/networks/${network}/namespaces/${namespace}/groups/${group}/items/${key}`;
      return (await http.send({ method: "GET", path })).text;
    },
    readWithToken,
    async readAsLiveCode(network, edgeWorkerId, item) {
      await afterPropagation();
      const live = await findLive(http, edgeWorkerId, network);
      if (live === undefined)
        throw new Error(`no version of EdgeWorker ${edgeWorkerId} is live on ${network}`);
      const files = await unpack(await downloadVersion(http, edgeWorkerId, live.version), live.version);
      const tokens = readTokensFile(Buffer.from(files.get("edgekv_tokens.js") ?? "").toString("utf8"));
      const reference = tokens[item.namespace]?.reference ?? "";
      return {
        version: live.version,
        reference,
        ...(await readWithToken(reference, network, edgeWorkerId, item)),
      };
    },
    site: site(http),
    changes: () =>
      emulator
        .journal()
        .filter(({ method }) => method !== "GET")
        .map(({ method, path }) => `${method} ${path}`),
    clearJournal: () => emulator.clearJournal(),
  };
}
