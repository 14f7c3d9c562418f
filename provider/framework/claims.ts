import type { Context } from "../runtime/context";
import type { Key } from "../runtime/runState";
import { type CheckFailure, nameInProgram } from "./resource";

/**
 * Claims an object of the account for one resource of the program: two resources that manage it would undo each other for ever.
 *
 * @param key the object; undefined while it is not known
 * @param failure why the claim of a second resource is refused, from the name of the first one in the program
 * @example
 * claimOnce(context, activationKey(54321, "staging"), owner, (first) => ({ property: "network", reason: `… already: ${first}` }));
 */
export function claimOnce(
  { runState }: Pick<Context, "runState">,
  key: Key | undefined,
  owner: string,
  failure: (first: string) => CheckFailure,
): CheckFailure[] {
  const first = key === undefined ? undefined : runState.claim(key, owner);
  return first === undefined ? [] : [failure(nameInProgram(first))];
}
