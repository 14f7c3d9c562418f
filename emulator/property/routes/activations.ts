import { createHash } from "node:crypto";
import { z } from "zod";
import { parseTables } from "../../json";
import { roll, shuffle } from "../../replication";
import { type Answer, type Call, json, type Route } from "../../service";
import { badRequest, exception, notFound, PapiError, unprocessable } from "../errors";
import { FAST_FALLBACK_TAKES_SECONDS } from "../limits";
import { bodyOf, created, link, param, placeOf, plainId, shownId, target, timestamp } from "../request";
import {
  type Activation,
  type Course,
  courseOf,
  fallbackOf,
  isOngoing,
  NETWORKS,
  type Network,
  type Property,
  type Version,
} from "../state";
import { type Finding, findingsOf } from "../validation/validator";

const Email = z.string().regex(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, { error: "must be email addresses" });

const NewActivation = z.object({
  propertyVersion: z.int().positive(),
  network: z.enum(NETWORKS),
  activationType: z.enum(["ACTIVATE", "DEACTIVATE"]).default("ACTIVATE"),
  note: z.string().nullish(),
  notifyEmails: z.array(Email).min(1),
  acknowledgeWarnings: z.array(z.string()).nullish(),
  acknowledgeAllWarnings: z.boolean().default(false),
  useFastFallback: z.boolean().default(false),
  delayValidations: z.boolean().nullish(),
  fastPush: z.boolean().optional(),
  ignoreHttpErrors: z.boolean().optional(),
  complianceRecord: z.record(z.string(), z.unknown()).nullish(),
});
type NewActivation = z.infer<typeof NewActivation>;

/** What was done before an activation on production. */
const ComplianceRecord = z.discriminatedUnion("noncomplianceReason", [
  z.object({
    noncomplianceReason: z.literal("NONE"),
    customerEmail: Email,
    peerReviewedBy: z.string().min(1),
    unitTested: z.literal(true),
    ticketId: z.string().optional(),
  }),
  z.object({ noncomplianceReason: z.literal("OTHER"), otherNoncomplianceReason: z.string().min(1), ticketId: z.string().optional() }),
  z.object({ noncomplianceReason: z.enum(["NO_PRODUCTION_TRAFFIC", "EMERGENCY"]), ticketId: z.string().optional() }),
]);

/** How far the push to the edge is; it is not the status. */
const FMA_STATES: Partial<Record<Course["status"], string>> = {
  NEW: "received",
  PENDING: "received",
  ZONE_1: "lived",
  ZONE_2: "lived",
  ZONE_3: "deployed",
  PENDING_DEACTIVATION: "received",
};

function shown(call: Call, property: Property, course: Course) {
  const { activation, status, since } = course;
  const { activationId, activationType, propertyVersion, network, submittedAt, note, notifyEmails, failureCause } = activation;
  const { accountId, groupId } = placeOf(call, property);
  const fallbackInfo = fallbackOf(property, course, call.now);
  return {
    activationId: shownId(call, "activation", activationId),
    propertyName: property.propertyName,
    propertyId: shownId(call, "property", property.propertyId),
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

function wrapped(call: Call, property: Property, courses: readonly Course[], headers: Record<string, string> = {}): Answer {
  const items = courses.map((course) => shown(call, property, course));
  return json(200, { ...placeOf(call, property), activations: { items } }, headers);
}

const coursesOf = (property: Property, now: number): Course[] => NETWORKS.flatMap((network) => courseOf(property, network, now).all);

/** All but the cancelled ones, in no order. */
function list(call: Call): Answer {
  const property = target(call, "activationLink");
  const courses = coursesOf(property, call.now).filter(({ activation }) => activation.cancelledAt === undefined);
  return wrapped(call, property, shuffle(call.account, courses));
}

function named(call: Call, linkMember?: string) {
  const property = target(call, linkMember);
  const id = plainId("activation", param(call, "activationId"));
  const course = coursesOf(property, call.now).find(({ activation }) => String(activation.activationId) === id);
  if (course === undefined) throw notFound();
  return { property, course };
}

function get(call: Call): Answer {
  const { property, course } = named(call, "activationLink");
  const { activation, status } = course;
  const left = Math.max(1, Math.ceil((activation.endsAt - call.now) / 1000));
  return wrapped(call, property, [course], isOngoing(status) ? { "Retry-After": String(left) } : {});
}

function cancel(call: Call): Answer {
  const { property, course } = named(call);
  const { activation, status } = course;
  if (status === "ACTIVE") throw unprocessable("The activation cannot be cancelled: it is already active.");
  if (status !== "NEW" && status !== "PENDING") {
    throw new PapiError(400, "v1/activation-cancellation", "Error canceling Activation", "cancellation_failed.error.activation.toofar");
  }
  activation.cancelledAt = call.now;
  return wrapped(call, property, [{ ...course, status: "ABORTED", since: call.now }]);
}

/** One at a time on each network. */
function demandQuiet(property: Property, { propertyVersion }: NewActivation, all: readonly Course[]): void {
  const ongoing = all.find(({ status }) => isOngoing(status))?.activation;
  if (ongoing === undefined) return;
  if (ongoing.propertyVersion === propertyVersion) {
    const detail = "Another edit or activation request on same network in progress for this property version.";
    throw new PapiError(409, "v1/resource-busy", "Operation failed", detail);
  }
  const params = [`Property ${property.propertyId}`, `Version ${ongoing.propertyVersion}`];
  throw exception(422, "property_activation_still_pending", params);
}

/** What is refused because the network is already so. */
function demandSense({ activationType, network, propertyVersion }: NewActivation, live: Course | undefined): void {
  const isLive = live?.activation.propertyVersion === propertyVersion;
  if (activationType === "ACTIVATE" && isLive) throw unprocessable(`Version ${propertyVersion} is already active on ${network}.`);
  if (activationType === "DEACTIVATE" && !isLive) throw unprocessable(`Version ${propertyVersion} is not active on ${network}.`);
}

function demandFallback(call: Call, property: Property, { propertyVersion }: NewActivation, live: Course | undefined): Activation {
  const fallback = live && fallbackOf(property, live, call.now);
  if (live === undefined || !fallback?.canFastFallback || fallback.fallbackVersion !== propertyVersion) {
    const detail = `A fast fallback to version ${propertyVersion} is not possible${fallback?.canFastFallback ? `, only to version ${fallback.fallbackVersion}` : ""}.`;
    throw new PapiError(400, "v1/fast-fallback-unavailable", "Fast fallback is not available", detail);
  }
  return live.activation;
}

/** The name under which a warning is acknowledged: the same as long as the warning is. */
function messageIdOf({ type, detail, errorLocation, behaviorName }: Finding): string {
  const text = [type, detail, errorLocation, behaviorName ?? ""].join("\n");
  return `msg_${createHash("sha1").update(text).digest("hex")}`;
}

/** What takes time to find out, and is told later when that is wanted. */
function demandValid(call: Call, version: Version, wanted: NewActivation): void {
  const { account } = call;
  const { settings } = account;
  const { errors, warnings } = findingsOf(version.rules, version.ruleFormat, "full", account);
  const withIds = (found: readonly Finding[]) => found.map((one) => ({ messageId: messageIdOf(one), ...one }));
  const more = settings.activationWarnings.map((detail) => ({
    type: "https://problems.luna.akamaiapis.net/papi/v0/validation/activation_warning",
    title: "Activation warning",
    detail,
    errorLocation: "#/rules",
  }));
  const all = withIds([...warnings, ...more]);
  const open = wanted.acknowledgeAllWarnings ? [] : all.filter(({ messageId }) => !wanted.acknowledgeWarnings?.includes(messageId));
  if (errors.length > 0) {
    const detail = "The rule tree has errors. Correct them before you activate it.";
    throw new PapiError(400, "v1/activation/validation-errors", "Activation validation failed", detail, {
      errors: withIds(errors),
      ...(open.length > 0 && { warnings: open }),
    });
  }
  if (open.length === 0) return;
  const detail = "There are warnings that have to be acknowledged: send their messageId in acknowledgeWarnings, or acknowledgeAllWarnings.";
  throw new PapiError(400, "v1/activation/unacknowledged-warnings", "Unacknowledged warnings", detail, { warnings: open });
}

function demandCompliance({ account }: Call, { network, complianceRecord }: NewActivation, { propertyId }: Property): void {
  if (complianceRecord) {
    const result = ComplianceRecord.safeParse(complianceRecord);
    const { path = [], message } = result.error?.issues[0] ?? {};
    if (!result.success) throw badRequest(`complianceRecord is invalid: ${path.join(".")}: ${message}`);
  } else if (account.settings.complianceRecords && network === "PRODUCTION") {
    throw exception(422, "missing_compliance_record", [`Property ${propertyId}`]);
  }
}

/** When an activation that starts now is at its end. */
function endOf({ account, now, lags }: Call, network: Network, isFallback: boolean): number {
  const { least, most } = lags.propertyActivation[network === "STAGING" ? "staging" : "production"];
  const seconds = least + roll(account) * (most - least);
  return now + Math.round((isFallback ? Math.min(seconds, FAST_FALLBACK_TAKES_SECONDS) : seconds) * 1000);
}

function create(call: Call): Answer {
  const { account, now, user } = call;
  const property = target(call);
  const wanted = bodyOf(call, NewActivation);
  const { activationType, network, propertyVersion, notifyEmails, note, useFastFallback, complianceRecord } = wanted;
  const version = property.versions[propertyVersion - 1];
  if (version === undefined) throw notFound(`There is no version ${propertyVersion} of the property.`);
  const { all, live } = courseOf(property, network, now);
  demandQuiet(property, wanted, all);
  demandSense(wanted, live);
  demandCompliance(call, wanted, property);
  const replaced = useFastFallback && activationType === "ACTIVATE" ? demandFallback(call, property, wanted, live) : undefined;
  let failure: PapiError | undefined;
  if (activationType === "ACTIVATE" && replaced === undefined) {
    try {
      demandValid(call, version, wanted);
    } catch (error) {
      if (!wanted.delayValidations || !(error instanceof PapiError)) throw error;
      failure = error;
    }
  }
  const { property: state, settings } = account;
  const fails = settings.failPropertyActivations > 0;
  if (fails) settings.failPropertyActivations -= 1;
  const success = activationType === "ACTIVATE" ? "ACTIVE" : "DEACTIVATED";
  const activation: Activation = {
    activationId: state.nextActivationId,
    activationType,
    propertyVersion,
    network,
    note: note ?? "",
    notifyEmails,
    submittedBy: user,
    submittedAt: now,
    endsAt: endOf(call, network, replaced !== undefined),
    outcome: failure ? "FAILED" : fails ? settings.failedPropertyStatus : success,
    ...(failure && { failureCause: parseTables(JSON.stringify(failure.body())) as Record<string, unknown> }),
    ...(replaced && { usedFastFallback: true }),
    ...(complianceRecord && { complianceRecord }),
  };
  if (replaced) replaced.fallbackAttempted = true;
  state.nextActivationId += 1;
  property.activations.push(activation);
  return created("activationLink", link(call, property, `/activations/${shownId(call, "activation", activation.activationId)}`));
}

const ACTIVATIONS = "/properties/:propertyId/activations";

export const activations: readonly Route[] = [
  { method: "GET", path: ACTIVATIONS, access: "read", handle: list },
  { method: "POST", path: ACTIVATIONS, access: "write", handle: create },
  { method: "GET", path: `${ACTIVATIONS}/:activationId`, access: "read", handle: get },
  { method: "DELETE", path: `${ACTIVATIONS}/:activationId`, access: "write", handle: cancel },
];
