import { z } from "zod";
import { findVersion, type Version } from "../../../api/edgeworkers/versions";
import { finish, splitName } from "../../../bundle/finish";
import { digests } from "../../../bundle/pack";
import { formatProblem, validatePacked, versionPattern } from "../../../bundle/validate";
import { findEventually } from "../../../consistency/poll";
import { PreconditionError } from "../../../errors";
import { same } from "../../../framework/canonical";
import { type Draft, ownership, type Resource, replaces, updates } from "../../../framework/resource";
import type { Context } from "../../../runtime/context";
import { awaitTokens, bundleTokens, computeInputs, filesOf } from "./content";
import { preflightVersion, sameNameOtherContent } from "./preview";
import { removeVersion, upload, displayName } from "./reconcile";

/** With more `*` than anybody needs, the search for a match may take for ever. */
const isModest = (pattern: string) =>
  pattern.split("/").filter((part) => part === "**").length <= 4 && pattern.split("/").every((part) => part.split("*").length <= 4);
const glob = z
  .string()
  .min(1, "must not be empty")
  .max(256, "must have at most 256 characters")
  .refine(isModest, "has too many `*`: at most three between two `/`, and `**` at most four times");

/** What a program says of a version. */
export const versionArgs = z.strictObject({
  /** The EdgeWorker that it is a version of. */
  edgeWorkerId: replaces(z.int("must be the id of an EdgeWorker, a whole number").min(1, "must be at least 1")),
  /**
   * The code: a folder or a `.tgz` (a path from where the program runs), a Pulumi archive, or a map from paths in the bundle to texts, Pulumi assets and
   * archives. `main.js` and `bundle.json` belong at its root. Left out are `node_modules`, `._*`, `.DS_Store` and `__MACOSX`. At most 512 KB packed and 1 MB
   * unpacked, all text in UTF-8. The same files make the same archive on every machine.
   */
  bundle: updates(
    z.union(
      [z.string().min(1, "must not be empty"), z.record(z.string(), z.unknown())],
      "must be a path, a Pulumi archive, or a map of files",
    ),
  ),
  /**
   * Globs of what to leave out besides, such as `tests` or `*.md`: paths in the bundle; a folder that matches is left out with all that is in it. Each has at
   * most 256 characters, three `*` between two `/`, and four `**`.
   */
  exclude: updates(z.array(glob).optional()),
  /**
   * Names of access tokens, or the `AccessToken`s themselves: `edgekv_tokens.js` with their references is written into the bundle when it is packed. Entries
   * that the file has for other namespaces stay. The references are in no state; a token that is made anew, also under its name, means a new version. Each
   * namespace can have one token only.
   */
  tokens: updates(
    z
      .array(z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, "must be the name of an access token: 1 to 32 letters, digits, _ or -"))
      .refine((names) => new Set(names).size === names.length, "names a token twice")
      .optional(),
  ),
  /**
   * Default: `edgeworker-version` of `bundle.json`, which then has to change with the code: a version can't be changed, and its name can't be used again, even
   * if it is deleted. `auto` derives a name from that and the content: the same content has the same name. Any other text is the version itself, 1 to 32
   * letters, digits, `.`, `_`, `~` and `-`.
   */
  version: replaces(
    z
      .string()
      .refine(
        (text) => text === "auto" || versionPattern.test(text),
        "must be `auto`, or 1 to 32 letters, digits, `.`, `_`, `~` or `-`, without two dots in a row",
      )
      .optional(),
  ),
  /** How many earlier versions to keep for going back, 0 to 100; those beyond are deleted, unless they are live. Default: 0. */
  keepVersions: updates(z.int("must be a whole number").min(0, "must not be negative").max(100, "must be at most 100").default(0)),
});

const versionComputed = z.object({
  ...ownership,
  /** The beginning of each file's SHA-256, so that a preview names the files that changed. */
  files: replaces(z.record(z.string(), z.string())),
  /** A digest of each token's reference and namespaces, by the token's name. */
  tokenDigests: replaces(z.record(z.string(), z.string()).optional()),
  /** Earlier versions that are kept, the newest first. */
  kept: updates(z.array(z.string()).optional()),
});

/** What the service tells of a version. */
export const versionOutputs = z.object({
  /** SHA-256 of the archive that was uploaded, in hexadecimal digits. */
  checksum: z.string(),
  /** When it was uploaded, ISO time in UTC. */
  createdTime: z.string().optional(),
});

export type VersionInputs = z.output<typeof versionArgs> & z.output<typeof versionComputed> & { version: string };
export type VersionState = VersionInputs & z.output<typeof versionOutputs>;

export const version: Resource<VersionInputs, VersionState> = {
  token: "edgeworkers:Version",
  args: versionArgs,
  computed: versionComputed,
  outputs: versionOutputs,
  sensitiveInputs: ["bundle"],
  displayName,

  async computeInputs(draft, context) {
    const content = await computeInputs(draft, context);
    const { edgeWorkerId } = draft.known;
    if (edgeWorkerId !== undefined) context.runState.planned.add(`version ${edgeWorkerId}/${content.version}`);
    return { ...content, kept: chooseKept(draft, content.version, context) };
  },

  validate: sameNameOtherContent,

  preflight: preflightVersion,

  deleteBeforeReplace: (old, news) => old.edgeWorkerId === news.edgeWorkerId && old.version === news.version,

  async create(inputs, context) {
    const { edgeWorkerId } = inputs;
    const tokens = bundleTokens(await awaitTokens(inputs, context));
    const files = await filesOf(inputs);
    if (!same(digests(files), inputs.files))
      throw new PreconditionError("the files of the bundle changed while `up` was running. Run it again");
    const pack = async (name: string) => {
      const packed = await finish(files, name, tokens);
      const [large] = validatePacked(packed);
      if (large !== undefined) throw new PreconditionError(formatProblem(large));
      return packed;
    };
    const uploaded = await upload(inputs, pack, context);
    context.runState.created.add(`version ${edgeWorkerId}/${uploaded.version}`);
    return { id: `${edgeWorkerId}/${uploaded.version}`, state: toState({ ...inputs, version: uploaded.version }, uploaded) };
  },

  async read(state, context) {
    const live = await findEventually(context, () => findVersion(context.http, state.edgeWorkerId, state.version));
    if (live?.checksum === state.checksum) return toState(state, live);
    const what = live === undefined ? "was deleted" : "was replaced by other code";
    context.logger.warn(`${displayName(state)} ${what} outside of this program; \`up\` uploads a new one, which needs another name.`);
    return undefined;
  },

  async update(old, news, context) {
    const gone = (old.kept ?? []).filter((name) => !(news.kept ?? []).includes(name));
    for (const name of gone) await removeVersion(old.edgeWorkerId, name, context);
    return toState({ ...news, version: old.version }, old);
  },

  async delete(state, context) {
    const keeping = context.runState.keptVersions.get(state.owner) ?? [];
    for (const name of [state.version, ...(state.kept ?? [])]) {
      if (!keeping.includes(name)) await removeVersion(state.edgeWorkerId, name, context, name === state.version ? state.tokens : []);
    }
  },
};

/** Which earlier versions stay. Remembered for the run, since the engine checks a replacement again as if there had been none before. */
function chooseKept({ known, unknown, oldInputs }: Draft<VersionInputs>, name: string, { runState }: Context): string[] | undefined {
  const owner = known.owner ?? "";
  if (oldInputs.version !== undefined && !unknown.has("keepVersions")) {
    // A derived name may be counted on while it is uploaded, which the inputs do not tell.
    const before = splitName(oldInputs.version).stem === splitName(name).stem ? [] : [oldInputs.version];
    const earlier = oldInputs.edgeWorkerId === known.edgeWorkerId ? [...before, ...(oldInputs.kept ?? [])] : [];
    runState.keptVersions.set(owner, earlier.filter((one) => one !== name).slice(0, known.keepVersions ?? 0));
  }
  const kept = runState.keptVersions.get(owner);
  return kept === undefined || kept.length === 0 ? undefined : [...kept];
}

// ---- wire to state ----

function toState(inputs: VersionInputs, { checksum, createdTime }: Pick<Version, "checksum" | "createdTime">): VersionState {
  return { ...inputs, checksum, ...(createdTime ? { createdTime } : {}) };
}
