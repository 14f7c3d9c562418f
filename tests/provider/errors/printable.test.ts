import { isPrintable, printable, printableJson, printablePart, truncate } from "../../../provider/errors";

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

describe("the gate for what is printed", () => {
  test.each([
    ["::add-mask::x", "\\u{3a}:add-mask::x"],
    ["  \t::error::x", "  \\u{9}::error::x"],
    ["   ::error::x", "   \\u{3a}:error::x"],
    ["a ::error::x", "a ::error::x"],
    ["a ##vso[task.setvariable]x", "a #\\u{23}vso[task.setvariable]x"],
    ["a ##[group]", "a #\\u{23}[group]"],
    ["###[x]", "##\\u{23}[x]"],
    ["a\n::error::x", "a\\n::error::x"],
    ["a\r\n  ::error::x", "a\\u{d}\n  \\u{3a}:error::x"],
    ["a\n  - own line", "a\n  - own line"],
    ["\u009b31m \u061c \u2066 \u2028 \u200b", "\\u{9b}31m \\u{61c} \\u{2066} \\u{2028} \\u{200b}"],
    ["https://example.com/a::b #1 ## heading", "https://example.com/a::b #1 ## heading"],
  ])("%j", (text, shown) => {
    expect(printable(text)).toBe(shown);
    expect(printable(shown)).toBe(shown);
  });

  test("a part is one line", () => {
    expect(printablePart("a\n  ::error::b")).toBe("a\\n  ::error::b");
    expect(printablePart("::x")).toBe("\\u{3a}:x");
    expect(printablePart("x".repeat(1_000_000), 10)).toBe("xxxxxxxxx…");
  });

  test("each line is bounded, and their number too", () => {
    const long = printable(`a ${"x".repeat(4_000_000)}\n  b`);
    expect(long.length).toBeLessThan(2200);
    expect(long).toContain("(4000002 characters in all)\n  b");
    expect(printable(long)).toBe(long);
    const many = printable(`a${"\n  b".repeat(100_000)}`);
    expect(many.split("\n")).toHaveLength(501);
    expect(many).toMatch(/\n {2}and 99501 more lines$/);
  });

  test("a line of JSON means the same", () => {
    const value = { a: "\u009b\u202e\ud800 👩‍👩‍👧 \u{e0001}", b: "::x\n" };
    const line = printableJson(JSON.stringify(value));
    expect(JSON.parse(line)).toEqual(value);
    expect(line).not.toMatch(/[\u009b\u202e\ud800\u{e0001}]/u);
  });
});

test("a value may be printed as it is when no text in it has to be escaped", () => {
  expect([undefined, null, 1, "a", ["a"], { a: { b: undefined, c: "d" } }].map(isPrintable)).not.toContain(
    false,
  );
  const hostile = [
    "\n",
    "a\n  b",
    "::error::",
    "x".repeat(5000),
    { a: undefined, b: ["\u202e"] },
    { "\u001b": 1 },
  ];
  expect(hostile.map(isPrintable)).not.toContain(true);
});
