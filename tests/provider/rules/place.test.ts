import { observed } from "../../../provider/rules/merge";
import type { OwnedRule, Rule } from "../../../provider/rules/tree";
import { asLive, at, live, merged, names, owner, root, sent, wanted } from "./trees";

const below = (...path: string[]): Partial<OwnedRule> => ({ parent: { path } });
const a = wanted("A");
const kinds = ({ changes }: ReturnType<typeof merged>) => changes.map(({ kind, key }) => `${kind} ${key}`);

describe("the rule that a rule belongs into", () => {
  const tree = () => root(live("Sites", {}, [live("Shop"), live("Shop"), live("Blog", {}, [live("Posts")])]), live("Offload"));

  test("is the default rule, or the one at the end of a path", () => {
    const { tree: result, changes } = merged(tree(), [a, wanted("B", below("Sites", "Blog"))]);
    expect([names(result), names(at(result, "Sites", "Blog"))]).toEqual([
      ["Sites", "Offload", "A"],
      ["Posts", "B"],
    ]);
    expect(changes.map(({ path }) => path)).toEqual([["A"], ["Sites", "Blog", "B"]]);
  });

  test("is one of ours, a new one too", () => {
    const wants = [a, wanted("B", { parent: { owned: "A" } }), wanted("C", { parent: { owned: "B" } })];
    const { tree: result } = merged(tree(), wants);
    expect(at(result, "A", "B", "C").comments).toBe(wants[2]?.rule.comments);
    expect(merged(sent(result), wants, { last: wants }).changes).toEqual([]);
  });

  test.each<[string[], string]>([
    [["Sitess"], 'there is no rule "Sitess" at the top level; there are "Sites", "Offload"'],
    [["Sites", "Blogs"], 'there is no rule "Blogs" below Sites; there are "Shop", "Blog"'],
    [["Offload", "Shop"], 'there is no rule "Shop" below Offload; there are no rules'],
    [["Sites", "Blog", "Post"], 'there is no rule "Post" below Sites > Blog; there is "Posts"'],
    [["Sites", "Shop"], 'there are 2 rules "Shop" below Sites'],
  ])("that is not there, %j, is a problem for a new rule", (path, reason) => {
    const before = tree();
    const { problems, tree: result } = merged(before, [wanted("A", below(...path)), wanted("B", { parent: { owned: "A" } })]);
    expect(problems).toEqual([{ key: "A", about: "parent", reason }]);
    expect(result).toBe(before);
    const there = root(live("Elsewhere", {}, [asLive(a)]), ...(before.children ?? []));
    const again = merged(there, [wanted("A", below(...path))], { last: [a] });
    expect([again.problems, again.changes, again.tree]).toEqual([[], [], there]);
    expect(again.remarks).toEqual([
      `Elsewhere > A stays where it is: ${reason.replace('there are "Sites"', 'there are "Elsewhere", "Sites"')}`,
    ]);
  });

  test("is told by as many names as people read", () => {
    const many = root(...Array.from({ length: 50 }, (_, index) => live(`R${index}`)));
    expect(merged(many, [wanted("A", below("None"))]).problems[0]?.reason).toMatch(/"R0", .*"R19" and 30 more$/);
  });

  test("that it is not in any more is where it goes back to, with all that is in it", () => {
    const moved = asLive(a, {}, [live("Below")]);
    const there = root(live("Sites", {}, [moved, live("Blog")]));
    const { tree: result, changes } = merged(there, [a], { last: [a] });
    expect(changes).toEqual([{ key: "A", kind: "move", path: ["A"], details: [{ at: "parent", live: ["Sites"], wanted: [] }] }]);
    expect(result.children).toEqual([
      { ...at(there, "Sites"), children: [live("Blog", { uuid: at(there, "Sites", "Blog").uuid })] },
      moved,
    ]);
  });

  test("can be below it at first, when both are ours", () => {
    const wants = [wanted("B"), wanted("A", { parent: { owned: "B" } })];
    const there = root(asLive(a, {}, [asLive(wanted("B"))]));
    const { tree: result } = merged(there, wants, { last: wants });
    expect([names(result), names(at(result, "B"))]).toEqual([["B"], ["A"]]);
  });

  test("can't be below it: then it stays", () => {
    const wants = [wanted("B", below("Gone")), wanted("A", { parent: { owned: "B" } })];
    const there = root(asLive(a, {}, [asLive(wanted("B"))]));
    expect(merged(there, wants, { last: wants })).toMatchObject({
      tree: there,
      changes: [],
      remarks: [/^A > B stays/, /^A stays where it is: the rule that it belongs into is below it$/].map((text) =>
        expect.stringMatching(text),
      ),
    });
  });

  test("is a problem when it is not there and the rule around goes away", () => {
    const old = wanted("Old");
    const there = root(asLive(old, {}, [asLive(a)]));
    expect(merged(there, [wanted("A", below("Gone"))], { last: [old, a] }).problems).toEqual([
      {
        key: "A",
        about: "parent",
        reason: 'there is no rule "Gone" at the top level; there are no rules; Old, where it is now, goes away',
      },
    ]);
  });

  test("may be a shell", () => {
    const old = wanted("Old");
    const there = root(asLive(old, {}, [live("Other"), asLive(a)]));
    expect(kinds(merged(there, [wanted("A", below("Old"))], { last: [old, a] }))).toEqual(["remove Old"]);
  });

  test("may be a rule of others in one of ours, which they put there", () => {
    const there = root(asLive(a, {}, [live("Other")]));
    const wants = [a, wanted("B", below("A", "Other"))];
    const { tree: result } = merged(there, wants, { last: [a] });
    expect(names(at(result, "A", "Other"))).toEqual(["B"]);
    expect(merged(sent(result), wants, { last: wants }).changes).toEqual([]);
  });

  test("is that of others, when one of ours has got the same name", () => {
    const there = root(asLive(a, { name: "Sites" }), live("Sites"));
    const wants = [{ ...a, rule: { ...a.rule, name: "Sites" } }, wanted("B", below("Sites"))];
    const { tree: result } = merged(there, wants, { last: [a] });
    expect(result.children?.map(names)).toEqual([[], ["B"]]);
  });

  test("has to be declared before it", () => {
    expect(merged(tree(), [wanted("B", { parent: { owned: "A" } }), a]).problems).toMatchObject([{ key: "B", about: "parent" }]);
  });
});

/** Rules side by side: capitals are ours, each by its name; `A<x` is to be before x, `A>x` after x, `^A` first. */
const declare = (texts: string): OwnedRule[] =>
  texts
    .split(" ")
    .filter(Boolean)
    .map((text) => {
      const [, first, name = "", word, anchor = ""] = /^(\^?)(\w+)([<>]?)(\w*)$/.exec(text) ?? [];
      const position: OwnedRule["position"] = first ? { first: true } : word === "<" ? { before: anchor } : { after: anchor };
      return wanted(name, first || word ? { position } : {});
    });
const lay = (texts: string): Rule =>
  root(
    ...texts
      .split(" ")
      .filter(Boolean)
      .map((name) => (/^[A-Z]/.test(name) ? asLive(wanted(name)) : live(name))),
  );

describe("the order", () => {
  test.each<[string, string, string, string]>([
    ["a new one comes last", "x y", "A", "x y A"],
    ["new ones come in the order of the program", "x", "A B C", "x A B C"],
    ["one that is there may be anywhere", "A x y", "A", "A x y"],
    ["those that are there may have others between", "x A y B z", "A B", "x A y B z"],
    ["a new one comes behind those before it", "A x C y", "A B C", "A x B C y"],
    ["a new one comes before those behind it", "x C y", "A B C", "x A B C y"],
    ["a swap moves one", "B x A y", "A B", "x A B y"],
    ["the last put first moves one", "x D y A B C", "A B C D", "x y A B C D"],
    ["only those out of order move", "x A C B D y", "A B C D", "x A B C D y"],
    ["first is before all others", "x y", "^A", "A x y"],
    ["first ones come in the order of the program", "x y", "^A ^B", "A B x y"],
    ["first stays where only ours are before it", "B A x", "^A B", "B A x"],
    ["first comes back", "x A y", "^A", "A x y"],
    ["first comes behind the first one before it", "A x", "^A ^B", "A B x"],
    ["first comes before the first one behind it", "B x", "^A ^B", "A B x"],
    ["first goes by the order of the program", "B A x", "^A ^B", "A B x"],
    ["first needs no others", "", "^A", "A"],
    ["before puts it next to that", "x y z", "A<y", "x A y z"],
    ["before puts several in the order of the program", "x y z", "A<y B<y", "x A B y z"],
    ["before holds anywhere before", "A x y z", "A<z", "A x y z"],
    ["before moves only ours", "x y A z", "A<y", "x A y z"],
    ["before stays behind the one before it", "A x y", "A<y B<y", "A x B y"],
    ["before comes in front of the one behind it", "B x y", "A<y B<y", "A B x y"],
    ["after puts it next to that", "x y z", "A>y", "x y A z"],
    ["after puts several in the order of the program", "x y z", "A>y B>y", "x y A B z"],
    ["after holds anywhere after", "x y z A", "A>x", "x y z A"],
    ["after moves only ours", "A x y z", "A>y", "x y A z"],
    ["after the last", "x", "A>x", "x A"],
    ["those with different positions have an order of their own", "x", "A>x ^B", "B x A"],
    ["before one of ours", "B x", "A<B B", "A B x"],
    ["before a new one of ours", "x y", "A<B B>x", "x A B y"],
    ["after a new one of ours", "x y", "A>B ^B", "B A x y"],
    ["one that is placed by another of ours moves, not that one", "B A x", "A<B B", "A B x"],
    ["several that are placed by another of ours move, not that one", "C A B x", "A<C B<C C", "A B C x"],
    ["what is placed by one that moves stays where that suits it", "B A x", "A<B B>x", "A x B"],
    ["what is placed by one that moves goes with it where it has to", "C B A", "A<B B<C C", "A B C"],
    ["a chain of places", "x y", "A>x B>A C>B", "x A B C y"],
    ["two that are placed by each other", "x y", "A<B B>A", "x y A B"],
    ["two that are placed by each other and are there", "x B A y", "A<B B>A", "x A B y"],
    ["only what asks for something is placed", "B y A", "A B<y", "B y A"],
  ])("%s: %s with %s is %s", (_what, before, declared, expected) => {
    const wants = declare(declared);
    const tree = lay(before);
    const { tree: result, changes, problems } = merged(tree, wants);
    expect(problems).toEqual([]);
    expect(names(result).join(" ")).toBe(expected);
    for (const rule of tree.children ?? []) expect(result.children).toContain(rule);
    const again = merged(sent(result), wants, { last: wants });
    expect([again.changes, again.tree]).toEqual([[], result]);
    const isMoved =
      names(result)
        .filter((name) => before.includes(name))
        .join(" ") !== before;
    expect(changes.some(({ kind }) => kind === "move")).toBe(isMoved);
    expect(observed({ owner, live: result, last: wants, uuids: {} })).toEqual(wants);
    if (isMoved) expect(observed({ owner, live: tree, last: wants, uuids: {} })).not.toEqual(wants);
  });

  test("says of those that move where they were and will be", () => {
    const { changes } = merged(lay("x y A z"), declare("A<y"));
    expect(changes).toEqual([
      { key: "A", kind: "move", path: ["A"], details: [{ at: "position", live: { after: "y" }, wanted: { after: "x" } }] },
    ]);
  });

  test.each([
    ["missing", "x y", "A<z", 'it has to be before "z"; beside it there are "x", "y"'],
    ["there several times", "x x", "A>x", 'it has to be after "x", and 2 rules beside it are called that'],
    ["itself", "x", "A<A", 'it has to be before "A"; beside it there is "x"'],
    ["called like one of ours too", "x", "A>x x", 'it has to be after "x", and 2 rules beside it are called that'],
  ])("a rule that is %s is no place for a new one, and none to go for one that is there", (_what, before, declared, reason) => {
    const wants = declare(declared).map((rule) => (rule.key === "x" ? { ...rule, key: "X2", mark: "[pulumi 000000000000/000000]" } : rule));
    const own = wants.slice(1).map((rule) => ({ ...asLive(rule), comments: rule.mark }));
    const extended = { ...lay(before), children: [...(lay(before).children ?? []), ...own] };
    expect(merged(extended, wants.slice(0, 1)).problems).toEqual([{ key: "A", about: "position", reason }]);
    const there = { ...extended, children: [asLive(wanted("A")), ...extended.children] };
    const result = merged(there, wants.slice(0, 1));
    expect([result.problems, result.changes]).toEqual([[], []]);
    expect(result.remarks).toEqual([`the position of A can't be had: ${reason}`]);
  });

  test("that contradicts itself is refused for new ones, and left alone for those that are there", () => {
    const wants = declare("A<B B<A");
    expect(merged(lay("x"), wants).problems).toMatchObject([{ key: "B", about: "position", reason: expect.stringMatching(/contradict/) }]);
    const result = merged(lay("B x A"), wants);
    expect([result.problems, names(result.tree), result.remarks.length]).toEqual([[], ["A", "B", "x"], 1]);
  });

  test("is kept where nothing is ours", () => {
    const tree = lay("x y x z");
    expect(merged(tree, []).tree).toBe(tree);
  });
});

describe("what a refresh sees of a place", () => {
  test.each<[string, string, Partial<OwnedRule>]>([
    ["first, and one of others before it", "x A y", { position: { after: "x" } }],
    ["before y, and it is behind it", "x y A", { position: { after: "y" } }],
    ["after x, and it is before it", "A x y", { position: { first: true } }],
  ])("%s", (what, before, expected) => {
    const [, word = "", anchor = ""] = /^(\w+) ?(\w*),/.exec(what) ?? [];
    const position = (word === "first" ? { first: true } : { [word]: anchor }) as OwnedRule["position"];
    const last = [wanted("A", { position })];
    expect(observed({ owner, live: lay(before), last, uuids: {} })).toEqual([{ ...last[0], ...expected }]);
  });

  test("a swap shows, even where both are where the program puts them", () => {
    const last = declare("^A ^B");
    const seen = observed({ owner, live: lay("B A x"), last, uuids: {} });
    expect(seen).not.toEqual(last);
    expect(seen.filter(({ position }, index) => position !== last[index]?.position)).toHaveLength(1);
  });

  test("another rule above shows as the names of those above, and what is gone is not there", () => {
    const last = [a, wanted("B", { parent: { owned: "A" } }), wanted("C")];
    const tree = root(live("Sites", {}, [asLive(a, {}, [live("Deep", {}, [asLive(wanted("B"))])])]));
    expect(observed({ owner, live: tree, last, uuids: {} })).toEqual([
      { ...a, parent: { path: ["Sites"] } },
      { ...last[1], parent: { path: ["Sites", "A", "Deep"] } },
    ]);
  });

  test("where others renamed what is around, nothing shows that a merge would not change", () => {
    const last = [wanted("A", { parent: { path: ["Sites"] }, position: { before: "Blog" } })];
    const tree = root(live("Pages", {}, [live("Posts"), asLive(a)]));
    expect(observed({ owner, live: tree, last, uuids: {} })).toEqual(last);
    expect(merged(tree, last, { last }).changes).toEqual([]);
  });
});
