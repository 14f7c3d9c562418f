import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import {
  type ItemGroupState,
  type itemGroupArgs,
  type itemGroupComputed,
  type itemGroupOutputs,
  itemGroupSchema,
} from "../../provider/resources/edgekv/itemGroup/schema";
import type { OptionalArgs, Outputs, RequiredArgs } from "../args";
import { resourceClass } from "../resource";
import { inNamespace, type NamespaceReference } from "./inNamespace";
import { type JsonInput, jsonText } from "./item";

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
      ...(items === undefined ? {} : { items: textsOf(items) }),
      ...(file === undefined ? {} : { file: located(file) }),
      ...(folder === undefined ? {} : { folder: located(folder) }),
    };
    super(name, resolved as ItemGroupArgs, placed.options);
  }
}

/** The provider runs in a process of its own, whose folder may be another. */
function located(path: pulumi.Input<string | undefined>): pulumi.Output<string | undefined> {
  return pulumi.output(path).apply((known) => (typeof known === "string" ? resolve(known) : known));
}

/** Texts as they are, anything else as the text of JSON, each by itself: one that is not known yet leaves the others known. */
function textsOf(items: pulumi.Input<Record<string, JsonInput>>): pulumi.Input<unknown> {
  if (pulumi.Output.isInstance(items) || items instanceof Promise) {
    return pulumi.output(items as pulumi.Input<object>).apply((known) => mapped(known, textOf));
  }
  return mapped(items, (value) => pulumi.output(value as object).apply(textOf));
}

/** What is no map goes on as it is: `check` names the property. */
function mapped(items: unknown, act: (value: unknown) => unknown): unknown {
  if (typeof items !== "object" || items === null || Array.isArray(items)) return items;
  return Object.fromEntries(
    Object.entries(items).map(([key, value]: [string, unknown]) => [key, act(value)]),
  );
}

function textOf(value: unknown): string | { json: string | undefined } | undefined {
  return value === undefined || typeof value === "string" ? value : { json: jsonText(value) };
}
