import { z } from "zod";
import type { RequestContext } from "../../service";
import { badRequest, exception } from "../errors";
import { NETWORKS, type Property } from "../state";

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
