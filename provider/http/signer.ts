import { dirname, join } from "node:path";

/** The part of akamai-edgegrid that signs: it puts `Authorization` into the headers. */
interface Signing {
  generateAuth(
    request: { method: string; path: string; headers: Record<string, string>; body: string | Uint8Array },
    clientToken: string,
    clientSecret: string,
    accessToken: string,
    host: string,
  ): { readonly headers: { readonly Authorization: string } };
}

/** The rest of the library is a client of its own, which is never used and takes longer to load than all of this package. */
const folder = join(dirname(require.resolve("akamai-edgegrid")), "src");
const signing = require(join(folder, "auth.js")) as Signing;
const logger = require(join(folder, "logger.js")) as { enableLogging(on: boolean): void };

export interface Credentials {
  readonly host: string;
  readonly clientToken: string;
  readonly accessToken: string;
  readonly clientSecret: string;
}

export interface UnsignedRequest {
  readonly method: string;
  readonly url: URL;
  readonly body: string | Uint8Array | undefined;
}

/** Makes the `authorization` header of EdgeGrid. A signature holds a time and a nonce: make a new one for each attempt. */
export function createSigner({
  host,
  clientToken,
  clientSecret,
  accessToken,
}: Credentials): (request: UnsignedRequest) => string {
  // With AKAMAI_LOG_LEVEL in the user's shell it would print bodies, headers and the signing key on stdout.
  logger.enableLogging(false);
  return ({ method, url, body }) => {
    const request = {
      method,
      path: url.pathname + url.search,
      // Under this type only, the signer takes bytes as they are; of text it would count characters. The type is not part of the signature.
      headers: { "Content-Type": "application/gzip" },
      body: body === undefined ? "" : Buffer.from(body),
    };
    const { headers } = signing.generateAuth(
      request,
      clientToken,
      clientSecret,
      accessToken,
      `https://${host}`,
    );
    return headers.Authorization;
  };
}
