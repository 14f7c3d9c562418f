import { z } from "zod";
import { json, param, type RequestContext, type Response, type Route } from "../../service";
import { bomOf, difference } from "../billOfMaterials";
import { badRequest, EdgeWorkersError, notFound } from "../errors";
import { countOperation } from "../limits";
import { bodyOf, Note, networkQuery, timestamp } from "../request";
import { isPinned, type Revision, revisionsOf } from "../revision";
import {
  activationHistory,
  type Deployment,
  type EdgeWorkerData,
  type Pin,
  progress,
  statusOf,
} from "../state";
import { assertIdle, assertNetworkAllowed, start } from "./deployments";
import { resolveEdgeWorker, resolveForWrite } from "./edgeWorkers";

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
