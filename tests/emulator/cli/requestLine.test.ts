import { requestLine } from "../../../emulator/cli/requestLine";

test.each([
  [
    { method: "GET", path: "/papi/v1/groups", status: 200, milliseconds: 3.4 },
    "GET    /papi/v1/groups <green 200> <dim 3 ms>",
  ],
  [{ method: "DELETE", path: "/x", status: 404, milliseconds: 0 }, "DELETE /x <yellow 404> <dim 0 ms>"],
  [{ method: "PUT", path: "/x", status: 503, milliseconds: 1 }, "PUT    /x <red 503> <dim 1 ms>"],
  [
    { method: "PUT", path: "/x\u001b[2J\n", status: null, milliseconds: 1 },
    "PUT    /x?[2J? <red cut> <dim 1 ms>",
  ],
])("%j", (request, line) => {
  expect(requestLine(request, (colour, text) => `<${colour} ${text}>`)).toBe(line);
});
