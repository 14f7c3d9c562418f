/** Reads of EdgeKV's initialization, and the wait for it that every other resource of EdgeKV needs. */

import type { z } from "zod";
import { getInitialization, type Initialization } from "../../../api/edgekv/initialization";
import { databaseKey } from "../../../api/edgekv/keys";
import { type Observation, pollUntil } from "../../../consistency/poll";
import { propagation } from "../../../consistency/propagation";
import { findEventually } from "../../../consistency/read";
import { PreconditionError } from "../../../errors";
import type { Context } from "../../../runtime/context";
import { keyOf, slot } from "../../../runtime/runState";
import type { DatabaseInputs, databaseOutputs } from "./schema";

/** One read for the whole run: all resources of EdgeKV need the answer. An account that is initialized stays so. */
export function readInitialization(context: Context): Promise<Initialization> {
  return context.runState.read(
    keyOf("initialization"),
    () => getInitialization(context.http),
    ({ accountStatus }) => accountStatus === "INITIALIZED",
  );
}

type DataAccessPolicy = DatabaseInputs["dataAccessPolicy"];

const declaredPolicies = slot((): { policy: DataAccessPolicy } => ({ policy: undefined }));

/** The data access policy that the program declares, for what depends on it in the same run. */
export function declaredPolicy({ runState }: Context): DataAccessPolicy {
  return runState.get(declaredPolicies).policy;
}

export function declarePolicy({ runState }: Context, policy: DataAccessPolicy): void {
  runState.get(declaredPolicies).policy = policy;
}

/** Whether the account answers requests for namespaces and tokens yet. */
export async function isInitialized(context: Context): Promise<boolean> {
  return (await readInitialization(context)).accountStatus === "INITIALIZED";
}

/** The initialization, or undefined when several reads agree that there is none. */
export function findInitialization(context: Context): Promise<Initialization | undefined> {
  return findEventually(context, async () => {
    const live = await getInitialization(context.http);
    return live.accountStatus === "UNINITIALIZED" ? undefined : live;
  });
}

/**
 * Fails unless EdgeKV works for the account. Waits for it when this run declares the database, or when it is
 * pending. Until then the service refuses everything else of EdgeKV.
 */
export async function awaitDatabase(context: Context): Promise<void> {
  const live = await readInitialization(context);
  if (live.accountStatus === "INITIALIZED") return;
  if (live.accountStatus === "UNINITIALIZED" && !context.runState.planned.has(databaseKey)) {
    throw new PreconditionError(
      "EdgeKV is not initialized on this account. Declare `new edgekv.Database(...)` in the program, before all that needs it, or initialize it in Akamai Control Center.",
    );
  }
  await pollUntil(context, {
    what: "EdgeKV to be initialized on both networks",
    observe: async () => {
      const seen = await getInitialization(context.http);
      const isAwaited = seen.accountStatus !== "UNINITIALIZED" || context.runState.planned.has(databaseKey);
      return isAwaited ? observationOf(seen) : { state: describe(seen), is: "failed" };
    },
    interval: 1,
    timeout: propagation.databaseInitialized.seconds,
  });
}

// ---- comparison ----

/** Reached when the account and both networks are initialized. */
export function observationOf(live: Initialization): Observation<Initialization> {
  const statuses = [live.accountStatus, live.stagingStatus, live.productionStatus];
  if (statuses.every((status) => status === "INITIALIZED"))
    return { state: describe(live), is: "reached", value: live };
  const isKnown = statuses.every((status) => ["INITIALIZED", "PENDING", "UNINITIALIZED"].includes(status));
  return { state: describe(live), is: isKnown ? "pending" : "failed" };
}

export function describe({ accountStatus, stagingStatus, productionStatus }: Initialization): string {
  return `account ${accountStatus}, staging ${stagingStatus}, production ${productionStatus}`;
}

export function toOutputs(live: Initialization): z.output<typeof databaseOutputs> {
  const { accountStatus, stagingStatus, productionStatus, cpcode, dataAccessPolicy } = live;
  return {
    accountStatus,
    stagingStatus,
    productionStatus,
    ...(cpcode ? { cpcode } : {}),
    ...(dataAccessPolicy ? { policy: dataAccessPolicy } : {}),
  };
}
