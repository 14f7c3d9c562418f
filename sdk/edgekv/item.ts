import type * as pulumi from "@pulumi/pulumi";
import {
  type ItemState,
  type itemArgs,
  type itemOutputs,
  itemSchema,
} from "../../provider/resources/edgekv/item/schema";
import type { JsonInput, OptionalArgs, Outputs, RequiredArgs } from "../args";
import { checkedText, jsonOf } from "../jsonInput";
import { resourceClass } from "../resource";
import { inNamespace, type NamespaceReference } from "./inNamespace";
import { warnOfSecrets } from "./secretValues";

export type { JsonInput };

/** What a program sets of an `Item`. */
export interface ItemArgs
  extends Omit<RequiredArgs<typeof itemArgs>, keyof NamespaceReference>,
    Omit<OptionalArgs<typeof itemArgs>, "json">,
    NamespaceReference {
  /** What the item holds, as any JSON value, `null` too. */
  json?: JsonInput | undefined;
}

/** What other resources may use of an `Item`. */
export interface ItemOutputs
  extends Outputs<typeof itemArgs, ItemState>,
    Outputs<typeof itemOutputs, ItemState> {}

const Base = resourceClass<ItemArgs, ItemOutputs>(itemSchema);

/**
 * An item of EdgeKV: a key in a group of a namespace, and the text or JSON that it holds. An item that is there and is not this program's is left alone, unless
 * the program sets `overwrite: true`. For more than some dozens of items there is `ItemGroup`.
 *
 * @example
 * new edgekv.Item("limits", {
 *   network: "staging",
 *   namespace: catalog.name,
 *   group: "settings",
 *   key: "limits",
 *   json: { perMinute: 60, burst: null },
 * });
 */
export class Item extends Base {
  constructor(name: string, args: ItemArgs, options: pulumi.CustomResourceOptions = {}) {
    // A program without types may leave the arguments out: `check` then names what is required.
    const { json, value, ...rest } = args ?? {};
    const resource = `edgekv.Item "${name}"`;
    const placed = inNamespace(`Item ${name}`, rest, options);
    // As text: Pulumi drops a member that is null.
    super(
      name,
      {
        ...placed.args,
        ...(value === undefined ? {} : { value: checkedText(value, { resource, path: "value" }) }),
        ...(json === undefined ? {} : { json: jsonOf(json, { resource, path: "json" }) }),
      } as ItemArgs,
      placed.options,
    );
    warnOfSecrets(resource, [value, json]);
  }
}
