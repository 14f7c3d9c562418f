/** Makes a namespace, or continues with an existing one. */

import { namespaceKey } from "../../../api/edgekv/keys";
import { createNamespace, findNamespace, type Namespace } from "../../../api/edgekv/namespaces";
import { pollUntil } from "../../../consistency/poll";
import { propagation } from "../../../consistency/propagation";
import { findEventually } from "../../../consistency/read";
import { createOnce } from "../../../consistency/write";
import { ApiError, PartialFailure, PreconditionError, WaitError } from "../../../errors";
import type { Context } from "../../../runtime/context";
import { awaitGone, deleteNow, findExisting } from "./deletion";
import { isMoving } from "./identity";
import {
  displayName,
  idOf,
  immutableDifference,
  isEmpty,
  isScheduled,
  isStillThere,
  isUpToDate,
  markNew,
  mismatch,
  notManaged,
  observeNamespace,
  toState,
} from "./observe";
import type { NamespaceInputs, NamespaceState } from "./schema";
import { awaitVisible, syncNamespace } from "./sync";

/** Seconds that the listing before a create may be old: a program with many namespaces makes them within some seconds. */
const lookAge = 10;

// ---- Ensure ----

/**
 * Makes the namespace, or continues with one. The service accepts a create of what is there already, with its data. So a listing is
 * read before, which all creates share.
 */
export async function ensureNamespace(context: Context, inputs: NamespaceInputs): Promise<NamespaceState> {
  const { network, name } = inputs;
  if (context.runState.deleted.has(namespaceKey(network, name))) {
    await awaitGone(context, inputs);
    return makeNamespace(context, inputs);
  }
  const listed = await observeNamespace(context, network, name, lookAge)();
  if (listed === undefined) return makeNamespace(context, inputs, true);
  const found = await findNamespace(context.http, network, name);
  return found === undefined ? makeNamespace(context, inputs) : adoptNamespace(context, inputs, found);
}

/** @param isNew whether a listing was without it just now */
async function makeNamespace(
  context: Context,
  inputs: NamespaceInputs,
  isNew = false,
): Promise<NamespaceState> {
  const { name, network } = inputs;
  // A stale replica may show an older namespace of the name, and another client may have been faster.
  const isMade = (live: Namespace) => !isScheduled(live) && isUpToDate(live, inputs);
  let made: Namespace;
  try {
    made = await createOnce(context, {
      send: () => sendCreate(context, inputs),
      find: async () => {
        const live = await findNamespace(context.http, network, name);
        return live !== undefined && isMade(live) ? live : undefined;
      },
      window: propagation.namespaceCreateLost.seconds,
    });
  } catch (error) {
    if (!(error instanceof ApiError) || !error.is(409)) throw error;
    // The name is taken after all: what was read was stale.
    const found = await findEventually(context, () => findNamespace(context.http, network, name));
    if (found === undefined) throw error;
    return adoptNamespace(context, inputs, found, true);
  }
  if (isNew) markNew(context.runState, network, name);
  // The answer is the truth. One that shows something else is from before.
  if (isMade(made)) return toState(inputs, made);
  try {
    const live = await awaitVisible(
      context,
      inputs,
      { effect: "to be there", isDone: isMade },
      propagation.namespaceExistence,
    );
    return toState(inputs, live);
  } catch (error) {
    throw new PartialFailure(idOf(inputs), { ...inputs, namespaceStatus: "READY" }, error);
  }
}

function sendCreate(context: Context, inputs: NamespaceInputs): Promise<Namespace> {
  const { name, network, retentionInSeconds, groupId, geoLocation, restrictDataAccess } = inputs;
  const wanted = { name, retentionInSeconds, groupId, geoLocation, restrictDataAccess };
  return createNamespace(context.http, network, wanted);
}

/**
 * Continues with an existing namespace: one scheduled for deletion, one of an interrupted run, or one to
 * adopt.
 * @param isCertain whether a write was refused because the namespace is there: a read alone may be stale
 */
async function adoptNamespace(
  context: Context,
  inputs: NamespaceInputs,
  seen: Namespace,
  isCertain = false,
): Promise<NamespaceState> {
  const { network, adopt, replaceDeletesData } = inputs;
  const live = await findExisting(context, network, seen);
  // A replica still showed one that was deleted: the service decides.
  if (live === undefined && !isCertain) return makeNamespace(context, inputs);
  const same = live !== undefined && !isScheduled(live) && isUpToDate(live, inputs);
  // What was asked for is there, and was refused: its delete is scheduled, and replicas do not show that yet.
  const existing = same && isCertain ? await awaitSchedule(context, inputs, live) : (live ?? seen);
  const field = immutableDifference(existing, inputs);
  if (field !== undefined && isScheduled(existing) && replaceDeletesData) {
    if (inputs.snapshotBeforeDelete !== undefined) {
      const { assertKept } = require("./snapshot") as typeof import("./snapshot");
      await assertKept(context, inputs, inputs.snapshotBeforeDelete);
    }
    await deleteNow(context, inputs);
    await awaitGone(context, inputs);
    return makeNamespace(context, inputs);
  }
  if (field !== undefined) throw new PreconditionError(mismatch(field, existing));
  // A move that was interrupted has made the namespace, and copied a part: it compares what is there.
  const mayAdopt =
    isScheduled(existing) ||
    adopt ||
    (isMoving(context, inputs) && isUpToDate(existing, inputs)) ||
    (isUpToDate(existing, inputs) && (await isEmpty(context, network, existing)));
  if (!mayAdopt)
    throw new PreconditionError(
      context.runState.owned.has(namespaceKey(network, inputs.name))
        ? isStillThere(network)
        : notManaged(network, inputs.name),
    );
  // All replicas may be from before a delete. A create of what is there changes nothing, and one of what is gone makes it anew.
  // A program that adopts knows that the namespace is there.
  if (same && !isCertain && !adopt) return makeNamespace(context, inputs);
  return syncNamespace(context, inputs, undefined, existing);
}

/** The namespace when reads show its scheduled delete, or as it was when none does in time. */
async function awaitSchedule(
  context: Context,
  { network, name }: NamespaceInputs,
  seen: Namespace,
): Promise<Namespace> {
  const observe = observeNamespace(context, network, name);
  const schedule = pollUntil(context, {
    what: `the scheduled delete of ${displayName({ network, name })} to show`,
    observe: async () => {
      const live = await observe();
      return live !== undefined && isScheduled(live)
        ? { state: "scheduled", is: "reached", value: live }
        : { state: "not scheduled", is: "pending" };
    },
    delay: 1,
    timeout: propagation.namespaceScheduled.seconds,
  });
  return schedule.catch((error: unknown) => {
    if (error instanceof WaitError) return seen;
    throw error;
  });
}
