import fc from "fast-check";
import { contentOf } from "../../../provider/items/content";
import {
  fingerprintOf,
  fingerprintOfLive,
  matchesFingerprint,
  runOf,
  sameValue,
} from "../../../provider/items/fingerprint";
import {
  bytesOf,
  compare,
  digestOf,
  emptyManifest,
  indexOf,
  type Manifest,
  manifestOf,
  pruneRuns,
} from "../../../provider/items/manifest";
import { pack, unpack } from "../../../provider/items/packedManifest";
import { WriteLog } from "../../../provider/items/writeLog";

const text = (value: string, run = 0) => fingerprintOf(contentOf({ value }), run);
const json = (value: unknown, run = 0) => fingerprintOf(contentOf({ json: JSON.stringify(value) }), run);
/** Items of which each holds a text. */
const manifestFrom = (items: Readonly<Record<string, string>>, run = 0) =>
  manifestOf(Object.entries(items).map(([key, value]) => [key, text(value, run)]));
const live = (value: string) => Buffer.from(value, "utf8");
const keyText = fc.string({ unit: fc.constantFrom(..."abcXYZ019_-"), minLength: 1, maxLength: 12 });
const anyItems = fc.dictionary(keyText, fc.string({ maxLength: 3 }), { noNullPrototype: true });

/** Keys and fingerprints as they come. */
const listed = ({ keys, fingerprints }: Manifest) => [[...keys], [...fingerprints]];

describe("a fingerprint", () => {
  test("is the same for the same value, whenever it was written, and short", () => {
    expect(text("Guten Tag")).toBe("wSgy5dsY-C509");
    expect(sameValue(text("a", 3), text("a", 4))).toBe(true);
    expect(sameValue(text("a"), text("b"))).toBe(false);
    expect(sameValue(text("1"), json(1))).toBe(false);
    expect(sameValue(undefined, text("a"))).toBe(false);
    expect([runOf(text("a", 35)), runOf(text("x".repeat(1_000_000), 7))]).toEqual([35, 7]);
  });

  test("represents text by its bytes, and JSON by its meaning", () => {
    expect(matchesFingerprint(live("a"), text("a"))).toBe(true);
    expect(matchesFingerprint(live("a "), text("a"))).toBe(false);
    expect(matchesFingerprint(live('{ "b": 1, "a": 2 }'), json({ a: 2, b: 1 }))).toBe(true);
    expect(matchesFingerprint(live('{"a":2}'), json({ a: 2, b: null }))).toBe(false);
    expect(matchesFingerprint(live('{ "a": 2 }'), text('{"a":2}'))).toBe(false);
  });

  test("of a live value is that of JSON where it is JSON", () => {
    expect(sameValue(fingerprintOfLive(live("[ 1 ]")), json([1]))).toBe(true);
    expect(sameValue(fingerprintOfLive(live("[ 1")), text("[ 1"))).toBe(true);
  });
});

describe("a manifest", () => {
  test("is packed in a line for each item, in the order of the keys, and comes out as it was", () => {
    const some = manifestFrom({ b: "2", A: "", a: "1" });
    expect(
      pack(some)
        .manifest.split("\n")
        .map((line) => line.split(" ")[0]),
    ).toEqual(["A", "a", "b"]);
    expect(pack(unpack(pack(some)))).toEqual(pack(some));
    expect([pack(emptyManifest), unpack({ manifest: "" })]).toEqual([{ manifest: "" }, emptyManifest]);
    expect(bytesOf(some)).toBe(2);
    fc.assert(
      fc.property(anyItems, (items) =>
        expect(listed(unpack(pack(manifestFrom(items))))).toEqual(listed(manifestFrom(items))),
      ),
    );
  });

  test("of more than a thousand items is packed in pieces, with 48 bits of each hash, and comes out as it was", () => {
    const of = (count: number) =>
      manifestOf(
        Array.from({ length: count }, (_, index) => [
          `${"k".repeat(index % 300)}-${index}`,
          fingerprintOf(
            contentOf({ value: "v".repeat(index % 1000) }),
            index % 36,
            index % 7 === 0 ? index * 1000 : undefined,
          ),
        ]),
      );
    expect(pack(of(1000)).manifestParts).toBeUndefined();
    for (const count of [1001, 5000]) {
      const some = of(count);
      const { manifest, manifestParts = [] } = pack(some);
      expect([
        manifest[0],
        Math.max(manifest.length - 1, ...manifestParts.map((part) => part.length)),
      ]).toEqual(["=", 4400]);
      const read = unpack({ manifest, manifestParts });
      const shortened = (fingerprint: string) => `${fingerprint.slice(0, 8)}AAA${fingerprint.slice(11)}`;
      expect(listed(read)).toEqual([[...some.keys], [...some.fingerprints].map(shortened)]);
      expect([...compare(read, some).changed, ...compare(some, read).changed]).toEqual([]);
      expect(sameValue(read.fingerprints.at(7), some.fingerprints.at(7))).toBe(true);
      expect(pack(read)).toEqual({ manifest, manifestParts });
    }
  });

  test("that is packed in pieces of another length, as other versions cut it, comes out the same", () => {
    const some = manifestOf(
      Array.from({ length: 2500 }, (_, index) => [`k${index}`, text(String(index), index % 36)]),
    );
    const { manifest, manifestParts = [] } = pack(some);
    const packed = manifest.slice(1) + manifestParts.join("");
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), (quads) => {
        const pieces = packed.match(new RegExp(`.{1,${4 * quads}}`, "g")) ?? [];
        const read = unpack({ manifest: `=${pieces[0]}`, manifestParts: pieces.slice(1) });
        expect(pack(read)).toEqual({ manifest, manifestParts });
      }),
      { numRuns: 30, examples: [[1024]] },
    );
  });

  test("that is damaged is refused with what to do", () => {
    const { manifest, manifestParts = [] } = pack(
      manifestOf(Array.from({ length: 3000 }, (_, index) => [`k${index}`, text(String(index))])),
    );
    for (const damaged of [
      { manifest },
      { manifest: "=AAAA" },
      { manifest: "=" },
      { manifest, manifestParts: manifestParts.slice(1) },
      { manifest: manifest.replace(/^=.{40}/, `=${"B".repeat(40)}`), manifestParts },
    ])
      expect(() => unpack(damaged)).toThrow(/its manifest is damaged. Restore the state from a backup/);
  });

  test("of a hundred thousand items with keys of forty characters takes less than a megabyte of a state", () => {
    const many = manifestOf(
      Array.from({ length: 100_000 }, (_, index) => [
        `key-${String(index).padStart(36, "0")}`,
        text(String(index), 3),
      ]),
    );
    expect(pack(many).manifestParts?.join("").length).toBeLessThan(850_000);
  });

  test("has a digest of keys and values, and of nothing else", () => {
    expect(digestOf(manifestFrom({ a: "1", b: "2" }, 5))).toBe(digestOf(manifestFrom({ b: "2", a: "1" })));
    const others = [
      manifestFrom({ a: "1" }),
      manifestFrom({ a: "2", b: "2" }),
      manifestFrom({ a: "1", c: "2" }),
      emptyManifest,
    ];
    expect(new Set([manifestFrom({ a: "1", b: "2" }), ...others].map(digestOf)).size).toBe(5);
  });

  test("finds its keys, and no others", () => {
    fc.assert(
      fc.property(anyItems, keyText, (items, other) => {
        const some = manifestFrom(items);
        for (const [index, key] of some.keys.entries()) expect(indexOf(some, key)).toBe(index);
        expect(indexOf(some, other) >= 0).toBe(Object.hasOwn(items, other));
      }),
    );
  });

  test("is compared with another by what comes, changes and goes", () => {
    const compared = (old: Manifest, news: Manifest) => {
      const { added, changed, removed } = compare(old, news);
      return { added: [...added], changed: [...changed], removed: [...removed] };
    };
    expect(
      compared(manifestFrom({ a: "1", b: "2", c: "3" }, 4), manifestFrom({ b: "2", c: "x", d: "4" })),
    ).toEqual({
      added: ["d"],
      changed: ["c"],
      removed: ["a"],
    });
    fc.assert(
      fc.property(anyItems, anyItems, (old, news) => {
        const { added, changed, removed } = compared(manifestFrom(old), manifestFrom(news));
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
  const inRuns = (...runs: number[]): Manifest =>
    manifestOf(runs.map((run, index) => [`k${index}`, text("x", run)]));
  const runsOf = ({ fingerprints }: Manifest) => [...fingerprints].map(runOf);

  test("that no item refers to are dropped, and the others numbered anew", () => {
    const { manifest: pruned, times } = pruneRuns(inRuns(1, 3, 3), ["a", "b", "c", "d"], 36);
    expect([runsOf(pruned), times]).toEqual([
      [0, 1, 1],
      ["b", "d"],
    ]);
    const { manifest: none, times: left } = pruneRuns(emptyManifest, ["a"], 36);
    expect([pack(none), left]).toEqual([{ manifest: "" }, []]);
  });

  test("that are too many: the oldest count as one, with the earliest time", () => {
    const { manifest: pruned, times } = pruneRuns(inRuns(0, 1, 2, 3), ["a", "b", "c", "d"], 3);
    expect([runsOf(pruned), times]).toEqual([
      [0, 0, 1, 2],
      ["a", "c", "d"],
    ]);
  });
});

describe("a write log", () => {
  const before = manifestFrom({ a: "1", b: "2", c: "3" });
  const wanted = manifestFrom({ b: "x", c: "3", d: "4" });
  const open = (isStale = (_fingerprint: string) => false) => new WriteLog(wanted, before, 1, isStale);
  const at = (key: string) => indexOf(wanted, key);

  test("knows what is due, and begins with the items of the state", () => {
    const writeLog = open();
    expect(wanted.keys.filter((key) => writeLog.isDue(at(key)))).toEqual(["b", "d"]);
    expect([writeLog.due, writeLog.isComplete]).toEqual([2, false]);
    expect(pack(writeLog.manifest())).toEqual(pack(before));
  });

  test("records what was done and what was not", () => {
    const writeLog = open();
    writeLog.markWritten(at("d"));
    writeLog.markDeleted("a");
    expect(writeLog.due).toBe(1);
    expect(pack(writeLog.manifest())).toEqual(
      pack(
        manifestOf([
          ["b", text("2")],
          ["c", text("3")],
          ["d", text("4", 1)],
        ]),
      ),
    );
    writeLog.markWritten(at("b"));
    expect(writeLog.isComplete).toBe(true);
    expect(digestOf(writeLog.manifest())).toBe(digestOf(wanted));
    expect([...writeLog.manifest().fingerprints].map(runOf)).toEqual([1, 0, 1]);
  });

  test("takes back what no read has shown", () => {
    const writeLog = open();
    writeLog.markWritten(at("d"));
    writeLog.markDeleted("a");
    writeLog.markUnverified("d");
    writeLog.markUndeleted("a");
    writeLog.markUndeleted("b");
    writeLog.markUndeleted("foreign");
    expect(pack(writeLog.manifest())).toEqual(pack(before));
  });

  test("has expired items written again", () => {
    expect(open(() => true).due).toBe(3);
  });
});
