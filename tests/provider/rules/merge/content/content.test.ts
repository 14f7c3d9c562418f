import type { Element, Rule } from "../../../../../provider/api/property/ruleTree";
import type { Detail } from "../../../../../provider/rules/changes";
import { readBack } from "../../../../../provider/rules/merge/readBack";
import type { OwnedRule } from "../../../../../provider/rules/ownedRule";
import {
  asLive,
  at,
  caching,
  edgeWorker,
  element,
  live,
  merged,
  owner,
  path,
  root,
  sent,
  wanted,
} from "../trees";

const served = { createEdgeWorker: "", resourceTier: "", mPulse: false };
const rule = (content: Partial<Rule> = {}): OwnedRule =>
  wanted("Catalog", {}, { criteria: [path("/catalog/*")], ...content });
const behaves = (...behaviors: Element[]) => rule({ behaviors });
/** As Akamai's people put it there. */
const locked = (one: Element): Element => ({ ...one, locked: true });
const advanced = (xml: string) =>
  element("advanced", { xml, description: "by Akamai" }, { uuid: `uuid-of-${xml}` });

/** What becomes of our rule, and of what a refresh sees of it; merging again must change nothing. */
function update(before: Rule, next: OwnedRule, last?: OwnedRule) {
  const tree = root(live("Sites"), before);
  const text = JSON.stringify(tree);
  const {
    tree: result,
    changes,
    remarks,
    problems,
  } = merged(tree, [next], { last: last === undefined ? [] : [last] });
  expect([problems, JSON.stringify(tree)]).toEqual([[], text]);
  const again = merged(sent(result), [next], { last: [next] });
  expect([again.changes, again.tree]).toEqual([[], result]);
  const details: readonly Detail[] = changes.flatMap((change) => change.details);
  const seen = readBack({ owner, live: result, last: [next], uuids: {} })[0]?.rule;
  if (changes.length === 0) expect(result).toBe(tree);
  return {
    rule: result.children?.[1] as Rule,
    details,
    remarks,
    seen,
    list: (result.children?.[1]?.behaviors ?? []).map(({ name }) => name),
  };
}

describe("members of a rule", () => {
  test("that the service or others added stay", () => {
    const last = behaves(edgeWorker("1"));
    const added = {
      options: { x: 1 },
      variables: [],
      customOverride: { name: "a", overrideId: "b" },
      advancedOverride: "<a/>",
      templateUuid: "t",
    };
    const before = asLive(last, { ...added, behaviors: [edgeWorker("1", served)] });
    const { rule: after, details, seen } = update(before, behaves(edgeWorker("2")), last);
    expect(after).toEqual({ ...before, behaviors: [edgeWorker("2", served)] });
    expect(details).toEqual([{ at: "behaviors.edgeWorker.options.edgeWorkerId", live: "1", wanted: "2" }]);
    expect(seen).toEqual(behaves(edgeWorker("2")).rule);
  });

  test("that the program has no more go, and those that it has new come", () => {
    const last = rule({ customOverride: { name: "a", overrideId: "b" }, note: 1 });
    const next = rule({ note: 2, more: { a: 1 } });
    const { rule: after, details } = update(asLive(last, { kept: true }), next, last);
    expect(after).toMatchObject({ note: 2, more: { a: 1 }, kept: true });
    expect(after).not.toHaveProperty("customOverride");
    expect(details.map(({ at }) => at)).toEqual(["note", "more", "customOverride"]);
  });

  test("that the program never had are not its own", () => {
    const before = asLive(rule(), { customOverride: { name: "a", overrideId: "b" } });
    expect(update(before, rule(), rule()).rule).toBe(before);
  });

  test("of any name are kept", () => {
    const strange = JSON.parse('{"__proto__":{"a":1},"constructor":{"b":2}}') as object;
    const last = behaves(edgeWorker("1"));
    const before = {
      ...asLive(last),
      ...strange,
      behaviors: [{ ...edgeWorker("1"), ...strange, options: { ...edgeWorker("1").options, ...strange } }],
    };
    const { rule: after } = update(before, behaves(edgeWorker("2")), last);
    expect(JSON.stringify(after)).toBe(
      JSON.stringify(before).replace('"edgeWorkerId":"1"', '"edgeWorkerId":"2"'),
    );
    expect(Object.getPrototypeOf(after)).toBe(Object.prototype);
  });

  test("of any name can be wanted", () => {
    const strange = JSON.parse('{"__proto__":{"a":1}}') as Record<string, unknown>;
    const { rule: after, seen } = update(asLive(rule()), behaves(element("a", strange)), rule());
    expect(JSON.stringify(after.behaviors)).toBe('[{"name":"a","options":{"__proto__":{"a":1}}}]');
    expect(JSON.stringify(seen?.behaviors)).toBe('[{"name":"a","options":{"__proto__":{"a":1}}}]');
  });

  test("do not include the uuid and what is below", () => {
    const odd = rule({ uuid: "another", children: [live("Not here")] });
    const before = asLive(rule(), {}, [live("Below")]);
    expect(update(before, odd, odd).rule).toBe(before);
    expect(at(merged(root(), [odd]).tree, "Catalog")).toEqual(rule().rule);
  });

  test("a name that somebody changed comes back", () => {
    const { rule: after, details } = update(asLive(rule(), { name: "Other" }), rule(), rule());
    expect([after.name, details]).toEqual([
      "Catalog",
      [{ at: "name", live: "Other", wanted: "Catalog", last: { value: "Catalog" } }],
    ]);
  });

  test.each<[string, Rule["criteriaMustSatisfy"], Rule["criteriaMustSatisfy"], boolean]>([
    ["absent and all", undefined, "all", false],
    ["all and absent", "all", undefined, false],
    ["any and any", "any", "any", false],
    ["any and absent", "any", undefined, true],
    ["any and all", "any", "all", true],
    ["absent and any", undefined, "any", true],
  ])("criteriaMustSatisfy: %s", (_what, is, wants, changed) => {
    const { criteriaMustSatisfy: _, ...before } = asLive(rule());
    const next = rule({ ...(wants !== undefined && { criteriaMustSatisfy: wants }) });
    const {
      details,
      seen,
      rule: after,
    } = update({ ...before, ...(is !== undefined && { criteriaMustSatisfy: is }) }, next, next);
    const expected = {
      at: "criteriaMustSatisfy",
      live: is,
      wanted: wants ?? "all",
      last: { value: wants ?? "all" },
    };
    expect(details).toEqual(changed ? [expected] : []);
    expect([seen, after.criteriaMustSatisfy ?? "all"]).toEqual([next.rule, wants ?? "all"]);
  });

  test("white space at the end of comments is no difference", () => {
    const before = asLive(rule(), { comments: `${rule().rule.comments} \n` });
    const { rule: after, seen } = update(before, rule(), rule());
    expect([after, seen]).toEqual([before, rule().rule]);
  });

  test("comments that somebody changed come back", () => {
    const last = rule({ comments: "Ask us" });
    const mark = last.marker;
    const { details } = update(
      asLive(last, { comments: `Ask nobody ${mark}` }),
      rule({ comments: "Ask them" }),
      last,
    );
    expect(details).toEqual([
      {
        at: "comments",
        live: `Ask nobody ${mark}`,
        wanted: `Ask them ${mark}`,
        last: { value: `Ask us ${mark}` },
      },
    ]);
  });

  test("lists that are empty and lists that are not there are the same", () => {
    const { criteria: _, ...before } = asLive(rule());
    const empty = wanted("Catalog", {}, { criteria: [] });
    expect(update(before, empty, empty).rule).toBe(before);
    const { criteria: __, ...content } = empty.rule;
    const none = { ...empty, rule: content };
    const there = asLive(empty);
    const { rule: after, seen } = update(there, none, none);
    expect([after, seen]).toEqual([there, none.rule]);
  });
});

describe("criteria and behaviors", () => {
  const last = behaves(edgeWorker("1"), caching("1d"), caching("2d"));
  const full = () => asLive(last, { behaviors: [edgeWorker("1", served), caching("1d"), caching("2d")] });

  test.each<[string, Element[], OwnedRule, string[], string[]]>([
    [
      "added by somebody else goes",
      [edgeWorker("1"), element("gzip"), caching("1d"), caching("2d")],
      last,
      ["edgeWorker", "caching", "caching"],
      ["behaviors.gzip"],
    ],
    [
      "removed by somebody else comes back",
      [caching("1d"), caching("2d")],
      last,
      ["edgeWorker", "caching", "caching"],
      ["behaviors.edgeWorker"],
    ],
    [
      "put in another order goes back",
      [caching("1d"), edgeWorker("1"), caching("2d")],
      last,
      ["edgeWorker", "caching", "caching"],
      ["behaviors"],
    ],
    [
      "not wanted any more goes",
      [edgeWorker("1"), caching("1d"), caching("2d")],
      behaves(caching("1d")),
      ["caching"],
      ["behaviors.edgeWorker", "behaviors.caching[1]"],
    ],
    [
      "wanted in another order goes there",
      [edgeWorker("1"), caching("1d"), caching("2d")],
      behaves(caching("1d"), edgeWorker("1"), caching("2d")),
      ["caching", "edgeWorker", "caching"],
      ["behaviors"],
    ],
    [
      "changed, the second of its name",
      [edgeWorker("1"), caching("1d"), caching("2d")],
      behaves(edgeWorker("1"), caching("1d"), caching("3d")),
      ["edgeWorker", "caching", "caching"],
      ["behaviors.caching[1].options.ttl"],
    ],
    [
      "all gone by somebody else",
      [],
      last,
      ["edgeWorker", "caching", "caching"],
      ["behaviors.edgeWorker", "behaviors.caching", "behaviors.caching[1]"],
    ],
  ])("what is %s", (_what, behaviors, next, expected, ats) => {
    const { list, details, seen } = update(asLive(last, { behaviors }), next, last);
    expect(list).toEqual(expected);
    expect(details.map(({ at }) => at)).toEqual(ats);
    expect(seen).toEqual(next.rule);
  });

  test("of the same name belong together by their order", () => {
    const { rule: after } = update(full(), behaves(caching("1d"), edgeWorker("1"), caching("5d")), last);
    expect(after.behaviors).toEqual([caching("1d"), edgeWorker("1", served), caching("5d")]);
  });

  test("keep members of others beside their options", () => {
    const before = asLive(last, { behaviors: [{ ...edgeWorker("1"), templateUuid: "t" }] });
    const { rule: after } = update(before, behaves(edgeWorker("2")), last);
    expect(after.behaviors).toEqual([{ ...edgeWorker("2"), templateUuid: "t" }]);
  });

  test("both sides of a drift are reported, and nothing of the service's defaults", () => {
    const before = asLive(last, {
      behaviors: [
        edgeWorker("1", { ...served, enabled: false }),
        element("gzip", { behavior: "ALWAYS" }),
        caching("1d"),
      ],
    });
    const next = behaves(edgeWorker("2", { resourceTier: "100" }), caching("1d"), caching("2d"));
    expect(update(before, next, last).details).toEqual([
      { at: "behaviors.edgeWorker.options.enabled", live: false, wanted: true, last: { value: true } },
      { at: "behaviors.edgeWorker.options.edgeWorkerId", live: "1", wanted: "2" },
      { at: "behaviors.edgeWorker.options.resourceTier", live: "", wanted: "100" },
      {
        at: "behaviors.caching[1]",
        live: undefined,
        wanted: caching("2d").options,
        last: { value: caching("2d").options },
      },
      { at: "behaviors.gzip", live: { behavior: "ALWAYS" }, wanted: undefined, last: { value: undefined } },
    ]);
  });

  test("a refresh sees what others changed, added, removed and put in another order, and no more", () => {
    const tree = root(
      asLive(last, {
        behaviors: [
          caching("9d"),
          element("gzip", { a: 1 }, { x: 1 }),
          edgeWorker("7", served),
          advanced("x"),
        ],
      }),
    );
    expect(readBack({ owner, live: tree, last: [last], uuids: {} })).toEqual([
      {
        ...last,
        rule: {
          ...last.rule,
          behaviors: [caching("9d"), element("gzip", { a: 1 }, { x: 1 }), edgeWorker("7")],
        },
      },
    ]);
  });

  test("a refresh sees a mark that somebody took away, a new name and another way to match", () => {
    const { comments: _, ...before } = asLive(last, { name: "Other", criteriaMustSatisfy: "any" });
    const { comments: __, ...expected } = { ...last.rule, name: "Other", criteriaMustSatisfy: "any" };
    expect(
      readBack({ owner, live: root(before), last: [last], uuids: { Catalog: before.uuid ?? "" } }),
    ).toEqual([{ ...last, rule: expected }]);
  });
});

describe("what only Akamai may write", () => {
  const last = behaves(edgeWorker("1"), caching("1d"));

  test.each<[string, Element[], OwnedRule, string[]]>([
    [
      "at the front",
      [advanced("x"), edgeWorker("1"), caching("1d")],
      last,
      ["advanced", "edgeWorker", "caching"],
    ],
    ["between", [edgeWorker("1"), advanced("x"), caching("1d")], last, ["edgeWorker", "advanced", "caching"]],
    [
      "at the end",
      [edgeWorker("1"), caching("1d"), locked(element("gzip"))],
      last,
      ["edgeWorker", "caching", "gzip"],
    ],
    [
      "behind what it was behind",
      [edgeWorker("1"), advanced("x"), caching("1d")],
      behaves(caching("1d"), edgeWorker("1")),
      ["caching", "edgeWorker", "advanced"],
    ],
    [
      "behind the nearest that stays",
      [edgeWorker("1"), caching("1d"), advanced("x")],
      behaves(edgeWorker("1")),
      ["edgeWorker", "advanced"],
    ],
    [
      "in the order that it has",
      [edgeWorker("1"), advanced("x"), caching("1d"), locked(element("gzip"))],
      behaves(caching("1d"), edgeWorker("1")),
      ["caching", "edgeWorker", "advanced", "gzip"],
    ],
    ["without anything else", [advanced("x"), edgeWorker("1"), caching("1d")], behaves(), ["advanced"]],
  ])("stays %s", (_where, behaviors, next, expected) => {
    const { list, rule: after, seen } = update(asLive(last, { behaviors }), next, last);
    expect(list).toEqual(expected);
    for (const element of behaviors.filter(({ uuid, locked }) => uuid || locked))
      expect(after.behaviors).toContain(element);
    expect(seen).toEqual(next.rule);
  });

  test("is taken for the program's when there is no other, and then stays as it is", () => {
    const mine = locked(edgeWorker("1", served));
    const before = asLive(last, { behaviors: [mine, caching("1d")] });
    expect(update(before, last, last)).toMatchObject({ rule: before, remarks: [], seen: last.rule });
    const { rule: after, remarks } = update(before, behaves(edgeWorker("2"), caching("2d")), last);
    expect(after.behaviors).toEqual([mine, caching("2d")]);
    expect(remarks).toEqual([
      "Catalog: behaviors.edgeWorker is not as wanted, but only Akamai can change it",
    ]);
  });

  test("is not taken for the program's when there is another of that name", () => {
    const theirs = locked(caching("7d"));
    const { rule: after } = update(
      asLive(last, { behaviors: [edgeWorker("1"), theirs, caching("1d")] }),
      behaves(edgeWorker("1"), caching("2d")),
      last,
    );
    expect(after.behaviors).toEqual([edgeWorker("1"), theirs, caching("2d")]);
  });

  test("is taken for the last of its name, so that one that is added is found again", () => {
    const theirs = locked(caching("1d"));
    const { rule: after, remarks } = update(
      asLive(last, { behaviors: [theirs] }),
      behaves(caching("2d"), caching("3d")),
      last,
    );
    expect(after.behaviors).toEqual([theirs, caching("2d")]);
    expect(remarks).toEqual([
      "Catalog: behaviors.caching[1] is not as wanted, but only Akamai can change it",
    ]);
  });

  test("keeps its order even where the program has another", () => {
    const behaviors = [locked(edgeWorker("1")), locked(caching("1d"))];
    expect(
      update(asLive(last, { behaviors }), behaves(caching("1d"), element("gzip"), edgeWorker("1")), last).rule
        .behaviors,
    ).toEqual([...behaviors, element("gzip")]);
  });

  test("criteria that are locked stay, whatever is wanted", () => {
    const before = asLive(last, { criteriaLocked: true, criteria: [path("/other/*")] });
    const { rule: after, remarks } = update(before, behaves(edgeWorker("2")), last);
    expect(after).toEqual({ ...before, behaviors: [edgeWorker("2")] });
    expect(remarks).toEqual([
      "Catalog: the criteria are not as wanted, but they are locked: only Akamai can change them",
    ]);
    expect(update(asLive(last, { criteriaLocked: true }), behaves(edgeWorker("2")), last).remarks).toEqual(
      [],
    );
  });
});
