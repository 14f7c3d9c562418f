/** Arguments that Pulumi can't pass on. It drops a function silently, and the provider would find the argument missing. */
import * as pulumi from "@pulumi/pulumi";

/** Fails with the path of a function among the arguments: its result was meant, or it was never called. */
export function assertNoFunction(resource: string, args: unknown): void {
  const path = pathOfFunction(args, []);
  if (path !== undefined)
    throw new Error(`${resource}: \`${path.join(".")}\` is a function: call it, and set its result`);
}

/** Levels that are looked into: no argument nests deeper, and values of items are checked apart. */
const maxDepth = 8;

function pathOfFunction(value: unknown, path: readonly string[]): readonly string[] | undefined {
  // An output can be called like an object: it is none of the plain values.
  if (pulumi.Output.isInstance(value) || pulumi.Resource.isInstance(value)) return undefined;
  if (typeof value === "function") return path;
  if (typeof value !== "object" || value === null || path.length >= maxDepth) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!isPlain) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const found = pathOfFunction(member, [...path, name]);
    if (found !== undefined) return found;
  }
  return undefined;
}
