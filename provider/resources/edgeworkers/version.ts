import { relative, resolve } from "node:path";
import { z } from "zod";
import { findToken } from "../../api/edgekv/tokens";
import { findLive } from "../../api/edgeworkers/activations";
import { deleteVersion, findVersion, listVersions, uploadVersion, type Version, validateArchive } from "../../api/edgeworkers/versions";
import { readBundle } from "../../bundle/files";
import { autoVersion, type BundleToken, contentHash, finish } from "../../bundle/finish";
import { digests, sha256 } from "../../bundle/pack";
import { isProblem, readManifest, validateBundle, validatePacked, versionPattern } from "../../bundle/validate";
import { same, shortHash } from "../../core/canonical";
import type { Context } from "../../core/context";
import { whileEarly } from "../../core/early";
import { InputError, RefusedError, ServiceError } from "../../core/errors";
import { once } from "../../core/once";
import { type Draft, type Failure, ownership, type Resource, replaces, updates } from "../../core/resource";
import { unknownValue } from "../../core/unknown";
import { findSurely, waitFor } from "../../core/wait";
import { heardOfWithin, isUnheardOf } from "./edgeWorker";

/** What a program says of a version. */
export const versionArgs = z.strictObject({
  /** The EdgeWorker that it is a version of. */
  edgeWorkerId: replaces(z.int("must be the id of an EdgeWorker, a whole number").min(1)),
  /**
   * The code: a folder, a `.tgz`, a Pulumi archive, or a map from paths to texts and assets; `main.js` and `bundle.json` at its root. `node_modules`
   * and what macOS adds are left out. 512 KB packed and 1 MB unpacked are the most.
   */
  bundle: updates(z.union([z.string().min(1), z.record(z.string(), z.json())], "must be a path, a Pulumi archive, or a map of files")),
  /** Globs of files to leave out, such as `tests/**`. */
  exclude: updates(z.array(z.string().min(1)).optional()),
  /**
   * Names of access tokens (an `AccessToken` stands for its name): `edgekv_tokens.js` with their references is written into the bundle, and merged with one
   * that is there. The references themselves are read when the bundle is packed, and are in no state.
   */
  tokens: updates(z.array(z.string().min(1)).max(50).optional()),
  /**
   * Default: `edgeworker-version` of `bundle.json`, which has to change with the code, for a version can't be changed and its name can't be used again. `auto`
   * derives one from that and the content: the same content has the same name. Any other text is the version itself.
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
  /** How many earlier versions to keep for going back; those beyond are deleted. Default: 0. */
  keep: updates(z.int("must be a whole number").min(0).max(100).default(0)),
});

const versionComputed = z.object({
  ...ownership,
  /** The beginning of each file's SHA-256, so that a preview names the files that changed. */
  files: replaces(z.record(z.string(), z.string())),
  /** A digest of each token's reference and namespaces: a token that is made anew under its name means a new version. */
  tokenDigests: replaces(z.record(z.string(), z.string()).optional()),
  /** Earlier versions that are kept, the newest first. */
  kept: updates(z.array(z.string()).optional()),
});

/** What the service tells of a version. */
export const versionOutputs = z.object({
  /** SHA-256 of the archive that was uploaded. */
  checksum: z.string(),
  /** When it was uploaded, ISO time in UTC. */
  createdTime: z.string().optional(),
});

export type VersionInputs = z.output<typeof versionArgs> & z.output<typeof versionComputed> & { version: string };
export type VersionState = VersionInputs & z.output<typeof versionOutputs>;

/** Seconds within which every server shows a version that was uploaded. */
const showsWithin = 5 * 60;

export const version: Resource<VersionInputs, VersionState> = {
  token: "edgeworkers:Version",
  args: versionArgs,
  computed: versionComputed,
  outputs: versionOutputs,
  title: ({ version: name, edgeWorkerId }) =>
    `version ${name ?? "(name not known yet)"} of EdgeWorker ${edgeWorkerId ?? "(id not known yet)"}`,

  async complete(draft, context) {
    const { known, unknown } = draft;
    if (unknown.has("bundle") || known.bundle === undefined) return { files: unknownValue, version: unknownValue };
    const files = await readFiles(known);
    const tokenDigests = await digestTokens(draft, context);
    const complete = {
      ...draft,
      known: { ...known, files: digests(files), ...(tokenDigests === undefined ? {} : { tokenDigests }) } as Partial<VersionInputs>,
    };
    const name = await nameVersion(complete, readManifest(files), context);
    return {
      bundle: portable(known.bundle),
      files: digests(files),
      tokenDigests,
      version: name,
      kept: chooseKept(complete, name, context),
    };
  },

  rules: () => [],

  async observe(draft, context) {
    const { known } = draft;
    if (known.bundle === undefined) return [];
    const files = await readFiles(known);
    const local = await validateBundle(files, (known.tokens ?? []).length > 0);
    if (local.length > 0) return local.map(({ type, message }) => ({ property: "bundle", reason: `${type}: ${message}` }));
    if (known.version === undefined) return [];
    const tokens = await referencesOf(known.tokens ?? [], context);
    if (tokens === undefined) return [];
    const packed = await finish(files, known.version, tokens);
    const large = validatePacked(packed);
    if (large.length > 0) return large.map(({ type, message }) => ({ property: "bundle", reason: `${type}: ${message}` }));
    return [...(await taken(draft, sha256(packed), context)), ...(await remarks(draft, packed, context))];
  },

  sameObject: (old, news) => old.edgeWorkerId === news.edgeWorkerId && old.version === news.version,

  async create(inputs, context) {
    const tokens = await referencesOf(inputs.tokens ?? [], context);
    if (tokens === undefined) throw new RefusedError(`an access token that it needs is not there: ${(inputs.tokens ?? []).join(", ")}`);
    const files = await readFiles(inputs);
    if (!same(digests(files), inputs.files)) throw new RefusedError("the files of the bundle changed while `up` was running. Run it again");
    const uploaded = await upload(inputs, (name) => finish(files, name, tokens), context);
    return { id: `${inputs.edgeWorkerId}/${uploaded.version}`, state: toState({ ...inputs, version: uploaded.version }, uploaded) };
  },

  async read(state, context) {
    const live = await findSurely(context, () => findVersion(context.http, state.edgeWorkerId, state.version));
    if (live?.checksum === state.checksum) return toState(state, live);
    context.notices.warn(
      `${version.title(state)} was ${live === undefined ? "deleted" : "replaced by other code"} outside of this program; \`up\` uploads a new one.`,
    );
    return undefined;
  },

  async update(old, news, context) {
    const gone = (old.kept ?? []).filter((name) => !(news.kept ?? []).includes(name));
    for (const name of gone) await removeUnlessLive(old.edgeWorkerId, name, context);
    return { ...news, checksum: old.checksum, ...(old.createdTime === undefined ? {} : { createdTime: old.createdTime }) };
  },

  async delete(state, context) {
    const keeping = context.memory.keptVersions.get(state.owner) ?? [];
    for (const name of [state.version, ...(state.kept ?? [])]) {
      if (!keeping.includes(name)) await removeUnlessLive(state.edgeWorkerId, name, context);
    }
  },
};

// ---- what the version is made of ----

function readFiles(inputs: Partial<VersionInputs>): Promise<ReadonlyMap<string, Uint8Array>> {
  return readBundle(inputs.bundle ?? "", process.cwd(), inputs.exclude).catch((error: unknown) => {
    throw new InputError("bundle", error instanceof Error ? error.message : String(error));
  });
}

/** A path as it looks from the project, the same on every machine that has it. */
function portable(bundle: VersionInputs["bundle"]): VersionInputs["bundle"] {
  return typeof bundle === "string" ? relative(process.cwd(), resolve(bundle)) || "." : bundle;
}

async function tokenOf(name: string, context: Context) {
  const find = async () => {
    const found = await findToken(context.http, name);
    return typeof found === "object" ? found : undefined;
  };
  // One that this run has made is there, though a server may not know it yet.
  return context.memory.madeNow.has(`token ${name}`) ? findSurely(context, find) : find();
}

/** The tokens to write into the bundle, or undefined when one of them is not there yet. */
async function referencesOf(names: readonly string[], context: Context): Promise<BundleToken[] | undefined> {
  const found = await Promise.all(names.map((name) => tokenOf(name, context)));
  const tokens = found.flatMap((token) =>
    token === undefined
      ? []
      : [
          {
            name: token.name,
            reference: token.uuid,
            value: token.value ?? undefined,
            namespaces: Object.keys(token.namespacePermissions ?? {}),
          },
        ],
  );
  return tokens.length === names.length ? tokens : undefined;
}

async function digestTokens({ known, unknown }: Draft<VersionInputs>, context: Context): Promise<unknown> {
  if (unknown.has("tokens")) return unknownValue;
  if (known.tokens === undefined) return undefined;
  const entries = await Promise.all(
    known.tokens.map(async (name) => {
      const token = await tokenOf(name, context);
      if (token === undefined && !context.memory.planned.has(`token ${name}`)) {
        throw new InputError("tokens", `there is no access token ${name}, and no resource before this one declares it`);
      }
      const content = token && {
        uuid: token.uuid,
        value: token.value && sha256(token.value),
        namespaces: Object.keys(token.namespacePermissions ?? {}).sort(),
      };
      return [name, content === undefined ? unknownValue : shortHash(content, 12)] as const;
    }),
  );
  return Object.fromEntries(entries);
}

async function nameVersion(draft: Draft<VersionInputs>, manifest: ReturnType<typeof readManifest>, context: Context): Promise<unknown> {
  const { known, unknown } = draft;
  if (unknown.has("version")) return unknownValue;
  if (known.version !== undefined && known.version !== "auto") return known.version;
  const base = isProblem(manifest) ? undefined : manifest["edgeworker-version"];
  if (known.version === undefined) {
    if (base !== undefined) return base;
    if (isProblem(manifest)) throw new InputError("bundle", `${manifest.type}: ${manifest.message}`);
    throw new InputError("version", "is required, or `edgeworker-version` in bundle.json");
  }
  const hash = contentHash(known.files ?? {}, known.tokenDigests ?? {});
  if (hash === undefined) return unknownValue;
  const wanted = autoVersion(base, hash);
  if (known.edgeWorkerId === undefined) return wanted;
  // One with the same content may be there under a later name, where the first was used up.
  const there = (await listed(known.edgeWorkerId, context)).find(({ version: name }) => name === wanted || name.startsWith(`${wanted}~`));
  return there?.version ?? wanted;
}

function listed(id: number, context: Context): Promise<Version[]> {
  return context.memory.read(`versions of ${id}`, () => versionsOrNone(id, context));
}

/** Which earlier versions stay. Remembered for the run, since the engine checks a replacement again as if there had been none before. */
function chooseKept({ known, unknown, olds }: Draft<VersionInputs>, name: unknown, { memory }: Context): string[] | undefined {
  const owner = known.owner ?? "";
  if (olds.version !== undefined && !unknown.has("keep")) {
    const before = olds.version === name ? [] : [olds.version];
    const kept =
      olds.edgeWorkerId === known.edgeWorkerId
        ? [...before, ...(olds.kept ?? [])].filter((one) => one !== name).slice(0, known.keep ?? 0)
        : [];
    memory.keptVersions.set(owner, kept);
  }
  const kept = memory.keptVersions.get(owner);
  return kept === undefined || kept.length === 0 ? undefined : [...kept];
}

// ---- preview: what `up` would run into ----

async function taken({ known, olds }: Draft<VersionInputs>, checksum: string, context: Context): Promise<Failure[]> {
  const { edgeWorkerId, version: name } = known;
  if (edgeWorkerId === undefined) return [];
  if (
    olds.version === name &&
    olds.edgeWorkerId === edgeWorkerId &&
    same(olds.files, known.files) &&
    same(olds.tokenDigests, known.tokenDigests)
  )
    return [];
  const there = (await listed(edgeWorkerId, context)).find((one) => one.version === name);
  if (there === undefined || there.checksum === checksum) return [];
  return [
    {
      property: "version",
      reason: `version ${name} is uploaded already with other content, and a version can't be changed: raise \`edgeworker-version\` in bundle.json, or say \`version: "auto"\``,
    },
  ];
}

/** What EdgeWorkers itself says of the archive. */
async function remarks({ olds, known }: Draft<VersionInputs>, packed: Uint8Array, context: Context): Promise<Failure[]> {
  if (same(olds.files, known.files) && same(olds.tokenDigests, known.tokenDigests) && olds.version === known.version) return [];
  const { errors, warnings } = await context.memory.read(`validation of ${sha256(packed)}`, () => validateArchive(context.http, packed));
  for (const { type, message } of warnings) context.notices.warn(`${version.title(known)}: ${type}: ${message}`);
  return errors.map(({ type, message }) => ({
    property: type.startsWith("ACCESS_TOKEN") ? "tokens" : "bundle",
    reason: `${type}: ${message}`,
  }));
}

// ---- create and delete ----

const mostNames = 20;

async function upload(inputs: VersionInputs, pack: (name: string) => Promise<Uint8Array>, context: Context): Promise<Version> {
  const { edgeWorkerId, version: wanted } = inputs;
  const derived = isDerived(inputs);
  const uploading = (packed: Uint8Array) =>
    whileEarly(context, { send: () => uploadVersion(context.http, edgeWorkerId, packed), refused: isUnheardOf, within: heardOfWithin });
  for (let attempt = 1; ; attempt++) {
    // Names can be used once, even if what they named is deleted: a derived one gets a number then.
    const name = attempt === 1 ? wanted : `${wanted}~${attempt}`;
    const packed = await pack(name);
    const checksum = sha256(packed);
    const find = async () => (await versionsOrNone(edgeWorkerId, context)).find((one) => one.version === name && one.checksum === checksum);
    const there = await find();
    if (there !== undefined)
      context.notices.info(`${version.title({ edgeWorkerId, version: name })} is there from an earlier run: going on with it.`);
    try {
      const uploaded = there ?? (await once(context, { send: () => uploading(packed), find, visibleWithin: 20 }));
      await waitFor(context, {
        what: `${version.title({ edgeWorkerId, version: name })} to be there`,
        look: async () => {
          const seen = await findVersion(context.http, edgeWorkerId, name);
          return seen === undefined ? { state: "not to be seen", is: "pending" } : { state: "there", is: "reached", value: undefined };
        },
        within: showsWithin,
      });
      return uploaded;
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== "EW1011") throw error;
      const again = await findSurely(context, find);
      if (again !== undefined) return again;
      if (!derived || attempt === mostNames) {
        throw new RefusedError(
          `the version name ${name} was used before, and can't be used again even if that version was deleted: raise \`edgeworker-version\` in bundle.json, or say \`version: "auto"\``,
        );
      }
    }
  }
}

/** A server that has not heard of the id has no versions to show. */
async function versionsOrNone(id: number, context: Context): Promise<Version[]> {
  try {
    return await listVersions(context.http, id);
  } catch (error) {
    if (isUnheardOf(error)) return [];
    throw error;
  }
}

/** Whether the name was derived from the content: then it ends with the content's hash. */
function isDerived({ version: name, files, tokenDigests }: VersionInputs): boolean {
  const hash = contentHash(files, tokenDigests ?? {});
  return hash !== undefined && name.replace(/~\d+$/, "").endsWith(hash);
}

/** A version that is live, because its activation is to stay, stays as well. */
async function removeUnlessLive(id: number, name: string, context: Context): Promise<void> {
  for (const network of ["staging", "production"] as const) {
    if ((await findLive(context.http, id, network))?.version !== name) continue;
    context.notices.info(`${version.title({ edgeWorkerId: id, version: name })} stays: it is live on ${network}.`);
    return;
  }
  await deleteVersion(context.http, id, name);
}

// ---- wire to state ----

function toState(inputs: VersionInputs, live: Version): VersionState {
  return { ...inputs, checksum: live.checksum, ...(live.createdTime ? { createdTime: live.createdTime } : {}) };
}
