import { z } from "zod";
import { ApiError } from "../../errors";
import { Rule } from "./ruleTree";
import type { ApiReply, HttpClient } from "../../runtime/httpClient";
import { ofProperty, orNone, type PropertyRef } from "./request";

/** What the validation of a tree says. With an error a version is saved, but can't be activated. */
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

/** The tree is only looked at: what stands in it comes back as it is, whatever it is. */
function rulesOf(reply: ApiReply): VersionRules {
  reply.as(z.object({ rules: Rule }));
  return reply.as(VersionRules) as VersionRules;
}

/** The rule tree of a version, with what its validation says. */
export function findRules(http: HttpClient, place: PropertyRef, version: number): Promise<VersionRules | undefined> {
  return orNone(async () => rulesOf(await http.send(ofProperty(place, { method: "GET", path: `/versions/${version}/rules` }))));
}

export interface NewRules {
  /** The whole tree: what is left out is deleted. */
  readonly rules: Rule;
  /** The note of the version, which this replaces as well. */
  readonly comments?: string | undefined;
  /** Of the tree that this one was made from: 412 when it is another one by now. */
  readonly etag: string;
}

/** Saves a tree in the rule format that the version has. 403: the version is locked. */
export async function saveRules(http: HttpClient, place: PropertyRef, version: number, wanted: NewRules): Promise<VersionRules> {
  return rulesOf(await put(http, place, version, wanted, false));
}

/** What saving would say, without doing it; undefined where the service does not tell, as of a locked version. */
export async function tryRules(http: HttpClient, place: PropertyRef, version: number, wanted: NewRules): Promise<VersionRules | undefined> {
  try {
    return rulesOf(await put(http, place, version, wanted, true));
  } catch (error) {
    // That somebody may not change an element of Akamai's holds for every version.
    if (error instanceof ApiError && error.status === 403 && error.code !== "property-version/lock-error") return undefined;
    throw error;
  }
}

function put(http: HttpClient, place: PropertyRef, version: number, wanted: NewRules, dryRun: boolean): Promise<ApiReply> {
  const { etag, ...json } = wanted;
  return http.send(
    ofProperty(place, {
      method: "PUT",
      path: `/versions/${version}/rules`,
      query: { validateRules: "true", validateMode: "full", ...(dryRun ? { dryRun: "true" } : {}) },
      headers: { "if-match": `"${etag}"` },
      json,
      ...(dryRun ? { changesNothing: true } : {}),
    }),
  );
}
