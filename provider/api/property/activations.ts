import { z } from "zod";
import { ApiError } from "../../errors";
import { parseProblem } from "../../errors/problem";
import type { ApiReply, HttpClient } from "../../runtime/httpClient";
import type { Network } from "./properties";
import { items, lastOf, ofProperty, orNone, type PropertyRef } from "./request";
import { Finding } from "./rules";

export type { Network } from "./properties";

/** Property Manager writes networks in capitals. */
const wire = (network: Network) => network.toUpperCase();

const Warning = Finding.extend({
  /** Such as `msg_baa4560881774a45b5fd25f5b1eab021d7c40b4f`: what the warning is acknowledged by. */
  messageId: z.string().nullish(),
});
export type Warning = z.output<typeof Warning>;

/** Why an activation was refused, or failed. */
const Problem = z.object({
  title: z.string().default(""),
  detail: z.string().default(""),
  errors: z.array(Finding).default([]),
  warnings: z.array(Warning).default([]),
});
export type Problem = z.output<typeof Problem>;

const Activation = z.object({
  /** Such as `atv_1696985`. */
  activationId: z.string(),
  /** `ACTIVATE` or `DEACTIVATE`. */
  activationType: z.string(),
  propertyVersion: z.number(),
  network: z.string(),
  /**
   * `NEW`, `PENDING`, `ZONE_1`, `ZONE_2`, `ZONE_3`, `PENDING_DEACTIVATION` or `PENDING_CANCELLATION`, or an end: `ACTIVE`, `INACTIVE` (superseded),
   * `ABORTED`, `FAILED`, `DEACTIVATED`. A deactivation that succeeds ends as `DEACTIVATED` or as `ACTIVE`: see `hasSucceeded`.
   */
  status: z.string(),
  submitDate: z.string().default(""),
  updateDate: z.string().default(""),
  /** Not documented. */
  submittedBy: z.string().nullish().catch(undefined),
  note: z.string().nullish(),
  notifyEmails: z.array(z.string()).nullish().catch(undefined),
  failureCause: Problem.nullish().catch(undefined),
  /** `fallbackVersion` is the one that was live before. */
  fallbackInfo: z
    .object({ canFastFallback: z.boolean(), fallbackVersion: z.number() })
    .nullish()
    .catch(undefined),
});
export type Activation = z.output<typeof Activation>;

const underWay: ReadonlySet<string> = new Set([
  "NEW",
  "PENDING",
  "ZONE_1",
  "ZONE_2",
  "ZONE_3",
  "PENDING_DEACTIVATION",
  "PENDING_CANCELLATION",
]);

/** Whether the activation or deactivation may still come to an end by itself. */
export function isUnderWay({ status }: { status: string }): boolean {
  return underWay.has(status);
}

/**
 * Whether an activation brought its version live, or a deactivation took it off. The API's description lets deactivations end as `DEACTIVATED`. Akamai's
 * Terraform provider waits for `ACTIVE`. So `ACTIVE` alone does not mean that a version is live: the type counts as well.
 */
export function hasSucceeded({
  activationType,
  status,
}: Pick<Activation, "activationType" | "status">): boolean {
  return status === "ACTIVE" || (activationType === "DEACTIVATE" && status === "DEACTIVATED");
}

const Activations = z.object({ activations: items(Activation) });

/** All activations and deactivations, the newest first; but cancelled ones, which are only found by their ids. */
export async function listActivations(http: HttpClient, ref: PropertyRef): Promise<Activation[]> {
  return newestFirst(
    (await http.send(ofProperty(ref, { method: "GET", path: "/activations" }))).as(Activations).activations
      .items,
  );
}

/** The same of one network. */
export async function listActivationsOn(
  http: HttpClient,
  ref: PropertyRef,
  network: Network,
): Promise<Activation[]> {
  return activationsOn(network, await listActivations(http, ref));
}

/** Those of them that are of the network. */
export function activationsOn(network: Network, all: readonly Activation[]): Activation[] {
  return all.filter((one) => one.network === wire(network));
}

export async function findActivation(
  http: HttpClient,
  ref: PropertyRef,
  activationId: string,
): Promise<Activation | undefined> {
  return orNone(async () => {
    const reply = await http.send(
      ofProperty(ref, { method: "GET", path: `/activations/${encodeURIComponent(activationId)}` }),
    );
    return reply.as(Activations).activations.items[0];
  });
}

export interface NewDeactivation {
  readonly version: number;
  readonly network: Network;
  readonly note?: string | undefined;
  readonly notifyEmails: readonly string[];
  /** What was done before; some accounts have to send it for production. */
  readonly complianceRecord?: object | undefined;
}

export interface NewActivation extends NewDeactivation {
  readonly acknowledgeWarnings?: "all" | readonly string[] | undefined;
  readonly fastPush?: boolean | undefined;
  /** Takes back the activation that is live, within an hour after it. */
  readonly useFastFallback: boolean;
}

/** Rules that have errors, or warnings that were not acknowledged. */
export class NotActivatableError extends ApiError {
  constructor(
    refusal: ApiError,
    readonly problem: Problem,
  ) {
    const { request, status, code, detail, requestId } = refusal;
    super(request, status, code, detail, requestId, false);
  }
}

/**
 * Begins an activation; returns its id. `resource-busy` (409): the version is on its way there already; `property_activation_still_pending` (422): another
 * one is; `activation-unprocessable` (422): it is live there already; `missing_compliance_record` (422); 412: not now.
 */
export function activate(http: HttpClient, ref: PropertyRef, wanted: NewActivation): Promise<string> {
  const { acknowledgeWarnings, fastPush, useFastFallback, ...rest } = wanted;
  const acknowledged =
    acknowledgeWarnings === "all" || acknowledgeWarnings === undefined ? {} : { acknowledgeWarnings };
  return ask(http, ref, {
    ...wireOf(rest),
    activationType: "ACTIVATE",
    acknowledgeAllWarnings: acknowledgeWarnings === "all",
    ...acknowledged,
    useFastFallback,
    fastPush,
  });
}

/** Takes a version off the network, which serves nothing from then on; returns the id of that. */
export function deactivate(http: HttpClient, ref: PropertyRef, wanted: NewDeactivation): Promise<string> {
  return ask(http, ref, { ...wireOf(wanted), activationType: "DEACTIVATE", acknowledgeAllWarnings: true });
}

function wireOf({ version, network, ...rest }: NewDeactivation): object {
  return { propertyVersion: version, network: wire(network), ...rest };
}

async function ask(http: HttpClient, ref: PropertyRef, json: object): Promise<string> {
  const request = ofProperty(ref, {
    method: "POST",
    path: "/activations",
    json,
    expectedStatuses: [400, 422],
  });
  const reply = await http.send(request);
  if (reply.status >= 400) throw refusal(request.path, reply);
  return lastOf(reply.as(z.object({ activationLink: z.string() })).activationLink);
}

/** The error that the http client would make of the answer, with the problems of the version where it names them. */
function refusal(path: string, reply: ApiReply): ApiError {
  const { detail, code, requestId } = parseProblem(reply.text, reply.status);
  const error = new ApiError(
    { method: "POST", path },
    reply.status,
    code,
    detail,
    requestId ?? reply.headers["x-trace-id"],
    false,
  );
  const problem = reply.as(Problem.catch({ title: "", detail: "", errors: [], warnings: [] }));
  // Other refusals list errors as well, of the request itself.
  const errors = problem.errors.filter(({ errorLocation }) => errorLocation?.startsWith("#/rules"));
  if (errors.length === 0 && problem.warnings.length === 0) return error;
  return new NotActivatableError(error, { ...problem, errors });
}

/** Times have whole seconds only, and ids count up. */
function newestFirst(all: Activation[]): Activation[] {
  const number = ({ activationId }: Activation) => Number(activationId.replace(/^atv_/, ""));
  return all.sort((a, b) =>
    a.submitDate === b.submitDate ? number(b) - number(a) : a.submitDate < b.submitDate ? 1 : -1,
  );
}
