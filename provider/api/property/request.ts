/** The parts that all requests to Property Manager share. */
import { z } from "zod";
import { ApiError } from "../../errors";
import type { ApiRequest } from "../../runtime/httpClient";

/** A property with its contract and group. Each request names both: without them, some accounts get a redirect. */
export interface PropertyRef {
  /** Such as `prp_173136`. */
  readonly propertyId: string;
  /** Such as `ctr_1-3CV382`. */
  readonly contractId: string;
  /** Such as `grp_72297`. */
  readonly groupId: string;
}

/** The header makes the service return ids with the prefix of their kind. */
export function propertyApi(request: ApiRequest): ApiRequest {
  return {
    ...request,
    path: `/papi/v1${request.path}`,
    headers: { ...request.headers, "papi-use-prefixes": "true" },
  };
}

export function ofProperty(
  { propertyId, contractId, groupId }: PropertyRef,
  request: ApiRequest,
): ApiRequest {
  const path = `/properties/${encodeURIComponent(propertyId)}${request.path}`;
  return propertyApi({ ...request, path, query: { contractId, groupId, ...request.query } });
}

const prefixes = { contract: "ctr_", group: "grp_", property: "prp_", activation: "atv_" } as const;

/** An id with the prefix of its kind. */
export function prefixed(kind: keyof typeof prefixes, id: string | number): string {
  const text = String(id);
  return text.startsWith(prefixes[kind]) ? text : prefixes[kind] + text;
}

/** The service wraps each list in `items`, even for one object. */
export function items<T>(shape: z.ZodType<T>) {
  return z.object({ items: z.array(shape) });
}

/** The last part of a link, without its query. The answer to a POST has such a link to the new object. */
export function lastOf(link: string): string {
  return decodeURIComponent(link.split("?")[0]?.split("/").at(-1) ?? "");
}

/** Undefined where the service answers 404. */
export async function orNone<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
