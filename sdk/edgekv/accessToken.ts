import * as pulumi from "@pulumi/pulumi";
import {
  type AccessTokenState,
  type accessTokenArgs,
  type accessTokenComputed,
  type accessTokenOutputs,
  accessTokenSchema,
} from "../../provider/resources/edgekv/accessToken/schema";
import type { OptionalArgs, Outputs, RequiredArgs } from "../args";
import { inner, isDeferred, membersOf, type Position, problem, whenKnown } from "../jsonInput";
import { resourceClass } from "../resource";

/** What a program sets of an `AccessToken`. */
export interface AccessTokenArgs
  extends Omit<RequiredArgs<typeof accessTokenArgs>, "namespacePermissions">,
    OptionalArgs<typeof accessTokenArgs> {
  /**
   * What the token allows: 1 to 20 namespaces, each with letters of `r` (read), `w` (write) and `d` (delete). Any text is taken here, so that a plain
   * `["r"]` made from an output will do; a preview refuses what is no such letter.
   */
  namespacePermissions: pulumi.Input<
    Record<string, pulumi.Input<pulumi.Input<"r" | "w" | "d" | (string & {})>[]>>
  >;
}

/** What other resources may use of an `AccessToken`. */
export interface AccessTokenOutputs
  extends Outputs<typeof accessTokenArgs, AccessTokenState>,
    Outputs<typeof accessTokenComputed, AccessTokenState>,
    Outputs<typeof accessTokenOutputs, AccessTokenState> {}

const Base = resourceClass<AccessTokenArgs, AccessTokenOutputs>(accessTokenSchema);

/**
 * A token that lets EdgeWorkers read and write namespaces. A token can't be changed: another permission is another token, made before the old one is
 * revoked at the end of the run. Its reference is secret in the state.
 *
 * @example
 * const reader = new edgekv.AccessToken("catalog-reader", {
 *   allowOnStaging: true,
 *   namespacePermissions: catalog.name.apply((name) => ({ [name]: ["r"] })),
 * });
 */
export class AccessToken extends Base {
  constructor(name: string, args: AccessTokenArgs, options?: pulumi.CustomResourceOptions) {
    // A program without types may leave the arguments out: `check` then names what is required.
    const { namespacePermissions, ...rest } = args ?? {};
    const at = { resource: `edgekv.AccessToken ${JSON.stringify(name)}`, path: "namespacePermissions" };
    super(
      name,
      { ...rest, namespacePermissions: withEveryMember(namespacePermissions, at) } as AccessTokenArgs,
      options,
    );
  }
}

/** Pulumi drops a member that is undefined, and the next token would not have the namespace any more. */
function withEveryMember(permissions: unknown, at: Position): unknown {
  if (isDeferred(permissions))
    return pulumi.output(whenKnown(permissions, (known) => withEveryMember(known, at)));
  const members = membersOf(permissions, at);
  // What is no map goes on as it is: `check` names the property.
  if (members === undefined) return permissions;
  return Object.fromEntries(members.map(([name, letters]) => [name, given(letters, inner(at, name))]));
}

function given(letters: unknown, at: Position): unknown {
  if (isDeferred(letters)) return pulumi.output(whenKnown(letters, (known) => given(known, at)));
  if (letters === undefined) throw problem(at, "is undefined: set its permissions, or remove the name");
  return letters;
}
