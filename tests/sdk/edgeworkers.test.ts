import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as edgekv from "../../sdk/edgekv";
import * as edgeworkers from "../../sdk/edgeworkers";
import { asPlainSource } from "../../sdk/edgeworkers/version";
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
        return {
          id: `${name}-id`,
          state: { ...inputs, edgeWorkerId: 54_321, name: inputs.name ?? `${name}-made` },
        };
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
async function bundleOf(bundle: edgeworkers.VersionArgs["bundle"], name: string): Promise<unknown> {
  return (await inputsOf(new edgeworkers.Version(name, { edgeWorkerId: 1, bundle }), name)).bundle;
}

test("an EdgeWorker, its version and its activation, under their tokens, with what one gives to the other", async () => {
  const greeter = new edgeworkers.EdgeWorker("greeter", { groupId: 72297, resourceTierId: 200 });
  const reader = new edgekv.AccessToken("reader", {
    allowOnStaging: true,
    namespacePermissions: { catalog: ["r"] },
    restrictToEdgeWorkerIds: [greeter.edgeWorkerId],
  });
  const code = new edgeworkers.Version("code", {
    edgeWorkerId: greeter.edgeWorkerId,
    bundle: "./worker",
    version: "1.0",
    tokens: [reader, "other"],
  });
  const live = new edgeworkers.Activation("live", {
    edgeWorkerId: greeter.edgeWorkerId,
    network: "staging",
    version: code.version,
  });
  expect(await inputsOf(greeter, "greeter")).toEqual({
    groupId: 72297,
    resourceTierId: 200,
    owner: "shop/dev/greeter",
    __provider: closure("edgeworkers:EdgeWorker"),
  });
  expect(await inputsOf(reader, "reader")).toMatchObject({ restrictToEdgeWorkerIds: [54_321] });
  expect(await inputsOf(code, "code")).toMatchObject({
    edgeWorkerId: 54_321,
    bundle: resolve("worker"),
    tokens: ["reader-made", "other"],
  });
  expect(await inputsOf(live, "live")).toMatchObject({
    edgeWorkerId: 54_321,
    version: "1.0",
    __provider: closure("edgeworkers:Activation"),
  });
  expect(registered.map(({ type }) => type)).toContain("pulumi-nodejs:dynamic/edgeworkers:Version");
  expect(code).toBeInstanceOf(edgeworkers.Version);
});

describe("a bundle goes to the provider as plain data, with whole paths", () => {
  const { asset } = pulumi;
  test.each<[string, edgeworkers.VersionArgs["bundle"], unknown]>([
    ["folder", "worker", resolve("worker")],
    ["output", pulumi.output("./worker.tgz"), resolve("worker.tgz")],
    ["archive", new asset.FileArchive("./worker"), resolve("worker")],
    [
      "archive-of-assets",
      new asset.AssetArchive({
        "main.js": new asset.StringAsset("main"),
        "x.js": new asset.FileAsset("./x.js"),
        lib: new asset.FileArchive("lib"),
        inner: new asset.AssetArchive({
          "a.js": new asset.StringAsset("a"),
          deep: new asset.AssetArchive({ "b.js": new asset.FileAsset("/b.js") }),
        }),
      }),
      {
        "main.js": "main",
        "x.js": { file: resolve("x.js") },
        lib: { archive: resolve("lib") },
        "inner/a.js": "a",
        "inner/deep/b.js": { file: "/b.js" },
      },
    ],
    [
      "map",
      {
        "main.js": pulumi.output("main"),
        "x.js": new asset.FileAsset("x.js"),
        "y.js": pulumi.output(new asset.StringAsset("y")),
      },
      { "main.js": "main", "x.js": { file: resolve("x.js") }, "y.js": "y" },
    ],
  ])("%s", async (name, bundle, expected) => {
    expect(await bundleOf(bundle, name)).toEqual(expected);
  });

  test("what it can't be is left for the provider to refuse", () => {
    const remote = { __pulumiArchive: true, uri: "https://x" };
    expect(asPlainSource(remote)).toBe(remote);
    expect(asPlainSource({ a: 5 })).toEqual({ a: 5 });
    expect(asPlainSource(7)).toBe(7);
  });
});

test("each lookup has a form for outputs", () => {
  const functions = Object.keys(edgeworkers).filter((name) => name.startsWith("get"));
  const plain = functions.filter((name) => !name.endsWith("Output"));
  expect(plain.sort()).toEqual([
    "getActivations",
    "getContracts",
    "getEdgeWorker",
    "getEdgeWorkers",
    "getGroups",
    "getLimits",
    "getPropertiesUsing",
    "getResourceTiers",
    "getVersions",
  ]);
  expect(functions.filter((name) => name.endsWith("Output")).sort()).toEqual(
    plain.map((name) => `${name}Output`).sort(),
  );
});

test.each([undefined, null])("a file of a bundle that is %s is refused: Pulumi would drop it", (entry) => {
  expect(() => asPlainSource({ "main.js": "", "lib.js": entry }, 'edgeworkers.Version "v"')).toThrow(
    'edgeworkers.Version "v": `bundle` has no content for lib.js: set it, or remove the name',
  );
});

test.each<[unknown, string]>([
  [
    { "main.js": Buffer.from("") },
    "`bundle.main.js` is a Buffer, which Pulumi can't pass on: use its toString()",
  ],
  [new Map([["main.js", ""]]), "`bundle` is a Map, which Pulumi can't pass on: use Object.fromEntries()"],
  [{ "main.js": () => "" }, "`bundle.main.js` is a function: call it, and set its result"],
])("a bundle of what Pulumi can't pass on is refused: case %#", (bundle, problem) => {
  expect(() => new edgeworkers.Version("v", { edgeWorkerId: 1, bundle: bundle as never })).toThrow(
    `edgeworkers.Version "v": ${problem}`,
  );
});
