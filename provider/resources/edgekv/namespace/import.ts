import type { ImportHooks } from "../../../framework/resource";
import { findNamespaceEventually, toObservedState } from "./observe";
import { type NamespaceState, namespaceArgs } from "./schema";

const { network: networks, name: names } = namespaceArgs.shape;

export const importNamespace: ImportHooks<NamespaceState> = {
  form: "NETWORK/NAME",
  example: "staging/catalog",

  identify(id) {
    const [network, name, ...rest] = id.split("/");
    const [isNetwork, isName] = [networks.safeParse(network), names.safeParse(name)];
    if (rest.length > 0 || !isNetwork.success || !isName.success || name === undefined) return undefined;
    return { network: isNetwork.data, name };
  },

  async find(context, fields) {
    const state = fields as NamespaceState;
    const live = await findNamespaceEventually(context, state.network, state.name);
    return live === undefined ? undefined : toObservedState(state, live);
  },
};
