/** Headers of a request or a response: names in any case, values in order. */
export type HeaderLists = Record<string, string[]>;

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a value may not have
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/;
/** Headers of Akamai's own. */
const RESERVED = /^(?:x-ak|akamai-)/;

export function checkedName(name: unknown): string {
  const text = String(name);
  if (!NAME.test(text)) throw new TypeError(`Invalid header name: "${text}"`);
  return text.toLowerCase();
}

/** One value or several, as a list of strings. */
export function checkedValues(value: unknown): string[] {
  const values = Array.isArray(value) ? value.map(String) : [String(value)];
  for (const one of values) if (CONTROL.test(one)) throw new TypeError("Invalid character in a header value");
  return values;
}

/** The lists of an object of headers. */
export function listsOf(headers: unknown): HeaderLists {
  const lists: HeaderLists = {};
  for (const [name, value] of Object.entries((headers ?? {}) as Record<string, unknown>)) {
    if (value === undefined || value === null) continue;
    const key = checkedName(name);
    lists[key] = [...(lists[key] ?? []), ...checkedValues(value)];
  }
  return lists;
}

export const readsHeaders = (lists: HeaderLists) => ({
  getHeader(name: string): string[] | undefined {
    const key = String(name).toLowerCase();
    return Object.hasOwn(lists, key) ? [...(lists[key] ?? [])] : undefined;
  },
  getHeaders(): HeaderLists {
    return Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, [...values]]));
  },
});

export const writesHeaders = (lists: HeaderLists) => {
  const writable = (name: unknown): string => {
    const key = checkedName(name);
    if (RESERVED.test(key)) throw new TypeError(`Header ${key} can't be changed`);
    return key;
  };
  // Published code sets a header without a value, and is answered.
  return {
    setHeader(name: string, value: unknown): void {
      if (value === undefined) return;
      lists[writable(name)] = checkedValues(value);
    },
    addHeader(name: string, value: unknown): void {
      if (value === undefined) return;
      const key = writable(name);
      lists[key] = [...(lists[key] ?? []), ...checkedValues(value)];
    },
    removeHeader(name: string): void {
      delete lists[writable(name)];
    },
  };
};
