import type { RequestContext } from "../service";
import { internalError, missingOrForbidden, noAccessToGroup } from "./errors";
import type { Network } from "./state";

const CAPABILITIES = ["DATA", "NAMESPACE", "TOKEN"].flatMap((noun) => {
  const verbs = {
    DATA: ["READ", "WRITE", "DELETE"],
    NAMESPACE: ["VIEW", "CREATE", "MODIFY", "DELETE", "AUTHORIZE"],
    TOKEN: ["VIEW", "CREATE", "REVOKE"],
  }[noun as "DATA" | "NAMESPACE" | "TOKEN"];
  return [...verbs.map((verb) => `${verb}_${noun}`), ...verbs.map((verb) => `${verb}_STAGING_${noun}`)];
});

/** `DELETE` and `NAMESPACE` to `DELETE_NAMESPACE`, or on staging to `DELETE_STAGING_NAMESPACE`. */
export const capability = (verb: string, noun: "DATA" | "NAMESPACE" | "TOKEN", network: Network): string =>
  network === "staging" ? `${verb}_STAGING_${noun}` : `${verb}_${noun}`;

/** The capabilities of the client in an access group. Group 0 stands for all groups: those in any of them. */
export function capabilitiesIn({ account, client }: RequestContext, groupId: number): readonly string[] {
  if (groupId !== 0 && !account.groups.some((group) => group.groupId === groupId)) return [];
  const granted =
    client.grants.edgekv === "READ-WRITE"
      ? CAPABILITIES
      : CAPABILITIES.filter((name) => /^(READ|VIEW)_/.test(name));
  if (client.capabilities === undefined) return granted;
  const own =
    client.capabilities[String(groupId)] ?? (groupId === 0 ? Object.values(client.capabilities).flat() : []);
  return granted.filter((name) => own.includes(name));
}

/** Checks that the client has a capability in an access group. */
export function assertCapability(context: RequestContext, groupId: number, name: string): void {
  if (!capabilitiesIn(context, groupId).includes(name)) throw missingOrForbidden(name);
}

/** Checks that an access group exists, and that the client has a capability in it. */
export function assertGroupAccess(context: RequestContext, groupId: number): void {
  if (capabilitiesIn(context, groupId).length === 0) throw noAccessToGroup(groupId);
}

/** EdgeKV fails with an internal error for a user who may not see its CP code. */
export function assertCpCodeAccess({ client }: RequestContext): void {
  if (!client.viewCpCodes) throw internalError();
}
