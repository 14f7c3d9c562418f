import { truncate } from "../../../provider/errors";

test("a short text is as it was", () => {
  expect(truncate("ein Name, 名前, 👩‍👩‍👧\n  and a line", 100)).toBe("ein Name, 名前, 👩‍👩‍👧\n  and a line");
});

test.each([
  ["\u0000", "\\u{0}"],
  ["\u001b[31mred", "\\u{1b}[31mred"],
  ["\u202egnp.txt", "\\u{202e}gnp.txt"],
  ["\ud800", "\\u{d800}"],
  ["\ufeff{", "\\u{feff}{"],
])("invisible characters in %j are escaped", (text, shown) => expect(truncate(text, 100)).toBe(shown));

test("a long text keeps its beginning, its end and its length", () => {
  expect(truncate(`begin${"x".repeat(1000)}end`, 20)).toBe(
    "beginxxxxxxxxxx … xxend (1008 characters in all)",
  );
  expect(truncate("\u0000".repeat(1_000_000), 100).length).toBeLessThan(150);
});
