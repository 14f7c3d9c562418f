import {
  ConnectionError,
  explain,
  outcomeUnknown,
  PartialFailure,
  RefusedError,
  ServiceError,
  UnexpectedReplyError,
  WaitError,
} from "../../../provider/errors";

const post = { method: "POST", path: "/edgekv/v1/tokens" };
const refused = (status: number, code?: string, path = post.path) => new ServiceError({ ...post, path }, status, code, "no", "7d42", false);

test("an answer of the service is told with its status, its code and what support asks for", () => {
  expect(refused(400, "EKV_2000").message).toBe("POST /edgekv/v1/tokens was answered with 400: no (EKV_2000, request 7d42)");
  expect(new ServiceError(post, 400, undefined, "no", undefined, false).message).toBe("POST /edgekv/v1/tokens was answered with 400: no");
});

test("a status is told apart together with its code", () => {
  const error = refused(404, "EKV_3000");
  expect([error.is(404), error.is(404, "EKV_3000"), error.is(404, "EKV_9000"), error.is(400, "EKV_3000")]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test("an answer that never came is told with its reason", () => {
  expect(new ConnectionError(post, "ETIMEDOUT", "timed out", true).message).toBe(
    "POST /edgekv/v1/tokens got no answer: timed out (ETIMEDOUT)",
  );
});

test("only what may have happened without an answer is of unknown outcome", () => {
  const may = [new ConnectionError(post, "ETIMEDOUT", "x", true), new ServiceError(post, 500, undefined, "x", undefined, true)];
  const not = [
    new ConnectionError(post, "ECONNREFUSED", "x", false),
    refused(500),
    new WaitError("x"),
    new RefusedError("x"),
    new UnexpectedReplyError(post, 200, "x"),
    new Error("x"),
    { outcomeUnknown: true },
    undefined,
  ];
  expect([...may, ...not].map(outcomeUnknown)).toEqual([true, true, ...not.map(() => false)]);
});

test("a partial failure says what its cause says, whatever the cause is", () => {
  expect(new PartialFailure("a", {}, new WaitError("waited")).message).toBe("waited");
  expect(new PartialFailure("a", {}, "text").message).toBe("text");
});

test.each<[string, unknown, RegExp | undefined]>([
  ["bad credentials", refused(401), /credentials were not accepted/],
  ["a missing grant", refused(403), /READ-WRITE/],
  ["a contract without EdgeKV", refused(403, undefined, "/edgekv/v1/initialize"), /contract has no EdgeKV/],
  ["an internal error of EdgeKV", refused(500, "EKV_0000"), /View CP Codes/],
  ["an internal error without a code", refused(500), /View CP Codes/],
  ["an internal error of another API", refused(500, undefined, "/edgeworkers/v1/ids"), /support the request id/],
  ["an internal error of another kind", refused(500, "EKV_1234"), /support the request id/],
  ["a gateway that waited in vain", refused(504), /run again later/],
  ["a limit", refused(429), /akamai-edge:concurrency/],
  [
    "a limit that is used up for long",
    new ServiceError(post, 429, "EW3102", "no", "7d42", false, Date.parse("2026-03-05T08:00:00Z")),
    /used up until 2026-03-05T08:00:00.000Z: run again after that/,
  ],
  ["a 400 with a code, which says enough", refused(400, "EKV_2000"), undefined],
  ["a 400 of EdgeKV without a code", refused(400), /View CP Codes/],
  ["a 400 of another API", refused(400, undefined, "/papi/v1/x"), undefined],
  ["a certificate", new ConnectionError(post, "DEPTH_ZERO_SELF_SIGNED_CERT", "x", false), /akamai-edge:caFile/],
  ["a certificate for another name", new ConnectionError(post, "ERR_TLS_CERT_ALTNAME_INVALID", "x", false), /akamai-edge:caFile/],
  ["an unknown authority", new ConnectionError(post, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "x", false), /can't be turned off/],
  ["a name that does not resolve", new ConnectionError(post, "ENOTFOUND", "x", false), /akamai-edge:host/],
  ["any other connection", new ConnectionError(post, "ECONNRESET", "x", true), /Check the network/],
  ["what is not there", refused(404), /pulumi refresh/],
  ["what is busy", refused(409), /wait until that is over/],
  ["what was changed meanwhile", refused(412), /run again/],
  ["an answer of somebody else", new UnexpectedReplyError(post, 200, "it is a page"), /proxy.*akamai-edge:host/],
  [
    "a refusal of ours because of the service's",
    new RefusedError("2 items failed", { cause: refused(401) }),
    /credentials were not accepted/,
  ],
  ["a refusal of ours, which says what to do itself", new RefusedError("no"), undefined],
  ["what is no error at all", "text", undefined],
])("what to do next about %s", (_what, error, hint) => {
  const said = error instanceof Error ? error.message : String(error);
  const told = explain("creating token a", error);
  expect(told.startsWith(`creating token a: ${said}`)).toBe(true);
  if (hint === undefined) expect(told).toBe(`creating token a: ${said}`);
  else expect(told).toMatch(hint);
});
