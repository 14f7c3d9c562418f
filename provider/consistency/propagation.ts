/**
 * Eventual consistency in numbers: how long it takes until every replica shows a change. No other file has such a number.
 * `seconds` bounds a wait or a retry. Akamai's documented figures are smaller; what exceeds them is waited for a while longer.
 */

export interface PropagationWindow {
  readonly object: string;
  readonly event: string;
  readonly seconds: number;
  /** Where the figure comes from. */
  readonly source: string;
}

const minute = 60;
const hour = 60 * minute;

const window = (object: string, event: string, seconds: number, source: string): PropagationWindow => ({
  object,
  event,
  seconds,
  source,
});

export const propagation = {
  databaseRequested: window("database", "an initialization was requested", 30, "observed; not documented"),
  databaseInitialized: window(
    "database",
    "it is initialized",
    20 * minute,
    "no bound is documented; Akamai's tools wait as long",
  ),
  databasePolicyChanged: window(
    "database",
    "its data access policy changed",
    5 * minute,
    "as for namespaces",
  ),

  namespaceCreateLost: window("namespace", "a create whose answer was lost", 10, "observed; not documented"),
  namespaceExistence: window(
    "namespace",
    "it was created or deleted",
    20 * minute,
    "techdocs: a delete takes several minutes",
  ),
  namespaceChanged: window(
    "namespace",
    "retention or access group changed, or a delete was cancelled",
    10 * minute,
    "techdocs: up to 5 minutes",
  ),
  namespaceScheduled: window(
    "namespace",
    "its delete was scheduled",
    1.5 * minute,
    "observed; not documented",
  ),
  namespaceStale: window(
    "namespace",
    "a replica refuses what another one shows",
    30,
    "observed; not documented",
  ),
  namespaceOnOtherPaths: window(
    "namespace",
    "it is known to items and tokens after its create, or after its delete was cancelled",
    5 * minute,
    "techdocs: up to 5 minutes",
  ),

  itemUsual: window(
    "item",
    "a write or delete is readable, as a rule",
    10,
    "techdocs: 10 s or less in most cases",
  ),
  itemVisible: window(
    "item",
    "most writes and deletes are readable",
    30,
    "techdocs: 10 s or less in most cases",
  ),
  itemPropagated: window(
    "item",
    "all writes and deletes are readable",
    20 * minute,
    "no bound is documented; Terraform waits as long",
  ),

  dataSettled: window("data of a namespace", "others wrote to it", 3 * minute, "not documented"),

  uploadEnded: window("upload of items", "it was started", 20 * minute, "no bound is documented"),
  earlierUploadEnded: window(
    "upload of items",
    "another run started it, and may have been killed",
    2 * minute,
    "no bound is documented",
  ),

  tokenCreateLost: window("access token", "a create whose answer was lost", 10, "observed; not documented"),
  tokenRefreshLost: window("access token", "a refresh whose answer was lost", 4, "observed; not documented"),
  tokenExistence: window("access token", "it was created", 2 * minute, "observed; not documented"),
  tokenActivated: window(
    "access token",
    "it is COMPLETE",
    30 * minute,
    "no bound is documented; minutes are usual",
  ),

  edgeWorkerCreateLost: window(
    "EdgeWorker",
    "a create or upload whose answer was lost",
    20,
    "observed; not documented",
  ),
  edgeWorkerStale: window(
    "EdgeWorker",
    "a replica does not know an id or a version",
    1 * minute,
    "observed; not documented",
  ),
  edgeWorkerChanged: window(
    "EdgeWorker",
    "an id, a version or what is live changed",
    5 * minute,
    "techdocs: up to 5 minutes",
  ),
  activationRequested: window("activation", "it was requested", 2 * minute, "observed; not documented"),
  deactivation: window("deactivation", "it is COMPLETE", 1 * hour, "Terraform waits as long"),

  propertyVersionCreated: window("property version", "it was created", 30, "observed; not documented"),
} as const satisfies Readonly<Record<string, PropagationWindow>>;
