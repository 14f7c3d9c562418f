/** Which proxy the environment names for a host, as curl reads it: HTTPS_PROXY, ALL_PROXY and NO_PROXY, in capitals or not. Pure. */
import { ConfigError } from "./values";

/** The proxy for the host of the credentials. */
export interface ProxySetting {
  /** The variable that names it. */
  readonly variable: string;
  /** Without credentials. */
  readonly address: string;
  /** The value of `Proxy-Authorization`. */
  readonly authorization?: string;
}

/** In the order in which they count. */
const proxyVariables = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] as const;
const noProxyVariables = ["no_proxy", "NO_PROXY"] as const;

/** @param host with or without a port, such as `akab-….luna.akamaiapis.net` or `[::1]:8443` */
export function proxyFor(host: string, env: (name: string) => string | undefined): ProxySetting | undefined {
  const variable = proxyVariables.find((name) => env(name) !== undefined);
  const value = variable === undefined ? undefined : env(variable);
  if (variable === undefined || value === undefined) return undefined;
  const exceptions = noProxyVariables.map(env).find((list) => list !== undefined);
  return isExcepted(host, exceptions ?? "") ? undefined : parseProxy(variable, value);
}

/** The value may hold a password: no message shows it. */
function parseProxy(variable: string, value: string): ProxySetting {
  // Without a scheme it is a plain proxy, as for curl.
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === "")
    throw new ConfigError(
      `${variable} is no address of a proxy: it must be http://<proxy>:<port>, with <user>:<password>@ before the proxy where it asks for them.`,
    );
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new ConfigError(
      `${variable} names a proxy of the kind ${url.protocol}//, which can't be used: it must be http:// or https://. NO_PROXY lists hosts that need no proxy.`,
    );
  const address = `${url.protocol}//${url.host}`;
  if (url.username === "" && url.password === "") return { variable, address };
  const [user, password] = [url.username, url.password].map((part) => decoded(variable, part));
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  return { variable, address, authorization };
}

function decoded(variable: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ConfigError(
      `${variable} has a user or a password that can't be decoded: write a % in it as %25.`,
    );
  }
}

/**
 * Whether NO_PROXY lists the host: `*`, a name with all names below it (`example.com`, `.example.com`, `*.example.com`), an address, or a block
 * of IPv4 addresses (`10.0.0.0/8`); each with a port where only that port is meant.
 */
export function isExcepted(host: string, list: string): boolean {
  const { name, port = "443" } = split(host.toLowerCase());
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      if (entry === "*") return true;
      if (entry.includes("/")) return isInBlock(name, entry);
      const wanted = split(entry);
      if (wanted.port !== undefined && wanted.port !== port) return false;
      const suffix = wanted.name.replace(/^\*?\.?/, "");
      return suffix !== "" && (name === suffix || name.endsWith(`.${suffix}`));
    });
}

/** A name or an address without brackets, and its port. */
function split(host: string): { readonly name: string; readonly port?: string | undefined } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(host) ?? [];
  // Several colons without brackets: an IPv6 address.
  return { name: bracketed ?? plain ?? host, port };
}

function isInBlock(name: string, block: string): boolean {
  const [base = "", bits = ""] = block.split("/");
  const [address, first] = [numberOf(name), numberOf(base)];
  const size = Number(bits);
  if (address === undefined || first === undefined || !/^\d+$/.test(bits) || size > 32) return false;
  const width = 2 ** (32 - size);
  return Math.floor(address / width) === Math.floor(first / width);
}

/** An IPv4 address as a number. */
function numberOf(address: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number);
  return parts?.every((part) => part < 256) ? parts.reduce((sum, part) => sum * 256 + part, 0) : undefined;
}
