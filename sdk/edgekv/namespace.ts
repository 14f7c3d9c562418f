import * as pulumi from "@pulumi/pulumi";
import {
  type NamespaceState,
  type namespaceArgs,
  type namespaceComputed,
  type namespaceOutputs,
  namespaceSchema,
} from "../../provider/resources/edgekv/namespace/schema";
import type { OptionalArgs, Outputs, RequiredArgs } from "../args";
import { located } from "../located";
import { resourceClass } from "../resource";

/** What a program sets of a `Namespace`. */
export interface NamespaceArgs
  extends RequiredArgs<typeof namespaceArgs>,
    OptionalArgs<typeof namespaceArgs> {}

/** What other resources may use of a `Namespace`. */
export interface NamespaceOutputs
  extends Outputs<typeof namespaceArgs, NamespaceState>,
    Outputs<typeof namespaceComputed, NamespaceState>,
    Outputs<typeof namespaceOutputs, NamespaceState> {}

const Base = resourceClass<NamespaceArgs, NamespaceOutputs>(namespaceSchema);

/**
 * A namespace of EdgeKV on one network. Destroying it schedules its deletion, three days ahead unless `deletion` sets something else; declaring it again
 * before then brings it back with its data.
 *
 * @example
 * const catalog = new edgekv.Namespace("catalog", {
 *   network: "staging",
 *   groupId: 72297,
 *   retentionInSeconds: 30 * 86_400,
 * }, { dependsOn: database });
 */
export class Namespace extends Base {
  constructor(name: string, args: NamespaceArgs, options: pulumi.CustomResourceOptions = {}) {
    // A program without types may leave the arguments out: `check` then names what is required.
    const { snapshotBeforeDelete, ...rest } = args ?? {};
    super(
      name,
      snapshotBeforeDelete === undefined
        ? rest
        : { ...rest, snapshotBeforeDelete: located(snapshotBeforeDelete) },
      options,
    );
    const isKept = snapshotBeforeDelete !== undefined || rest.moveDataOnReplace !== undefined;
    Object.defineProperty(this, keepsData, { value: isKept });
  }
}

/** The same for every copy of the package in one program. */
const keepsData = Symbol.for("pulumi-akamai-edge.keepsData");

/**
 * The namespace whose name this is, when its data is to be kept. Its items have to go with it: deleted one by one before, they would be
 * missing from what is kept.
 */
export function namespaceOfName(name: unknown): Namespace | undefined {
  if (!pulumi.Output.isInstance(name)) return undefined;
  const { resources } = name as { readonly resources?: () => Iterable<unknown> };
  const of = typeof resources === "function" ? [...resources.call(name)] : [];
  return of.find(
    (one): one is Namespace =>
      Namespace.isInstance(one) &&
      one.name === name &&
      (one as { readonly [keepsData]?: unknown })[keepsData] === true,
  );
}
