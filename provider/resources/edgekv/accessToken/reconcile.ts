/** Makes a token what the program declares, in labelled steps, and revokes it. */

import { namespaceKey, tokenKey } from "../../../api/edgekv/keys";
import {
  createToken,
  findToken,
  refreshToken,
  revokeToken,
  type Token,
  type TokenSummary,
} from "../../../api/edgekv/tokens";
import { type Observation, pollUntil } from "../../../consistency/poll";
import { propagation } from "../../../consistency/propagation";
import { findEventually } from "../../../consistency/read";
import { createOnce, retryWhileStale } from "../../../consistency/write";
import { ApiError, PartialFailure, PreconditionError } from "../../../errors";
import { same } from "../../../framework/canonical";
import type { Context } from "../../../runtime/context";
import { slot } from "../../../runtime/runState";
import { assertTokenNotLive } from "../../inUse";
import { type LiveCode, markStillUsed, userOf } from "../../stillUsed";
import { isStillUsed } from "../namespace/observe";
import { isOurs, mayAdopt, whyTaken } from "./identity";
import { displayName, findTokenAnywhere, namespacesOf, observeToken, toState } from "./observe";
import type { AccessTokenInputs, AccessTokenState } from "./schema";

const revokeAttempts = 5;
/** Reads in a row that must show a refreshed token as COMPLETE: a stale replica may show it from before. */
const consecutiveMatchesOfRefresh = 3;

/** References of the tokens that this run revoked. Under a fixed name, a stale replica may still show one in place of its successor. */
const revokedReferences = slot(() => new Set<string>());

// ---- Observe ----

async function findUnrevoked(context: Context, name: string): ReturnType<typeof findToken> {
  const found = await findToken(context.http, name);
  return typeof found === "object" && wasRevoked(context, found) ? "revoked" : found;
}

function wasRevoked({ runState }: Context, { uuid }: TokenSummary): boolean {
  return uuid !== undefined && runState.get(revokedReferences).has(uuid);
}

/** The token of an interrupted run, or of a request whose answer was lost. */
async function findOurs(context: Context, inputs: AccessTokenInputs): Promise<Token | undefined> {
  const found = await findUnrevoked(context, inputs.name);
  return typeof found === "object" && isOurs(context, found, inputs) ? found : undefined;
}

/** The same, or one that the program adopts. */
async function findToTake(context: Context, inputs: AccessTokenInputs): Promise<Token | undefined> {
  const found = await findUnrevoked(context, inputs.name);
  if (typeof found !== "object") return undefined;
  return isOurs(context, found, inputs) || mayAdopt(found, inputs) ? found : undefined;
}

// ---- Ensure ----

export async function ensureToken(context: Context, inputs: AccessTokenInputs): Promise<AccessTokenState> {
  const made = await makeToken(context, inputs);
  context.runState.created.add(tokenKey(inputs.name));
  return awaitComplete(context, inputs, undefined, made);
}

async function makeToken(context: Context, inputs: AccessTokenInputs): Promise<Token> {
  const {
    name,
    allowOnStaging,
    allowOnProduction,
    namespacePermissions,
    restrictToEdgeWorkerIds,
    requestedExpiry,
  } = inputs;
  const permissions = { allowOnStaging, allowOnProduction, namespacePermissions };
  const wanted = {
    name,
    ...permissions,
    restrictToEdgeWorkerIds: restrictToEdgeWorkerIds?.map(String),
    expiry: requestedExpiry,
  };
  const { created } = context.runState;
  const hasNewNamespace = Object.keys(namespacePermissions).some(
    (one) => created.has(namespaceKey("staging", one)) || created.has(namespaceKey("production", one)),
  );
  const find = () => findOurs(context, inputs);
  const send = () => createToken(context.http, wanted);
  try {
    return await retryWhileStale(context, {
      send: () => createOnce(context, { send, find, window: propagation.tokenCreateLost.seconds }),
      // A stale replica may not show a namespace that this run has just made.
      isStale: (error) => hasNewNamespace && error instanceof ApiError && error.is(400),
      window: propagation.namespaceOnOtherPaths.seconds,
    });
  } catch (error) {
    if (!(error instanceof ApiError) || !error.is(409)) throw error;
    // The name is taken: by our own token, of an interrupted run, or by another one.
    const found = await findEventually(context, () => findToTake(context, inputs));
    if (found === undefined) throw new PreconditionError(`${whyTaken(inputs)} (${error.message})`);
    context.logger.info(
      isOurs(context, found, inputs)
        ? `${displayName(inputs)} exists from an interrupted run: continuing with it.`
        : `${displayName(inputs)} exists already: adopting it.`,
    );
    return found;
  }
}

// ---- Sync ----

/**
 * Refreshes the token where `refreshTriggers` changed or its activation failed, and waits until it is
 * COMPLETE.
 */
export async function syncToken(
  context: Context,
  news: AccessTokenInputs,
  old: AccessTokenState,
): Promise<AccessTokenState> {
  const live = await findEventually(context, () => findTokenAnywhere(context, news.name));
  if (live === undefined || live === "expired")
    throw new PreconditionError("it is gone. Run `pulumi refresh`, so that the next `up` makes a new one.");
  const isFailed = live.tokenActivationStatus === "ERROR";
  if (!isFailed && same(old.refreshTriggers, news.refreshTriggers))
    return awaitComplete(context, news, old, live);
  if (isFailed) context.logger.info(`${displayName(news)} failed to become active: refreshing it.`);
  return awaitComplete(context, news, old, await refresh(context, news));
}

/** Refreshes once, as far as reads can show it: a token that is IN_PROGRESS was refreshed. */
function refresh(context: Context, { name }: AccessTokenInputs): Promise<Token> {
  return createOnce(context, {
    send: () => refreshToken(context.http, name),
    find: async () => {
      const seen = await findToken(context.http, name);
      return typeof seen === "object" && seen.tokenActivationStatus === "IN_PROGRESS" ? seen : undefined;
    },
    window: propagation.tokenRefreshLost.seconds,
  });
}

/** Waits until the token can be used. One that fails stays in the state, and the next run continues with it. */
async function awaitComplete(
  context: Context,
  inputs: AccessTokenInputs,
  old: AccessTokenState | undefined,
  made: Token,
): Promise<AccessTokenState> {
  let last = made;
  const began = context.clock.now();
  const mayBeStale = () => context.clock.now() - began < propagation.tokenExistence.seconds * 1000;
  let wasInProgress = false;
  // In the list, whose reads all that wait share.
  const listed = observeToken(context, inputs.name);
  const observe = async () => {
    const summary = await listed();
    return summary === undefined || wasRevoked(context, summary) ? undefined : { ...made, ...summary };
  };
  try {
    const live = await pollUntil(context, {
      what: `${displayName(inputs)} to become COMPLETE`,
      observe: async (): Promise<Observation<Token>> => {
        const seen = await observe();
        // A stale replica may show no token.
        if (seen === undefined) return { state: "not visible", is: mayBeStale() ? "pending" : "failed" };
        last = seen;
        wasInProgress ||= seen.tokenActivationStatus === "IN_PROGRESS";
        // Tokens of the older generation have no status: they can be used at once.
        const state = seen.tokenActivationStatus ?? "COMPLETE";
        if (state === "COMPLETE") return { state, is: "reached", value: seen };
        // A stale replica may show the failure from before the refresh.
        const isEarlierFailure = old !== undefined && !wasInProgress && mayBeStale();
        return { state, is: state === "IN_PROGRESS" || isEarlierFailure ? "pending" : "failed" };
      },
      interval: 1,
      // The answer to the write was the first look.
      delay: made.tokenActivationStatus === "IN_PROGRESS" ? 1 : 0,
      consecutiveMatches: old === undefined ? 1 : consecutiveMatchesOfRefresh,
      timeout: propagation.tokenActivated.seconds,
      hint: "The token stays in the state, and the next `up` continues the wait.",
    });
    return toState(inputs, live);
  } catch (error) {
    // With the old triggers in the state, the next run refreshes again.
    const refreshTriggers = old === undefined ? {} : { refreshTriggers: old.refreshTriggers };
    throw new PartialFailure(inputs.name, { ...toState(inputs, last), ...refreshTriggers }, error);
  }
}

// ---- Delete ----

export async function removeToken(context: Context, state: AccessTokenState): Promise<void> {
  const { runState, logger } = context;
  const user = userOf(runState, tokenKey(state.name));
  if (user !== undefined) return leaveInUse(context, state, user);
  if (state.deletion.mode === "retain") {
    logger.info(`${displayName(state)} stays valid. It is no longer managed by Pulumi.`);
    return;
  }
  if (runState.created.has(tokenKey(state.name))) {
    // `--replace` without a change: the name is the same, and so is the token.
    logger.warn(
      `${displayName(state)} stays: its replacement is the same token. To get another one, change \`replaceTriggers\`; to refresh it, change \`refreshTriggers\`.`,
    );
    return;
  }
  await assertTokenNotLive(context, state, async () => {
    const live = await findTokenAnywhere(context, state.name);
    return typeof live === "object";
  });
  runState.get(revokedReferences).add(state.reference);
  await revokeIdempotently(context, state.name);
}

/**
 * Live code uses the token: it stays, and so do its namespaces on every network that it allows. The service
 * refreshes tokens by itself, and does not document what happens to one whose namespace is gone.
 */
function leaveInUse(
  { runState, logger }: Context,
  state: AccessTokenState,
  { edgeWorkerId, version, network }: LiveCode,
): void {
  const more = namespacesOf(state).filter((one) => !isStillUsed(runState, one));
  for (const one of more)
    markStillUsed(runState, [namespaceKey(one.network, one.name)], { edgeWorkerId, version, network });
  if (more.length === 0) return;
  const names = more.map((one) => `${one.name} on ${one.network}`).join(", ");
  logger.info(
    `${displayName(state)} stays with its other namespaces (${names}): version ${version} of EdgeWorker ${edgeWorkerId}, live on ${network}, holds it.`,
  );
}

/** A stale replica may answer 404 for a token that exists: it is revoked only when several reads agree. */
async function revokeIdempotently(context: Context, name: string): Promise<void> {
  for (let attempt = 1; attempt <= revokeAttempts; attempt++) {
    if (await revokeToken(context.http, name)) return;
    const still = await findEventually(context, () => findTokenAnywhere(context, name));
    if (still === undefined || still === "expired") return;
  }
  throw new PreconditionError(
    "the service answers that there is no such token, but reads still show it. Run again in a minute",
  );
}
