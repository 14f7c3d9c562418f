/** The schema of the native plugin: what the contracts say, with a description of everything, and without what would break a program. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { settingKeys } from "../../provider/config";
import { lookups } from "../../provider/functions/registry";
import { registry } from "../../provider/registry";
import { root } from "../../scripts/root";
import { type PackageSpec, schemaOf } from "../../scripts/schema";
import { breakingChanges } from "../../scripts/schema/compatibility";

const schema = schemaOf((path) => readFileSync(join(root, path), "utf8"));

test("it has each resource with all its fields, and each setting", () => {
  expect(Object.keys(schema.resources)).toEqual([...registry.keys()].map((token) => `akamai-edge:${token}`));
  for (const [token, { args, computed, outputs }] of registry) {
    const spec = schema.resources[`akamai-edge:${token}`];
    expect(Object.keys(spec?.inputProperties ?? {})).toEqual(Object.keys(args.shape));
    const all = [...new Set([args, computed, outputs].flatMap(({ shape }) => Object.keys(shape)))];
    expect(Object.keys(spec?.properties ?? {})).toEqual(all.filter((field) => field !== "owner"));
  }
  expect(Object.keys(schema.provider.inputProperties).sort()).toEqual([...settingKeys].sort());
});

test("everything in it has a description, and nothing a default", () => {
  const described = [
    ...Object.entries(schema.resources).flatMap(([name, { properties, inputProperties }]) => [
      [name, properties] as const,
      [name, inputProperties] as const,
    ]),
    ...Object.entries(schema.types).map(([name, { properties }]) => [name, properties] as const),
    ["the provider", schema.provider.inputProperties] as const,
    ...Object.entries(schema.functions).flatMap(([name, { inputs, outputs }]) => [
      [name, inputs.properties] as const,
      [name, outputs.properties] as const,
    ]),
  ];
  const undescribed = described.flatMap(([name, properties]) =>
    Object.keys(properties)
      .filter((field) => properties[field]?.description === "")
      .map((field) => `${name}.${field}`),
  );
  expect(undescribed).toEqual([]);
  expect(Object.values(schema.resources).filter(({ description }) => description === "")).toEqual([]);
  expect(Object.values(schema.functions).filter(({ description }) => description === "")).toEqual([]);
  expect(JSON.stringify(schema)).not.toContain('"default":');
});

test("every type that it names is in it", () => {
  const named = [...JSON.stringify(schema).matchAll(/"#\/types\/([^"]+)"/g)].map(([, name]) => name);
  expect(named.filter((name) => !Object.hasOwn(schema.types, String(name)))).toEqual([]);
});

test("it has each lookup as a function, with its arguments and its result", () => {
  expect(Object.keys(schema.functions)).toEqual([...lookups.keys()].map((token) => `akamai-edge:${token}`));
  const { inputs, outputs } = schema.functions["akamai-edge:edgekv:getNamespace"] ?? {};
  expect(inputs?.required).toEqual(["network", "name"]);
  expect(outputs?.properties.groupId).toMatchObject({ type: "integer" });
  expect(outputs?.required).not.toContain("retentionInSeconds");
  // One of several choices: none of the arguments is required by itself.
  const which = schema.functions["akamai-edge:edgeworkers:getEdgeWorker"]?.inputs;
  expect([Object.keys(which?.properties ?? {}), which?.required]).toEqual([
    ["edgeWorkerId", "name", "groupId"],
    [],
  ]);
  // A list is a member: Pulumi's protocol has objects only.
  expect(schema.functions["akamai-edge:edgekv:getNamespaces"]?.outputs).toMatchObject({
    properties: {
      namespaces: { type: "array", items: { $ref: "#/types/akamai-edge:edgekv:NamespaceResult" } },
    },
    required: ["namespaces"],
  });
  const token = schema.functions["akamai-edge:edgekv:getAccessToken"]?.outputs.properties;
  expect([token?.reference?.secret, token?.value?.secret, token?.name?.secret]).toEqual([
    true,
    true,
    undefined,
  ]);
});

test("a field that takes any JSON value has that type", () => {
  const any = { $ref: "pulumi.json#/Any" };
  expect(schema.resources["akamai-edge:edgekv:Item"]?.inputProperties.json).toMatchObject(any);
  const { items } = schema.resources["akamai-edge:edgekv:ItemGroup"]?.inputProperties ?? {};
  expect(items).toMatchObject({ type: "object", additionalProperties: any });
});

test("types, secrets, replacements and what is required are those of the contracts", () => {
  const namespace = schema.resources["akamai-edge:edgekv:Namespace"];
  expect(namespace?.requiredInputs).toEqual(["network", "groupId", "retentionInSeconds"]);
  expect(namespace?.inputProperties.network).toMatchObject({ type: "string", willReplaceOnChanges: true });
  expect(namespace?.inputProperties.groupId).toMatchObject({ type: "integer" });
  expect(namespace?.required).toContain("namespaceStatus");
  const deletion = "akamai-edge:edgekv:NamespaceDeletion";
  expect(namespace?.inputProperties.deletion).toMatchObject({ $ref: `#/types/${deletion}` });
  expect(schema.types[deletion]).toMatchObject({
    required: [],
    properties: { mode: { type: "string" }, afterSeconds: { type: "integer" } },
  });
  const token = schema.resources["akamai-edge:edgekv:AccessToken"];
  expect(token?.properties.reference).toMatchObject({ type: "string", secret: true });
  expect(token?.inputProperties.namespacePermissions).toMatchObject({
    additionalProperties: { type: "array", items: { type: "string" } },
  });
  expect(token?.inputProperties.expiry).toMatchObject({
    oneOf: [{ type: "string" }, { $ref: "#/types/akamai-edge:edgekv:AccessTokenExpiry" }],
  });
  expect(token?.inputProperties.replaceTriggers).toMatchObject({ $ref: "pulumi.json#/Any" });
  expect(schema.resources["akamai-edge:edgeworkers:Version"]?.inputProperties.bundle).toMatchObject({
    oneOf: [{ type: "string" }, { $ref: "pulumi.json#/Archive" }],
  });
});

test("ids and versions are integers", () => {
  const numbers = Object.entries(schema.resources).flatMap(([name, { properties }]) =>
    Object.entries(properties)
      .filter(([, { type }]) => type === "number")
      .map(([field]) => `${name}.${field}`),
  );
  expect(numbers).toEqual([]);
});

const released = "akamai-edge:edgekv:Namespace";
const look = "akamai-edge:edgekv:getNamespace";
const inputs = ["resources", released, "inputProperties"];
const deletion = ["types", "akamai-edge:edgekv:NamespaceDeletion", "properties"];
const { required = [], requiredInputs = [] } = schema.resources[released] ?? {};

test.each<[what: string, path: readonly string[], value: unknown, expected: string[]]>([
  ["a new optional input", [...inputs, "more"], { type: "string", description: "" }, []],
  ["another description", [...inputs, "groupId", "description"], "x", []],
  ["one more choice", [...inputs, "groupId"], { oneOf: [{ type: "integer" }, { type: "string" }] }, []],
  ["anything now", [...inputs, "groupId"], { $ref: "pulumi.json#/Any" }, []],
  ["a resource that is gone", ["resources", released], undefined, [`the resource ${released} is gone`]],
  ["an input that is gone", [...inputs, "adopt"], undefined, [`${released}, input: adopt is gone`]],
  [
    "an input that is required now",
    ["resources", released, "requiredInputs"],
    [...requiredInputs, "geoLocation"],
    [`${released}: geoLocation is required now`],
  ],
  [
    "another type",
    [...inputs, "groupId", "type"],
    "string",
    [`${released}, input: the type of groupId is another one`],
  ],
  [
    "an output that is gone",
    ["resources", released, "properties", "policy"],
    undefined,
    [`${released}, output: policy is gone`],
  ],
  [
    "an output that may be absent",
    ["resources", released, "required"],
    required.filter((field) => field !== "namespaceStatus"),
    [`${released}: the output namespaceStatus may be absent now`],
  ],
  [
    "a member of a type that is gone",
    [...deletion, "mode"],
    undefined,
    ["akamai-edge:edgekv:NamespaceDeletion: mode is gone"],
  ],
  ["a function that is gone", ["functions", look], undefined, [`the function ${look} is gone`]],
  [
    "an argument that is required now",
    ["functions", look, "inputs", "required"],
    ["network", "name", "more"],
    [`${look}: more is required now`],
  ],
  [
    "a member of a result that is gone",
    ["functions", look, "outputs", "properties", "groupId"],
    undefined,
    [`${look}, result: groupId is gone`],
  ],
  [
    "a setting that is gone",
    ["provider", "inputProperties", "host"],
    undefined,
    ["the provider: host is gone"],
  ],
])("against a released schema: %s", (_what, path, value, expected) => {
  const now = structuredClone(schema);
  const place = path.slice(0, -1).reduce<object>((at, name) => Reflect.get(at, name) as object, now);
  const last = String(path.at(-1));
  if (value === undefined) Reflect.deleteProperty(place, last);
  else Reflect.set(place, last, value);
  expect(breakingChanges(schema, now)).toEqual(expected);
});

const folder = join(__dirname, "schemas");
test.each(readdirSync(folder))("nothing breaks a program for %s", (file) => {
  expect(
    breakingChanges(JSON.parse(readFileSync(join(folder, file), "utf8")) as PackageSpec, schema),
  ).toEqual([]);
});
