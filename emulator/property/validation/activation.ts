import { createHash } from "node:crypto";
import { z } from "zod";
import type { RequestContext } from "../../service";
import { type ActivationProgress, fallbackOf, isOngoing } from "../activationProgress";
import { badRequest, exception, PapiError, unprocessable } from "../errors";
import { type Activation, NETWORKS, type Property, type Version } from "../state";
import { type Finding, findingsOf } from "./validator";

const Email = z.string().regex(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, { error: "must be email addresses" });

export const NewActivation = z.object({
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
export type NewActivation = z.infer<typeof NewActivation>;

/** The compliance record of an activation on production. */
const ComplianceRecord = z.discriminatedUnion("noncomplianceReason", [
  z.object({
    noncomplianceReason: z.literal("NONE"),
    customerEmail: Email,
    peerReviewedBy: z.string().min(1),
    unitTested: z.literal(true),
    ticketId: z.string().optional(),
  }),
  z.object({
    noncomplianceReason: z.literal("OTHER"),
    otherNoncomplianceReason: z.string().min(1),
    ticketId: z.string().optional(),
  }),
  z.object({
    noncomplianceReason: z.enum(["NO_PRODUCTION_TRAFFIC", "EMERGENCY"]),
    ticketId: z.string().optional(),
  }),
]);

/** Checks the record of an activation on production, where the account needs one. */
export function assertCompliance(
  { account }: RequestContext,
  { network, complianceRecord }: NewActivation,
  { propertyId }: Property,
): void {
  if (complianceRecord) {
    const result = ComplianceRecord.safeParse(complianceRecord);
    const { path = [], message } = result.error?.issues[0] ?? {};
    if (!result.success) throw badRequest(`complianceRecord is invalid: ${path.join(".")}: ${message}`);
  } else if (account.settings.complianceRecords && network === "PRODUCTION") {
    throw exception(422, "missing_compliance_record", [`Property ${propertyId}`]);
  }
}

/** A network has one activation in progress at a time. */
export function assertIdle(
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
export function assertChangesNetwork(
  { activationType, network, propertyVersion }: NewActivation,
  live: ActivationProgress | undefined,
): void {
  const isLive = live?.activation.propertyVersion === propertyVersion;
  if (activationType === "ACTIVATE" && isLive)
    throw unprocessable(`Version ${propertyVersion} is already active on ${network}.`);
  if (activationType === "DEACTIVATE" && !isLive)
    throw unprocessable(`Version ${propertyVersion} is not active on ${network}.`);
}

/** The activation that the fallback takes back. It has to be possible, and to this version. */
export function requireFallback(
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
export function assertValid(context: RequestContext, version: Version, wanted: NewActivation): void {
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
