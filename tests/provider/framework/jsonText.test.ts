import fc from "fast-check";
import { JsonTextError, parseJsonText } from "../../../provider/framework/jsonText";
import { canonicalText, indentedText, plainValue } from "../../../provider/framework/jsonValue";

const refusal = (text: string) => {
  try {
    parseJsonText(text);
    return undefined;
  } catch (error) {
    return error instanceof JsonTextError ? error.describe("a.json") : error;
  }
};

test("any JSON is read as JSON.parse reads it, and written as JSON.stringify writes it", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, "\t"), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      // fast-check makes halves of surrogate pairs, which are refused, and `-0`, which this keeps.
      fc.pre(/\\u[dD][89a-fA-F]/.test(text) === false);
      const read = parseJsonText(text);
      expect(plainValue(read)).toEqual(JSON.parse(text));
      expect(indentedText(read)).toBe(JSON.stringify(JSON.parse(text), null, 2));
      expect(JSON.parse(canonicalText(read))).toEqual(JSON.parse(text));
    }),
  );
});

test("what JSON.parse refuses is refused, and nothing else but for what it would change", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'{}[]",:0-1.e+\\un tfalsr/*\n'), maxLength: 12 }),
      (text) => {
        const isJson = (() => {
          try {
            JSON.parse(text);
            return true;
          } catch {
            return false;
          }
        })();
        const message = refusal(text);
        if (!isJson) expect(message).toMatch(/^a\.json is not JSON: line \d+, column \d+: /);
        else expect(String(message)).not.toContain("is not JSON");
      },
    ),
    { numRuns: 2000 },
  );
});

test.each([
  ["", "a.json is not JSON: line 1, column 1: the text ends before its value does"],
  ['{"a":1,}', "a.json is not JSON: line 1, column 8: no comma is allowed before `}`"],
  ["[1,]", "a.json is not JSON: line 1, column 4: no comma is allowed before `]`"],
  ['{"a":1 "b":2}', "a.json is not JSON: line 1, column 8: a `,` or `}` is expected"],
  ['{"a" 1}', "a.json is not JSON: line 1, column 6: a `:` is expected after the name"],
  ["{a:1}", "a.json is not JSON: line 1, column 2: a name in double quotes is expected"],
  ["{\r\n  'a':1}", "a.json is not JSON: line 2, column 3: a name in double quotes is expected"],
  ["['a']", "a.json is not JSON: line 1, column 2: texts need double quotes"],
  ["// x\n1", "a.json is not JSON: line 1, column 1: JSON has no comments"],
  ["[NaN]", "a.json is not JSON: line 1, column 2: JSON has no NaN"],
  [
    "[-Infinity]",
    "a.json is not JSON: line 1, column 2: a number is written in a way that JSON does not have",
  ],
  ["[True]", "a.json is not JSON: line 1, column 2: JSON has no True"],
  ["[01]", "a.json is not JSON: line 1, column 2: a number is written in a way that JSON does not have"],
  ["[.5]", "a.json is not JSON: line 1, column 2: a number is written in a way that JSON does not have"],
  ["[1]\n\n2", "a.json is not JSON: line 3, column 1: more text follows the value"],
  [
    '["a\nb"]',
    "a.json is not JSON: line 1, column 4: a text in quotes has a line break or control character",
  ],
  ['["a\\x"]', "a.json is not JSON: line 1, column 2: a text in quotes has an unknown escape after `\\`"],
])("%j is refused by its position", (text, message) => {
  expect(refusal(text)).toBe(message);
});

test("a long name or path is cut in a message", () => {
  const long = "n".repeat(500);
  expect(String(refusal(`{"${long}":{"a":1,"a":2}}`)).length).toBeLessThan(200);
});

test("a large text is read in a moment", () => {
  const began = process.cpuUsage();
  const list = Array.from({ length: 200_000 }, (_one, index) => ({ key: `k${index}`, value: `\\${index}` }));
  parseJsonText(JSON.stringify(list));
  parseJsonText(JSON.stringify("\\".repeat(2_000_000)));
  expect(process.cpuUsage(began).user).toBeLessThan(5_000_000);
});
