import { generate } from "selfsigned";

export interface Certificate {
  /** PEM of the certificate, which is also what clients have to trust. */
  readonly cert: string;
  /** PEM of the private key. Stays in memory. */
  readonly key: string;
}

/**
 * A new certificate for `localhost`, `127.0.0.1` and `::1`, signed by itself. An authority of its own above it would be refused by
 * clients that verify strictly, as Python's do since 3.13: they want key identifiers in such a chain, which `selfsigned` cannot write.
 */
export async function createCertificate(): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    // An hour back: the clock of a container's host may be a little ahead of the client's.
    notBeforeDate: new Date(Date.now() - 3_600_000),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
          { type: 7, ip: "::1" },
        ],
      },
    ],
  });
  return { cert, key };
}

let shared: Promise<Certificate> | undefined;

/** The certificate of all emulators of this process that keep no directory: a client reads it once, however many it meets. */
export function sharedCertificate(): Promise<Certificate> {
  shared ??= createCertificate();
  return shared;
}
