import fc from "fast-check";
import { check } from "../../../provider/framework/check";
import { diff } from "../../../provider/framework/diff";
import type { AnyResource } from "../../../provider/framework/resource";
import { unknownValue } from "../../../provider/framework/unknown";
import { registry } from "../../../provider/registry";
import { daysUntil, nextExpiry } from "../../../provider/resources/edgekv/accessToken/identity";
import { type FakeContext, now, offline } from "./fakes";

type Values = Record<string, unknown>;
const resource = registry.get("edgekv:AccessToken") as AnyResource;
const right = { allowOnStaging: true, namespacePermissions: { catalog: ["r"] }, owner: "shop/dev/reader" };
const dayMs = 86_400_000;
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const inDays = (days: number) => dayOf(now + days * dayMs);

async function run(news: Values, olds: Values = {}, context: FakeContext = offline()) {
  const { inputs, failures } = await check(context, resource, olds, { ...right, ...news });
  return {
    inputs,
    about: failures.map(({ property }) => property),
    reasons: failures.map(({ reason }) => reason).join("\n"),
    messages: context.messages,
  };
}
const named = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`ns${i}`, ["r"]]));

test("a token is for one network, revoked when it is destroyed, and has a name of its own", async () => {
  const { inputs, about } = await run({});
  expect(about).toEqual([]);
  expect(inputs).toEqual({
    ...right,
    allowOnProduction: false,
    adopt: false,
    deletion: { mode: "revoke" },
    name: expect.stringMatching(/^reader-[0-9a-f]{10}$/),
  });
});

test.each<[string, Values]>([
  ["a name of one letter", { name: "a" }],
  ["a name of 32 letters", { name: "-".repeat(32) }],
  ["both networks", { allowOnProduction: true }],
  ["production only", { allowOnStaging: false, allowOnProduction: true }],
  ["20 namespaces", { namespacePermissions: named(20) }],
  ["Akamai's own namespace", { namespacePermissions: { default: ["r", "w", "d"] } }],
  [
    "namespaces that are called like what every object has",
    { namespacePermissions: { constructor: ["r"], toString: ["w"] } },
  ],
  ["8 EdgeWorkers", { restrictToEdgeWorkerIds: Array.from({ length: 8 }, (_, i) => String(i + 1)) }],
  ["an end in a day", { expiry: inDays(1) }],
  ["an end in 180 days", { expiry: inDays(180) }],
  ["a life of one day", { expiry: { days: 1 } }],
  ["a life of 180 days", { expiry: { days: 180 } }],
  ["a renewal on the last day but one", { expiry: { days: 2 }, renewBeforeDays: 1 }],
  ["a renewal of the longest kind", { expiry: { days: 180 }, renewBeforeDays: 179 }],
  ["networks that are not known yet", { allowOnStaging: unknownValue }],
  [
    "a network that is not known yet beside one that is not",
    { allowOnStaging: false, allowOnProduction: unknownValue },
  ],
  ["a renewal of what is not known yet", { expiry: unknownValue, renewBeforeDays: 10 }],
  ["anything to refresh on", { refreshTriggers: { a: [1, null, "x"] } }],
])("%s is right", async (_what, news) => {
  expect((await run(news)).about).toEqual([]);
});

test.each<[string, Values, string, RegExp]>([
  ["no name", { name: "" }, "name", /1 to 32/],
  ["a name of 33 letters", { name: "a".repeat(33) }, "name", /1 to 32/],
  ["a name with a dot", { name: "a.b" }, "name", /letters, digits/],
  ["no network", { allowOnStaging: false }, "allowOnStaging", /one network/],
  ["no network", { allowOnStaging: undefined }, "allowOnStaging", /one network/],
  ["a network as text", { allowOnProduction: "yes" }, "allowOnProduction", /true or false/],
  ["no permissions", { namespacePermissions: undefined }, "namespacePermissions", /required/],
  ["no namespace", { namespacePermissions: {} }, "namespacePermissions", /at least one/],
  ["21 namespaces", { namespacePermissions: named(21) }, "namespacePermissions", /20/],
  [
    "a namespace that can't be one",
    { namespacePermissions: { "-a": ["r"] } },
    "namespacePermissions.-a",
    /not the name of a namespace/,
  ],
  [
    "a namespace of 33 letters",
    { namespacePermissions: { ["a".repeat(33)]: ["r"] } },
    `namespacePermissions.${"a".repeat(33)}`,
    /1 to 32/,
  ],
  [
    "nothing to be allowed",
    { namespacePermissions: { catalog: [] } },
    "namespacePermissions.catalog",
    /r, w, d/,
  ],
  [
    "another letter",
    { namespacePermissions: { catalog: ["x"] } },
    "namespacePermissions.catalog.0",
    /r, w or d/,
  ],
  [
    "a capital letter",
    { namespacePermissions: { catalog: ["r", "W"] } },
    "namespacePermissions.catalog.1",
    /r, w or d/,
  ],
  [
    "a letter twice",
    { namespacePermissions: { catalog: ["r", "w", "r"] } },
    "namespacePermissions.catalog",
    /twice/,
  ],
  ["letters in one word", { namespacePermissions: { catalog: "rw" } }, "namespacePermissions.catalog", /./],
  [
    "9 EdgeWorkers",
    { restrictToEdgeWorkerIds: Array.from({ length: 9 }, (_, i) => String(i + 1)) },
    "restrictToEdgeWorkerIds",
    /8/,
  ],
  ["an EdgeWorker without a name", { restrictToEdgeWorkerIds: [" "] }, "restrictToEdgeWorkerIds.0", /digits/],
  [
    "an EdgeWorker as half a number",
    { restrictToEdgeWorkerIds: ["1", 2.5] },
    "restrictToEdgeWorkerIds.1",
    /whole number/,
  ],
  ["all and one more", { restrictToEdgeWorkerIds: ["all", "1"] }, "restrictToEdgeWorkerIds", /alone/],
  ["an end today", { expiry: inDays(0) }, "expiry", /one day ahead/],
  ["an end in the past", { expiry: "2020-01-01" }, "expiry", /one day ahead/],
  ["an end in more than six months", { expiry: inDays(187) }, "expiry", /six months/],
  ["an end that is no day", { expiry: "2026-02-30" }, "expiry", /./],
  ["an end with a time", { expiry: "2026-06-01T00:00:00Z" }, "expiry", /./],
  ["a life of no day", { expiry: { days: 0 } }, "expiry.days", /./],
  ["a life of 181 days", { expiry: { days: 181 } }, "expiry.days", /./],
  ["a renewal without an end", { renewBeforeDays: 10 }, "renewBeforeDays", /needs `expiry`/],
  [
    "a renewal on the day it is made",
    { expiry: { days: 10 }, renewBeforeDays: 10 },
    "renewBeforeDays",
    /less than the 10 days/,
  ],
  ["a renewal on no day", { expiry: { days: 10 }, renewBeforeDays: 0 }, "renewBeforeDays", /at least 1/],
  ["another way to delete", { deletion: { mode: "scheduled" } }, "deletion.mode", /revoke/],
])("%s is refused, on that property", async (_what, news, property, reason) => {
  const { about, reasons } = await run(news);
  expect(about).toEqual([property.split(".")[0]]);
  expect(reasons).toMatch(reason);
});

test("an end that was right when the token was made is not judged again", async () => {
  const olds = (await run({ expiry: inDays(5) })).inputs;
  const context = offline();
  context.clock.turn(10 * dayMs);
  expect((await run({ expiry: inDays(5) }, olds, context)).about).toEqual([]);
});

describe("what means the same comes out the same", () => {
  test.each([[["d", "w", "r"]], [["w", "d", "r"]], [["r", "w", "d"]]])(
    "permissions are a set: %j",
    async (letters) => {
      expect((await run({ namespacePermissions: { catalog: letters } })).inputs.namespacePermissions).toEqual(
        { catalog: ["r", "w", "d"] },
      );
    },
  );

  test.each([[undefined], [null], [[]], [["all"]]])(
    "any EdgeWorker is no restriction: %j",
    async (restrictToEdgeWorkerIds) => {
      const { inputs } = await run({ restrictToEdgeWorkerIds });
      expect(inputs).not.toHaveProperty("restrictToEdgeWorkerIds");
      expect(inputs.name).toBe((await run({})).inputs.name);
    },
  );

  test("EdgeWorkers are a set", async () => {
    expect(
      (await run({ restrictToEdgeWorkerIds: ["20", "3", "20"] })).inputs.restrictToEdgeWorkerIds,
    ).toEqual(["20", "3"]);
  });
});

describe("the name that is derived", () => {
  const nameOf = async (news: Values, olds: Values = {}) => String((await run(news, olds)).inputs.name);

  test("is the same for the same content in any order", async () => {
    const one = await nameOf({
      namespacePermissions: { a: ["r", "w"], b: ["d"] },
      restrictToEdgeWorkerIds: ["1", "2"],
    });
    expect(
      await nameOf({
        namespacePermissions: { b: ["d"], a: ["w", "r"] },
        restrictToEdgeWorkerIds: ["2", "1"],
      }),
    ).toBe(one);
  });

  test.each<[string, Values]>([
    ["another network", { allowOnProduction: true }],
    ["another namespace", { namespacePermissions: { catalog: ["r"], more: ["r"] } }],
    ["another permission", { namespacePermissions: { catalog: ["r", "w"] } }],
    ["an EdgeWorker", { restrictToEdgeWorkerIds: ["1"] }],
    ["an end", { expiry: inDays(90) }],
    ["another project", { owner: "shop2/dev/reader" }],
    ["another stack", { owner: "shop/prod/reader" }],
    ["another resource", { owner: "shop/dev/reader2" }],
  ])("is new for %s", async (_what, news) => {
    expect(await nameOf(news)).not.toBe(await nameOf({}));
  });

  test.each<[string, Values]>([
    ["what is done when it goes", { deletion: { mode: "retain" } }],
    ["what it is refreshed on", { refreshTriggers: 2 }],
    ["when it is renewed", { expiry: { days: 90 }, renewBeforeDays: 3 }],
  ])("is the same for %s", async (_what, news) => {
    const base = "expiry" in news ? { expiry: { days: 90 } } : {};
    expect(await nameOf(news)).toBe(await nameOf(base));
  });

  test("stays when the resource is renamed in the program", async () => {
    const olds = (await run({})).inputs;
    expect(await nameOf({ owner: "shop/dev/renamed" }, olds)).toBe(olds.name);
  });

  test.each([
    "allowOnStaging",
    "allowOnProduction",
    "namespacePermissions",
    "restrictToEdgeWorkerIds",
    "expiry",
  ])("is not known before %s is", async (field) => {
    expect(
      await nameOf({
        [field]: field === "namespacePermissions" ? { catalog: ["r", unknownValue] } : unknownValue,
      }),
    ).toBe(unknownValue);
  });

  test("is known although what it is refreshed on is not", async () => {
    expect(await nameOf({ refreshTriggers: unknownValue })).toBe(await nameOf({}));
  });

  test("is a name for the service, whatever the resource is called", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.string({ unit: "grapheme" })), async (logicalName) => {
        const { inputs, about } = await run({ owner: `shop/dev/${logicalName}` });
        expect(about).toEqual([]);
        expect(inputs.name).toMatch(/^[A-Za-z0-9_-]{1,32}$/);
      }),
    );
  });

  test("stays out of the way of a name of the program's own", async () => {
    expect(await nameOf({ name: "mine", allowOnProduction: true })).toBe("mine");
    expect(await nameOf({ name: unknownValue })).toBe(unknownValue);
  });

  test("never changes from one version of this package to the next", async () => {
    const content = {
      namespacePermissions: { default: ["d", "r"], catalog: ["r"] },
      restrictToEdgeWorkerIds: ["7", "12"],
      expiry: "2026-06-01",
    };
    expect([await nameOf({}), await nameOf(content)]).toMatchInlineSnapshot(`
[
  "reader-3f4c154e23",
  "reader-be2b07dbf3",
]
`);
  });
});

describe("the end that is asked for", () => {
  const life = { expiry: { days: 90 } };
  const later = (days: number) => {
    const context = offline();
    context.clock.turn(days * dayMs);
    return context;
  };
  const end = async (news: Values, olds: Values = {}, days = 0) =>
    (await run(news, olds, later(days))).inputs.requestedExpiry;

  test("is the day that is set, or so many days from the first day", async () => {
    expect(await end({ expiry: "2026-06-01" })).toBe("2026-06-01");
    expect(await end(life)).toBe(inDays(90));
    expect(await end({})).toBeUndefined();
    expect(await end({ expiry: unknownValue })).toBe(unknownValue);
  });

  test("is not the program's to say", async () => {
    expect(await end({ requestedExpiry: "2030-01-01" })).toBeUndefined();
  });

  test("stays as the days go by, even past it", async () => {
    const { inputs } = await run(life);
    for (const days of [1, 60, 89, 90, 200]) expect(await end(life, inputs, days)).toBe(inDays(90));
  });

  test("is chosen anew when another one is set", async () => {
    const { inputs } = await run(life);
    expect(await end({ expiry: { days: 30 } }, inputs, 5)).toBe(inDays(35));
    expect(await end({ expiry: "2026-06-01" }, inputs, 5)).toBe("2026-06-01");
  });

  test("moves on when a renewal is due, and the preview says so", async () => {
    const renewed = { ...life, renewBeforeDays: 10 };
    const { inputs } = await run(renewed);
    expect(await end(renewed, inputs, 79)).toBe(inDays(90));
    const { inputs: next, messages } = await run(renewed, inputs, later(80));
    expect(next.requestedExpiry).toBe(inDays(170));
    expect(next.name).not.toBe(inputs.name);
    expect(messages.join()).toMatch(/within 10 days: `up` replaces it/);
  });

  test.each<[string, Values]>([
    ["a life", { expiry: { days: 90 }, renewBeforeDays: 10 }],
    ["a day", { expiry: inDays(90), renewBeforeDays: 10 }],
  ])(
    "of a token that is renewed is the same when the engine checks it again as a new one: %s",
    async (_what, news) => {
      const { inputs } = await run(news);
      const context = later(85);
      const { inputs: first } = await run(news, inputs, context);
      const state = { ...inputs, tokenActivationStatus: "COMPLETE", reference: "uuid" };
      expect((await diff(context, resource, state, first)).replaces.sort()).toEqual([
        "name",
        "requestedExpiry",
      ]);
      const { inputs: again, about } = await run(news, {}, context);
      expect(about).toEqual([]);
      expect(again).toEqual(first);
      expect(again.name).not.toBe(inputs.name);
    },
  );
});

describe("the next end", () => {
  test.each<[end: string, life: number, renewBefore: number, today: string, next: string]>([
    ["2026-06-01", 90, 10, "2026-05-21", "2026-06-01"],
    ["2026-06-01", 90, 10, "2026-05-22", "2026-08-20"],
    ["2026-06-01", 90, 10, "2026-06-01", "2026-08-20"],
    ["2026-06-01", 90, 10, "2026-08-09", "2026-08-20"],
    ["2026-06-01", 90, 10, "2026-08-10", "2026-11-08"],
    ["2026-06-01", 180, 179, "2026-06-02", "2026-11-29"],
    ["2026-06-01", 2, 1, "2026-06-01", "2026-06-03"],
  ])(
    "of %s with a life of %i days, renewed %i days before, is on %s: %s",
    (end, life, renewBefore, today, next) => {
      expect(nextExpiry(end, life, renewBefore, Date.parse(`${today}T15:00:00Z`))).toBe(next);
    },
  );

  test("is never past, never due, never further than a life, and the same for every run until it is due itself", () => {
    const lives = fc
      .integer({ min: 2, max: 180 })
      .chain((life) =>
        fc.record({ life: fc.constant(life), renewBefore: fc.integer({ min: 1, max: life - 1 }) }),
      );
    fc.assert(
      fc.property(
        lives,
        fc.integer({ min: -1000, max: 180 }),
        fc.nat({ max: 400 }),
        fc.nat({ max: dayMs - 1 }),
        ({ life, renewBefore }, offset, day, ms) => {
          const midnight = Date.parse("2026-03-04T00:00:00Z");
          const end = dayOf(midnight + Math.min(offset, life) * dayMs);
          const today = midnight + day * dayMs + ms;
          const next = nextExpiry(end, life, renewBefore, today);
          expect(daysUntil(next, today)).toBeGreaterThan(renewBefore);
          expect(daysUntil(next, today)).toBeLessThanOrEqual(life);
          expect(nextExpiry(end, life, renewBefore, midnight + day * dayMs)).toBe(next);
          expect(nextExpiry(next, life, renewBefore, today)).toBe(next);
          const lastDay = Date.parse(next) - (renewBefore + 1) * dayMs;
          expect(nextExpiry(end, life, renewBefore, lastDay)).toBe(next);
          expect(nextExpiry(end, life, renewBefore, lastDay + dayMs)).not.toBe(next);
        },
      ),
      { numRuns: 500 },
    );
  });
});
