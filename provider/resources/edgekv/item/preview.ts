/** What `up` would run into with items, reported at preview. */

import { findItem, type ItemRef, isNamespaceRefused } from "../../../api/edgekv/items";
import { namespaceKey } from "../../../api/edgekv/keys";
import { canonical } from "../../../framework/canonical";
import type { CheckFailure, Draft } from "../../../framework/resource";
import { nameInProgram } from "../../../framework/resource";
import { contentOf, matchesContent } from "../../../items/content";
import { type Conflict, declareKeys } from "../../../items/declaredKeys";
import type { Context } from "../../../runtime/context";
import { keyOf } from "../../../runtime/runState";
import { usesDefaultOnProduction, warnOfDefaultNamespace } from "../../declared";
import { isInitialized } from "../database/observe";
import { findListed, findNamespaceEventually, isScheduled, readNamespaces } from "../namespace/observe";
import { displayName, findForeignValue, markFree } from "./observe";
import { sandboxFailures } from "./sandbox";
import type { ItemInputs } from "./schema";

type KnownInputs = Partial<ItemInputs>;

/** Few items have a retention of their own. */
const retentions = () => require("../bulk/retention") as typeof import("../bulk/retention");

/** Characters: the limit in Akamai's API description. An account may have a higher one. */
const documentedCharacters = 262_144;
/** Bytes: no document of Akamai names a higher limit. */
const maxBytes = 1_048_576;

/** Why a value is too large, or may be. Undefined when it is within the documented limit. */
export type SizeProblem = { readonly tooLarge: string } | { readonly mayBeTooLarge: string };

export function findSizeProblem(bytes: Uint8Array): SizeProblem | undefined {
  if (bytes.length > maxBytes)
    return { tooLarge: `has ${bytes.length} bytes: an item can hold at most ${maxBytes} (1 MB)` };
  if (bytes.length <= documentedCharacters) return undefined;
  const characters = Buffer.from(bytes).toString("utf8").length;
  if (characters <= documentedCharacters) return undefined;
  return {
    mayBeTooLarge: `has ${characters} characters; Akamai documents at most ${documentedCharacters}, so that \`up\` may be refused with 413`,
  };
}

/** Why a sandbox takes no retention. */
export const sandboxRetentionFixed = "can't be set in a sandbox: its items live for two days";

// ---- known without a request ----

export function validateItem(
  context: Context,
  { known, unknown, oldInputs }: Draft<ItemInputs>,
): CheckFailure[] {
  if (usesDefaultOnProduction(known) && !usesDefaultOnProduction(oldInputs))
    warnOfDefaultNamespace(context, displayName(known));
  const outside = sandboxFailures(known);
  if (outside.length > 0) return outside;
  if (known.sandboxId !== undefined && known.retentionInSeconds !== undefined)
    return [{ property: "retentionInSeconds", reason: sandboxRetentionFixed }];
  const set = (["value", "json"] as const).filter(
    (field) => known[field] !== undefined || unknown.has(field),
  );
  if (set.length === 0)
    return [
      { property: "value", reason: "is required, or `json`: set `value` for text, `json` for anything else" },
    ];
  if (set.length === 2)
    return [{ property: "json", reason: "can't be set together with `value`: an item holds one of the two" }];
  const [field = "value"] = set;
  const problem = unknown.has(field) ? undefined : findSizeProblem(contentOf(known).bytes);
  if (problem !== undefined && "tooLarge" in problem) return [{ property: field, reason: problem.tooLarge }];
  if (problem !== undefined) context.logger.warn(`${displayName(known)} ${problem.mayBeTooLarge}.`);
  return declaredTwice(context, known);
}

function declaredTwice(context: Context, known: KnownInputs): CheckFailure[] {
  const ref = completeRef(known);
  if (ref === undefined || known.owner === undefined) return [];
  const { key } = ref;
  const conflict = declareKeys(context.runState, ref, known.owner, {
    keys: [key],
    has: (other) => other === key,
    exclusive: false,
  });
  return conflict === undefined ? [] : [{ property: "key", reason: describeConflict(conflict) }];
}

export function describeConflict({ owner, key }: Conflict): string {
  const other = `the resource ${nameInProgram(owner)} of this program`;
  return key === undefined
    ? `${other} has items in the group too, and one of the two sets \`ownership: "exclusive"\`: give each a group of its own`
    : `${other} declares the item ${key} as well: an item belongs to one resource only`;
}

function completeRef({ network, namespace, group, key, sandboxId }: KnownInputs): ItemRef | undefined {
  if (network === undefined || namespace === undefined || group === undefined || key === undefined)
    return undefined;
  return { network, namespace, group, key, ...(sandboxId === undefined ? {} : { sandboxId }) };
}

// ---- known from the account ----

export const hasForeignValue =
  "an item of this key exists already with another value, and is not managed by this program: set `overwrite: true` to replace its value, choose another key, or use Pulumi's `aliases` if the resource was only renamed or moved";

export async function preflightItem(
  context: Context,
  { known, unknown, oldInputs }: Draft<ItemInputs>,
): Promise<CheckFailure[]> {
  const ref = completeRef(known);
  const oldRef = completeRef(oldInputs);
  const isSame = ref !== undefined && oldRef !== undefined && canonical(ref) === canonical(oldRef);
  const { retentionInSeconds } = known;
  const retention =
    ref === undefined ||
    retentionInSeconds === undefined ||
    retentionInSeconds === oldInputs.retentionInSeconds
      ? []
      : await retentions().retentionFailures(context, "retentionInSeconds", ref);
  if (isSame || retention.length > 0) return retention;
  const namespace = await checkNamespace(context, known);
  if (namespace.is === "missing") return [{ property: "namespace", reason: namespace.reason }];
  if (namespace.is === "planned" || ref === undefined) return [];
  return checkValue(context, ref, known, unknown.has("value") || unknown.has("json"));
}

/**
 * Whether items can be written to a namespace: it exists, this run creates it or may do so, or it is missing.
 */
export type NamespaceCheck =
  | { readonly is: "existing" }
  | { readonly is: "planned" }
  | { readonly is: "missing"; readonly reason: string };

export async function checkNamespace(
  context: Context,
  { network, namespace }: KnownInputs,
): Promise<NamespaceCheck> {
  if (network === undefined || namespace === undefined) return { is: "planned" };
  if (context.runState.planned.has(namespaceKey(network, namespace))) return { is: "planned" };
  const all = (await isInitialized(context)) ? await readNamespaces(context, network) : [];
  const listed = findListed(all, namespace);
  // One listing may be stale. Before a refusal, absence is confirmed: once for all items of the namespace.
  const confirm = () => findNamespaceEventually(context, network, namespace);
  const live =
    listed ??
    (all.length === 0
      ? undefined
      : await context.runState.read(keyOf("namespace of items", network, namespace), confirm, () => true));
  if (live === undefined) {
    const existing =
      all.length === 0
        ? "EdgeKV is not initialized"
        : `there are ${all.map((one) => one.namespace).join(", ")}`;
    const reason = `there is no namespace ${namespace} on ${network} (${existing}), and no resource before this one declares it: use the \`name\` output of the namespace, or \`dependsOn\``;
    return { is: "missing", reason };
  }
  if (isScheduled(live) && !context.runState.owned.has(namespaceKey(network, namespace))) {
    context.logger.warn(
      `namespace ${namespace} on ${network} is scheduled for deletion: its items can't be written until that is cancelled.`,
    );
  }
  return { is: "existing" };
}

/**
 * Reports what `up` does with an item that exists. Fails when its value is foreign and may not be replaced.
 */
async function checkValue(
  context: Context,
  ref: ItemRef,
  known: KnownInputs,
  isUnknown: boolean,
): Promise<CheckFailure[]> {
  const { logger } = context;
  let live: Uint8Array | undefined;
  try {
    live = await findItem(context.http, ref);
  } catch (error) {
    // A namespace that is scheduled for deletion shows no items. This run may cancel that.
    if (isNamespaceRefused(error)) return [];
    throw error;
  }
  if (live === undefined) {
    markFree(context, ref);
    return [];
  }
  const wanted = contentOf(known);
  if (!isUnknown && matchesContent(live, wanted)) {
    logger.info(`${displayName(ref)} exists already with the declared value: \`up\` adopts it.`);
  } else if (known.overwrite === true) {
    logger.info(`${displayName(ref)} exists already: \`up\` replaces its value.`);
  } else if (isUnknown) {
    logger.warn(
      `${displayName(ref)} exists already: \`up\` fails unless its value is the declared one, which is not known yet.`,
    );
  } else if ((await findForeignValue(context, ref, wanted)) !== undefined) {
    return [{ property: "key", reason: hasForeignValue }];
  }
  return [];
}
