import type { RequestContext } from "../service";
import { forbidden, notFound } from "./errors";

const READING = ["VIEW", "VIEW_VERSION", "VIEW_ACTIVATION"] as const;
const WRITING = ["EDIT", "CREATE_VERSION", "ACTIVATE", "DELETE", "DELETE_VERSION"] as const;
export type Capability = (typeof READING)[number] | (typeof WRITING)[number];

/** The error of a missing capability. */
const FORBIDDEN: Record<Capability, { code: string; what: string }> = {
  VIEW: { code: "EW0011", what: "access this EdgeWorker ID" },
  VIEW_VERSION: { code: "EW0012", what: "access versions of this EdgeWorker ID" },
  VIEW_ACTIVATION: { code: "EW0013", what: "access activations of this EdgeWorker ID" },
  EDIT: { code: "EW0014", what: "create or modify EdgeWorker IDs in this group" },
  DELETE: { code: "EW0014", what: "delete this EdgeWorker ID" },
  CREATE_VERSION: { code: "EW0015", what: "create versions of this EdgeWorker ID" },
  DELETE_VERSION: { code: "EW0015", what: "delete versions of this EdgeWorker ID" },
  ACTIVATE: { code: "EW0016", what: "activate versions of this EdgeWorker ID" },
};

/** The EdgeWorkers capabilities of the client in an access group. */
export function capabilitiesIn({ account, client }: RequestContext, groupId: number): readonly Capability[] {
  if (!account.groups.some((group) => group.groupId === groupId)) return [];
  const granted = client.grants.edgeworkers === "READ-WRITE" ? [...READING, ...WRITING] : READING;
  if (client.edgeWorkerCapabilities === undefined) return granted;
  const data = client.edgeWorkerCapabilities[String(groupId)] ?? [];
  return granted.filter((name) => data.includes(name));
}

/** Checks that the client has a capability in an access group. */
export function assertCapability(context: RequestContext, groupId: number, name: Capability): void {
  const { code, what } = FORBIDDEN[name];
  if (!capabilitiesIn(context, groupId).includes(name))
    throw forbidden(code, `You do not have permission to ${what}.`);
}

const noSuchGroup = (groupId: number) => notFound("EW2001", `Unable to find the requested group ${groupId}`);

/** Checks that an access group exists, and that the client has a capability in it. */
export function assertGroupAccess(context: RequestContext, groupId: number): void {
  if (capabilitiesIn(context, groupId).length === 0) throw noSuchGroup(groupId);
}
