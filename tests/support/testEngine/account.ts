import type { Emulator } from "../../../emulator";
import type { Account } from "../../../emulator/account/account";
import { type Replicated, readPrimary } from "../../../emulator/replication";

/** What the account really holds, whatever its replicas show. */
export function accountOf(emulator: Emulator): Account {
  return emulator.state.get() as Account;
}

type Belongings = Account["edgeworkers"]["belongings"][string];
type Deployment = NonNullable<Belongings["deployments"][number][number]["value"]>;

interface Networks<T> {
  readonly staging: T;
  readonly production: T;
}

/** What was written last; null when that was a delete. */
const last = <T>(states: Replicated<T>): T | null => readPrimary(states) ?? null;
const mapped = <T, U>(
  record: Readonly<Record<string, T>>,
  map: (value: T, key: string) => U | null,
): Record<string, U> =>
  Object.fromEntries(
    Object.entries(record)
      .map(([key, value]) => [key, map(value, key)] as const)
      .filter((entry): entry is readonly [string, U] => entry[1] !== null)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
const onBoth = <T, U>({ staging, production }: Networks<T>, map: (of: T) => U): Networks<U> => ({
  staging: map(staging),
  production: map(production),
});

/**
 * What an account holds, without what chance and clock decide: two runs that did the same give the same. Versions of code, whose names follow from the
 * references of tokens, have numbers instead.
 */
export function holdings(emulator: Emulator): object {
  const { edgekv, edgeworkers, property } = accountOf(emulator);
  const { readyAt, ...database } = edgekv.database;
  return {
    database: { ...database, isInitialized: readyAt !== null },
    namespaces: onBoth(edgekv.namespaces, (all) =>
      mapped(all, (states) => {
        const { scheduledDeleteTime, ...namespace } = last(states) ?? { gone: true };
        return "gone" in namespace ? null : { ...namespace, isGoing: scheduledDeleteTime !== undefined };
      }),
    ),
    items: onBoth(edgekv.items, (namespaces) =>
      mapped(namespaces, (groups) =>
        withContent(
          mapped(groups, (items) => withContent(mapped(items, (states) => last(states)?.value ?? null))),
        ),
      ),
    ),
    tokens: mapped(edgekv.tokens, (states) => {
      const token = last(states);
      if (token === null) return null;
      const { allowOnStaging, allowOnProduction, namespacePermissions, restrictToEdgeWorkerIds } = token;
      return { allowOnStaging, allowOnProduction, namespacePermissions, restrictToEdgeWorkerIds };
    }),
    edgeWorkers: mapped(edgeworkers.ids, (states, id) => {
      const worker = last(states);
      const { versions = {}, usedVersions = [], deployments = [] } = edgeworkers.belongings[id] ?? {};
      if (worker === null) return null;
      const { name, groupId, resourceTierId, description } = worker;
      return {
        ...{ name, groupId, resourceTierId, description },
        versions: Object.keys(mapped(versions, last)).length,
        uploads: usedVersions.length,
        deployments: numbered(deployments.flatMap((states) => last(states) ?? [])),
      };
    }),
    properties: mapped(property.properties, ({ versions, activations }) => ({
      versions: versions.map(({ note, createdFrom, rules }) => ({ note, createdFrom, rules: digest(rules) })),
      activations: activations.map(
        ({ activationType, network, propertyVersion, cancelledAt }) =>
          `${activationType} of ${propertyVersion} on ${network}${cancelledAt === undefined ? "" : ", cancelled"}`,
      ),
    })),
  };
}

/** Deployments network by network, their versions numbered as they come. */
function numbered(deployments: readonly Deployment[]): string[] {
  const sorted = [...deployments].sort((a, b) =>
    a.network < b.network ? -1 : a.network > b.network ? 1 : 0,
  );
  const versions = [...new Set(sorted.map(({ version }) => version))];
  return sorted.map(
    ({ kind, version, network, cancelledAt }) =>
      `${kind} of ${versions.indexOf(version)} on ${network}${cancelledAt === undefined ? "" : ", cancelled"}`,
  );
}

const withContent = <T extends object>(record: T): T | null =>
  Object.keys(record).length === 0 ? null : record;

/** Rules as text: a tree of hundreds of lines helps nobody where a difference is reported. */
function digest(rules: object): string {
  const text = JSON.stringify(rules);
  const marked = [...text.matchAll(/"name":"([^"]*)"/g)].map(([, name]) => name);
  return `${text.length} characters: ${marked.join(", ")}`;
}
