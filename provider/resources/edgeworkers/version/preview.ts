/** What `up` would run into with a version, told at preview. */
import type { Token } from "../../../api/edgekv/tokens";
import { validateArchive } from "../../../api/edgeworkers/versions";
import { finish } from "../../../bundle/finish";
import { sha256 } from "../../../bundle/pack";
import { inWords, validatePacked } from "../../../bundle/validate";
import { same } from "../../../framework/canonical";
import type { Context, RunMemory } from "../../../runtime/context";
import type { Draft, Failure } from "../../../framework/resource";
import { outcomeUnknown, ServiceError } from "../../../errors";
import { listed } from "../observe";
import type { VersionInputs } from "./version";
import { bundleTokens, filesOf, usableTokens } from "./content";
import { holds, versionTitle, wayOut } from "./reconcile";

function isNew({ known, olds }: Draft<VersionInputs>): boolean {
  return (["version", "edgeWorkerId", "files", "tokenDigests"] as const).some((field) => !same(olds[field], known[field]));
}

/** What this program uploaded itself is there, or its name is used up: other content can't take its place. */
export function sameNameOtherContent(draft: Draft<VersionInputs>): Failure[] {
  const { known, olds, unknown } = draft;
  const { version, edgeWorkerId } = known;
  if (version === undefined || edgeWorkerId === undefined || known.files === undefined || unknown.has("tokens")) return [];
  if (olds.version !== version || olds.edgeWorkerId !== edgeWorkerId || !isNew(draft)) return [];
  return [{ property: "version", reason: `version ${version} was uploaded with other content, and a version can't be changed: ${wayOut}` }];
}

export async function observeVersion(draft: Draft<VersionInputs>, context: Context): Promise<Failure[]> {
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
  const large = validatePacked(packed).map((problem) => ({ property: "bundle", reason: inWords(problem) }));
  if (large.length > 0) return large;
  return [...(await nameTrouble(known, packed, context)), ...(await remarks(known, packed, context))];
}

async function nameTrouble({ edgeWorkerId, version }: Partial<VersionInputs>, packed: Uint8Array, context: Context): Promise<Failure[]> {
  if (edgeWorkerId === undefined) return [];
  const there = (await listed(edgeWorkerId, context)).find((one) => one.version === version);
  if (there === undefined || (await holds(edgeWorkerId, there, packed, context))) return [];
  return [
    { property: "version", reason: `version ${version} is uploaded already with other content, and a version can't be changed: ${wayOut}` },
  ];
}

/** A token that is made for other EdgeWorkers is written into the bundle, and refused where the code runs. */
function warnOfForeignTokens(tokens: readonly Token[], { edgeWorkerId }: Partial<VersionInputs>, context: Context): void {
  for (const { name, restrictToEdgeWorkerIds } of tokens) {
    const ids = restrictToEdgeWorkerIds ?? [];
    if (edgeWorkerId === undefined || ids.length === 0 || ids.includes("all") || ids.includes(String(edgeWorkerId))) continue;
    context.notices.warn(
      `access token ${name} is for the EdgeWorkers ${ids.join(", ")} only: EdgeKV will refuse it to EdgeWorker ${edgeWorkerId} (403).`,
    );
  }
}

/** By run and archive. A validation is a POST, after which a run forgets what it has read: it would forget this too. */
const validations = new WeakMap<RunMemory, Map<string, ReturnType<typeof validateArchive>>>();

function validateOnce(packed: Uint8Array, { http, memory }: Context): ReturnType<typeof validateArchive> {
  const known = validations.get(memory) ?? new Map<string, ReturnType<typeof validateArchive>>();
  validations.set(memory, known);
  const key = sha256(packed);
  const validation = known.get(key) ?? validateArchive(http, packed);
  known.set(key, validation);
  validation.catch(() => known.delete(key));
  return validation;
}

/** What EdgeWorkers itself says of the archive. */
async function remarks(known: Partial<VersionInputs>, packed: Uint8Array, context: Context): Promise<Failure[]> {
  try {
    const { errors, warnings } = await validateOnce(packed, context);
    for (const warning of warnings) context.notices.warn(`${versionTitle(known)}: ${inWords(warning)}`);
    return errors.map((error) => ({
      property: error.type.startsWith("ACCESS_TOKEN") && known.tokens ? "tokens" : "bundle",
      reason: inWords(error),
    }));
  } catch (error) {
    // The upload will tell: a preview can do without.
    if (!outcomeUnknown(error) && !(error instanceof ServiceError && error.is(403))) throw error;
    context.notices.warn(
      `${versionTitle(known)} could not be validated beforehand: ${error instanceof Error ? error.message : String(error)}`,
    );
    return [];
  }
}
