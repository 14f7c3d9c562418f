import { z } from "zod";
import { readPrimary } from "../../replication";
import { json, param, type RequestContext, type Response, type Route } from "../../service";
import { badRequest, EdgeWorkersError, notFound } from "../errors";
import { countOperation } from "../limits";
import { bodyOf, Note, networkQuery, timestamp } from "../request";
import {
  activationHistory,
  type Deployment,
  type EdgeWorkerData,
  type Network,
  type Pin,
  progress,
  statusOf,
  type Version,
} from "../state";
import { assertIdle, assertNetworkAllowed, start } from "./deployments";
import { resolveEdgeWorker, resolveForWrite } from "./edgeWorkers";

/** What an activation runs: its version, with the dependencies that the version has. */
interface Revision {
  readonly revisionId: string;
  readonly activation: Deployment;
  /** The activations that brought it back, in order. */
  readonly reactivations: readonly Deployment[];
  readonly version: Version | undefined;
  readonly pin: Pin | undefined;
}

const versionOf = ({ versions }: EdgeWorkerData, name: string): Version | undefined =>
  readPrimary(versions[name]);

/** Every activation has one revision, the oldest first. Activations that bring one back have none. */
function revisionsOf(data: EdgeWorkerData): Revision[] {
  const all = data.deployments.flatMap((replicated) => readPrimary(replicated) ?? []);
  return all
    .filter(({ kind, revisionId }) => kind === "activation" && revisionId === undefined)
    .map((activation) => {
      const revisionId = `${activation.number}-1`;
      const { createdBy: pinnedBy, createdAt: pinnedAt } = activation;
      return {
        revisionId,
        activation,
        reactivations: all.filter((one) => one.revisionId === revisionId),
        version: versionOf(data, activation.version),
        pin: data.pins?.[revisionId] ?? (activation.autoPin ? { pinnedBy, pinnedAt } : undefined),
      };
    });
}

const isPinned = ({ pin }: Revision): boolean => pin !== undefined && pin.unpinnedAt === undefined;

const pinFields = (pin: Pin | undefined) =>
  pin && {
    ...(pin.pinNote !== undefined && { pinNote: pin.pinNote }),
    pinnedBy: pin.pinnedBy,
    pinnedTime: timestamp(pin.pinnedAt),
    ...(pin.unpinNote !== undefined && { unpinNote: pin.unpinNote }),
    ...(pin.unpinnedBy !== undefined && { unpinnedBy: pin.unpinnedBy }),
    ...(pin.unpinnedAt !== undefined && { unpinnedTime: timestamp(pin.unpinnedAt) }),
  };

function toJson({ account, now }: RequestContext, edgeWorkerId: number, revision: Revision) {
  const { revisionId, activation, reactivations, version, pin } = revision;
  const last = reactivations.at(-1);
  const { status, since } = progress(last ?? activation, now);
  return {
    edgeWorkerId,
    version: activation.version,
    activationId: activation.number,
    revisionId,
    accountId: account.accountId,
    checksum: version?.checksum ?? "",
    network: activation.network,
    revisionActivationStatus: status,
    createdTime: timestamp(activation.createdAt),
    lastModifiedTime: timestamp(Math.max(since, pin?.pinnedAt ?? 0, pin?.unpinnedAt ?? 0)),
    ...(last?.note !== undefined && { note: last.note }),
    ...(last && { revisionActivatedBy: last.createdBy, revisionActivatedTime: timestamp(last.createdAt) }),
    ...pinFields(pin),
  };
}

function activationJson(
  { account, now }: RequestContext,
  edgeWorkerId: number,
  revisionId: string,
  deployment: Deployment,
  { status, since } = progress(deployment, now),
) {
  return {
    edgeWorkerId,
    version: deployment.version,
    activationId: deployment.number,
    revisionId,
    accountId: account.accountId,
    status,
    network: deployment.network,
    ...(deployment.note !== undefined && { note: deployment.note }),
    createdBy: deployment.createdBy,
    createdTime: timestamp(deployment.createdAt),
    lastModifiedTime: timestamp(since),
  };
}

/** Whether a query about versions, activations or networks asks for a revision. */
function isWanted(context: RequestContext, { activation }: Revision): boolean {
  const { version, activationId } = context.query;
  const network = networkQuery(context);
  return (
    (version === undefined || activation.version === version) &&
    (activationId === undefined || String(activation.number) === activationId) &&
    (network === undefined || activation.network === network)
  );
}

/** Newest first. */
function list(context: RequestContext): Response {
  const { edgeWorkerId, data } = resolveEdgeWorker(context, "VIEW_ACTIVATION");
  const { pinnedOnly, currentlyPinned } = context.query;
  const revisions = revisionsOf(data)
    .filter((revision) => isWanted(context, revision))
    .filter((revision) => pinnedOnly !== "true" || revision.pin !== undefined)
    .filter((revision) => currentlyPinned === undefined || String(isPinned(revision)) === currentlyPinned)
    .toReversed();
  return json(200, { revisions: revisions.map((revision) => toJson(context, edgeWorkerId, revision)) });
}

function revisionIn(data: EdgeWorkerData, revisionId: string): Revision {
  const found = revisionsOf(data).find((revision) => revision.revisionId === revisionId);
  if (found === undefined)
    throw new EdgeWorkersError(404, "not-found", "Unable to find the requested revision");
  return found;
}

function resolveNamed(context: RequestContext) {
  const { edgeWorkerId, data } = resolveEdgeWorker(context, "VIEW_ACTIVATION");
  return { edgeWorkerId, data, revision: revisionIn(data, param(context, "revisionId")) };
}

function get(context: RequestContext): Response {
  const { edgeWorkerId, revision } = resolveNamed(context);
  return json(200, toJson(context, edgeWorkerId, revision));
}

function download(context: RequestContext): Response {
  const { version } = resolveNamed(context).revision;
  if (version === undefined) throw notFound("EW2003", "Unable to find the requested version");
  return { status: 200, contentType: "application/gzip", body: Buffer.from(version.content, "base64") };
}

/** The most levels of dependencies. */
const DEPTH = 5;

/** A version with all that it depends on. `active` stands for the version that is live on the network. */
function bom(
  context: RequestContext,
  { edgeWorkerId, version: wanted, network }: { edgeWorkerId: number; version: string; network: Network },
  depth = 0,
): { edgeWorkerId: number; version: string; dependencies: Record<string, object> } {
  const { account, query, now } = context;
  const data = account.edgeworkers.belongings[edgeWorkerId];
  const active = data && activationHistory(data, network, now).active?.version;
  const version = wanted === "active" ? (active ?? wanted) : wanted;
  const pinned =
    data && revisionsOf(data).findLast((one) => one.activation.network === network && isPinned(one));
  const below = depth < DEPTH ? Object.entries((data && versionOf(data, version)?.dependencies) ?? {}) : [];
  return {
    edgeWorkerId,
    version,
    ...(query.includeActiveVersions === "true" && active !== undefined && { activeVersion: active }),
    ...(query.includePinnedRevisions === "true" &&
      pinned?.pin && {
        pinnedRevisionId: pinned.revisionId,
        pinnedTime: timestamp(pinned.pin.pinnedAt),
        ...(pinned.pin.pinNote !== undefined && { pinNote: pinned.pin.pinNote }),
      }),
    dependencies: Object.fromEntries(
      below.map(([name, dependency]) => [name, bom(context, { ...dependency, network }, depth + 1)]),
    ),
  };
}

const bomOf = (context: RequestContext, edgeWorkerId: number, { activation }: Revision) =>
  bom(context, { edgeWorkerId, version: activation.version, network: activation.network });

type Bom = ReturnType<typeof bom>;

/** What differs between two bills of materials, name by name. */
function difference(now: Bom, before: Bom): object {
  const names = new Set([...Object.keys(now.dependencies), ...Object.keys(before.dependencies)]);
  const dependencies = [...names].flatMap((name): [string, object][] => {
    const [is, was] = [
      now.dependencies[name] as Bom | undefined,
      before.dependencies[name] as Bom | undefined,
    ];
    if (is === undefined || was === undefined) {
      const { edgeWorkerId, version } = (is ?? was) as Bom;
      return [[name, { diff: is ? "ADDED" : "REMOVED", edgeWorkerId, version }]];
    }
    const inner = difference(is, was) as { dependencies: object };
    const isSame = is.version === was.version && is.edgeWorkerId === was.edgeWorkerId;
    if (isSame && Object.keys(inner.dependencies).length === 0) return [];
    return [[name, { diff: "UPDATED", ...inner }]];
  });
  return {
    edgeWorkerId: now.edgeWorkerId,
    version: now.version,
    ...(now.version !== before.version && { previousVersion: before.version }),
    dependencies: Object.fromEntries(dependencies),
  };
}

const RevisionId = z.object({
  revisionId: z
    .string({ error: "revisionId must be specified." })
    .min(1, { error: "revisionId must be specified." }),
  note: Note,
});

function compare(context: RequestContext): Response {
  const { edgeWorkerId, data, revision } = resolveNamed(context);
  const other = revisionIn(data, bodyOf(context, RevisionId).revisionId);
  return json(200, difference(bomOf(context, edgeWorkerId, revision), bomOf(context, edgeWorkerId, other)));
}

/** The body of a request that needs none. */
const optionalBody = <S extends z.ZodType>(context: RequestContext, schema: S): z.infer<S> =>
  bodyOf(context.body.length === 0 ? { ...context, body: Buffer.from("{}") } : context, schema);

const change = (act: (context: RequestContext, revision: Revision) => Pin) => (context: RequestContext) => {
  const { edgeWorkerId, data } = resolveForWrite(context, "ACTIVATE");
  const revision = revisionIn(data, param(context, "revisionId"));
  const pin = act(context, revision);
  data.pins = { ...data.pins, [revision.revisionId]: pin };
  return json(200, toJson(context, edgeWorkerId, { ...revision, pin }));
};

const pin = change((context, revision) => {
  const { pinNote } = optionalBody(context, z.object({ pinNote: Note }));
  if (isPinned(revision)) throw badRequest("This revision is already pinned.");
  return { ...(pinNote && { pinNote }), pinnedBy: context.user, pinnedAt: context.now };
});

const unpin = change((context, revision) => {
  const { unpinNote } = optionalBody(context, z.object({ unpinNote: Note }));
  if (revision.pin === undefined || !isPinned(revision)) throw badRequest("This revision is not pinned.");
  const by = { unpinnedBy: context.user, unpinnedAt: context.now };
  return { ...revision.pin, ...(unpinNote && { unpinNote }), ...by };
});

/** Activations of revisions, newest first: those that made one, and those that brought one back. */
function listActivations(context: RequestContext): Response {
  const { edgeWorkerId, data } = resolveEdgeWorker(context, "VIEW_ACTIVATION");
  const all = revisionsOf(data)
    .filter((revision) => isWanted(context, revision))
    .flatMap(({ revisionId, activation, reactivations }) =>
      [activation, ...reactivations].map((deployment) => ({ revisionId, deployment })),
    )
    .sort((a, b) => b.deployment.createdAt - a.deployment.createdAt);
  return json(200, {
    revisionActivations: all.map((one) =>
      activationJson(context, edgeWorkerId, one.revisionId, one.deployment),
    ),
  });
}

/** Brings a revision back that was active before. */
function reactivate(context: RequestContext): Response {
  const { edgeWorkerId, data } = resolveForWrite(context, "ACTIVATE");
  const { revisionId, note } = bodyOf(context, RevisionId);
  const { activation, version } = revisionIn(data, revisionId);
  const { network } = activation;
  assertNetworkAllowed(context, network);
  if (version === undefined) throw notFound("EW2003", "Unable to find the requested version");
  if (statusOf(activation, context.now) !== "COMPLETE") throw badRequest("This revision was never active.");
  assertIdle(context, data, network, activation.version);
  const { active } = activationHistory(data, network, context.now);
  if (active?.number === activation.number)
    throw badRequest(`This revision is already active on ${network.toLowerCase()}`, "EW1022");
  countOperation(context, "activation", network);
  const values = { version: activation.version, network, revisionId, ...(note && { note }) };
  const started = start(context, data, "activation", values, activation.number);
  const begun = { status: "PRESUBMIT" as const, since: started.createdAt };
  return json(200, activationJson(context, edgeWorkerId, revisionId, started, begun));
}

const REVISIONS = "/ids/:edgeWorkerId/revisions";
const REVISION = `${REVISIONS}/:revisionId`;

export const revisions: readonly Route[] = [
  { method: "GET", path: REVISIONS, access: "read", handle: list },
  { method: "GET", path: `${REVISIONS}/activations`, access: "read", handle: listActivations },
  { method: "POST", path: `${REVISIONS}/activations`, access: "write", handle: reactivate },
  { method: "GET", path: REVISION, access: "read", handle: get },
  {
    method: "GET",
    path: `${REVISION}/bom`,
    access: "read",
    handle(context) {
      const { edgeWorkerId, revision } = resolveNamed(context);
      return json(200, bomOf(context, edgeWorkerId, revision));
    },
  },
  { method: "GET", path: `${REVISION}/content`, access: "read", handle: download },
  { method: "POST", path: `${REVISION}/compare`, access: "read", handle: compare },
  { method: "POST", path: `${REVISION}/pin`, access: "write", handle: pin },
  { method: "POST", path: `${REVISION}/unpin`, access: "write", handle: unpin },
];
