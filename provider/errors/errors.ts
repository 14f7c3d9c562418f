/** What the provider can fail with, each class named after what happened. */

/** The service answered, and said no. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  constructor(
    readonly request: { readonly method: string; readonly path: string },
    readonly status: number,
    /** Such as `EKV_3000`; a category, only telling together with status and endpoint. Gateway errors have none. */
    readonly code: string | undefined,
    /** What the service said, shortened. */
    readonly said: string,
    /** What Akamai's support asks for. */
    readonly requestId: string | undefined,
    /** The service may have done what it was asked to before it failed. */
    readonly outcomeUnknown: boolean,
    /** When the service is going to let it through again, by its own word; in milliseconds since 1970. */
    readonly freeAt?: number | undefined,
  ) {
    const reference = [code, requestId === undefined ? undefined : `request ${requestId}`].filter((part) => part !== undefined);
    super(
      `${request.method} ${request.path} was answered with ${status}: ${said}${reference.length > 0 ? ` (${reference.join(", ")})` : ""}`,
    );
  }

  is(status: number, code?: string): boolean {
    return this.status === status && (code === undefined || this.code === code);
  }
}

/** No answer came. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  constructor(
    readonly request: { readonly method: string; readonly path: string },
    /** Such as `ECONNREFUSED` or `ETIMEDOUT`. */
    readonly reason: string,
    readonly said: string,
    /** The request may have reached the service and had its effect. */
    readonly outcomeUnknown: boolean,
  ) {
    super(`${request.method} ${request.path} got no answer: ${said} (${reason})`);
  }
}

/** The service answered with success, but not with what it promises to say. */
export class UnexpectedReplyError extends Error {
  override readonly name = "UnexpectedReplyError";
  constructor(request: { readonly method: string; readonly path: string }, status: number, problem: string, requestId?: string) {
    const reference = requestId === undefined ? "" : ` (request ${requestId})`;
    super(
      `${request.method} ${request.path} was answered with ${status}, but the body is not what the API documents: ${problem}${reference}`,
    );
  }
}

/** A wait that did not reach its target: it ran out of time, or came to a state from which the target can't be reached. */
export class WaitError extends Error {
  override readonly name = "WaitError";
}

/** The request cannot be fulfilled as things stand; the message says what to change, or the error that is its cause does. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

/** An input that `check` found wrong while it filled in the rest: a failure of that property, like any other. */
export class InputError extends Error {
  override readonly name = "InputError";
  constructor(
    readonly property: string,
    readonly reason: string,
  ) {
    super(`${property}: ${reason}`);
  }
}

/** The object is in place but not as it should be: its state is kept, and the next update goes on from there. */
export class PartialFailure extends Error {
  override readonly name = "PartialFailure";
  constructor(
    readonly id: string,
    readonly state: Readonly<Record<string, unknown>>,
    override readonly cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause));
  }
}

/** Whether what was asked may have happened although no success was reported. */
export function outcomeUnknown(error: unknown): boolean {
  return (error instanceof ServiceError || error instanceof ConnectionError) && error.outcomeUnknown;
}

/** Whether there are as many as the account may have, so that waiting doesn't help. */
export function isLimitOfNumber(error: ServiceError): boolean {
  return error.is(429) && /^EW300\d$/.test(error.code ?? "");
}

/**
 * The whole story for the person who reads it at night: what was being done to which resource, what the service said, what to do next.
 * @param doing such as `creating namespace catalog on staging`
 */
export function explain(doing: string, error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  const hint = nextStep(error);
  return `${doing}: ${said}${hint === undefined ? "" : `\n  ${hint}`}`;
}

const cpCodeHint =
  'The API user may lack the permission "CP Code - View CP Codes", or read access to the group that owns the EdgeKV CP code: EdgeKV reports that as an internal error. ' +
  "Permissions of an API client are frozen when it is made, so make a new client after changing them. If the permissions are right, try again later.";

function nextStep(error: unknown): string | undefined {
  if (error instanceof ConnectionError) {
    if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(error.reason)) {
      return "The server's certificate could not be verified. Check the host, or name the file of a private certificate authority with akamai-edge:caFile. Verification can't be turned off.";
    }
    if (error.reason === "ENOTFOUND" || error.reason === "EAI_AGAIN") {
      return "The host name could not be resolved. Check akamai-edge:host (or AKAMAI_HOST, or host in .edgerc) and the network.";
    }
    return "Check the network and the host, then run again: what was done so far is kept.";
  }
  if (error instanceof RefusedError) return nextStep(error.cause);
  if (error instanceof UnexpectedReplyError) {
    return "Something on the way, such as a proxy, may have answered in the service's place: check akamai-edge:host and the network, then run again. What was done so far is kept.";
  }
  if (!(error instanceof ServiceError)) return undefined;
  const edgekv = error.request.path.startsWith("/edgekv/");
  if (edgekv && error.code === "EKV_1005") {
    return "Data access policies other than Akamai's default need the Standard TLS Support product on the account's contract: ask Akamai's account team for it, or leave the policy out.";
  }
  switch (error.status) {
    case 401:
      return "The credentials were not accepted: they are wrong, inactive or for another host, or this machine's clock is off by more than 30 seconds.";
    case 403:
      return edgekv && error.request.path.endsWith("/initialize")
        ? "Either the contract has no EdgeKV, or the API client lacks READ-WRITE access to the EdgeKV API. Initialization needs a user of the top-level group."
        : "The API client lacks the grant for this: give it READ-WRITE access to the API and a role with the capability named above. Permissions of an API client are frozen when it is made, so make a new client after changing them.";
    case 404:
      return "It was deleted, or the API client may not see it. `pulumi refresh` takes note of what is gone; the next `up` makes it again.";
    case 409:
      return "It is there already, or something else is being done with it: wait until that is over, then run again. What was done so far is kept.";
    case 412:
      return "It was changed by somebody else at the same time: run again, and the change is made to what is there now.";
    case 429:
      if (isLimitOfNumber(error))
        return "This is a limit of the account, not of speed: remove what is not needed any more, or ask Akamai's support to raise it.";
      if (error.freeAt !== undefined)
        return `A limit of the account is used up until ${new Date(error.freeAt).toISOString()}: run again after that. What was done so far is kept. Akamai's support can raise the limit.`;
      return "The service kept asking to slow down. Run again later, or lower akamai-edge:concurrency.";
    case 500:
      return edgekv && (error.code === "EKV_0000" || error.code === undefined)
        ? cpCodeHint
        : "An error inside the service: run again later, and give Akamai's support the request id.";
    case 502:
    case 503:
    case 504:
      return "The service could not answer in time: run again later. What was done so far is kept.";
    default:
      return edgekv && error.status === 400 && error.code === undefined ? cpCodeHint : undefined;
  }
}
