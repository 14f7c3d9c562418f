import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as edgekv from "../../sdk/edgekv";
import { checkedJson } from "../../sdk/jsonInput";
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
    expect(await jsonOf({ a: null, b: [null, pulumi.output(1)], c: Promise.resolve("x") }, "deep")).toBe(
      '{"a":null,"b":[null,1],"c":"x"}',
    );
    expect(await jsonOf([1e21, 0.1, -0, 9007199254740991], "numbers")).toBe(
      "[1e+21,0.1,-0,9007199254740991]",
    );
    expect(await jsonOf(pulumi.output({ text: "x" }), "output")).toBe('{"text":"x"}');
    expect(await jsonOf("42", "text")).toBe('"42"');
    expect(await jsonOf(false, "false")).toBe("false");
    expect(await jsonOf(undefined, "absent")).toBeUndefined();
    // As in JSON.stringify.
    expect(await jsonOf({ a: undefined, c: 1 }, "member")).toBe('{"c":1}');
  });

  const loop: Record<string, unknown> = {};
  loop.self = { loop };
  class Money {
    readonly cents = 5;
  }
  test.each<[unknown, string]>([
    [{ deep: { count: Number.NaN } }, "`json.deep.count` is NaN, which JSON does not have"],
    [[1, Number.NEGATIVE_INFINITY], "`json.1` is -Infinity, which JSON does not have"],
    [10n, "`json` is a bigint, which JSON does not have: write its digits as text"],
    [{ f: () => 1 }, "`json.f` is a function, which JSON does not have"],
    [[Symbol("s")], "`json.0` is a symbol, which JSON does not have"],
    [{ [Symbol("s")]: 1 }, "`json` has a symbol as a name, which JSON does not have"],
    [{ a: [undefined] }, "`json.a.0` is undefined, which JSON does not have: leave it out, or set null"],
    [Array(2), "`json.0` is undefined, which JSON does not have: leave it out, or set null"],
    [{ when: new Date(0) }, "`json.when` is a Date, which JSON does not have: use its toISOString()"],
    [{ m: new Map([["a", 1]]) }, "`json.m` is a Map, which JSON does not have: use Object.fromEntries()"],
    [new Set([1]), "`json` is a Set, which JSON does not have: use Array.from()"],
    [{ u: new URL("https://example.com") }, "`json.u` is an URL, which JSON does not have: use its href"],
    [Buffer.from("x"), "`json` is a Buffer, which JSON does not have: use its toString()"],
    [
      { price: new Money() },
      "`json.price` is a Money, which JSON does not have: set a plain object, a list, a text or a number",
    ],
    [
      new Error("x"),
      "`json` is an Error, which JSON does not have: set a plain object, a list, a text or a number",
    ],
    [{ a: "\ud800" }, "`json.a` has half of a surrogate pair, which UTF-8 can't hold"],
    [{ "\udc00": 1 }, "`json.\ufffd` has half of a surrogate pair, which UTF-8 can't hold"],
    [loop, expect.stringMatching(/self\.loop.*` contains itself, or is nested too deep$/)],
  ])("holds nothing that JSON can't hold: case %#", async (value, message) => {
    const error = (act: () => unknown) => {
      try {
        act();
        return undefined;
      } catch (caught) {
        return (caught as Error).message.replace(/^edgekv\.Item "wrong": /, "");
      }
    };
    const at = { resource: 'edgekv.Item "wrong"', path: "json" };
    expect(error(() => new edgekv.Item("wrong", { ...place, json: value as never }))).toEqual(message);
    expect(error(() => checkedJson(value, at))).toEqual(message);
    // Pulumi would make `{}` of a map, wherever it comes from.
    await expect(checkedJson(Promise.resolve(value), at)).rejects.toMatchObject({
      message: expect.stringContaining('edgekv.Item "wrong": `json'),
    });
  });

  test("holds plain objects without a prototype", async () => {
    expect(await jsonOf(Object.assign(Object.create(null), { a: 1 }), "null prototype")).toBe('{"a":1}');
  });

  test("has no half of a surrogate pair in its text", () => {
    expect(() => new edgekv.Item("half", { ...place, value: "a\udfff" })).toThrow(
      'edgekv.Item "half": `value` has half of a surrogate pair, which UTF-8 can\'t hold',
    );
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

  test.each<[unknown, string]>([
    // Left out, the item would be deleted.
    [{ a: "x", b: undefined }, "`items.b` is undefined: remove the key to delete the item, or set null"],
    [new Map([["a", "x"]]), "`items` is a Map, which JSON does not have: use Object.fromEntries()"],
    [{ a: new Map() }, "`items.a` is a Map, which JSON does not have: use Object.fromEntries()"],
    [{ a: { b: [new Date(0)] } }, "`items.a.b.0` is a Date, which JSON does not have: use its toISOString()"],
    [{ a: "\ud83d" }, "`items.a` has half of a surrogate pair, which UTF-8 can't hold"],
    [{ a: Number.NaN }, "`items.a` is NaN, which JSON does not have"],
  ])("refuses what would get lost: case %#", (items, message) => {
    expect(() => new edgekv.ItemGroup("wrong", { ...group, items: items as never })).toThrow(
      `edgekv.ItemGroup "wrong": ${message}`,
    );
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
