import type { z } from "zod";
import {
  type DataAccessPolicy,
  getInitialization,
  type Initialization,
  initialize,
  setDataAccessPolicy,
} from "../../../api/edgekv/initialization";
import { databaseKey } from "../../../api/edgekv/keys";
import { type Observation, pollUntil } from "../../../consistency/poll";
import { findEventually } from "../../../consistency/read";

import { PartialFailure, PreconditionError, WaitError } from "../../../errors";
import { same } from "../../../framework/canonical";
import { type CheckFailure, type Draft, defineResource } from "../../../framework/resource";
import type { Context } from "../../../runtime/context";
import { keyOf } from "../../../runtime/runState";
import { type DatabaseInputs, type DatabaseState, type databaseOutputs, databaseSchema } from "./schema";

const attempts = 3;
/** Seconds; the service names no bound, and its own tools wait as long. */
const initializesWithin = 20 * 60;
/** Seconds after which every replica has heard that an initialization was asked for. */
const heardOfWithin = 30;
/** Seconds within which a policy that was set shows. */
const policyShowsWithin = 5 * 60;

export const database = defineResource<DatabaseInputs, DatabaseState>(databaseSchema, {
  displayName: () => "the EdgeKV database of the account",

  check: {
    computeInputs(_draft, { runState }) {
      // Whoever needs the database waits for one that the program declares.
      runState.planned.add(databaseKey);
      return { deletion: { mode: "retain" } };
    },

    validate: () => [],

    async preflight(draft: Draft<DatabaseInputs>, context: Context): Promise<CheckFailure[]> {
      if (Object.keys(draft.oldInputs).length > 0) return [];
      const live = await readInitialization(context);
      if (live.accountStatus === "INITIALIZED")
        context.logger.info("EdgeKV is initialized on this account already: `up` takes it as it is.");
      return [];
    },
  },

  diff: {
    deleteBeforeReplace: () => true,
  },

  async create(inputs, context) {
    const settled = await ensureInitialized(inputs.dataAccessPolicy, context);
    const live = await ensurePolicy(settled, inputs.dataAccessPolicy, inputs, context);
    return { id: "edgekv", state: { ...inputs, ...toOutputs(live) } };
  },

  async read(state, context) {
    const live = await findEventually(context, async () => {
      const seen = await getInitialization(context.http);
      return seen.accountStatus === "UNINITIALIZED" ? undefined : seen;
    });
    if (live === undefined) return undefined;
    const declared = state.dataAccessPolicy !== undefined && live.dataAccessPolicy ? { dataAccessPolicy: live.dataAccessPolicy } : {};
    return { ...state, ...toOutputs(live), ...declared };
  },

  async update(_old, news, context) {
    const settled = await ensureInitialized(news.dataAccessPolicy, context);
    const live = await ensurePolicy(settled, news.dataAccessPolicy, news, context);
    return { ...news, ...toOutputs(live) };
  },

  async delete(_state, context) {
    context.logger.info(
      "EdgeKV stays initialized on the account, with all its data: there is no way back from that, and nothing was changed.",
    );
  },
});

function readInitialization(context: Context): Promise<Initialization> {
  return context.runState.read(keyOf("initialization"), () => getInitialization(context.http));
}

/** Asks for the initialization where there is none, and waits for it; an attempt that the service gave up is made again. */
async function ensureInitialized(policy: DataAccessPolicy | undefined, context: Context): Promise<Initialization> {
  try {
    let last = await getInitialization(context.http);
    for (let attempt = 1; attempt <= attempts; attempt++) {
      if (attempt > 1) context.logger.warn(`EdgeKV's initialization did not succeed; asking again (attempt ${attempt} of ${attempts}).`);
      if (last.accountStatus === "UNINITIALIZED") await initialize(context.http, policy);
      last = await pollUntil(context, {
        what: "EdgeKV to be initialized",
        observe: observeOutcome(context),
        interval: 1,
        timeout: initializesWithin,
      });
      if (last.accountStatus === "INITIALIZED") return last;
    }
    throw new WaitError(
      `the initialization was asked for ${attempts} times, and each time the account came back as UNINITIALIZED. ` +
        "It needs a user of the top-level group with access to EdgeKV; if that is given, open a case with Akamai's support.",
    );
  } catch (error) {
    // What waits for the database need not wait any longer.
    context.runState.planned.delete(databaseKey);
    throw error;
  }
}

/** An attempt that failed shows as uninitialized, and nothing else, for a while; before, that is only a server that has not heard of it. */
function observeOutcome(context: Context): () => Promise<Observation<Initialization>> {
  let lastOther = context.clock.now();
  return async () => {
    const live = await getInitialization(context.http);
    if (live.accountStatus !== "UNINITIALIZED") {
      lastOther = context.clock.now();
      return observationOf(live);
    }
    const failed = context.clock.now() - lastOther > heardOfWithin * 1000;
    return failed ? { state: describe(live), is: "reached", value: live } : { state: describe(live), is: "pending" };
  };
}

function observationOf(live: Initialization): Observation<Initialization> {
  const statuses = [live.accountStatus, live.stagingStatus, live.productionStatus];
  if (statuses.every((status) => status === "INITIALIZED")) return { state: describe(live), is: "reached", value: live };
  const known = statuses.every((status) => ["INITIALIZED", "PENDING", "UNINITIALIZED"].includes(status));
  return { state: describe(live), is: known ? "pending" : "failed" };
}

/** Waits until account and both networks are through. */
function settle(context: Context): Promise<Initialization> {
  return pollUntil(context, {
    what: "EdgeKV to be initialized on both networks",
    observe: async () => {
      const live = await getInitialization(context.http);
      const awaited = live.accountStatus !== "UNINITIALIZED" || context.runState.planned.has(databaseKey);
      return awaited ? observationOf(live) : { state: describe(live), is: "failed" };
    },
    interval: 1,
    timeout: initializesWithin,
  });
}

async function ensurePolicy(
  live: Initialization,
  wanted: DataAccessPolicy | undefined,
  pending: DatabaseInputs,
  context: Context,
): Promise<Initialization> {
  if (wanted === undefined || same(live.dataAccessPolicy, wanted)) return live;
  await setDataAccessPolicy(context.http, wanted);
  try {
    return await pollUntil(context, {
      what: "the data access policy to change",
      observe: async () => {
        const now = await getInitialization(context.http);
        const reached = same(now.dataAccessPolicy, wanted);
        return reached ? { state: "changed", is: "reached", value: now } : { state: JSON.stringify(now.dataAccessPolicy), is: "pending" };
      },
      timeout: policyShowsWithin,
    });
  } catch (error) {
    // What the state does not show as done is asked for again by the next run.
    const { dataAccessPolicy: _, ...rest } = pending;
    throw new PartialFailure("edgekv", { ...rest, ...toOutputs(live) }, error);
  }
}

function describe({ accountStatus, stagingStatus, productionStatus }: Initialization): string {
  return `account ${accountStatus}, staging ${stagingStatus}, production ${productionStatus}`;
}

function toOutputs(live: Initialization): z.output<typeof databaseOutputs> {
  const { accountStatus, stagingStatus, productionStatus, cpcode, dataAccessPolicy } = live;
  return {
    accountStatus,
    stagingStatus,
    productionStatus,
    ...(cpcode ? { cpcode } : {}),
    ...(dataAccessPolicy ? { policy: dataAccessPolicy } : {}),
  };
}

/**
 * Fails unless EdgeKV works for the account; waits for it when this run declares the database, or when it is on its way.
 * Everything else of EdgeKV is refused before.
 */
export async function awaitDatabase(context: Context): Promise<void> {
  const live = await readInitialization(context);
  if (live.accountStatus === "INITIALIZED") return;
  if (live.accountStatus === "UNINITIALIZED" && !context.runState.planned.has(databaseKey)) {
    throw new PreconditionError(
      "EdgeKV is not initialized on this account. Declare `new edgekv.Database(...)` in the program, before all that needs it, or initialize it in Akamai Control Center.",
    );
  }
  await settle(context);
}

/** Whether the account can be asked about namespaces and tokens yet. */
export async function isInitialized(context: Context): Promise<boolean> {
  return (await readInitialization(context)).accountStatus === "INITIALIZED";
}
