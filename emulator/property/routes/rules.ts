import { z } from "zod";
import { parseTables } from "../../json";
import { rollUuid } from "../../replication";
import { type Answer, type Call, json, type Route } from "../../service";
import { badRequest, etagMismatch, limitExceeded, PapiError, unsupportedMediaType } from "../errors";
import { BASE, bodyOf, flagQuery, parseBody, placeOf, schemaError, shownId, target, targetVersion } from "../request";
import { acceptedFormat, mediaTypeOf, sentFormat } from "../ruleFormats";
import { applyPatch, Patch, PatchError } from "../rules/jsonPatch";
import { depthOf, dressed, elementsOf, forbiddenChanges, type Rule, RuleTree } from "../rules/ruleTree";
import { etagOf, isLocked, type Property, type Version } from "../state";
import { type Finding, type Findings, findingsOf, type Mode } from "../validation/validator";

const NewRules = z.object({ rules: RuleTree, comments: z.string().nullish() });

interface Target {
  property: Property;
  version: Version;
}

function named(call: Call): Target {
  const property = target(call);
  return { property, version: targetVersion(call, property) };
}

/** What the client wants validated. */
function modeOf(call: Call): Mode | undefined {
  const { validateMode = "full" } = call.query;
  if (validateMode !== "full" && validateMode !== "fast") throw badRequest("validateMode must be one of full, fast.");
  return flagQuery(call, "validateRules", true) ? validateMode : undefined;
}

/** What may be in a tree, and what is left. */
function limitsOf({ account: { settings } }: Call, rules: Rule) {
  const used = { "Elements-Per-Property": elementsOf(rules).length, "Max-Nested-Rules": depthOf(rules) };
  const most = { "Elements-Per-Property": settings.elementsPerProperty, "Max-Nested-Rules": settings.nestedRules };
  return (Object.keys(used) as (keyof typeof used)[]).map((name) => ({ name, used: used[name], limit: most[name] }));
}

const limitHeaders = (call: Call, rules: Rule): Record<string, string> =>
  Object.fromEntries(
    limitsOf(call, rules).flatMap(({ name, used, limit }) => [
      [`X-Limit-${name}-Limit`, String(limit)],
      [`X-Limit-${name}-Remaining`, String(Math.max(0, limit - used))],
    ]),
  );

function demandRoom(call: Call, rules: Rule, { propertyId }: Property): void {
  for (const { name, used, limit } of limitsOf(call, rules)) {
    if (used <= limit) continue;
    const detail = `The rule tree has ${used}, the limit is ${limit}.`;
    throw limitExceeded("Rule tree limit exceeded", detail, name.toUpperCase().replaceAll("-", "_"), String(propertyId), limit);
  }
}

/** Findings as they are told: numbered, with an address, and left out when there are none. */
function told(call: Call, { property, version }: Target, { errors, warnings }: Findings) {
  const place = `${BASE}/properties/${shownId(call, "property", property.propertyId)}/versions/${version.propertyVersion}/rules`;
  const numbered = (found: readonly Finding[], kind: string) =>
    found.map((one, index) => ({ ...one, instance: `${place}#${kind}_${100 + index}` }));
  return {
    ...(errors.length > 0 && { errors: numbered(errors, "err") }),
    ...(warnings.length > 0 && { warnings: numbered(warnings, "warn") }),
  };
}

/** A tree, which need not be the stored one, in the answer to a request. */
function answer(call: Call, found: Target, { rules, ruleFormat, note }: Pick<Version, "rules" | "ruleFormat" | "note">): Answer {
  const { property, version } = found;
  const mode = modeOf(call);
  const accepted = acceptedFormat(call);
  const format = accepted ?? ruleFormat;
  const etag = etagOf(property, version);
  const reply = json(
    200,
    {
      ...placeOf(call, property),
      propertyId: shownId(call, "property", property.propertyId),
      propertyVersion: version.propertyVersion,
      etag,
      ruleFormat: format,
      ...(note !== undefined && { comments: note }),
      rules,
      ...(mode !== undefined && told(call, found, findingsOf(rules, format, mode, call.account))),
    },
    { ETag: `"${etag}"`, ...limitHeaders(call, rules) },
  );
  return accepted === undefined ? reply : { ...reply, contentType: mediaTypeOf(accepted) };
}

function get(call: Call): Answer {
  const found = named(call);
  return answer(call, found, found.version);
}

function head(call: Call): Answer {
  const { property, version } = named(call);
  acceptedFormat(call);
  return { status: 204, headers: { ETag: `"${etagOf(property, version)}"` } };
}

/** The version that a write is for: nobody changed it meanwhile, and it is not locked. */
function changeable(call: Call): Target & { isDryRun: boolean } {
  const found = named(call);
  const { property, version } = found;
  const isDryRun = flagQuery(call, "dryRun", false);
  if (isDryRun && modeOf(call) === undefined) throw badRequest("dryRun needs validateRules.");
  acceptedFormat(call);
  const { settings } = call.account;
  if (isLocked(property, version, settings.lockAttempted, call.now) && !(isDryRun && settings.dryRunOnLocked)) {
    const detail = `Version ${version.propertyVersion} of property \`${shownId(call, "property", property.propertyId)}\` has already been activated, or is being activated. You cannot edit it.`;
    throw new PapiError(403, "v0/property-version/already-activated", "Property version already activated", detail);
  }
  const condition = call.headers["if-match"];
  const wanted = condition?.split(",").map((etag) => etag.trim().replace(/^(W\/)?"|"$/g, ""));
  if (wanted !== undefined && !wanted.includes("*") && !wanted.includes(etagOf(property, version))) throw etagMismatch();
  return { ...found, isDryRun };
}

function save(
  call: Call,
  { property, version, isDryRun }: ReturnType<typeof changeable>,
  next: z.infer<typeof NewRules>,
  ruleFormat: string,
) {
  const { account, now, user } = call;
  const forbidden = forbiddenChanges(version.rules, next.rules);
  if (forbidden !== undefined) {
    const detail = "Only Akamai representatives can change read-only behaviors, criteria and child rules.";
    throw new PapiError(403, "v0/property-version/lock-error", "Unable to edit read-only element", detail, {
      errors: [forbidden],
    });
  }
  demandRoom(call, next.rules, property);
  const rules = dressed(next.rules, ruleFormat, () => rollUuid(account));
  const note = next.comments ?? undefined;
  const shown = { rules, ruleFormat, ...(note !== undefined && { note }) };
  if (!isDryRun) {
    delete version.note;
    Object.assign(version, shown, { updatedByUser: user, updatedAt: now, revision: version.revision + 1 });
  }
  return answer(call, { property, version }, shown);
}

function put(call: Call): Answer {
  const format = sentFormat(call);
  const found = changeable(call);
  // The tree is kept as it came: the schema only looks at it.
  bodyOf(call, NewRules);
  return save(call, found, parseBody(call) as z.infer<typeof NewRules>, format ?? found.version.ruleFormat);
}

function patch(call: Call): Answer {
  if (call.contentType !== "application/json-patch+json") throw unsupportedMediaType();
  const found = changeable(call);
  const { rules, ruleFormat, note } = found.version;
  const document = parseTables(JSON.stringify({ rules, ...(note !== undefined && { comments: note }) })) as object;
  try {
    applyPatch(document, bodyOf(call, Patch));
  } catch (error) {
    if (error instanceof PatchError) throw badRequest(`The patch cannot be applied: ${error.message}.`);
    throw error;
  }
  const result = NewRules.safeParse(document);
  if (!result.success) throw schemaError(result.error);
  return save(call, found, document as z.infer<typeof NewRules>, ruleFormat);
}

const RULES = "/properties/:propertyId/versions/:propertyVersion/rules";

export const rules: readonly Route[] = [
  { method: "GET", path: RULES, access: "read", handle: get },
  { method: "HEAD", path: RULES, access: "read", handle: head },
  { method: "PUT", path: RULES, access: "write", handle: put },
  { method: "PATCH", path: RULES, access: "write", handle: patch },
];
