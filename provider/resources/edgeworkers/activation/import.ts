import type { ImportHooks } from "../../../framework/resource";
import { type ActivationState, activationArgs } from "./schema";

export const importActivation: ImportHooks<ActivationState> = {
  form: "EDGEWORKER-ID/NETWORK",
  example: "42/staging",

  identify(id) {
    const [edgeWorkerId, network] = /^([1-9]\d{0,14})\/(.*)$/.exec(id)?.slice(1) ?? [];
    const parsed = activationArgs.shape.network.safeParse(network);
    return parsed.success ? { edgeWorkerId: Number(edgeWorkerId), network: parsed.data } : undefined;
  },
};
