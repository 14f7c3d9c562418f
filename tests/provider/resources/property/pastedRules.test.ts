/** Rules as people have them: copied from Property Manager, or in files with snippets. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { named } from "../../../support/property";
import { greeter, PropertySandbox } from "./propertySandbox";

let sandbox: PropertySandbox;
beforeEach(async () => {
  sandbox = await PropertySandbox.start({ lag: "none" });
});
afterEach(() => sandbox.close());

const caching = { name: "caching", options: { behavior: "NO_STORE" } };

test("elements may have what Property Manager adds to them", async () => {
  const added = {
    uuid: "a7832019",
    templateUuid: "t",
    templateLink: "/l",
    locked: false,
    customOverride: null,
  };
  const rules = [
    {
      name: "Pasted",
      papi: {
        uuid: "u",
        templateUuid: "t",
        templateLink: "/l",
        behaviors: [{ ...caching, ...added }],
        criteria: [],
      },
    },
  ];
  await sandbox.up(rules);
  const tree = await sandbox.tree(Number(sandbox.state.version));
  expect(named(tree, "Pasted").behaviors).toEqual([expect.objectContaining({ name: "caching" })]);
  expect(JSON.stringify(named(tree, "Pasted"))).not.toContain("a7832019");
  expect((await sandbox.preview(rules)).plan).toBe("same");
});

test("an unknown member of an element is refused still", async () => {
  const { failures } = await sandbox.preview([{ name: "P", behaviors: [{ ...caching, uuidd: 1 }] }]);
  expect(failures[0]?.reason).toContain("rules[0].behaviors[0].uuidd");
});

test("a rule in a file with snippets is written, and what is wrong in it is reported with the file", async () => {
  const home = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), "akamai-edge-rules-"));
  try {
    process.chdir(folder);
    writeFileSync("rule.json", JSON.stringify({ behaviors: [caching], children: ["#include:child.json"] }));
    writeFileSync("child.json", JSON.stringify({ name: "Child", behaviors: [caching] }));
    await sandbox.up([{ name: "File", papi: "rule.json" }]);
    const tree = await sandbox.tree(Number(sandbox.state.version));
    expect(named(tree, "File").children?.map(({ name }) => name)).toEqual(["Child"]);
    writeFileSync("child.json", JSON.stringify({ name: "Child", behaviors: [{ name: 5 }] }));
    expect((await sandbox.preview([{ name: "File", papi: "rule.json" }])).failures).toEqual([
      {
        property: "rules",
        reason: "rules[0].papi: rule.json: children[0].behaviors[0].name must be text",
      },
    ]);
    rmSync("child.json");
    expect((await sandbox.preview([{ name: "File", papi: "rule.json" }])).failures).toEqual([
      { property: "rules", reason: "rules[0].papi: there is no file child.json, which rule.json includes" },
    ]);
  } finally {
    process.chdir(home);
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the order of paths, hostnames and other sets has no meaning", async () => {
  const rules = (paths: string[], values: string[]) => [
    greeter({
      paths,
      criteria: [{ name: "requestMethod", options: { matchOperator: "IS_ONE_OF", values } }],
    }),
  ];
  await sandbox.up(rules(["/a/*", "/b/*", "/c/*"], ["GET", "HEAD"]));
  const version = Number(sandbox.state.version);
  const before = sandbox.state.managedRules;
  await sandbox.edit(version, (tree) => {
    for (const { options } of named(tree, "Greeter").criteria ?? []) (options.values as unknown[]).reverse();
  });
  await sandbox.refresh();
  expect(sandbox.state.managedRules).toEqual(before);
  expect((await sandbox.preview(rules(["/a/*", "/b/*", "/c/*"], ["GET", "HEAD"]))).plan).toBe("same");
  sandbox.forget();
  await sandbox.up(rules(["/b/*", "/c/*", "/a/*"], ["HEAD", "GET"]));
  expect(sandbox.changes()).toEqual([]);
});

test("failover on a timeout of the origin, with and without response codes", async () => {
  const failAction = { actionType: "SERVE_STALE" };
  await sandbox.up([
    greeter({ failover: { originTimeout: true, failAction } }),
    greeter({ name: "Second", failover: { originTimeout: true, responseCodes: [], failAction } }),
  ]);
  const tree = await sandbox.tree(Number(sandbox.state.version));
  const below = (name: string) => named(tree, name).children?.map((child) => child.name);
  expect(below("Greeter")).toEqual(["Greeter failover", "Greeter failover on origin timeout"]);
  expect(below("Second")).toEqual(["Second failover on origin timeout"]);
  expect(named(tree, "Second failover on origin timeout").criteria).toMatchObject([
    { name: "edgeWorkersFailure" },
    { name: "originTimeout", options: { matchOperator: "ORIGIN_TIMED_OUT" } },
  ]);
  const { failures } = await sandbox.preview([greeter({ failover: { responseCodes: [], failAction } })]);
  expect(failures[0]?.reason).toMatch(/^rules\[0\]\.failover\.responseCodes must not be empty, unless/);
});

test("an EdgeWorker may be named; the preview shows its id", async () => {
  const ew = { name: "greeter", groupId: 72297, resourceTierId: 200 };
  const make = () =>
    sandbox.engine.somebody().send({ method: "POST", path: "/edgeworkers/v1/ids", json: ew });
  const rules = [greeter({ edgeWorker: { edgeWorkerId: "greeter" } })];
  const refused = async () => (await sandbox.preview(rules)).failures.map(({ reason }) => reason);
  expect(await refused()).toEqual([
    expect.stringMatching(
      /^rules\[0\]\.edgeWorker\.edgeWorkerId names an EdgeWorker, but there is none called "greeter"/,
    ),
  ]);
  await make();
  const { inputs } = await sandbox.preview(rules);
  expect(JSON.stringify(inputs.managedRules)).toContain('"edgeWorkerId":"54321"');
  await make();
  expect(await refused()).toEqual([
    expect.stringMatching(/ names 2 EdgeWorkers that are called "greeter": set the id, one of 54321, 54322$/),
  ]);
});

test.each([
  [{ contractId: "1-3CV382", groupId: 72297 }],
  [{ contractId: "ctr_1-3CV382", groupId: "grp_72297" }],
])("ids with and without their prefix are the same: %j", async (ids) => {
  await sandbox.up([greeter()], { contractId: "ctr_1-3CV382", groupId: "grp_72297" });
  expect((await sandbox.preview([greeter()], ids)).plan).toBe("same");
});

test("the latest version is activated by its number", async () => {
  const args = {
    propertyId: "173136",
    network: "staging",
    version: "latest",
    notifyEmails: ["a@example.com"],
  };
  const token = "property:Activation";
  const { inputs, failures } = await sandbox.engine.run().preview(token, "live", args);
  expect([inputs.version, failures]).toEqual([3, []]);
  const made = await sandbox.engine.run().up(token, "live", args);
  expect(made.state.version).toBe(3);
  expect((await sandbox.engine.run().preview(token, "live", args, made)).plan).toBe("same");
  await sandbox.copy(3);
  expect(await sandbox.engine.run().preview(token, "live", args, made)).toMatchObject({
    plan: "update",
    inputs: { version: 4 },
  });
});
