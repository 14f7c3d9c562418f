import { formatChanges, type RuleChange } from "../../../provider/rules/changes";
import { markerOf } from "../../../provider/rules/ownershipMarker";
import { asLive, caching, edgeWorker, element, live, merged, path, root, wanted } from "./merge/trees";

const mark = markerOf("o", "k");
const change = (details: RuleChange["details"], parts: Partial<RuleChange> = {}): RuleChange => ({
  key: "Catalog",
  kind: "change",
  path: ["Sites", "EdgeWorker catalog"],
  details,
  ...parts,
});
const line = (...details: RuleChange["details"]) =>
  formatChanges([change(details)])[0]?.replace("~ Sites > EdgeWorker catalog: ", "");

test("a merge reads like a patch", () => {
  const old = wanted("Old rule");
  const inner = wanted("Inner", { parent: { path: ["Sites"] } });
  const shop = wanted("Shop", { position: { first: true } }, { comments: "Ask us" });
  const gone = wanted("Gone");
  const tree = root(
    live("Sites", {}, [live("Images")]),
    asLive(inner, {
      behaviors: [edgeWorker("1", { enabled: false }), element("gzipResponse", { behavior: "ALWAYS" })],
    }),
    asLive(shop, { comments: `Ask them ${shop.marker}`, behaviors: [] }),
    live("Theirs", {}, [asLive(old), live("More", {}, [asLive(gone, {}, [live("Below")])])]),
  );
  const wants = [
    wanted(
      "EdgeWorker catalog",
      { parent: { path: ["Sites"] } },
      {
        criteria: [path("/catalog/*"), element("hostname", { values: ["a.example", "b.example"] })],
        behaviors: [edgeWorker("54321"), caching("1d")],
      },
    ),
    { ...inner, rule: { ...inner.rule, behaviors: [edgeWorker("2")] } },
    shop,
    wanted(
      "Off",
      { parent: { owned: "Shop" } },
      {
        criteriaMustSatisfy: "any",
        criteria: [path("/a", "/b"), element("isSecure", { is: true })],
        behaviors: [element("http2"), element("denyAccess", { enabled: false, reason: "x" })],
      },
    ),
  ];
  const { changes, remarks } = merged(tree, wants, { last: [old, inner, shop, gone] });
  expect(formatChanges(changes).join("\n")).toMatchInlineSnapshot(`
"+ Sites > EdgeWorker catalog: path MATCHES_ONE_OF /catalog/* and hostname a.example, b.example; edgeWorker 54321; caching MAX_AGE 1d
~ Sites > Inner: behaviors.edgeWorker.options.enabled false -> true (written here: true; changed by somebody else)
~ Sites > Inner: behaviors.edgeWorker.options.edgeWorkerId "1" -> "2"
~ Sites > Inner: behaviors.gzipResponse removed: ALWAYS (added by somebody else)
> Sites > Inner: moved from the top level
~ Shop: comments "Ask them" -> "Ask us" (written here: "Ask us"; changed by somebody else)
~ Shop: behaviors.edgeWorker added: 1 (written here; removed by somebody else)
> Shop: moved from after "Inner" to the front
+ Shop > Off: path MATCHES_ONE_OF /a, /b or isSecure is=true; http2; denyAccess x (disabled)
- Theirs > Old rule
- Theirs > More > Gone (its criteria and the rules of others in it stay)"
`);
  expect(remarks.join("\n")).toMatchInlineSnapshot(
    `"Theirs > More > Gone is removed, but has rules of others in it: it stays with its criteria, without the behaviors of this program"`,
  );
});

test("nothing to change is no line", () => {
  expect(formatChanges([])).toEqual([]);
});

test.each<[string, RuleChange["details"][number], string]>([
  ["a text", { at: "name", live: "a", wanted: "b" }, 'name "a" -> "b"'],
  ["what comes", { at: "note", live: undefined, wanted: 1 }, "note nothing -> 1"],
  ["what goes", { at: "note", live: [1], wanted: undefined }, "note [1] -> nothing"],
  ["null", { at: "note", live: null, wanted: "null" }, 'note null -> "null"'],
  [
    "a drift",
    { at: "behaviors.a.options.b", live: false, wanted: true, last: { value: true } },
    "behaviors.a.options.b false -> true (written here: true; changed by somebody else)",
  ],
  [
    "what somebody removed from the options",
    { at: "behaviors.a.options.b", live: undefined, wanted: 1, last: { value: 1 } },
    "behaviors.a.options.b nothing -> 1 (written here; removed by somebody else)",
  ],
  [
    "a behavior that comes",
    { at: "behaviors.caching", live: undefined, wanted: caching("1d").options },
    "behaviors.caching added: MAX_AGE 1d",
  ],
  [
    "a behavior that goes",
    { at: "behaviors.caching[1]", live: caching("1d").options, wanted: undefined },
    "behaviors.caching[1] removed: MAX_AGE 1d",
  ],
  ["a criterion without options", { at: "criteria.x", live: undefined, wanted: {} }, "criteria.x added"],
  [
    "what somebody added",
    { at: "behaviors.x", live: { a: "b" }, wanted: undefined, last: { value: undefined } },
    "behaviors.x removed: b (added by somebody else)",
  ],
  [
    "what somebody changed before it goes",
    { at: "behaviors.x", live: { a: "b" }, wanted: undefined, last: { value: { a: "c" } } },
    "behaviors.x removed: b (written here: c; changed by somebody else)",
  ],
  [
    "what somebody removed",
    { at: "behaviors.x", live: undefined, wanted: { a: "b" }, last: { value: { a: "b" } } },
    "behaviors.x added: b (written here; removed by somebody else)",
  ],
  [
    "what somebody changed in a long text",
    { at: "a", live: "x", wanted: "y".repeat(50), last: { value: "y".repeat(50) } },
    `a "x" -> "${"y".repeat(50)}" (as written here; changed by somebody else)`,
  ],
  [
    "a mark that is not there",
    { at: "comments", live: "a", wanted: `a ${mark}`, last: { value: `a ${mark}` } },
    `comments "a" -> "a ${mark}" (as written here; changed by somebody else)`,
  ],
  [
    "a mark that is there",
    { at: "comments", live: `a ${mark}`, wanted: `b ${mark}`, last: { value: `c ${mark}` } },
    'comments "a" -> "b" (written here: "c"; changed by somebody else)',
  ],
  [
    "what has flags only",
    { at: "behaviors.x", live: undefined, wanted: { is: false, enabled: true, b: true, c: true } },
    "behaviors.x added: is=false b=true",
  ],
  ["an order", { at: "behaviors", live: ["a", "b"], wanted: ["b", "a"] }, "order of behaviors a, b -> b, a"],
  [
    "a text of several lines",
    { at: "comments", live: "a\nb\u0007\u0085", wanted: "c" },
    'comments "a\\nb\\u0007 " -> "c"',
  ],
])("%s reads well", (_what, detail, expected) => {
  expect(line(detail)).toBe(expected);
});

test("long values are cut, from shortly before where they differ", () => {
  const values = Array.from({ length: 60 }, (_, index) => `/path/${index}/*`);
  expect(
    line({
      at: "criteria.path.options.values",
      live: values,
      wanted: [...values.slice(0, 40), "/new/*", ...values.slice(40)],
    }),
  ).toMatchInlineSnapshot(
    `"criteria.path.options.values …8/*","/path/39/*","/path/40/*","/path/41/*","/path/42/*","/path/43/*","/path/44/… -> …8/*","/path/39/*","/new/*","/path/40/*","/path/41/*","/path/42/*","/path/43/*","…"`,
  );
  expect(line({ at: "a", live: values, wanted: undefined })).toMatchInlineSnapshot(
    `"a ["/path/0/*","/path/1/*","/path/2/*","/path/3/*","/path/4/*","/path/5/*","/path/… -> nothing"`,
  );
  expect(
    line({ at: "a", live: "x", wanted: "y".repeat(100), last: { value: "z".repeat(1000) } }),
  ).toMatchInlineSnapshot(
    `"a "x" -> "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy… (written here: "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz…; changed by somebody else)"`,
  );
  expect(line({ at: "a", live: "x".repeat(100), wanted: "x".repeat(90) })).toMatchInlineSnapshot(
    `"a …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" -> …xxxxxxxxxxxxxxxxxxxx""`,
  );
});

test("names of others stay on their line", () => {
  expect(formatChanges([change([], { kind: "remove", path: ["a\nb", "c\u001b[31m"] })])).toEqual([
    "- a b > c [31m",
  ]);
  expect(line({ at: "behaviors.x", live: undefined, wanted: { a: "b\nc" } })).toBe("behaviors.x added: b c");
});

test("moves say from where", () => {
  const move = (at: string, live: unknown, wanted: unknown) =>
    formatChanges([change([{ at, live, wanted }], { kind: "move" })]);
  expect(move("parent", [], ["Sites"])).toEqual(["> Sites > EdgeWorker catalog: moved from the top level"]);
  expect(move("parent", ["A", "B"], ["Sites"])).toEqual(["> Sites > EdgeWorker catalog: moved from A > B"]);
  expect(move("position", { after: "B" }, { first: true })).toEqual([
    '> Sites > EdgeWorker catalog: moved from after "B" to the front',
  ]);
  expect(move("position", { first: true }, { after: "B" })).toEqual([
    '> Sites > EdgeWorker catalog: moved from the front to after "B"',
  ]);
});
