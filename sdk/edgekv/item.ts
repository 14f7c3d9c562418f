import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { type ItemState, type itemArgs, itemSchema } from "../../provider/resources/edgekv/item/schema";
import { checkedText, jsonOf } from "../jsonInput";
import { type Args, resourceClass } from "../resource";

type Contract = z.input<typeof itemArgs>;

/** Any JSON value, of which every part may come from another resource. */
export type JsonInput = pulumi.Input<
  string | number | boolean | null | readonly JsonInput[] | { readonly [name: string]: JsonInput | undefined }
>;

export type ItemArgs = Omit<Args<Contract>, "json"> & {
  /** What the item holds, as any JSON value, `null` too. */
  json?: JsonInput | undefined;
};

const Base = resourceClass<Contract, ItemState>(itemSchema);

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
  constructor(name: string, args: ItemArgs, options?: pulumi.CustomResourceOptions) {
    // A program without types may leave the arguments out: `check` then names what is required.
    const { json, value, ...rest } = args ?? {};
    const resource = `edgekv.Item "${name}"`;
    // As text: Pulumi drops a member that is null.
    super(
      name,
      {
        ...rest,
        ...(value === undefined ? {} : { value: checkedText(value, { resource, path: "value" }) }),
        ...(json === undefined ? {} : { json: jsonOf(json, { resource, path: "json" }) }),
      } as Args<Contract>,
      options,
    );
  }
}
