/** The content of a version: files, tokens, and the name that may be derived from them. */

import { BundleError, type BundleFiles, readBundle } from "../../../bundle/files";
import { autoVersion, contentHash, numberedName, splitName } from "../../../bundle/finish";
import { describeLeftOut } from "../../../bundle/leftOut";
import { readManifest } from "../../../bundle/manifest";
import { digests } from "../../../bundle/pack";
import { formatProblem } from "../../../bundle/problem";
import { type BundleSource, plainSource } from "../../../bundle/source";
import { validateBundle } from "../../../bundle/validate";
import { InvalidInputError } from "../../../errors";
import { same } from "../../../framework/canonical";
import type { Draft } from "../../../framework/resource";
import { unknownValue } from "../../../framework/unknown";
import type { Context } from "../../../runtime/context";
import { versionsOfRun } from "../observe";
import type { VersionInputs } from "./schema";
import { digestTokens } from "./tokens";

type Wanted = Partial<VersionInputs>;
type VersionDraft = Draft<VersionInputs>;

/** The computed inputs of the content; `files` and `version` are unknown while the bundle is. */
export async function computeInputs(context: Context, draft: VersionDraft) {
  const { known, unknown, kept, oldInputs } = draft;
  if (kept.files !== undefined && known.bundle !== undefined) {
    const asNow = async () => (unknown.has("tokens") ? unknownValue : digestTokens(context, draft));
    const tokenDigests = kept.tokenDigests ?? (await asNow());
    // The same content has the same name, although the folder may have other files by now.
    if (same(tokenDigests, oldInputs.tokenDigests) && oldInputs.version !== undefined)
      return {
        bundle: sourceOf(known),
        version: oldInputs.version,
        ...(tokenDigests === undefined ? {} : { tokenDigests }),
      };
  }
  if (unknown.has("bundle") || unknown.has("exclude") || known.bundle === undefined) {
    return {
      ...(known.bundle === undefined ? {} : { bundle: sourceOf(known) }),
      files: unknownValue,
      version: unknownValue,
    };
  }
  const bundle = sourceOf(known);
  const leftOut = new Set<string>();
  const read = await filesOf(known, leftOut);
  reportLeftOut(context, draft, leftOut);
  await refuseInvalid(read, draft, [...leftOut]);
  const files = digests(read);
  const tokenDigests = unknown.has("tokens") ? unknownValue : await digestTokens(context, draft);
  const hash = typeof tokenDigests === "string" ? undefined : contentHash(files, tokenDigests ?? {});
  const version = await nameVersion(context, draft, read, hash);
  return { bundle, files, version, ...(tokenDigests === undefined ? {} : { tokenDigests }) };
}

// ---- files ----

function sourceOf({ bundle }: Wanted): BundleSource {
  try {
    return plainSource(bundle, process.cwd());
  } catch (error) {
    return wrongBundle(error);
  }
}

/** @param leftOut gets the paths that were left out */
export async function filesOf(inputs: Wanted, leftOut?: Set<string>): Promise<BundleFiles> {
  return readBundle(sourceOf(inputs), process.cwd(), inputs.exclude, leftOut).catch(wrongBundle);
}

function reportLeftOut(
  { logger }: Context,
  { logicalName }: VersionDraft,
  leftOut: ReadonlySet<string>,
): void {
  const report = describeLeftOut([...leftOut]);
  if (report?.hasSecrets) logger.warn(`${logicalName}: ${report.message}`);
  else if (report !== undefined) logger.info(`${logicalName}: ${report.message}`);
}

function wrongBundle(error: unknown): never {
  throw error instanceof BundleError ? new InvalidInputError("bundle", error.message) : error;
}

/** Also where a preview may not ask the service. */
async function refuseInvalid(
  files: BundleFiles,
  { known, unknown }: VersionDraft,
  leftOut: readonly string[],
): Promise<void> {
  const tokensComing = unknown.has("tokens") || (known.tokens ?? []).length > 0;
  const problems = await validateBundle(files, tokensComing, leftOut);
  if (problems.length > 0) throw new InvalidInputError("bundle", problems.map(formatProblem).join("; "));
}

// ---- the name ----

async function nameVersion(
  context: Context,
  { known, unknown, oldInputs }: VersionDraft,
  files: BundleFiles,
  hash: string | undefined,
): Promise<string> {
  if (unknown.has("version")) return unknownValue;
  if (known.version !== undefined && known.version !== "auto") return known.version;
  const read = readManifest(files);
  const base = "manifest" in read ? read.manifest["edgeworker-version"] : undefined;
  if (known.version === undefined) {
    if (base !== undefined) return base;
    throw new InvalidInputError("version", "is required, or `edgeworker-version` in bundle.json");
  }
  if (hash === undefined) return unknownValue;
  const wanted = autoVersion(base, hash);
  if (known.edgeWorkerId === undefined) return wanted;
  // Where the first name was used up, the same content has a later one. A stale replica may not show that, but the last inputs do.
  const before =
    oldInputs.edgeWorkerId === known.edgeWorkerId && oldInputs.version !== undefined
      ? [{ version: oldInputs.version }]
      : [];
  const numbers = [...before, ...(await versionsOfRun(context, known.edgeWorkerId))].flatMap(
    ({ version }) => {
      const { stem, number } = splitName(version);
      return stem === wanted ? [number] : [];
    },
  );
  return numberedName(wanted, Math.max(1, ...numbers));
}

/** Whether the name was derived from the content: then it ends with the content's hash. */
export function isDerived({ version, files, tokenDigests }: VersionInputs): boolean {
  const hash = contentHash(files, tokenDigests ?? {});
  return hash !== undefined && splitName(version).stem.endsWith(hash);
}
