import { versionKey } from "../../../api/edgeworkers/keys";
import { findVersion, type Version } from "../../../api/edgeworkers/versions";
import { finish, splitName } from "../../../bundle/finish";
import { digests } from "../../../bundle/pack";
import { formatProblem } from "../../../bundle/problem";
import { validatePacked } from "../../../bundle/validate";
import { findEventually } from "../../../consistency/read";
import { PreconditionError } from "../../../errors";
import { same } from "../../../framework/canonical";
import { type Draft, defineResource } from "../../../framework/resource";
import { recordBundle } from "../../../liveUse/observe";
import type { Context } from "../../../runtime/context";
import { slot } from "../../../runtime/runState";
import { edgeWorkerIdOf } from "../byName";
import { computeInputs, filesOf } from "./content";
import { displayName } from "./identity";
import { preflightVersion, sameNameOtherContent } from "./preview";
import { ensureUploaded, removeVersion } from "./reconcile";
import { type VersionInputs, type VersionState, versionSchema } from "./schema";
import { awaitTokens, bundleTokens } from "./tokens";

/** Earlier versions that are kept for a rollback, by the owner of the one that follows them. */
const keptVersions = slot(() => new Map<string, readonly string[]>());

/** Names of versions that the owner deleted or is about to delete. */
const deletedVersions = slot(() => new Map<string, readonly string[]>());
const maxUsedUp = 100;

export const version = defineResource<VersionInputs, VersionState>(versionSchema, {
  displayName,

  check: {
    async computeInputs(context, given) {
      const draft = await withId(context, given);
      const content = await computeInputs(context, draft);
      const { edgeWorkerId } = draft.known;
      if (edgeWorkerId !== undefined) context.runState.planned.add(versionKey(edgeWorkerId, content.version));
      const kept = chooseKept(context, draft, content.version);
      return { ...content, edgeWorkerId, kept, usedUp: namesUsedUp(context, draft, content.version, kept) };
    },

    validate: (_context, draft) => sameNameOtherContent(draft),

    preflight: preflightVersion,
  },

  diff: {
    deleteBeforeReplace: (old, news) =>
      old.edgeWorkerId === news.edgeWorkerId && old.version === news.version,
  },

  async create(context, inputs) {
    const { edgeWorkerId } = inputs;
    const tokens = bundleTokens(await awaitTokens(context, inputs));
    const files = await filesOf(inputs);
    if (!same(digests(files), inputs.files))
      throw new PreconditionError("the files of the bundle changed while `up` was running. Run it again");
    let packed: Uint8Array = new Uint8Array();
    const pack = async (name: string) => {
      packed = await finish(files, name, tokens);
      const [large] = validatePacked(packed);
      if (large !== undefined) throw new PreconditionError(formatProblem(large));
      return packed;
    };
    const uploaded = await ensureUploaded(context, inputs, pack);
    context.runState.created.add(versionKey(edgeWorkerId, uploaded.version));
    recordBundle(context.runState, edgeWorkerId, uploaded.version, packed);
    return {
      id: `${edgeWorkerId}/${uploaded.version}`,
      state: toState({ ...inputs, version: uploaded.version }, uploaded),
    };
  },

  async read(context, state) {
    const live = await findEventually(context, () =>
      findVersion(context.http, state.edgeWorkerId, state.version),
    );
    if (live?.checksum === state.checksum) return toState(state, live);
    const what = live === undefined ? "was deleted" : "was replaced by other code";
    context.logger.warn(
      `${displayName(state)} ${what} outside of this program; \`up\` uploads a new one, which needs another name.`,
    );
    return undefined;
  },

  async update(context, old, news) {
    const gone = (old.kept ?? []).filter((name) => !(news.kept ?? []).includes(name));
    for (const name of gone) await removeVersion(context, old.edgeWorkerId, name);
    return toState({ ...news, version: old.version }, old);
  },

  async delete(context, state) {
    const keeping = context.runState.get(keptVersions).get(state.owner) ?? [];
    for (const name of [state.version, ...(state.kept ?? [])]) {
      if (!keeping.includes(name))
        await removeVersion(context, state.edgeWorkerId, name, name === state.version ? state.tokens : []);
    }
  },
});

/** The draft with the id of an EdgeWorker that is set by name. */
async function withId(context: Context, draft: Draft<VersionInputs>): Promise<Draft<VersionInputs>> {
  const given = draft.known.edgeWorkerId;
  if (given === undefined) return draft;
  const edgeWorkerId = await edgeWorkerIdOf(context, given, "edgeWorkerId");
  return { ...draft, known: { ...draft.known, edgeWorkerId } };
}

/** Names that this resource deletes are remembered: the service lists no deleted version, but refuses its name. */
function namesUsedUp(
  { runState }: Context,
  { known, oldInputs }: Draft<VersionInputs>,
  name: string,
  kept: readonly string[] = [],
): string[] | undefined {
  const owner = known.owner ?? "";
  const names = runState.get(deletedVersions);
  if (oldInputs.version !== undefined) {
    const isSame = oldInputs.edgeWorkerId === known.edgeWorkerId;
    const had = isSame ? [oldInputs.version, ...(oldInputs.kept ?? []), ...(oldInputs.usedUp ?? [])] : [];
    const gone = had.filter((one) => splitName(one).stem !== splitName(name).stem && !kept.includes(one));
    names.set(owner, [...new Set(gone)].slice(0, maxUsedUp));
  }
  const used = names.get(owner) ?? [];
  return used.length === 0 ? undefined : [...used];
}

/** Which earlier versions stay. Remembered for the run: the engine checks a replacement again, without the old inputs. */
function chooseKept(
  { runState }: Context,
  { known, unknown, oldInputs }: Draft<VersionInputs>,
  name: string,
): string[] | undefined {
  const owner = known.owner ?? "";
  if (oldInputs.version !== undefined && !unknown.has("keepVersions")) {
    // A derived name may get another number at its upload. The inputs do not show that.
    const before = splitName(oldInputs.version).stem === splitName(name).stem ? [] : [oldInputs.version];
    const earlier =
      oldInputs.edgeWorkerId === known.edgeWorkerId ? [...before, ...(oldInputs.kept ?? [])] : [];
    runState
      .get(keptVersions)
      .set(owner, earlier.filter((one) => one !== name).slice(0, known.keepVersions ?? 0));
  }
  const kept = runState.get(keptVersions).get(owner);
  return kept === undefined || kept.length === 0 ? undefined : [...kept];
}

// ---- wire to state ----

function toState(
  inputs: VersionInputs,
  { checksum, createdTime }: Pick<Version, "checksum" | "createdTime">,
): VersionState {
  return { ...inputs, checksum, ...(createdTime ? { createdTime } : {}) };
}
