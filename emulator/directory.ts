import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Credentials } from "./gateway";

/** The files of an emulator: `.edgerc`, `ca.pem`, and `state.json` when the state is kept. Only the user may read what is secret. */
export class Directory {
  readonly edgerc: string;
  readonly caFile: string;
  readonly #state: string;

  constructor(readonly path: string) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    this.edgerc = join(path, ".edgerc");
    this.caFile = join(path, "ca.pem");
    this.#state = join(path, "state.json");
  }

  writeCa(ca: string): void {
    replaceFile(this.caFile, ca, 0o644);
  }

  writeEdgerc(host: string, clients: Iterable<readonly [section: string, Credentials]>): void {
    const sections = [...clients].map(
      ([section, { clientToken, accessToken, clientSecret }]) =>
        `[${section}]\nclient_secret = ${clientSecret}\nhost = ${host}\naccess_token = ${accessToken}\nclient_token = ${clientToken}\n`,
    );
    replaceFile(this.edgerc, sections.join("\n"), 0o600);
  }

  /** The credentials of an earlier run, by section. */
  readEdgerc(): Map<string, Credentials> {
    const found = new Map<string, Credentials>();
    if (!existsSync(this.edgerc)) return found;
    for (const section of readFileSync(this.edgerc, "utf8").split(/^(?=\[)/m)) {
      const name = /^\[(.+)\]$/m.exec(section)?.[1];
      const value = (key: string) => new RegExp(`^${key} *= *(.+)$`, "m").exec(section)?.[1];
      const [clientToken, accessToken, clientSecret] = [value("client_token"), value("access_token"), value("client_secret")];
      if (name && clientToken && accessToken && clientSecret) found.set(name, { clientToken, accessToken, clientSecret });
    }
    return found;
  }

  readState(): unknown {
    return existsSync(this.#state) ? JSON.parse(readFileSync(this.#state, "utf8")) : undefined;
  }

  writeState(state: unknown): void {
    replaceFile(this.#state, JSON.stringify(state), 0o600);
  }
}

/** Never half written, and never readable by others, not even for a moment. */
function replaceFile(path: string, text: string, mode: number): void {
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, text, { mode });
  chmodSync(draft, mode);
  renameSync(draft, path);
}
