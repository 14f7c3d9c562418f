/** What a source held, for as long as a run lasts: as lists at first, and as its state keeps it once the items are written. */
import { type Manifest, withRuns } from "./manifest";
import { type PackedManifest, unpack } from "./packedManifest";

export class HeldManifest {
  #manifest: Manifest | undefined;
  #packed: PackedManifest | undefined;

  constructor(manifest: Manifest) {
    this.#manifest = manifest;
  }

  /** Without times of writing, as a source has none. */
  get manifest(): Manifest {
    if (this.#packed !== undefined && this.#manifest === undefined)
      this.#manifest = withRuns(unpack(this.#packed), () => 0);
    return this.#manifest as Manifest;
  }

  /**
   * Lets go of the lists: a million items take 28 MB, and hardly anyone asks for them again.
   * @param packed the same items. The state has these texts, so they take no memory of their own
   */
  pack(packed: PackedManifest): void {
    this.#packed = packed;
    this.#manifest = undefined;
  }
}
