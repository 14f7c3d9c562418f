import { findNetworkState } from "../../../api/property/networkState";
import { prefixed } from "../../../api/property/request";
import { findEventually } from "../../../consistency/read";
import type { ImportHooks } from "../../../framework/resource";
import { findCurrent, outputsOf } from "./observe";
import { type ActivationState, activationArgs } from "./schema";

export const importActivation: ImportHooks<ActivationState> = {
  form: "PROPERTY-ID/NETWORK",
  example: "prp_173136/staging",

  identify(id) {
    const [propertyId = "", network, ...rest] = id.split("/");
    const { shape } = activationArgs;
    const parsed = shape.network.safeParse(network);
    if (rest.length > 0 || !parsed.success || !shape.propertyId.safeParse(propertyId).success)
      return undefined;
    return { propertyId: prefixed("property", propertyId), network: parsed.data };
  },

  find: (context, fields) =>
    findEventually(context, async () => {
      const here = await findCurrent(context, fields as ActivationState);
      const live = here && (await findNetworkState(context.http, here, here.network))?.live;
      if (here === undefined || live === undefined) return undefined;
      const notifyEmails = live.activation?.notifyEmails ?? [];
      return {
        ...here,
        ...(notifyEmails.length > 0 ? { notifyEmails } : {}),
        version: live.version,
        activatedVersion: live.version,
        ...outputsOf(live.activation),
      };
    }),
};
