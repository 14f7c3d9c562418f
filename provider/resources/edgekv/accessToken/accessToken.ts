import { namespaceKey, tokenKey } from "../../../api/edgekv/keys";
import { createToken, findToken, refreshToken, revokeToken, type Token } from "../../../api/edgekv/tokens";
import { type Observation, pollUntil } from "../../../consistency/poll";
import { findEventually } from "../../../consistency/read";
import { createOnce, retryWhileStale } from "../../../consistency/write";

import { ApiError, PartialFailure, PreconditionError } from "../../../errors";
import { same } from "../../../framework/canonical";
import { type CheckFailure, defineResource } from "../../../framework/resource";
import type { Context } from "../../../runtime/context";
import type { LiveCode } from "../../stillUsed";
import { markStillUsed, userOf } from "../../stillUsed";
import { awaitDatabase } from "../database/database";
import { isStillUsed } from "../namespace/observe";
import { chooseExpiry, contentOf, daysUntil, deriveName, isOurs, longestLife } from "./identity";
import { displayName, findTokenOrListed, permissionsOf } from "./observe";
import { preflightToken, taken } from "./preview";
import { type AccessTokenInputs, type AccessTokenState, accessTokenSchema } from "./schema";

/** Seconds; how long an activation takes is not documented, minutes as a rule. */
const activatesWithin = 30 * 60;
/** Seconds within which every server shows a token that was made. */
const existenceShowsWithin = 30;
const revokeAttempts = 5;
/** Seconds within which every server knows a namespace that was made. */
const namespacesShowWithin = 60;

export const accessToken = defineResource<AccessTokenInputs, AccessTokenState>(accessTokenSchema, {
  displayName,

  check: {
    async computeInputs(draft, context) {
      const requestedExpiry = await chooseExpiry(draft, context);
      const dated = { ...draft, known: { ...draft.known, ...(requestedExpiry === undefined ? {} : { requestedExpiry }) } };
      const named = draft.known.name === undefined && !draft.unknown.has("name") ? { name: deriveName(dated) } : {};
      const name = named.name ?? draft.known.name;
      // What uses the token can count on it, and on its being another one.
      const isAnother = name !== draft.oldInputs.name || !same(contentOf(dated.known), contentOf(draft.oldInputs));
      if (isAnother && name !== undefined) context.runState.planned.add(tokenKey(name));
      return { requestedExpiry, ...named };
    },

    validate({ known, unknown, oldInputs }, context) {
      const failures: CheckFailure[] = [];
      if (known.allowOnStaging === false && known.allowOnProduction === false) {
        failures.push({
          property: "allowOnStaging",
          reason: "must be true, or allowOnProduction: a token has to be allowed on one network at least",
        });
      }
      if (known.renewBeforeDays !== undefined && known.expiry === undefined && !unknown.has("expiry")) {
        failures.push({ property: "renewBeforeDays", reason: "needs `expiry`: a token that is made without an end is not renewed" });
      }
      const life = typeof known.expiry === "object" ? known.expiry.days : longestLife;
      if (known.renewBeforeDays !== undefined && known.renewBeforeDays >= life) {
        failures.push({ property: "renewBeforeDays", reason: `must be less than the ${life} days that a token lives` });
      }
      if (typeof known.expiry === "string" && known.expiry !== oldInputs.expiry && known.expiry === known.requestedExpiry) {
        const days = daysUntil(known.expiry, context.clock.now());
        if (days < 1) failures.push({ property: "expiry", reason: "must be at least one day ahead" });
        if (days > 184) failures.push({ property: "expiry", reason: "must be no more than six months ahead" });
      }
      return failures;
    },

    preflight: preflightToken,
  },

  diff: {
    deleteBeforeReplace: (old, news) => old.name === news.name,

    // A token that is not usable is worth another try.
    hasDrift: async (old) => old.tokenActivationStatus !== "COMPLETE",
  },

  async create(inputs, context) {
    await awaitDatabase(context);
    const left = await findOurs(inputs, context);
    if (left !== undefined) context.logger.info(`${displayName(inputs)} is there from an earlier run: going on with it.`);
    const made = left ?? (await makeToken(inputs, context));
    context.runState.created.add(tokenKey(inputs.name));
    return { id: inputs.name, state: await untilComplete(inputs, made, undefined, context) };
  },

  async read(state, context) {
    const live = await findEventually(context, () => findTokenOrListed(state.name, context));
    if (live === undefined || live === "expired") {
      context.logger.warn(`${displayName(state)} ${live === "expired" ? "has expired" : "was revoked"}; \`up\` makes a new one.`);
      return undefined;
    }
    return asRead(state, live);
  },

  async update(old, news, context) {
    const live = await findEventually(context, () => findTokenOrListed(news.name, context));
    if (live === undefined || live === "expired")
      throw new PreconditionError("it is gone. Run `pulumi refresh`, so that the next `up` makes a new one.");
    const broken = live.tokenActivationStatus === "ERROR";
    if (!broken && same(old.refreshTriggers, news.refreshTriggers)) return untilComplete(news, live, old, context);
    if (broken) context.logger.info(`${displayName(news)} failed to become active: refreshing it.`);
    return untilComplete(news, await refresh(news, context), old, context);
  },

  async delete(state, context) {
    const user = userOf(context.runState, tokenKey(state.name));
    if (user !== undefined) return leaveUsed(state, user, context);
    if (state.deletion.mode === "retain") {
      context.logger.info(`${displayName(state)} stays valid. It is no longer managed by Pulumi.`);
      return;
    }
    if (context.runState.created.has(tokenKey(state.name))) {
      // A replacement that nothing asked for but the person (--replace): its name, and so the token, is the same.
      context.logger.warn(
        `${displayName(state)} stays: what was to replace it is the same token. To renew what is behind it, change \`refreshTriggers\`.`,
      );
      return;
    }
    await revokeIdempotently(state.name, context);
  },
});

// ---- create, and waiting for what was asked ----

/** What an interrupted run left, or a request whose answer was lost. */
async function findOurs(inputs: AccessTokenInputs, context: Context): Promise<Token | undefined> {
  const found = await findToken(context.http, inputs.name);
  return typeof found === "object" && isOurs(found, inputs, context) ? found : undefined;
}

async function makeToken(inputs: AccessTokenInputs, context: Context): Promise<Token> {
  const { name, allowOnStaging, allowOnProduction, namespacePermissions, restrictToEdgeWorkerIds, requestedExpiry } = inputs;
  const ids = restrictToEdgeWorkerIds?.map(String);
  const wanted = {
    name,
    allowOnStaging,
    allowOnProduction,
    namespacePermissions,
    restrictToEdgeWorkerIds: ids,
    expiry: requestedExpiry,
  };
  const fresh = Object.keys(namespacePermissions).some(
    (one) => context.runState.created.has(namespaceKey("staging", one)) || context.runState.created.has(namespaceKey("production", one)),
  );
  const find = () => findOurs(inputs, context);
  try {
    return await retryWhileStale(context, {
      send: () => createOnce(context, { send: () => createToken(context.http, wanted), find, window: 10 }),
      // A namespace that this run has just made may not be known everywhere yet.
      isStale: (error) => fresh && error instanceof ApiError && error.is(400),
      window: namespacesShowWithin,
    });
  } catch (error) {
    if (!(error instanceof ApiError) || !error.is(409)) throw error;
    // There is one after all: ours, which the first look did not see, or somebody else's.
    const found = await findEventually(context, find);
    if (found === undefined) throw new PreconditionError(`${taken} (${error.message})`);
    return found;
  }
}

/** Asks for a refresh once, as far as that can be seen: a token that is being activated is one that was refreshed. */
function refresh({ name }: AccessTokenInputs, context: Context): Promise<Token> {
  return createOnce(context, {
    send: () => refreshToken(context.http, name),
    find: async () => {
      const seen = await findToken(context.http, name);
      return typeof seen === "object" && seen.tokenActivationStatus === "IN_PROGRESS" ? seen : undefined;
    },
    window: 4,
  });
}

/**
 * The token stays, since live code uses it, and so do its namespaces: on every network that it allows, for the service refreshes tokens by itself, and
 * does not document what becomes of one whose namespace is gone.
 */
function leaveUsed(state: AccessTokenState, { edgeWorkerId, version, network }: LiveCode, { runState, logger }: Context): void {
  const networks = [...(state.allowOnStaging ? ["staging" as const] : []), ...(state.allowOnProduction ? ["production" as const] : [])];
  const all = networks.flatMap((one) => Object.keys(state.namespacePermissions).map((name) => ({ network: one, name })));
  const more = all.filter((one) => !isStillUsed(runState, one));
  for (const one of more) markStillUsed(runState, [namespaceKey(one.network, one.name)], { edgeWorkerId, version, network });
  if (more.length === 0) return;
  const names = more.map((one) => `${one.name} on ${one.network}`).join(", ");
  logger.info(
    `${displayName(state)} stays with its other namespaces (${names}): version ${version} of EdgeWorker ${edgeWorkerId}, live on ${network}, holds it.`,
  );
}

/** A server that has not heard of the token says that it is gone: only when others agree is it. */
async function revokeIdempotently(name: string, context: Context): Promise<void> {
  for (let attempt = 1; attempt <= revokeAttempts; attempt++) {
    if (await revokeToken(context.http, name)) return;
    const still = await findEventually(context, () => findTokenOrListed(name, context));
    if (still === undefined || still === "expired") return;
  }
  throw new PreconditionError("the service answers that there is no such token, but goes on showing it. Run again in a minute");
}

/** Waits until the token can be used. One that fails to stays in the state, and the next run goes on with it. */
async function untilComplete(
  inputs: AccessTokenInputs,
  made: Token,
  old: AccessTokenState | undefined,
  context: Context,
): Promise<AccessTokenState> {
  let last = made;
  const began = context.clock.now();
  let active = false;
  try {
    const live = await pollUntil(context, {
      what: `${displayName(inputs)} to become COMPLETE`,
      observe: async (): Promise<Observation<Token>> => {
        const seen = await findToken(context.http, inputs.name);
        if (typeof seen === "string") {
          // A server that has not heard of it yet may still show one of the same name that has expired.
          const early = context.clock.now() - began < existenceShowsWithin * 1000;
          return { state: seen === "expired" ? "expired" : "not to be seen", is: early ? "pending" : "failed" };
        }
        last = seen;
        active ||= seen.tokenActivationStatus === "IN_PROGRESS";
        // Tokens of the older generation have no status: they can be used at once.
        const state = seen.tokenActivationStatus ?? "COMPLETE";
        if (state === "COMPLETE") return { state, is: "reached", value: seen };
        // What a server shows that has not heard of the refresh is the failure from before it.
        const before = old !== undefined && !active && context.clock.now() - began < existenceShowsWithin * 1000;
        return { state, is: state === "IN_PROGRESS" || before ? "pending" : "failed" };
      },
      interval: 1,
      consecutiveMatches: old === undefined ? 1 : 3,
      timeout: activatesWithin,
      hint: "The token is kept in the state, and the next `up` waits on.",
    });
    return toState(inputs, live);
  } catch (error) {
    // A refresh that was not seen to be through is asked for again.
    const refreshTriggers = old === undefined ? {} : { refreshTriggers: old.refreshTriggers };
    throw new PartialFailure(inputs.name, { ...toState(inputs, last), ...refreshTriggers }, error);
  }
}

// ---- wire to state ----

function toState(inputs: AccessTokenInputs, live: Token): AccessTokenState {
  return {
    ...inputs,
    reference: live.uuid ?? "",
    tokenActivationStatus: live.tokenActivationStatus ?? "COMPLETE",
    ...(live.value ? { value: live.value } : {}),
    ...(live.expiry ? { expiresOn: live.expiry.slice(0, 10) } : {}),
    ...(live.issueDate ? { issueDate: live.issueDate } : {}),
    ...(live.cpcode ? { cpcode: live.cpcode } : {}),
  };
}

/** A token can't change, but one of the same name may have taken its place: its content is what counts then. */
function asRead(state: AccessTokenState, live: Token): AccessTokenState {
  const settled = (live.tokenActivationStatus ?? "COMPLETE") === "COMPLETE" && live.namespacePermissions;
  const fresh = toState(state, live);
  return settled ? ({ ...fresh, ...permissionsOf(live) } as AccessTokenState) : fresh;
}
