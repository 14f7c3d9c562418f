import type { z } from "zod";
import { hasDuplicateAttributes } from "../json";
import type { RequestContext } from "../service";
import { invalid, notInitialized, syntaxError } from "./errors";
import { NETWORKS, type Network, statusAt } from "./state";

/** The network of the path, in whatever case. */
export function networkOf({ params }: RequestContext): Network {
  const network = NETWORKS.find((name) => name === params.network?.toLowerCase());
  if (network === undefined) throw invalid("Network must be one of staging, production");
  return network;
}

/** The JSON body, checked. The first thing wrong with it becomes the detail of the error. */
export function bodyOf<S extends z.ZodType>({ body }: RequestContext, schema: S): z.infer<S> {
  const text = body.toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw syntaxError();
  }
  if (hasDuplicateAttributes(text)) throw syntaxError();
  const result = schema.safeParse(value);
  if (!result.success) throw invalid(result.error.issues[0]?.message ?? "Invalid request body.");
  return result.data;
}

/** Until EdgeKV is initialized, nothing but the initialization works. */
export function assertInitialized({ account, now }: RequestContext): void {
  if (statusAt(account.edgekv, now) !== "INITIALIZED") throw notInitialized();
}
