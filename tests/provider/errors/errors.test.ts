import {
  ApiError,
  ConnectionError,
  isOutcomeUnknown,
  isQuotaExceeded,
  isThrottled,
  PartialFailure,
  PreconditionError,
  UnexpectedReplyError,
  WaitError,
} from "../../../provider/errors";

const post = { method: "POST", path: "/edgekv/v1/tokens" };
const refused = (status: number, code?: string, path = post.path) =>
  new ApiError({ ...post, path }, status, code, "no", "7d42", false);

test("an error of the service names its status, its code and the request id for support", () => {
  expect(refused(400, "EKV_2000").message).toBe(
    "POST /edgekv/v1/tokens was answered with 400: no (EKV_2000, request 7d42)",
  );
  expect(new ApiError(post, 400, undefined, "no", undefined, false).message).toBe(
    "POST /edgekv/v1/tokens was answered with 400: no",
  );
});

test("a status is compared together with its code", () => {
  const error = refused(404, "EKV_3000");
  expect([
    error.is(404),
    error.is(404, "EKV_3000"),
    error.is(404, "EKV_9000"),
    error.is(400, "EKV_3000"),
  ]).toEqual([true, true, false, false]);
});

test("a missing answer names its reason", () => {
  expect(new ConnectionError(post, "ETIMEDOUT", "timed out", true).message).toBe(
    "POST /edgekv/v1/tokens got no answer: timed out (ETIMEDOUT)",
  );
});

test("the outcome is unknown only where the request may have had its effect", () => {
  const may = [
    new ConnectionError(post, "ETIMEDOUT", "x", true),
    new ApiError(post, 500, undefined, "x", undefined, true),
  ];
  const not = [
    new ConnectionError(post, "ECONNREFUSED", "x", false),
    refused(500),
    new WaitError("x"),
    new PreconditionError("x"),
    new UnexpectedReplyError(post, 200, "x"),
    new Error("x"),
    { isOutcomeUnknown: true },
    undefined,
  ];
  expect([...may, ...not].map(isOutcomeUnknown)).toEqual([true, true, ...not.map(() => false)]);
});

test("a partial failure has the message of its cause, whatever the cause is", () => {
  expect(new PartialFailure("a", {}, new WaitError("waited")).message).toBe("waited");
  expect(new PartialFailure("a", {}, "text").message).toBe("text");
});

const throttled = (retryAt?: number, code?: string) =>
  new ApiError(post, 429, code, "", undefined, false, retryAt);

test.each([
  ["the service names a time", throttled(5), true],
  ["EdgeKV's code for too many requests", throttled(undefined, "EKV_9100"), true],
  ["neither: EdgeKV and EdgeWorkers use it for rates alone", throttled(), true],
  [
    "neither, of Property Manager",
    new ApiError({ method: "GET", path: "/papi/v1/x" }, 429, undefined, "", undefined, false),
    false,
  ],
  ["a full account", throttled(5, "EW3002"), false],
  [
    "another status",
    new ApiError({ method: "GET", path: "/x" }, 404, undefined, "", undefined, false, 5),
    false,
  ],
  ["another error", new ConnectionError(post, "ETIMEDOUT", "x", true), false],
])("a refusal of the rate: %s", (_what, error, is) => {
  expect(isThrottled(error)).toBe(is);
});

test.each([
  [429, "EW3001", true],
  [429, "EW3003", true],
  [429, "EW3101", false],
  [429, undefined, false],
  [400, "EW3002", false],
])("a full account: %i %s", (status, code, is) => {
  expect(isQuotaExceeded(refused(status, code))).toBe(is);
});
