/** An EdgeWorker by its name, and the version that was uploaded last: looked up at preview, in every resource that takes them. */
import type { TestEngine } from "../../../support/testEngine";
import { code, greeterArgs, live, startPrepared, unknown } from "./support";

let engine: TestEngine;
const make = (name: string, more: object = {}) =>
  engine
    .somebody()
    .send({ method: "POST", path: "/edgeworkers/v1/ids", json: { ...greeterArgs, ...more, name } });

beforeEach(async () => {
  engine = await startPrepared("two versions", async (fresh) => {
    const { state } = await fresh.up("edgeworkers:EdgeWorker", "greeter", {
      ...greeterArgs,
      name: "greeter",
    });
    for (const version of ["9.0", "10.0"]) {
      const args = { edgeWorkerId: state.edgeWorkerId, version, bundle: code(version) };
      await fresh.up("edgeworkers:Version", version, args);
    }
    const catalog = { network: "staging", groupId: 72297, retentionInSeconds: 86_400, name: "catalog" };
    await fresh.up("edgekv:Namespace", "catalog", catalog);
  });
});
afterEach(() => engine.close());

const activation = (more: object = {}) => ({
  edgeWorkerId: "greeter",
  network: "staging",
  version: "9.0",
  ...more,
});
const version = (more: object = {}) => ({
  edgeWorkerId: "greeter",
  version: "11.0",
  bundle: code("11.0"),
  ...more,
});
const reader = (...restrictToEdgeWorkerIds: unknown[]) => ({
  allowOnStaging: true,
  namespacePermissions: { catalog: ["r"] },
  restrictToEdgeWorkerIds,
});
const kinds: [string, (id: unknown) => object, string, (id: number) => unknown][] = [
  ["edgeworkers:Activation", (edgeWorkerId) => activation({ edgeWorkerId }), "edgeWorkerId", (id) => id],
  ["edgeworkers:Version", (edgeWorkerId) => version({ edgeWorkerId }), "edgeWorkerId", (id) => id],
  ["edgekv:AccessToken", (id) => reader(id), "restrictToEdgeWorkerIds", (id) => [String(id)]],
];

describe.each(kinds)("%s", (token, args, field, shown) => {
  test("a name is shown and stored as the id, and means the same as the id", async () => {
    const preview = await engine.preview(token, "it", args("greeter"));
    expect(preview).toMatchObject({ failures: [], plan: "create", inputs: { [field]: shown(54_321) } });
    const made = await engine.up(token, "it", args("greeter"));
    expect(made.state[field]).toEqual(shown(54_321));
    for (const id of ["greeter", 54_321, "54321"])
      expect((await engine.run().preview(token, "it", args(id), made)).plan).toBe("same");
    // Another EdgeWorker of the name is another one.
    await engine.somebody().send({
      method: "PUT",
      path: "/edgeworkers/v1/ids/54321",
      json: { name: "old", groupId: 72297 },
    });
    await make("greeter");
    const next = await engine.run().later(1000).preview(token, "it", args("greeter"), made);
    expect(next.inputs[field]).toEqual(shown(54_322));
  });

  test("a name that nothing has, or several", async () => {
    const refused = async (name: string) => (await engine.run().preview(token, "it", args(name))).failures;
    expect(await refused("greeting")).toEqual([
      {
        property: field,
        reason: `${field} names an EdgeWorker, but there is none called "greeting" that the API client may see. For one that this program makes, use its \`edgeWorkerId\` output`,
      },
    ]);
    await make("greeter");
    engine.later(1000);
    expect(await refused("greeter")).toEqual([
      {
        property: field,
        reason: `${field} names 2 EdgeWorkers that are called "greeter": set the id, one of 54321, 54322`,
      },
    ]);
  });

  test("one that is not known yet is not looked up", async () => {
    const { failures, inputs } = await engine.preview(token, "it", args(unknown));
    expect(failures).toEqual([]);
    expect(JSON.stringify(inputs[field])).toContain(unknown);
  });
});

describe("names in a list", () => {
  test("names and ids of one EdgeWorker are one, in the order of the ids", async () => {
    await make("another");
    engine.later(1000);
    const { inputs } = await engine
      .run()
      .preview("edgekv:AccessToken", "it", reader("greeter", 54_322, "another", 7));
    expect(inputs.restrictToEdgeWorkerIds).toEqual(["54321", "54322", "7"]);
    const byId = await engine.run().preview("edgekv:AccessToken", "it", reader(54_321, 54_322, 7));
    expect(byId.inputs.name).toBe(inputs.name);
  });

  test("a wrong name beside one that is not known yet is refused already", async () => {
    const { failures } = await engine.preview("edgekv:AccessToken", "it", reader(unknown, "greeting"));
    expect(failures).toEqual([
      { property: "restrictToEdgeWorkerIds", reason: expect.stringContaining('none called "greeting"') },
    ]);
  });
});

describe("the version that was uploaded last", () => {
  const token = "edgeworkers:Activation";
  const latest = activation({ version: "latest" });
  test("is shown at preview and made live; the next upload is an update", async () => {
    const { inputs, failures } = await engine.preview(token, "live", latest);
    expect([inputs.version, failures]).toEqual(["10.0", []]);
    const made = await engine.up(token, "live", latest);
    expect(made.state.version).toBe("10.0");
    expect(live(engine, 54_321)).toBe("10.0");
    expect((await engine.run().preview(token, "live", latest, made)).plan).toBe("same");
    await engine.run().up("edgeworkers:Version", "8.0", version({ version: "8.0" }));
    const next = await engine.run().later(1000).preview(token, "live", latest, made);
    expect([next.plan, next.inputs.version]).toEqual(["update", "8.0"]);
  });

  test("is not known while its EdgeWorker is not", async () => {
    const args = activation({ edgeWorkerId: unknown, version: "latest" });
    expect((await engine.preview(token, "live", args)).inputs.version).toBe(unknown);
  });

  test("of an EdgeWorker without a version, and of none", async () => {
    await make("empty");
    engine.later(1000);
    const refused = async (edgeWorkerId: unknown) =>
      (await engine.run().preview(token, "live", { ...latest, edgeWorkerId })).failures;
    expect(await refused("empty")).toEqual([
      {
        property: "version",
        reason:
          "version can't be `latest`: EdgeWorker 54322 has no version yet. For one that this program uploads, use its `version` output",
      },
    ]);
    expect(await refused(999)).toEqual([
      { property: "edgeWorkerId", reason: expect.stringContaining("there is no EdgeWorker 999") },
    ]);
  });

  test("a version of this very name is the one that is meant", async () => {
    await engine.up("edgeworkers:Version", "latest", version({ version: "latest" }));
    await engine.run().up("edgeworkers:Version", "12.0", version({ version: "12.0" }));
    const { inputs } = await engine.run().later(1000).preview(token, "live", latest);
    expect(inputs.version).toBe("latest");
  });
});
