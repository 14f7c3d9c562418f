import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import {
  type AccessTokenState,
  type accessTokenArgs,
  accessTokenSchema,
} from "../../provider/resources/edgekv/accessToken/schema";
import { type Args, resourceClass } from "../resource";

type Contract = z.input<typeof accessTokenArgs>;

export type AccessTokenArgs = Omit<Args<Contract>, "namespacePermissions"> & {
  /**
   * What the token allows: 1 to 20 namespaces, each with letters of `r` (read), `w` (write) and `d` (delete). Any text is taken here, so that a plain
   * `["r"]` made from an output will do; a preview refuses what is no such letter.
   */
  namespacePermissions: pulumi.Input<
    Record<string, pulumi.Input<pulumi.Input<"r" | "w" | "d" | (string & {})>[]>>
  >;
};

const Base = resourceClass<Contract, AccessTokenState>(accessTokenSchema);

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
    super(name, args as Args<Contract>, options);
  }
}
