import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as edgekv from "../../sdk/edgekv";
import { jsonText } from "../../sdk/edgekv/item";
import { closure } from "../../sdk/resource";

const registered: {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}[] = [];

beforeAll(() =>
  pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, name, inputs });
        return { id: `${name}-id`, state: inputs };
      },
      call: ({ inputs }) => inputs,
    },
    "shop",
    "dev",
    false,
  ),
);

const known = <T>(output: pulumi.Output<T>): Promise<T> => new Promise((done) => output.apply(done));
async function inputsOf(resource: pulumi.CustomResource, name: string): Promise<Record<string, unknown>> {
  await known(resource.urn);
  return registered.find((one) => one.name === name)?.inputs ?? {};
}
const place = { network: "staging", namespace: "catalog", group: "countries", key: "DE" } as const;
async function jsonOf(json: edgekv.ItemArgs["json"], name: string): Promise<unknown> {
  return (await inputsOf(new edgekv.Item(name, { ...place, json }), name)).json;
}

describe("an item", () => {
  test("is registered under its token, with its text as it is", async () => {
    const item = new edgekv.Item("hello", { ...place, key: pulumi.output("DE"), value: "" });
    expect(await inputsOf(item, "hello")).toEqual({
      ...place,
      value: "",
      owner: "shop/dev/hello",
      __provider: closure("edgekv:Item"),
    });
  });

  test("takes any JSON: what Pulumi would drop is in the text", async () => {
    expect(await jsonOf(null, "null")).toBe("null");
    expect(await jsonOf({ a: null, b: [null, pulumi.output(1)], c: undefined }, "deep")).toBe(
      '{"a":null,"b":[null,1]}',
    );
    expect(await jsonOf(pulumi.output({ text: "x" }), "output")).toBe('{"text":"x"}');
    expect(await jsonOf("42", "text")).toBe('"42"');
    expect(await jsonOf(false, "false")).toBe("false");
    expect(await jsonOf(undefined, "absent")).toBeUndefined();
  });

  test.each([
    [{ deep: { count: Number.NaN } }, "count is a number that JSON can't hold"],
    [10n, "the value is a bigint that JSON can't hold"],
    [() => 1, "the value is a function that JSON can't hold"],
  ])("holds nothing that JSON can't hold: %p", (value, message) => {
    expect(() => jsonText(value)).toThrow(message);
  });

  test("keeps a secret secret, deep inside as well", async () => {
    const item = new edgekv.Item("secret", { ...place, json: { password: pulumi.secret("x") } });
    expect(await pulumi.isSecret(item.json)).toBe(true);
  });
});

describe("a group of items", () => {
  const group = { network: "staging", namespace: "catalog", group: "countries" } as const;

  test("has texts as they are and anything else as the text of JSON, each by itself", async () => {
    const items = {
      a: "x",
      b: { n: null, o: pulumi.output(1) },
      c: null,
      d: pulumi.output("y"),
      e: pulumi.output([1]),
      f: undefined as never,
    };
    const made = new edgekv.ItemGroup("map", { ...group, items });
    expect(await inputsOf(made, "map")).toEqual({
      ...group,
      items: { a: "x", b: { json: '{"n":null,"o":1}' }, c: { json: "null" }, d: "y", e: { json: "[1]" } },
      owner: "shop/dev/map",
      __provider: closure("edgekv:ItemGroup"),
    });
    const whole = new edgekv.ItemGroup("whole", {
      ...group,
      items: pulumi.output({ a: "x", b: 1 as const }),
    });
    expect(await inputsOf(whole, "whole")).toMatchObject({ items: { a: "x", b: { json: "1" } } });
  });

  test("has paths written out: the provider may run in another folder", async () => {
    const file = new edgekv.ItemGroup("file", { ...group, file: pulumi.output("items.csv") });
    expect(await inputsOf(file, "file")).toMatchObject({ file: resolve("items.csv") });
    const folder = new edgekv.ItemGroup("folder", { ...group, folder: "./items" });
    expect(await inputsOf(folder, "folder")).toMatchObject({ folder: resolve("items") });
  });

  test("keeps a secret among its items secret", async () => {
    const made = new edgekv.ItemGroup("secrets", { ...group, items: { a: pulumi.secret("x"), b: "y" } });
    expect(await pulumi.isSecret(made.items)).toBe(true);
  });

  test("has code with which a worker finds its shards", () => {
    expect(edgekv.shardsModule).toContain("export function shardGroup(group, key, shards = 1)");
    expect(edgekv.shardGroup("g", "a", 16)).toBe(`g-${edgekv.shardOf("a", 16)}`);
  });
});
