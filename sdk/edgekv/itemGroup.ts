import * as pulumi from "@pulumi/pulumi";
import {
  type ItemGroupState,
  type itemGroupArgs,
  type itemGroupComputed,
  type itemGroupOutputs,
  itemGroupSchema,
} from "../../provider/resources/edgekv/itemGroup/schema";
import type { OptionalArgs, Outputs, RequiredArgs } from "../args";
import {
  checkedJson,
  checkedText,
  inner,
  isDeferred,
  jsonText,
  membersOf,
  type Position,
  problem,
  whenKnown,
} from "../jsonInput";
import { located } from "../located";
import { resourceClass } from "../resource";
import { inNamespace, type NamespaceReference } from "./inNamespace";
import type { JsonInput } from "./item";
import { warnOfSecrets } from "./secretValues";

/** What a program sets of an `ItemGroup`. */
export interface ItemGroupArgs
  extends Omit<RequiredArgs<typeof itemGroupArgs>, keyof NamespaceReference>,
    Omit<OptionalArgs<typeof itemGroupArgs>, "items">,
    NamespaceReference {
  /** The items as a map: a string is stored as text, anything else as JSON, `null` too. */
  items?: pulumi.Input<Record<string, JsonInput>> | undefined;
}

/** What other resources may use of an `ItemGroup`. */
export interface ItemGroupOutputs
  extends Outputs<typeof itemGroupArgs, ItemGroupState>,
    Outputs<typeof itemGroupComputed, ItemGroupState>,
    Outputs<typeof itemGroupOutputs, ItemGroupState> {}

const Base = resourceClass<ItemGroupArgs, ItemGroupOutputs>(itemGroupSchema);

/**
 * Many items of EdgeKV, from a map, a file or a folder: a hundred thousand will do. Only what changed is written, as fast as the service takes it, and the state
 * knows the items of a file by hashes. Others in the group are left alone, unless `ownership` is `exclusive`.
 *
 * @example
 * new edgekv.ItemGroup("redirects", {
 *   network: "production",
 *   namespace: shop.name,
 *   group: "redirects",
 *   file: "./redirects.csv",
 *   columns: { key: "from", value: "to" },
 * });
 */
export class ItemGroup extends Base {
  constructor(name: string, args: ItemGroupArgs, options: pulumi.CustomResourceOptions = {}) {
    // A program without types may leave the arguments out: `check` then names what is required.
    const { items, file, folder, ...rest } = args ?? {};
    const placed = inNamespace(`ItemGroup ${name}`, rest, options);
    const resolved = {
      ...placed.args,
      ...(items === undefined
        ? {}
        : { items: textsOf(items, { resource: `edgekv.ItemGroup "${name}"`, path: "items" }) }),
      ...(file === undefined ? {} : { file: located(file) }),
      ...(folder === undefined ? {} : { folder: located(folder) }),
    };
    super(name, resolved as ItemGroupArgs, placed.options);
    warnOfSecrets(`edgekv.ItemGroup "${name}"`, [items]);
  }
}

/**
 * Texts as they are, anything else as the text of JSON, each by itself: one that is not known yet leaves the
 * others known.
 */
function textsOf(items: unknown, at: Position): unknown {
  if (isDeferred(items)) return pulumi.output(whenKnown(items, (known) => textsOf(known, at)));
  const members = membersOf(items, at);
  // What is no map goes on as it is: `check` names the property.
  if (members === undefined) return items;
  return Object.fromEntries(members.map(([key, value]) => [key, textOf(value, inner(at, key))]));
}

/** An item without a value is refused: left out, it would be deleted. */
function textOf(value: unknown, at: Position): unknown {
  if (isDeferred(value)) return pulumi.output(whenKnown(value, (known) => textOf(known, at)));
  if (typeof value === "string") return checkedText(value, at);
  if (value === undefined) throw problem(at, "is undefined: remove the key to delete the item, or set null");
  return pulumi.output(checkedJson(value, at) as object).apply((known) => ({ json: jsonText(known) }));
}
