import type { z } from "zod";
import { type AccessTokenState, accessToken, type accessTokenArgs } from "../../provider/resources/edgekv/accessToken";
import { type Args, resourceClass } from "../resource";

export type AccessTokenArgs = Args<z.input<typeof accessTokenArgs>>;

/**
 * A token that lets EdgeWorkers read and write namespaces. A token can't be changed: another permission is another token, made before the old one is
 * revoked at the end of the run. Its reference is secret in the state.
 *
 * @example
 * const reader = new edgekv.AccessToken("catalog-reader", {
 *   allowOnStaging: true,
 *   namespacePermissions: catalog.name.apply((name) => ({ [name]: ["r" as const] })),
 * });
 */
export class AccessToken extends resourceClass<z.input<typeof accessTokenArgs>, AccessTokenState>(accessToken) {}
