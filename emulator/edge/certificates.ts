import { createSecureContext, type SecureContext } from "node:tls";
import { generate } from "selfsigned";

const HOUR = 3_600_000;

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** An authority for the hostnames of sites. Its key stays in memory. */
export class SiteCertificates {
  readonly #pairs = new Map<string, Promise<Pair>>();

  private constructor(
    /** PEM that clients of a site trust. */
    readonly ca: string,
    private readonly key: string,
  ) {}

  static async create(): Promise<SiteCertificates> {
    const { cert, private: key } = await generate(
      [{ name: "commonName", value: "Akamai emulator: local edge" }],
      {
        keyType: "ec",
        curve: "P-256",
        algorithm: "sha256",
        notBeforeDate: new Date(Date.now() - HOUR),
        extensions: [
          { name: "basicConstraints", cA: true, critical: true },
          { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
        ],
      },
    );
    return new SiteCertificates(cert, key);
  }

  /** The certificate of a hostname, made when a client asks for it first. */
  async contextFor(hostname: string): Promise<SecureContext> {
    return createSecureContext(await this.optionsFor(hostname));
  }

  optionsFor(hostname: string): Promise<Pair> {
    const known = this.#pairs.get(hostname);
    if (known !== undefined) return known;
    const made = this.#make(hostname);
    this.#pairs.set(hostname, made);
    if (this.#pairs.size > 200) this.#pairs.delete(this.#pairs.keys().next().value ?? "");
    return made;
  }

  async #make(hostname: string): Promise<Pair> {
    const { cert, private: key } = await generate([{ name: "commonName", value: hostname.slice(0, 64) }], {
      keyType: "ec",
      curve: "P-256",
      algorithm: "sha256",
      notBeforeDate: new Date(Date.now() - HOUR),
      ca: { cert: this.ca, key: this.key },
      extensions: [
        { name: "basicConstraints", cA: false, critical: true },
        { name: "keyUsage", digitalSignature: true, critical: true },
        { name: "extKeyUsage", serverAuth: true },
        {
          name: "subjectAltName",
          altNames: [
            { type: 2, value: hostname },
            { type: 2, value: "localhost" },
            { type: 7, ip: "127.0.0.1" },
            { type: 7, ip: "::1" },
          ],
        },
      ],
    });
    return { cert: `${cert}\n${this.ca}`, key };
  }
}
