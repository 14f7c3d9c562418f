/** What a failed request means, and what to do about it. Pure. */
import type { Api, Failure } from "./facts";
import type { Finding } from "./finding";

interface Situation {
  /** Undefined: it is the same for all APIs. */
  readonly api: Api | undefined;
  readonly host: string;
  readonly isSkewed: boolean;
}

type Explained = Pick<Finding, "level" | "message" | "fix">;

const newClient = "Then create a new API client: a client keeps the permissions that it was created with.";

/** EdgeKV reports a missing permission on its CP code as an internal error. */
export const isCpCodeRefusal = (failure: Failure): boolean =>
  failure.kind === "refused" &&
  failure.status === 500 &&
  (failure.code === undefined || failure.code === "EKV_0000");

export function explainFailure(failure: Failure, situation: Situation): Explained {
  const { api } = situation;
  if (failure.kind === "unreachable") return unreachable(failure, situation);
  const subject = api ?? "Akamai";
  if (failure.kind === "unexpected") {
    return {
      level: "unknown",
      message: `${subject}: ${failure.detail}`,
      fix: "Something between here and the service, such as a proxy, may have answered. Check the host and the network.",
    };
  }
  const { status, code, detail, requestId } = failure;
  const references = [code, requestId === undefined ? undefined : `request ${requestId}`].filter(Boolean);
  const suffix = references.length > 0 ? ` (${references.join(", ")})` : "";
  const message = `${subject} answers with ${status}: ${detail}${suffix}`;
  return { level: isTemporary(failure) ? "unknown" : "problem", message, fix: fixFor(failure, situation) };
}

const isTemporary = (failure: Extract<Failure, { kind: "refused" }>): boolean =>
  failure.status === 429 || (failure.status >= 500 && !isCpCodeRefusal(failure));

function fixFor(failure: Extract<Failure, { kind: "refused" }>, { api, isSkewed, host }: Situation): string {
  const { status } = failure;
  if (status === 401 && isSkewed)
    return "Set this machine's clock: the signatures have its time. Then run again.";
  if (status === 401)
    return `Compare all four values with those of the API client, and check that it is active and that ${host} is its host. If the secret is lost, make a new credential for the client in Akamai Control Center, under Identity & Access.`;
  if (status === 403) return `Give the API client READ-WRITE access to ${apiName(api)}. ${newClient}`;
  if (api === "EdgeKV" && isCpCodeRefusal(failure))
    return `EdgeKV's CP code can't be read, most likely. Give the API client's user the permission "CP Code - View CP Codes", and read access to the group that owns the EdgeKV CP code. ${newClient}`;
  if (status === 404)
    return `Check that ${host} is the host of an API client, and that the contract has the product.`;
  if (status === 429) return "The rate limit is used up. Run again in some minutes.";
  if (status >= 500)
    return "An error of the service. Run again later; if it stays, give Akamai's support the request id.";
  return "Give Akamai's support the request id if the message doesn't help.";
}

function apiName(api: Api | undefined): string {
  if (api === "Property Manager") return "the Property Manager API (PAPI)";
  return api === undefined ? "the APIs" : `the ${api} API`;
}

function unreachable(
  { reason, detail }: Extract<Failure, { kind: "unreachable" }>,
  { host }: Situation,
): Explained {
  const message = `no answer from ${host}: ${detail} (${reason})`;
  return { level: "unknown", message, fix: connectionFix(reason) };
}

function connectionFix(reason: string): string {
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(reason))
    return "The certificate could not be verified. Behind a proxy, or with the emulator, name the file of its certificate authority: --ca-file, AKAMAI_CA_FILE, or akamai-edge:caFile in the stack config.";
  if (reason === "ENOTFOUND" || reason === "EAI_AGAIN")
    return "The host name can't be resolved. Compare it with the host of the API client, and check DNS.";
  if (reason === "ECONNREFUSED")
    return "Nothing listens there. Check the host and its port; start the emulator, if it is one.";
  return "Check the network, a firewall or a proxy (HTTPS_PROXY, NO_PROXY), then run again.";
}
