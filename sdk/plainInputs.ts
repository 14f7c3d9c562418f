/**
 * Arguments that Pulumi can't pass on. It drops a function silently, and makes `{}` of a map or a date: the provider would find
 * the argument missing, or empty.
 */
import * as pulumi from "@pulumi/pulumi";
import { classHint } from "./jsonInput";

/** Fails with the path of such a value among the arguments. */
export function assertPlainInputs(resource: string, args: unknown): void {
  const found = findLost(args, []);
  if (found !== undefined) throw new Error(`${resource}: \`${found.path.join(".")}\` ${found.problem}`);
}

/** Levels that are looked into: no argument nests deeper, and values of items are checked apart. */
const maxDepth = 8;

interface Lost {
  readonly path: readonly string[];
  readonly problem: string;
}

function findLost(value: unknown, path: readonly string[]): Lost | undefined {
  // An output can be called like an object: it is none of the plain values.
  if (pulumi.Output.isInstance(value) || pulumi.Resource.isInstance(value)) return undefined;
  // Its result was meant, or it was never called.
  if (typeof value === "function") return { path, problem: "is a function: call it, and set its result" };
  if (typeof value !== "object" || value === null || path.length >= maxDepth) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!isPlain) {
    // Assets, archives and promises are passed on.
    const name = String((value as { readonly constructor?: { readonly name?: unknown } }).constructor?.name);
    const hint = classHint(name);
    return hint === undefined
      ? undefined
      : { path, problem: `is a ${name}, which Pulumi can't pass on: ${hint}` };
  }
  for (const [name, member] of Object.entries(value)) {
    const found = findLost(member, [...path, name]);
    if (found !== undefined) return found;
  }
  return undefined;
}
