import {
  ApiError,
  ConnectionError,
  explain,
  PreconditionError,
  UnexpectedReplyError,
} from "../../../provider/errors";

const post = { method: "POST", path: "/edgekv/v1/tokens" };
const refused = (status: number, code?: string, path = post.path) =>
  new ApiError({ ...post, path }, status, code, "no", "7d42", false);

test.each<[string, unknown, RegExp | undefined]>([
  ["bad credentials", refused(401), /credentials were not accepted/],
  ["a missing grant", refused(403), /READ-WRITE access to the EdgeKV API/],
  [
    "a missing grant of EdgeWorkers",
    refused(403, undefined, "/edgeworkers/v1/ids"),
    /READ-WRITE access to the EdgeWorkers API/,
  ],
  [
    "a missing grant of Property Manager",
    refused(403, undefined, "/papi/v1/x"),
    /READ-WRITE access to the Property Manager API/,
  ],
  ["a missing grant of any other API", refused(403, undefined, "/x"), /READ-WRITE access to the API/],
  ["a policy that the contract does not allow", refused(400, "EKV_1005"), /Standard TLS Support/],
  [
    "a property that is busy",
    refused(409, undefined, "/papi/v1/x"),
    /activation of the property is in progress/,
  ],
  ["a status that needs no hint", refused(422), undefined],
  ["a contract without EdgeKV", refused(403, undefined, "/edgekv/v1/initialize"), /contract has no EdgeKV/],
  ["an internal error of EdgeKV", refused(500, "EKV_0000"), /View CP Codes/],
  ["an internal error without a code", refused(500), /View CP Codes/],
  [
    "an internal error of another API",
    refused(500, undefined, "/edgeworkers/v1/ids"),
    /support the request id/,
  ],
  ["an internal error of another kind", refused(500, "EKV_1234"), /support the request id/],
  ["a gateway that waited in vain", refused(504), /Run again later/],
  ["a rate limit", refused(429), /akamai-edge:concurrency/],
  ["a full account", refused(429, "EW3002", "/edgeworkers/v1/ids"), /not a rate limit/],
  [
    "a limit that is used up for long",
    new ApiError(post, 429, "EW3102", "no", "7d42", false, Date.parse("2026-03-05T08:00:00Z")),
    /used up until 2026-03-05T08:00:00.000Z: run again after that/,
  ],
  ["a 400 with a code, which needs no hint", refused(400, "EKV_2000"), undefined],
  ["a 400 of EdgeKV without a code", refused(400), /View CP Codes/],
  ["a 400 of another API", refused(400, undefined, "/papi/v1/x"), undefined],
  [
    "a certificate",
    new ConnectionError(post, "DEPTH_ZERO_SELF_SIGNED_CERT", "x", false),
    /akamai-edge:caFile/,
  ],
  [
    "a certificate for another name",
    new ConnectionError(post, "ERR_TLS_CERT_ALTNAME_INVALID", "x", false),
    /akamai-edge:caFile/,
  ],
  [
    "an unknown authority",
    new ConnectionError(post, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "x", false),
    /can't be turned off/,
  ],
  ["a name that does not resolve", new ConnectionError(post, "ENOTFOUND", "x", false), /akamai-edge:host/],
  ["any other connection", new ConnectionError(post, "ECONNRESET", "x", true), /Check the network/],
  ["what is not there", refused(404), /pulumi refresh/],
  ["what is busy", refused(409), /Wait until that is over/],
  ["what was changed meanwhile", refused(412), /Run again/],
  ["an answer of a proxy", new UnexpectedReplyError(post, 200, "it is a page"), /proxy.*akamai-edge:host/],
  [
    "a refusal of the provider with a cause",
    new PreconditionError("2 items failed", { cause: refused(401) }),
    /credentials were not accepted/,
  ],
  ["a refusal of the provider, whose message names the next step", new PreconditionError("no"), undefined],
  ["what is no error at all", "text", undefined],
])("what to do next about %s", (_what, error, hint) => {
  const problem = error instanceof Error ? error.message : String(error);
  const message = explain("creating token a", error);
  expect(message.startsWith(`creating token a: ${problem}`)).toBe(true);
  if (hint === undefined) expect(message).toBe(`creating token a: ${problem}`);
  else expect(message).toMatch(hint);
});
