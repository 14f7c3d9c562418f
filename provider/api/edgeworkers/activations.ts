import { z } from "zod";
import { ApiError } from "../../errors";
import type { HttpClient } from "../../runtime/httpClient";

/** EdgeKV writes networks in small letters, EdgeWorkers in capitals. */
export type Network = "staging" | "production";
const wire = (network: Network) => network.toUpperCase();

const common = {
  version: z.string(),
  /** One of `PRESUBMIT`, `PENDING`, `IN_PROGRESS`, `COMPLETE`, `CANCELLED`, `ABORTED`, `ERROR`, `DELETED_BY_AKAMAI`, `EXPIRED`. */
  status: z.string(),
  network: z.string(),
  note: z.string().nullish(),
  createdBy: z.string().optional(),
  createdTime: z.string().default(""),
  lastModifiedTime: z.string().optional(),
};
const Activation = z.object({ activationId: z.number(), ...common });
const Deactivation = z.object({ deactivationId: z.number(), ...common });
export type Activation = z.output<typeof Activation>;
export type Deactivation = z.output<typeof Deactivation>;

const underWay: ReadonlySet<string> = new Set(["PRESUBMIT", "PENDING", "IN_PROGRESS"]);

/** Whether the activation or deactivation may still come to an end by itself. */
export function isUnderWay({ status }: { status: string }): boolean {
  return underWay.has(status);
}

const activations = (id: number) => `/edgeworkers/v1/ids/${id}/activations`;
const deactivations = (id: number) => `/edgeworkers/v1/ids/${id}/deactivations`;

/** All activations there ever were on the network, the newest first; those that were superseded stay COMPLETE. */
export async function listActivations(http: HttpClient, id: number, network: Network): Promise<Activation[]> {
  const reply = await orNone(() =>
    http.send({ method: "GET", path: activations(id), query: { network: wire(network) } }),
  );
  if (reply === undefined) return [];
  return newestFirst(
    reply
      .as(z.object({ activations: z.array(Activation) }))
      .activations.filter((one) => one.network === wire(network)),
  );
}

/** All activations there ever were, on both networks, in no order: one request. */
export async function listAllActivations(http: HttpClient, id: number): Promise<Activation[]> {
  const reply = await orNone(() => http.send({ method: "GET", path: activations(id) }));
  return reply === undefined ? [] : reply.as(z.object({ activations: z.array(Activation) })).activations;
}

/** The activation that is live on the network now. */
export async function findLive(
  http: HttpClient,
  id: number,
  network: Network,
): Promise<Activation | undefined> {
  const query = { network: wire(network), activeOnNetwork: "true" };
  const reply = await orNone(() => http.send({ method: "GET", path: activations(id), query }));
  const all = reply === undefined ? [] : reply.as(z.object({ activations: z.array(Activation) })).activations;
  return newestFirst(all.filter((one) => one.network === wire(network)))[0];
}

/** What is live on each network now: one request for both. */
export async function listLive(http: HttpClient, id: number): Promise<ReadonlyMap<Network, Activation>> {
  const reply = await orNone(() =>
    http.send({ method: "GET", path: activations(id), query: { activeOnNetwork: "true" } }),
  );
  const all = reply === undefined ? [] : reply.as(z.object({ activations: z.array(Activation) })).activations;
  const live = new Map<Network, Activation>();
  for (const network of ["staging", "production"] as const) {
    const [newest] = newestFirst(all.filter((one) => one.network === wire(network)));
    if (newest !== undefined) live.set(network, newest);
  }
  return live;
}

export async function findActivation(
  http: HttpClient,
  id: number,
  activationId: number,
): Promise<Activation | undefined> {
  try {
    return (await http.send({ method: "GET", path: `${activations(id)}/${activationId}` })).as(Activation);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

export interface NewActivation {
  readonly network: Network;
  readonly version: string;
  readonly note?: string | undefined;
  readonly autoPin?: boolean | undefined;
}

/** Begins an activation. EW1021: this version is on its way there already; EW1022: it is live there already. */
export async function activate(
  http: HttpClient,
  id: number,
  { network, ...wanted }: NewActivation,
): Promise<Activation> {
  const json = { network: wire(network), ...wanted };
  return (
    await http.send({
      method: "POST",
      path: activations(id),
      json,
      limit: `edgeworkers activations ${network}`,
    })
  ).as(Activation);
}

export async function listDeactivations(
  http: HttpClient,
  id: number,
  network: Network,
): Promise<Deactivation[]> {
  const reply = await orNone(() => http.send({ method: "GET", path: deactivations(id) }));
  if (reply === undefined) return [];
  const all = reply
    .as(z.object({ deactivations: z.array(Deactivation) }))
    .deactivations.filter((one) => one.network === wire(network));
  return newestFirst(all);
}

export async function findDeactivation(
  http: HttpClient,
  id: number,
  deactivationId: number,
): Promise<Deactivation | undefined> {
  try {
    return (await http.send({ method: "GET", path: `${deactivations(id)}/${deactivationId}` })).as(
      Deactivation,
    );
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** Takes a version off the network. EW1031: that is on its way already; EW1032: it is not live there. */
export async function deactivate(
  http: HttpClient,
  id: number,
  { network, ...wanted }: NewActivation,
): Promise<Deactivation> {
  const json = { network: wire(network), ...wanted };
  return (
    await http.send({
      method: "POST",
      path: deactivations(id),
      json,
      limit: `edgeworkers deactivations ${network}`,
    })
  ).as(Deactivation);
}

/** An id that a server does not know has nothing on any network. */
async function orNone<T>(send: () => Promise<T>): Promise<T | undefined> {
  try {
    return await send();
  } catch (error) {
    if (error instanceof ApiError && error.is(404, "EW2002")) return undefined;
    throw error;
  }
}

/** Ids count up within one EdgeWorker; times have whole seconds only. */
function newestFirst<T extends { createdTime: string; activationId?: number; deactivationId?: number }>(
  all: T[],
): T[] {
  const id = (one: T) => one.activationId ?? one.deactivationId ?? 0;
  return all.sort((a, b) =>
    a.createdTime === b.createdTime ? id(b) - id(a) : a.createdTime < b.createdTime ? 1 : -1,
  );
}
