/** What `up` would run into with an activation, reported at preview. */

import {
  type Activation,
  findLive,
  isUnderWay,
  listAllActivations,
} from "../../../api/edgeworkers/activations";
import { activationKey, edgeWorkerKey, versionKey } from "../../../api/edgeworkers/keys";
import { findEventually } from "../../../consistency/read";
import { InvalidInputError } from "../../../errors";
import { claimOnce } from "../../../framework/claims";
import type { CheckFailure, Draft } from "../../../framework/resource";
import type { Context } from "../../../runtime/context";
import { keyOf, slot } from "../../../runtime/runState";
import { codeOf } from "../../probe/probe";
import { exceedsQuota } from "../../quota";
import { findEdgeWorkerEventually, ifAllowed, limitOf, versionsOfRun, versionsOrNone } from "../observe";
import type { ActivationInputs } from "./schema";

/** Two activations of one EdgeWorker on one network would replace each other at every `up`. */
export function claimNetwork(context: Context, { known }: Draft<ActivationInputs>): CheckFailure[] {
  const { edgeWorkerId, network, owner = "" } = known;
  const key =
    edgeWorkerId === undefined || network === undefined ? undefined : activationKey(edgeWorkerId, network);
  return claimOnce(context, key, owner, (first) => ({
    property: "network",
    reason: `the program has an activation of EdgeWorker ${edgeWorkerId} on ${network} already: ${first}`,
  }));
}

export async function preflightActivation(
  context: Context,
  { known, oldInputs }: Draft<ActivationInputs>,
): Promise<CheckFailure[]> {
  const { edgeWorkerId, network, version } = known;
  if (edgeWorkerId === undefined) return quotaFailures(context, known, []);
  if (network === undefined) return [];
  const isReplaced = oldInputs.edgeWorkerId !== edgeWorkerId || oldInputs.network !== network;
  // What others did is for a refresh to find.
  if (!isReplaced && version === oldInputs.version) return [];
  const live = await context.runState.read(keyOf("live", edgeWorkerId, network), () =>
    findLive(context.http, edgeWorkerId, network),
  );
  const expected = isReplaced ? version : oldInputs.version;
  if (live !== undefined && live.version !== expected && live.version !== version && expected !== undefined)
    context.logger.warn(
      `EdgeWorker ${edgeWorkerId}: version ${live.version} is live on ${network}, and was not activated by this resource; \`up\` replaces it.`,
    );
  const missing =
    version === undefined || version === oldInputs.version
      ? []
      : await missingVersion(context, edgeWorkerId, version);
  if (missing.length > 0 || live?.version === version) return missing;
  const otherCode = otherCodeFailures(known);
  if (otherCode.length > 0) return otherCode;
  return quotaFailures(context, known, await historyOf(context, edgeWorkerId));
}

/** The probe asks for the very version that is to be activated: where another one is live, it would fail after its whole time. */
function otherCodeFailures({ edgeWorkerId, version, after }: Partial<ActivationInputs>): CheckFailure[] {
  const first = after && codeOf(after);
  if (first === undefined || first.edgeWorkerId !== edgeWorkerId || version === undefined) return [];
  if (first.version === version) return [];
  const reason = `after.activation makes version ${first.version} live, and the probe must find version ${version} there: pass one \`Version\` to both activations, or set the probe on the activation of the property`;
  return [{ property: "after", reason }];
}

const dayMs = 86_400_000;
/** EdgeWorkers whose activations are counted. Each costs a request. */
const maxHistories = 10;
/** What was activated before this run, by EdgeWorker. */
const histories = slot(() => new Map<number, Promise<readonly Activation[]>>());
/** Activations of the last day, by EdgeWorker. */
const ofDay = slot(() => new Map<number, number>());

/** What was activated before this run. None for the EdgeWorkers after the first ten. */
async function historyOf(context: Context, edgeWorkerId: number): Promise<readonly Activation[]> {
  const known = context.runState.get(histories);
  const reading =
    known.get(edgeWorkerId) ??
    (known.size < maxHistories
      ? ifAllowed(() => listAllActivations(context.http, edgeWorkerId)).then((all) => all ?? [])
      : Promise.resolve([]));
  known.set(edgeWorkerId, reading);
  reading.catch(() => known.delete(edgeWorkerId));
  const since = context.serviceClock.now() - dayMs;
  const history = await reading;
  const used = context.runState.get(ofDay);
  if (!used.has(edgeWorkerId))
    used.set(edgeWorkerId, history.filter(({ createdTime }) => Date.parse(createdTime) > since).length);
  return history;
}

/** Those of other EdgeWorkers count too, and can't be seen. So a failure is certain, and its absence promises nothing. */
async function quotaFailures(
  context: Context,
  { network, version, owner = "" }: Partial<ActivationInputs>,
  history: readonly Activation[],
): Promise<CheckFailure[]> {
  const isComing = (one: Activation) =>
    isUnderWay(one) && one.version === version && one.network.toLowerCase() === network;
  // The run waits for it.
  if (history.some(isComing)) return [];
  const limit = await limitOf(context, "activation-per-day-limit");
  if (limit === undefined) return [];
  const used = [...context.runState.get(ofDay).values()].reduce((sum, one) => sum + one, 0);
  const added = exceedsQuota(context, { quota: keyOf("activations of a day"), limit, used, added: owner });
  if (added === undefined) return [];
  const made = used === 0 ? "" : `its EdgeWorkers had ${used} in the last 24 hours, `;
  const wait = used === 0 ? "Activate fewer in one run" : "Run again when those are a day old";
  const reason = `there is no room for it: the account may have ${limit} activations a day, ${made}and this program adds ${added}. ${wait}, or ask Akamai to raise the limit`;
  return [{ property: "version", reason }];
}

async function missingVersion(
  context: Context,
  edgeWorkerId: number,
  version: string,
): Promise<CheckFailure[]> {
  const { runState } = context;
  const key = versionKey(edgeWorkerId, version);
  if (runState.planned.has(key) || runState.created.has(key)) return [];
  const versions = await versionsOfRun(context, edgeWorkerId);
  if (versions.some((one) => one.version === version)) return [];
  // One stale read is not enough to refuse it.
  const found = await findEventually(context, async () =>
    (await versionsOrNone(context, edgeWorkerId)).find((one) => one.version === version),
  );
  if (found !== undefined) return [];
  const names = versions.map((one) => one.version).sort();
  if (names.length === 0 && (await isMissing(context, edgeWorkerId)))
    return [{ property: "edgeWorkerId", reason: noEdgeWorker(edgeWorkerId) }];
  const others = names.length === 0 ? "it has no version yet" : `it has ${names.join(", ")}`;
  const reason = `EdgeWorker ${edgeWorkerId} has no version ${version}, and no resource before this one declares it; ${others}`;
  return [{ property: "version", reason }];
}

async function isMissing(context: Context, edgeWorkerId: number): Promise<boolean> {
  if (context.runState.created.has(edgeWorkerKey(edgeWorkerId))) return false;
  return (await findEdgeWorkerEventually(context, edgeWorkerId)) === undefined;
}

const noEdgeWorker = (id: number) => `there is no EdgeWorker ${id}, or the API client may not see it`;

/** The version that was uploaded last. A version of that very name is the one that is meant. */
export async function latestVersion(context: Context, edgeWorkerId: number): Promise<string> {
  const versions = await versionsOfRun(context, edgeWorkerId);
  if (versions.some(({ version }) => version === "latest")) return "latest";
  const [newest] = [...versions].sort((a, b) => (b.sequenceNumber ?? 0) - (a.sequenceNumber ?? 0));
  if (newest !== undefined) return newest.version;
  if (await isMissing(context, edgeWorkerId))
    throw new InvalidInputError("edgeWorkerId", noEdgeWorker(edgeWorkerId));
  throw new InvalidInputError(
    "version",
    `can't be \`latest\`: EdgeWorker ${edgeWorkerId} has no version yet. For one that this program uploads, use its \`version\` output`,
  );
}
