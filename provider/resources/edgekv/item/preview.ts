/** What `up` would run into with items, told at preview. */

import { findItem, type ItemRef, isNamespaceRefused } from "../../../api/edgekv/items";
import { namespaceKey } from "../../../api/edgekv/keys";
import { canonical } from "../../../framework/canonical";
import type { CheckFailure, Draft } from "../../../framework/resource";
import { nameInProgram } from "../../../framework/resource";
import { contentOf, holds } from "../../../items/content";
import { type Conflict, declareKeys } from "../../../items/declaredKeys";
import type { Context } from "../../../runtime/context";
import { isInitialized } from "../database/observe";
import { isScheduled, readNamespaces } from "../namespace/observe";
import { displayName, findOther } from "./observe";
import type { ItemInputs } from "./schema";

type Wanted = Partial<ItemInputs>;

/** Characters; what the API's own description gives as the most. Akamai may allow an account more. */
const documentedCharacters = 262_144;
/** Bytes; nothing of Akamai's promises more. */
const mostBytes = 1_048_576;

/** Why a value can't be written, or a word of caution. */
export function sizeTrouble(bytes: Uint8Array): { readonly tooLarge: string } | { readonly doubtful: string } | undefined {
  if (bytes.length > mostBytes) return { tooLarge: `has ${bytes.length} bytes: ${mostBytes} (1 MB) are the most that an item can hold` };
  if (bytes.length <= documentedCharacters) return undefined;
  const characters = Buffer.from(bytes).toString("utf8").length;
  if (characters <= documentedCharacters) return undefined;
  return {
    doubtful: `has ${characters} characters; Akamai documents ${documentedCharacters} as the most, so that \`up\` may be refused with 413`,
  };
}

// ---- known without asking anybody ----

export function itemRules({ known, unknown }: Draft<ItemInputs>, context: Context): CheckFailure[] {
  const said = (["value", "json"] as const).filter((field) => known[field] !== undefined || unknown.has(field));
  if (said.length === 0) return [{ property: "value", reason: "is required, or `json`: `value` is text, `json` anything else" }];
  if (said.length === 2) return [{ property: "json", reason: "can't be said together with `value`: an item holds one of the two" }];
  const [field = "value"] = said;
  const trouble = unknown.has(field) ? undefined : sizeTrouble(contentOf(known).bytes);
  if (trouble !== undefined && "tooLarge" in trouble) return [{ property: field, reason: trouble.tooLarge }];
  if (trouble !== undefined) context.logger.warn(`${displayName(known)} ${trouble.doubtful}.`);
  return declaredTwice(known, context);
}

function declaredTwice(known: Wanted, context: Context): CheckFailure[] {
  const place = wholePlace(known);
  if (place === undefined || known.owner === undefined) return [];
  const { key } = place;
  const conflict = declareKeys(context.runState, place, known.owner, { keys: [key], has: (other) => other === key, exclusive: false });
  return conflict === undefined ? [] : [{ property: "key", reason: conflictText(conflict) }];
}

export function conflictText({ owner, key }: Conflict): string {
  const other = `the resource ${nameInProgram(owner)} of this program`;
  return key === undefined
    ? `the group has items of ${other}, and one of the two wants it for itself (\`ownership: "exclusive"\`): give them a group each`
    : `${other} declares the item ${key} as well: an item belongs to one resource only`;
}

function wholePlace({ network, namespace, group, key }: Wanted): ItemRef | undefined {
  if (network === undefined || namespace === undefined || group === undefined || key === undefined) return undefined;
  return { network, namespace, group, key };
}

// ---- seen in the account ----

export const exists =
  "there is an item of this key already, it holds something else, and it is not this program's: say `overwrite: true` to replace what it holds, choose another key, or use Pulumi's `aliases` if the resource was only renamed or moved";

export async function preflightItem({ known, unknown, oldInputs }: Draft<ItemInputs>, context: Context): Promise<CheckFailure[]> {
  const place = wholePlace(known);
  const before = wholePlace(oldInputs);
  if (place !== undefined && before !== undefined && canonical(place) === canonical(before)) return [];
  const namespace = await namespaceTrouble(known, context);
  if (namespace !== undefined) return namespace === "planned" ? [] : [{ property: "namespace", reason: namespace }];
  if (place === undefined) return [];
  return occupied(place, known, unknown.has("value") || unknown.has("json"), context);
}

/** Items need their namespace: why they have none, `planned` when this run is going to make it, or undefined when it is there. */
export async function namespaceTrouble({ network, namespace }: Wanted, context: Context): Promise<string | "planned" | undefined> {
  if (network === undefined || namespace === undefined) return "planned";
  if (context.runState.planned.has(namespaceKey(network, namespace))) return "planned";
  const all = (await isInitialized(context)) ? await readNamespaces(context, network) : [];
  const live = all.find((one) => one.namespace === namespace);
  if (live === undefined) {
    const there = all.length === 0 ? "EdgeKV is not initialized" : `there are ${all.map((one) => one.namespace).join(", ")}`;
    return `there is no namespace ${namespace} on ${network} (${there}), and no resource before this one declares it: use the \`name\` output of the namespace, or \`dependsOn\``;
  }
  if (isScheduled(live) && !context.runState.owned.has(namespaceKey(network, namespace))) {
    context.logger.warn(
      `namespace ${namespace} on ${network} is scheduled for deletion: no item in it can be written until that is called back.`,
    );
  }
  return undefined;
}

/** Whether somebody else's item is in the place. */
async function occupied(place: ItemRef, known: Wanted, isUnknown: boolean, context: Context): Promise<CheckFailure[]> {
  const { logger } = context;
  const seen = await findItem(context.http, place).catch((error: unknown) => {
    // A namespace whose deletion is scheduled shows nothing; it may come back in this run.
    if (isNamespaceRefused(error)) return undefined;
    throw error;
  });
  if (seen === undefined) return [];
  const wanted = contentOf(known);
  if (!isUnknown && holds(seen, wanted)) {
    logger.info(`${displayName(place)} is there already and holds what is declared here: \`up\` goes on with it.`);
  } else if (known.overwrite === true) {
    logger.info(`${displayName(place)} is there already: \`up\` replaces what it holds.`);
  } else if (isUnknown) {
    logger.warn(`${displayName(place)} is there already: \`up\` fails unless it holds what is declared here, which is not known yet.`);
  } else if ((await findOther(place, wanted, context)) !== undefined) {
    return [{ property: "key", reason: exists }];
  }
  return [];
}
