import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { shardGroup, shardGroups, shardOf, shardsModule } from "../../../provider/items/shard";

/** The module as a worker has it: its exports become members of an object. */
const inWorker = runInNewContext(
  `${shardsModule.replaceAll("export function", "function")}; ({ shardOf, shardGroup })`,
) as {
  shardOf: typeof shardOf;
  shardGroup: typeof shardGroup;
};
const keys = fc.string({ unit: fc.constantFrom(..."abcXYZ019_-"), minLength: 1, maxLength: 512 });

// Workers out there find their items by these numbers: they may never change.
test.each([
  ["a", 16, 12],
  ["about-us", 16, 5],
  ["DE", 4, 2],
  ["", 7, 2],
  ["x".repeat(512), 1000, 141],
])("the shard of %.9s among %i is %i for ever", (key, shards, expected) => {
  expect([shardOf(key, shards), inWorker.shardOf(key, shards)]).toEqual([expected, expected]);
});

test("worker and provider find the same group for every key", () => {
  fc.assert(
    fc.property(keys, fc.integer({ min: 1, max: 1000 }), (key, shards) => {
      const group = shardGroup("g", key, shards);
      expect(inWorker.shardGroup("g", key, shards)).toBe(group);
      expect(shardGroups("g", shards)).toContain(group);
    }),
  );
});

test("one shard is the group itself; several have their numbers", () => {
  expect([shardGroup("g", "a"), shardGroups("g"), shardGroups("g", 3)]).toEqual([
    "g",
    ["g"],
    ["g-0", "g-1", "g-2"],
  ]);
});

test("keys spread evenly", () => {
  const counts = new Array<number>(16).fill(0);
  for (let index = 0; index < 16_000; index++)
    counts[shardOf(`product-${index}`, 16)] = (counts[shardOf(`product-${index}`, 16)] ?? 0) + 1;
  expect(Math.min(...counts)).toBeGreaterThan(850);
  expect(Math.max(...counts)).toBeLessThan(1150);
});
