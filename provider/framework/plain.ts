/**
 * Values as JSON has them: without `undefined`, at any depth. Pulumi can't transport it. Texts are not copied: those of a state may
 * take megabytes.
 */
export function plain(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return plainValue(values) as Record<string, unknown>;
}

/** As by JSON.parse(JSON.stringify()). */
function plainValue(value: unknown): unknown {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return Array.from(value as unknown[], (entry) => plainValue(entry) ?? null);
  if (isRecord(value))
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, member]) => {
        const copy = plainValue(member);
        return copy === undefined ? [] : [[name, copy]];
      }),
    );
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? undefined : JSON.parse(text);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || "toJSON" in value) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
