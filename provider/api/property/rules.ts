import { z } from "zod";
import { ApiError } from "../../errors";
import type { ApiReply, HttpClient } from "../../runtime/httpClient";
import { ofProperty, orNone, type PropertyRef } from "./request";
import { Rule } from "./ruleTree";

/** A result of the validation of a rule tree. A version with an error is saved, but can't be activated. */
export const Finding = z.object({
  type: z.string().default(""),
  title: z.string().default(""),
  detail: z.string().default(""),
  /** Such as `#/rules/children/0/behaviors/0`. */
  errorLocation: z.string().nullish(),
  behaviorName: z.string().nullish(),
});
export type Finding = z.output<typeof Finding>;

const VersionRules = z.object({
  etag: z.string(),
  ruleFormat: z.string(),
  comments: z.string().nullish(),
  rules: z.unknown(),
  errors: z.array(Finding).default([]),
  warnings: z.array(Finding).default([]),
});
export type VersionRules = Omit<z.output<typeof VersionRules>, "rules"> & { readonly rules: Rule };

/** The tree is checked but not parsed: a parsed copy would lose what its shape does not name. */
function rulesOf(reply: ApiReply): VersionRules {
  reply.as(z.object({ rules: Rule }));
  return reply.as(VersionRules) as VersionRules;
}

/** The rule tree of a version, with the results of its validation. */
export function findRules(
  http: HttpClient,
  ref: PropertyRef,
  version: number,
): Promise<VersionRules | undefined> {
  return orNone(async () =>
    rulesOf(await http.send(ofProperty(ref, { method: "GET", path: `/versions/${version}/rules` }))),
  );
}

export interface NewRules {
  /** The whole tree. The service deletes what is missing in it. */
  readonly rules: Rule;
  /** Replaces the note of the version. */
  readonly comments?: string | undefined;
  /** The etag of the tree that this one was made from. The service answers 412 when it has changed. */
  readonly etag: string;
}

/** Saves a tree in the rule format that the version has. The service answers 403 when the version is locked. */
export async function saveRules(
  http: HttpClient,
  ref: PropertyRef,
  version: number,
  newRules: NewRules,
): Promise<VersionRules> {
  return rulesOf(await put(http, ref, version, newRules, false));
}

/** Validates a tree without saving it. Undefined where the service refuses that, as it may for a locked version. */
export async function validateRules(
  http: HttpClient,
  ref: PropertyRef,
  version: number,
  newRules: NewRules,
): Promise<VersionRules | undefined> {
  try {
    return rulesOf(await put(http, ref, version, newRules, true));
  } catch (error) {
    // A change of an element that only Akamai may write is refused for every version.
    if (error instanceof ApiError && error.status === 403 && error.code !== "property-version/lock-error")
      return undefined;
    throw error;
  }
}

function put(
  http: HttpClient,
  ref: PropertyRef,
  version: number,
  newRules: NewRules,
  dryRun: boolean,
): Promise<ApiReply> {
  const { etag, ...json } = newRules;
  return http.send(
    ofProperty(ref, {
      method: "PUT",
      path: `/versions/${version}/rules`,
      query: { validateRules: "true", validateMode: "full", ...(dryRun ? { dryRun: "true" } : {}) },
      headers: { "if-match": `"${etag}"` },
      json,
      ...(dryRun ? { changesNothing: true } : {}),
    }),
  );
}
