import fc from "fast-check";
import { parseProblem } from "../../../provider/errors/problem";

test.each<[what: string, body: string, problem: ReturnType<typeof parseProblem>]>([
  [
    "EdgeKV",
    '{"title":"Bad Request","detail":"no","errorCode":"EKV_2000","additionalDetail":{"requestId":"7d42"},"instance":"/x"}',
    { detail: "Bad Request: no", code: "EKV_2000", requestId: "7d42" },
  ],
  [
    "EdgeWorkers",
    '{"title":"Bad Request.","detail":"no","errorCode":"EW1021","instance":"/error-instances/1"}',
    { detail: "Bad Request.: no", code: "EW1021", requestId: "/error-instances/1" },
  ],
  [
    "Property Manager",
    '{"type":"https://problems.luna.akamaiapis.net/papi/v0/property-version/lock-error","title":"Locked","instance":"#7d42"}',
    { detail: "Locked", code: "property-version/lock-error", requestId: "#7d42" },
  ],
  [
    "the gateway",
    '{"title":"Denied","requestId":"abc"}',
    { detail: "Denied", code: undefined, requestId: "abc" },
  ],
  [
    "a proxy, in text",
    "upstream\n reset",
    { detail: "upstream reset", code: undefined, requestId: undefined },
  ],
  [
    "a proxy, as a page",
    "<H1>No</H1><SCRIPT>a<b</SCRIPT>way",
    { detail: "No way", code: undefined, requestId: undefined },
  ],
  [
    "a page with a tag that never ends",
    "<p>no <b",
    { detail: "no <b", code: undefined, requestId: undefined },
  ],
  [
    "a page with a script that never ends",
    "no<script>way",
    { detail: "no way", code: undefined, requestId: undefined },
  ],
  ["nothing", " ", { detail: "an empty body (HTTP 500)", code: undefined, requestId: undefined }],
])("the body of %s", (_what, body, problem) => {
  expect(parseProblem(body, 500)).toEqual(problem);
});

test("any body gives a short reason, and no tags", () => {
  const piece = fc.constantFrom(
    "<",
    ">",
    "<script>",
    "</script>",
    "<!--",
    "-->",
    "&amp;",
    "a",
    " ",
    "{",
    '"',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const { detail } = parseProblem(pieces.join(""), 500);
      expect(detail.length).toBeGreaterThan(0);
      expect(detail.length).toBeLessThanOrEqual(400);
    }),
  );
});

// Quadratic time would take hours for these pages.
test.each(["<", "<script", "<script>", "</style><style", "<!--", "< >", " ", "<style></script>"])(
  "a page of %j alone takes linear time",
  (part) => {
    expect(parseProblem(part.repeat(3_000_000), 500).detail.length).toBeLessThanOrEqual(400);
  },
);
