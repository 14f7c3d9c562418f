/** What is live in the account, and what it holds: read when something is about to be deleted, each once in a run. */
import {
  findLive,
  isUnderWay,
  listAllActivations,
  listLive,
  type Network,
} from "../api/edgeworkers/activations";
import { type EdgeWorkerId, listEdgeWorkers } from "../api/edgeworkers/ids";
import { activationKey } from "../api/edgeworkers/keys";
import { downloadVersion } from "../api/edgeworkers/versions";
import { BundleError, unpack } from "../bundle/files";
import { agreesConsistently, holdsOnAnyReplica } from "../consistency/read";
import { ApiError } from "../errors";
import type { Context } from "../runtime/context";
import { type Key, type RunState, slot } from "../runtime/runState";
import { type BundleUse, type Use, usesOfBundle } from "./bundleUse";

/** Milliseconds that the list of what is live counts, where all EdgeWorkers are asked for. Others may activate something meanwhile. */
const maxAge = 60_000;
/** The same where it is read for few EdgeWorkers. */
export const maxAgeOfFew = 10_000;

/** A version that serves on a network, or that is on its way there. */
export interface Serving {
  readonly version: string;
  readonly isComing: boolean;
}

type OnNetworks = ReadonlyMap<Network, readonly Serving[]>;

interface Seen {
  readonly at: number;
  readonly live: Promise<OnNetworks | Use>;
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

export async function allIds(context: Context): Promise<readonly number[]> {
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
        `live code is not checked before deletes: the API client may not read EdgeWorkers (${error.detail}). Give it read access to have the check.`,
      );
    known.isWarned = true;
    known.all = Promise.resolve([]);
    return [];
  }
}

export function liveOf(context: Context, id: number, age = maxAge): Seen["live"] {
  const { live } = context.runState.get(account);
  const seen = live.get(id);
  const now = context.clock.now();
  if (seen !== undefined && now - seen.at < age) return seen.live;
  const reading = readLive(context, id);
  live.set(id, { at: now, live: reading });
  reading.catch(() => live.delete(id));
  return reading;
}

async function readLive({ http }: Context, id: number): Promise<OnNetworks | Use> {
  try {
    const [live, all] = await Promise.all([listLive(http, id), listAllActivations(http, id)]);
    return new Map(
      (["staging", "production"] as const).map((network) => {
        const current = live.get(network)?.version;
        const coming = all.filter((one) => one.network.toLowerCase() === network && isUnderWay(one));
        const names = new Set(coming.map(({ version }) => version).filter((name) => name !== current));
        return [
          network,
          [
            ...(current === undefined ? [] : [{ version: current, isComing: false }]),
            ...[...names].map((version) => ({ version, isComing: true })),
          ],
        ];
      }),
    );
  } catch (error) {
    return unreadable(error, "its activations can't be read");
  }
}

export function bundleOf(context: Context, id: number, version: string): Promise<BundleUse | Use> {
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

interface Slot extends Serving {
  readonly edgeWorkerId: number;
  readonly network: Network;
}

/** One answer alone may come from a stale replica. */
export async function isStillLive(
  context: Context,
  { edgeWorkerId, version, network, isComing }: Slot,
): Promise<boolean> {
  if (version === "") return true;
  const { own, live } = context.runState.get(account);
  const isOff = async () => {
    if ((await findLive(context.http, edgeWorkerId, network))?.version === version) return false;
    if (!isComing) return true;
    const all = await listAllActivations(context.http, edgeWorkerId);
    const isIt = (one: (typeof all)[number]) =>
      one.version === version && one.network.toLowerCase() === network && isUnderWay(one);
    return !all.some(isIt);
  };
  const key = activationKey(edgeWorkerId, network);
  const isMoved =
    own.has(key) && own.get(key) !== version
      ? await holdsOnAnyReplica(context, isOff)
      : (await isOff()) && (await agreesConsistently(context, isOff));
  if (isMoved) live.delete(edgeWorkerId);
  return !isMoved;
}

/** How much of it the run has not read yet. */
export function countUnread(
  { runState }: Context,
  ids: readonly number[],
  versions: readonly (readonly [edgeWorkerId: number, version: string])[],
): { readonly ids: number; readonly versions: number } {
  const { live, bundles, uploaded } = runState.get(account);
  const keys = new Set(versions.map(([id, version]) => keyOfBundle(id, version)));
  return {
    ids: ids.filter((id) => !live.has(id)).length,
    versions: [...keys].filter((key) => !bundles.has(key) && !uploaded.has(key)).length,
  };
}
