import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import {
  type VersionState,
  type versionArgs,
  type versionComputed,
  type versionOutputs,
  versionSchema,
} from "../../provider/resources/edgeworkers/version/schema";
import type { OptionalArgs, Outputs, RequiredArgs } from "../args";
import type { AccessToken } from "../edgekv/accessToken";
import { assertPlainInputs } from "../plainInputs";
import { referredValue } from "../references";
import { resourceClass } from "../resource";
import { EdgeWorker } from "./edgeWorker";

/** What a program sets of a `Version`. */
export interface VersionArgs
  extends Omit<RequiredArgs<typeof versionArgs>, "edgeWorkerId" | "bundle">,
    Omit<OptionalArgs<typeof versionArgs>, "tokens"> {
  /** The EdgeWorker that it is a version of: its `EdgeWorker`, its id, or its name, which the preview looks up. Another EdgeWorker means another version. */
  edgeWorkerId: EdgeWorker | pulumi.Input<number | string>;
  /**
   * The code: a folder or a `.tgz` (a path from where the program runs), a Pulumi archive, or a map from paths in the bundle to texts, assets and archives.
   * `main.js` and `bundle.json` belong at its root.
   */
  bundle: pulumi.Input<
    | string
    | pulumi.asset.Archive
    | Record<string, pulumi.Input<string | pulumi.asset.Asset | pulumi.asset.Archive>>
  >;
  /** Access tokens, or their names: `edgekv_tokens.js` with their references is written into the bundle when it is packed. */
  tokens?: pulumi.Input<pulumi.Input<string | AccessToken>[]> | undefined;
}

/** What other resources may use of a `Version`. */
export interface VersionOutputs
  extends Outputs<typeof versionArgs, VersionState>,
    Outputs<typeof versionComputed, VersionState>,
    Outputs<typeof versionOutputs, VersionState> {}

const Base = resourceClass<VersionArgs, VersionOutputs>(versionSchema);

/**
 * A version of an EdgeWorker: an archive of code, uploaded. It can't be changed: other code or other tokens mean another version, uploaded before the old one
 * is deleted at the end of the run. A version that is live is never deleted.
 *
 * @example
 * const code = new edgeworkers.Version("greeter", {
 *   edgeWorkerId: greeter.edgeWorkerId,
 *   bundle: "./worker",
 *   version: "auto",
 *   tokens: [reader],
 *   keepVersions: 2,
 * });
 */
export class Version extends Base {
  constructor(name: string, args: VersionArgs, options?: pulumi.CustomResourceOptions) {
    // A program without types may leave the arguments out: `check` then names what is required.
    const { edgeWorkerId, bundle, tokens, ...rest } = args ?? {};
    // An output of it, as it is passed on, would hide what it was made of.
    assertPlainInputs(`edgeworkers.Version ${JSON.stringify(name)}`, { bundle });
    const named =
      tokens === undefined || Array.isArray(tokens)
        ? tokens?.map(nameOf)
        : pulumi.output(tokens).apply(namesOf);
    super(
      name,
      {
        ...rest,
        edgeWorkerId: referredValue(edgeWorkerId, EdgeWorker, (worker) => worker.edgeWorkerId),
        bundle: pulumi.output(bundle).apply((known) => asPlainSource(known, `edgeworkers.Version "${name}"`)),
        ...(named === undefined ? {} : { tokens: named }),
      } as VersionArgs,
      options,
    );
  }
}

/** What is no list goes on as it is: `check` names the property. */
function namesOf(tokens: unknown): unknown {
  return Array.isArray(tokens) ? tokens.map(nameOf) : tokens;
}

function nameOf(token: pulumi.Input<string | AccessToken>): pulumi.Input<string> {
  return isToken(token) ? token.name : (token as pulumi.Input<string>);
}

function isToken(token: pulumi.Input<string | AccessToken>): token is AccessToken {
  return pulumi.CustomResource.isInstance(token);
}

/**
 * A bundle as plain data. The provider runs in a process of its own, whose folder may be another, so paths are written out. Pulumi's assets and archives are
 * taken apart: the engine would read all that is in them, `node_modules` too, whenever it reads a state.
 */
export function asPlainSource(source: unknown, resource = "edgeworkers.Version"): unknown {
  if (typeof source === "string") return resolve(source);
  const { path, assets } = plain(source);
  if (pulumi.asset.Archive.isInstance(source) && typeof path === "string") return resolve(path);
  if (pulumi.asset.Archive.isInstance(source) && typeof assets === "object")
    return asPlainSource(assets, resource);
  if (pulumi.asset.Archive.isInstance(source) || typeof source !== "object" || source === null) return source;
  return Object.fromEntries(
    Object.entries(source).flatMap(([name, entry]) => {
      // Pulumi would drop it, and the bundle would lack the file.
      if (entry === undefined || entry === null)
        throw new Error(`${resource}: \`bundle\` has no content for ${name}: set it, or remove the name`);
      return entriesOf(name, entry);
    }),
  );
}

function entriesOf(name: string, entry: unknown): [string, unknown][] {
  const { text, path, assets } = plain(entry);
  if (pulumi.asset.Asset.isInstance(entry)) {
    if (typeof text === "string") return [[name, text]];
    if (typeof path === "string") return [[name, { file: resolve(path) }]];
  }
  if (pulumi.asset.Archive.isInstance(entry)) {
    if (typeof path === "string") return [[name, { archive: resolve(path) }]];
    if (typeof assets === "object" && assets !== null) {
      return Object.entries(assets).flatMap(([inner, value]) => entriesOf(`${name}/${inner}`, value));
    }
  }
  // An invalid entry goes on as it is: the provider names the property.
  return [[name, entry]];
}

/** An asset whose promises Pulumi has awaited is a plain object with Pulumi's signature. */
function plain(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
