import type { Emulator } from "../../emulator";
import { getInitialization, type Initialization } from "../../provider/api/edgekv/initialization";
import { findNamespace, type Namespace, type Network, updateRetention } from "../../provider/api/edgekv/namespaces";
import { findToken, type Token } from "../../provider/api/edgekv/tokens";
import { realClock } from "../../provider/core/clock";
import { connect } from "../../provider/transport/client";

/** The account seen past Pulumi: what somebody does behind its back, and what is really there. */
export interface Account {
  initialization(): Promise<Initialization>;
  namespace(network: Network, name: string): Promise<Namespace | undefined>;
  token(name: string): Promise<Token | undefined>;
  setRetention(network: Network, name: string, seconds: number): Promise<void>;
  writeItem(network: Network, namespace: string, group: string, key: string, value: string): Promise<void>;
  readItem(network: Network, namespace: string, group: string, key: string): Promise<string>;
  /** The requests since the journal was forgotten that may have changed something, in their order. */
  changes(): string[];
  forgetJournal(): void;
}

const settles = 1500;

export function account(emulator: Emulator): Account {
  const http = connect({ credentials: emulator.credentials(), certificateAuthority: emulator.ca, clock: realClock, random: Math.random });
  // Servers lag: what is asked right after a change may be answered from before it.
  const later = () => realClock.sleep(settles);
  const item = (network: Network, namespace: string, group: string, key: string) =>
    `/edgekv/v1/networks/${network}/namespaces/${namespace}/groups/${group}/items/${key}`;
  return {
    initialization: () => getInitialization(http),
    async namespace(network, name) {
      await later();
      return findNamespace(http, network, name);
    },
    async token(name) {
      await later();
      const found = await findToken(http, name);
      return typeof found === "object" ? found : undefined;
    },
    async setRetention(network, name, seconds) {
      const live = await findNamespace(http, network, name);
      if (live === undefined) throw new Error(`there is no namespace ${name} on ${network}`);
      await updateRetention(http, network, live, seconds);
      await later();
    },
    async writeItem(network, namespace, group, key, value) {
      await http.send({ method: "PUT", path: item(network, namespace, group, key), raw: { contentType: "text/plain", bytes: value } });
      await later();
    },
    async readItem(network, namespace, group, key) {
      return (await http.send({ method: "GET", path: item(network, namespace, group, key) })).text;
    },
    changes: () =>
      emulator
        .journal()
        .filter(({ method }) => method !== "GET")
        .map(({ method, path }) => `${method} ${path}`),
    forgetJournal: () => emulator.clearJournal(),
  };
}
