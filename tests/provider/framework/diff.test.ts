import { z } from "zod";
import { diff } from "../../../provider/framework/diff";
import {
  type AnyResource,
  inputFields,
  meaning,
  replaces,
  updates,
} from "../../../provider/framework/resource";
import { unknownValue } from "../../../provider/framework/unknown";
import { registry } from "../../../provider/registry";
import { offline, type Parts, resourceOf } from "./fakes";

type Values = Record<string, unknown>;

function sample(parts: Parts = {}): AnyResource {
  return resourceOf({
    args: z.strictObject({
      name: replaces(z.string().optional()),
      place: replaces(z.string().optional()),
      count: updates(z.int().optional()),
      map: updates(z.json().optional()),
    }),
    computed: z.object({ stamp: replaces(z.string().optional()) }),
    outputs: z.object({ status: z.string() }),
    deleteBeforeReplace: (old, news) => old.name === news.name,
    ...parts,
  });
}
const old = {
  name: "a",
  place: "here",
  count: 1,
  map: { x: 1, y: [1, { p: 1, q: 2 }] },
  owner: "o",
  stamp: "s",
  status: "ready",
};
const { status: _, ...inputs } = old;
const compare = (news: Values, parts: Parts = {}, from: Values = old) =>
  diff(offline(), sample(parts), from, news);
const nothing = { changes: false, replaces: [], deleteBeforeReplace: false };
const update = { changes: true, replaces: [], deleteBeforeReplace: false };

test("equal inputs are no change, whatever the service answered", async () => {
  expect(await compare(inputs)).toEqual(nothing);
  expect(await compare({ ...inputs, status: "something else" })).toEqual(nothing);
});

test("what Pulumi puts beside the inputs is no change", async () => {
  expect(
    await compare({ ...inputs, __provider: "new text" }, {}, { ...old, __provider: "old text" }),
  ).toEqual(nothing);
});

test("the order of members is no change, the order of a list is", async () => {
  expect(await compare({ ...inputs, map: { y: [1, { q: 2, p: 1 }], x: 1 } })).toEqual(nothing);
  expect(await compare({ ...inputs, map: { x: 1, y: [{ p: 1, q: 2 }, 1] } })).toEqual(update);
});

test.each<[string, unknown, unknown]>([
  ["absent and null", undefined, null],
  ["a member that is absent and one that is null", { a: {} }, { a: { b: null } }],
])("%s are the same", async (_what, before, after) => {
  expect(await compare({ ...inputs, map: after }, {}, { ...old, map: before })).toEqual(nothing);
  expect(await compare({ ...inputs, map: before }, {}, { ...old, map: after })).toEqual(nothing);
});

test.each<[string, unknown, unknown]>([
  ["absent and false", undefined, false],
  ["a number and its text", 1, "1"],
  ["absent and an empty list", undefined, []],
])("%s are not the same", async (_what, before, after) => {
  expect(await compare({ ...inputs, map: after }, {}, { ...old, map: before })).toEqual(update);
});

test("a field that can be changed is updated", async () => {
  expect(await compare({ ...inputs, count: 2 })).toEqual(update);
});

test("a field that can't be changed is replaced, and only that is named", async () => {
  expect(await compare({ ...inputs, name: "b", count: 2 })).toEqual({
    changes: true,
    replaces: ["name"],
    deleteBeforeReplace: false,
  });
});

test("a computed field counts like any other", async () => {
  expect((await compare({ ...inputs, stamp: "t" })).replaces).toEqual(["stamp"]);
  expect(await compare({ ...inputs, owner: "p" })).toEqual(update);
});

test("an input that is gone is a change", async () => {
  const { count: _count, ...rest } = inputs;
  expect(await compare(rest)).toEqual(update);
  const { place: _place, ...without } = inputs;
  expect((await compare(without)).replaces).toEqual(["place"]);
});

test("the old object goes first only where the new one is in its place", async () => {
  expect((await compare({ ...inputs, place: "there" })).deleteBeforeReplace).toBe(true);
  expect((await compare({ ...inputs, place: "there", name: "b" })).deleteBeforeReplace).toBe(false);
});

test("a resource may decide that a change needs no replacement: then it is an update", async () => {
  const asked: unknown[] = [];
  const needsReplacement = (field: string, from: unknown, to: unknown) => {
    asked.push([field, from, to]);
    return field === "name";
  };
  const news = { ...inputs, place: "there" };
  expect(await compare(news, { requiresReplacement: needsReplacement })).toEqual(update);
  expect(asked).toEqual([["place", old, news]]);
  expect(
    (await compare({ ...inputs, name: "b", place: "there" }, { requiresReplacement: needsReplacement }))
      .replaces,
  ).toEqual(["name"]);
});

test("what is not known yet is a change, and a replacement where the field can't be changed", async () => {
  expect(await compare({ ...inputs, map: { x: unknownValue } })).toEqual(update);
  expect(await compare({ ...inputs, name: unknownValue })).toEqual({
    changes: true,
    replaces: ["name"],
    deleteBeforeReplace: false,
  });
  expect(await compare({ ...inputs, place: unknownValue })).toEqual({
    changes: true,
    replaces: ["place"],
    deleteBeforeReplace: true,
  });
});

test("drift is looked for only where nothing else changed", async () => {
  let looked = 0;
  const drifted = async () => {
    looked += 1;
    return true;
  };
  expect(await compare({ ...inputs, count: 2 }, { hasDrift: drifted })).toEqual(update);
  expect(looked).toBe(0);
  expect(await compare(inputs, { hasDrift: drifted })).toEqual(update);
  expect(await compare(inputs, { hasDrift: async () => false })).toEqual(nothing);
});

describe("of the resources there are", () => {
  const base = {
    "edgekv:Database": {
      dataAccessPolicy: { restrictDataAccess: true, allowNamespacePolicyOverride: false },
    },
    "edgekv:Namespace": {
      name: "catalog",
      network: "production",
      groupId: 1,
      retentionInSeconds: 86_400,
      geoLocation: "US",
      restrictDataAccess: true,
      deletion: { mode: "scheduled", afterSeconds: 259_200 },
      adopt: false,
      replaceDeletesData: true,
      snapshotBeforeDelete: "kept",
      moveDataOnReplace: false,
    },
    "edgekv:AccessToken": {
      name: "catalog-r",
      allowOnStaging: true,
      allowOnProduction: false,
      namespacePermissions: { catalog: ["r"], other: ["w"] },
      restrictToEdgeWorkerIds: ["1"],
      expiry: { days: 90 },
      requestedExpiry: "2026-08-01",
      renewBeforeDays: 10,
      replaceTriggers: "a",
      refreshTriggers: "a",
      deletion: { mode: "revoke" },
      adopt: false,
    },
  };
  const serviceFields = {
    "edgekv:Database": { accountStatus: "INITIALIZED" },
    "edgekv:Namespace": { namespaceStatus: "READY", policy: { restrictDataAccess: true } },
    "edgekv:AccessToken": { reference: "uuid", tokenActivationStatus: "COMPLETE" },
  };
  type Token = keyof typeof base;
  const withoutHooks = (resource: AnyResource): AnyResource => ({
    ...resource,
    diff: { deleteBeforeReplace: () => false },
  });
  const table: [token: Token, change: Values, replaces: string[], deleteBeforeReplace: boolean][] = [
    [
      "edgekv:Database",
      { dataAccessPolicy: { restrictDataAccess: false, allowNamespacePolicyOverride: false } },
      [],
      false,
    ],
    ["edgekv:Namespace", { groupId: 2 }, [], false],
    ["edgekv:Namespace", { retentionInSeconds: 0 }, [], false],
    ["edgekv:Namespace", { deletion: { mode: "immediate" } }, [], false],
    ["edgekv:Namespace", { adopt: true }, [], false],
    ["edgekv:Namespace", { replaceDeletesData: false }, [], false],
    ["edgekv:Namespace", { snapshotBeforeDelete: "elsewhere" }, [], false],
    ["edgekv:Namespace", { moveDataOnReplace: true }, [], false],
    ["edgekv:Namespace", { name: "other" }, ["name"], false],
    ["edgekv:Namespace", { network: "staging" }, ["network"], false],
    ["edgekv:Namespace", { geoLocation: "EU" }, ["geoLocation"], true],
    ["edgekv:Namespace", { restrictDataAccess: false }, ["restrictDataAccess"], true],
    ["edgekv:Namespace", { restrictDataAccess: undefined }, [], false],
    ["edgekv:Namespace", { name: unknownValue }, ["name"], false],
    ["edgekv:AccessToken", { adopt: true }, [], false],
    ["edgekv:AccessToken", { allowOnProduction: true, name: "new" }, ["name", "allowOnProduction"], false],
    ["edgekv:AccessToken", { allowOnProduction: true }, ["allowOnProduction"], true],
    ["edgekv:AccessToken", { allowOnStaging: false }, ["allowOnStaging"], true],
    ["edgekv:AccessToken", { namespacePermissions: { catalog: ["r"] } }, ["namespacePermissions"], true],
    [
      "edgekv:AccessToken",
      { namespacePermissions: { other: ["w"], catalog: ["r"] }, refreshTriggers: "b" },
      [],
      false,
    ],
    ["edgekv:AccessToken", { restrictToEdgeWorkerIds: undefined }, ["restrictToEdgeWorkerIds"], true],
    ["edgekv:AccessToken", { requestedExpiry: "2026-09-01" }, ["requestedExpiry"], true],
    ["edgekv:AccessToken", { expiry: { days: 91 } }, [], false],
    ["edgekv:AccessToken", { renewBeforeDays: 11 }, [], false],
    ["edgekv:AccessToken", { refreshTriggers: "b" }, [], false],
    ["edgekv:AccessToken", { replaceTriggers: "b" }, ["replaceTriggers"], true],
    ["edgekv:AccessToken", { deletion: { mode: "retain" } }, [], false],
    [
      "edgekv:AccessToken",
      { name: unknownValue, namespacePermissions: unknownValue },
      ["name", "namespacePermissions"],
      false,
    ],
  ];
  test.each(table)("%s: a change to %j", async (token, change, replaced, deleteBeforeReplace) => {
    const resource = registry.get(token) as AnyResource;
    const state = { ...base[token], ...serviceFields[token], owner: "shop/dev/catalog" };
    expect(await diff(offline(), resource, state, { ...base[token], owner: "shop/dev/catalog" })).toEqual(
      nothing,
    );
    const seen = await diff(offline(), resource, state, {
      ...base[token],
      owner: "shop/dev/catalog",
      ...change,
    });
    expect({ ...seen, replaces: [...seen.replaces].sort() }).toEqual({
      changes: true,
      replaces: [...replaced].sort(),
      deleteBeforeReplace,
    });
  });

  test.each(Object.keys(base))("%s: the base has every field of the contract, and no other", (token) => {
    const resource = registry.get(token) as AnyResource;
    const declared = Object.keys(base[token as Token]);
    const fields = inputFields(resource);
    expect(declared.filter((field) => !fields.includes(field))).toEqual([]);
    expect(Object.keys(resource.args.shape).filter((field) => !declared.includes(field))).toEqual([]);
    const outputs = Object.keys(resource.outputs.shape);
    expect(Object.keys(serviceFields[token as Token]).filter((field) => !outputs.includes(field))).toEqual(
      [],
    );
  });

  test.each([...registry])(
    "%s: each field has a meaning, and a change of it means that",
    async (_token, resource) => {
      for (const [field, schema] of Object.entries({ ...resource.args.shape, ...resource.computed.shape })) {
        const change = meaning.get(schema as z.ZodType)?.change;
        // No hook: what the contract alone makes of it.
        const { replaces } = await diff(
          offline(),
          withoutHooks(resource),
          { [field]: "before" },
          { [field]: "after" },
        );
        expect([field, replaces]).toEqual([field, change === "replace" ? [field] : []]);
        expect([field, ["update", "replace"]]).toEqual([field, expect.arrayContaining([change])]);
      }
    },
  );

  test("every input that any of them has is in this table or a computed one", () => {
    for (const [token, resource] of registry) {
      if (!(token in base)) continue;
      const changed = new Set(
        table.filter(([one]) => one === token).flatMap(([, change]) => Object.keys(change)),
      );
      const missing = Object.keys(resource.args.shape).filter((field) => !changed.has(field));
      expect([token, missing]).toEqual([token, []]);
    }
  });

  test("a namespace that somebody scheduled for deletion is updated, to cancel that", async () => {
    const resource = registry.get("edgekv:Namespace") as AnyResource;
    const state = { ...base["edgekv:Namespace"], scheduledDeleteTime: "2026-03-05T00:00:00Z" };
    expect(await diff(offline(), resource, state, base["edgekv:Namespace"])).toEqual(update);
  });

  test("a policy that is declared and in force already needs no other namespace", async () => {
    const resource = registry.get("edgekv:Namespace") as AnyResource;
    const { restrictDataAccess, ...rest } = base["edgekv:Namespace"];
    const state = { ...rest, policy: { restrictDataAccess, policyType: "inherited" } };
    expect(await diff(offline(), resource, state, { ...rest, restrictDataAccess: true })).toEqual(update);
    expect(await diff(offline(), resource, state, { ...rest, restrictDataAccess: false })).toEqual({
      changes: true,
      replaces: ["restrictDataAccess"],
      deleteBeforeReplace: true,
    });
  });

  test.each(["IN_PROGRESS", "ERROR"])(
    "a token that is %s is worth an update",
    async (tokenActivationStatus) => {
      const resource = registry.get("edgekv:AccessToken") as AnyResource;
      const state = {
        ...base["edgekv:AccessToken"],
        ...serviceFields["edgekv:AccessToken"],
        tokenActivationStatus,
      };
      expect(await diff(offline(), resource, state, base["edgekv:AccessToken"])).toEqual(update);
    },
  );
});

describe("an update is announced at preview", () => {
  const announced: Values[] = [];
  const preflightUpdate = async (_context: unknown, _old: Values, news: Values) => void announced.push(news);
  const online = (parts: Parts, news: Values, previewReads = true) =>
    diff(offline({ previewReads }), sample({ preflightUpdate, ...parts }), old, news);
  beforeEach(() => {
    announced.length = 0;
  });

  test("when a field changed, and when a drift was found", async () => {
    await online({}, { ...inputs, count: 2 });
    await online({ hasDrift: async () => true }, inputs);
    expect(announced).toEqual([{ ...inputs, count: 2 }, inputs]);
  });

  test("not when there is nothing to do, when the object is replaced, or when previews may not read", async () => {
    await online({}, inputs);
    await online({}, { ...inputs, name: "b" });
    await online({}, { ...inputs, count: 2 }, false);
    expect(announced).toEqual([]);
  });

  test("and fails there when it would be refused", async () => {
    const refused = async () => {
      throw new Error("no such place");
    };
    await expect(online({ preflightUpdate: refused }, { ...inputs, count: 2 })).rejects.toThrow(
      "no such place",
    );
  });
});
