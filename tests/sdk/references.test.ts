import * as pulumi from "@pulumi/pulumi";
import { edgekv, edgeworkers } from "../../sdk";

interface Registered {
  readonly inputs: Record<string, unknown>;
  readonly deletedWith: string;
  readonly dependencies: readonly string[];
}
const registered = new Map<string, Registered>();

beforeAll(async () => {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name, inputs }) => ({
        id: `${name}-id`,
        state: { ...inputs, name: inputs.name ?? name, edgeWorkerId: inputs.edgeWorkerId ?? 12 },
      }),
      call: ({ inputs }) => inputs,
    },
    "shop",
    "dev",
    false,
  );
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource: (request: Request, ...rest: unknown[]) => unknown;
  };
  interface Request {
    getName(): string;
    getDeletedwith(): string;
    getDependenciesList(): string[];
    getObject(): { toJavaScript(): Record<string, unknown> };
  }
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, ...rest) => {
    registered.set(request.getName(), {
      inputs: request.getObject().toJavaScript(),
      deletedWith: request.getDeletedwith(),
      dependencies: request.getDependenciesList(),
    });
    return register(request, ...rest);
  };
});

async function registration(resource: pulumi.CustomResource, name: string): Promise<Registered> {
  await new Promise((resolve) => resource.urn.apply(resolve));
  const found = registered.get(name);
  if (found === undefined) throw new Error(`no resource ${name} was registered`);
  return found;
}

const urnOf = (resource: pulumi.Resource) => new Promise((resolve) => resource.urn.apply(resolve));

const catalog = () =>
  new edgekv.Namespace("catalog", { network: "production", groupId: 72_297, retentionInSeconds: 0 });

test.each([
  [
    "an item",
    "item",
    (namespace: edgekv.Namespace) =>
      new edgekv.Item("item", { namespace, group: "words", key: "greeting", value: "Hello" }),
  ],
  [
    "a group of items",
    "items",
    (namespace: edgekv.Namespace) =>
      new edgekv.ItemGroup("items", { namespace, group: "words", items: { DE: "Hallo" } }),
  ],
] as const)(
  "%s in a Namespace has its name and network, depends on it and is deleted with it",
  async (_what, name, make) => {
    const namespace = catalog();
    const { inputs, deletedWith, dependencies } = await registration(make(namespace), name);
    expect(inputs).toMatchObject({ namespace: "catalog", network: "production" });
    const urn = await urnOf(namespace);
    expect(deletedWith).toBe(urn);
    expect(dependencies).toContain(urn);
  },
);

test("beside a name, nothing is deleted with anything", async () => {
  const item = new edgekv.Item("plain", {
    network: "staging",
    namespace: "catalog",
    group: "words",
    key: "a",
    value: "A",
  });
  const { inputs, deletedWith } = await registration(item, "plain");
  expect(inputs).toMatchObject({ namespace: "catalog", network: "staging" });
  expect(deletedWith).toBe("");
});

test("`deletedWith` of the program stays", async () => {
  const other = new edgekv.Database("edgekv");
  const item = new edgekv.Item(
    "own",
    { namespace: catalog(), group: "words", key: "a", value: "A" },
    { deletedWith: other },
  );
  expect((await registration(item, "own")).deletedWith).toBe(await urnOf(other));
});

test("a version takes its EdgeWorker, and is not deleted with it: the service refuses an id that has versions", async () => {
  const worker = new edgeworkers.EdgeWorker("worker", { groupId: 72_297, resourceTierId: 200 });
  const version = new edgeworkers.Version("code", { edgeWorkerId: worker, bundle: { "main.js": "" } });
  const { inputs, deletedWith, dependencies } = await registration(version, "code");
  expect(inputs.edgeWorkerId).toBe(12);
  expect(deletedWith).toBe("");
  expect(dependencies).toContain(await urnOf(worker));
});

test.each([
  ["a list", (worker: edgeworkers.EdgeWorker) => [worker, "54321", worker.edgeWorkerId]],
  ["an output of one", (worker: edgeworkers.EdgeWorker) => pulumi.output([worker, "54321", 12])],
])("a token is restricted to EdgeWorkers by themselves, in %s", async (what, restrictTo) => {
  const worker = new edgeworkers.EdgeWorker(`of ${what}`, { groupId: 72_297, resourceTierId: 200 });
  const token = new edgekv.AccessToken(`token of ${what}`, {
    allowOnStaging: true,
    namespacePermissions: { catalog: ["r"] },
    restrictToEdgeWorkerIds: restrictTo(worker),
  });
  const { inputs, dependencies } = await registration(token, `token of ${what}`);
  expect(inputs.restrictToEdgeWorkerIds).toEqual([12, "54321", 12]);
  expect(dependencies).toContain(await urnOf(worker));
});
