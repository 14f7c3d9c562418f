import { propertyRulesKey } from "../../../api/property/keys";
import { locateProperty } from "../../../api/property/properties";
import { findEventually } from "../../../consistency/read";
import { PreconditionError } from "../../../errors";
import { claimOnce } from "../../../framework/claims";
import { type CheckFailure, type Draft, defineResource, nameInProgram } from "../../../framework/resource";
import { hasUnknown, unknownValue } from "../../../framework/unknown";
import { compile, duplicateIndexes } from "../../../rules/compile";
import type { RuleDeclaration } from "../../../rules/declaration";
import type { Context } from "../../../runtime/context";
import { edgeWorkerIdOf } from "../../edgeworkers/byName";
import { propertyRef, resolveProperty } from "../propertyRef";
import { importEdgeWorkerRules } from "./import";
import { liveVersions, observeRules } from "./observe";
import { currentVersion, plan } from "./plan";
import { preflight } from "./preview";
import { reconcile, removeRules } from "./reconcile";
import { type EdgeWorkerRulesInputs, type EdgeWorkerRulesState, edgeWorkerRulesSchema } from "./schema";

export const edgeWorkerRules = defineResource<EdgeWorkerRulesInputs, EdgeWorkerRulesState>(
  edgeWorkerRulesSchema,
  {
    displayName: ({ propertyName, propertyId, hostname }) =>
      `rules in property ${propertyName ?? propertyId ?? (hostname === undefined ? "(not known yet)" : `of ${hostname}`)}`,

    check: {
      async computeInputs(context, { known, partiallyKnown, unknown, oldInputs }) {
        const fields = ["propertyId", "propertyName", "hostname", "contractId", "groupId"] as const;
        const isUnknown = fields.some((field) => unknown.has(field));
        const property = isUnknown ? undefined : await resolveProperty(context, known, oldInputs);
        const { rules, owner = "" } = partiallyKnown;
        if (context.settings.takeDown) {
          reportTakeDown(context, owner);
          return { ...property, managedRules: [] };
        }
        if (rules === undefined) return { ...property, managedRules: unknownValue };
        return { ...property, managedRules: compile(await withIds(context, rules), owner) };
      },

      validate(context, draft) {
        const { known, partiallyKnown, unknown } = draft;
        const failures = duplicateIndexes(partiallyKnown.rules ?? [], partiallyKnown.owner ?? "").map(
          (index) => ({
            property: `rules.${index}.name`,
            reason: "is already the name of another rule in the list, or of a rule below one",
          }),
        );
        const names = ["propertyId", "propertyName", "hostname"] as const;
        if (names.every((field) => known[field] === undefined && !unknown.has(field))) {
          failures.push({
            property: "propertyId",
            reason: "is required, unless `propertyName` or `hostname` is set",
          });
        }
        return [...failures, ...claimProperty(context, draft)];
      },

      async preflight(context, { partiallyKnown, oldInputs }) {
        // With a state, `preflightUpdate` knows more.
        if (oldInputs.owner !== undefined && oldInputs.propertyId === partiallyKnown.propertyId) return [];
        if (partiallyKnown.propertyId === undefined || partiallyKnown.managedRules === undefined) return [];
        return preflight(context, partiallyKnown as EdgeWorkerRulesInputs, undefined);
      },
    },

    import: importEdgeWorkerRules,

    diff: {
      deleteBeforeReplace: () => false,

      async hasDrift(context, old) {
        if (!context.settings.previewReads) return false;
        const { version, write } = await plan(context, old, old);
        return write !== "nothing" || version !== old.version;
      },

      async preflightUpdate(context, old, news) {
        // The rules are known as a whole, or not at all.
        if (typeof news.managedRules === "string") return;
        const failures = await preflight(context, news, old);
        if (failures.length === 0) return;
        throw new PreconditionError(
          failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n  "),
        );
      },
    },

    create: async (context, inputs) => ({
      id: inputs.propertyId,
      state: await reconcile(context, inputs, undefined),
    }),

    async read(context, state) {
      const property = await findEventually(context, () => locateProperty(context.http, propertyRef(state)));
      if (property === undefined) return undefined;
      const located = { ...state, ...propertyRef(property), propertyName: property.propertyName };
      const version = currentVersion(property, state, state);
      const { outputs, managedRules, isUpToDate } = await observeRules(context, located, version);
      if (version === state.version) return { ...located, ...outputs, etag: state.etag, managedRules };
      // A newer version without the rules is not adopted. The difference in `managedRules` makes the next `up` add them.
      if (!isUpToDate) return { ...located, managedRules };
      return { ...located, ...outputs, liveBefore: liveVersions(property), managedRules };
    },

    update: (context, old, news) => reconcile(context, news, old),

    async delete(context, state) {
      const property = await findEventually(context, () => locateProperty(context.http, propertyRef(state)));
      if (property !== undefined) return removeRules(context, state, property);
      context.logger.warn(
        `property ${state.propertyName}: it no longer exists, or the API client may not see it; no rule was removed from it.`,
      );
    },
  },
);

function reportTakeDown({ logger }: Context, owner: string): void {
  logger.info(
    `akamai-edge:takeDown is set: the rules of ${nameInProgram(owner)} leave the property. When \`pulumi up\` is done, \`pulumi destroy\` removes the rest. Without the setting, \`up\` brings the rules back.`,
  );
}

/** The rules with the ids of the EdgeWorkers that the program sets by name. */
async function withIds(context: Context, rules: readonly RuleDeclaration[]): Promise<RuleDeclaration[]> {
  return Promise.all(
    rules.map(async (rule, index) => {
      const { edgeWorker } = rule;
      const given = edgeWorker?.edgeWorkerId;
      if (given === undefined || hasUnknown(given)) return rule;
      const edgeWorkerId = await edgeWorkerIdOf(context, given, `rules.${index}.edgeWorker.edgeWorkerId`);
      return { ...rule, edgeWorker: { ...edgeWorker, enabled: edgeWorker?.enabled ?? true, edgeWorkerId } };
    }),
  );
}

/** Each list of rules creates versions of its own, and only one version can be live. */
function claimProperty(context: Context, { known }: Draft<EdgeWorkerRulesInputs>): CheckFailure[] {
  const { propertyId, owner = "" } = known;
  const key = propertyId === undefined ? undefined : propertyRulesKey(propertyId);
  return claimOnce(context, key, owner, (first) => ({
    property: "propertyId",
    reason: `the program has rules for this property already: ${first}. Put all rules into one list`,
  }));
}
