/** What a user can do next about an error: one table per product, one for what all share, one for connections. Pure. */
import {
  ApiError,
  ConnectionError,
  isQuotaExceeded,
  PreconditionError,
  UnexpectedReplyError,
} from "./errors";
import { printable } from "./printable";
import type { Redact } from "./redact";

/** One row: it applies when all conditions hold that it has. */
interface Hint<E> {
  readonly when: (error: E) => boolean;
  readonly hint: string | ((error: E) => string);
}

/**
 * The message for a user: what was being done to which resource, what the service answered, what to do next.
 * @param doing such as `creating namespace catalog on staging`
 * @param redact hides secrets, before the message is shortened
 */
export function explain(doing: string, error: unknown, redact: Redact = (text) => text): string {
  const problem = error instanceof Error ? error.message : String(error);
  // Settings are the user's own. Their lines are the provider's, so they go in like all of its lines.
  const own =
    error instanceof Error && error.name === "ConfigError" ? problem.replace(/\n(?! {2})/g, "\n  ") : problem;
  const hint = hintFor(error);
  return printable(redact(`${doing}: ${own}${hint === undefined ? "" : `\n  ${hint}`}`));
}

function hintFor(error: unknown): string | undefined {
  if (error instanceof PreconditionError) return hintFor(error.cause);
  if (error instanceof UnexpectedReplyError) return fromElsewhere;
  if (error instanceof ConnectionError)
    return [error.hint ?? firstOf(connection, error), error.advice].filter(Boolean).join(" ");
  if (error instanceof ApiError) return firstOf([...productHints(error.request.path), ...common], error);
  return undefined;
}

function firstOf<E>(hints: readonly Hint<E>[], error: E): string | undefined {
  const hint = hints.find(({ when }) => when(error))?.hint;
  return typeof hint === "function" ? hint(error) : hint;
}

function productHints(path: string): readonly Hint<ApiError>[] {
  if (path.startsWith("/edgekv/")) return edgekv;
  if (path.startsWith("/edgeworkers/")) return edgeworkers;
  if (path.startsWith("/papi/")) return property;
  return [];
}

const status =
  (...statuses: readonly number[]) =>
  (error: ApiError) =>
    statuses.includes(error.status);
const code = (expected: string) => (error: ApiError) => error.code === expected;
/** The status with one of these codes; `undefined` stands for an error without a code. */
const statusWithCode = (expected: number, codes: readonly (string | undefined)[]) => (error: ApiError) =>
  error.status === expected && codes.includes(error.code);

const grantFor = (api: string) =>
  `The API client lacks the grant for this. Give it READ-WRITE access to ${api} and a role with the capability named above. ` +
  "An API client keeps the permissions that it was created with, so create a new client after changing them.";

const cpCodes =
  'The API user may lack the permission "CP Code - View CP Codes", or read access to the group that owns the EdgeKV CP code. ' +
  "EdgeKV reports that as an internal error. An API client keeps the permissions that it was created with, so create a new client after changing them. " +
  "If the permissions are right, run again later.";

const fromElsewhere =
  "Something between here and the service, such as a proxy, may have answered. Check akamai-edge:host and the network, then run again. What was done so far is kept.";

const edgekv: readonly Hint<ApiError>[] = [
  {
    when: code("EKV_1005"),
    hint: "Data access policies other than Akamai's default need the Standard TLS Support product on the account's contract: ask Akamai's account team for it, or remove the policy from the program.",
  },
  {
    when: (error) => error.status === 403 && error.request.path.endsWith("/initialize"),
    hint: "Either the contract has no EdgeKV, or the API client lacks READ-WRITE access to the EdgeKV API. Initialization needs a user of the top-level group.",
  },
  {
    when: (error) => error.status === 413 && error.request.path === "/edgekv/v1/tokens",
    hint: "The account has as many access tokens as it may have; those that expired in the last 30 days count. Revoke tokens that nobody uses, or ask Akamai's support for more. With that number in `akamai-edge:tokensPerAccount`, a preview reports it beforehand.",
  },
  { when: status(403), hint: grantFor("the EdgeKV API") },
  { when: statusWithCode(500, ["EKV_0000", undefined]), hint: cpCodes },
  { when: statusWithCode(400, [undefined]), hint: cpCodes },
];

const edgeworkers: readonly Hint<ApiError>[] = [
  {
    when: isQuotaExceeded,
    hint: "The account has as many of these as it may have; this is not a rate limit. Delete what is no longer needed, or ask Akamai's support to raise the limit.",
  },
  { when: status(403), hint: grantFor("the EdgeWorkers API") },
];

const property: readonly Hint<ApiError>[] = [
  { when: status(403), hint: grantFor("the Property Manager API (PAPI)") },
  {
    when: status(409),
    hint: "Another edit or activation of the property is in progress. Wait until it is over, then run again. What was done so far is kept.",
  },
];

/** The gateway, and what all products have in common. */
const common: readonly Hint<ApiError>[] = [
  {
    when: status(401),
    hint: "The credentials were not accepted: they are wrong, inactive or for another host, or this machine's clock is off by more than 30 seconds.",
  },
  { when: status(403), hint: grantFor("the API") },
  {
    when: status(404),
    hint: "It was deleted, or the API client may not see it. `pulumi refresh` removes what is gone from the state; the next `up` creates it again.",
  },
  {
    when: status(409),
    hint: "It exists already, or another operation on it is in progress. Wait until that is over, then run again. What was done so far is kept.",
  },
  {
    when: status(412),
    hint: "It was changed by somebody else at the same time. Run again: the change is then made to the newest version.",
  },
  {
    when: (error) => error.status === 429 && error.retryAt !== undefined,
    hint: (error) =>
      `A limit of the account is used up until ${new Date(error.retryAt ?? 0).toISOString()}: run again after that. What was done so far is kept. Akamai's support can raise the limit.`,
  },
  {
    when: status(429),
    hint: "The service still limits the rate after several retries. Run again later, or lower akamai-edge:concurrency.",
  },
  {
    when: status(500),
    hint: "An error inside the service. Run again later; if it stays, give Akamai's support the request id.",
  },
  {
    when: status(502, 503, 504),
    hint: "The service could not answer in time. Run again later. What was done so far is kept.",
  },
];

const connection: readonly Hint<ConnectionError>[] = [
  {
    when: ({ reason }) => /CERT|SELF_SIGNED|UNABLE_TO_/.test(reason),
    hint: "The server's certificate could not be verified. Check the host, or set akamai-edge:caFile to the file of a private certificate authority. Verification can't be turned off.",
  },
  {
    when: ({ reason }) => reason === "ENOTFOUND" || reason === "EAI_AGAIN",
    hint: "The host name could not be resolved. Check akamai-edge:host (or AKAMAI_HOST, or host in .edgerc) and the network.",
  },
  { when: () => true, hint: "Check the network and the host, then run again. What was done so far is kept." },
];
