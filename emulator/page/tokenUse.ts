import type { Account } from "../account/account";
import type { Token } from "../edgekv/state";
import { activationHistory, NETWORKS } from "../edgeworkers/state";
import { readArchive } from "../edgeworkers/validation/archive";
import { readPrimary } from "../replication";
import type { TokenUser } from "./overview";

const TOKENS_FILE = /(?:^|\/)edgekv_tokens\.js$/;
/** Bundles whose text is kept. */
const KEPT = 100;
const UNPACKED_BYTES = 100_000_000;

/** Which live code holds which token. Bundles are unpacked once. */
export class TokenUse {
  readonly #texts = new Map<string, Promise<string>>();

  /** The live versions whose tokens file has a token, as a function of the token. */
  async users(account: Account, now: number): Promise<(token: Token) => readonly TokenUser[]> {
    const live = Object.entries(account.edgeworkers.belongings).flatMap(([id, of]) =>
      NETWORKS.flatMap((network) => {
        const version = activationHistory(of, network, now).active?.version;
        const stored = version === undefined ? undefined : readPrimary(of.versions[version]);
        return stored === undefined ? [] : [{ id, network, stored }];
      }),
    );
    const holders = await Promise.all(
      live.map(async ({ id, network, stored }) => ({
        text: await this.#tokensText(stored.checksum, stored.content),
        user: {
          edgeWorkerId: Number(id),
          version: stored.version,
          network: network === "STAGING" ? ("staging" as const) : ("production" as const),
        },
      })),
    );
    return ({ uuid, value }) =>
      holders.filter(({ text }) => text.includes(value ?? uuid)).map(({ user }) => user);
  }

  #tokensText(checksum: string, content: string): Promise<string> {
    const known = this.#texts.get(checksum);
    if (known !== undefined) return known;
    const reading = readArchive(Buffer.from(content, "base64"), UNPACKED_BYTES, UNPACKED_BYTES).then(
      (files) => [...files].flatMap(([name, { text }]) => (TOKENS_FILE.test(name) ? [text] : [])).join("\n"),
      () => "",
    );
    this.#texts.set(checksum, reading);
    if (this.#texts.size > KEPT) this.#texts.delete(this.#texts.keys().next().value ?? "");
    return reading;
  }
}
