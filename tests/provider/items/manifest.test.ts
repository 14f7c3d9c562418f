import fc from "fast-check";
import { contentOf } from "../../../provider/items/content";
import {
  bytesOf,
  compare,
  digestOf,
  emptyManifest,
  fingerprintOf,
  fingerprintOfLive,
  indexOf,
  type Manifest,
  manifestOf,
  matchesFingerprint,
  pack,
  pruneRuns,
  runOf,
  sameValue,
  unpack,
} from "../../../provider/items/manifest";
import { WriteLog } from "../../../provider/items/writeLog";

const text = (value: string, run = 0) => fingerprintOf(contentOf({ value }), run);
const json = (value: unknown, run = 0) => fingerprintOf(contentOf({ json: JSON.stringify(value) }), run);
/** Items of which each holds a text. */
const listing = (items: Readonly<Record<string, string>>, run = 0) =>
  manifestOf(Object.entries(items).map(([key, value]) => [key, text(value, run)]));
const live = (value: string) => Buffer.from(value, "utf8");
const keyText = fc.string({ unit: fc.constantFrom(..."abcXYZ019_-"), minLength: 1, maxLength: 12 });
const anyItems = fc.dictionary(keyText, fc.string({ maxLength: 3 }), { noNullPrototype: true });

describe("a mark", () => {
  test("is the same for the same value, whenever it was written, and short", () => {
    expect(text("Guten Tag")).toBe("wSgy5dsY-C509");
    expect(sameValue(text("a", 3), text("a", 4))).toBe(true);
    expect(sameValue(text("a"), text("b"))).toBe(false);
    expect(sameValue(text("1"), json(1))).toBe(false);
    expect(sameValue(undefined, text("a"))).toBe(false);
    expect([runOf(text("a", 35)), runOf(text("x".repeat(1_000_000), 7))]).toEqual([35, 7]);
  });

  test("stands for text by its bytes, and for JSON by what it means", () => {
    expect(matchesFingerprint(live("a"), text("a"))).toBe(true);
    expect(matchesFingerprint(live("a "), text("a"))).toBe(false);
    expect(matchesFingerprint(live('{ "b": 1, "a": 2 }'), json({ a: 2, b: 1 }))).toBe(true);
    expect(matchesFingerprint(live('{"a":2}'), json({ a: 2, b: null }))).toBe(false);
    expect(matchesFingerprint(live('{ "a": 2 }'), text('{"a":2}'))).toBe(false);
  });

  test("of what is there now is that of JSON where it is JSON", () => {
    expect(sameValue(fingerprintOfLive(live("[ 1 ]")), json([1]))).toBe(true);
    expect(sameValue(fingerprintOfLive(live("[ 1")), text("[ 1"))).toBe(true);
  });
});

describe("a listing", () => {
  test("is packed in a line for each item, in the order of the keys, and comes out as it was", () => {
    const some = listing({ b: "2", A: "", a: "1" });
    expect(
      pack(some)
        .split("\n")
        .map((line) => line.split(" ")[0]),
    ).toEqual(["A", "a", "b"]);
    expect(unpack(pack(some))).toEqual(some);
    expect([pack(emptyManifest), unpack("")]).toEqual(["", emptyManifest]);
    expect(bytesOf(some)).toBe(2);
    fc.assert(fc.property(anyItems, (items) => expect(unpack(pack(listing(items)))).toEqual(listing(items))));
  });

  test("of a hundred thousand items with keys of forty characters is far below the size of a state that may be had", () => {
    const many = manifestOf(
      Array.from({ length: 100_000 }, (_, index) => [`key-${String(index).padStart(36, "0")}`, text(String(index), 3)]),
    );
    expect(pack(many).length).toBeLessThan(5_700_000);
  });

  test("has a digest of keys and values, and of nothing else", () => {
    expect(digestOf(listing({ a: "1", b: "2" }, 5))).toBe(digestOf(listing({ b: "2", a: "1" })));
    const others = [listing({ a: "1" }), listing({ a: "2", b: "2" }), listing({ a: "1", c: "2" }), emptyManifest];
    expect(new Set([listing({ a: "1", b: "2" }), ...others].map(digestOf)).size).toBe(5);
  });

  test("finds its keys, and no others", () => {
    fc.assert(
      fc.property(anyItems, keyText, (items, other) => {
        const some = listing(items);
        for (const [index, key] of some.keys.entries()) expect(indexOf(some, key)).toBe(index);
        expect(indexOf(some, other) >= 0).toBe(Object.hasOwn(items, other));
      }),
    );
  });

  test("is compared with another by what comes, changes and goes", () => {
    expect(compare(listing({ a: "1", b: "2", c: "3" }, 4), listing({ b: "2", c: "x", d: "4" }))).toEqual({
      added: ["d"],
      changed: ["c"],
      removed: ["a"],
    });
    fc.assert(
      fc.property(anyItems, anyItems, (old, news) => {
        const { added, changed, removed } = compare(listing(old), listing(news));
        expect(added).toEqual(
          Object.keys(news)
            .filter((key) => !Object.hasOwn(old, key))
            .sort(),
        );
        expect(removed).toEqual(
          Object.keys(old)
            .filter((key) => !Object.hasOwn(news, key))
            .sort(),
        );
        expect(changed).toEqual(
          Object.keys(news)
            .filter((key) => Object.hasOwn(old, key) && old[key] !== news[key])
            .sort(),
        );
      }),
    );
  });
});

describe("runs", () => {
  const inRuns = (...runs: number[]): Manifest => manifestOf(runs.map((run, index) => [`k${index}`, text("x", run)]));
  const runsOf = ({ fingerprints }: Manifest) => fingerprints.map(runOf);

  test("that no item is of any more are forgotten, and the others numbered anew", () => {
    const { manifest: pruned, times } = pruneRuns(inRuns(1, 3, 3), ["a", "b", "c", "d"], 36);
    expect([runsOf(pruned), times]).toEqual([
      [0, 1, 1],
      ["b", "d"],
    ]);
    expect(pruneRuns(emptyManifest, ["a"], 36)).toEqual({ manifest: emptyManifest, times: [] });
  });

  test("that are too many: the oldest are taken for one, with the earliest time", () => {
    const { manifest: pruned, times } = pruneRuns(inRuns(0, 1, 2, 3), ["a", "b", "c", "d"], 3);
    expect([runsOf(pruned), times]).toEqual([
      [0, 0, 1, 2],
      ["a", "c", "d"],
    ]);
  });
});

describe("a ledger", () => {
  const before = listing({ a: "1", b: "2", c: "3" });
  const wanted = listing({ b: "x", c: "3", d: "4" });
  const open = (isStale = (_mark: string) => false) => new WriteLog(wanted, before, compare(before, wanted), 1, isStale);
  const at = (key: string) => indexOf(wanted, key);

  test("knows what is to be written, and begins with what was there", () => {
    const ledger = open();
    expect(wanted.keys.filter((key) => ledger.isDue(at(key)))).toEqual(["b", "d"]);
    expect([ledger.due, pack(ledger.manifest())]).toEqual([2, pack(before)]);
  });

  test("keeps account of what was done and of what was not", () => {
    const ledger = open();
    ledger.wrote(at("d"));
    ledger.deleted("a");
    expect(ledger.due).toBe(1);
    expect(pack(ledger.manifest())).toBe(
      pack(
        manifestOf([
          ["b", text("2")],
          ["c", text("3")],
          ["d", text("4", 1)],
        ]),
      ),
    );
    ledger.wrote(at("b"));
    expect(digestOf(ledger.manifest())).toBe(digestOf(wanted));
  });

  test("takes back what was not seen", () => {
    const ledger = open();
    ledger.wrote(at("d"));
    ledger.deleted("a");
    ledger.markUnverified("d");
    ledger.markUndeleted("a");
    ledger.markUndeleted("b");
    ledger.markUndeleted("nobody's");
    expect(pack(ledger.manifest())).toBe(pack(before));
  });

  test("has written again what has outlived its time", () => {
    expect(open(() => true).due).toBe(3);
  });
});
