import { z } from "zod";
import { json, param, type RequestContext, type Response } from "../service";
import { badRequest } from "./errors";
import { NETWORKS, type Network } from "./state";

export const BASE = "/edgeworkers/v1";

/** A number of the path: an EdgeWorker ID, an activation, a group. */
export function numberParam(context: RequestContext, name: string): number {
  const text = param(context, name);
  if (!/^[1-9]\d{0,14}$/.test(text)) throw badRequest(`${name} must be an integer of at least 1.`);
  return Number(text);
}

/** The JSON body, checked. The first thing wrong with it becomes the detail of the error. */
export function bodyOf<S extends z.ZodType>({ body }: RequestContext, schema: S): z.infer<S> {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    throw badRequest("The request body is not valid JSON.");
  }
  const result = schema.safeParse(value);
  if (!result.success) throw badRequest(result.error.issues[0]?.message ?? "Invalid request body.");
  return result.data;
}

/** Numbers of ids come as strings from Akamai's command line. */
export const identifier = (name: string) => {
  const error = `${name} must be an integer of at least 1.`;
  return z
    .union([z.int(), z.string().regex(/^\d{1,15}$/, { error })], { error })
    .transform(Number)
    .refine((id) => id >= 1, { error });
};

export const NetworkName = z.enum(NETWORKS, { error: "network must be one of STAGING, PRODUCTION." });

export const Note = z
  .string({ error: "note must be a string." })
  .min(1, { error: "note must have 1 to 128 characters." })
  .max(128, { error: "note must have 1 to 128 characters." })
  .nullish();

/** The network that a query asks for. */
export function networkQuery({ query }: RequestContext): Network | undefined {
  const result = NetworkName.optional().safeParse(query.network);
  if (!result.success) throw badRequest("network must be one of STAGING, PRODUCTION.");
  return result.data;
}

/** The time as this API writes it: without parts of a second. */
export const timestamp = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, "Z");

/** The response of a create. */
export const created = (path: string, value: unknown, headers: Record<string, string> = {}): Response =>
  json(201, value, { ...headers, Location: BASE + path });
