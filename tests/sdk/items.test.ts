import * as pulumi from "@pulumi/pulumi";
import * as edgekv from "../../sdk/edgekv";
import { jsonText } from "../../sdk/edgekv/item";
import { closure } from "../../sdk/resource";

const registered: { readonly type: string; readonly name: string; readonly inputs: Record<string, unknown> }[] = [];

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
    expect(await inputsOf(item, "hello")).toEqual({ ...place, value: "", owner: "shop/dev/hello", __provider: closure("edgekv:Item") });
  });

  test("takes any JSON: what Pulumi has no word for is in the text", async () => {
    expect(await jsonOf(null, "null")).toBe("null");
    expect(await jsonOf({ a: null, b: [null, pulumi.output(1)], c: undefined }, "deep")).toBe('{"a":null,"b":[null,1]}');
    expect(await jsonOf(pulumi.output({ text: "x" }), "output")).toBe('{"text":"x"}');
    expect(await jsonOf("42", "text")).toBe('"42"');
    expect(await jsonOf(false, "false")).toBe("false");
    expect(await jsonOf(undefined, "absent")).toBeUndefined();
  });

  test.each([
    [{ deep: { count: Number.NaN } }, "count is a number that JSON has no word for"],
    [10n, "the value is a bigint that JSON has no word for"],
    [() => 1, "the value is a function that JSON has no word for"],
  ])("holds nothing that JSON has no word for: %p", (value, message) => {
    expect(() => jsonText(value)).toThrow(message);
  });

  test("keeps a secret secret, deep inside as well", async () => {
    const item = new edgekv.Item("secret", { ...place, json: { password: pulumi.secret("x") } });
    expect(await pulumi.isSecret(item.json)).toBe(true);
  });
});
