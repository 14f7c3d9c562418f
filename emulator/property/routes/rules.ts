import { z } from "zod";
import { parseTables } from "../../json";
import { randomUuid } from "../../prng";
import { json, type RequestContext, type Response, type Route } from "../../service";
import { badRequest, limitExceeded, PapiError, unsupportedMediaType } from "../errors";
import {
  BASE,
  bodyOf,
  flagQuery,
  formatId,
  ownerFields,
  parseBody,
  resolveProperty,
  resolveVersion,
  schemaError,
} from "../request";
import { acceptedFormat, mediaTypeOf, sentFormat } from "../ruleFormats";
import { applyPatch, Patch, PatchError } from "../rules/jsonPatch";
import {
  depthOf,
  elementsOf,
  forbiddenChanges,
  type Rule,
  RuleTree,
  withServerDefaults,
} from "../rules/ruleTree";
import { etagOf, type Property, type Version } from "../state";
import { type Finding, type Findings, findingsOf, type Mode } from "../validation/validator";
import { assertEtag, assertUnlocked } from "../versionWrites";

const NewRules = z.object({ rules: RuleTree, comments: z.string().nullish() });

interface Target {
  readonly property: Property;
  readonly version: Version;
}

function resolveNamed(context: RequestContext): Target {
  const property = resolveProperty(context);
  return { property, version: resolveVersion(context, property) };
}

/** The validation that the client requests. */
function modeOf(context: RequestContext): Mode | undefined {
  const { validateMode = "full" } = context.query;
  if (validateMode !== "full" && validateMode !== "fast")
    throw badRequest("validateMode must be one of full, fast.");
  return flagQuery(context, "validateRules", true) ? validateMode : undefined;
}

/** The limits of a tree, and what it uses. */
function limitsOf({ account: { settings } }: RequestContext, rules: Rule) {
  const used = { "Elements-Per-Property": elementsOf(rules).length, "Max-Nested-Rules": depthOf(rules) };
  const most = {
    "Elements-Per-Property": settings.elementsPerProperty,
    "Max-Nested-Rules": settings.nestedRules,
  };
  return (Object.keys(used) as (keyof typeof used)[]).map((name) => ({
    name,
    used: used[name],
    limit: most[name],
  }));
}

const limitHeaders = (context: RequestContext, rules: Rule): Record<string, string> =>
  Object.fromEntries(
    limitsOf(context, rules).flatMap(({ name, used, limit }) => [
      [`X-Limit-${name}-Limit`, String(limit)],
      [`X-Limit-${name}-Remaining`, String(Math.max(0, limit - used))],
    ]),
  );

function assertTreeLimits(context: RequestContext, rules: Rule, { propertyId }: Property): void {
  for (const { name, used, limit } of limitsOf(context, rules)) {
    if (used <= limit) continue;
    const detail = `The rule tree has ${used}, the limit is ${limit}.`;
    throw limitExceeded(
      "Rule tree limit exceeded",
      detail,
      name.toUpperCase().replaceAll("-", "_"),
      String(propertyId),
      limit,
    );
  }
}

/** Findings in a response: numbered, with an address, and left out when there are none. */
function findingsJson(
  context: RequestContext,
  { property, version }: Target,
  { errors, warnings }: Findings,
) {
  const place = `${BASE}/properties/${formatId(context, "property", property.propertyId)}/versions/${version.propertyVersion}/rules`;
  const numbered = (found: readonly Finding[], kind: string) =>
    found.map((one, index) => ({ ...one, instance: `${place}#${kind}_${100 + index}` }));
  return {
    ...(errors.length > 0 && { errors: numbered(errors, "err") }),
    ...(warnings.length > 0 && { warnings: numbered(warnings, "warn") }),
  };
}

/** A response with a rule tree. A dry run shows another tree than the stored one. */
function ruleTreeResponse(
  context: RequestContext,
  found: Target,
  { rules, ruleFormat, note }: Pick<Version, "rules" | "ruleFormat" | "note">,
): Response {
  const { property, version } = found;
  const mode = modeOf(context);
  const accepted = acceptedFormat(context);
  const format = accepted ?? ruleFormat;
  const etag = etagOf(property, version);
  const reply = json(
    200,
    {
      ...ownerFields(context, property),
      propertyId: formatId(context, "property", property.propertyId),
      propertyVersion: version.propertyVersion,
      etag,
      ruleFormat: format,
      ...(note !== undefined && { comments: note }),
      rules,
      ...(mode !== undefined &&
        findingsJson(context, found, findingsOf(rules, format, mode, context.account))),
    },
    { ETag: `"${etag}"`, ...limitHeaders(context, rules) },
  );
  return accepted === undefined ? reply : { ...reply, contentType: mediaTypeOf(accepted) };
}

function get(context: RequestContext): Response {
  const found = resolveNamed(context);
  return ruleTreeResponse(context, found, found.version);
}

function head(context: RequestContext): Response {
  const { property, version } = resolveNamed(context);
  acceptedFormat(context);
  return { status: 204, headers: { ETag: `"${etagOf(property, version)}"` } };
}

/** The version that a request writes: the etag matches, and it is not locked. */
function resolveForWrite(context: RequestContext): Target & { isDryRun: boolean } {
  const found = resolveNamed(context);
  const { property, version } = found;
  const isDryRun = flagQuery(context, "dryRun", false);
  if (isDryRun && modeOf(context) === undefined) throw badRequest("dryRun needs validateRules.");
  acceptedFormat(context);
  if (!isDryRun || !context.account.settings.dryRunOnLocked) assertUnlocked(context, property, version);
  assertEtag(context, etagOf(property, version));
  return { ...found, isDryRun };
}

function save(
  context: RequestContext,
  { property, version, isDryRun }: ReturnType<typeof resolveForWrite>,
  next: z.infer<typeof NewRules>,
  ruleFormat: string,
) {
  const { account, now, user } = context;
  const forbidden = forbiddenChanges(version.rules, next.rules);
  if (forbidden !== undefined) {
    const detail = "Only Akamai representatives can change read-only behaviors, criteria and child rules.";
    throw new PapiError(403, "v0/property-version/lock-error", "Unable to edit read-only element", detail, {
      errors: [forbidden],
    });
  }
  assertTreeLimits(context, next.rules, property);
  const rules = withServerDefaults(next.rules, ruleFormat, () => randomUuid(account));
  const note = next.comments ?? undefined;
  const toJson = { rules, ruleFormat, ...(note !== undefined && { note }) };
  if (!isDryRun) {
    delete version.note;
    Object.assign(version, toJson, { updatedByUser: user, updatedAt: now, revision: version.revision + 1 });
  }
  return ruleTreeResponse(context, { property, version }, toJson);
}

function put(context: RequestContext): Response {
  const format = sentFormat(context);
  const found = resolveForWrite(context);
  // The tree is stored as it came: the schema only checks it.
  bodyOf(context, NewRules);
  return save(
    context,
    found,
    parseBody(context) as z.infer<typeof NewRules>,
    format ?? found.version.ruleFormat,
  );
}

function patch(context: RequestContext): Response {
  if (context.contentType !== "application/json-patch+json") throw unsupportedMediaType();
  const found = resolveForWrite(context);
  const { rules, ruleFormat, note } = found.version;
  const document = parseTables(
    JSON.stringify({ rules, ...(note !== undefined && { comments: note }) }),
  ) as object;
  try {
    applyPatch(document, bodyOf(context, Patch));
  } catch (error) {
    if (error instanceof PatchError) throw badRequest(`The patch cannot be applied: ${error.message}.`);
    throw error;
  }
  const result = NewRules.safeParse(document);
  if (!result.success) throw schemaError(result.error);
  return save(context, found, document as z.infer<typeof NewRules>, ruleFormat);
}

const RULES = "/properties/:propertyId/versions/:propertyVersion/rules";

export const rules: readonly Route[] = [
  { method: "GET", path: RULES, access: "read", handle: get },
  { method: "HEAD", path: RULES, access: "read", handle: head },
  { method: "PUT", path: RULES, access: "write", handle: put },
  { method: "PATCH", path: RULES, access: "write", handle: patch },
];
