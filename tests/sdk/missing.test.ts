import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { registry } from "../../provider/registry";
import * as sdk from "../../sdk";

const { edgekv, edgeworkers } = sdk;
const registered = new Map<string, Record<string, unknown>>();

beforeAll(() =>
  pulumi.runtime.setMocks(
    {
      newResource: ({ name, inputs }) => {
        registered.set(name, inputs);
        return { id: `${name}-id`, state: inputs };
      },
      call: ({ inputs }) => inputs,
    },
    "shop",
    "dev",
    false,
  ),
);

type Make = new (name: string, args: never) => pulumi.CustomResource;

/** The fields that reach the provider, from a program without types. */
async function inputsSent(make: Make, name: string, args: unknown): Promise<Record<string, unknown>> {
  const resource = new make(name, args as never);
  await new Promise((done) => resource.urn.apply(done));
  const { owner, __provider, ...fields } = registered.get(name) ?? {};
  expect([owner, typeof __provider]).toEqual([`shop/dev/${name}`, "string"]);
  return fields;
}

/** Every class of the package, from the registry. */
const classes = [...registry.keys()].map((token): [string, Make] => {
  const [product = "", title = ""] = token.split(":");
  const found = new Map<string, unknown>(
    Object.entries(new Map<string, object>(Object.entries(sdk)).get(product) ?? {}),
  ).get(title);
  if (typeof found !== "function") throw new Error(`the package exports no class ${product}.${title}`);
  return [token.replace(":", " "), found as Make];
});

describe.each(classes)("%s", (kind, make) => {
  test.each([undefined, null, {}])("without arguments (%p) is for the provider to refuse", async (args) => {
    expect(await inputsSent(make, `${kind}-${args}`, args)).toEqual({});
  });
});

const absent = () => pulumi.output(undefined);
test.each<[string, Make, Record<string, unknown>, unknown]>([
  ["items", edgekv.ItemGroup, { items: null }, {}],
  ["items as output", edgekv.ItemGroup, { items: absent() }, {}],
  ["file", edgekv.ItemGroup, { file: null, folder: absent() }, {}],
  ["json", edgekv.Item, { json: absent() }, {}],
  ["bundle", edgeworkers.Version, { bundle: null }, {}],
  ["bundle as output", edgeworkers.Version, { bundle: absent() }, {}],
  ["tokens", edgeworkers.Version, { tokens: null }, {}],
  ["tokens as output", edgeworkers.Version, { tokens: absent() }, {}],
])("a value that is unset goes on as absent: %s", async (name, make, args, expected) => {
  const fields = await inputsSent(make, `unset ${name}`, args);
  // Pulumi sends null for some of them: it means the same.
  expect(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))).toEqual(expected);
});

test.each<[string, Make, Record<string, unknown>, unknown]>([
  ["items", edgekv.ItemGroup, { items: "a,b" }, { items: "a,b" }],
  ["a list of items", edgekv.ItemGroup, { items: ["a"] }, { items: ["a"] }],
  ["file", edgekv.ItemGroup, { file: 1 }, { file: 1 }],
  [
    "tokens",
    edgeworkers.Version,
    { bundle: "worker", tokens: "reader" },
    { bundle: resolve("worker"), tokens: "reader" },
  ],
])(
  "a value of a wrong type goes on as it is, for the provider to refuse: %s",
  async (name, make, args, expected) => {
    expect(await inputsSent(make, `wrong ${name}`, args)).toEqual(expected);
  },
);
