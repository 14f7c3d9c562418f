import fc from "fast-check";
import { utf8Text, utf16Kind, withoutByteOrderMark } from "../../../provider/runtime/encoding";

const little = (text: string) => Buffer.from(text, "utf16le");
const big = (text: string) => little(text).swap16();

test.each<[string, Uint8Array, string | undefined]>([
  ["a mark, little", little("\uFEFFa"), "UTF-16 LE"],
  ["a mark, big", big("\uFEFFa"), "UTF-16 BE"],
  ["a mark, letters of another script", big("\uFEFF日本語"), "UTF-16 BE"],
  ["no mark, little", little('{"a":"日本"}\n'), "UTF-16 LE"],
  ["no mark, big", big("key,value\r\n"), "UTF-16 BE"],
  ["UTF-8", Buffer.from("grüße"), undefined],
  ["UTF-8 with a mark", Buffer.from("\uFEFFa"), undefined],
  ["nothing", Buffer.alloc(0), undefined],
  ["two bytes", Uint8Array.of(0xff, 0), undefined],
  ["zeros", Buffer.alloc(100), undefined],
  ["numbers of two bytes", Uint8Array.of(1, 0, 2, 0, 3, 0, 4, 0), undefined],
])("%s", (_what, bytes, kind) => {
  expect(utf16Kind(bytes)).toBe(kind);
  if (kind !== undefined) expect(utf8Text(bytes)).toBeUndefined();
});

test("any text in UTF-8 is one, with or without its mark", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme" }).filter((text) => !text.startsWith("\uFEFF")),
      (text) => {
        fc.pre(!text.includes("\0"));
        for (const bytes of [Buffer.from(text), Buffer.from(`\uFEFF${text}`)]) {
          expect(utf8Text(bytes)).toBe(text);
          expect(Buffer.from(withoutByteOrderMark(bytes)).toString()).toBe(text);
        }
      },
    ),
  );
});
