import { readBack } from "../../../../../provider/rules/merge/readBack";
import { asLive, declare, lay, merged, names, owner, sent, wanted } from "../trees";

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
    expect(readBack({ owner, live: result, last: wants, uuids: {} })).toEqual(wants);
    if (isMoved) expect(readBack({ owner, live: tree, last: wants, uuids: {} })).not.toEqual(wants);
  });

  test("says of those that move where they were and will be", () => {
    const { changes } = merged(lay("x y A z"), declare("A<y"));
    expect(changes).toEqual([
      {
        key: "A",
        kind: "move",
        path: ["A"],
        details: [{ at: "position", live: { after: "y" }, wanted: { after: "x" } }],
      },
    ]);
  });

  test.each([
    ["missing", "x y", "A<z", 'it must be before "z"; beside it there are "x", "y"'],
    ["there several times", "x x", "A>x", 'it must be after "x", and 2 rules beside it have that name'],
    ["itself", "x", "A<A", 'it must be before "A"; beside it there is "x"'],
    [
      "called like one of ours too",
      "x",
      "A>x x",
      'it must be after "x", and 2 rules beside it have that name',
    ],
  ])(
    "a rule that is %s is no place for a new one, and none to go for one that is there",
    (_what, before, declared, reason) => {
      const wants = declare(declared).map((rule) =>
        rule.key === "x" ? { ...rule, key: "X2", marker: "[pulumi 000000000000/000000]" } : rule,
      );
      const own = wants.slice(1).map((rule) => ({ ...asLive(rule), comments: rule.marker }));
      const extended = { ...lay(before), children: [...(lay(before).children ?? []), ...own] };
      expect(merged(extended, wants.slice(0, 1)).problems).toEqual([{ key: "A", about: "position", reason }]);
      const there = { ...extended, children: [asLive(wanted("A")), ...extended.children] };
      const result = merged(there, wants.slice(0, 1));
      expect([result.problems, result.changes]).toEqual([[], []]);
      expect(result.remarks).toEqual([`the position of A can't be met: ${reason}`]);
    },
  );

  test("that contradicts itself is refused for new ones, and left alone for those that are there", () => {
    const wants = declare("A<B B<A");
    expect(merged(lay("x"), wants).problems).toMatchObject([
      { key: "B", about: "position", reason: expect.stringMatching(/contradict/) },
    ]);
    const result = merged(lay("B x A"), wants);
    expect([result.problems, names(result.tree), result.remarks.length]).toEqual([[], ["A", "B", "x"], 1]);
  });

  test("is kept where nothing is ours", () => {
    const tree = lay("x y x z");
    expect(merged(tree, []).tree).toBe(tree);
  });
});
