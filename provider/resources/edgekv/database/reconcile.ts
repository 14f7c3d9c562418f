/**
 * Makes the account's database what the program declares: ensure the initialization, then sync the policy.
 */

import {
  type DataAccessPolicy,
  getInitialization,
  type Initialization,
  initialize,
  setDataAccessPolicy,
} from "../../../api/edgekv/initialization";
import { databaseKey } from "../../../api/edgekv/keys";
import { type Observation, pollUntil } from "../../../consistency/poll";
import { propagation } from "../../../consistency/propagation";
import { PartialFailure, WaitError } from "../../../errors";
import { same } from "../../../framework/canonical";
import type { Context } from "../../../runtime/context";
import { describe, observationOf, toOutputs } from "./observe";
import type { DatabaseInputs, DatabaseState } from "./schema";

/** The account has one database. */
export const databaseId = "edgekv";

const attempts = 3;

export async function reconcileDatabase(context: Context, inputs: DatabaseInputs): Promise<DatabaseState> {
  const initialized = await ensureInitialized(context, inputs.dataAccessPolicy);
  const live = await syncPolicy(context, inputs, initialized);
  return { ...inputs, ...toOutputs(live) };
}

// ---- Ensure: the initialization ----

/**
 * Requests the initialization where there is none, and waits for it. An attempt that failed is made again.
 */
async function ensureInitialized(
  context: Context,
  policy: DataAccessPolicy | undefined,
): Promise<Initialization> {
  try {
    let last = await getInitialization(context.http);
    for (let attempt = 1; attempt <= attempts; attempt++) {
      if (attempt > 1)
        context.logger.warn(
          `EdgeKV's initialization did not succeed: requesting it again (attempt ${attempt} of ${attempts}).`,
        );
      if (last.accountStatus === "UNINITIALIZED") await initialize(context.http, policy);
      last = await pollUntil(context, {
        what: "EdgeKV to be initialized",
        observe: observeAttempt(context),
        interval: 1,
        timeout: propagation.databaseInitialized.seconds,
      });
      if (last.accountStatus === "INITIALIZED") return last;
    }
    throw new WaitError(
      `the initialization was requested ${attempts} times, and each time the account went back to UNINITIALIZED. ` +
        "It needs a user of the top-level group with access to EdgeKV. If the user has both, open a case with Akamai's support.",
    );
  } catch (error) {
    // Resources that wait for the database need not wait any longer.
    context.runState.planned.delete(databaseKey);
    throw error;
  }
}

/**
 * A failed attempt shows as UNINITIALIZED for good. A stale replica shows the same, but only inside the
 * window.
 */
function observeAttempt(context: Context): () => Promise<Observation<Initialization>> {
  let lastOther = context.clock.now();
  return async () => {
    const live = await getInitialization(context.http);
    if (live.accountStatus !== "UNINITIALIZED") {
      lastOther = context.clock.now();
      return observationOf(live);
    }
    const isOver = context.clock.now() - lastOther > propagation.databaseRequested.seconds * 1000;
    return isOver
      ? { state: describe(live), is: "reached", value: live }
      : { state: describe(live), is: "pending" };
  };
}

// ---- Sync: the data access policy ----

async function syncPolicy(
  context: Context,
  inputs: DatabaseInputs,
  live: Initialization,
): Promise<Initialization> {
  const { dataAccessPolicy: wanted, ...rest } = inputs;
  if (wanted === undefined || same(live.dataAccessPolicy, wanted)) return live;
  await setDataAccessPolicy(context.http, wanted);
  try {
    return await pollUntil(context, {
      what: "the data access policy to change",
      observe: async () => {
        const now = await getInitialization(context.http);
        const isReached = same(now.dataAccessPolicy, wanted);
        return isReached
          ? { state: "changed", is: "reached", value: now }
          : { state: JSON.stringify(now.dataAccessPolicy), is: "pending" };
      },
      timeout: propagation.databasePolicyChanged.seconds,
    });
  } catch (error) {
    // Without the policy in the state, the next run sets it again.
    throw new PartialFailure(databaseId, { ...rest, ...toOutputs(live) }, error);
  }
}
