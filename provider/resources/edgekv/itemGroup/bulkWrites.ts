/** The items of a group that uploads write: which of them are believed, which failed, and which were there before. */

import { matchesFingerprint, retentionOf } from "../../../items/fingerprint";
import { formatCount } from "../../../items/format";
import { indexOf } from "../../../items/manifest";
import type { WriteLog } from "../../../items/writeLog";
import type { Context } from "../../../runtime/context";
import { readItem } from "../item/observe";
import { displayName, itemRefOf } from "./content";
import { ABSENT, CHANGED, downloadGroups } from "./download";
import type { DueItem } from "./pieces";
import type { ItemGroupInputs } from "./schema";
import { uploadFailure, uploadItems } from "./upload";
import type { ItemChange } from "./verification";

/** Items of each upload that are read back, besides its last one. */
const sampleOfUpload = 10;

function sampleOf(indices: readonly number[], random: () => number): Set<number> {
  const some = Array.from(
    { length: Math.min(sampleOfUpload, indices.length) },
    () => indices[Math.floor(random() * indices.length)] as number,
  );
  return new Set([...some, ...indices.slice(-1)]);
}

/** What becomes of an item. */
export interface BulkEffects {
  /** It was written since then (milliseconds), and stands for its upload: it has to be verified. */
  written(change: ItemChange, since: number): void;
  failed(key: string, error: unknown): void;
}

export class BulkWrites {
  /** Indices of items that an upload could not write. The next run sends them again. */
  readonly refused = new Set<number>();
  /** The items of each upload. When a read contradicts its job, none of them counts as written. */
  readonly #uploads: Uint32Array[] = [];

  constructor(
    private readonly context: Context,
    private readonly inputs: ItemGroupInputs,
    private readonly writeLog: WriteLog,
    private readonly effects: BulkEffects,
  ) {}

  /** What it leaves due has to be written by single requests. */
  async write(due: number, items: AsyncIterable<DueItem>): Promise<void> {
    const { context, inputs, writeLog, effects } = this;
    const { wanted } = writeLog;
    const written = (indices: readonly number[], since: number) => {
      for (const index of indices) writeLog.markWritten(index);
      this.#uploads.push(Uint32Array.from(indices));
      for (const index of sampleOf(indices, context.random)) effects.written(this.#changeOf(index), since);
    };
    const failed = async (key: string, index: number, message: string) => {
      const change = this.#changeOf(index);
      const live = await readItem(context, change.ref);
      if (live !== undefined && matchesFingerprint(live, wanted.fingerprints.at(index))) {
        writeLog.markWritten(index);
        effects.written(change, context.clock.now());
        return;
      }
      this.refused.add(index);
      effects.failed(key, uploadFailure(message));
    };
    await uploadItems(context, inputs, due, items, { wanted, written, failed });
  }

  #changeOf(index: number): ItemChange {
    const { keys, fingerprints } = this.writeLog.wanted;
    return { ref: itemRefOf(this.inputs, keys.at(index)), fingerprint: fingerprints.at(index) };
  }

  /** Marks what the group has already as written, and returns the keys with other values. Undefined without a download. */
  async adoptExisting(): Promise<ReadonlySet<string> | undefined> {
    const { context, inputs, writeLog } = this;
    const found = await downloadGroups(context, inputs, writeLog.wanted);
    if (found === undefined) return undefined;
    const others = new Set<string>();
    let adopted = 0;
    for (const [index, state] of found.states.entries()) {
      const key = writeLog.wanted.keys.at(index);
      if (state === ABSENT || !writeLog.isDue(index) || !writeLog.isNew(key)) continue;
      if (state === CHANGED) others.add(key);
      // A download does not show whose retention an item has.
      else if (retentionOf(writeLog.wanted.fingerprints.at(index)) === undefined) {
        writeLog.markWritten(index);
        adopted += 1;
      }
    }
    context.logger.info(
      `${displayName(inputs)}: ${formatCount(adopted)} exist already with the declared value; they are not written again.`,
    );
    return others;
  }

  /** A job that says that it wrote what reads do not show is not believed in anything. */
  markUnverified(key: string): void {
    const { wanted } = this.writeLog;
    const index = indexOf(wanted, key);
    this.writeLog.markUnverified(key);
    const upload = this.#uploads.find((indices) => indices.includes(index));
    for (const one of upload ?? []) this.writeLog.markUnverified(wanted.keys.at(one));
  }
}
