/** What the code uses that is live in the account, whoever activated it. Read when something is about to be deleted, once in a run. */
import { findLive, listLive, type Network } from "../api/edgeworkers/activations";
import { type EdgeWorkerId, listEdgeWorkers } from "../api/edgeworkers/ids";
import { activationKey } from "../api/edgeworkers/keys";
import { downloadVersion } from "../api/edgeworkers/versions";
import { BundleError, unpack } from "../bundle/files";
import { agreesConsistently, holdsOnAnyReplica } from "../consistency/read";
import { ApiError } from "../errors";
import type { Context } from "../runtime/context";
import { type Key, type RunState, slot } from "../runtime/runState";
import { type BundleUse, type Use, usesOfBundle } from "./bundleUse";

/** Milliseconds that the list of what is live counts. Others may activate something meanwhile. */
const maxAge = 60_000;
/** How deep the code of one EdgeWorker may run that of others. */
const maxDependencies = 3;

/** A version that is live, and how it uses what the question is about. */
export interface LiveUser {
  readonly edgeWorkerId: number;
  readonly version: string;
  readonly network: Network;
  readonly use: Use;
}

export interface LiveQuestion {
  /** Such as `access token reader`: for the line of progress. */
  readonly what: string;
  /** The EdgeWorkers that can use it; undefined: any. */
  readonly edgeWorkerIds: readonly number[] | undefined;
  readonly networks: readonly Network[];
  useOf(bundle: BundleUse): Use | undefined;
}

interface Seen {
  readonly at: number;
  readonly live: Promise<ReadonlyMap<Network, string> | Use>;
}

const account = slot(() => ({
  all: undefined as Promise<readonly EdgeWorkerId[]> | undefined,
  live: new Map<number, Seen>(),
  bundles: new Map<string, Promise<BundleUse | Use>>(),
  /** What this run made live, or took off (undefined): a stale replica may still show what was live before. */
  own: new Map<Key, string | undefined>(),
  /** Archives of versions that this run uploaded. */
  uploaded: new Map<string, Uint8Array>(),
  isWarned: false,
}));

/** Records what this run changed on a network. */
export function recordLive(
  runState: RunState,
  edgeWorkerId: number,
  network: Network,
  version: string | undefined,
): void {
  const known = runState.get(account);
  known.own.set(activationKey(edgeWorkerId, network), version);
  known.live.delete(edgeWorkerId);
}

/** Records a version that this run uploaded: nobody has to read it again. */
export function recordBundle(
  runState: RunState,
  edgeWorkerId: number,
  version: string,
  packed: Uint8Array,
): void {
  runState.get(account).uploaded.set(keyOfBundle(edgeWorkerId, version), packed);
}

function keyOfBundle(edgeWorkerId: number, version: string): string {
  return `${edgeWorkerId}/${version}`;
}

/** The live versions that use something. Whatever can't be told counts as use. */
export async function findLiveUsers(context: Context, question: LiveQuestion): Promise<LiveUser[]> {
  const ids = question.edgeWorkerIds ?? (await allIds(context));
  reportIds(context, question, ids);
  const live = await Promise.all(ids.map((id) => liveOf(context, id)));
  reportVersions(context, question, ids, live);
  const suspects = (await Promise.all(ids.map((id) => usersOf(context, id, question)))).flat();
  const confirmed: LiveUser[] = [];
  for (const suspect of suspects) if (await isStillLive(context, suspect)) confirmed.push(suspect);
  return confirmed;
}

async function usersOf(context: Context, id: number, question: LiveQuestion): Promise<LiveUser[]> {
  const live = await liveOf(context, id);
  if (!(live instanceof Map)) {
    const use = live as Use;
    return question.networks.map((network) => ({ edgeWorkerId: id, version: "", network, use }));
  }
  const found: LiveUser[] = [];
  for (const network of question.networks) {
    const version = live.get(network);
    const use = version && (await useInVersion(context, id, version, network, question));
    if (version && use) found.push({ edgeWorkerId: id, version, network, use });
  }
  return found;
}

/** With the code of other EdgeWorkers that the version runs. */
async function useInVersion(
  context: Context,
  id: number,
  version: string,
  network: Network,
  question: LiveQuestion,
  depth = 0,
): Promise<Use | undefined> {
  const bundle = await bundleOf(context, id, version);
  if ("certainty" in bundle) return bundle;
  const own = question.useOf(bundle);
  if (own !== undefined || depth >= maxDependencies) return own;
  for (const dependency of bundle.dependencies) {
    const live = dependency.version === "active" ? await liveOf(context, dependency.edgeWorkerId) : undefined;
    const name = live instanceof Map ? live.get(network) : dependency.version;
    if (name === undefined) continue;
    const use = await useInVersion(context, dependency.edgeWorkerId, name, network, question, depth + 1);
    if (use !== undefined) return { ...use, file: `${use.file} of EdgeWorker ${dependency.edgeWorkerId}` };
  }
  return undefined;
}

// ---- reads ----

async function allIds(context: Context): Promise<readonly number[]> {
  return (await allEdgeWorkers(context)).map(({ edgeWorkerId }) => edgeWorkerId);
}

/** All EdgeWorkers that the API client may see, listed once in a run. */
export async function allEdgeWorkers(context: Context): Promise<readonly EdgeWorkerId[]> {
  const known = context.runState.get(account);
  known.all ??= listEdgeWorkers(context.http);
  try {
    return await known.all;
  } catch (error) {
    known.all = undefined;
    // An API client for EdgeKV alone can see no EdgeWorker.
    if (!(error instanceof ApiError) || !error.is(403)) throw error;
    if (!known.isWarned)
      context.logger.warn(
        `live code is not checked before deletes: the API client may not read EdgeWorkers (${error.detail}).`,
      );
    known.isWarned = true;
    known.all = Promise.resolve([]);
    return [];
  }
}

function liveOf(context: Context, id: number): Seen["live"] {
  const { live } = context.runState.get(account);
  const seen = live.get(id);
  const now = context.clock.now();
  if (seen !== undefined && now - seen.at < maxAge) return seen.live;
  const reading = readLive(context, id);
  live.set(id, { at: now, live: reading });
  reading.catch(() => live.delete(id));
  return reading;
}

async function readLive(context: Context, id: number): Promise<ReadonlyMap<Network, string> | Use> {
  try {
    const live = await listLive(context.http, id);
    return new Map([...live].map(([network, { version }]) => [network, version]));
  } catch (error) {
    return unreadable(error, "its activations can't be read");
  }
}

function bundleOf(context: Context, id: number, version: string): Promise<BundleUse | Use> {
  const { bundles } = context.runState.get(account);
  const key = keyOfBundle(id, version);
  const known = bundles.get(key);
  if (known !== undefined) return known;
  const reading = readBundle(context, id, version);
  bundles.set(key, reading);
  reading.catch(() => bundles.delete(key));
  return reading;
}

async function readBundle(context: Context, id: number, version: string): Promise<BundleUse | Use> {
  try {
    const packed =
      context.runState.get(account).uploaded.get(keyOfBundle(id, version)) ??
      (await downloadVersion(context.http, id, version));
    return usesOfBundle(await unpack(packed, version));
  } catch (error) {
    return unreadable(error, "its bundle can't be read");
  }
}

/** What the service refuses to show, or what can't be unpacked. Everything else is an error of the run. */
function unreadable(error: unknown, how: string): Use {
  const isRefused = error instanceof ApiError && error.status < 500 && error.status !== 429;
  if (!isRefused && !(error instanceof BundleError)) throw error;
  return { certainty: "cannot tell", file: "", how };
}

/** One answer alone may come from a stale replica. */
async function isStillLive(context: Context, { edgeWorkerId, version, network }: LiveUser): Promise<boolean> {
  if (version === "") return true;
  const { own, live } = context.runState.get(account);
  const isOff = async () => (await findLive(context.http, edgeWorkerId, network))?.version !== version;
  const key = activationKey(edgeWorkerId, network);
  const isMoved =
    own.has(key) && own.get(key) !== version
      ? await holdsOnAnyReplica(context, isOff)
      : (await isOff()) && (await agreesConsistently(context, isOff));
  if (isMoved) live.delete(edgeWorkerId);
  return !isMoved;
}

// ---- progress ----

/** EdgeWorkers from which reading takes so long that the run says what it does. */
const manyIds = 10;

function reportIds(context: Context, { what }: LiveQuestion, ids: readonly number[]): void {
  const { live } = context.runState.get(account);
  const fresh = ids.filter((id) => !live.has(id)).length;
  if (fresh >= manyIds) context.logger.info(`${what}: reading what is live of ${fresh} EdgeWorkers.`);
}

function reportVersions(
  context: Context,
  { what, networks }: LiveQuestion,
  ids: readonly number[],
  live: readonly (ReadonlyMap<Network, string> | Use)[],
): void {
  const { bundles, uploaded } = context.runState.get(account);
  const keys = live.flatMap((one, index) =>
    one instanceof Map
      ? networks.flatMap((network) => {
          const version: string | undefined = one.get(network);
          return version === undefined ? [] : [keyOfBundle(ids[index] ?? 0, version)];
        })
      : [],
  );
  const fresh = new Set(keys.filter((key) => !bundles.has(key) && !uploaded.has(key))).size;
  if (fresh === 0) return;
  const count = fresh === 1 ? "1 version that is live" : `${fresh} versions that are live`;
  context.logger.info(`${what}: reading what the code of ${count} uses.`);
}
