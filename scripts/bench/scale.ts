/** How much a benchmark measures: the whole of it, or with `--quick` a minute's part. */

/** Seconds until all servers show a change, at most. */
export const lag = 2;
/** Item requests in a second that Akamai documents. */
export const documentedRate = 73;
/** A program of this size would take half an hour at the documented rate: it gets ten times that. */
const raisedRate = 10 * documentedRate;
/** Bare requests that are really sent. For more, the time of these is scaled up. */
export const maxBareRequests = 10_000;
/**
 * Resources that the engine works on at the same time. Each waits for its own propagation. With the engine's
 * default, four for each core, the waits would follow each other.
 */
export const parallel = 64;

/** How many items, and how many requests the service accepts in a second. */
export interface Size {
  readonly items: number;
  readonly perSecond: number;
}

export interface Scale {
  readonly sizes: readonly Size[];
  /** How many namespaces, and how many tokens. */
  readonly objects: number;
  /** How many resources a stack has in previews by each adapter. */
  readonly previews: readonly number[];
}

export const quickScale: Scale = {
  sizes: [
    { items: 1, perSecond: documentedRate },
    { items: 300, perSecond: documentedRate },
    { items: 3000, perSecond: raisedRate },
  ],
  objects: 20,
  previews: [20],
};

export const fullScale: Scale = {
  sizes: [
    { items: 1, perSecond: documentedRate },
    { items: 1000, perSecond: documentedRate },
    { items: 10_000, perSecond: raisedRate },
    { items: 100_000, perSecond: raisedRate },
  ],
  objects: 200,
  previews: [100, 500],
};
