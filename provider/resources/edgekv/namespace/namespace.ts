import { resolve } from "node:path";
import { namespaceKey } from "../../../api/edgekv/keys";
import type { Namespace } from "../../../api/edgekv/namespaces";
import { PreconditionError } from "../../../errors";
import { type CheckFailure, defineResource } from "../../../framework/resource";
import { hasUnknown } from "../../../framework/unknown";
import { portable } from "../../../runtime/paths";
import { assertNamespaceNotLive, recordEvenIfLive } from "../../inUse";
import { awaitDatabase } from "../database/observe";
import { dataLoss, recordReplacement, recordSnapshotFolder } from "./dataAtRisk";
import { deleteNow, isScheduledOutside, scheduleDelete } from "./deletion";
import { computeIdentity, isMoving } from "./identity";
import { importNamespace } from "./import";
import {
  agreesWithState,
  displayName,
  findNamespaceEventually,
  findNamespaceWhere,
  idOf,
  isScheduled,
  isStillUsed,
  toObservedState,
} from "./observe";
import { groupConflict, preflightNamespace } from "./preview";
import { maxDeleteDelay, type NamespaceInputs, type NamespaceState, namespaceSchema } from "./schema";

/** What changes something is loaded when something is to be changed: most runs do without. */
const files = () =>
  require("../../../items/snapshot/files") as typeof import("../../../items/snapshot/files");
const move = () => require("./move") as typeof import("./move");
const reconcile = () => require("./reconcile") as typeof import("./reconcile");
const snapshot = () => require("./snapshot") as typeof import("./snapshot");
const sync = () => require("./sync") as typeof import("./sync");

/** Rounds of reads that must contradict the state before it is drift: a change takes minutes to show on all replicas. */
const roundsOfDrift = 2;

export const namespace = defineResource<NamespaceInputs, NamespaceState>(namespaceSchema, {
  displayName,

  check: {
    computeInputs(context, draft) {
      const { known } = draft;
      const { deletion, owner, snapshotBeforeDelete } = known;
      recordEvenIfLive(context, owner, deletion?.evenIfLive);
      const isScheduledMode = deletion?.mode === "scheduled";
      return {
        ...computeIdentity(context, draft),
        ...(snapshotBeforeDelete === undefined
          ? {}
          : { snapshotBeforeDelete: portable(snapshotBeforeDelete, process.cwd()) }),
        ...(isScheduledMode
          ? { deletion: { ...deletion, afterSeconds: deletion.afterSeconds ?? maxDeleteDelay } }
          : {}),
      };
    },

    validate(context, { known, oldInputs }) {
      const { network, geoLocation, deletion, snapshotBeforeDelete } = known;
      recordSnapshotFolder(context, known);
      recordReplacement(context, known, oldInputs);
      const failures: CheckFailure[] = [];
      if (network === "staging" && geoLocation !== undefined && geoLocation !== "US")
        failures.push({
          property: "geoLocation",
          reason: "must be US on staging: the staging network stores data nowhere else",
        });
      if (deletion !== undefined && deletion.mode !== "scheduled" && deletion.afterSeconds !== undefined) {
        const reason = `has an effect only with mode \`scheduled\`, not with \`${deletion.mode}\``;
        failures.push({ property: "deletion.afterSeconds", reason });
      }
      const problem = snapshotBeforeDelete && files().folderProblem(resolve(snapshotBeforeDelete));
      if (problem) failures.push({ property: "snapshotBeforeDelete", reason: problem });
      failures.push(...groupConflict(context, known));
      return failures.length > 0 ? failures : dataLoss(known, oldInputs);
    },

    preflight: (context, draft) => preflightNamespace(context, draft),
  },

  import: importNamespace,

  diff: {
    requiresReplacement(field, old, news) {
      if (field !== "restrictDataAccess") return true;
      if (hasUnknown(news.restrictDataAccess)) return true;
      const inForce = old.policy?.restrictDataAccess;
      // Declaring the policy that is in force already changes nothing.
      if (news.restrictDataAccess === undefined || news.restrictDataAccess === inForce) return false;
      // The old inputs lack a policy that came from the database: `validate` could not compare it.
      const [loss] = inForce === undefined ? [] : dataLoss(news, { ...old, restrictDataAccess: inForce });
      if (loss !== undefined) throw new PreconditionError(`${loss.property} ${loss.reason}`);
      return true;
    },

    deleteBeforeReplace: (old, news) => old.name === news.name && old.network === news.network,

    hasDrift: (context, old) => isScheduledOutside(context, old),
  },

  async create(context, inputs) {
    await awaitDatabase(context);
    const state = await reconcile().ensureNamespace(context, inputs);
    if (inputs.movedFrom !== undefined && isMoving(context, inputs))
      await move().moveData(context, inputs, inputs.movedFrom);
    context.runState.created.add(namespaceKey(inputs.network, inputs.name));
    return { id: idOf(inputs), state };
  },

  async read(context, state) {
    const { network, name } = state;
    const found = await findNamespaceEventually(context, network, name);
    if (found === undefined) {
      context.logger.warn(`${displayName(state)} is gone; \`up\` makes a new, empty one.`);
      return undefined;
    }
    // A stale replica is no drift.
    const agrees = (live: Namespace) => agreesWithState(state, live);
    const live = agrees(found)
      ? found
      : ((await findNamespaceWhere(context, network, name, agrees, roundsOfDrift)) ?? found);
    if (isScheduled(live)) {
      const when = live.scheduledDeleteTime ? `, on ${live.scheduledDeleteTime}` : "";
      context.logger.warn(
        `${displayName(state)} was scheduled for deletion outside of this program${when}; \`up\` cancels that.`,
      );
    }
    return toObservedState(state, live);
  },

  update: (context, old, news) => sync().updateNamespace(context, news, old),

  async delete(context, state) {
    const { network, name, deletion } = state;
    if (isStillUsed(context.runState, state)) return;
    if (deletion.mode === "retain") {
      context.logger.info(`${displayName(state)} stays with its data. It is no longer managed by Pulumi.`);
      return;
    }
    if (context.runState.created.has(namespaceKey(network, name))) {
      // A replacement by the same namespace: `--replace`, or a resource that was renamed in the program.
      context.logger.warn(`${displayName(state)} stays: its replacement is the same namespace.`);
      return;
    }
    await assertNamespaceNotLive(context, state, async () => {
      const live = await findNamespaceEventually(context, network, name);
      // Data of a namespace that is to be deleted can't be read any more.
      return live !== undefined && !isScheduled(live);
    });
    await move().assertNothingNew(context, state);
    await snapshot().keepData(context, state);
    await (deletion.mode === "immediate" ? deleteNow(context, state) : scheduleDelete(context, state));
  },
});
