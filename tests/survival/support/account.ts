import type { Emulator } from "../../../emulator";

/** The parts of the emulator's state that are looked at. Of an object, the last of its states is what was written last; `null` is a tombstone. */
interface State {
  readonly edgekv: {
    readonly database: object & { readonly readyAt: number | null };
    readonly namespaces: Networks<Record<string, States<{ scheduledDeleteTime?: string }>>>;
    readonly items: Networks<Record<string, Record<string, Record<string, States<{ value: string }>>>>>;
    readonly tokens: Record<string, States<Token>>;
  };
  readonly edgeworkers: {
    readonly ids: Record<string, States<{ name: string; groupId: number; resourceTierId: number; description?: string }>>;
    readonly belongings: Record<string, Belongings>;
  };
  readonly property: { readonly properties: Record<string, Property> };
}
type States<T> = readonly { readonly value: T | null }[];
interface Networks<T> {
  readonly staging: T;
  readonly production: T;
}
interface Token {
  readonly allowOnStaging: boolean;
  readonly allowOnProduction: boolean;
  readonly namespacePermissions: object;
  readonly restrictToEdgeWorkerIds: readonly string[] | null;
}
interface Belongings {
  readonly versions: Record<string, States<object>>;
  readonly usedVersions: readonly string[];
  readonly deployments: readonly States<Deployment>[];
}
interface Deployment {
  readonly kind: string;
  readonly network: string;
  readonly version: string;
  readonly cancelledAt?: number;
}
interface Property {
  readonly versions: readonly { readonly note?: string; readonly createdFrom?: number; readonly rules: object }[];
  readonly activations: readonly { activationType: string; network: string; propertyVersion: number; cancelledAt?: number }[];
}

const last = <T>(states: States<T>): T | null => states.at(-1)?.value ?? null;
const mapped = <T, U>(record: Readonly<Record<string, T>>, map: (value: T, key: string) => U | null): Record<string, U> =>
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
  const { edgekv, edgeworkers, property } = emulator.state.get() as State;
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
        withContent(mapped(groups, (items) => withContent(mapped(items, (states) => last(states)?.value ?? null)))),
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
  const sorted = [...deployments].sort((a, b) => (a.network < b.network ? -1 : a.network > b.network ? 1 : 0));
  const versions = [...new Set(sorted.map(({ version }) => version))];
  return sorted.map(
    ({ kind, version, network, cancelledAt }) =>
      `${kind} of ${versions.indexOf(version)} on ${network}${cancelledAt === undefined ? "" : ", cancelled"}`,
  );
}

const withContent = <T extends object>(record: T): T | null => (Object.keys(record).length === 0 ? null : record);

/** Rules as text: a tree of hundreds of lines helps nobody where a difference is reported. */
function digest(rules: object): string {
  const text = JSON.stringify(rules);
  const marked = [...text.matchAll(/"name":"([^"]*)"/g)].map(([, name]) => name);
  return `${text.length} characters: ${marked.join(", ")}`;
}
