/** What failed of many items: the first ones by name, the others by number. */
import { isNamespaceRefused } from "../../../api/edgekv/items";
import { ApiError, PreconditionError } from "../../../errors";
import { formatCount, formatItems } from "../../../items/format";

/** Failures in a row after which the others are skipped: they would fail alike. */
const maxInRow = 20;
/** Failures that the message names. */
const maxShown = 10;

export class Failures {
  readonly #shown: string[] = [];
  #count = 0;
  #first: unknown;
  #inRow = 0;
  #skipped = 0;
  /** The failure that concerns all items, once there was one. */
  stoppedBy: unknown;

  add(key: string, error: unknown): void {
    this.#count += 1;
    // One foreign item does not mean that the others fail.
    if (!(error instanceof PreconditionError)) this.#inRow += 1;
    this.#first ??= error;
    if (this.#shown.length < maxShown)
      this.#shown.push(`${key}: ${error instanceof Error ? error.message : String(error)}`);
    const concernsAll =
      isNamespaceRefused(error) || (error instanceof ApiError && (error.is(401) || error.is(403)));
    if (concernsAll || this.#inRow >= maxInRow) this.stoppedBy ??= error;
  }

  noteSuccess(): void {
    this.#inRow = 0;
  }

  /** Whether an item is to be skipped, since all would fail alike. It is counted then. */
  skips(): boolean {
    if (this.stoppedBy === undefined) return false;
    this.#skipped += 1;
    return true;
  }

  throw(): void {
    if (this.#count === 0) return;
    const more = this.#count - this.#shown.length;
    const skipped =
      this.#skipped === 0
        ? ""
        : `, and ${formatCount(this.#skipped)} were skipped because they would fail alike`;
    const lines = [...this.#shown, ...(more > 0 ? [`and ${formatCount(more)} more`] : [])];
    throw new PreconditionError(
      `${formatItems(this.#count)} failed${skipped}. The state has what was done. Run \`up\` again: it goes on with the rest.\n  ${lines.join("\n  ")}`,
      { cause: this.stoppedBy ?? this.#first },
    );
  }
}
