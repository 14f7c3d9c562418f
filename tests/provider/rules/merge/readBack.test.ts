import { readBack } from "../../../../provider/rules/merge/readBack";
import type { OwnedRule } from "../../../../provider/rules/ownedRule";
import { asLive, declare, lay, live, merged, owner, root, wanted } from "./trees";

const a = wanted("A");

describe("what a refresh sees of a place", () => {
  test.each<[string, string, Partial<OwnedRule>]>([
    ["first, and one of others before it", "x A y", { position: { after: "x" } }],
    ["before y, and it is behind it", "x y A", { position: { after: "y" } }],
    ["after x, and it is before it", "A x y", { position: { first: true } }],
  ])("%s", (what, before, expected) => {
    const [, word = "", anchor = ""] = /^(\w+) ?(\w*),/.exec(what) ?? [];
    const position = (word === "first" ? { first: true } : { [word]: anchor }) as OwnedRule["position"];
    const last = [wanted("A", { position })];
    expect(readBack({ owner, live: lay(before), last, uuids: {} })).toEqual([{ ...last[0], ...expected }]);
  });

  test("a swap shows, even where both are where the program puts them", () => {
    const last = declare("^A ^B");
    const seen = readBack({ owner, live: lay("B A x"), last, uuids: {} });
    expect(seen).not.toEqual(last);
    expect(seen.filter(({ position }, index) => position !== last[index]?.position)).toHaveLength(1);
  });

  test("another rule above shows as the names of those above, and what is gone is not there", () => {
    const last = [a, wanted("B", { parent: { owned: "A" } }), wanted("C")];
    const tree = root(live("Sites", {}, [asLive(a, {}, [live("Deep", {}, [asLive(wanted("B"))])])]));
    expect(readBack({ owner, live: tree, last, uuids: {} })).toEqual([
      { ...a, parent: { path: ["Sites"] } },
      { ...last[1], parent: { path: ["Sites", "A", "Deep"] } },
    ]);
  });

  test("where others renamed what is around, nothing shows that a merge would not change", () => {
    const last = [wanted("A", { parent: { path: ["Sites"] }, position: { before: "Blog" } })];
    const tree = root(live("Pages", {}, [live("Posts"), asLive(a)]));
    expect(readBack({ owner, live: tree, last, uuids: {} })).toEqual(last);
    expect(merged(tree, last, { last }).changes).toEqual([]);
  });
});
