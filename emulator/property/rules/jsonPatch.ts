import { applyPatch as carryOut } from "rfc6902";
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

/** An operation that does not apply to the document. */
export class PatchError extends Error {}

/** Changes the document. After an error the document is incomplete, and must not be used. */
export function applyPatch(document: object, patch: Patch): void {
  if (patch.some(({ path }) => path === ""))
    throw new PatchError("the whole document cannot be changed at once");
  for (const error of carryOut(document, patch)) if (error !== null) throw new PatchError(error.message);
}
