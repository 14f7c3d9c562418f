import type { OwnedRule } from "../../../../provider/rules/ownedRule";
import { asLive, at, live, merged, names, root, sent, wanted } from "./trees";

const below = (...path: string[]): Partial<OwnedRule> => ({ parent: { path } });
const a = wanted("A");
const kinds = ({ changes }: ReturnType<typeof merged>) => changes.map(({ kind, key }) => `${kind} ${key}`);

describe("the parent of a rule", () => {
  const tree = () =>
    root(live("Sites", {}, [live("Shop"), live("Shop"), live("Blog", {}, [live("Posts")])]), live("Offload"));

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
    const { problems, tree: result } = merged(before, [
      wanted("A", below(...path)),
      wanted("B", { parent: { owned: "A" } }),
    ]);
    expect(problems).toEqual([{ key: "A", about: "parent", reason }]);
    expect(result).toBe(before);
    const there = root(live("Elsewhere", {}, [asLive(a)]), ...(before.children ?? []));
    const again = merged(there, [wanted("A", below(...path))], { last: [a] });
    expect([again.problems, again.changes, again.tree]).toEqual([[], [], there]);
    expect(again.remarks).toEqual([
      `Elsewhere > A stays where it is: ${reason.replace('there are "Sites"', 'there are "Elsewhere", "Sites"')}`,
    ]);
  });

  test("is reported by as many names as people read", () => {
    const many = root(...Array.from({ length: 50 }, (_, index) => live(`R${index}`)));
    expect(merged(many, [wanted("A", below("None"))]).problems[0]?.reason).toMatch(
      /"R0", .*"R19" and 30 more$/,
    );
  });

  test("that it is not in any more is where it goes back to, with all that is in it", () => {
    const moved = asLive(a, {}, [live("Below")]);
    const there = root(live("Sites", {}, [moved, live("Blog")]));
    const { tree: result, changes } = merged(there, [a], { last: [a] });
    expect(changes).toEqual([
      { key: "A", kind: "move", path: ["A"], details: [{ at: "parent", live: ["Sites"], wanted: [] }] },
    ]);
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
      remarks: [/^A > B stays/, /^A stays where it is: its parent rule is below it$/].map((text) =>
        expect.stringMatching(text),
      ),
    });
  });

  test("is a problem when it is not there and the rule around it is removed", () => {
    const old = wanted("Old");
    const there = root(asLive(old, {}, [asLive(a)]));
    expect(merged(there, [wanted("A", below("Gone"))], { last: [old, a] }).problems).toEqual([
      {
        key: "A",
        about: "parent",
        reason:
          'there is no rule "Gone" at the top level; there are no rules; Old, where it is now, is removed',
      },
    ]);
  });

  test("may be a shell", () => {
    const old = wanted("Old");
    const there = root(asLive(old, {}, [live("Other"), asLive(a)]));
    expect(kinds(merged(there, [wanted("A", below("Old"))], { last: [old, a] }))).toEqual(["remove Old"]);
  });

  test("has a shell before it like any rule of others", () => {
    const old = wanted("Old");
    const { tree: result } = merged(
      root(asLive(old, {}, [live("Other")]), live("Sites")),
      [wanted("B", { position: { first: true } })],
      {
        last: [old],
      },
    );
    expect(names(result)).toEqual(["B", "Old", "Sites"]);
  });

  test("may be a rule of others in one of ours, which they put there", () => {
    const there = root(asLive(a, {}, [live("Other")]));
    const wants = [a, wanted("B", below("A", "Other"))];
    const { tree: result } = merged(there, wants, { last: [a] });
    expect(names(at(result, "A", "Other"))).toEqual(["B"]);
    expect(merged(sent(result), wants, { last: wants }).changes).toEqual([]);
  });

  test("is not one of ours that comes later: it would be there the next time only", () => {
    const wants = [wanted("B", below("A")), a];
    const there = root(asLive(wanted("B")), live("Sites"));
    const { tree: result, remarks } = merged(there, wants, { last: [wanted("B")] });
    expect([names(result), remarks.length]).toEqual([["B", "Sites", "A"], 1]);
    expect(merged(sent(result), wants, { last: wants }).changes).toEqual([]);
  });

  test("is that of others, when one of ours has got the same name", () => {
    const there = root(asLive(a, { name: "Sites" }), live("Sites"));
    const wants = [{ ...a, rule: { ...a.rule, name: "Sites" } }, wanted("B", below("Sites"))];
    const { tree: result } = merged(there, wants, { last: [a] });
    expect(result.children?.map(names)).toEqual([[], ["B"]]);
  });

  test("has to be declared before it", () => {
    expect(merged(tree(), [wanted("B", { parent: { owned: "A" } }), a]).problems).toMatchObject([
      { key: "B", about: "parent" },
    ]);
  });
});
