/** What `up` would run into with a version, reported at preview. */
import type { Token } from "../../../api/edgekv/tokens";
import { validateArchive } from "../../../api/edgeworkers/versions";
import { finish } from "../../../bundle/finish";
import { sha256 } from "../../../bundle/pack";
import { formatProblem } from "../../../bundle/problem";
import { validatePacked } from "../../../bundle/validate";
import { ApiError, isOutcomeUnknown } from "../../../errors";
import { same } from "../../../framework/canonical";
import type { CheckFailure, Draft } from "../../../framework/resource";
import type { Context } from "../../../runtime/context";
import { keyOf, slot } from "../../../runtime/runState";
import { exceedsQuota } from "../../quota";
import { limitOf, versionsOfRun } from "../observe";
import { filesOf, isDerived } from "./content";
import { displayName, newNameHint } from "./identity";
import { preflightPermissions } from "./leastPrivilege";
import { hasContent } from "./observe";
import type { VersionInputs } from "./schema";
import { bundleTokens, usableTokens } from "./tokens";

function isNew({ known, oldInputs }: Draft<VersionInputs>): boolean {
  return (["version", "edgeWorkerId", "files", "tokenDigests"] as const).some(
    (field) => !same(oldInputs[field], known[field]),
  );
}

/** The state has other content under this name. A version can't be changed, and its name can't be used again. */
export function sameNameOtherContent(draft: Draft<VersionInputs>): CheckFailure[] {
  const { known, oldInputs, unknown } = draft;
  const { version, edgeWorkerId } = known;
  if (
    version === undefined ||
    edgeWorkerId === undefined ||
    known.files === undefined ||
    unknown.has("tokens")
  )
    return [];
  if (oldInputs.version !== version || oldInputs.edgeWorkerId !== edgeWorkerId || !isNew(draft)) return [];
  return [
    {
      property: "version",
      reason: `version ${version} was uploaded with other content, and a version can't be changed: ${newNameHint}`,
    },
  ];
}

export async function preflightVersion(
  context: Context,
  draft: Draft<VersionInputs>,
): Promise<CheckFailure[]> {
  const { known } = draft;
  const { version } = known;
  if (!isNew(draft) || known.files === undefined) return [];
  const full = await quotaFailures(context, draft);
  if (full.length > 0) return full;
  const tokens = version === undefined ? undefined : await usableTokens(context, draft);
  const forbidden = await preflightPermissions(context, known, await filesOf(known), tokens);
  if (forbidden.length > 0 || version === undefined || tokens === undefined) return forbidden;
  warnOfForeignTokens(context, tokens, known);
  let packed: Uint8Array;
  try {
    packed = await finish(await filesOf(known), version, bundleTokens(tokens));
  } catch (error) {
    return [{ property: "tokens", reason: error instanceof Error ? error.message : String(error) }];
  }
  const large = validatePacked(packed).map((problem) => ({
    property: "bundle",
    reason: formatProblem(problem),
  }));
  if (large.length > 0) return large;
  return [
    ...(await nameFailures(context, draft, packed)),
    ...(await validationFailures(context, known, packed)),
  ];
}

/** Versions that were deleted need no room. Those that this run replaces do: they go at its end. */
async function quotaFailures(context: Context, { known }: Draft<VersionInputs>): Promise<CheckFailure[]> {
  const { edgeWorkerId, version, owner = "" } = known;
  if (edgeWorkerId === undefined) return [];
  const limit = await limitOf(context, "version-per-ew-id-limit");
  if (limit === undefined) return [];
  const quota = keyOf("versions at first", edgeWorkerId);
  const before = await context.runState.read(
    quota,
    async () => (await versionsOfRun(context, edgeWorkerId)).map((one) => one.version),
    () => true,
  );
  // One that is there already is adopted, or refused for its name.
  if (version !== undefined && before.includes(version)) return [];
  const used = before.length;
  const added = exceedsQuota(context, { quota, limit, used, added: owner });
  if (added === undefined) return [];
  return [
    {
      property: "version",
      reason: `there is no room for it: EdgeWorker ${edgeWorkerId} may have ${limit} versions, it has ${used}, and this program adds ${added}. Delete versions that nobody needs, or ask Akamai to raise the limit`,
    },
  ];
}

async function nameFailures(
  context: Context,
  { known, oldInputs }: Draft<VersionInputs>,
  packed: Uint8Array,
): Promise<CheckFailure[]> {
  const { edgeWorkerId, version = "" } = known;
  if (edgeWorkerId === undefined) return [];
  const sameName = (await versionsOfRun(context, edgeWorkerId)).find((one) => one.version === version);
  const isUsedUp = oldInputs.edgeWorkerId === edgeWorkerId && oldInputs.usedUp?.includes(version);
  if (sameName === undefined && isUsedUp && !isDerived(known as VersionInputs)) {
    return [
      {
        property: "version",
        reason: `version ${version} was uploaded and deleted by this program before, and its name can't be used again: ${newNameHint}`,
      },
    ];
  }
  if (sameName === undefined || (await hasContent(context, edgeWorkerId, sameName, packed))) return [];
  return [
    {
      property: "version",
      reason: `version ${version} is uploaded already with other content, and a version can't be changed: ${newNameHint}`,
    },
  ];
}

/** EdgeKV refuses a token for other EdgeWorkers where the code runs, not when the bundle is uploaded. */
function warnOfForeignTokens(
  context: Context,
  tokens: readonly Token[],
  { edgeWorkerId }: Partial<VersionInputs>,
): void {
  for (const { name, restrictToEdgeWorkerIds } of tokens) {
    const ids = restrictToEdgeWorkerIds ?? [];
    if (
      edgeWorkerId === undefined ||
      ids.length === 0 ||
      ids.includes("all") ||
      ids.includes(String(edgeWorkerId))
    )
      continue;
    context.logger.warn(
      `access token ${name} is for the EdgeWorkers ${ids.join(", ")} only: EdgeKV will refuse it to EdgeWorker ${edgeWorkerId} (403).`,
    );
  }
}

/** By archive. A validation is a POST, after which `runState.read` forgets its reads: a slot does not. */
const validations = slot(() => new Map<string, ReturnType<typeof validateArchive>>());

function validateOnce({ http, runState }: Context, packed: Uint8Array): ReturnType<typeof validateArchive> {
  const known = runState.get(validations);
  const key = sha256(packed);
  const validation = known.get(key) ?? validateArchive(http, packed);
  known.set(key, validation);
  validation.catch(() => known.delete(key));
  return validation;
}

/** The result of EdgeWorkers' own validation. */
async function validationFailures(
  context: Context,
  known: Partial<VersionInputs>,
  packed: Uint8Array,
): Promise<CheckFailure[]> {
  try {
    const { errors, warnings } = await validateOnce(context, packed);
    for (const warning of warnings) context.logger.warn(`${displayName(known)}: ${formatProblem(warning)}`);
    return errors.map((error) => ({
      property: error.type.startsWith("ACCESS_TOKEN") && known.tokens ? "tokens" : "bundle",
      reason: formatProblem(error),
    }));
  } catch (error) {
    // A preview can do without: the upload validates too.
    if (!isOutcomeUnknown(error) && !(error instanceof ApiError && error.is(403))) throw error;
    context.logger.warn(
      `${displayName(known)} could not be validated beforehand: ${error instanceof Error ? error.message : String(error)}`,
    );
    return [];
  }
}
