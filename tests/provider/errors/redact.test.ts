import { parseProblem } from "../../../provider/errors/problem";
import { redactor, secretsInBody } from "../../../provider/errors/redact";

const secret = 'pa"ss/wörd & <1>+';
const json = (text: string) => JSON.stringify(text).slice(1, -1);
const hide = redactor([secret]);

test.each<[string, string]>([
  ["as it is", secret],
  ["in capitals", secret.toUpperCase().replace("Ö", "ö")],
  ["in JSON", json(secret)],
  ["in JSON, with escaped slashes", json(secret).replace("/", "\\/")],
  ["in JSON in ASCII", json(secret).replace("ö", "\\u00f6")],
  ["in JSON in JSON", json(json(secret))],
  ["in a URL", encodeURIComponent(secret)],
  ["in a URL, in small letters", encodeURIComponent(secret).toLowerCase()],
  ["in a form", new URLSearchParams({ a: secret }).toString().slice(2)],
  ["in HTML", secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")],
  ["in base64", Buffer.from(secret).toString("base64")],
  ["in base64 for URLs", Buffer.from(secret).toString("base64url")],
  ["as hexadecimal digits", Buffer.from(secret).toString("hex")],
])("a secret is hidden %s", (_, spelling) => {
  expect(hide(`before ${spelling} after`).replace(/=+ after$/, " after")).toBe("before [secret] after");
});

test("a secret inside of longer base64 is hidden", () => {
  for (const user of ["a", "ab", "abc"]) {
    const header = Buffer.from(`${user}:a-long-secret-of-mine:x`).toString("base64");
    const shown = redactor(["a-long-secret-of-mine"])(`Basic ${header}`);
    expect(Buffer.from(shown.slice(6), "base64").toString()).not.toContain("secret-of");
    expect(shown).toContain("[secret]");
  }
});

test("of a long secret, the beginning is enough, as an answer that is cut off has it", () => {
  const long = `a-long-secret ${"x".repeat(100_000)} with an end`;
  const hideLong = redactor([long]);
  expect(hideLong(`echo: ${long.slice(0, 40)}`)).toBe("echo: [secret]");
  // It is known by its first part, and what follows is hidden too.
  expect(hideLong(`echo: ${long} and more`)).toBe("echo: [secret]");
  expect(hideLong("a-long-stay")).toBe("a-long-stay");
});

test("short words are no secrets, and nothing is one of nothing", () => {
  expect(redactor(["on", "", "abc"])("it is on: abc")).toBe("it is on: abc");
  expect(redactor([])("text")).toBe("text");
});

test("what a body has inside is secret too", () => {
  expect(secretsInBody('{"user":{"password":"hunter2"},"pin":123456}')).toEqual(
    expect.arrayContaining(["hunter2", "123456"]),
  );
  expect(secretsInBody("user=a\npassword=hunter2")).toContain("password=hunter2");
});

test("an error body that repeats what was sent: hidden first, then shortened", () => {
  const token = "t0ken-".repeat(20);
  const body = JSON.stringify({
    title: `${"x".repeat(390)}${token}`,
    errorCode: `C${token}`,
    instance: `/a?accountSwitchKey=1-ABCDE%3A1-2RBL&x=1`,
  });
  const problem = parseProblem(body, 400, redactor([token, "1-ABCDE:1-2RBL"]));
  expect(JSON.stringify(problem)).not.toContain("t0ken");
  expect(problem).toMatchObject({ code: "C[secret]", requestId: "/a?accountSwitchKey=…&x=1" });
  const header = "eg1-hmac-sha256 client_token=akab-x;access_token=akab-y;signature=abc=";
  expect(parseProblem(JSON.stringify({ detail: header }), 400).detail).toBe("eg1-hmac-sha256 …");
});

test("codes, ids and details of any length and content are bounded, on one line", () => {
  const hostile = "\n::error::\u001b[31m\u202e";
  const long = hostile.repeat(500_000);
  const problem = parseProblem(JSON.stringify({ title: long, errorCode: long, requestId: long }), 400);
  for (const part of Object.values(problem)) {
    expect(part.length).toBeLessThan(410);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be in it
    expect(part).not.toMatch(/[\u0000-\u001f\u202e]|^\s*::/m);
  }
});
