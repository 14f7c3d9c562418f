import * as lookups from "../../../../provider/functions/edgeworkers";
import type { TestEngine } from "../../../support/testEngine";
import { account, code, greeterArgs, startPrepared } from "./support";

let engine: TestEngine;
const begin = async (...options: Parameters<typeof TestEngine.start>) => {
  engine = await startPrepared("two versions", prepare, { lag: "none", ...options[0] }, options[1]);
};
const prepare = async (fresh: TestEngine) => {
  const { state } = await fresh.up("edgeworkers:EdgeWorker", "greeter", {
    ...greeterArgs,
    description: "says hello",
  });
  for (const version of ["2.0", "1.0"])
    await fresh.up("edgeworkers:Version", version, {
      edgeWorkerId: state.edgeWorkerId,
      version,
      bundle: code(version),
    });
};
const somebody = (path: string, json: object) =>
  engine.somebody().send({ method: "POST", path: `/edgeworkers/v1${path}`, json });
const edgeWorkerId = 54_321;
afterEach(() => engine.close());

test("groups, contracts and tiers", async () => {
  await begin();
  expect(await lookups.groups(engine.context)).toContainEqual({
    groupId: 72297,
    groupName: "Team A",
    capabilities: expect.arrayContaining(["VIEW", "EDIT", "ACTIVATE"]),
  });
  expect(await lookups.contracts(engine.context)).toEqual(["1-3CV382", "1-5C13O2"]);
  for (const contractId of ["1-3CV382", "ctr_1-3CV382"]) {
    expect(await lookups.resourceTiers(engine.context, { contractId })).toContainEqual({
      resourceTierId: 200,
      resourceTierName: "Dynamic Compute",
      edgeWorkerLimits: expect.arrayContaining([
        { limitName: "Maximum CPU time per event handler", limitValue: 20, limitUnit: "MILLISECOND" },
      ]),
    });
  }
});

test("EdgeWorkers: all, those of a group or a tier, one by its id or its name", async () => {
  await begin();
  await somebody("/ids", { ...greeterArgs, name: "other", resourceTierId: 100 });
  await somebody("/ids", { ...greeterArgs, name: "greeter", groupId: 98765 });
  const ids = async (filter?: lookups.GetEdgeWorkersArgs) =>
    (await lookups.edgeWorkers(engine.context, filter)).map((one) => one.edgeWorkerId);
  expect(await ids()).toEqual([54_321, 54_322, 54_323]);
  expect(await ids({ groupId: 72297 })).toEqual([54_321, 54_322]);
  expect(await ids({ resourceTierId: 200 })).toEqual([54_321, 54_323]);
  const greeter = await lookups.edgeWorker(engine.context, { edgeWorkerId });
  expect(greeter).toMatchObject({
    edgeWorkerId,
    name: "greeter",
    groupId: 72297,
    resourceTierId: 200,
    description: expect.stringMatching(/^says hello \[pulumi /),
  });
  expect(await lookups.edgeWorker(engine.context, { name: "greeter", groupId: 72297 })).toEqual(greeter);
  expect(await lookups.edgeWorker(engine.context, { name: "other" })).not.toHaveProperty("description");
  await expect(lookups.edgeWorker(engine.context, { edgeWorkerId: 1 })).rejects.toThrow(
    "there is no EdgeWorker with the id 1",
  );
  await expect(lookups.edgeWorker(engine.context, { name: "nobody", groupId: 1 })).rejects.toThrow(
    "there is no EdgeWorker of the name nobody in group 1",
  );
  await expect(lookups.edgeWorker(engine.context, { name: "greeter" })).rejects.toThrow(
    "2 EdgeWorkers have the name greeter: set `edgeWorkerId`, one of 54321 (group 72297), 54323 (group 98765)",
  );
});

test("versions in the order of their upload, and activations with what is live", async () => {
  await begin({ lag: 30 });
  expect(await lookups.versions(engine.context, { edgeWorkerId })).toMatchObject([
    { version: "2.0", sequenceNumber: 1, checksum: expect.stringMatching(/^[0-9a-f]{64}$/) },
    { version: "1.0", sequenceNumber: 2 },
  ]);
  const asked = { edgeWorkerId, network: "staging" } as const;
  expect(await lookups.activations(engine.context, asked)).toEqual({ activations: [] });
  for (const version of ["1.0", "2.0"]) {
    await somebody(`/ids/${edgeWorkerId}/activations`, { network: "STAGING", version, note: "hello" });
    engine.later(version === "1.0" ? 60 : 10);
  }
  expect(await lookups.activations(engine.context, asked)).toMatchObject({
    live: { activationId: 1, version: "1.0", network: "staging", status: "COMPLETE", note: "hello" },
    activations: [
      { activationId: 2, status: expect.stringMatching(/PENDING|IN_PROGRESS/) },
      { activationId: 1 },
    ],
  });
  expect(await lookups.activations(engine.context, { edgeWorkerId, network: "production" })).toEqual({
    activations: [],
  });
  for (const look of [lookups.versions, lookups.propertiesUsing]) {
    await expect(look(engine.context, { edgeWorkerId: 5 })).rejects.toThrow(
      "there is no EdgeWorker with the id 5",
    );
  }
  await expect(lookups.activations(engine.context, { edgeWorkerId: 5, network: "staging" })).rejects.toThrow(
    "there is no EdgeWorker with the id 5",
  );
});

test("limits, and what is left of those that can be counted", async () => {
  await begin();
  const limits = await lookups.limits(engine.context, { edgeWorkerId });
  expect(limits).toContainEqual({
    limitId: "ew-id-per-account-limit",
    limitName: expect.any(String),
    limitValue: 200,
    used: 1,
    left: 199,
  });
  expect(limits).toContainEqual({
    limitId: "version-per-ew-id-limit",
    limitName: expect.any(String),
    limitValue: 1000,
    used: 2,
    left: 998,
  });
  const one = (await lookups.limits(engine.context)).find(
    ({ limitId }) => limitId === "version-per-ew-id-limit",
  );
  expect(one).not.toHaveProperty("used");
});

test("properties that refer to an EdgeWorker", async () => {
  await begin();
  const state = account(engine);
  const inactive = {
    propertyId: 2,
    propertyName: "b",
    stagingVersion: null,
    productionVersion: null,
    latestVersion: 1,
  };
  const active = {
    propertyId: 1,
    propertyName: "a",
    stagingVersion: 3,
    productionVersion: null,
    latestVersion: 4,
  };
  engine.emulator.state.put({
    ...state,
    edgeworkers: { ...state.edgeworkers, properties: { [edgeWorkerId]: [active, inactive] } },
  });
  const use = { propertyId: 1, propertyName: "a", stagingVersion: 3, latestVersion: 4 };
  expect(await lookups.propertiesUsing(engine.context, { edgeWorkerId })).toEqual([
    use,
    { propertyId: 2, propertyName: "b", latestVersion: 1 },
  ]);
  expect(await lookups.propertiesUsing(engine.context, { edgeWorkerId, activeOnly: true })).toEqual([use]);
});
