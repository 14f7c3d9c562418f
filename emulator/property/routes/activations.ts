import { parseTables } from "../../json";
import { randomBetween, shuffle } from "../../prng";
import { json, param, type RequestContext, type Response, type Route } from "../../service";
import { type ActivationProgress, activationProgress, fallbackOf, isOngoing } from "../activationProgress";
import { notFound, PapiError, unprocessable } from "../errors";
import { FAST_FALLBACK_TAKES_SECONDS } from "../limits";
import {
  bodyOf,
  created,
  formatId,
  link,
  ownerFields,
  parseId,
  resolveProperty,
  timestamp,
} from "../request";
import { type Activation, NETWORKS, type Network, type Property } from "../state";
import {
  assertChangesNetwork,
  assertCompliance,
  assertIdle,
  assertValid,
  NewActivation,
  requireFallback,
} from "../validation/activation";

/** The state of the push to the edge. It differs from the status. */
const FMA_STATES: Partial<Record<ActivationProgress["status"], string>> = {
  NEW: "received",
  PENDING: "received",
  ZONE_1: "lived",
  ZONE_2: "lived",
  ZONE_3: "deployed",
  PENDING_DEACTIVATION: "received",
};

function toJson(context: RequestContext, property: Property, entry: ActivationProgress) {
  const { activation, status, since } = entry;
  const {
    activationId,
    activationType,
    propertyVersion,
    network,
    submittedAt,
    note,
    notifyEmails,
    failureCause,
  } = activation;
  const { accountId, groupId } = ownerFields(context, property);
  const fallbackInfo = fallbackOf(property, entry, context.now);
  return {
    activationId: formatId(context, "activation", activationId),
    propertyName: property.propertyName,
    propertyId: formatId(context, "property", property.propertyId),
    propertyVersion,
    network,
    activationType,
    status,
    submitDate: timestamp(submittedAt),
    updateDate: timestamp(since),
    note,
    accountId,
    groupId,
    notifyEmails,
    fmaActivationState: FMA_STATES[status] ?? "steady",
    ...(failureCause !== undefined && status === "FAILED" && { failureCause }),
    ...(fallbackInfo !== undefined && { fallbackInfo }),
  };
}

function toResponse(
  context: RequestContext,
  property: Property,
  courses: readonly ActivationProgress[],
  headers: Record<string, string> = {},
): Response {
  const items = courses.map((entry) => toJson(context, property, entry));
  return json(200, { ...ownerFields(context, property), activations: { items } }, headers);
}

const coursesOf = (property: Property, now: number): ActivationProgress[] =>
  NETWORKS.flatMap((network) => activationProgress(property, network, now).all);

/** All but the cancelled ones, in random order. */
function list(context: RequestContext): Response {
  const property = resolveProperty(context, "activationLink");
  const courses = coursesOf(property, context.now).filter(
    ({ activation }) => activation.cancelledAt === undefined,
  );
  return toResponse(context, property, shuffle(context.account, courses));
}

function resolveNamed(context: RequestContext, linkMember?: string) {
  const property = resolveProperty(context, linkMember);
  const id = parseId("activation", param(context, "activationId"));
  const entry = coursesOf(property, context.now).find(
    ({ activation }) => String(activation.activationId) === id,
  );
  if (entry === undefined) throw notFound();
  return { property, entry };
}

function get(context: RequestContext): Response {
  const { property, entry } = resolveNamed(context, "activationLink");
  const { activation, status } = entry;
  const left = Math.max(1, Math.ceil((activation.endsAt - context.now) / 1000));
  return toResponse(context, property, [entry], isOngoing(status) ? { "Retry-After": String(left) } : {});
}

function cancel(context: RequestContext): Response {
  const { property, entry } = resolveNamed(context);
  const { activation, status } = entry;
  if (status === "ACTIVE") throw unprocessable("The activation cannot be cancelled: it is already active.");
  if (status !== "NEW" && status !== "PENDING") {
    throw new PapiError(
      400,
      "v1/activation-cancellation",
      "Error canceling Activation",
      "cancellation_failed.error.activation.toofar",
    );
  }
  activation.cancelledAt = context.now;
  return toResponse(context, property, [{ ...entry, status: "ABORTED", since: context.now }]);
}

/** When an activation that starts now ends. */
function endOf({ account, now, lags }: RequestContext, network: Network, isFallback: boolean): number {
  const duration = lags.propertyActivation[network === "STAGING" ? "staging" : "production"];
  const seconds = randomBetween(account, duration);
  return now + Math.round((isFallback ? Math.min(seconds, FAST_FALLBACK_TAKES_SECONDS) : seconds) * 1000);
}

function create(context: RequestContext): Response {
  const { account, now, user } = context;
  const property = resolveProperty(context);
  const wanted = bodyOf(context, NewActivation);
  const { activationType, network, propertyVersion, notifyEmails, note, useFastFallback, complianceRecord } =
    wanted;
  const version = property.versions[propertyVersion - 1];
  if (version === undefined) throw notFound(`There is no version ${propertyVersion} of the property.`);
  const { all, live } = activationProgress(property, network, now);
  assertIdle(property, wanted, all);
  assertChangesNetwork(wanted, live);
  assertCompliance(context, wanted, property);
  const replaced =
    useFastFallback && activationType === "ACTIVATE"
      ? requireFallback(context, property, wanted, live)
      : undefined;
  let failure: PapiError | undefined;
  if (activationType === "ACTIVATE" && replaced === undefined) {
    try {
      assertValid(context, version, wanted);
    } catch (error) {
      if (!wanted.delayValidations || !(error instanceof PapiError)) throw error;
      failure = error;
    }
  }
  const { property: state, settings } = account;
  const fails = settings.failPropertyActivations > 0;
  if (fails) settings.failPropertyActivations -= 1;
  const success = activationType === "ACTIVATE" ? "ACTIVE" : settings.deactivationEndsAs;
  const activation: Activation = {
    activationId: state.nextActivationId,
    activationType,
    propertyVersion,
    network,
    note: note ?? "",
    notifyEmails,
    submittedBy: user,
    submittedAt: now,
    endsAt: endOf(context, network, replaced !== undefined),
    outcome: failure ? "FAILED" : fails ? settings.failedPropertyStatus : success,
    ...(failure && { failureCause: parseTables(JSON.stringify(failure.body())) as Record<string, unknown> }),
    ...(replaced && { usedFastFallback: true }),
    ...(complianceRecord && { complianceRecord }),
  };
  if (replaced) replaced.fallbackAttempted = true;
  state.nextActivationId += 1;
  property.activations.push(activation);
  return created(
    "activationLink",
    link(context, property, `/activations/${formatId(context, "activation", activation.activationId)}`),
  );
}

const ACTIVATIONS = "/properties/:propertyId/activations";

export const activations: readonly Route[] = [
  { method: "GET", path: ACTIVATIONS, access: "read", handle: list },
  { method: "POST", path: ACTIVATIONS, access: "write", handle: create },
  { method: "GET", path: `${ACTIVATIONS}/:activationId`, access: "read", handle: get },
  { method: "DELETE", path: `${ACTIVATIONS}/:activationId`, access: "write", handle: cancel },
];
