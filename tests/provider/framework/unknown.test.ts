import * as rpc from "@pulumi/pulumi/runtime/rpc";
import { hasUnknown, unknownValue } from "../../../provider/framework/unknown";

const all = Object.entries(rpc).filter(([name]) => /^unknown\w*Value$/.test(name));
// The number is the last that Pulumi's Go and Node SDKs share; a new kind must be known here too.
const kinds = [
  unknownValue,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
];

test("what stands for the unknown is what Pulumi's SDK says", () => {
  expect(all.map(([, value]) => value)).toEqual([unknownValue]);
});

test.each(kinds)("%s is seen at any depth", (value) => {
  for (const holder of [value, [value], { a: value }, [[{ a: [1, { b: [value] }] }]]])
    expect(hasUnknown(holder)).toBe(true);
});

test.each<[unknown]>([
  [null],
  [undefined],
  [0],
  [""],
  [{}],
  [[]],
  [`${unknownValue} `],
  [{ [unknownValue]: 1 }],
  [true],
])("%j is known", (value) => {
  expect(hasUnknown(value)).toBe(false);
});
