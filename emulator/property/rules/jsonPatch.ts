import { applyPatch as carryOut } from "rfc6902";
import { z } from "zod";
import { jsonDepth } from "../../json";

/** Characters of a pointer, operations of a patch, and its members down to which a document may go. Akamai does not publish any of them. */
const POINTER_LENGTH = 2000;
const OPERATIONS = 2000;
const DEPTH = 100;
/** Characters of a document: each operation may add to it, and a copy adds again what is there. */
const RESULT_LENGTH = 2_000_000;
/** Names that are not members of a JSON object in every program. */
const RESERVED: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

const Pointer = z
  .string()
  .max(POINTER_LENGTH, { error: `must have at most ${POINTER_LENGTH} characters` })
  .regex(/^(\/([^~/]|~[01])*)*$/, { error: "must be a JSON pointer" });

/** A JSON patch (RFC 6902). */
export const Patch = z
  .array(
    z.discriminatedUnion("op", [
      z.object({ op: z.literal("add"), path: Pointer, value: z.unknown() }),
      z.object({ op: z.literal("replace"), path: Pointer, value: z.unknown() }),
      z.object({ op: z.literal("test"), path: Pointer, value: z.unknown() }),
      z.object({ op: z.literal("remove"), path: Pointer }),
      z.object({ op: z.literal("move"), path: Pointer, from: Pointer }),
      z.object({ op: z.literal("copy"), path: Pointer, from: Pointer }),
    ]),
  )
  .max(OPERATIONS, { error: `must have at most ${OPERATIONS} operations` });
export type Patch = z.infer<typeof Patch>;

/** An operation that does not apply to the document. */
export class PatchError extends Error {}

/** Changes the document. After an error the document is incomplete, and must not be used. */
export function applyPatch(document: object, patch: Patch): void {
  if (patch.some(({ path }) => path === ""))
    throw new PatchError("the whole document cannot be changed at once");
  let length = JSON.stringify(document).length;
  for (const operation of patch) {
    length += assertBounded(document, operation);
    if (length > RESULT_LENGTH)
      throw new PatchError(`the result would have more than ${RESULT_LENGTH} characters`);
    const [error] = carryOut(document, [operation]);
    if (error) throw new PatchError(error.message);
  }
}

/** Refuses an operation before it is carried out. Returns how many characters it adds at most. */
function assertBounded(document: object, operation: Patch[number]): number {
  const target = tokensOf(operation.path);
  const source = "from" in operation ? tokensOf(operation.from) : undefined;
  for (const token of [...target, ...(source ?? [])])
    if (RESERVED.has(token)) throw new PatchError(`${JSON.stringify(token)} can't be a name in a path`);
  if (operation.op === "remove" || operation.op === "test") return 0;
  if (source !== undefined && operation.op === "move" && operation.path.startsWith(`${operation.from}/`))
    throw new PatchError("nothing can be moved into itself");
  const added = source === undefined ? addedBy(operation) : valueAt(document, source);
  const text = JSON.stringify(added) ?? "";
  if (target.length + jsonDepth(text) > DEPTH)
    throw new PatchError(`the result would be nested more than ${DEPTH} levels deep`);
  return operation.op === "move" ? 0 : text.length;
}

const addedBy = (operation: Patch[number]): unknown => ("value" in operation ? operation.value : undefined);

const tokensOf = (pointer: string): string[] =>
  pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));

function valueAt(document: unknown, tokens: readonly string[]): unknown {
  return tokens.reduce(
    (value, token) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, token)
        ? (value as Record<string, unknown>)[token]
        : undefined,
    document,
  );
}
