import { checkedName, type HeaderLists, listsOf, readsHeaders, writesHeaders } from "./headers";

/** The data that an event begins with. */
export interface RequestInput {
  method: string;
  scheme: string;
  host: string;
  path: string;
  query: string;
  headers: HeaderLists;
  clientIp: string;
  cpCode: number;
  userLocation: object | null;
  device: object | null;
  variables: Record<string, string>;
}

/** What an event has changed, in the making. */
export interface Changes {
  variables: Record<string, string>;
  cacheKey: string[];
  respondWith?: object;
  route?: object;
}

const VARIABLE = /^PMUSER_[A-Z0-9_]+$/;
const VARIABLE_CHARACTERS = 1024;
const BODY_CHARACTERS = 16_384;

const readOnly = <T extends object>(members: T): T => {
  const target = {} as T;
  for (const [name, value] of Object.entries(members))
    Object.defineProperty(target, name, { value, enumerable: true });
  return target;
};

export const facts = (input: RequestInput) => {
  const { method, scheme, host, path, query, clientIp, cpCode } = input;
  return readOnly({
    method,
    scheme,
    host,
    path,
    query,
    url: query === "" ? path : `${path}?${query}`,
    clientIp,
    cpCode,
    userLocation: input.userLocation === null ? undefined : Object.freeze(input.userLocation),
    device: input.device === null ? undefined : Object.freeze(input.device),
    sandboxId: undefined,
  });
};

export const getsVariables = (variables: Record<string, string>) => ({
  getVariable(name: string): string | undefined {
    return Object.hasOwn(variables, name) ? variables[name] : undefined;
  },
});

export const setsVariables = (input: RequestInput, changes: Changes) => {
  let characters = 0;
  return {
    setVariable(name: string, value: unknown): void {
      const key = String(name);
      if (!VARIABLE.test(key))
        throw new TypeError(`Invalid variable name "${key}": it must start with PMUSER_ and be upper case`);
      const text = String(value);
      characters += key.length + text.length;
      if (characters > VARIABLE_CHARACTERS)
        throw new RangeError(`The variables of an event have more than ${VARIABLE_CHARACTERS} characters`);
      input.variables[key] = text;
      changes.variables[key] = text;
    },
  };
};

export const responds = (changes: Changes) => ({
  respondWith(status: number, headers: object, body: unknown, denyReason?: string): void {
    changes.respondWith = {
      status: checkedStatus(status),
      headers: listsOf(headers),
      body: checkedBody(body),
      ...(denyReason !== undefined && { denyReason: String(denyReason) }),
    };
  },
  wasTerminated: (): boolean => changes.respondWith !== undefined,
});

export function checkedStatus(status: unknown): number {
  const value = Number(status);
  if (!Number.isInteger(value) || value < 200 || value > 599)
    throw new RangeError(`Invalid status ${String(status)}: it must be from 200 to 599`);
  return value;
}

function checkedBody(body: unknown): string {
  const text = body === undefined || body === null ? "" : String(body);
  if (text.length > BODY_CHARACTERS)
    throw new RangeError(`The body of respondWith has more than ${BODY_CHARACTERS} characters`);
  return text;
}

export const routes = (changes: Changes) => ({
  route(destination: unknown): void {
    if (typeof destination !== "object" || destination === null)
      throw new TypeError("route needs an object with origin, path or query");
    // A member without a value is one that changes nothing: code writes { query } when there may be none.
    if (!["origin", "path", "query"].some((name) => name in destination))
      throw new TypeError("route needs at least one of origin, path, query");
    const { origin, path, query } = destination as Record<string, unknown>;
    // What an earlier call said of another member stays: code routes the query here, and the origin there.
    changes.route = {
      ...changes.route,
      ...(origin !== undefined && { origin: String(origin) }),
      ...(path !== undefined && { path: String(path) }),
      ...(query !== undefined && { query: String(query) }),
    };
  },
});

export const keysCache = (changes: Changes) => {
  const add = (kind: string) => (name: unknown) => {
    changes.cacheKey.push(`${kind}=${kind === "header" ? checkedName(name) : String(name)}`);
  };
  return readOnly({
    cacheKey: readOnly({
      excludeQueryString: () => void changes.cacheKey.push("excludeQuery"),
      includeQueryString: () => void changes.cacheKey.push("includeQuery"),
      includeQueryArgument: add("argument"),
      includeCookie: add("cookie"),
      includeHeader: add("header"),
      includeVariable: add("variable"),
    }),
  });
};

/** Joins members. Properties that can't be written stay so. */
export function joined(...parts: object[]): object {
  const target = {};
  for (const part of parts) Object.defineProperties(target, Object.getOwnPropertyDescriptors(part));
  return target;
}

export { listsOf, readsHeaders, writesHeaders };
