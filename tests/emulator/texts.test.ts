import { readFileSync } from "node:fs";
import { SOURCES } from "./support/textSources";
import { answerTexts } from "./support/texts";

const PAGE = "docs/emulator/inferred-texts.md";
const texts = answerTexts(
  ["emulator/edgekv", "emulator/edgeworkers", "emulator/property"],
  ["emulator/gateway.ts", "emulator/http/handleRequest.ts"],
).map(({ text }) => text);
const listed = new Set(
  [...readFileSync(PAGE, "utf8").matchAll(/^\| [^|]+ \| (?:``(.+?)``|`([^`]+)`) +\|$/gm)].map(
    ([, twice, once]) => twice ?? once ?? "",
  ),
);
const sourced = new Set(Object.values(SOURCES).flat());

test("the words of every error have a source, or are on the page of those that have none", () => {
  expect(texts.length).toBeGreaterThan(200);
  const unknown = texts.filter((text) => !listed.has(text) && !sourced.has(text));
  // A new one: where do its words come from?
  expect(unknown).toEqual([]);
});

test("neither list has a text that no error has, and none is in both", () => {
  const used = new Set(texts);
  expect([...listed, ...sourced].filter((text) => !used.has(text))).toEqual([]);
  expect([...listed].filter((text) => sourced.has(text))).toEqual([]);
});
