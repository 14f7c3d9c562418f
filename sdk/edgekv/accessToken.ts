import type * as pulumi from "@pulumi/pulumi";
import {
  type AccessTokenState,
  type accessTokenArgs,
  type accessTokenComputed,
  type accessTokenOutputs,
  accessTokenSchema,
} from "../../provider/resources/edgekv/accessToken/schema";
import type { OptionalArgs, Outputs, RequiredArgs } from "../args";
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
export class AccessToken extends Base {}
