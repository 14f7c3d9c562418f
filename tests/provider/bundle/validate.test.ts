import { readManifest } from "../../../provider/bundle/manifest";
import { formatProblem } from "../../../provider/bundle/problem";
import { validateBundle, validatePacked } from "../../../provider/bundle/validate";

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

/** Imports of main.js and what is refused of them; the bundle has utils/a.js, lib/index.js and data.json. */
function importCases(): [string, Parameters<typeof files>[0], string[]][] {
  const others = { "utils/a.js": "", "lib/index.js": "", "data.json": "{}", "log.js": "", "helpers.js": "" };
  const missing = (specifier: string, meant?: string) =>
    `STATIC_VALIDATION_FAILED: main.js, line 2, imports ${JSON.stringify(specifier)}, which is not in the bundle${
      meant === undefined
        ? ""
        : `: EdgeWorkers take names as they are, so it may have to be ${JSON.stringify(meant)}`
    }`;
  const cases: [string, string[]][] = [
    ["./utils/a.js", []],
    ["utils/a.js", []],
    ["/utils/a.js", []],
    ["./utils/../utils/a.js", []],
    ["./data.json", []],
    ["log", []],
    ["http-request", []],
    ["unknown-module", []],
    ["./utils/a", [missing("./utils/a", "./utils/a.js")]],
    ["utils/a", [missing("utils/a", "utils/a.js")]],
    ["/utils/a", [missing("/utils/a", "utils/a.js")]],
    ["helpers", [missing("helpers", "helpers.js")]],
    ["utils/missing.js", [missing("utils/missing.js")]],
    ["./lib", [missing("./lib", "./lib/index.js")]],
    ["./lib/", [missing("./lib/", "./lib/index.js")]],
    ["./Utils/A.js", [missing("./Utils/A.js", "./utils/a.js")]],
    ["./utils/a.ts", [missing("./utils/a.ts", "./utils/a.js")]],
    ["./utils/a.mjs", [missing("./utils/a.mjs", "./utils/a.js")]],
    ["./a.js", [missing("./a.js", "./utils/a.js")]],
    ["../utils/a.js", [missing("../utils/a.js", "./utils/a.js")]],
    ["./data", [missing("./data", "./data.json")]],
    ["./nothing.json", [missing("./nothing.json")]],
  ];
  const forms = [
    (specifier: string) => `import x from "${specifier}";`,
    (specifier: string) => `export * from "${specifier}";`,
    (specifier: string) => `await import("${specifier}");`,
  ];
  return [
    ...cases.flatMap(([specifier, expected]) =>
      forms.map((form): [string, Parameters<typeof files>[0], string[]] => [
        `the import ${form(specifier)}`,
        { ...others, "main.js": `// first\n${form(specifier)}` },
        expected,
      ]),
    ),
    [
      "a dynamic import with parts",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the script has it
      { "main.js": "await import(`./locales/${x}.js`); import('./a' + b);" },
      [],
    ],
    [
      "an import of another EdgeWorker",
      {
        "main.js": 'import * as x from "helpers";',
        "helpers.js": "",
        "bundle.json":
          '{"edgeworker-version":"1","dependencies":{"helpers":{"edgeWorkerId":5,"version":"active"}}}',
      },
      [],
    ],
    [
      "the helper without its extension: one problem",
      { "main.js": 'import { EdgeKV } from "./edgekv";', "edgekv.js": helper, "edgekv_tokens.js": tokens },
      [
        'STATIC_VALIDATION_FAILED: main.js, line 1, imports "./edgekv", which is not in the bundle: EdgeWorkers take names as they are, so it may have to be "./edgekv.js"',
      ],
    ],
  ];
}

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
    [
      "MISSING_MANDATORY_FILES: main.js is missing; it must be at the root of the bundle, and is at src/main.js: set `bundle` to that folder",
    ],
  ],
  [
    "a manifest that is no JSON",
    { "bundle.json": "{" },
    [expect.stringMatching(/^INVALID_MANIFEST: bundle\.json is not JSON: /)],
  ],
  [
    "a manifest that is no text",
    { "bundle.json": Buffer.from([0xff]) },
    ["INVALID_MANIFEST: bundle.json is not text in UTF-8"],
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
    "a script with a bracket that is not closed: the place is where the text stops making sense",
    { "main.js": "export function onClientRequest(r) {\n  return r.respondWith(200, {}, 'a'\n}\n" },
    ["STATIC_VALIDATION_FAILED: main.js:3:1 is not a script that can be read: }"],
  ],
  [
    "a script that is none",
    { "main.js": "import { from" },
    [
      expect.stringMatching(
        /^STATIC_VALIDATION_FAILED: main\.js:1:14 is not a script that can be read: import \{ from$/,
      ),
    ],
  ],
  [
    "a script that is no text",
    { "main.js": Buffer.from([0x22, 0xff]) },
    ["STATIC_VALIDATION_FAILED: main.js is not text in UTF-8"],
  ],
  [
    "an import of what is not there",
    { "lib/a.js": 'import "./b.js";' },
    ['STATIC_VALIDATION_FAILED: lib/a.js, line 1, imports "./b.js", which is not in the bundle'],
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
  ...importCases(),
  [
    "a manifest in UTF-16",
    { "bundle.json": Buffer.from('{"edgeworker-version":"1"}', "utf16le") },
    ["INVALID_MANIFEST: bundle.json is text in UTF-16 LE: save it in UTF-8"],
  ],
  [
    "a script in UTF-16",
    { "lib/a.js": Buffer.from("\uFEFFexport {}", "utf16le").swap16() },
    ["STATIC_VALIDATION_FAILED: lib/a.js is text in UTF-16 BE: save it in UTF-8"],
  ],
  [
    "a text in UTF-16",
    { "texts/de.json": Buffer.from('{"a":1}', "utf16le") },
    ["STATIC_VALIDATION_FAILED: texts/de.json is text in UTF-16 LE: save it in UTF-8"],
  ],
  [
    "tokens in UTF-16",
    { "main.js": main, "edgekv.js": helper, "edgekv_tokens.js": Buffer.from(`\uFEFF${tokens}`, "utf16le") },
    [
      "STATIC_VALIDATION_FAILED: edgekv_tokens.js is text in UTF-16 LE: save it in UTF-8",
      "ACCESS_TOKEN_INVALID: edgekv_tokens.js: edgekv_tokens.js is text in UTF-16 LE: save it in UTF-8",
    ],
  ],
  [
    "a manifest with a name twice",
    { "bundle.json": '{"edgeworker-version":"1",\n"edgeworker-version":"2"}' },
    ["INVALID_MANIFEST: bundle.json, line 2, column 1: the text has the name edgeworker-version twice"],
  ],
  [
    "a manifest with a comma too many",
    { "bundle.json": '{"edgeworker-version":"1",}' },
    ["INVALID_MANIFEST: bundle.json is not JSON: line 1, column 27: no comma is allowed before `}`"],
  ],
  [
    "the helper in another folder than its import",
    { "main.js": main, "lib/edgekv.js": "" },
    [
      "INVALID_EDGEKV_IMPORTS: lib/edgekv.js is in the bundle, but nothing imports it",
      "EDGEKV_FILE_MISSING: edgekv.js is imported, but it is not in the bundle; there is lib/edgekv.js",
    ],
  ],
  [
    "the helper imported as a module",
    { "main.js": 'import { EdgeKV } from "edgekv.js"' },
    ['INVALID_EDGEKV_IMPORTS: main.js, line 1, must import ./edgekv.js, not "edgekv.js"'],
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

test("tokens that come are taken for where the helper imports them", async () => {
  const inFolder = { "main.js": 'import { EdgeKV } from "./lib/edgekv.js";', "lib/edgekv.js": helper };
  expect(await problems(inFolder, true)).toEqual([]);
  expect(await problems(inFolder)).toEqual([
    "EDGEKV_TOKENS_FILE_MISSING: lib/edgekv_tokens.js is imported, but it is not in the bundle: name the access tokens in `tokens`",
  ]);
  expect(
    await problems({ ...inFolder, "lib/edgekv.js": helper.replace("tokens.js", "tokens") }, true),
  ).toEqual([
    'STATIC_VALIDATION_FAILED: lib/edgekv.js, line 1, imports "./edgekv_tokens", which is not in the bundle: EdgeWorkers take names as they are, so it may have to be "./edgekv_tokens.js"',
  ]);
  expect(await problems({ ...inFolder, "edgekv_tokens.js": tokens }, true)).toEqual([
    expect.stringMatching(/^INVALID_EDGEKV_IMPORTS: nothing imports edgekv_tokens\.js/),
  ]);
});

test("an import of what is left out of the bundle is named as such", async () => {
  const map = { "main.js": 'import "./node_modules/x/index.js"; import "./.hidden.js";' };
  expect(
    (await validateBundle(files(map), false, ["node_modules", ".hidden.js"])).map(formatProblem),
  ).toEqual([
    'STATIC_VALIDATION_FAILED: main.js, line 1, imports "./node_modules/x/index.js", which is left out of the bundle',
    'STATIC_VALIDATION_FAILED: main.js, line 1, imports "./.hidden.js", which is left out of the bundle',
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
    expect.stringMatching(/^lib\/main\.js:2:\d+ is not a script that can be read: const b = "open;$/),
  );
  const ofTokens = (await problems("edgekv_tokens.js")).join("\n");
  expect(ofTokens).toMatch(/edgekv_tokens\.js:2:\d+ is not a script that can be read$/m);
  expect(ofTokens).not.toContain("open");
});
