import { tokenKey } from "../../../api/edgekv/keys";
import { findEventually } from "../../../consistency/read";
import { same } from "../../../framework/canonical";
import { type CheckFailure, type Draft, defineResource } from "../../../framework/resource";
import { hasUnknown } from "../../../framework/unknown";
import type { Context } from "../../../runtime/context";
import { declarePermissions, warnOfDefaultNamespace } from "../../declared";
import { edgeWorkerIdOf } from "../../edgeworkers/byName";
import { recordEvenIfLive } from "../../inUse";
import { awaitDatabase } from "../database/observe";
import { chooseExpiry, daysUntil, declaredIdentity, deriveName } from "./identity";
import { importAccessToken } from "./import";
import { displayName, findTokenAnywhere, toObservedState } from "./observe";
import { preflightToken } from "./preview";
import { ensureToken, removeToken, syncToken } from "./reconcile";
import { type AccessTokenInputs, type AccessTokenState, accessTokenSchema, maxLifeDays } from "./schema";

/** Days: six months, the furthest that a day of expiry may be ahead. */
const maxDaysAhead = 184;

export const accessToken = defineResource<AccessTokenInputs, AccessTokenState>(accessTokenSchema, {
  displayName,

  check: {
    async computeInputs(context, given) {
      recordEvenIfLive(context, given.known.owner, given.known.deletion?.evenIfLive);
      const draft = await withIds(context, given);
      const requestedExpiry = await chooseExpiry(context, draft);
      const dated = {
        ...draft,
        known: { ...draft.known, ...(requestedExpiry === undefined ? {} : { requestedExpiry }) },
      };
      const named =
        draft.known.name === undefined && !draft.unknown.has("name") ? { name: deriveName(dated) } : {};
      const name = named.name ?? draft.known.name;
      const { namespacePermissions } = draft.known;
      if (name !== undefined && namespacePermissions !== undefined)
        declarePermissions(context.runState, name, namespacePermissions);
      // Resources that use the token can rely on it, and on the fact that it is a new one.
      const isAnother =
        name !== draft.oldInputs.name ||
        !same(declaredIdentity(dated.known), declaredIdentity(draft.oldInputs));
      if (isAnother && name !== undefined) context.runState.planned.add(tokenKey(name));
      const { restrictToEdgeWorkerIds } = draft.known;
      return { requestedExpiry, restrictToEdgeWorkerIds, ...named };
    },

    validate(context, { known, unknown, oldInputs }) {
      const { allowOnStaging, allowOnProduction, expiry, renewBeforeDays } = known;
      const failures: CheckFailure[] = [];
      const refuse = (property: string, reason: string) => failures.push({ property, reason });
      if (allowOnStaging === false && allowOnProduction === false)
        refuse(
          "allowOnStaging",
          "must be true, or allowOnProduction: a token has to be allowed on one network at least",
        );
      const life = typeof expiry === "object" ? expiry.days : maxLifeDays;
      if (renewBeforeDays !== undefined && expiry === undefined && !unknown.has("expiry"))
        refuse("renewBeforeDays", "needs `expiry`: a token without an expiry is not renewed");
      else if (renewBeforeDays !== undefined && renewBeforeDays >= life)
        refuse("renewBeforeDays", `must be less than the ${life} days that a token lives`);
      if (typeof expiry === "string" && expiry !== oldInputs.expiry && expiry === known.requestedExpiry) {
        const days = daysUntil(expiry, context.serviceClock.now());
        if (days < 1) refuse("expiry", "must be at least one day ahead");
        if (days > maxDaysAhead) refuse("expiry", "must be no more than six months ahead");
      }
      const usesDefault = (one: Partial<AccessTokenInputs>) =>
        one.allowOnProduction === true && one.namespacePermissions?.default !== undefined;
      if (usesDefault(known) && !usesDefault(oldInputs)) warnOfDefaultNamespace(context, displayName(known));
      return failures;
    },

    preflight: (context, draft) => preflightToken(context, draft),
  },

  import: importAccessToken,

  diff: {
    deleteBeforeReplace: (old, news) => old.name === news.name,

    // A token that can't be used is worth another attempt.
    hasDrift: async (_context, old) => old.tokenActivationStatus !== "COMPLETE",
  },

  async create(context, inputs) {
    await awaitDatabase(context);
    return { id: inputs.name, state: await ensureToken(context, inputs) };
  },

  async read(context, state) {
    const live = await findEventually(context, () => findTokenAnywhere(context, state.name));
    if (live === undefined || live === "expired") {
      // The service forgets a token some time after it has expired.
      const isOver =
        live === "expired" ||
        (state.expiresOn !== undefined && daysUntil(state.expiresOn, context.serviceClock.now()) < 0);
      context.logger.warn(
        `${displayName(state)} ${isOver ? "has expired" : "was revoked"}; \`up\` makes a new one.`,
      );
      return undefined;
    }
    return toObservedState(state, live);
  },

  update: (context, old, news) => syncToken(context, news, old),

  delete: (context, state) => removeToken(context, state),
});

/** The draft with the ids of EdgeWorkers that are set by name: the token's own name follows from them. */
async function withIds(context: Context, draft: Draft<AccessTokenInputs>): Promise<Draft<AccessTokenInputs>> {
  const field = "restrictToEdgeWorkerIds";
  const given = (draft.partiallyKnown[field] ?? []).filter((one) => !hasUnknown(one) && one !== "all");
  const ids = await Promise.all(given.map((one) => edgeWorkerIdOf(context, one, field)));
  if (draft.known[field] === undefined) return draft;
  return { ...draft, known: { ...draft.known, [field]: [...new Set(ids.map(String))].sort() } };
}
