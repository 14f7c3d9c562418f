import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadRule, needsFiles } from "../../../provider/rules/ruleFile";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "akamai-edge-rules-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (path: string, content: unknown) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), typeof content === "string" ? content : JSON.stringify(content));
};
const rule = (name: string, ...children: unknown[]) => ({ name, criteria: [], behaviors: [], children });

test("snippets are read from the folder of the file that includes them, at any depth", () => {
  put("main.json", { rules: rule("default", "#include:snippets/a.json", rule("Inline")) });
  put("snippets/a.json", rule("A", "#include:deep/b.json"));
  put("snippets/deep/b.json", rule("B", "#include:../c.json"));
  put("snippets/c.json", [rule("C1"), rule("C2")]);
  const whole = rule("default", rule("A", rule("B", rule("C1"), rule("C2"))), rule("Inline"));
  expect(loadRule("main.json", folder)).toEqual(whole);
  expect(loadRule(join(folder, "main.json"), "/")).toEqual(whole);
  expect(loadRule({ children: ["#include:snippets/a.json"] }, folder)).toEqual({
    children: [whole.children[0]],
  });
});

test("a file may be included twice, and a byte order mark is left off", () => {
  put("a.json", rule("A", "#include:b.json", "#include:b.json"));
  put("b.json", `\ufeff${JSON.stringify(rule("B"))}`);
  expect(loadRule("a.json", folder)).toEqual(rule("A", rule("B"), rule("B")));
});

test.each<[string, Record<string, unknown>, RegExp]>([
  [
    "a circle",
    { "a.json": rule("A", "#include:b.json"), "b.json": rule("B", "#include:a.json") },
    /^the files include each other: a\.json > b\.json > a\.json$/,
  ],
  ["itself", { "a.json": rule("A", "#include:a.json") }, /a\.json > a\.json$/],
  [
    "a missing file",
    { "a.json": rule("A", "#include:x/y.json") },
    /^there is no file x[/\\]y\.json, which a\.json includes$/,
  ],
  ["no file at all", {}, /^there is no file a\.json$/],
  ["no JSON", { "a.json": '{\n  "name": A\n}' }, /^a\.json:2:11 is not JSON, here: "name": A$/],
  [
    "a name twice",
    { "a.json": '{"name":"A",\n"name":"B"}' },
    /^a\.json, line 2, column 1: the text has the name name twice$/,
  ],
  [
    "a name twice in a snippet",
    { "a.json": rule("A", "#include:b.json"), "b.json": '{"behaviors":[{"options":{"x":1,"x":2}}]}' },
    /^b\.json, line 1, column 33: `behaviors\.0\.options` has the name x twice$/,
  ],
  ["a number out of range", { "a.json": '{"x":1e400}' }, /`x` is 1e400, a number beyond the range/],
  [
    "a number that JavaScript changes",
    { "a.json": '{"a":[{"x":9007199254740993}]}' },
    /^a\.json: `a\.0\.x` is 9007199254740993, which JavaScript has no number for: write it as text/,
  ],
  ["half of a surrogate pair", { "a.json": '{"x":"\\ud800"}' }, /half of a surrogate pair/],
])("is refused: %s", (_what, files, message) => {
  for (const [path, content] of Object.entries(files)) put(path, content);
  expect(() => loadRule("a.json", folder)).toThrow(message);
});

test.each([
  ["rule.json", true],
  [{ children: ["#include:a.json"] }, true],
  [{ behaviors: [{ name: "x", options: { text: "no #include: here" } }] }, false],
])("%j needs files: %s", (source, expected) => {
  expect(needsFiles(source)).toBe(expected);
});

test("a file in UTF-16 is named as such", () => {
  writeFileSync(join(folder, "a.json"), Buffer.from('{"name": "A"}', "utf16le"));
  expect(() => loadRule("a.json", folder)).toThrow("a.json is text in UTF-16 LE: save it in UTF-8");
});
