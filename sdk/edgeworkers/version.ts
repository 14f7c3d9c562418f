import { isAbsolute, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { type VersionState, version, type versionArgs } from "../../provider/resources/edgeworkers/version";
import type { AccessToken } from "../edgekv/accessToken";
import { type Args, resourceClass } from "../resource";

type Contract = z.input<typeof versionArgs>;

export type VersionArgs = Omit<Args<Contract>, "bundle" | "tokens"> & {
  /**
   * The code: a folder or a `.tgz` (paths start from where the program runs), a Pulumi archive, or a map from paths to texts and assets; `main.js` and
   * `bundle.json` at its root.
   */
  bundle: pulumi.Input<string | pulumi.asset.Archive | Record<string, pulumi.Input<string | pulumi.asset.Asset>>>;
  /** Access tokens, or their names: `edgekv_tokens.js` with their references is written into the bundle when it is packed. */
  tokens?: pulumi.Input<string | AccessToken>[] | undefined;
};

const Base = resourceClass<Contract, VersionState>(version);

/**
 * A version of an EdgeWorker: an archive of code. It can't be changed; other code or other tokens mean another version, uploaded before the old one is
 * deleted.
 *
 * @example
 * const code = new edgeworkers.Version("greeter", {
 *   edgeWorkerId: greeter.edgeWorkerId,
 *   bundle: "./worker",
 *   version: "auto",
 *   tokens: [reader],
 * });
 */
export class Version extends Base {
  constructor(name: string, args: VersionArgs, options?: pulumi.CustomResourceOptions) {
    const { bundle, tokens, ...rest } = args;
    const named = tokens?.map((token) => (isToken(token) ? token.name : token)) as pulumi.Input<string>[] | undefined;
    // The provider runs in a process of its own, whose folder may be another.
    const found = pulumi.output(bundle).apply((source) => (typeof source === "string" && !isAbsolute(source) ? resolve(source) : source));
    super(name, { ...rest, bundle: found, ...(named === undefined ? {} : { tokens: named }) } as Args<Contract>, options);
  }
}

function isToken(token: pulumi.Input<string | AccessToken>): token is AccessToken {
  return typeof token === "object" && pulumi.CustomResource.isInstance(token);
}
