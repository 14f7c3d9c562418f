/** Reads of an EdgeWorker, and how they compare with what a program declares. */
import { type EdgeWorkerId, listEdgeWorkers } from "../../../api/edgeworkers/ids";
import { edgeWorkerKey } from "../../../api/edgeworkers/keys";
import type { Version } from "../../../api/edgeworkers/versions";
import { agreesConsistently, findEventually } from "../../../consistency/read";
import { SharedRead } from "../../../consistency/sharedRead";
import { InvalidInputError } from "../../../errors";
import { same } from "../../../framework/canonical";
import type { Context } from "../../../runtime/context";
import { keyOf, slot } from "../../../runtime/runState";
import { versionsOrNone } from "../observe";
import { markedBy, withMarker } from "./identity";
import type { EdgeWorkerInputs, EdgeWorkerState } from "./schema";

/** The fields that the service takes and can change. */
export function writableFields({ name, groupId, description, owner }: EdgeWorkerInputs) {
  return { name, groupId, description: withMarker({ owner, description }) };
}

export function isUpToDate({ name, groupId, description }: EdgeWorkerId, wanted: EdgeWorkerInputs): boolean {
  return same({ name, groupId, description }, writableFields(wanted));
}

/** What the account had when the run first asked: one read for the whole run. What the run itself creates, it knows. */
export function readEdgeWorkers(context: Context): Promise<EdgeWorkerId[]> {
  return context.runState.read(
    keyOf("edgeworkers"),
    () => listEdgeWorkers(context.http),
    () => true,
  );
}

/** Reads of the list of all ids that creates share whose answer was lost. */
const listing = slot<{ read?: SharedRead<EdgeWorkerId[]> }>(() => ({}));

function listAgain(context: Context): Promise<EdgeWorkerId[]> {
  const shared = context.runState.get(listing);
  shared.read ??= new SharedRead(context.clock, () => listEdgeWorkers(context.http));
  return shared.read.after(context.clock.now());
}

/** The EdgeWorker of an interrupted run. */
export async function findInterruptedCreate(
  context: Context,
  inputs: EdgeWorkerInputs,
): Promise<EdgeWorkerId | undefined> {
  return (
    (await findMarked(context, inputs, await readEdgeWorkers(context))) ??
    findMarked(context, inputs, await readEdgeWorkersOfAllReplicas(context))
  );
}

/**
 * What any of four reads over 5 seconds shows, once for the whole run. Nothing tells a run that an earlier one was killed right after its
 * create: a second EdgeWorker would stay, so this is worth the reads.
 */
function readEdgeWorkersOfAllReplicas(context: Context): Promise<EdgeWorkerId[]> {
  const load = async () => {
    const seen = new Map<number, EdgeWorkerId>();
    let read = () => readEdgeWorkers(context);
    await findEventually(context, async () => {
      for (const one of await read()) seen.set(one.edgeWorkerId, one);
      read = () => listEdgeWorkers(context.http);
      return undefined;
    });
    return [...seen.values()];
  };
  return context.runState.read(keyOf("edgeworkers", "of all replicas"), load, () => true);
}

/** The EdgeWorker of the name that a program adopts; undefined when there is none. */
export async function findAdoptable(
  context: Context,
  { adopt, name, groupId, resourceTierId }: Partial<EdgeWorkerInputs>,
): Promise<EdgeWorkerId | undefined> {
  if (adopt !== true) return undefined;
  const isCandidate = (one: EdgeWorkerId) =>
    one.name === name &&
    one.groupId === groupId &&
    !context.runState.created.has(edgeWorkerKey(one.edgeWorkerId));
  const [found, ...others] = (await readEdgeWorkers(context)).filter(isCandidate);
  if (found === undefined) return undefined;
  if (others.length > 0) {
    const ids = [found, ...others].map(({ edgeWorkerId }) => edgeWorkerId).join(", ");
    throw new InvalidInputError(
      "name",
      `is that of several EdgeWorkers in group ${groupId} (${ids}), so \`adopt\` can't tell which one is meant: rename the others, or import it by its id`,
    );
  }
  if ((found.resourceTierId ?? resourceTierId) !== resourceTierId)
    throw new InvalidInputError(
      "resourceTierId",
      `is not that of EdgeWorker ${name} (id ${found.edgeWorkerId}), which \`adopt\` takes: its tier is ${found.resourceTierId}, and can't be changed`,
    );
  return found;
}

/** The EdgeWorker of a create whose answer was lost. */
export async function findLostCreate(
  context: Context,
  inputs: EdgeWorkerInputs,
): Promise<EdgeWorkerId | undefined> {
  return findMarked(context, inputs, await listAgain(context));
}

/** An EdgeWorker with the ownership marker and no versions. One that has versions is in use: no interrupted create left it. */
async function findMarked(
  context: Context,
  { owner, resourceTierId }: EdgeWorkerInputs,
  all: readonly EdgeWorkerId[],
): Promise<EdgeWorkerId | undefined> {
  const marked = markedBy(owner, all).filter(
    (one) =>
      (one.resourceTierId ?? resourceTierId) === resourceTierId &&
      !context.runState.created.has(edgeWorkerKey(one.edgeWorkerId)),
  );
  for (const one of marked) if ((await versionsOrNone(context, one.edgeWorkerId)).length === 0) return one;
  return undefined;
}

/** A stale replica may still show versions that were just deleted. Only those that every read shows are there. */
export async function versionsLeft(context: Context, id: number): Promise<Version[]> {
  let versions: Version[] = [];
  const none = await agreesConsistently(context, async () => {
    versions = await versionsOrNone(context, id);
    return versions.length === 0;
  });
  return none ? [] : versions;
}

export function toState(
  inputs: EdgeWorkerInputs,
  live: Pick<EdgeWorkerState, "edgeWorkerId" | "accountId" | "createdTime">,
): EdgeWorkerState {
  return {
    ...inputs,
    edgeWorkerId: live.edgeWorkerId,
    ...(live.accountId ? { accountId: live.accountId } : {}),
    ...(live.createdTime ? { createdTime: live.createdTime } : {}),
  };
}
