import { isDeepStrictEqual } from "node:util";
import { z } from "zod";

const Pointer = z.string().regex(/^(\/([^~/]|~[01])*)*$/, { error: "must be a JSON pointer" });

/** A JSON patch (RFC 6902). */
export const Patch = z.array(
  z.discriminatedUnion("op", [
    z.object({ op: z.literal("add"), path: Pointer, value: z.unknown() }),
    z.object({ op: z.literal("replace"), path: Pointer, value: z.unknown() }),
    z.object({ op: z.literal("test"), path: Pointer, value: z.unknown() }),
    z.object({ op: z.literal("remove"), path: Pointer }),
    z.object({ op: z.literal("move"), path: Pointer, from: Pointer }),
    z.object({ op: z.literal("copy"), path: Pointer, from: Pointer }),
  ]),
);
export type Patch = z.infer<typeof Patch>;

/** An operation that cannot be carried out on the document. */
export class PatchError extends Error {}

/** Changes the document, which must not be empty. */
export function applyPatch(document: object, patch: Patch): void {
  for (const operation of patch) {
    const { op, path } = operation;
    if (op === "add") add(document, path, operation.value);
    else if (op === "remove") remove(document, path);
    else if (op === "replace") {
      remove(document, path);
      add(document, path, operation.value);
    } else if (op === "move") {
      if (path.startsWith(`${operation.from}/`)) throw new PatchError(`${operation.from} cannot be moved into itself`);
      add(document, path, remove(document, operation.from));
    } else if (op === "copy") add(document, path, structuredClone(get(document, operation.from)));
    // Tables have no prototype; plain copies are compared.
    else if (!isDeepStrictEqual(plain(get(document, path)), plain(operation.value))) throw new PatchError(`the test of ${path} failed`);
  }
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

const keysOf = (path: string): string[] =>
  path
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));

/** Where the last key of a path is to be looked for. */
function holderOf(document: object, path: string): { holder: object; key: string } {
  const keys = keysOf(path);
  const key = keys.pop();
  if (key === undefined) throw new PatchError("the whole document cannot be changed at once");
  let holder: unknown = document;
  for (const one of keys) holder = entry(holder, one, path);
  if (typeof holder !== "object" || holder === null) throw new PatchError(`there is nothing at ${path}`);
  return { holder, key };
}

function entry(holder: unknown, key: string, path: string): unknown {
  const isThere =
    typeof holder === "object" &&
    holder !== null &&
    (Array.isArray(holder) ? indexIn(holder, key) < holder.length : Object.hasOwn(holder, key));
  if (!isThere) throw new PatchError(`there is nothing at ${path}`);
  return (holder as Record<string, unknown>)[key];
}

/** The index that a key means; the length of the list, and more, for what is none of its elements. */
function indexIn(list: unknown[], key: string): number {
  if (key === "-") return list.length;
  return /^(0|[1-9]\d{0,8})$/.test(key) ? Number(key) : Number.POSITIVE_INFINITY;
}

function get(document: object, path: string): unknown {
  const { holder, key } = holderOf(document, path);
  return entry(holder, key, path);
}

function add(document: object, path: string, value: unknown): void {
  const { holder, key } = holderOf(document, path);
  if (!Array.isArray(holder)) {
    Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
    return;
  }
  const index = indexIn(holder, key);
  if (index > holder.length) throw new PatchError(`there is no place at ${path}`);
  holder.splice(index, 0, value);
}

function remove(document: object, path: string): unknown {
  const { holder, key } = holderOf(document, path);
  const value = entry(holder, key, path);
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete (holder as Record<string, unknown>)[key];
  return value;
}
