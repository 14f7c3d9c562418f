/** What `up` would run into with a version, told at preview. */
import type { Token } from "../../../api/edgekv/tokens";
import { validateArchive } from "../../../api/edgeworkers/versions";
import { finish } from "../../../bundle/finish";
import { sha256 } from "../../../bundle/pack";
import { formatProblem, validatePacked } from "../../../bundle/validate";
import { ApiError, isOutcomeUnknown } from "../../../errors";
import { same } from "../../../framework/canonical";
import type { CheckFailure, Draft } from "../../../framework/resource";
import type { Context } from "../../../runtime/context";
import type { RunState } from "../../../runtime/runState";
import { listed } from "../observe";
import { bundleTokens, filesOf, usableTokens } from "./content";
import { displayName, holds, newNameHint } from "./reconcile";
import type { VersionInputs } from "./schema";

function isNew({ known, oldInputs }: Draft<VersionInputs>): boolean {
  return (["version", "edgeWorkerId", "files", "tokenDigests"] as const).some((field) => !same(oldInputs[field], known[field]));
}

/** What this program uploaded itself is there, or its name is used up: other content can't take its place. */
export function sameNameOtherContent(draft: Draft<VersionInputs>): CheckFailure[] {
  const { known, oldInputs, unknown } = draft;
  const { version, edgeWorkerId } = known;
  if (version === undefined || edgeWorkerId === undefined || known.files === undefined || unknown.has("tokens")) return [];
  if (oldInputs.version !== version || oldInputs.edgeWorkerId !== edgeWorkerId || !isNew(draft)) return [];
  return [
    { property: "version", reason: `version ${version} was uploaded with other content, and a version can't be changed: ${newNameHint}` },
  ];
}

export async function preflightVersion(draft: Draft<VersionInputs>, context: Context): Promise<CheckFailure[]> {
  const { known } = draft;
  const { version } = known;
  if (!isNew(draft) || version === undefined || known.files === undefined) return [];
  const tokens = await usableTokens(draft, context);
  if (tokens === undefined) return [];
  warnOfForeignTokens(tokens, known, context);
  let packed: Uint8Array;
  try {
    packed = await finish(await filesOf(known), version, bundleTokens(tokens));
  } catch (error) {
    return [{ property: "tokens", reason: error instanceof Error ? error.message : String(error) }];
  }
  const large = validatePacked(packed).map((problem) => ({ property: "bundle", reason: formatProblem(problem) }));
  if (large.length > 0) return large;
  return [...(await nameTrouble(known, packed, context)), ...(await validationFailures(known, packed, context))];
}

async function nameTrouble(
  { edgeWorkerId, version }: Partial<VersionInputs>,
  packed: Uint8Array,
  context: Context,
): Promise<CheckFailure[]> {
  if (edgeWorkerId === undefined) return [];
  const there = (await listed(edgeWorkerId, context)).find((one) => one.version === version);
  if (there === undefined || (await holds(edgeWorkerId, there, packed, context))) return [];
  return [
    {
      property: "version",
      reason: `version ${version} is uploaded already with other content, and a version can't be changed: ${newNameHint}`,
    },
  ];
}

/** A token that is made for other EdgeWorkers is written into the bundle, and refused where the code runs. */
function warnOfForeignTokens(tokens: readonly Token[], { edgeWorkerId }: Partial<VersionInputs>, context: Context): void {
  for (const { name, restrictToEdgeWorkerIds } of tokens) {
    const ids = restrictToEdgeWorkerIds ?? [];
    if (edgeWorkerId === undefined || ids.length === 0 || ids.includes("all") || ids.includes(String(edgeWorkerId))) continue;
    context.logger.warn(
      `access token ${name} is for the EdgeWorkers ${ids.join(", ")} only: EdgeKV will refuse it to EdgeWorker ${edgeWorkerId} (403).`,
    );
  }
}

/** By run and archive. A validation is a POST, after which a run forgets what it has read: it would forget this too. */
const validations = new WeakMap<RunState, Map<string, ReturnType<typeof validateArchive>>>();

function validateOnce(packed: Uint8Array, { http, runState }: Context): ReturnType<typeof validateArchive> {
  const known = validations.get(runState) ?? new Map<string, ReturnType<typeof validateArchive>>();
  validations.set(runState, known);
  const key = sha256(packed);
  const validation = known.get(key) ?? validateArchive(http, packed);
  known.set(key, validation);
  validation.catch(() => known.delete(key));
  return validation;
}

/** What EdgeWorkers itself says of the archive. */
async function validationFailures(known: Partial<VersionInputs>, packed: Uint8Array, context: Context): Promise<CheckFailure[]> {
  try {
    const { errors, warnings } = await validateOnce(packed, context);
    for (const warning of warnings) context.logger.warn(`${displayName(known)}: ${formatProblem(warning)}`);
    return errors.map((error) => ({
      property: error.type.startsWith("ACCESS_TOKEN") && known.tokens ? "tokens" : "bundle",
      reason: formatProblem(error),
    }));
  } catch (error) {
    // The upload will tell: a preview can do without.
    if (!isOutcomeUnknown(error) && !(error instanceof ApiError && error.is(403))) throw error;
    context.logger.warn(
      `${displayName(known)} could not be validated beforehand: ${error instanceof Error ? error.message : String(error)}`,
    );
    return [];
  }
}
