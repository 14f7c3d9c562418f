/** Which resources are native ones, and what their Provider gets. */
import * as pulumi from "@pulumi/pulumi";
import type { settingKeys } from "../../provider/config";
import { edgekv, Provider, type ProviderArgs } from "../../sdk";

const registered: { type: string; name: string; inputs: Record<string, unknown> }[] = [];
const aliases = new Map<string, string[]>();
/** The inputs as they go to the engine, with the marks of secrets. */
const sent = new Map<string, Record<string, unknown>>();

beforeAll(async () => {
  await pulumi.runtime.setMocks(
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
  );
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource: (
      request: {
        getName(): string;
        getAliasesList(): { getSpec(): { getType(): string } | undefined }[];
        getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
      },
      ...rest: unknown[]
    ) => unknown;
  };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, ...rest) => {
    aliases.set(
      request.getName(),
      request.getAliasesList().map((one) => one.getSpec()?.getType() ?? ""),
    );
    sent.set(request.getName(), request.getObject()?.toJavaScript() ?? {});
    return register(request, ...rest);
  };
});

const args = { network: "staging", groupId: 0, retentionInSeconds: 0 } as const;
const dynamic = "pulumi-nodejs:dynamic/edgekv:Namespace";
const native = "akamai-edge:edgekv:Namespace";

async function typeOf(resource: pulumi.Resource, name: string): Promise<string | undefined> {
  await new Promise((resolve) => resource.urn.apply(resolve));
  return registered.find((one) => one.name === name)?.type;
}

test("a resource with a Provider is native, and one without is dynamic; each is an alias of the other", async () => {
  const provider = new Provider("account");
  expect(await typeOf(new edgekv.Namespace("with", args, { provider }), "with")).toBe(native);
  expect(await typeOf(new edgekv.Namespace("without", args), "without")).toBe(dynamic);
  expect(aliases.get("with")).toEqual([dynamic]);
  expect(aliases.get("without")).toEqual([native]);
  const inputs = registered.find(({ name }) => name === "with")?.inputs ?? {};
  expect(inputs).toEqual(args);
});

test("a component hands its Provider on to what is in it", async () => {
  class Site extends pulumi.ComponentResource {
    constructor(name: string, options: pulumi.ComponentResourceOptions) {
      super("shop:index:Site", name, {}, options);
    }
  }
  const parent = new Site("site", { providers: [new Provider("for-children")] });
  expect(await typeOf(new edgekv.Namespace("child", args, { parent }), "child")).toBe(native);
  const plain = new Site("plain", {});
  expect(await typeOf(new edgekv.Namespace("other", args, { parent: plain }), "other")).toBe(dynamic);
});

test("a native one is an instance of its class too", () => {
  const provider = new Provider("instance");
  expect(edgekv.Namespace.isInstance(new edgekv.Namespace("instance-of", args, { provider }))).toBe(true);
});

test("settings reach the plugin as text", async () => {
  const provider = new Provider("settings", {
    previewReads: false,
    concurrency: pulumi.output(4),
    host: "akab.example.com",
  });
  await new Promise((resolve) => provider.urn.apply(resolve));
  expect(registered.find(({ name }) => name === "settings")).toMatchObject({
    type: "pulumi:providers:akamai-edge",
    inputs: { previewReads: "false", concurrency: "4", host: "akab.example.com" },
  });
});

test("there is a typed setting for each of the stack config", () => {
  // Compiles only as long as both have the same names.
  const names = <Name extends keyof ProviderArgs & (typeof settingKeys)[number]>(one: Name) => one;
  const all: { [Key in keyof ProviderArgs | (typeof settingKeys)[number]]-?: unknown } = {
    host: names("host"),
    clientToken: names("clientToken"),
    accessToken: names("accessToken"),
    clientSecret: names("clientSecret"),
    edgerc: names("edgerc"),
    section: names("section"),
    accountSwitchKey: names("accountSwitchKey"),
    caFile: names("caFile"),
    previewReads: names("previewReads"),
    liveUseCheck: names("liveUseCheck"),
    takeDown: names("takeDown"),
    namespacesPerNetwork: names("namespacesPerNetwork"),
    tokensPerAccount: names("tokensPerAccount"),
    concurrency: names("concurrency"),
    requestLog: names("requestLog"),
  };
  expect(Object.keys(all)).toHaveLength(15);
});

test("credentials of a Provider go to the engine as secrets, also where the program has them in clear", async () => {
  const provider = new Provider("secret", {
    host: "h",
    clientSecret: "s",
    accountSwitchKey: "k",
    section: "x",
  });
  await new Promise((resolve) => provider.urn.apply(resolve));
  const marked = (value: string) => expect.objectContaining({ value });
  expect(sent.get("secret")).toMatchObject({
    host: "h",
    section: "x",
    clientSecret: marked("s"),
    accountSwitchKey: marked("k"),
  });
});
