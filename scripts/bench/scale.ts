/** How much a benchmark measures: the whole of it, or with `--quick` a minute's part. */

/** Seconds until all servers show a change, at most. */
export const lag = 2;
/** Seconds that Akamai documents for a write of an item to show. Jobs of uploads take about as long. */
export const documentedLag = 10;
/** Item requests in a second that Akamai documents. */
export const documentedRate = 73;
/** A program of this size would take half an hour at the documented rate: it gets ten times that. */
const raisedRate = 10 * documentedRate;
/** Seconds that Terraform waits after each key that it writes, as its source has it. */
export const terraformSecondsPerKey = 5;
/** Bare requests that are really sent. For more, the time of these is scaled up. */
export const maxBareRequests = 10_000;
/**
 * Resources that the engine works on at the same time: all of them. Each waits for its own propagation. With the engine's
 * default, four for each core, the waits would follow each other.
 */
export const parallel = 256;

/** With it the engine stores its state at the end of a run only. A run that is killed then loses it: it is for measuring. */
export const withoutCheckpoints = { PULUMI_EXPERIMENTAL: "1", PULUMI_SKIP_CHECKPOINTS: "1" };

/** How many items, and how many requests the service accepts in a second. */
export interface Size {
  readonly items: number;
  readonly perSecond: number;
}

export interface Scale {
  readonly sizes: readonly Size[];
  /** How many items by upload. */
  readonly bulkSizes: readonly number[];
  /** How many namespaces, and how many tokens. */
  readonly objects: readonly number[];
  /** As many once more, while the engine does not store its state after each step, and how often: its time hides ours else. */
  readonly withoutCheckpoints: { readonly objects: number; readonly rounds: number };
  /** How many resources a stack has in previews by each adapter. */
  readonly previews: readonly number[];
}

export const quickScale: Scale = {
  sizes: [
    { items: 1, perSecond: documentedRate },
    { items: 300, perSecond: documentedRate },
    { items: 3000, perSecond: raisedRate },
  ],
  bulkSizes: [600],
  objects: [20],
  withoutCheckpoints: { objects: 20, rounds: 1 },
  previews: [20],
};

export const fullScale: Scale = {
  sizes: [
    { items: 1, perSecond: documentedRate },
    { items: 1000, perSecond: documentedRate },
    { items: 10_000, perSecond: raisedRate },
    { items: 100_000, perSecond: raisedRate },
  ],
  bulkSizes: [1000, 10_000, 100_000, 1_000_000],
  objects: [1, 20, 200],
  withoutCheckpoints: { objects: 200, rounds: 3 },
  previews: [100, 500],
};
