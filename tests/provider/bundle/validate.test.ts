import {
  formatProblem,
  readManifest,
  validateBundle,
  validatePacked,
} from "../../../provider/bundle/validate";

const files = (map: Record<string, string | Buffer | undefined>) =>
  new Map(
    Object.entries({
      "main.js": "export function onClientRequest() {}",
      "bundle.json": '{"edgeworker-version":"1.0"}',
      ...map,
    }).flatMap(([path, content]) => (content === undefined ? [] : [[path, Buffer.from(content)] as const])),
  );
const problems = async (map: Parameters<typeof files>[0], tokensComing = false) =>
  (await validateBundle(files(map), tokensComing)).map(formatProblem);

const helper = 'import { edgekv_access_tokens } from "./edgekv_tokens.js"; export class EdgeKV {}';
const main = 'import { EdgeKV } from "./edgekv.js";';
const tokens =
  'var edgekv_access_tokens = {"namespace-a":{"name":"t","reference":"u"}}\nexport { edgekv_access_tokens };';

test("a bundle with nothing wrong", async () => {
  expect(await problems({})).toEqual([]);
  expect(await problems({ "main.js": main, "edgekv.js": helper, "edgekv_tokens.js": tokens })).toEqual([]);
  expect(await problems({ "main.js": main, "edgekv.js": helper }, true)).toEqual([]);
  expect(
    await problems({
      "main.js": 'import { logger } from "log"; import x from "./lib/a.js";',
      "lib/a.js": 'import "../b.mjs"',
      "b.mjs": "",
      "logo.png": Buffer.from([255, 254]),
    }),
  ).toEqual([]);
});

test.each<[string, Parameters<typeof files>[0], string[]]>([
  [
    "no main.js",
    { "main.js": undefined },
    ["MISSING_MANDATORY_FILES: main.js is missing; it must be at the root of the bundle"],
  ],
  [
    "no bundle.json",
    { "bundle.json": undefined },
    ["MISSING_MANDATORY_FILES: bundle.json is missing; it must be at the root of the bundle"],
  ],
  [
    "main.js elsewhere",
    { "main.js": undefined, "src/main.js": "" },
    ["MISSING_MANDATORY_FILES: main.js is missing; it must be at the root of the bundle"],
  ],
  [
    "a manifest that is no JSON",
    { "bundle.json": "{" },
    [expect.stringMatching(/^INVALID_MANIFEST: bundle\.json is not JSON: /)],
  ],
  [
    "a manifest that is no text",
    { "bundle.json": Buffer.from([0xff]) },
    ["INVALID_MANIFEST: bundle.json is not UTF-8 text"],
  ],
  [
    "a manifest that is no object",
    { "bundle.json": "[]" },
    ["INVALID_MANIFEST: bundle.json is wrong: it must be an object"],
  ],
  [
    "a version that is a number",
    { "bundle.json": '{"edgeworker-version":1}' },
    ["INVALID_MANIFEST: bundle.json is wrong: edgeworker-version: must be a text"],
  ],
  [
    "a version with two dots",
    { "bundle.json": '{"edgeworker-version":"1..0"}' },
    [expect.stringContaining("edgeworker-version: must be 1 to 32 letters")],
  ],
  [
    "a version of 33",
    { "bundle.json": `{"edgeworker-version":"${"1".repeat(33)}"}` },
    [expect.stringContaining("edgeworker-version: must be 1 to 32 letters")],
  ],
  [
    "a bundle-version of 0",
    { "bundle.json": '{"edgeworker-version":"1","bundle-version":0}' },
    ["INVALID_MANIFEST: bundle.json is wrong: bundle-version: must be at least 1"],
  ],
  [
    "an api-version with letters",
    { "bundle.json": '{"edgeworker-version":"1","api-version":"v1"}' },
    ["INVALID_MANIFEST: bundle.json is wrong: api-version: must be made of digits and dots"],
  ],
  [
    "a description that is none",
    { "bundle.json": '{"edgeworker-version":"1","description":1}' },
    ["INVALID_MANIFEST: bundle.json is wrong: description: must be a text"],
  ],
  [
    "misc that is no object",
    { "bundle.json": '{"edgeworker-version":"1","misc":1}' },
    ["INVALID_MANIFEST: bundle.json is wrong: misc: must be an object"],
  ],
  [
    "a subworker flag that is a text",
    { "bundle.json": '{"edgeworker-version":"1","invoke-for-edgeworker-clients":"yes"}' },
    ["INVALID_MANIFEST: bundle.json is wrong: invoke-for-edgeworker-clients: must be true or false"],
  ],
  [
    "more than 1 MB",
    { "big.txt": "x".repeat(1024 * 1024) },
    [
      expect.stringMatching(
        /^MAX_UNCOMPRESSED_SIZE_EXCEEDED: the files have 1048\d\d\d bytes; 1048576 \(1 MB\) are the most$/,
      ),
    ],
  ],
  [
    "a script that is none",
    { "main.js": "import { from" },
    [expect.stringMatching(/^STATIC_VALIDATION_FAILED: main\.js is not a script/)],
  ],
  [
    "a script that is no text",
    { "main.js": Buffer.from([0x22, 0xff]) },
    ["STATIC_VALIDATION_FAILED: main.js is not a script that can be read: it is not UTF-8 text"],
  ],
  [
    "an import of what is not there",
    { "lib/a.js": 'import "./b.js";' },
    ["STATIC_VALIDATION_FAILED: lib/a.js imports ./b.js, which is not in the bundle"],
  ],
  [
    "the helper imported, but not there",
    { "main.js": main },
    ["EDGEKV_FILE_MISSING: edgekv.js is imported, but it is not in the bundle"],
  ],
  [
    "the helper there, but not imported",
    { "edgekv.js": "" },
    ["INVALID_EDGEKV_IMPORTS: edgekv.js is in the bundle, but nothing imports it"],
  ],
  [
    "the helper imported as a module",
    { "main.js": 'import { EdgeKV } from "edgekv.js"' },
    ['INVALID_EDGEKV_IMPORTS: main.js must import ./edgekv.js, not "edgekv.js"'],
  ],
  [
    "no tokens",
    { "main.js": main, "edgekv.js": helper },
    [
      "EDGEKV_TOKENS_FILE_MISSING: edgekv_tokens.js is imported, but it is not in the bundle: name the access tokens in `tokens`",
    ],
  ],
  [
    "tokens that nothing imports",
    { "edgekv_tokens.js": tokens },
    [expect.stringMatching(/^INVALID_EDGEKV_IMPORTS: nothing imports edgekv_tokens\.js/)],
  ],
  [
    "a tokens file that is none",
    { "main.js": main, "edgekv.js": helper, "edgekv_tokens.js": "export default {}" },
    [expect.stringMatching(/^ACCESS_TOKEN_INVALID: edgekv_tokens\.js: /)],
  ],
  [
    "a tokens file with no tokens",
    {
      "main.js": main,
      "edgekv.js": helper,
      "edgekv_tokens.js": "var edgekv_access_tokens = {}\nexport { edgekv_access_tokens };",
    },
    ["ACCESS_TOKEN_MISSING: edgekv_tokens.js has no access token"],
  ],
  [
    "a token without reference",
    { "main.js": main, "edgekv.js": helper, "edgekv_tokens.js": tokens.replace('"reference"', '"ref"') },
    [
      "ACCESS_TOKEN_MISSING: edgekv_tokens.js: the entry for the namespace a has neither `reference` nor `value`",
    ],
  ],
])("%s", async (_what, map, expected) => {
  expect(await problems(map)).toEqual(expected);
});

test("no files at all, and tokens that come but that nothing imports", async () => {
  expect((await validateBundle(new Map(), false)).map(formatProblem)).toEqual([
    "EMPTY_TARBALL: there is no file in the bundle",
  ]);
  expect(await problems({}, true)).toEqual([
    expect.stringMatching(/^INVALID_EDGEKV_IMPORTS: nothing imports edgekv_tokens\.js/),
  ]);
});

test("a manifest may look like a problem and be none", () => {
  const read = readManifest(
    files({ "bundle.json": '{"edgeworker-version":"1","type":"OTHER","message":"hello"}' }),
  );
  expect(read).toMatchObject({ manifest: { "edgeworker-version": "1" } });
});

test("512 KB packed are the most", () => {
  expect(validatePacked(Buffer.alloc(524_288))).toEqual([]);
  expect(validatePacked(Buffer.alloc(524_289)).map(formatProblem)).toEqual([
    "MAX_COMPRESSED_SIZE_EXCEEDED: the packed bundle has 524289 bytes; 524288 (512 KB) are the most",
  ]);
});

test("a script that can't be read is named with its line and column, and the line; one of secrets without the line", async () => {
  const broken = 'export const a = 1;\r\n  const b = "open;\n';
  const problems = async (path: string) =>
    (await validateBundle(new Map([[path, Buffer.from(broken)]]), false)).map(({ message }) => message);
  expect(await problems("lib/main.js")).toContainEqual(
    expect.stringMatching(
      /^lib\/main\.js is not a script that can be read: lib\/main\.js:2:\d+: const b = "open;$/,
    ),
  );
  const ofTokens = (await problems("edgekv_tokens.js")).join("\n");
  expect(ofTokens).toMatch(/edgekv_tokens\.js:2:\d+$/m);
  expect(ofTokens).not.toContain("open");
});
