/**
 * Many requests for one group, sent concurrently. One that fails does not stop the others, and one wait
 * covers all of them.
 */

import { deleteItem, type ItemRef, isNamespaceRefused, writeItem } from "../../../api/edgekv/items";

import { PreconditionError } from "../../../errors";
import { forEachConcurrently } from "../../../items/concurrently";
import { isWrittenThisRun } from "../../../items/declaredKeys";
import { fingerprintOf, matchesFingerprint, retentionOf, sameValue } from "../../../items/fingerprint";
import { formatCount, formatKeys, formatProgress } from "../../../items/format";
import { indexOf } from "../../../items/manifest";
import { readItems } from "../../../items/source/source";
import type { WriteLog } from "../../../items/writeLog";
import type { Context } from "../../../runtime/context";
import { needsUpload } from "../bulk/retention";
import { usesBulk } from "../bulk/transfer";
import { inNamespace, readItem } from "../item/observe";
import { isNewNamespace } from "../namespace/observe";
import { BulkWrites } from "./bulkWrites";
import { displayName, itemRefOf, sourceChanged } from "./content";
import { Failures } from "./failures";
import { concurrency, sampleKeys, wasJustEmpty } from "./observe";
import type { DueItem } from "./pieces";
import type { ItemGroupInputs } from "./schema";
import { type ItemChange, Verification } from "./verification";

const secondsBetweenReports = 30;
/** Existing items that are read one by one before an upload. */
const maxReadsOfExisting = 100;

export class Batch {
  readonly #failures = new Failures();
  readonly #bulk: BulkWrites;
  #verification: Verification;

  constructor(
    private readonly context: Context,
    private readonly inputs: ItemGroupInputs,
    private readonly writeLog: WriteLog,
  ) {
    this.#verification = new Verification(context);
    this.#bulk = new BulkWrites(context, inputs, writeLog, {
      written: (change, since) => this.#verification.require(change, since),
      failed: (key, error) => this.#failures.add(key, error),
    });
  }

  /** Whether the batch stopped because the namespace is not available. */
  get isNamespaceRefused(): boolean {
    return isNamespaceRefused(this.#failures.stoppedBy);
  }

  /**
   * Writes what is due. An item that exists and is not in the state is left from an interrupted run, or
   * foreign.
   */
  async write(): Promise<void> {
    const { context, inputs, writeLog } = this;
    if (writeLog.due === 0) return;
    // Only uploads carry a retention of an item's own.
    const transfer = this.#hasRetention ? "bulk" : inputs.transfer;
    const isBulk = usesBulk(context, { ...inputs, transfer }, "upload", writeLog.due);
    const existing = await this.#findExisting(isBulk);
    if (isBulk && writeLog.due > 0) await this.#bulk.write(this.#due, this.#dueItems(existing));
    await this.#forEach("writing", this.#due, this.#dueItems(), async ({ key, content, index }) => {
      const fingerprint = writeLog.wanted.fingerprints.at(index);
      const change = { ref: itemRefOf(inputs, key), fingerprint };
      if (retentionOf(fingerprint) !== undefined)
        throw new PreconditionError(`no upload has written it; its retention: ${needsUpload}`);
      const live = existing.has(key) ? await readItem(context, change.ref) : undefined;
      const isUpToDate = live !== undefined && matchesFingerprint(live, fingerprint);
      if (live !== undefined && !isUpToDate && !inputs.overwrite) {
        throw new PreconditionError(
          "exists already with another value, and is not managed by this program: set `overwrite: true` to replace its value",
        );
      }
      if (!isUpToDate) await inNamespace(context, inputs, () => writeItem(context.http, change.ref, content));
      writeLog.markWritten(index);
      return change;
    });
  }

  get #hasRetention(): boolean {
    const { wanted } = this.writeLog;
    const { fingerprints } = wanted;
    if (!fingerprints.hasRetentions) return false;
    for (let index = 0; index < fingerprints.length; index++)
      if (this.writeLog.isDue(index) && fingerprints.retentionAt(index) !== undefined) return true;
    return false;
  }

  /** How many items single requests have to write. */
  get #due(): number {
    return this.writeLog.due - this.#bulk.refused.size;
  }

  /** The items that are still to be written, in the order of the source. */
  async *#dueItems(except: ReadonlySet<string> = new Set()): AsyncGenerator<DueItem> {
    const { inputs, writeLog } = this;
    let left = this.#due;
    if (left === 0) return;
    for await (const item of readItems(inputs)) {
      const index = indexOf(writeLog.wanted, item.key);
      if (!sameValue(fingerprintOf(item.content), writeLog.wanted.fingerprints.at(index)))
        throw new PreconditionError(sourceChanged);
      if (!writeLog.isDue(index) || this.#bulk.refused.has(index)) continue;
      left -= 1;
      if (except.has(item.key)) continue;
      yield { ...item, index };
    }
    if (left > 0) throw new PreconditionError(sourceChanged);
  }

  /** New keys that a sample of the group shows. What it does not show is written without a read. */
  async #findExisting(isBulk: boolean): Promise<ReadonlySet<string>> {
    const { context, inputs, writeLog } = this;
    const existing = new Set<string>();
    // A new namespace has what was moved there, and what this run writes.
    if (isNewNamespace(context.runState, inputs)) return existing;
    if (inputs.overwrite || !writeLog.hasNew) return existing;
    let isCut = false;
    const limit = writeLog.wanted.keys.length;
    for (const group of inputs.groups) {
      // The preflight has just asked.
      if (wasJustEmpty(context, { ...inputs, group })) continue;
      const sample = await sampleKeys(context, { ...inputs, group }, limit);
      isCut ||= sample.length >= limit;
      for (const key of sample) {
        if (
          writeLog.isNew(key) &&
          indexOf(writeLog.wanted, key) >= 0 &&
          itemRefOf(inputs, key).group === group
        )
          existing.add(key);
      }
    }
    // What a listing can't show would be overwritten unseen, and many reads take longer than one download.
    if (isBulk && (isCut || existing.size > maxReadsOfExisting))
      return (await this.#bulk.adoptExisting()) ?? existing;
    if (existing.size > 0) {
      context.logger.info(
        `${displayName(inputs)}: ${formatCount(existing.size)} exist already; those with the declared value are not written again.`,
      );
    }
    return existing;
  }

  /** Deletes items that the state has. */
  async delete(keys: readonly string[]): Promise<void> {
    const { context, inputs, writeLog } = this;
    const isRetained = (key: string) => isWrittenThisRun(context.runState, itemRefOf(inputs, key), key);
    const retained = keys.filter(isRetained);
    for (const key of retained) writeLog.markDeleted(key);
    if (retained.length > 0) {
      context.logger.warn(
        `${displayName(inputs)}: not deleted, since another resource has just written them: ${formatKeys(retained)}.`,
      );
    }
    const refs = (retained.length === 0 ? keys : keys.filter((key) => !isRetained(key))).map((key) =>
      itemRefOf(inputs, key),
    );
    await this.#delete(refs);
  }

  /** Deletes items that are not declared, from the group in which they were found. */
  async deleteUnmanaged(found: readonly { readonly group: string; readonly key: string }[]): Promise<void> {
    await this.#delete(found.map(({ group, key }) => ({ ...itemRefOf(this.inputs, key), group })));
  }

  async #delete(refs: readonly ItemRef[]): Promise<void> {
    const tasks = (async function* () {
      for (const ref of refs) yield { key: ref.key, ref };
    })();
    await this.#forEach("deleting", refs.length, tasks, async ({ key, ref }) => {
      await inNamespace(this.context, ref, () => deleteItem(this.context.http, ref));
      this.writeLog.markDeleted(key);
      return { ref, fingerprint: undefined };
    });
  }

  async #forEach<T extends { readonly key: string }>(
    activity: string,
    total: number,
    tasks: AsyncIterable<T>,
    work: (task: T) => Promise<ItemChange>,
  ): Promise<void> {
    const { clock, logger } = this.context;
    const began = clock.now();
    let ended = 0;
    let reported = began;
    await forEachConcurrently(tasks, Math.min(concurrency, total), async (task) => {
      if (this.#failures.skips()) return;
      const since = clock.now();
      try {
        const change = await work(task);
        this.#failures.noteSuccess();
        this.#verification.record(change, clock.now() - since);
      } catch (error) {
        this.#failures.add(task.key, error);
      }
      ended += 1;
      if (clock.now() - reported < secondsBetweenReports * 1000) return;
      reported = clock.now();
      logger.info(
        `${activity} ${displayName(this.inputs)}: ${formatProgress(ended, total, reported - began)}`,
      );
    });
  }

  /**
   * Waits until reads show the changes since the last call. The next run repeats the changes that they don't
   * show.
   */
  async verify(): Promise<void> {
    const verification = this.#verification;
    this.#verification = new Verification(this.context);
    if (!this.inputs.waitForPropagation && !verification.hasRequired) return;
    await verification.wait(
      `${displayName(this.inputs)} to be up to date`,
      ({ ref: { key }, fingerprint }) => {
        if (fingerprint === undefined) this.writeLog.markUndeleted(key);
        else this.#bulk.markUnverified(key);
      },
    );
  }

  throwFailures(): void {
    this.#failures.throw();
  }
}
