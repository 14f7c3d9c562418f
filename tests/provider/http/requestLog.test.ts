import { type RequestAttempt, requestLogLine } from "../../../provider/http/requestLog";

const beganMs = Date.parse("2026-03-04T09:00:00.250Z");
const attempt: RequestAttempt = {
  beganMs,
  endedMs: beganMs + 12.6,
  method: "GET",
  path: "/edgekv/v1/networks/staging/namespaces",
  outcome: 200,
  attempt: 1,
};
const base =
  '"time":"2026-03-04T09:00:00.250Z","method":"GET","path":"/edgekv/v1/networks/staging/namespaces';

test.each<[string, Partial<RequestAttempt>, string]>([
  ["a response", {}, `{${base}","status":200,"milliseconds":13,"attempt":1}`],
  [
    "a request id",
    { requestId: "7d42" },
    `{${base}","status":200,"milliseconds":13,"attempt":1,"requestId":"7d42"}`,
  ],
  [
    "an error",
    { outcome: "ECONNRESET", attempt: 3 },
    `{${base}","error":"ECONNRESET","milliseconds":13,"attempt":3}`,
  ],
  [
    "a query",
    { query: { details: "on", a: "b c" } },
    `{${base}?details=on&a=b+c","status":200,"milliseconds":13,"attempt":1}`,
  ],
  [
    "an account key, left out",
    { query: { accountSwitchKey: "1-A:1-B" } },
    `{${base}","status":200,"milliseconds":13,"attempt":1}`,
  ],
])("the line of an attempt with %s", (_what, change, line) => {
  expect(requestLogLine({ ...attempt, ...change })).toBe(line);
});

test("is one line, whatever is in the path", () => {
  expect(requestLogLine({ ...attempt, path: '/a\n"b' })).not.toContain("\n");
});
