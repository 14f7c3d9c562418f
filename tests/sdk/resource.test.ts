import { createRequire } from "node:module";
import { runInNewContext } from "node:vm";
import * as pulumi from "@pulumi/pulumi";
import { handler } from "../../provider/dynamic";
import { inputFields, secretFields } from "../../provider/framework/resource";
import { registry } from "../../provider/registry";
import { edgekv } from "../../sdk";
import { closure, resourceClass } from "../../sdk/resource";

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}
const registered: Registered[] = [];
/** What the engine is asked to keep secret, by resource; the mocks do not show it. */
const secrets = new Map<string, string[]>();

beforeAll(async () => {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, name, inputs });
        return { id: `${name}-id`, state: { ...inputs, reference: "the-uuid", expiresOn: "9999-12-31" } };
      },
      call: ({ inputs }) => inputs,
    },
    "shop",
    "dev",
    false,
  );
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource: (
      request: { getName(): string; getAdditionalsecretoutputsList(): string[] },
      ...rest: unknown[]
    ) => unknown;
  };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, ...rest) => {
    secrets.set(request.getName(), request.getAdditionalsecretoutputsList());
    return register(request, ...rest);
  };
});

function known<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}
function inputsOf(name: string): Record<string, unknown> {
  const found = registered.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no resource ${name} was registered`);
  return found.inputs;
}
async function settled(resource: pulumi.CustomResource): Promise<void> {
  await known(resource.urn);
}

test("the text that stands in every state file is this, to the byte, for every resource", () => {
  // States out there hold these texts: what is new is added below, and nothing that is there may ever change.
  expect(new Map([...registry.keys()].map((token) => [token, closure(token)]))).toMatchInlineSnapshot(`
Map {
  "edgekv:Database" => "exports.handler = () => require("pulumi-akamai-edge/dynamic").handler("edgekv:Database");
",
  "edgekv:Namespace" => "exports.handler = () => require("pulumi-akamai-edge/dynamic").handler("edgekv:Namespace");
",
  "edgekv:AccessToken" => "exports.handler = () => require("pulumi-akamai-edge/dynamic").handler("edgekv:AccessToken");
",
  "edgekv:Item" => "exports.handler = () => require("pulumi-akamai-edge/dynamic").handler("edgekv:Item");
",
  "edgekv:ItemGroup" => "exports.handler = () => require("pulumi-akamai-edge/dynamic").handler("edgekv:ItemGroup");
",
  "edgeworkers:EdgeWorker" => "exports.handler = () => require("pulumi-akamai-edge/dynamic").handler("edgeworkers:EdgeWorker");
",
  "edgeworkers:Version" => "exports.handler = () => require("pulumi-akamai-edge/dynamic").handler("edgeworkers:Version");
",
  "edgeworkers:Activation" => "exports.handler = () => require("pulumi-akamai-edge/dynamic").handler("edgeworkers:Activation");
",
  "property:EdgeWorkerRules" => "exports.handler = () => require("pulumi-akamai-edge/dynamic").handler("property:EdgeWorkerRules");
",
  "property:Activation" => "exports.handler = () => require("pulumi-akamai-edge/dynamic").handler("property:Activation");
",
}
`);
});

test.each([...registry.keys()])(
  "the text for %s is the handler, once it is loaded as the engine loads it, and captures nothing",
  (token) => {
    const asked: string[] = [];
    const exports: { handler?: () => unknown } = {};
    const require = (name: string) => {
      asked.push(name);
      return { handler };
    };
    runInNewContext(closure(token), { exports, require });
    expect(asked).toEqual([]);
    const loaded = exports.handler?.() as ReturnType<typeof handler>;
    expect(asked).toEqual(["pulumi-akamai-edge/dynamic"]);
    expect(Object.keys(loaded).sort()).toEqual([
      "check",
      "configure",
      "create",
      "delete",
      "diff",
      "read",
      "update",
    ]);
  },
);

test("the path in that text is one that the package exports", () => {
  const { exports } = createRequire(__filename)("../../package.json") as { exports: Record<string, unknown> };
  expect(exports).toHaveProperty(["./dynamic"]);
});

describe("a resource", () => {
  test("is registered under its token, with its owner and the text", async () => {
    await settled(
      new edgekv.Namespace("catalog", { network: "staging", groupId: 0, retentionInSeconds: 86_400 }),
    );
    expect(registered.at(-1)).toMatchObject({
      type: "pulumi-nodejs:dynamic/edgekv:Namespace",
      name: "catalog",
    });
    expect(inputsOf("catalog")).toEqual({
      network: "staging",
      groupId: 0,
      retentionInSeconds: 86_400,
      owner: "shop/dev/catalog",
      __provider: closure("edgekv:Namespace"),
    });
  });

  test.each([
    ["Database", () => new edgekv.Database("all-of-it", {}), "all-of-it"],
    [
      "AccessToken",
      () => new edgekv.AccessToken("a token", { allowOnStaging: true, namespacePermissions: { a: ["r"] } }),
      "a token",
    ],
  ] as const)("%s too", async (kind, make, name) => {
    await settled(make());
    expect(registered.find((one) => one.name === name)?.type).toBe(`pulumi-nodejs:dynamic/edgekv:${kind}`);
    expect(inputsOf(name)).toMatchObject({
      owner: `shop/dev/${name}`,
      __provider: closure(`edgekv:${kind}`),
    });
  });

  test("does not let the program set its owner, or what runs it", async () => {
    const args = {
      network: "staging",
      groupId: 0,
      retentionInSeconds: 0,
      owner: "somebody/else/x",
      __provider: "evil",
    } as const;
    await settled(new edgekv.Namespace("mine", args as never));
    expect(inputsOf("mine")).toMatchObject({
      owner: "shop/dev/mine",
      __provider: closure("edgekv:Namespace"),
    });
  });

  test.each([...registry])(
    "%s has all its inputs and outputs as properties, known or not, but not its owner",
    async (token, contract) => {
      const fields = [...inputFields(contract), ...Object.keys(contract.outputs.shape)];
      const created = new (resourceClass(contract))(`fields of ${token}`, {}) as unknown as Record<
        string,
        unknown
      >;
      expect(fields.filter((field) => !pulumi.Output.isInstance(created[field]))).toEqual([]);
    },
  );

  test("has the values of its outputs", async () => {
    const token = new edgekv.AccessToken("reader", {
      allowOnStaging: true,
      namespacePermissions: { catalog: ["r"] },
    });
    expect(await known(token.reference)).toBe("the-uuid");
    expect(await known(token.expiresOn)).toBe("9999-12-31");
    expect(await known(token.value)).toBeUndefined();
  });

  test("takes inputs from others at any depth", async () => {
    const args = {
      allowOnStaging: pulumi.output(true),
      namespacePermissions: pulumi.output("catalog").apply((name) => ({ [name]: ["r" as const] })),
      deletion: { mode: pulumi.output("retain" as const) },
    };
    await settled(new edgekv.AccessToken("deep", args));
    expect(inputsOf("deep")).toMatchObject({
      allowOnStaging: true,
      namespacePermissions: { catalog: ["r"] },
      deletion: { mode: "retain" },
    });
  });

  test("has its secret outputs encrypted, and those that the program names too", async () => {
    const args = { allowOnStaging: true, namespacePermissions: { catalog: ["r" as const] } };
    await settled(new edgekv.AccessToken("plain", args));
    await settled(new edgekv.AccessToken("more", args, { additionalSecretOutputs: ["cpcode"] }));
    await settled(new edgekv.Database("open", {}));
    expect(secrets.get("plain")?.sort()).toEqual(["reference", "value"]);
    for (const [token, contract] of registry) {
      const resource = new (resourceClass(contract))(`secrets of ${token}`, {});
      await settled(resource);
      expect([token, secrets.get(`secrets of ${token}`)]).toEqual([token, secretFields(contract)]);
    }
    expect(secrets.get("more")?.sort()).toEqual(["cpcode", "reference", "value"]);
    expect(secrets.get("open")).toEqual([]);
  });

  test("keeps the other options that it is given", async () => {
    const parent = new edgekv.Database("parent", {});
    const child = new edgekv.Namespace(
      "child",
      { network: "staging", groupId: 0, retentionInSeconds: 0 },
      { parent, protect: true },
    );
    expect(await known(child.urn)).toContain(
      "pulumi-nodejs:dynamic/edgekv:Database$pulumi-nodejs:dynamic/edgekv:Namespace::child",
    );
  });

  test("differs from others by its class", () => {
    const one = new edgekv.Database("class", {});
    expect([
      one instanceof edgekv.Database,
      one instanceof pulumi.CustomResource,
      (one as object) instanceof edgekv.Namespace,
    ]).toEqual([true, true, false]);
  });
});
