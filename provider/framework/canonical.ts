import { createHash } from "node:crypto";

/** JSON with the members of every object in one order, so that equal values have equal texts. Members without a value are left out. */
export function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, member: unknown) => {
      if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
      const entries = Object.entries(member).filter(([, v]) => v !== undefined && v !== null);
      return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
    }) ?? "null"
  );
}

export function same(a: unknown, b: unknown): boolean {
  return canonical(a ?? null) === canonical(b ?? null);
}

/** The first `length` hexadecimal digits of the SHA-256 of a value. */
export function shortHash(value: unknown, length: number): string {
  return createHash("sha256").update(canonical(value)).digest("hex").slice(0, length);
}
