import {
  type NamespaceState,
  type namespaceArgs,
  type namespaceComputed,
  type namespaceOutputs,
  namespaceSchema,
} from "../../provider/resources/edgekv/namespace/schema";
import type { OptionalArgs, Outputs, RequiredArgs } from "../args";
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
export class Namespace extends Base {}
