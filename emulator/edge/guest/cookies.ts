type Coder = (text: string) => string;

/** The cookies of a request. */
export class Cookies {
  #all: { readonly name: string; readonly value: string; readonly text: string }[] = [];

  constructor(header?: string | string[] | null, options?: { decode?: Coder }) {
    const decode = coderOf(options?.decode, decoded);
    const lines = Array.isArray(header) ? header : header === undefined || header === null ? [] : [header];
    for (const pair of lines.flatMap((line) => String(line).split(";"))) {
      const at = pair.indexOf("=");
      const name = (at < 0 ? pair : pair.slice(0, at)).trim();
      if (name === "") continue;
      const text = at < 0 ? "" : pair.slice(at + 1).trim();
      this.#all.push({ name, value: decode(unquoted(text)), text });
    }
  }

  get(name: string): string | undefined {
    return this.#all.find((one) => one.name === String(name))?.value;
  }

  getAll(name: string): string[] {
    return this.#all.filter((one) => one.name === String(name)).map(({ value }) => value);
  }

  names(): string[] {
    return [...new Set(this.#all.map(({ name }) => name))];
  }

  add(name: string, value: string): void {
    this.#all.push({ name: String(name), value: String(value), text: encodeURIComponent(String(value)) });
  }

  delete(name: string): void {
    this.#all = this.#all.filter((one) => one.name !== String(name));
  }

  /** What the request had stays as it was sent, but where `options` encodes. */
  toHeader(options?: { encode?: Coder }): string {
    const encode = options?.encode;
    const isGiven = typeof encode === "function";
    return this.#all
      .map(({ name, value, text }) => `${name}=${isGiven ? String(encode(value)) : text}`)
      .join("; ");
  }
}

const coderOf = (given: unknown, otherwise: Coder): Coder =>
  typeof given === "function" ? (text) => String((given as Coder)(text)) : otherwise;

const unquoted = (text: string): string => /^"(.*)"$/.exec(text)?.[1] ?? text;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

interface SetCookieOptions {
  name?: string;
  value?: string;
  maxAge?: number;
  domain?: string;
  path?: string;
  expires?: { toUTCString(): string };
  httpOnly?: boolean;
  secure?: boolean;
  sameSite?: string | true;
}

/** A cookie of a response. */
export class SetCookie {
  name: string | undefined;
  value: string | undefined;
  maxAge: number | undefined;
  domain: string | undefined;
  path: string | undefined;
  expires: { toUTCString(): string } | undefined;
  httpOnly: boolean | undefined;
  secure: boolean | undefined;
  sameSite: string | true | undefined;
  readonly #encode: Coder;

  constructor(given: SetCookieOptions | string = {}, options?: { encode?: Coder; decode?: Coder }) {
    this.#encode = coderOf(options?.encode, encodeURIComponent);
    const { name, value, maxAge, domain, path, expires, httpOnly, secure, sameSite } =
      typeof given === "string" ? parsed(given, coderOf(options?.decode, decoded)) : (given ?? {});
    this.name = name;
    this.value = value;
    this.maxAge = maxAge;
    this.domain = domain;
    this.path = path;
    this.expires = expires;
    this.httpOnly = httpOnly;
    this.secure = secure;
    this.sameSite = sameSite;
  }

  toHeader(options?: { encode?: Coder }): string {
    const encode = coderOf(options?.encode, this.#encode);
    const { name, value, maxAge, domain, path, expires, httpOnly, secure, sameSite } = this;
    if (!name) throw new TypeError("A cookie needs a name");
    const parts = [`${name}=${encode(String(value ?? ""))}`];
    if (expires) parts.push(`Expires=${expires.toUTCString()}`);
    if (maxAge !== undefined && maxAge !== null) parts.push(`Max-Age=${Math.floor(Number(maxAge))}`);
    if (domain) parts.push(`Domain=${domain}`);
    if (path) parts.push(`Path=${path}`);
    if (secure) parts.push("Secure");
    if (httpOnly) parts.push("HttpOnly");
    if (sameSite) parts.push(`SameSite=${sameSite === true ? "Strict" : sameSite}`);
    return parts.join("; ");
  }
}

/** The options of a `Set-Cookie` header. */
function parsed(header: string, decode: Coder): SetCookieOptions {
  const [first = "", ...attributes] = header.split(";");
  const at = first.indexOf("=");
  const options: SetCookieOptions = {
    name: first.slice(0, Math.max(0, at)).trim(),
    value: decode(first.slice(at + 1).trim()),
  };
  for (const attribute of attributes) {
    const [key = "", value = ""] = attribute.split(/=(.*)/s).map((text) => text.trim());
    const name = key.toLowerCase();
    if (name === "max-age") options.maxAge = Number(value);
    if (name === "domain") options.domain = value;
    if (name === "path") options.path = value;
    if (name === "expires") options.expires = new Date(value);
    if (name === "httponly") options.httpOnly = true;
    if (name === "secure") options.secure = true;
    if (name === "samesite") options.sameSite = value;
  }
  return options;
}
