/** What all requests to Property Manager have in common. */
import { z } from "zod";
import { ApiError } from "../../errors";
import type { ApiRequest } from "../../runtime/httpClient";

/** A property, and whose it is: contract and group are sent with every request, since some accounts are answered with a redirect without them. */
export interface PropertyRef {
  /** Such as `prp_173136`. */
  readonly propertyId: string;
  /** Such as `ctr_1-3CV382`. */
  readonly contractId: string;
  /** Such as `grp_72297`. */
  readonly groupId: string;
}

/** Ids come back with the prefix of their kind when it is asked for. */
export function propertyApi(request: ApiRequest): ApiRequest {
  return { ...request, path: `/papi/v1${request.path}`, headers: { ...request.headers, "papi-use-prefixes": "true" } };
}

export function ofProperty({ propertyId, contractId, groupId }: PropertyRef, request: ApiRequest): ApiRequest {
  const path = `/properties/${encodeURIComponent(propertyId)}${request.path}`;
  return propertyApi({ ...request, path, query: { contractId, groupId, ...request.query } });
}

const prefixes = { contract: "ctr_", group: "grp_", property: "prp_", activation: "atv_" } as const;

/** An id with the prefix of its kind, however it was given. */
export function prefixed(kind: keyof typeof prefixes, id: string | number): string {
  const text = String(id);
  return text.startsWith(prefixes[kind]) ? text : prefixes[kind] + text;
}

/** Lists are wrapped, also where there is one object. */
export function items<T>(shape: z.ZodType<T>) {
  return z.object({ items: z.array(shape) });
}

/** A POST is answered with the address of what was made: its last part, without the query. */
export function lastOf(link: string): string {
  return decodeURIComponent(link.split("?")[0]?.split("/").at(-1) ?? "");
}

/** Undefined where the service knows of no such thing. */
export async function orNone<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
