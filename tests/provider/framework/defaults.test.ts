import fc from "fast-check";
import { z } from "zod";
import { type Operations, operationsOf } from "../../../provider/adapter";
import { withDefaults, withoutFilled } from "../../../provider/framework/defaults";
import { diff } from "../../../provider/framework/diff";
import { type AnyResource, inputFields, replaces, updates } from "../../../provider/framework/resource";
import { hasUnknown, unknownValue } from "../../../provider/framework/unknown";
import { registry } from "../../../provider/registry";
import { offline, type Parts, resourceOf } from "./fakes";

type Values = Record<string, unknown>;

const mode = z.enum(["keep", "drop"]).default("keep");
const parts: Parts = {
  args: z.strictObject({
    name: replaces(z.string()),
    size: replaces(z.int().default(1)),
    flag: updates(z.boolean().default(false)),
    deletion: updates(z.strictObject({ mode, days: z.int().optional() }).prefault({})),
    nested: updates(z.strictObject({ deep: z.strictObject({ mode }).optional() }).optional()),
    list: updates(z.array(z.strictObject({ mode, text: z.string().optional() })).optional()),
    map: updates(z.record(z.string(), z.union([z.string(), z.strictObject({ mode })])).optional()),
    plain: updates(z.json().optional()),
    scaled: updates(
      z
        .int()
        .transform((n) => n * 1000)
        .default(5000),
    ),
  }),
  computed: z.object({ limit: updates(z.int().default(10)) }),
};
const resource = resourceOf(parts);
const full: Values = {
  name: "a",
  size: 1,
  flag: false,
  deletion: { mode: "keep" },
  nested: { deep: { mode: "keep" } },
  list: [{ mode: "keep" }, { mode: "drop" }],
  map: { a: "text", b: { mode: "keep" } },
  plain: { mode: "keep" },
  scaled: 5000,
  limit: 10,
  owner: "shop/dev/a",
};
const nothing = { changes: false, replaces: [], deleteBeforeReplace: false };
const compare = (old: Values, news: Values) => diff(offline(), resource, old, news);

describe("a field that is missing counts as its default", () => {
  test.each<[string, Values]>([
    ["at the top", { size: undefined, flag: undefined }],
    ["where it is null", { size: null }],
    ["as a whole object", { deletion: undefined }],
    ["inside an object", { deletion: {} }],
    ["deeper", { nested: { deep: {} } }],
    ["in the entries of a list", { list: [{}, { mode: "drop" }] }],
    ["in the values of a map", { map: { a: "text", b: {} } }],
    ["where its value is transformed", { scaled: undefined }],
    ["as a computed input", { limit: undefined }],
  ])("%s", async (_what, change) => {
    expect(await compare({ ...full, ...change }, full)).toEqual(nothing);
    expect(await compare(full, { ...full, ...change })).toEqual(nothing);
  });

  test("and a value other than the default is a change", async () => {
    const { size: _size, deletion: _deletion, limit: _limit, ...rest } = full;
    expect((await compare(rest, { ...full, size: 2 })).replaces).toEqual(["size"]);
    expect((await compare({ ...full, size: 2 }, rest)).replaces).toEqual(["size"]);
    expect((await compare(rest, { ...full, deletion: { mode: "drop" } })).changes).toBe(true);
    expect((await compare(rest, { ...full, limit: 11 })).changes).toBe(true);
    expect((await compare(rest, { ...full, deletion: { mode: "keep", days: 1 } })).changes).toBe(true);
  });

  test("but a field without a default does not, and nothing inside free JSON does", async () => {
    const { nested: _nested, plain: _plain, ...rest } = full;
    expect((await compare(rest, full)).changes).toBe(true);
    expect((await compare({ ...full, plain: {} }, full)).changes).toBe(true);
  });

  test("and an unknown value is never replaced by one", async () => {
    expect((await compare({ ...full, size: undefined }, { ...full, size: unknownValue })).replaces).toEqual([
      "size",
    ]);
    expect((await compare(full, { ...full, deletion: { mode: unknownValue } })).changes).toBe(true);
    expect(withDefaults(resource, { deletion: unknownValue, list: unknownValue })).toMatchObject({
      deletion: unknownValue,
      list: unknownValue,
    });
  });
});

describe("for any values", () => {
  const entry = fc.record({ mode: fc.constantFrom("keep", "drop"), text: fc.string() }, { requiredKeys: [] });
  const values = fc.record(
    {
      name: fc.string(),
      size: fc.oneof(fc.integer(), fc.constant(unknownValue), fc.string()),
      flag: fc.boolean(),
      deletion: fc.oneof(entry, fc.constant(unknownValue), fc.jsonValue()),
      list: fc.oneof(fc.array(entry), fc.jsonValue()),
      map: fc.oneof(fc.dictionary(fc.string(), fc.oneof(fc.string(), entry)), fc.jsonValue()),
      plain: fc.jsonValue(),
      limit: fc.integer(),
      other: fc.jsonValue(),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Values>;

  test("filling in twice is filling in once, and what is there stays", () => {
    fc.assert(
      fc.property(values, (some) => {
        const state = withoutNulls(some) as Values;
        const once = withDefaults(resource, state);
        expect(withDefaults(resource, once)).toEqual(once);
        expect(once).toMatchObject(state);
        expect(hasUnknown(once)).toBe(hasUnknown(state));
      }),
    );
  });

  test("a refresh that changes nothing leaves a state as it was", () => {
    fc.assert(
      fc.property(values, (some) => {
        const state = withoutNulls(some) as Values;
        expect(withoutFilled(resource, state, withDefaults(resource, state))).toEqual(state);
      }),
    );
  });
});

/** Absent and null mean the same in a state. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => (one === null ? "" : withoutNulls(one)));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(
    ([name, member]) => member !== null && member !== undefined && name !== "__proto__",
  );
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]));
}

describe("a state that is older than an argument", () => {
  const defaulted: [token: string, field: string, value: unknown][] = [...registry].flatMap(([token, one]) =>
    inputFields(one).flatMap((field): [string, string, unknown][] => {
      const value = withDefaults(one, {})[field];
      return value === undefined ? [] : [[token, field, value]];
    }),
  );
  const withoutDrift = (one: AnyResource): AnyResource => {
    const { hasDrift: _hasDrift, ...hooks } = one.diff;
    return { ...one, diff: hooks };
  };
  const registered = (token: string): AnyResource => {
    const one = registry.get(token);
    if (one === undefined) throw new Error(`there is no resource ${token}`);
    return one;
  };

  test("there are resources with such arguments", () => {
    expect(defaulted.map(([token, field]) => `${token} ${field}`)).toContain("edgekv:Namespace deletion");
    expect(defaulted.length).toBeGreaterThan(15);
  });

  test.each(defaulted)("%s: without `%s` it is the same as with %j", async (token, field) => {
    const one = withoutDrift(registered(token));
    const { [field]: _missing, ...state } = withDefaults(one, {});
    expect(await diff(offline(), one, state, withDefaults(one, {}))).toEqual(nothing);
  });

  test.each(defaulted.filter(([, , value]) => typeof value === "object"))(
    "%s: with an empty `%s` it is the same",
    async (token, field, value) => {
      if (Array.isArray(value)) return;
      const one = withoutDrift(registered(token));
      const members = Object.keys(value as object).filter((name) => {
        const { [name]: _missing, ...rest } = value as Values;
        return JSON.stringify(withDefaults(one, { [field]: rest })[field]) === JSON.stringify(value);
      });
      for (const name of members) {
        const { [name]: _missing, ...rest } = value as Values;
        const state = { ...withDefaults(one, {}), [field]: rest };
        expect(await diff(offline(), one, state, withDefaults(one, {}))).toEqual(nothing);
      }
    },
  );

  test("is read, updated and deleted as if it had the default, and a refresh adds nothing to it", async () => {
    const seen: Values[] = [];
    const see = async (state: Values) => {
      seen.push(state);
      return state;
    };
    const acting: Operations = operationsOf(
      resourceOf({
        ...parts,
        displayName: () => "sample",
        read: (_context, state) => see(state),
        update: async (_context, state, news) => ({ ...(await see(state)), ...news }),
        delete: async (_context, state) => void (await see(state)),
      }),
      Promise.resolve(offline()),
    );
    const old = { name: "a", owner: "shop/dev/a", nested: { deep: {} } };
    expect(await acting.read(old)).toEqual({ state: old, inputs: old });
    await acting.update(old, full);
    await acting.delete(old);
    const { list: _list, map: _map, plain: _plain, ...expected } = full;
    expect(seen).toEqual([expected, expected, expected]);
  });

  test("shows what somebody changed in the account", async () => {
    const acting = operationsOf(
      resourceOf({
        ...parts,
        displayName: () => "sample",
        read: async (_context, state) => ({ ...state, flag: true, size: 1 }),
      }),
      Promise.resolve(offline()),
    );
    expect(await acting.read({ name: "a", owner: "shop/dev/a" })).toMatchObject({
      inputs: { name: "a", owner: "shop/dev/a", flag: true },
    });
  });
});
