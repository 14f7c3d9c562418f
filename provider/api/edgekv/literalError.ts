import type { AnyNode } from "acorn";

/** What is no literal, or no module at all. Messages name lines, and nothing of the values: they are secret. */
export class LiteralError extends Error {
  override readonly name = "LiteralError";
}

/** Characters of a text that is put together. */
const maxLength = 1_000_000;

export function bounded(text: string, node: AnyNode): string {
  if (text.length > maxLength) throw computed(node);
  return text;
}

export function computed(node: AnyNode): LiteralError {
  return new LiteralError(`has something to compute${lineOf(node)}: it must have literals alone`);
}

export function lineOf({ loc }: AnyNode): string {
  return loc ? ` at line ${loc.start.line}` : "";
}
