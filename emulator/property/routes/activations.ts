import { createHash } from "node:crypto";
import { parseTables } from "../../json";
import { randomBetween, shuffle } from "../../prng";
import { json, param, type RequestContext, type Response, type Route } from "../../service";
import { exception, notFound, PapiError, unprocessable } from "../errors";
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
import {
  type Activation,
  type ActivationProgress,
  activationProgress,
  fallbackOf,
  isOngoing,
  NETWORKS,
  type Network,
  type Property,
  type Version,
} from "../state";
import { assertCompliance, NewActivation } from "../validation/activation";
import { type Finding, findingsOf } from "../validation/validator";

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

/** A network has one activation in progress at a time. */
function assertIdle(
  property: Property,
  { propertyVersion }: NewActivation,
  all: readonly ActivationProgress[],
): void {
  const ongoing = all.find(({ status }) => isOngoing(status))?.activation;
  if (ongoing === undefined) return;
  if (ongoing.propertyVersion === propertyVersion) {
    const detail =
      "Another edit or activation request on same network in progress for this property version.";
    throw new PapiError(409, "v1/resource-busy", "Operation failed", detail);
  }
  const params = [`Property ${property.propertyId}`, `Version ${ongoing.propertyVersion}`];
  throw exception(422, "property_activation_still_pending", params);
}

/** Checks that the activation changes the network. */
function assertChangesNetwork(
  { activationType, network, propertyVersion }: NewActivation,
  live: ActivationProgress | undefined,
): void {
  const isLive = live?.activation.propertyVersion === propertyVersion;
  if (activationType === "ACTIVATE" && isLive)
    throw unprocessable(`Version ${propertyVersion} is already active on ${network}.`);
  if (activationType === "DEACTIVATE" && !isLive)
    throw unprocessable(`Version ${propertyVersion} is not active on ${network}.`);
}

function requireFallback(
  context: RequestContext,
  property: Property,
  { propertyVersion }: NewActivation,
  live: ActivationProgress | undefined,
): Activation {
  const fallback = live && fallbackOf(property, live, context.now);
  if (live === undefined || !fallback?.canFastFallback || fallback.fallbackVersion !== propertyVersion) {
    const detail = `A fast fallback to version ${propertyVersion} is not possible${fallback?.canFastFallback ? `, only to version ${fallback.fallbackVersion}` : ""}.`;
    throw new PapiError(400, "v1/fast-fallback-unavailable", "Fast fallback is not available", detail);
  }
  return live.activation;
}

/** The id under which a warning is acknowledged. It depends on the content of the warning alone. */
function messageIdOf({ type, detail, errorLocation, behaviorName }: Finding): string {
  const text = [type, detail, errorLocation, behaviorName ?? ""].join("\n");
  return `msg_${createHash("sha1").update(text).digest("hex")}`;
}

/** The validation of the rule tree. With `delayValidations`, its errors fail the activation instead of the request. */
function assertValid(context: RequestContext, version: Version, wanted: NewActivation): void {
  const { account } = context;
  const { settings } = account;
  const { errors, warnings } = findingsOf(version.rules, version.ruleFormat, "full", account);
  const withIds = (found: readonly Finding[]) =>
    found.map((one) => ({ messageId: messageIdOf(one), ...one }));
  const more = settings.activationWarnings.map((detail) => ({
    type: "https://problems.luna.akamaiapis.net/papi/v0/validation/activation_warning",
    title: "Activation warning",
    detail,
    errorLocation: "#/rules",
  }));
  const all = withIds([...warnings, ...more]);
  const open = wanted.acknowledgeAllWarnings
    ? []
    : all.filter(({ messageId }) => !wanted.acknowledgeWarnings?.includes(messageId));
  if (errors.length > 0) {
    const detail = "The rule tree has errors. Correct them before you activate it.";
    throw new PapiError(400, "v1/activation/validation-errors", "Activation validation failed", detail, {
      errors: withIds(errors),
      ...(open.length > 0 && { warnings: open }),
    });
  }
  if (open.length === 0) return;
  const detail =
    "There are warnings that have to be acknowledged: send their messageId in acknowledgeWarnings, or acknowledgeAllWarnings.";
  throw new PapiError(400, "v1/activation/unacknowledged-warnings", "Unacknowledged warnings", detail, {
    warnings: open,
  });
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
