import { check } from "../../../provider/framework/check";
import type { AnyResource } from "../../../provider/framework/resource";
import { unknownValue } from "../../../provider/framework/unknown";
import { registry } from "../../../provider/registry";
import { offline } from "./fakes";

type Values = Record<string, unknown>;
const resource = registry.get("edgekv:Namespace") as AnyResource;
const right = {
  network: "production",
  groupId: 72_297,
  retentionInSeconds: 86_400,
  owner: "shop/dev/catalog",
};

async function run(news: Values, olds: Values = {}, context = offline()) {
  const { inputs, failures } = await check(context, resource, olds, { ...right, ...news });
  return {
    inputs,
    about: failures.map(({ property }) => property),
    reasons: failures.map(({ reason }) => reason).join("\n"),
  };
}

test("a namespace is named like the resource, is kept in the US and deleted three days after it is destroyed", async () => {
  expect(await run({})).toEqual({
    inputs: {
      ...right,
      name: "catalog",
      geoLocation: "US",
      deletion: { mode: "scheduled", afterSeconds: 259_200 },
      adopt: false,
      replaceDeletesData: false,
      moveDataOnReplace: false,
    },
    about: [],
    reasons: "",
  });
});

const longest = "x".repeat(32);
test.each<[string, Values]>([
  ["a name of one letter", { name: "a" }],
  ["a name of 32 letters", { name: longest }],
  ["a name of all kinds of letters", { name: "_aZ9-_" }],
  ["a name that begins with a digit", { name: "0" }],
  ["a name that only looks like default", { name: "Default" }],
  ["a retention of ever", { retentionInSeconds: 0 }],
  ["a retention of a day", { retentionInSeconds: 86_400 }],
  ["a retention of 3650 days", { retentionInSeconds: 315_360_000 }],
  ["all groups", { groupId: 0 }],
  ["the network staging", { network: "staging" }],
  ["staging in the US", { network: "staging", geoLocation: "US" }],
  ...["US", "EU", "JP", "GLOBAL"].map((geoLocation): [string, Values] => [
    `production in ${geoLocation}`,
    { geoLocation },
  ]),
  ["a policy of its own", { restrictDataAccess: false }],
  ["a delete after five minutes", { deletion: { mode: "scheduled", afterSeconds: 300 } }],
  ["a delete after three days", { deletion: { afterSeconds: 259_200 } }],
  ["a delete at once", { deletion: { mode: "immediate" } }],
  ["none", { deletion: { mode: "retain" } }],
  ["a location that is not known yet, on staging", { network: "staging", geoLocation: unknownValue }],
  ["a network that is not known yet", { network: unknownValue, geoLocation: "EU" }],
])("%s is right", async (_what, news) => {
  expect((await run(news)).about).toEqual([]);
});

test.each<[string, Values, string, RegExp]>([
  ["no name", { name: "" }, "name", /1 to 32/],
  ["a name of 33 letters", { name: `${longest}x` }, "name", /1 to 32/],
  ["a name that begins with -", { name: "-a" }, "name", /must not begin with -/],
  ["a name with other letters", { name: "caté" }, "name", /letters, digits/],
  ["a name with a line break", { name: "a\n" }, "name", /letters, digits/],
  ["Akamai's own", { name: "default" }, "name", /Akamai's own/],
  ["a resource that is called like Akamai's own", { owner: "shop/dev/default" }, "name", /Akamai's own/],
  [
    "a resource whose name is none for the service",
    { owner: "shop/dev/my catalog" },
    "name",
    /letters, digits/,
  ],
  ["no network", { network: undefined }, "network", /required.*staging/],
  ["another network", { network: "STAGING" }, "network", /staging/],
  ["no group", { groupId: undefined }, "groupId", /required/],
  ["a group below 0", { groupId: -1 }, "groupId", /negative/],
  ["half a group", { groupId: 1.5 }, "groupId", /whole/],
  ["a group as text", { groupId: "72297" }, "groupId", /whole/],
  ["no retention", { retentionInSeconds: undefined }, "retentionInSeconds", /required/],
  ["a retention of a second", { retentionInSeconds: 1 }, "retentionInSeconds", /86400/],
  ["a retention of a second less than a day", { retentionInSeconds: 86_399 }, "retentionInSeconds", /86400/],
  [
    "a retention of a second more than 3650 days",
    { retentionInSeconds: 315_360_001 },
    "retentionInSeconds",
    /315360000/,
  ],
  ["a retention below 0", { retentionInSeconds: -86_400 }, "retentionInSeconds", /86400/],
  ["a retention of half seconds", { retentionInSeconds: 86_400.5 }, "retentionInSeconds", /whole/],
  ["another location", { geoLocation: "us" }, "geoLocation", /US, EU, JP, GLOBAL/],
  ["staging elsewhere", { network: "staging", geoLocation: "EU" }, "geoLocation", /US on staging/],
  ["staging everywhere", { network: "staging", geoLocation: "GLOBAL" }, "geoLocation", /US on staging/],
  ["a policy as text", { restrictDataAccess: "true" }, "restrictDataAccess", /true or false/],
  ["another way to delete", { deletion: { mode: "keep" } }, "deletion.mode", /scheduled.*immediate.*retain/],
  [
    "a delete within its last five minutes",
    { deletion: { afterSeconds: 299 } },
    "deletion.afterSeconds",
    /300/,
  ],
  [
    "a delete after more than three days",
    { deletion: { afterSeconds: 259_201 } },
    "deletion.afterSeconds",
    /259200/,
  ],
  ["a delete after half seconds", { deletion: { afterSeconds: 300.5 } }, "deletion.afterSeconds", /whole/],
  [
    "a time for a delete at once",
    { deletion: { mode: "immediate", afterSeconds: 300 } },
    "deletion.afterSeconds",
    /only with mode `scheduled`/,
  ],
  [
    "a time for no delete",
    { deletion: { mode: "retain", afterSeconds: 300 } },
    "deletion.afterSeconds",
    /only with mode `scheduled`/,
  ],
  ["something else about deletion", { deletion: { after: 300 } }, "deletion.after", /no property/],
  ["adopt as text", { adopt: "yes" }, "adopt", /true or false/],
])("%s is refused, on that property", async (_what, news, property, reason) => {
  const { about, reasons } = await run(news);
  expect(about).toEqual([property.split(".")[0]]);
  expect(reasons).toMatch(reason);
});

test("what is derived stays when the resource is renamed in the program, and the program's own word goes before it", async () => {
  const olds = { ...right, name: "catalog" };
  expect((await run({ owner: "shop/dev/renamed" }, olds)).inputs.name).toBe("catalog");
  expect((await run({ owner: "shop/dev/renamed" })).inputs.name).toBe("renamed");
  expect((await run({ name: "own" })).inputs.name).toBe("own");
});

test("a schedule that the service reported is not carried over: it shows that `up` will cancel it", async () => {
  const { inputs } = await run(
    {},
    { ...right, name: "catalog", scheduledDeleteTime: "2026-03-05T00:00:00Z" },
  );
  expect(inputs).not.toHaveProperty("scheduledDeleteTime");
});

test("a time for a delete is filled in only where there is one", async () => {
  expect((await run({ deletion: { mode: "immediate" } })).inputs.deletion).toEqual({ mode: "immediate" });
  expect((await run({ deletion: { afterSeconds: 600 } })).inputs.deletion).toEqual({
    mode: "scheduled",
    afterSeconds: 600,
  });
});

describe("a change that takes the data with it", () => {
  const olds = {
    ...right,
    name: "catalog",
    geoLocation: "US",
    restrictDataAccess: true,
    deletion: { mode: "scheduled", afterSeconds: 259_200 },
  };
  const kept = { ...olds, deletion: { mode: "retain" } };
  const same = { name: "catalog", restrictDataAccess: true };
  const changes: [field: string, change: Values, samePlace: boolean][] = [
    ["name", { name: "other" }, false],
    ["network", { network: "staging" }, false],
    ["geoLocation", { geoLocation: "EU" }, true],
    ["restrictDataAccess", { restrictDataAccess: false }, true],
  ];

  test.each(changes)("is refused: %s", async (field, change) => {
    const { about, reasons } = await run({ ...same, ...change }, olds);
    expect(about).toEqual([field]);
    expect(reasons).toMatch(/replaceDeletesData: true.*mode: "retain"/s);
    expect(reasons).toContain("namespace catalog on production");
  });

  test.each(changes)("is what the program means when it says so: %s", async (_field, change) => {
    expect((await run({ ...same, ...change, replaceDeletesData: true }, olds)).about).toEqual([]);
  });

  test.each(changes)(
    "is no loss where the old one was to be retained and the new one is elsewhere: %s",
    async (field, change, samePlace) => {
      const { about, reasons } = await run({ ...same, ...change }, kept);
      expect(about).toEqual(samePlace ? [field] : []);
      if (samePlace) expect(reasons).toMatch(/name stays taken.*another name/);
    },
  );

  test("can't be meant where the old one stays in the place of the new one", async () => {
    expect((await run({ ...same, geoLocation: "EU", replaceDeletesData: true }, kept)).about).toEqual([
      "geoLocation",
    ]);
    expect((await run({ ...same, geoLocation: "EU", name: "other" }, kept)).about).toEqual([]);
  });

  test("is refused although the program retains from now on: the last run is what counts", async () => {
    expect((await run({ ...same, name: "other", deletion: { mode: "retain" } }, olds)).about).toEqual([
      "name",
    ]);
  });

  test("is not there when a namespace is made, or stays as it is, or only other things change", async () => {
    expect((await run({ ...same, geoLocation: "EU" })).about).toEqual([]);
    expect((await run(same, olds)).about).toEqual([]);
    expect(
      (
        await run(
          { ...same, retentionInSeconds: 0, groupId: 1, adopt: true, deletion: { mode: "retain" } },
          olds,
        )
      ).about,
    ).toEqual([]);
  });

  test("is not seen in what is not known yet", async () => {
    expect((await run({ ...same, name: unknownValue, network: unknownValue }, olds)).about).toEqual([]);
  });

  test("disappears where the policy is left to the database again", async () => {
    expect((await run({ name: "catalog" }, olds)).about).toEqual([]);
  });

  test("is refused too when the name was derived and is to be derived from now on", async () => {
    const { about } = await run({}, { ...olds, name: "of-old" });
    expect(about).toEqual(["name"]);
  });
});

describe("the access group that both networks share", () => {
  test("must be the same where one program declares both", async () => {
    const context = offline();
    expect((await run({ network: "staging" }, {}, context)).about).toEqual([]);
    const { about, reasons } = await run({ groupId: 1 }, {}, context);
    expect(about).toEqual(["groupId"]);
    expect(reasons).toContain("staging has 72297");
    expect((await run({}, {}, context)).about).toEqual([]);
    expect((await run({ name: "another", groupId: 1 }, {}, context)).about).toEqual([]);
  });

  test("may change for both at once, and is checked twice for one that is replaced", async () => {
    const context = offline();
    for (const network of ["staging", "production", "staging"]) {
      expect(
        (await run({ network, groupId: 1 }, { ...right, network, name: "catalog", groupId: 2 }, context))
          .about,
      ).toEqual([]);
    }
  });
});
