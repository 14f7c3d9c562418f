import fc from "fast-check";
import { z } from "zod";
import { check } from "../../../provider/framework/check";
import {
  type AnyResource,
  type CheckFailure,
  type Draft,
  replaces,
  updates,
} from "../../../provider/framework/resource";
import { hasUnknown, unknownValue } from "../../../provider/framework/unknown";
import { registry } from "../../../provider/registry";
import type { HttpClient } from "../../../provider/runtime/httpClient";
import { marshalled } from "../../support/marshal";
import { refusal } from "../../support/refusal";
import { offline, type Parts, resourceOf } from "./fakes";

type Values = Record<string, unknown>;
type Seen = Draft<Values>;

const args = z.strictObject({
  name: replaces(
    z
      .string()
      .regex(/^[a-z]+$/, "must be small letters")
      .optional(),
  ),
  count: updates(z.int("must be a whole number").min(1, "must be at least 1")),
  colour: updates(z.enum(["red", "blue"], "must be red or blue").default("red")),
  nested: updates(
    z
      .strictObject({
        mode: z.enum(["a", "b"], "must be a or b").default("a"),
        seconds: z.int("must be whole").optional(),
      })
      .prefault({}),
  ),
  map: updates(
    z
      .record(z.string().regex(/^[a-zA-Z_]+$/, "is no name"), z.array(z.enum(["r", "w"], "must be r or w")))
      .optional(),
  ),
  anything: updates(z.json().optional()),
  pair: updates(
    z
      .strictObject({ first: z.string(), second: z.string("must be text"), third: z.string().optional() })
      .refine(({ first, third }) => first !== "c" || third !== undefined, {
        message: "is needed with c",
        path: ["third"],
      })
      .optional(),
  ),
});

/** A resource that shows what it was given. */
function sample(parts: Parts = {}): AnyResource & { drafts: Seen[]; observed: Seen[] } {
  const drafts: Seen[] = [];
  const observed: Seen[] = [];
  const resource = resourceOf({
    token: "sample",
    args,
    computed: z.object({ stamp: updates(z.string().optional()) }),
    outputs: z.object({ note: z.string() }),
    displayName: () => "sample",
    computeInputs: (_context, { known, unknown, logicalName }) =>
      known.name === undefined && !unknown.has("name") ? { name: logicalName } : {},
    validate: (_context, draft) => {
      drafts.push(draft);
      return [];
    },
    preflight: async (_context, draft) => {
      observed.push(draft);
      return [];
    },
    deleteBeforeReplace: () => true,
    ...parts,
  });
  return { ...resource, drafts, observed };
}

/** The path that a sentence begins with. */
const propertyOf = ({ property, reason }: CheckFailure) =>
  reason.startsWith(property) ? (/^([^\s:[]|\["[^"]*"\]|\[\d+\])+/.exec(reason)?.[0] ?? "") : property;

const right = { count: 1, owner: "shop/dev/thing" };
async function run(news: Values, { olds = {}, resource = sample(), context = offline() } = {}) {
  const { inputs, failures } = await check(context, resource, olds, { owner: "shop/dev/thing", ...news });
  return { inputs, failures, about: failures.map(propertyOf), resource };
}

describe("what the program says", () => {
  test("comes out with its defaults, a name and its owner", async () => {
    expect(await run(right)).toMatchObject({
      inputs: { count: 1, colour: "red", nested: { mode: "a" }, name: "thing", owner: "shop/dev/thing" },
      failures: [],
    });
  });

  test("holds no member without a value", async () => {
    const { inputs } = await run({ ...right, map: undefined, anything: null });
    expect(Object.keys(inputs).sort()).toEqual(["colour", "count", "name", "nested", "owner"]);
    expect(Object.values(inputs)).not.toContain(undefined);
  });

  test.each<[string, Values]>([
    ["a field", { colour: null, nested: null, name: undefined }],
    ["a member", { nested: { mode: null, seconds: undefined } }],
  ])("counts null as absent: %s", async (_what, news) => {
    const { inputs, failures } = await run({ ...right, ...news });
    expect([inputs.colour, inputs.nested, inputs.name, failures]).toEqual([
      "red",
      { mode: "a" },
      "thing",
      [],
    ]);
  });

  test("keeps the nulls of a list, where they have a place", async () => {
    expect((await run({ ...right, anything: [null, { a: null, b: 1 }] })).inputs.anything).toEqual([
      null,
      { b: 1 },
    ]);
  });

  test.each<[string, Values]>([
    ["left out", {}],
    ["undefined", { count: undefined }],
    ["null", { count: null }],
  ])("misses what is required and is %s, and nothing takes its place", async (_what, news) => {
    const { inputs, failures } = await run({ colour: "blue", ...news });
    expect(failures).toEqual([refusal("count", "is required: must be a whole number")]);
    expect(Object.keys(inputs).sort()).toEqual(["colour", "name", "nested", "owner"]);
  });

  test.each<[string, Values, CheckFailure]>([
    ["a member", { pair: { first: "a" } }, { property: "pair.second", reason: "is required: must be text" }],
    [
      "a member that is null",
      { pair: { first: "a", second: null } },
      { property: "pair.second", reason: "is required: must be text" },
    ],
    [
      "an element",
      { map: { a: ["r", null] } },
      { property: "map.a.1", reason: "is required: must be r or w" },
    ],
    [
      "a member without a message of its own",
      { pair: { second: "b" } },
      { property: "pair.first", reason: "is required: must be text" },
    ],
    [
      "what a rule over several members asks for",
      { pair: { first: "c", second: "d" } },
      { property: "pair.third", reason: "is needed with c" },
    ],
  ])("misses what is required inside: %s", async (_what, news, failure) => {
    expect((await run({ ...right, ...news })).failures).toEqual([refusal(failure.property, failure.reason)]);
  });

  test("goes on without undefined, at any depth, whether it is right or refused", async () => {
    const holes = { anything: [undefined, { a: undefined, b: [undefined] }] };
    const complete = () => ({ stamp: { a: undefined, b: [1, undefined] } });
    const resource = sample({ computeInputs: complete });
    for (const news of [right, { count: 0 }, { map: { a: undefined } }]) {
      const { inputs } = await run({ ...news, ...holes }, { resource });
      expect(marshalled(inputs)).toEqual(inputs);
      expect(inputs).toMatchObject({ anything: [null, { b: [null] }], stamp: { b: [1, null] } });
    }
  });

  test.each<[string, Values, CheckFailure]>([
    ["a field", { count: 0 }, { property: "count", reason: "must be at least 1" }],
    ["a choice", { colour: "green" }, { property: "colour", reason: "must be red or blue" }],
    ["a member", { nested: { seconds: 1.5 } }, { property: "nested.seconds", reason: "must be whole" }],
    ["an element", { map: { a: ["r", "x"] } }, { property: "map.a.1", reason: "must be r or w" }],
    ["a name in a map", { map: { "a b": ["r"] } }, { property: "map.a b", reason: "is no name" }],
    [
      "a member of that name",
      { nested: { more: 1 } },
      {
        property: "nested.more",
        reason: "there is no property of this name; did you mean `mode`? There are mode, seconds",
      },
    ],
  ])("is refused where it is wrong: %s", async (_what, news, failure) => {
    expect((await run({ ...right, ...news })).failures).toEqual([refusal(failure.property, failure.reason)]);
  });

  test("is refused in all places at once", async () => {
    const { about } = await run({
      colour: "green",
      nested: { mode: "c", seconds: "1" },
      map: { a: ["x"], "-": [] },
      more: 1,
    });
    expect(about.sort()).toEqual([
      "colour",
      "count",
      "map.a[0]",
      'map["-"]',
      "more",
      "nested.mode",
      "nested.seconds",
    ]);
  });

  test("is refused where there is no such property, with what there is", async () => {
    const [failure] = (await run({ ...right, colur: "red" })).failures;
    expect(failure).toEqual({
      property: "colur",
      reason:
        "there is no property of this name; did you mean `colour`? There are name, count, colour, nested, map, anything, pair",
    });
  });

  test.each(["constructor", "toString", "hasOwnProperty", "valueOf", "isPrototypeOf"])(
    "is refused under a name that every object has: %s",
    async (name) => {
      expect((await run({ ...right, [name]: 1 })).about).toEqual([name]);
    },
  );

  test("may use such names in a map, but not the one that would get lost", async () => {
    const named = JSON.parse('{"constructor":["r"],"toString":["w"],"hasOwnProperty":["r"]}');
    const { inputs, failures } = await run({ ...right, map: named });
    expect([inputs.map, failures]).toEqual([named, []]);
    const lost = JSON.parse('{"constructor":["r"],"__proto__":["w"]}');
    expect((await run({ ...right, map: lost })).failures).toEqual([
      { property: "map", reason: "map.__proto__: this name can't be used" },
    ]);
    const deep = { list: [JSON.parse('{"__proto__":1}')] };
    expect((await run({ ...right, anything: deep })).about).toEqual(["anything.list[0].__proto__"]);
  });

  test("changes no prototype", async () => {
    await run(
      JSON.parse(
        '{"count":1,"__proto__":{"polluted":1},"map":{"__proto__":["r"]},"nested":{"__proto__":{"polluted":1}}}',
      ),
    );
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
    expect(({} as Values).polluted).toBeUndefined();
  });

  test("may be huge", async () => {
    const began = process.cpuUsage();
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`key${i}`, ["r", "x"]]));
    const deep = Array.from({ length: 500 }).reduce<unknown>((inner) => ({ inner }), unknownValue);
    const { failures } = await run({ ...right, map: many, name: `${"a".repeat(500_000)}!`, anything: deep });
    expect(failures).toHaveLength(12);
    expect(failures).toContainEqual({ property: "map", reason: "and 19990 more failures like these" });
    // In time of its own: other work on the machine does not count.
    expect(process.cpuUsage(began).user).toBeLessThan(2_000_000);
  });
});

describe("what is not known yet", () => {
  test.each<[string, Values]>([
    ["a whole field", { count: unknownValue }],
    ["a field with a default", { colour: unknownValue }],
    ["a field that anything is right for", { anything: unknownValue }],
    ["a whole object", { nested: unknownValue }],
    ["a member", { nested: { mode: unknownValue, seconds: unknownValue } }],
    ["an element", { map: { a: ["r", unknownValue] } }],
    ["a value of a map", { map: { a: unknownValue } }],
    ["a number, by its own sign", { count: "3eeb2bf0-c639-47a8-9e75-3b44932eb421" }],
    ["something deep in what may be anything", { anything: { a: [{ b: unknownValue }] } }],
  ])("is not judged, and goes through as it came: %s", async (_what, news) => {
    const { inputs, failures, resource } = await run({ ...right, ...news });
    const [field = ""] = Object.keys(news);
    expect(failures).toEqual([]);
    expect(inputs[field]).toEqual(news[field]);
    expect(resource.drafts[0]?.unknown).toEqual(new Set([field]));
    expect(resource.drafts[0]?.known).not.toHaveProperty(field);
  });

  test("is there in part, where the rest of the value is right", async () => {
    const anything = { a: [{ b: unknownValue, c: 1 }] };
    const complete = (_context: unknown, { partiallyKnown }: Seen) => ({
      stamp: partiallyKnown.anything === undefined ? "" : unknownValue,
    });
    const { resource } = await run(
      { ...right, anything, map: { a: ["r", unknownValue] }, name: unknownValue },
      { resource: sample({ computeInputs: complete }) },
    );
    const { partiallyKnown, known } = resource.drafts[0] ?? {};
    expect(partiallyKnown).toEqual({ ...known, anything });
    expect(Object.keys(partiallyKnown ?? {}).sort()).toEqual([
      "anything",
      "colour",
      "count",
      "nested",
      "owner",
    ]);
  });

  test.each<[string, Values, string]>([
    ["beside it in an object", { nested: { mode: unknownValue, seconds: 1.5 } }, "nested.seconds"],
    ["beside it in a list", { map: { a: [unknownValue, "x"] } }, "map.a[1]"],
    ["beside it in a map", { map: { a: unknownValue, b: ["x"] } }, "map.b[0]"],
    ["beside it, a name that there is not", { nested: { mode: unknownValue, more: 1 } }, "nested.more"],
    ["the name of it in a map", { map: { "a b": unknownValue } }, 'map["a b"]'],
    ["the name of a property that there is not", { more: unknownValue }, "more"],
    ["another field", { colour: unknownValue, count: 0 }, "count"],
  ])("hides nothing else: %s", async (_what, news, property) => {
    expect((await run({ ...right, ...news })).about).toEqual([property]);
  });

  test("does not take the place of a name that is derived", async () => {
    const { inputs, resource } = await run({ ...right, name: unknownValue });
    expect(inputs.name).toBe(unknownValue);
    expect(resource.drafts[0]?.unknown.has("name")).toBe(true);
  });

  test("may be what a resource adds: it is not judged either", async () => {
    const resource = sample({ computeInputs: () => ({ name: unknownValue }) });
    const { inputs, failures } = await run(right, { resource });
    expect([inputs.name, failures]).toEqual([unknownValue, []]);
    expect(resource.drafts[0]?.unknown.has("name")).toBe(true);
    expect(resource.drafts[0]?.known).not.toHaveProperty("name");
  });
});

describe("what is added", () => {
  test("comes after the program's own word, and a computed field is not the program's to say", async () => {
    const resource = sample({ computeInputs: () => ({ stamp: "ours" }) });
    expect((await run(right, { resource })).inputs.stamp).toBe("ours");
    expect((await run({ ...right, stamp: "theirs" })).failures).toEqual([
      { property: "stamp", reason: expect.stringContaining("there is no property of this name") },
    ]);
  });

  test("obeys the field's own rule: a resource's name need not be a name for the service", async () => {
    expect((await run({ ...right, owner: "shop/dev/Thing 1" })).failures).toEqual([
      { property: "name", reason: 'name must be small letters, and is "Thing 1"' },
    ]);
  });

  test("does not take the place of what is wrong", async () => {
    const { inputs, failures, resource } = await run({ ...right, name: "Wrong" });
    expect([inputs.name, failures.length]).toEqual(["Wrong", 1]);
    expect(resource.drafts[0]?.known).not.toHaveProperty("name");
  });

  test("has the resource's name in the program, whatever is in it", async () => {
    const names: string[] = [];
    const complete = (_context: unknown, { logicalName }: Seen) => {
      names.push(logicalName);
      return {};
    };
    const resource = sample({ computeInputs: complete });
    for (const owner of ["shop/dev/a", "shop/dev/a/b/c", "shop/dev/"])
      await run({ ...right, owner }, { resource });
    expect(names).toEqual(["a", "a/b/c", ""]);
  });

  test.each<[string, Values, Parts]>([
    ["a field is wrong", { count: 0 }, {}],
    ["a required field is missing", { count: undefined }, {}],
    ["a property is not there", { more: 1 }, {}],
    ["a rule is broken", {}, { validate: () => [{ property: "count", reason: "no" }] }],
    ["the live account objects", {}, { preflight: async () => [{ property: "count", reason: "no" }] }],
  ])(
    "goes back only where it is known, once %s: the engine would report an unknown value in place of the reason",
    async (_what, news, parts) => {
      const complete = () => ({ name: unknownValue, stamp: "known", anything: { a: [unknownValue] } });
      const resource = sample({ ...parts, computeInputs: complete });
      const { inputs, failures } = await run(
        { ...right, ...news },
        { resource, context: offline({ previewReads: true }) },
      );
      expect([failures.length, inputs.stamp, hasUnknown(inputs)]).toEqual([1, "known", false]);
      const { inputs: accepted } = await run(right, { resource: sample({ computeInputs: complete }) });
      expect(accepted).toMatchObject({ name: unknownValue, anything: { a: [unknownValue] } });
    },
  );

  test("leaves what the program sets as it is, once something is wrong", async () => {
    const complete = () => ({ name: unknownValue });
    const { inputs } = await run(
      { count: 0, name: "mine", colour: unknownValue },
      { resource: sample({ computeInputs: complete }) },
    );
    expect(inputs).toMatchObject({ count: 0, name: "mine", colour: unknownValue });
  });

  test("drops what Pulumi puts beside the inputs", async () => {
    const { inputs, failures } = await run({ ...right, __provider: "text", __defaults: [] });
    expect(Object.keys(inputs).filter((field) => field.startsWith("__"))).toEqual([]);
    expect(failures).toEqual([]);
  });
});

describe("the owner", () => {
  test("stays what it was when the resource got another name in the program", async () => {
    const { inputs } = await run(
      { ...right, owner: "shop/dev/renamed" },
      { olds: { owner: "shop/dev/first" } },
    );
    expect([inputs.owner, inputs.name]).toEqual(["shop/dev/first", "first"]);
  });

  test("is new where there was none", async () => {
    expect((await run(right, { olds: { count: 2 } })).inputs.owner).toBe("shop/dev/thing");
  });
});

describe("rules over several fields", () => {
  const complaining = (property: string) =>
    sample({ validate: () => [{ property, reason: "by the rules" }] });

  test("add their failures", async () => {
    expect((await run(right, { resource: complaining("count") })).failures).toEqual([
      { property: "count", reason: "by the rules" },
    ]);
  });

  test("say nothing more about a field that is wrong by itself", async () => {
    expect((await run({ count: 0 }, { resource: complaining("count") })).failures).toEqual([
      refusal("count", "must be at least 1"),
    ]);
  });

  test("conclude nothing from what is wrong: it was set, but to nothing usable", async () => {
    const { resource } = await run({ ...right, colour: "green", nested: { seconds: "x" } });
    expect(resource.drafts[0]?.unknown).toEqual(new Set(["colour", "nested"]));
    expect(resource.drafts[0]?.known).toEqual({ count: 1, name: "thing", owner: "shop/dev/thing" });
  });

  test("see the inputs of the last time", async () => {
    const { resource } = await run(right, { olds: { count: 7 } });
    expect(resource.drafts[0]?.oldInputs).toEqual({ count: 7 });
  });
});

describe("the live account", () => {
  const preview = () => offline({ previewReads: true });

  test("is asked when nothing is wrong and previews may read, with all that was added", async () => {
    const { resource } = await run(right, { context: preview() });
    expect(resource.observed.map(({ known }) => known.name)).toEqual(["thing"]);
  });

  test("is not asked when previews may not read", async () => {
    expect((await run(right)).resource.observed).toEqual([]);
  });

  test.each<[string, Values, Parts]>([
    ["a field is wrong", { count: 0 }, {}],
    ["a property is not there", { more: 1 }, {}],
    ["what was added is wrong", { owner: "shop/dev/A B" }, {}],
    ["a rule is broken", {}, { validate: () => [{ property: "count", reason: "no" }] }],
  ])("is not asked when %s", async (_what, news, parts) => {
    const { resource, failures } = await run(
      { ...right, ...news },
      { resource: sample(parts), context: preview() },
    );
    expect([resource.observed, failures.length]).toEqual([[], 1]);
  });

  test("adds what it objects to", async () => {
    const resource = sample({ preflight: async () => [{ property: "name", reason: "is taken" }] });
    expect((await run(right, { resource, context: preview() })).failures).toEqual([
      { property: "name", reason: "name is taken" },
    ]);
  });
});

describe.each(["edgekv:Database", "edgekv:Namespace", "edgekv:AccessToken"])("%s", (token) => {
  const resource = registry.get(token) as AnyResource;
  const fields = [
    ...Object.keys(resource.args.shape),
    ...Object.keys(resource.computed.shape),
    "__proto__",
    "constructor",
    "toString",
    "more",
  ];
  const leaf = fc.oneof(
    fc.constantFrom<unknown>(
      unknownValue,
      null,
      "",
      "r",
      "w",
      "US",
      "staging",
      "default",
      "scheduled",
      "__proto__",
      "2026-08-01",
      0,
      86_400,
      300,
      -1,
      1.5,
      true,
    ),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie("tree"), { maxLength: 4 }),
      fc.dictionary(
        fc.oneof(
          fc.string(),
          fc.constantFrom("mode", "afterSeconds", "days", "catalog", "__proto__", "constructor"),
        ),
        tie("tree"),
        { maxKeys: 4 },
      ),
    ),
  }));
  const wild = fc.dictionary(fc.oneof(fc.constantFrom(...fields), fc.string()), tree, { maxKeys: 8 });
  /** Inputs that are right more often than not. */
  const tame = fc.record(
    {
      name: fc.stringMatching(/^[a-z_][a-z0-9_-]{0,31}$/),
      network: fc.constantFrom("staging", "production"),
      groupId: fc.nat(),
      retentionInSeconds: fc.oneof(fc.constant(0), fc.integer({ min: 86_400, max: 315_360_000 })),
      geoLocation: fc.constantFrom("US", "EU"),
      restrictDataAccess: fc.boolean(),
      deletion: fc.oneof(
        fc.record({ mode: fc.constantFrom("scheduled", "immediate", "retain", "revoke") }),
        fc.constant(unknownValue),
      ),
      adopt: fc.boolean(),
      allowOnStaging: fc.boolean(),
      allowOnProduction: fc.constantFrom<unknown>(true, unknownValue),
      namespacePermissions: fc.dictionary(
        fc.stringMatching(/^[a-z_]{1,8}$/),
        fc.oneof(
          fc
            .subarray(["r", "w", "d"], { minLength: 1 })
            .chain((some) => fc.shuffledSubarray(some, { minLength: some.length })),
          fc.constant(unknownValue),
        ),
        { minKeys: 1, maxKeys: 4 },
      ),
      restrictToEdgeWorkerIds: fc.oneof(
        fc.array(fc.nat().map(String), { maxLength: 5 }),
        fc.constant(["all"]),
      ),
      expiry: fc.oneof(fc.record({ days: fc.integer({ min: 31, max: 180 }) }), fc.constant("2026-08-01")),
      renewBeforeDays: fc.integer({ min: 1, max: 30 }),
      refreshTriggers: fc.jsonValue(),
      dataAccessPolicy: fc.record({
        restrictDataAccess: fc.boolean(),
        allowNamespacePolicyOverride: fc.boolean(),
      }),
    },
    {
      requiredKeys: [
        "network",
        "groupId",
        "retentionInSeconds",
        "namespacePermissions",
        "allowOnStaging",
        "allowOnProduction",
      ],
    },
  );
  const own = tame.map((values) =>
    Object.fromEntries(Object.entries(values).filter(([field]) => Object.hasOwn(resource.args.shape, field))),
  );
  const withOwner = (values: Values) => ({ ...values, owner: "shop/dev/catalog" });

  /** A text may be the name of an EdgeWorker, which is looked up. */
  const noEdgeWorkers: HttpClient["send"] = async ({ path }) => {
    expect(path).toBe("/edgeworkers/v1/ids");
    return { as: (schema: z.ZodType) => schema.parse({ edgeWorkerIds: [] }) } as never;
  };

  test("never throws, whatever it is given", async () => {
    await fc.assert(
      fc.asyncProperty(wild, fc.oneof(fc.constant({}), own), async (news, olds) => {
        const { failures } = await check(offline({}, noEdgeWorkers), resource, olds, withOwner(news));
        for (const { property, reason } of failures)
          expect([typeof property, reason.length > 0]).toEqual(["string", true]);
      }),
      { numRuns: 300 },
    );
  });

  test("never throws on what is nearly right", async () => {
    await fc.assert(
      fc.asyncProperty(own, wild, async (values, more) => {
        await check(offline({}, noEdgeWorkers), resource, {}, withOwner({ ...values, ...more }));
      }),
      { numRuns: 300 },
    );
  });

  test("accepts again, unchanged, what it accepted", async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(own, async (values) => {
        const first = await check(offline(), resource, {}, withOwner(values));
        if (first.failures.length > 0) return;
        accepted += 1;
        // A program that sets all that was filled in means the same. It cannot set what only `check` adds.
        const explicit = Object.fromEntries(
          Object.entries(first.inputs).filter(
            ([field]) => field === "owner" || Object.hasOwn(resource.args.shape, field),
          ),
        );
        expect(await check(offline(), resource, {}, explicit)).toEqual(first);
        expect(await check(offline(), resource, first.inputs, explicit)).toEqual(first);
        expect(await check(offline(), resource, first.inputs, withOwner(values))).toEqual(first);
        expect(Object.values(first.inputs)).not.toContain(undefined);
      }),
      { numRuns: 200 },
    );
    expect(accepted).toBeGreaterThan(20);
  });
});

describe("what is refused, whatever its size", () => {
  const refused = async (news: Values) =>
    (await check(offline(), sample(), {}, { ...news, owner: "shop/dev/a" })).failures.map(
      ({ property, reason }) => `${property}: ${reason}`,
    );

  test("is reported in a few lines for each field", async () => {
    const map = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`k${index}`, ["r"]]));
    const reasons = await refused({ count: 0, map });
    expect(reasons).toHaveLength(12);
    expect(reasons).toContain("count: count must be at least 1, and is 0");
    expect(reasons).toContain("map: and 990 more failures like these");
  });

  test("is reported in a few characters", async () => {
    const [long = ""] = await refused({ count: 1, map: { ["1".repeat(1_000_000)]: ["r"] } });
    expect(long).toMatch(/^map: map\["111.* \(1000007 characters in all\) is no name$/);
    expect(long.length).toBeLessThan(500);
  });

  test("is reported once where it is nested too deep, or has too much in it, and no default takes its place", async () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(await refused({ count: 1, anything: deep })).toEqual([
      "anything: anything is nested more than 500 levels deep",
    ]);
    expect(await refused({ count: deep })).toEqual(["count: count is nested more than 500 levels deep"]);
    expect(await refused({ count: 1, anything: Array(150_000).fill(undefined) })).toEqual([
      "anything: anything has more than 100000 values in it",
    ]);
  });
});
