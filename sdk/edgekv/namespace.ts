import type { z } from "zod";
import {
  type NamespaceState,
  type namespaceArgs,
  namespaceSchema,
} from "../../provider/resources/edgekv/namespace/schema";
import { type Args, resourceClass } from "../resource";

export type NamespaceArgs = Args<z.input<typeof namespaceArgs>>;

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
export class Namespace extends resourceClass<z.input<typeof namespaceArgs>, NamespaceState>(
  namespaceSchema,
) {}
