import type { Bridge } from "./bridge";

const LEVELS = ["log", "debug", "info", "warn", "error", "trace"] as const;

function shown(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null) {
    if (value instanceof Error) return String(value);
    try {
      return JSON.stringify(value) ?? String(value);
    } catch {
      return String(value);
    }
  }
  return String(value);
}

/** A text with its placeholders filled: `%s %d %i %f %o %O %%`. What is left follows. */
export function formatted(format: unknown, values: readonly unknown[]): string {
  const rest = [...values];
  const text = shown(format).replace(/%([sdifoO%])/g, (placeholder, kind: string) => {
    if (kind === "%") return "%";
    if (rest.length === 0) return placeholder;
    const value = rest.shift();
    if (kind === "d") return String(Number(value));
    if (kind === "i") return String(Math.trunc(Number(value)));
    if (kind === "f") return String(Number(value));
    return kind === "s" && typeof value === "object" && value !== null ? String(value) : shown(value);
  });
  return [text, ...rest.map(shown)].join(" ");
}

/** The module `log`. */
export function logModule(bridge: Bridge): Record<string, unknown> {
  const logger: Record<string, unknown> = {};
  for (const level of LEVELS) {
    logger[level] = (format: unknown, ...values: unknown[]) =>
      bridge.log(level, formatted(format, values), String(new Error("log").stack));
  }
  return { logger: Object.freeze(logger) };
}
