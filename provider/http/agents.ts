/**
 * The agent that makes connections: to the service, or through a proxy by CONNECT. TLS is between here and the service in both cases, and
 * always verified: a proxy sees the host's name, and nothing else.
 */
import { readFileSync } from "node:fs";
import type { ClientRequest } from "node:http";
import { Agent } from "node:https";
import type { Socket } from "node:net";
import * as tls from "node:tls";
import { HttpsProxyAgent } from "https-proxy-agent";
import { ProxyError } from "./failure";

/** The proxy that the environment names for the host. */
export interface ProxyServer {
  /** The variable that names it, such as `HTTPS_PROXY`. */
  readonly variable: string;
  /** Its address without credentials, such as `http://proxy.example.com:3128`. */
  readonly address: string;
  /** The value of `Proxy-Authorization`. */
  readonly authorization?: string | undefined;
}

/** Milliseconds until a proxy that doesn't answer is given up. */
const proxyTimeoutMs = 15_000;

/** Contexts by the authority that they trust in addition. Reading all public authorities takes a tenth of a second. */
const secureContexts = new Map<string, tls.SecureContext>();

function secureContextFor(authority: string): tls.SecureContext {
  const context =
    secureContexts.get(authority) ?? tls.createSecureContext({ ca: [...trustedAuthorities(), authority] });
  secureContexts.set(authority, context);
  return context;
}

/** Keeps connections and reuses them. Certificates are read once here; as an option of each request they would be compared each time. */
export function createAgent(authority: string | undefined, proxy: ProxyServer | undefined): Agent {
  const secureContext = authority === undefined ? undefined : secureContextFor(authority);
  const trusted = { rejectUnauthorized: true, ...(secureContext === undefined ? {} : { secureContext }) };
  if (proxy === undefined) return new Agent({ keepAlive: true, ...trusted });
  // It extends http.Agent only, and serves https all the same.
  return new TunnelAgent(proxy, trusted) as unknown as Agent;
}

/** What Node.js trusts by itself: with its own list of authorities, a context knows nothing of NODE_EXTRA_CA_CERTS. */
function trustedAuthorities(): readonly string[] {
  // Node.js 22.12 to 22.14 lack the function.
  const { getCACertificates } = tls as Partial<typeof tls>;
  if (getCACertificates !== undefined) return getCACertificates("default");
  const extra = process.env.NODE_EXTRA_CA_CERTS;
  return [...tls.rootCertificates, ...(extra ? [readFileSync(extra, "utf8")] : [])];
}

type ConnectOptions = Parameters<HttpsProxyAgent<string>["connect"]>[1];

/** A proxy that gives no tunnel is an error. The library alone would pass its answer on, as if the service had sent it. */
class TunnelAgent extends HttpsProxyAgent<string> {
  constructor(
    private readonly named: ProxyServer,
    private readonly trusted: tls.ConnectionOptions,
  ) {
    const { address, authorization } = named;
    // The library's own log prints the address: credentials go another way.
    super(address, {
      ...trusted,
      keepAlive: true,
      headers: authorization === undefined ? {} : { "Proxy-Authorization": authorization },
    });
  }

  override async connect(request: ClientRequest, options: ConnectOptions): Promise<Socket> {
    const host = String(options.host);
    let status: number | undefined;
    request.once("proxyConnect", (answer: { statusCode: number }) => {
      status = answer.statusCode;
    });
    const checked = {
      ...options,
      ...this.trusted,
      checkServerIdentity: (_name: string, certificate: tls.PeerCertificate) =>
        tls.checkServerIdentity(host, certificate),
    };
    let socket: Socket;
    try {
      socket = await withinTime(super.connect(request, checked as ConnectOptions), proxyTimeoutMs);
    } catch (error) {
      throw noAnswer(this.named, error);
    }
    if (status === 200) return socket;
    socket.destroy();
    throw refusal(this.named, `${host}:${options.port}`, status);
  }
}

function noAnswer({ variable, address }: ProxyServer, error: unknown): ProxyError {
  const why = (error as { message?: unknown }).message ?? error;
  return new ProxyError(
    `the proxy ${address} does not answer: ${why}`,
    false,
    `Check ${variable}, which names the proxy, and the network. NO_PROXY lists hosts that need no proxy.`,
  );
}

function refusal({ variable, address }: ProxyServer, host: string, status: number | undefined): ProxyError {
  const isFinal = status === undefined || status < 500;
  const hint =
    status === 407
      ? `Put the user and the password of the proxy into ${variable}: http://<user>:<password>@<proxy>, with special characters percent-encoded.`
      : isFinal
        ? `Ask for ${host} to be allowed there, check ${variable}, or list the host in NO_PROXY.`
        : `The proxy may not be able to reach the host. Check the host and ${variable}.`;
  return new ProxyError(
    `the proxy ${address} refused the connection to ${host} with ${status}`,
    isFinal,
    hint,
  );
}

function withinTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`nothing came for ${milliseconds / 1000} s`)),
      milliseconds,
    );
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
