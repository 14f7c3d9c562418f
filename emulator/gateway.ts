import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { HttpError, problem, type RequestFacts, type Response } from "./service";

/** The bytes of a POST body that a signature covers. */
const MAX_BODY = 131_072;
/** How far a timestamp may be from the machine's time, either way. */
const SKEW_SECONDS = 30;

export interface Credentials {
  readonly clientToken: string;
  readonly accessToken: string;
  readonly clientSecret: string;
}

export function createCredentials(): Credentials {
  const token = () => `akab-${randomBytes(8).toString("hex")}-${randomBytes(8).toString("hex")}`;
  return { clientToken: token(), accessToken: token(), clientSecret: randomBytes(32).toString("base64") };
}

const KINDS = {
  /** Authentication. */
  "pep-authn/deny": "Not authorized",
  /** Authorization. */
  "pep-authz/deny": "Forbidden",
  /** The API behind the gateway does not respond. */
  "resource-impl/forward-origin-error": undefined,
};

/** An error of the gateway before the API: its body has a shape of its own, without an error code. */
export class GatewayError extends HttpError {
  constructor(
    readonly status: number,
    readonly kind: keyof typeof KINDS,
    detail: string,
  ) {
    super(detail);
  }

  toResponse({ url, method, requestId, clientIp, serverIp }: RequestFacts): Response {
    return problem(this.status, {
      type: `https://problems.luna.akamaiapis.net/-/${this.kind}`,
      title: KINDS[this.kind] ?? STATUS_CODES[this.status],
      status: this.status,
      detail: this.message,
      instance: url,
      ...(this.kind === "pep-authz/deny" && { authzRealm: "emulator.realm" }),
      method,
      serverIp,
      clientIp,
      requestId,
      requestTime: new Date().toISOString(),
    });
  }
}

/** The gateway's own error for a status. */
export function gatewayErrorFor(status: number): GatewayError {
  if (status === 401) return notAuthorized("Inactive client token");
  if (status === 403) return notGranted();
  return new GatewayError(status, "resource-impl/forward-origin-error", STATUS_CODES[status] ?? "Unknown");
}

const notAuthorized = (detail: string) => new GatewayError(401, "pep-authn/deny", detail);
export const notGranted = () =>
  new GatewayError(403, "pep-authz/deny", "The client does not have the grant needed for the request");

/** The head of a request as it was sent. */
export interface SignedHead {
  readonly method: string;
  /** The `Host` header. */
  readonly host: string;
  /** Path and query. */
  readonly url: string;
  readonly authorization: string | undefined;
}

/** A request as it was sent: what a signature covers. */
export interface SignedRequest extends SignedHead {
  readonly body: Buffer;
}

/** Where used nonces stay when the process ends. */
export interface NonceStore {
  /** Digests of nonces, and when each expires. */
  load(): readonly (readonly [digest: string, until: number])[];
  add(digest: string, until: number): void;
}

/** The names that the certificate is for. A page on another name may lead here, and must get nothing. */
const OWN_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/** Whether a request names this machine. A name that somebody else's DNS leads here does not. */
export const isOwnHost = (host: string): boolean => OWN_HOST.test(host);
/** What code at the edge calls the data plane of EdgeKV. */
const EDGEKV_HOST = /^edgekv\.akamai-edge-svcs\.net(?::\d{1,5})?$/i;
/** Characters of a nonce. Akamai's clients send a UUID. */
const NONCE = /^[\x21-\x3a\x3c-\x7e]{1,128}$/;

/** Checks EdgeGrid signatures. Time is the machine's: other clients sign with that. */
export class Gateway {
  /** By the name of the client. */
  readonly credentials = new Map<string, Credentials>();
  /** Used nonces, and when they expire. */
  readonly #nonces: Map<string, number>;

  /** @param store keeps nonces over a restart, where the credentials are kept too */
  constructor(private readonly store?: NonceStore) {
    this.#nonces = new Map(store?.load());
  }

  /**
   * Checks all that the head of a request shows, before anything of its body is read. Without a part in the signature, that is the
   * signature too. Throws the gateway's error.
   */
  checkHead(head: SignedHead): void {
    const identified = this.#identify(head);
    if (head.method !== "POST") assertSignature({ ...head, body: Buffer.alloc(0) }, identified);
  }

  /** The name of the client that signed the request. Throws the gateway's error when the signature is not valid. */
  authenticate(request: SignedRequest): string {
    const identified = this.#identify(request);
    assertSignature(request, identified);
    if (!this.#isFresh(`${identified.clientToken} ${identified.nonce}`))
      throw notAuthorized("The nonce was used before");
    return identified.client;
  }

  /** Refuses a request without a signature to a name of somebody else. */
  assertOwnHost(host: string): void {
    if (!isOwnHost(host) && !EDGEKV_HOST.test(host)) throw notAuthorized("Invalid host");
  }

  #identify({ host, authorization }: SignedHead): Identified {
    if (!isOwnHost(host)) throw notAuthorized("Invalid host");
    if (authorization === undefined) throw notAuthorized("Missing authorization header");
    const fields = /^EG1-HMAC-SHA256 (.*;)signature=([^;]*)$/.exec(authorization);
    if (fields === null) throw notAuthorized("Invalid authorization header");
    const [, pairs = "", signature = ""] = fields;
    const given = new Map(
      pairs.split(";").map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
    );
    const field = (name: string) => given.get(name) ?? "";

    const found = [...this.credentials].find(([, { clientToken }]) => clientToken === field("client_token"));
    if (found === undefined) throw notAuthorized("Inactive client token");
    const [client, { accessToken, clientSecret }] = found;
    if (field("access_token") !== accessToken) throw notAuthorized("Invalid access token");
    const signedAt = timeOf(field("timestamp"));
    if (!(Math.abs(Date.now() - signedAt) <= SKEW_SECONDS * 1000)) throw notAuthorized("Invalid timestamp");
    const nonce = field("nonce");
    if (!NONCE.test(nonce)) throw notAuthorized("Invalid nonce");
    const prefix = authorization.slice(0, -`signature=${signature}`.length);
    const clientToken = field("client_token");
    return { client, clientToken, clientSecret, nonce, timestamp: field("timestamp"), prefix, signature };
  }

  #isFresh(nonce: string): boolean {
    const now = Date.now();
    for (const [old, until] of this.#nonces) {
      if (until > now) break;
      this.#nonces.delete(old);
    }
    const key = digest(nonce).toString("hex").slice(0, 32);
    if (this.#nonces.has(key)) return false;
    // An older request is rejected for its timestamp.
    const until = now + 2 * SKEW_SECONDS * 1000 + 1000;
    this.#nonces.set(key, until);
    this.store?.add(key, until);
    return true;
  }
}

/** What the header of a known client names. */
interface Identified {
  readonly client: string;
  readonly clientToken: string;
  readonly clientSecret: string;
  readonly nonce: string;
  readonly timestamp: string;
  /** The header up to its signature. */
  readonly prefix: string;
  readonly signature: string;
}

function assertSignature(
  request: SignedRequest,
  { prefix, timestamp, clientSecret, signature }: Identified,
): void {
  const expected = signatureOf(request, prefix, timestamp, clientSecret);
  if (!timingSafeEqual(digest(signature), digest(expected)))
    throw notAuthorized("The signature does not match");
}

/** Comparing digests takes the same time whatever was given, of whatever length. */
const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

const hmac = (text: string, key: string): string => createHmac("sha256", key).update(text).digest("base64");

function signatureOf(
  { method, host, url, body }: SignedRequest,
  prefix: string,
  timestamp: string,
  clientSecret: string,
): string {
  const bodyHash =
    method === "POST" && body.length > 0
      ? createHash("sha256").update(body.subarray(0, MAX_BODY)).digest("base64")
      : "";
  const signed = [method, "https", host, url, "", bodyHash, prefix].join("\t");
  return hmac(signed, hmac(timestamp, clientSecret));
}

/** Milliseconds of `yyyyMMddTHH:mm:ss+0000`; NaN for anything else. */
function timeOf(timestamp: string): number {
  const parts = /^(\d{4})(\d{2})(\d{2})T(\d{2}:\d{2}:\d{2})\+0000$/.exec(timestamp);
  return parts === null ? Number.NaN : Date.parse(`${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}Z`);
}
