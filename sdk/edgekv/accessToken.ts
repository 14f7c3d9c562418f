import * as pulumi from "@pulumi/pulumi";
import {
  type AccessTokenState,
  type accessTokenArgs,
  type accessTokenComputed,
  type accessTokenOutputs,
  accessTokenSchema,
} from "../../provider/resources/edgekv/accessToken/schema";
import type { OptionalArgs, Outputs, RequiredArgs } from "../args";
import { EdgeWorker } from "../edgeworkers/edgeWorker";
import { inner, isDeferred, membersOf, type Position, problem, whenKnown } from "../jsonInput";
import { mapped, referredValue } from "../references";
import { resourceClass } from "../resource";

/** What a program sets of an `AccessToken`. */
export interface AccessTokenArgs
  extends Omit<RequiredArgs<typeof accessTokenArgs>, "namespacePermissions">,
    Omit<OptionalArgs<typeof accessTokenArgs>, "restrictToEdgeWorkerIds"> {
  /**
   * What the token allows: 1 to 20 namespaces, each with letters of `r` (read), `w` (write) and `d` (delete). Any text is taken here, so that a plain
   * `["r"]` made from an output will do; a preview refuses what is no such letter.
   */
  namespacePermissions: pulumi.Input<
    Record<string, pulumi.Input<pulumi.Input<"r" | "w" | "d" | (string & {})>[]>>
  >;
  /**
   * The EdgeWorkers that may use the token, at most 8: each as its `EdgeWorker`, its id, or its name, which the preview looks up. Or one text with ids and
   * commas. Default: any EdgeWorker. `[]` and `["all"]` mean the same.
   */
  restrictToEdgeWorkerIds?: pulumi.Input<
    readonly (EdgeWorker | pulumi.Input<string | number>)[] | string | undefined
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
    const { namespacePermissions, restrictToEdgeWorkerIds, ...rest } = args ?? {};
    const at = { resource: `edgekv.AccessToken ${JSON.stringify(name)}`, path: "namespacePermissions" };
    super(
      name,
      {
        ...rest,
        namespacePermissions: withEveryMember(namespacePermissions, at),
        restrictToEdgeWorkerIds: mapped(restrictToEdgeWorkerIds, idsOf),
      } as AccessTokenArgs,
      options,
    );
  }
}

/** What is no list goes on as it is: `check` reads a text, and names the property. */
function idsOf(edgeWorkers: unknown): unknown {
  if (!Array.isArray(edgeWorkers)) return edgeWorkers;
  return edgeWorkers.map((one: unknown) =>
    referredValue(one, EdgeWorker, ({ edgeWorkerId }) => edgeWorkerId),
  );
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
