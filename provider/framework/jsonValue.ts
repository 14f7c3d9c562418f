/** JSON values whose numbers keep their digits, and their texts. */

/** A number by its digits: `9007199254740993` and `1.10` stay what they are. */
export class JsonNumber {
  constructor(readonly text: string) {}
}

export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonValue>;

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

/** The one text of a value: no white space, members in the order of their names by UTF-16 code units. */
export function canonicalText(value: JsonValue): string {
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = [...value].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalText(member)}`).join(",")}}`;
}

/** The text for people: a line for each member, in the order of the source, as `JSON.stringify` indents. */
export function indentedText(value: JsonValue, indent = ""): string {
  if (value instanceof JsonNumber) return value.text;
  const inner = `${indent}  `;
  const wrap = (open: string, parts: readonly string[], close: string) =>
    parts.length === 0
      ? open + close
      : `${open}\n${parts.map((part) => inner + part).join(",\n")}\n${indent}${close}`;
  if (Array.isArray(value))
    return wrap(
      "[",
      value.map((one) => indentedText(one, inner)),
      "]",
    );
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = [...value].map(
    ([name, member]) => `${JSON.stringify(name)}: ${indentedText(member, inner)}`,
  );
  return wrap("{", members, "}");
}

/** The value as plain JavaScript, for schemas: numbers lose the digits that JavaScript does not have. */
export function plainValue(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(plainValue);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries([...value].map(([name, member]) => [name, plainValue(member)]));
}

/** The first whole number that `plainValue` would make another one, and its path, such as `rules.behaviors.0.options.ttl`. */
export function changedNumber(
  value: JsonValue,
  path: readonly (string | number)[] = [],
): { readonly path: string; readonly text: string } | undefined {
  if (value instanceof JsonNumber) {
    const { text } = value;
    const isSame = !/^-?\d+$/.test(text) || BigInt(text) === BigInt(Number(text));
    return isSame ? undefined : { path: path.join("."), text };
  }
  const members: Iterable<readonly [string | number, JsonValue]> = Array.isArray(value)
    ? (value as readonly JsonValue[]).entries()
    : isJsonObject(value)
      ? value
      : [];
  for (const [name, member] of members) {
    const found = changedNumber(member, [...path, name]);
    if (found !== undefined) return found;
  }
  return undefined;
}
