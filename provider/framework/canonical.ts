/**
 * Canonical JSON: the one text of a value, whatever the order of its members. The only place that orders
 * them.
 */
import { createHash } from "node:crypto";

export interface CanonicalOptions {
  /**
   * Keeps members that are null. In what an item holds, null is not the same as absent; in inputs it is.
   * Default: false.
   */
  readonly keepNull?: boolean;
}

/**
 * JSON with the members of every object in one order, so that equal values have equal texts. Takes plain JSON
 * values. Members that are undefined are left out, and so are null members unless `keepNull` is set.
 */
export function canonical(value: unknown, { keepNull = false }: CanonicalOptions = {}): string {
  return JSON.stringify(ordered(value, keepNull)) ?? "null";
}

function ordered(value: unknown, keepNull: boolean): unknown {
  if (Array.isArray(value)) return value.map((element) => ordered(element, keepNull));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(
    ([, member]) => member !== undefined && (keepNull || member !== null),
  );
  // By UTF-16 code units, not by a locale: state files keep this order, on every machine.
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, ordered(member, keepNull)]));
}

export function same(a: unknown, b: unknown): boolean {
  return canonical(a ?? null) === canonical(b ?? null);
}

/** The first `length` hexadecimal digits of the SHA-256 of a value. */
export function shortHash(value: unknown, length: number): string {
  return createHash("sha256").update(canonical(value)).digest("hex").slice(0, length);
}
