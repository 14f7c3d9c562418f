/** What the code uses that is live in the account, whoever activated it. Read when something is about to be deleted, once in a run. */
import type { Network } from "../api/edgeworkers/activations";
import type { Context } from "../runtime/context";
import type { BundleUse, Use } from "./bundleUse";
import { allIds, bundleOf, countUnread, isStillLive, liveOf, maxAgeOfFew, type Serving } from "./observe";

/** How deep the code of one EdgeWorker may run that of others. */
const maxDependencies = 3;

/** A version that is live or on its way, and how it uses what the question is about. */
export interface LiveUser extends Serving {
  readonly edgeWorkerId: number;
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

/** The live versions that use something. Whatever can't be determined counts as use. */
export async function findLiveUsers(context: Context, question: LiveQuestion): Promise<LiveUser[]> {
  const ids = question.edgeWorkerIds ?? (await allIds(context));
  reportIds(context, question, ids);
  const age = question.edgeWorkerIds === undefined ? undefined : maxAgeOfFew;
  const live = await Promise.all(ids.map((id) => liveOf(context, id, age)));
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
    return question.networks.map((network) => ({
      edgeWorkerId: id,
      version: "",
      network,
      isComing: false,
      use,
    }));
  }
  const found: LiveUser[] = [];
  for (const network of question.networks) {
    for (const { version, isComing } of live.get(network) ?? []) {
      const use = await useInVersion(context, id, version, network, question);
      if (use) found.push({ edgeWorkerId: id, version, network, isComing, use });
    }
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
    const name = live instanceof Map ? live.get(network)?.[0]?.version : dependency.version;
    if (name === undefined) continue;
    const use = await useInVersion(context, dependency.edgeWorkerId, name, network, question, depth + 1);
    if (use !== undefined) return { ...use, file: `${use.file} of EdgeWorker ${dependency.edgeWorkerId}` };
  }
  return undefined;
}

// ---- progress ----

/** EdgeWorkers from which reading takes so long that the run says what it does. */
const manyIds = 10;

function reportIds(context: Context, { what }: LiveQuestion, ids: readonly number[]): void {
  const fresh = countUnread(context, ids, []).ids;
  if (fresh >= manyIds) context.logger.info(`${what}: reading what is live of ${fresh} EdgeWorkers.`);
}

function reportVersions(
  context: Context,
  { what, networks }: LiveQuestion,
  ids: readonly number[],
  live: readonly Awaited<ReturnType<typeof liveOf>>[],
): void {
  const versions = live.flatMap((one, index) =>
    one instanceof Map
      ? networks.flatMap((network) =>
          ((one.get(network) ?? []) as readonly Serving[]).map(
            ({ version }) => [ids[index] ?? 0, version] as const,
          ),
        )
      : [],
  );
  const fresh = countUnread(context, [], versions).versions;
  if (fresh === 0) return;
  const count = fresh === 1 ? "1 version that is live" : `${fresh} versions that are live`;
  context.logger.info(`${what}: reading what the code of ${count} uses.`);
}
