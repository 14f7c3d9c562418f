import type { Rule } from "../../../../provider/api/property/ruleTree";
import { markerOf } from "../../../../provider/rules/ownershipMarker";
import {
  asLive,
  at,
  caching,
  edgeWorker,
  element,
  live,
  merged,
  names,
  path,
  root,
  sent,
  wanted,
} from "./trees";

const catalog = wanted("Catalog", {}, { comments: "Ask the shop team", criteria: [path("/catalog/*")] });
const cart = wanted("Cart", {}, { criteria: [path("/cart/*")] });
const others = () => live("Sites", { comments: "Owned by the web team" }, [live("Images"), live("Fonts")]);

describe("a rule of ours is found", () => {
  test("by its mark, whatever it is called and wherever it is", () => {
    const tree = root(live("Sites", {}, [live("Images"), asLive(catalog, { name: "Somebody's name" })]));
    const { tree: result, changes } = merged(tree, [catalog]);
    expect(changes.map(({ kind, path }) => [kind, ...path])).toEqual([
      ["change", "Catalog"],
      ["move", "Catalog"],
    ]);
    expect([names(result), names(at(result, "Sites"))]).toEqual([["Sites", "Catalog"], ["Images"]]);
    expect(at(result, "Catalog").uuid).toBe(at(tree, "Sites", "Somebody's name").uuid);
  });

  test.each<[string, string | undefined]>([
    ["taken away with the comments", undefined],
    ["taken away", "Ask the shop team"],
    ["no longer at the end", `${catalog.rule.comments} and me`],
    ["damaged", catalog.rule.comments?.replace("/", "")],
  ])("by its uuid, when its mark was %s", (_how, comments) => {
    const { comments: _, ...rest } = asLive(catalog);
    const tree = root(others(), { ...rest, ...(comments !== undefined && { comments }) });
    const {
      tree: result,
      changes,
      uuids,
    } = merged(tree, [catalog], { last: [catalog], uuids: { Catalog: rest.uuid ?? "" } });
    expect(changes).toMatchObject([
      { kind: "change", details: [{ at: "comments", wanted: catalog.rule.comments }] },
    ]);
    expect(names(result)).toEqual(["Sites", "Catalog"]);
    expect(uuids).toEqual({ Catalog: rest.uuid });
  });

  test("not by its uuid, when it has the marker of somebody else", () => {
    const tree = root(asLive(catalog, { comments: markerOf("another", "Catalog") }));
    const { problems } = merged(tree, [catalog], {
      last: [catalog],
      uuids: { Catalog: at(tree, "Catalog").uuid ?? "" },
    });
    expect(problems).toMatchObject([{ key: "Catalog", about: "name" }]);
  });

  test.each([
    ["the one that it was", ["Catalog", "Renamed"], "Renamed", ["Catalog", "Catalog"], 0],
    ["the one with its name, when that is not known", ["Copy", "Catalog"], undefined, ["Copy", "Catalog"], 0],
    ["the first, when none has its name", ["Copy", "Renamed"], undefined, ["Catalog", "Renamed"], 1],
  ])("once: of several with its mark, %s", (_which, there, known, expected, copy) => {
    const tree = root(...there.map((name) => asLive(catalog, { name })));
    const uuids: Record<string, string> = known ? { Catalog: at(tree, known).uuid ?? "" } : {};
    const { tree: result, remarks } = merged(tree, [catalog], { last: [catalog], uuids });
    expect(names(result)).toEqual(expected);
    expect(result.children?.[copy]).toBe(tree.children?.[copy]);
    expect(remarks).toEqual([
      `${there[copy]} has the same ownership marker as ${there[1 - copy]}, so it is a copy: it stays as it is`,
    ]);
  });

  test("not in the default rule, whatever its comments say", () => {
    const tree = { ...root(others()), comments: catalog.rule.comments };
    const { tree: result } = merged(tree, [catalog]);
    expect([result.comments, names(result)]).toEqual([catalog.rule.comments, ["Sites", "Catalog"]]);
    expect(merged(tree, []).tree).toBe(tree);
  });
});

describe("taking over", () => {
  const adopting = { ...catalog, adopt: true };
  const plain = () =>
    live("Catalog", { comments: "By hand", behaviors: [edgeWorker("1"), caching("1d")] }, [live("Below")]);

  test("of a rule without a mark keeps its uuid, its place and the rules below it", () => {
    const tree = root(plain(), others());
    const { tree: result, changes, remarks } = merged(tree, [adopting]);
    expect(result.children?.[0]).toEqual({ ...at(tree, "Catalog"), ...catalog.rule });
    expect(changes).toEqual([
      {
        key: "Catalog",
        kind: "change",
        path: ["Catalog"],
        details: [
          { at: "comments", live: "By hand", wanted: catalog.rule.comments },
          { at: "criteria.path", live: undefined, wanted: path("/catalog/*").options },
          { at: "behaviors.caching", live: caching("1d").options, wanted: undefined },
        ],
      },
    ]);
    expect(remarks).toEqual([
      "Catalog is adopted",
      "Catalog has rules of others in it, which apply to other requests from now on: Below",
    ]);
    expect(merged(sent(result), [adopting], { last: [adopting] }).changes).toEqual([]);
  });

  test("happens in the place that is wanted only", () => {
    const { tree: result, changes } = merged(root(live("Sites", {}, [plain()])), [adopting]);
    expect([names(result), changes.map(({ kind }) => kind)]).toEqual([["Sites", "Catalog"], ["add"]]);
  });

  test("is not asked for when our rule is there", () => {
    const tree = root(plain(), asLive(adopting));
    expect(merged(tree, [adopting], { last: [adopting] })).toMatchObject({ changes: [], tree });
  });

  test("below a rule that is adopted too", () => {
    const inner = wanted("Below", { parent: { owned: "Catalog" }, adopt: true });
    const tree = root(plain());
    const { tree: result, changes } = merged(tree, [adopting, inner]);
    expect(changes.map(({ kind, key }) => [kind, key])).toEqual([
      ["change", "Catalog"],
      ["change", "Below"],
    ]);
    expect(at(result, "Catalog", "Below").uuid).toBe(at(tree, "Catalog", "Below").uuid);
  });

  test.each<[string, Rule[], boolean, RegExp]>([
    [
      "without being asked to",
      [plain()],
      false,
      /^there is a rule "Catalog" at the top level already: set `adopt: true` to adopt it, or use another name/,
    ],
    [
      "of one of several",
      [plain(), plain()],
      true,
      /^there are several rules "Catalog" at the top level: `adopt: true` needs exactly one/,
    ],
    [
      "of another resource's",
      [{ ...plain(), comments: markerOf("another", "Catalog") }],
      true,
      /it has the ownership marker of another resource\. .*aliases/,
    ],
    [
      "of what may be another resource's",
      [{ ...plain(), comments: "[pulumi of a later version]" }],
      true,
      /it has the ownership marker/,
    ],
    [
      "of another resource's, without being asked to",
      [{ ...plain(), comments: markerOf("another", "Catalog") }],
      false,
      /otherwise use another name$/,
    ],
  ])("does not happen %s", (_what, children, adopt, reason) => {
    const tree = root(...children);
    const { problems, changes, tree: result } = merged(tree, [{ ...catalog, adopt }]);
    expect(problems).toEqual([{ key: "Catalog", about: "name", reason: expect.stringMatching(reason) }]);
    expect([changes, result]).toEqual([[], tree]);
  });

  test("reports no problem of the rules below an impossible one", () => {
    const inner = wanted("Inner", { parent: { owned: "Catalog" } });
    expect(merged(root(plain()), [catalog, inner]).problems.map(({ key }) => key)).toEqual(["Catalog"]);
  });
});

describe("a rule that is not wanted any more", () => {
  const before = { last: [catalog, cart] };

  test("goes, and nothing else does", () => {
    const tree = root(others(), asLive(catalog), live("Shop"), asLive(cart));
    const { tree: result, changes } = merged(tree, [cart], before);
    expect(changes).toEqual([{ key: "Catalog", kind: "remove", path: ["Catalog"], details: [] }]);
    expect(result).toEqual({ ...tree, children: tree.children?.filter(({ name }) => name !== "Catalog") });
    expect(result.children?.[0]).toBe(tree.children?.[0]);
  });

  test("goes from wherever it is, by its mark alone or by its uuid alone", () => {
    const bare = { ...asLive(catalog), comments: "no mark" };
    const tree = root(live("Sites", {}, [asLive(cart), bare]));
    const { tree: result, changes } = merged(tree, [], {
      uuids: { Catalog: bare.uuid ?? "", Gone: "unknown" },
    });
    expect(names(at(result, "Sites"))).toEqual([]);
    expect(changes.map(({ kind, key, path }) => [kind, key, ...path])).toEqual([
      ["remove", "Cart", "Sites", "Cart"],
      ["remove", "Catalog", "Sites", "Catalog"],
    ]);
  });

  test.each([true, false])(
    "goes, and a copy that somebody made of it stays, without the mark (uuid known: %s)",
    (known) => {
      const [ours, copy] = [asLive(catalog), asLive(catalog, { name: "Copy", uuid: "copied" })];
      const tree = known ? root(copy, others(), ours) : root(ours, others(), copy);
      const { tree: result, remarks } = merged(tree, [], {
        ...before,
        uuids: known ? { Catalog: ours.uuid ?? "" } : {},
      });
      expect(names(result)).toEqual(known ? ["Copy", "Sites"] : ["Sites", "Copy"]);
      expect(at(result, "Copy")).toEqual({ ...copy, comments: "Ask the shop team" });
      expect(remarks).toEqual(["Copy is a copy of a removed rule: it stays, without the ownership marker"]);
    },
  );

  test("leaves those of another resource, and those without a mark", () => {
    const tree = root(
      asLive(catalog, { comments: markerOf("another", "Catalog") }),
      asLive(cart, { comments: "by hand" }),
    );
    expect(merged(tree, [], before)).toMatchObject({ tree, changes: [], remarks: [] });
  });

  test("goes with those of ours below it", () => {
    const inner = wanted("Inner", { parent: { owned: "Catalog" } });
    const { tree: result, changes } = merged(root(asLive(catalog, {}, [asLive(inner)])), [], {
      last: [catalog, inner],
    });
    expect([names(result), changes.map(({ key }) => key)]).toEqual([[], ["Catalog", "Inner"]]);
  });

  test("leaves those of ours below it that are still wanted, elsewhere", () => {
    const tree = root(asLive(catalog, {}, [asLive(cart)]), others());
    const { tree: result, changes } = merged(tree, [cart], before);
    expect(names(result)).toEqual(["Sites", "Cart"]);
    expect(changes.map(({ kind, key }) => [kind, key])).toEqual([
      ["move", "Cart"],
      ["remove", "Catalog"],
    ]);
  });

  test("stays as a shell for the rules of others in it", () => {
    const below = live("Below", { comments: "By hand" }, [live("Deep")]);
    const mine = asLive(
      catalog,
      {
        criteriaMustSatisfy: "any",
        behaviors: [
          edgeWorker("1"),
          element("advanced", { xml: "<a/>" }),
          element("x", {}, { locked: true }),
        ],
      },
      [below],
    );
    const tree = root(mine, others());
    const { tree: result, changes, remarks } = merged(tree, [], before);
    expect(at(result, "Catalog")).toEqual({
      ...mine,
      comments: "Ask the shop team",
      behaviors: mine.behaviors?.slice(1),
    });
    expect(at(result, "Catalog", "Below")).toBe(below);
    expect(changes).toMatchObject([
      {
        key: "Catalog",
        kind: "remove",
        details: [
          { at: "comments", wanted: "Ask the shop team" },
          { at: "behaviors.edgeWorker", wanted: undefined },
        ],
      },
    ]);
    expect(remarks).toEqual([
      expect.stringMatching(
        /^Catalog is removed, but .*: it stays with its criteria, without the behaviors of this program$/,
      ),
    ]);
    expect(merged(sent(result), [])).toMatchObject({ changes: [], remarks: [] });
  });

  test("stays as a shell above another shell", () => {
    const inner = wanted("Inner", { parent: { owned: "Cart" } });
    const tree = root(asLive(cart, {}, [asLive(inner, {}, [live("Below")]), asLive(catalog)]));
    const { tree: result, remarks } = merged(tree, [], { last: [cart, inner] });
    expect([names(result), names(at(result, "Cart")), names(at(result, "Cart", "Inner"))]).toEqual([
      ["Cart"],
      ["Inner"],
      ["Below"],
    ]);
    expect(at(result, "Cart")).not.toHaveProperty("comments");
    expect([at(result, "Cart").criteria, at(result, "Cart").behaviors]).toEqual([cart.rule.criteria, []]);
    expect(remarks).toHaveLength(2);
  });

  test("that had nothing of ours any more but stays for others is no change", () => {
    const tree = root(asLive(catalog, { comments: "Theirs", behaviors: [] }, [live("Below")]));
    const {
      tree: result,
      changes,
      uuids,
    } = merged(tree, [], { last: [catalog], uuids: { Catalog: at(tree, "Catalog").uuid ?? "" } });
    expect([result, changes, uuids]).toEqual([tree, [], {}]);
    expect(result).toBe(tree);
  });

  test.each<[string, Partial<Rule>]>([
    ["a locked behavior", { behaviors: [edgeWorker("1"), { ...caching("1d"), locked: true }] }],
    ["an advanced criterion", { criteria: [element("matchAdvanced", { openXml: "<a>" })] }],
    ["locked criteria", { criteriaLocked: true }],
    ["an override", { advancedOverride: "<a/>" }],
  ])("stays as a shell when Akamai put %s into it: the service would refuse to let it go", (_what, parts) => {
    const tree = root(asLive(cart, parts));
    const { tree: result, remarks } = merged(tree, [], before);
    expect(remarks).toEqual([
      expect.stringMatching(/^Cart is removed, but has something that only Akamai can take away/),
    ]);
    const { comments: _, ...rest } = at(tree, "Cart");
    expect(at(result, "Cart")).toEqual({
      ...rest,
      behaviors: rest.behaviors?.filter(({ locked }) => locked),
    });
    expect(merged(sent(result), []).changes).toEqual([]);
  });
});
