import { writeTokensFile } from "../../../provider/api/edgekv/tokensFile";
import { tokensInBundle } from "../../../provider/bundle/tokens";

const files = (texts: Record<string, string>) =>
  new Map(Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)]));
const reader = { name: "reader", reference: "r", namespaces: ["catalog", "orders"] };
const writer = { name: "writer", reference: "w", namespaces: ["carts"] };

test.each([
  ["no tokens file", files({ "main.js": "" }), {}],
  [
    "two tokens",
    files({ "edgekv_tokens.js": writeTokensFile([reader, writer]) }),
    { reader: ["catalog", "orders"], writer: ["carts"] },
  ],
  ["a file in a folder", files({ "lib/edgekv_tokens.js": writeTokensFile([writer]) }), { writer: ["carts"] }],
  ["another file's name", files({ "my_edgekv_tokens.js": writeTokensFile([writer]) }), {}],
])("the tokens of a bundle with %s", (_what, bundle, found) => {
  expect(Object.fromEntries(tokensInBundle(bundle))).toEqual(found);
});

test("a tokens file that can't be read is an error, and shows nothing of what stands in it", () => {
  expect(() => tokensInBundle(files({ "edgekv_tokens.js": 'export const secret = "s3cret";' }))).toThrow(
    /^(?!.*s3cret).*not an edgekv_tokens/,
  );
});
