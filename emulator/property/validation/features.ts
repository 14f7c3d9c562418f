import { z } from "zod";
import type { Kind } from "../rules/ruleTree";

const bool = z.boolean();
const text = z.string();
const optional = { bool: bool.optional(), text: text.optional() };

/** Only the user interface reads them. */
const SHOWN_ONLY = {
  createEdgeWorker: z.unknown(),
  resourceTier: z.unknown(),
  failOpenTitle: z.unknown(),
  continueOnErrorDisclaimer: z.unknown(),
  mPulseTitle: z.unknown(),
  mPulseInformation: z.unknown(),
};

const edgeWorker = z
  .strictObject({
    enabled: bool,
    edgeWorkerId: z.string().regex(/^\d+$/, { error: "must be a string of digits" }).optional(),
    continueOnError: optional.bool,
    mPulse: optional.bool,
    ...SHOWN_ONLY,
  })
  .partial(
    Object.fromEntries(Object.keys(SHOWN_ONLY).map((name) => [name, true])) as Record<
      keyof typeof SHOWN_ONLY,
      true
    >,
  )
  .superRefine(({ enabled, edgeWorkerId }, context) => requireOptions(context, enabled, { edgeWorkerId }));

/** `failAction`, with the options that each action requires. */
const failAction = z
  .strictObject({
    enabled: bool,
    actionType: z
      .enum(["SERVE_STALE", "REDIRECT", "RECREATED_CO", "RECREATED_CEX", "RECREATED_NS", "DYNAMIC"])
      .optional(),
    redirectHostnameType: z.enum(["ORIGINAL", "ALTERNATE"]).optional(),
    redirectHostname: optional.text,
    redirectCustomPath: optional.bool,
    redirectPath: optional.text,
    redirectMethod: z.union([z.literal(301), z.literal(302)], { error: "must be 301 or 302" }).optional(),
    preserveQueryString: optional.bool,
    modifyProtocol: optional.bool,
    protocol: z.enum(["HTTP", "HTTPS"]).optional(),
    contentHostname: optional.text,
    contentCustomPath: optional.bool,
    contentPath: optional.text,
    netStorageHostname: z.looseObject({}).optional(),
    netStoragePath: optional.text,
    cpCode: z.looseObject({ id: z.int() }).optional(),
    cexHostname: optional.text,
    cexCustomPath: optional.bool,
    cexPath: optional.text,
    dynamicMethod: z.enum(["SERVE_301", "SERVE_302", "SERVE_ALTERNATE"]).optional(),
    dynamicCustomPath: optional.bool,
    dynamicPath: optional.text,
    saasType: z.enum(["HOSTNAME", "PATH", "QUERY_STRING", "COOKIE"]).optional(),
    saasCnameEnabled: optional.bool,
    saasCnameLevel: z.int().optional(),
    saasCookie: optional.text,
    saasQueryString: optional.text,
    saasRegex: optional.text,
    saasReplace: optional.text,
    saasSuffix: optional.text,
    statusCode: z.union([z.int(), text]).optional(),
    allowFCMParentOverride: optional.bool,
  })
  .superRefine((options, context) => {
    const { enabled, actionType, redirectHostnameType, redirectHostname, redirectMethod, protocol } = options;
    const { contentHostname, contentPath, netStorageHostname, netStoragePath, cpCode } = options;
    const { cexHostname, cexPath, dynamicMethod, dynamicPath, saasType, saasCookie, saasQueryString } =
      options;
    requireOptions(context, enabled, { actionType });
    const acts = (name: typeof actionType) => enabled && actionType === name;
    requireOptions(context, acts("REDIRECT"), { redirectHostnameType, redirectMethod });
    requireOptions(context, acts("REDIRECT") && redirectHostnameType === "ALTERNATE", { redirectHostname });
    requireOptions(context, acts("REDIRECT") && options.redirectCustomPath, {
      redirectPath: options.redirectPath,
    });
    requireOptions(context, acts("REDIRECT") && options.modifyProtocol, { protocol });
    requireOptions(context, acts("RECREATED_CO"), { contentHostname });
    requireOptions(context, acts("RECREATED_CO") && options.contentCustomPath, { contentPath });
    requireOptions(context, acts("RECREATED_NS"), { netStorageHostname, netStoragePath, cpCode });
    requireOptions(context, acts("RECREATED_CEX"), { cexHostname });
    requireOptions(context, acts("RECREATED_CEX") && options.cexCustomPath, { cexPath });
    requireOptions(context, acts("DYNAMIC"), { dynamicMethod, saasType });
    requireOptions(context, acts("DYNAMIC") && options.dynamicCustomPath, { dynamicPath });
    requireOptions(context, acts("DYNAMIC") && saasType === "COOKIE", { saasCookie });
    requireOptions(context, acts("DYNAMIC") && saasType === "QUERY_STRING", { saasQueryString });
  });

function requireOptions(
  context: z.RefinementCtx,
  condition: boolean | undefined,
  options: Record<string, unknown>,
): void {
  if (!condition) return;
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === "")
      context.addIssue({ code: "custom", path: [name], message: "is required" });
  }
}

const matchOperator = z.enum(["IS_ONE_OF", "IS_NOT_ONE_OF"]);
const values = z.array(text).min(1, { error: "must not be empty" });
const StatusCode = z.string().regex(/^\d{3}$/, { error: "must be strings of three digits" });
const Bound = z.int().min(100).max(999);

const matchResponseCode = z
  .strictObject({
    matchOperator: z.enum(["IS_ONE_OF", "IS_NOT_ONE_OF", "IS_BETWEEN", "IS_NOT_BETWEEN"]),
    values: z.array(StatusCode).optional(),
    lowerBound: Bound.optional(),
    upperBound: Bound.optional(),
  })
  .superRefine((options, context) => {
    const { lowerBound, upperBound } = options;
    const isBetween = options.matchOperator.endsWith("BETWEEN");
    requireOptions(context, isBetween, { lowerBound, upperBound });
    requireOptions(context, !isBetween, {
      values: options.values?.length === 0 ? undefined : options.values,
    });
    if (isBetween && lowerBound !== undefined && upperBound !== undefined && lowerBound > upperBound) {
      context.addIssue({ code: "custom", path: ["upperBound"], message: "must not be below lowerBound" });
    }
  });

/** The options of the features that involve EdgeWorkers. The options of others are not checked. */
export const FEATURES: Record<Kind, Readonly<Record<string, z.ZodType>>> = {
  behaviors: { edgeWorker, failAction },
  criteria: {
    edgeWorkersFailure: z.strictObject({ execStatus: z.enum(["FAILURE", "SUCCESS"]) }),
    matchResponseCode,
    hostname: z.looseObject({ matchOperator, values }),
    path: z.looseObject({ matchOperator: z.enum(["MATCHES_ONE_OF", "DOES_NOT_MATCH_ONE_OF"]), values }),
  },
};
