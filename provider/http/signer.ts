import EdgeGrid from "akamai-edgegrid";

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
  const edgeGrid = new EdgeGrid(clientToken, clientSecret, accessToken, `https://${host}`);
  // With AKAMAI_LOG_LEVEL in the user's shell it would print bodies, headers and the signing key on stdout.
  edgeGrid.enableLogging(false);
  return ({ method, url, body }) => {
    const signed = edgeGrid.auth({
      method,
      path: url.pathname + url.search,
      // Under this type only, the signer takes bytes as they are; of text it would count characters. The type is not part of the signature.
      headers: { "Content-Type": "application/gzip" },
      body: body === undefined ? "" : Buffer.from(body),
    });
    return signed.request.headers.Authorization;
  };
}
