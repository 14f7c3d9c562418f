import fc from "fast-check";
import { contentOf } from "../../../provider/items/content";
import { fingerprintOf } from "../../../provider/items/fingerprint";
import { HeldManifest } from "../../../provider/items/heldManifest";
import { compare, manifestOf, withRuns } from "../../../provider/items/manifest";
import { pack } from "../../../provider/items/packedManifest";

test("what a source held is the same after its items were written, of a few items and of many", () => {
  fc.assert(
    fc.property(fc.constantFrom(0, 1, 1000, 1001, 3000), fc.nat(35), fc.nat(), (count, run, seed) => {
      const source = manifestOf(
        Array.from({ length: count }, (_, index) => [
          `key-${(index * 7919 + seed) % 100_003}`,
          fingerprintOf(contentOf({ value: String(index) }), 0, index % 5 === 0 ? index : undefined),
        ]),
      );
      const held = new HeldManifest(source);
      expect(held.manifest).toBe(source);
      held.pack(pack(withRuns(source, () => run)));
      const { added, changed, removed } = compare(source, held.manifest);
      expect([added.length, changed.length, removed.length]).toEqual([0, 0, 0]);
      expect(
        [...held.manifest.fingerprints].every((_, index) => held.manifest.fingerprints.runAt(index) === 0),
      ).toBe(true);
      expect(held.manifest).toBe(held.manifest);
    }),
    { numRuns: 25 },
  );
});
