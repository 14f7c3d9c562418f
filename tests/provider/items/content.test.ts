import fc from "fast-check";
import { canonicalJson, contentOf, itemValueOf, matchesContent } from "../../../provider/items/content";

const bytes = (text: string) => Buffer.from(text, "utf8");

test.each([
  ['{"b":1,"a":{"d":null,"c":[3,1,2]}}', '{"a":{"c":[3,1,2],"d":null},"b":1}'],
  [" [ 1.0 , 1e2, null ] ", "[1.0,1e2,null]"],
  ['{"id":9007199254740993,"b":-0,"a":1.10}', '{"a":1.10,"b":-0,"id":9007199254740993}'],
  ["1e400", undefined],
  ['"\\ud800"', undefined],
  ['"\\u0041"', '"A"'],
  ["null", "null"],
  ['{"a":1,"a":2}', undefined],
  ['{"__proto__":1}', '{"__proto__":1}'],
  ["", undefined],
  ["{", undefined],
  ["undefined", undefined],
])("the JSON %s is %s", (text, expected) => {
  expect(canonicalJson(text)).toBe(expected);
});

test("any JSON means what it meant, and has one text whatever the order of its members", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(JSON.stringify(value));
      expect(JSON.parse(String(text))).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(JSON.stringify(JSON.parse(String(text)), null, 2))).toBe(text);
    }),
  );
});

test.each([
  ["text as it is", { value: "a" }, "a", true],
  ["text with a blank more", { value: "a" }, "a ", false],
  ["text that is JSON in another order", { value: '{"a":1,"b":2}' }, '{"b":2,"a":1}', false],
  ["JSON in another order", { json: '{"a":1,"b":2}' }, '{ "b": 2, "a": 1 }', true],
  ["JSON with a null more", { json: '{"a":1}' }, '{"a":1,"b":null}', false],
  ["a number with one more digit", { json: "9007199254740993" }, "9007199254740992", false],
  ["a text in JSON", { json: '"a"' }, "a", false],
  ["an empty text", { value: "" }, "", true],
  ["nothing where there is to be null", { json: "null" }, "", false],
])("an item has the expected content: %s", (_what, value, live, expected) => {
  expect(matchesContent(bytes(live), contentOf(value))).toBe(expected);
});

test("bytes that are no text are no text", () => {
  expect(matchesContent(Buffer.from([0xff]), contentOf({ value: "\uFFFD" }))).toBe(false);
});

test.each([
  [{ value: "a" }, "b", { value: "b" }],
  [{ json: "1" }, ' {"b":1, "a":2}', { json: '{"a":2,"b":1}' }],
  [{ json: "1" }, "b", { value: "b" }],
  [{ value: "1" }, "2", { value: "2" }],
])("what %j became has the same form", (before, live, expected) => {
  expect(itemValueOf(bytes(live), before)).toEqual(expected);
});
