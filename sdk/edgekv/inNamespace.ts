/** Items in a namespace that the same program declares. */
import * as pulumi from "@pulumi/pulumi";
import { mapped, referredValue } from "../references";
import { isReadOnly } from "../resource";
import { Namespace, namespaceOfName } from "./namespace";

export interface NamespaceReference {
  /** `staging` or `production`. On another network there are other items. Default: the network of the `Namespace` in `namespace`; required beside a name. */
  network?: pulumi.Input<"staging" | "production" | undefined>;
  /**
   * The namespace: its `Namespace`, or its name (1 to 32 characters), `default` too. It must exist, or be declared before. With the
   * `Namespace` itself the items depend on it, and are deleted with it: a destroy sends no delete for each item. So it is with its
   * `name` when it has `snapshotBeforeDelete` or `moveDataOnReplace`.
   */
  namespace: Namespace | pulumi.Input<string>;
}

type Reference = { readonly [Field in keyof NamespaceReference]?: unknown };

/** The arguments and options of items: a `Namespace` stands for its name and its network. */
export function inNamespace<Args extends Reference>(
  title: string,
  args: Args,
  options: pulumi.CustomResourceOptions,
): { readonly args: Args; readonly options: pulumi.CustomResourceOptions } {
  const { namespace, network } = args;
  if (!Namespace.isInstance(namespace)) {
    const kept = namespaceOfName(namespace);
    return {
      args: { ...args, namespace: referredValue(namespace, Namespace, ({ name }) => name) },
      options: kept === undefined ? options : deletedWith(kept, options),
    };
  }
  return {
    args: {
      ...args,
      namespace: namespace.name,
      network:
        network === undefined
          ? namespace.network
          : mapped(network, (given) => sameNetwork(title, given, namespace)),
    },
    options: deletedWith(namespace, options),
  };
}

function deletedWith(
  namespace: Namespace,
  options: pulumi.CustomResourceOptions,
): pulumi.CustomResourceOptions {
  const isDeletedToo = options.deletedWith === undefined && !isReadOnly(namespace);
  return isDeletedToo ? { ...options, deletedWith: namespace } : options;
}

function sameNetwork(title: string, given: unknown, namespace: Namespace): pulumi.Output<unknown> {
  return pulumi.all([namespace.network, namespace.name]).apply(([network, name]) => {
    if (given === undefined || given === network) return network;
    throw new Error(
      `${title}: its network is ${String(given)}, but its namespace ${name} is on ${network}. Leave \`network\` out, or pass the Namespace of ${String(given)}`,
    );
  });
}
