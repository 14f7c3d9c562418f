import { z } from "zod";
import { ApiError } from "../../errors";
import type { HttpClient } from "../../runtime/httpClient";

const summaryFields = {
  name: z.string(),
  uuid: z.string().optional(),
  /** `YYYY-MM-DD`; `9999-12-31` for tokens that do not expire. */
  expiry: z.string().optional(),
  /** `IN_PROGRESS`, `COMPLETE` or `ERROR`; tokens of the older generation have none. */
  tokenActivationStatus: z.string().nullish(),
  issueDate: z.string().nullish(),
  latestRefreshDate: z.string().nullish(),
  nextScheduledRefreshDate: z.string().nullish(),
};
const TokenSummary = z.object(summaryFields);
/** A token as the list has it: without its permissions. */
export type TokenSummary = z.output<typeof TokenSummary>;

const Token = z.object({
  ...summaryFields,
  cpcode: z.coerce.string().nullish().catch(undefined),
  // Absent, empty and ["all"] mean the same: any EdgeWorker.
  restrictToEdgeWorkerIds: z.array(z.coerce.string()).nullish(),
  allowOnStaging: z.boolean().nullish(),
  allowOnProduction: z.boolean().nullish(),
  namespacePermissions: z.record(z.string(), z.array(z.string())).nullish(),
  /** The JWT of a token of the older generation. */
  value: z.string().nullish(),
});
export type Token = z.output<typeof Token>;

export interface NewToken {
  readonly name: string;
  readonly allowOnStaging: boolean;
  readonly allowOnProduction: boolean;
  readonly namespacePermissions: Readonly<Record<string, readonly string[]>>;
  readonly restrictToEdgeWorkerIds?: readonly string[] | undefined;
  readonly expiry?: string | undefined;
}

const folder = "/edgekv/v1/tokens";
const item = (name: string) => `${folder}/${encodeURIComponent(name)}`;

/**
 * All tokens. `includeExpired` adds those that expired in the last 30 days and still count against the
 * account's limit.
 */
export async function listTokens(http: HttpClient, { includeExpired = false } = {}): Promise<TokenSummary[]> {
  try {
    const reply = await http.send({
      method: "GET",
      path: folder,
      ...(includeExpired ? { query: { includeExpired: "true" } } : {}),
    });
    return reply.as(z.object({ tokens: z.array(TokenSummary) })).tokens;
  } catch (error) {
    // Without any token, some accounts get this and others an empty list.
    if (error instanceof ApiError && error.is(404, "EKV_3000")) return [];
    throw error;
  }
}

/** The token. `revoked`: there is none of that name (404). `expired`: there was one (410). */
export async function findToken(http: HttpClient, name: string): Promise<Token | "revoked" | "expired"> {
  try {
    const reply = await http.send({ method: "GET", path: item(name) });
    return reply.as(Token);
  } catch (error) {
    if (error instanceof ApiError && error.is(404, "EKV_3000")) return "revoked";
    if (error instanceof ApiError && error.is(410)) return "expired";
    throw error;
  }
}

/**
 * Creates a token. Names are unique in an account. The name of a revoked or expired token can be used again.
 */
export async function createToken(http: HttpClient, wanted: NewToken): Promise<Token> {
  const reply = await http.send({ method: "POST", path: folder, json: wanted });
  return reply.as(Token);
}

/**
 * Renews the token's credentials. Name and reference stay. Its status goes back to IN_PROGRESS for a while.
 */
export async function refreshToken(http: HttpClient, name: string): Promise<Token> {
  const reply = await http.send({ method: "POST", path: `${item(name)}/refresh` });
  return reply.as(Token);
}

/**
 * Revokes the token at once and for good: EdgeWorkers that hold it get 401. Returns false when the service
 * answers that there is none.
 */
export async function revokeToken(http: HttpClient, name: string): Promise<boolean> {
  try {
    await http.send({ method: "DELETE", path: item(name) });
    return true;
  } catch (error) {
    if (error instanceof ApiError && (error.is(404, "EKV_3000") || error.is(410))) return false;
    throw error;
  }
}
