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

const phrase = "correct horse battery staple";
const each = (spell: (one: string) => string) => (text: string) => [...text].map(spell).join("");
const unit = (one: string) => one.charCodeAt(0);
const hex = (one: string) => unit(one).toString(16).padStart(2, "0");
const base64 = (text: string) => Buffer.from(text).toString("base64");
const spelled: readonly [string, (text: string) => string][] = [
  ["each character as %41", each((one) => `%${hex(one)}`)],
  ["each as \\u0041", each((one) => `\\u00${hex(one)}`)],
  ["each as \\x41", each((one) => `\\x${hex(one)}`)],
  ["each as &#65;", each((one) => `&#${unit(one)};`)],
  ["each as &#x41;", each((one) => `&#x${hex(one)};`)],
  ["each as =41", each((one) => `=${hex(one)}`)],
  ["each as 41:42", (text) => [...text].map(hex).join(":")],
  ["each as 0x41, 0x42", (text) => [...text].map((one) => `0x${hex(one)}`).join(", ")],
  ["base64 of UTF-16", (text) => Buffer.from(text, "utf16le").toString("base64")],
  ["base64 of base64", (text) => base64(base64(text))],
  ["base64 of JSON, in an address", (text) => encodeURIComponent(base64(JSON.stringify({ a: text })))],
  ["base64 in lines", (text) => base64(text).replace(/.{10}/g, "$&\n")],
  ["base64 after other characters", (text) => `x${base64(text)}`],
  ["hexadecimal digits of base64", (text) => Buffer.from(base64(text)).toString("hex")],
  [
    "an address in an address in an address",
    (text) => encodeURIComponent(encodeURIComponent(encodeURIComponent(text))),
  ],
];

test.each(spelled)("a secret is hidden below encodings: %s", (_, spell) => {
  const redact = redactor([phrase]);
  const shown = redact(`value ${spell(phrase)} refused`);
  expect(shown).toContain("[secret]");
  // Nothing of it is left, beside the end of a value that has to be guessed.
  expect(shown.length).toBeLessThan(40);
  const body = JSON.stringify({ title: "Bad Request", detail: `value ${spell(phrase)} refused` });
  expect(parseProblem(body, 400, redact).detail).toMatch(/^(?:Bad Request: .{0,30})?\[secret\].{0,20}$/);
});

test("what is no secret stays, whatever it looks like", () => {
  const redact = redactor([phrase]);
  for (const text of [
    "GET /edgekv/v1/networks/staging/namespaces was answered with 400: Bad Request",
    `trace ${base64("some other text that is long")} %41%42 \\u0041 &#65; 1+1 deadbeefdeadbeef`,
    "x".repeat(100_000),
  ])
    expect(redact(text)).toBe(text);
});

test("looking below encodings takes a moment, whatever the text is made of", () => {
  const redact = redactor([phrase]);
  for (const part of ["%41", "\\u0041", "&#65;", "=41", "41:", "a ", "QUJD", "0x41 ", "aa  ", "+", "\\\\"]) {
    const began = performance.now();
    redact(part.repeat(8000 / part.length));
    expect([part, performance.now() - began < 2000]).toEqual([part, true]);
  }
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
