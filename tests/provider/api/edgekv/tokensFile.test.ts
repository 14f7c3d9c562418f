import { runInNewContext } from "node:vm";
import fc from "fast-check";
import {
  readTokensFile,
  type TokenForFile,
  writeTokensFile,
} from "../../../../provider/api/edgekv/tokensFile";

const reader = {
  name: "catalog-r",
  reference: "1ab0e94b-c47e-568e-ab3e-1921ffcefe0c",
  namespaces: ["catalog"],
};

/** Sixty constants, each made of the one before. */
const doubling = (make: (one: string, before: string) => string): string =>
  Array.from({ length: 60 }, (_, at) => make(`a${at + 1}`, `a${at}`)).join(" ");

/** What Akamai's `edgekv.js` has in hand after its import. */
function asEdgeWorker(text: string): Record<string, { name: string; reference?: string; value?: string }> {
  return runInNewContext(
    `${text.replace(/export \{ edgekv_access_tokens \};\s*$/, "")}; JSON.stringify(edgekv_access_tokens)`,
  ) as never;
}
function seenBy(text: string): Record<string, unknown> {
  return JSON.parse(String(asEdgeWorker(text))) as Record<string, unknown>;
}

/** As Akamai's CLI reads an existing file: cut at `=`, JSON up to the export. */
function asCli(text: string): unknown {
  const [, after = "", ...more] = text.split("=");
  if (more.length > 0) throw new Error("another = in it");
  return JSON.parse(after.slice(0, after.indexOf("export { edgekv_access_tokens };")));
}

describe("the file that is written", () => {
  test("is byte for byte what EdgeWorkers have in their bundles", () => {
    const text = writeTokensFile([
      reader,
      { name: "old", value: "eyJ.a.b", reference: "ignored", namespaces: ["zoo", "aaa"] },
    ]);
    expect(text).toBe(`var edgekv_access_tokens = {
  "namespace-aaa": {
    "name": "old",
    "value": "eyJ.a.b"
  },
  "namespace-catalog": {
    "name": "catalog-r",
    "reference": "1ab0e94b-c47e-568e-ab3e-1921ffcefe0c"
  },
  "namespace-zoo": {
    "name": "old",
    "value": "eyJ.a.b"
  }
}
export { edgekv_access_tokens };
`);
  });

  test("is the same whatever the order of tokens and namespaces", () => {
    const a = { name: "a", reference: "1", namespaces: ["x", "y"] };
    const b = { name: "b", reference: "2", namespaces: ["z"] };
    expect(writeTokensFile([b, { ...a, namespaces: ["y", "x"] }])).toBe(writeTokensFile([a, b]));
  });

  test("is read by edgekv.js and by Akamai's CLI alike", () => {
    const text = writeTokensFile([reader]);
    const expected = { "namespace-catalog": { name: reader.name, reference: reader.reference } };
    expect(seenBy(text)).toEqual(expected);
    expect(asCli(text)).toEqual(expected);
  });

  test("may be empty", () => {
    const text = writeTokensFile([]);
    expect([asCli(text), readTokensFile(text)]).toEqual([{}, {}]);
  });

  test("has one entry for each namespace of a token, and takes the same token twice", () => {
    expect(
      Object.keys(readTokensFile(writeTokensFile([reader, { ...reader, namespaces: ["catalog", "more"] }]))),
    ).toEqual(["catalog", "more"]);
  });

  test("has room for one token a namespace: two are an error that names all three", () => {
    expect(() => writeTokensFile([reader, { ...reader, name: "catalog-w" }])).toThrow(
      /catalog-r.*catalog-w.*namespace catalog/,
    );
  });

  test.each<[string, Partial<TokenForFile>]>([
    ["neither reference nor value", { reference: undefined }],
    ["an empty reference", { reference: "" }],
    ["an empty value", { reference: "", value: "" }],
  ])("needs what an EdgeWorker could use: %s is an error", (_what, part) => {
    expect(() => writeTokensFile([{ ...reader, ...part }])).toThrow(/access token catalog-r has neither/);
  });

  test("uses the reference where the value is empty", () => {
    expect(readTokensFile(writeTokensFile([{ ...reader, value: "" }]))).toEqual({
      catalog: { name: reader.name, reference: reader.reference },
    });
  });

  test("never holds another `=`, which the CLI could not read, and the error does not show the secret", () => {
    expect(() => writeTokensFile([{ ...reader, value: "eyJsecret==" }])).toThrow(/`=` in it/);
    try {
      writeTokensFile([{ ...reader, value: "eyJsecret==" }]);
    } catch (error) {
      expect(String(error)).not.toContain("eyJsecret");
    }
  });

  test("is read again as it was written, whatever the names", () => {
    const names = fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,31}$/),
      fc.constantFrom("__proto__", "constructor", "toString", "1", "namespace"),
    );
    const token = fc.record({
      name: fc.stringMatching(/^[A-Za-z0-9_-]{1,32}$/),
      reference: fc.uuid(),
      namespaces: fc.array(names, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(token, (one) => {
        const text = writeTokensFile([one]);
        const entry = { name: one.name, reference: one.reference };
        expect(Object.entries(readTokensFile(text)).sort()).toEqual(
          [...new Set(one.namespaces)].map((name) => [name, entry]).sort(),
        );
        expect(Object.keys(asCli(text) as object)).toHaveLength(new Set(one.namespaces).size);
      }),
    );
  });
});

describe("a file that is read", () => {
  const entry = '{"name":"t","reference":"u"}';
  const found = { catalog: { name: "t", reference: "u" } };

  test.each<[string, string]>([
    [
      "as this package writes it",
      `var edgekv_access_tokens = {"namespace-catalog": ${entry}}\nexport { edgekv_access_tokens };\n`,
    ],
    [
      "with plain keys, as the CLI writes them",
      `var edgekv_access_tokens = {"catalog" : ${entry}}\nexport { edgekv_access_tokens };`,
    ],
    [
      "with a semicolon after the object",
      `var edgekv_access_tokens = {"catalog":${entry}} ;\n\nexport {edgekv_access_tokens}`,
    ],
    ["with const", `const edgekv_access_tokens={"catalog":${entry}};export{edgekv_access_tokens};`],
    [
      "with Windows line ends and a byte order mark",
      `\uFEFFvar edgekv_access_tokens = {\r\n"catalog": ${entry}\r\n}\r\nexport { edgekv_access_tokens };\r\n\r\n`,
    ],
    [
      "with a comment before it",
      `// made by hand\nvar edgekv_access_tokens = {"catalog":${entry}}\nexport { edgekv_access_tokens };`,
    ],
    [
      "with a comma in the export",
      `var edgekv_access_tokens = {"catalog":${entry}}\nexport { edgekv_access_tokens, } ;`,
    ],
    [
      "with more in its entries",
      `var edgekv_access_tokens = {"catalog":{"name":"t","reference":"u","note":"x"}}\nexport { edgekv_access_tokens };`,
    ],
    [
      "as a formatter leaves it",
      `var edgekv_access_tokens = {\n  'namespace-catalog': {\n    name: 't',\n    reference: 'u',\n  },\n};\nexport { edgekv_access_tokens };\n`,
    ],
    [
      "with a comment after it",
      `var edgekv_access_tokens = {"catalog":${entry}};\nexport { edgekv_access_tokens };\n//# sourceMappingURL=x.js.map\n/* end */`,
    ],
    ["exported where it is declared", `export const edgekv_access_tokens = {"catalog":${entry}};`],
    [
      "exported before it is declared",
      `export { edgekv_access_tokens };\nlet edgekv_access_tokens = {catalog:${entry}};`,
    ],
    ["minified", `var e={"namespace-catalog":{name:"t",reference:"u"}};export{e as edgekv_access_tokens};`],
    [
      "minified, exported as a text",
      `var e={catalog:{name:"t",reference:"u"}};export{e as "edgekv_access_tokens"};`,
    ],
    [
      "set after its declaration",
      `var edgekv_access_tokens;\nedgekv_access_tokens = {catalog:${entry}};\nexport { edgekv_access_tokens };`,
    ],
    [
      "with constants, templates and spreads",
      `"use strict";\nconst name = \`t\`, more = { reference: "u" };\nexport const edgekv_access_tokens = { ["namespace-" + "catalog"]: { name, ...more } };`,
    ],
    ["frozen", `export const edgekv_access_tokens = Object.freeze({catalog: Object.freeze(${entry})});`],
    ["assigned", `export const edgekv_access_tokens = Object.assign({}, {catalog:${entry}});`],
    [
      "as text of JSON",
      `const edgekv_access_tokens = JSON.parse('{"catalog":${entry}}');export{edgekv_access_tokens};`,
    ],
    [
      "with names in templates",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the file has it
      'const n = "catalog"; export const edgekv_access_tokens = { [`namespace-${n}`]: { name: `t`, reference: `u` } };',
    ],
    [
      "with a prototype, and truth as a minifier writes it",
      'export const edgekv_access_tokens={__proto__:null,catalog:{name:"t",reference:"u",a:!0,b:void 0}};',
    ],
    ["in brackets", `const edgekv_access_tokens = ({catalog:(${entry})});export{edgekv_access_tokens};`],
    [
      "with both kinds of keys: the one that edgekv.js reads wins",
      `var edgekv_access_tokens = {"namespace-catalog":${entry},"catalog":{"name":"other","value":"v"}}\nexport { edgekv_access_tokens };`,
    ],
  ])("may be written %s", (_what, text) => {
    expect(readTokensFile(text)).toEqual(found);
  });

  test("may be of the older generation, with values", () => {
    const text =
      'var edgekv_access_tokens = {"namespace-a":{"name":"t","value":"eyJ"}}\nexport { edgekv_access_tokens };';
    expect(readTokensFile(text)).toEqual({ a: { name: "t", value: "eyJ" } });
  });

  test("keeps a name that every object has as its own", () => {
    const text =
      'var edgekv_access_tokens = {"namespace-__proto__":{"name":"t","reference":"u"}}\nexport { edgekv_access_tokens };';
    const read = readTokensFile(text);
    expect(Object.hasOwn(read, "__proto__")).toBe(true);
    expect(({} as { name?: string }).name).toBeUndefined();
  });

  test.each<[string, string, RegExp]>([
    ["nothing", "", /not an edgekv_tokens.js/],
    ["something else", "export const a = 1;", /not an edgekv_tokens.js/],
    ["no export", `var edgekv_access_tokens = {"a":${entry}}`, /not an edgekv_tokens.js/],
    ["a list", "var edgekv_access_tokens = []\nexport { edgekv_access_tokens };", /not an edgekv_tokens.js/],
    [
      "a script",
      "var edgekv_access_tokens = {a: secretFunction('eyJsecret')}\nexport { edgekv_access_tokens };",
      /^edgekv_tokens.js has something to compute at line 1: it must have literals alone$/,
    ],
    [
      "a template with parts",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the file has it
      "export const edgekv_access_tokens = {\n a: { name: `eyJsecret${1}` } };",
      /something to compute at line 2/,
    ],
    [
      "a namespace twice",
      "export const edgekv_access_tokens = {\n a: { name: 't' },\n \"a\": { name: 'eyJsecret' } };",
      /^edgekv_tokens.js has the name a twice at line 3$/,
    ],
    [
      "texts that double",
      `const a0 = "xxxxxxxx"; ${doubling((one, before) => `const ${one} = ${before} + ${before};`)} export { a60 as edgekv_access_tokens };`,
      /has more to read than a literal at line 1/,
    ],
    [
      "objects that double",
      `const a0 = {}; ${doubling((one, before) => `const ${one} = { x: ${before}, y: ${before} };`)} export { a60 as edgekv_access_tokens };`,
      /has more to read than a literal at line 1/,
    ],
    [
      "a constant that needs itself",
      "const a = b; const b = a; export { a as edgekv_access_tokens };",
      /something to compute at line 1/,
    ],
    [
      "a change after its declaration",
      "export const edgekv_access_tokens = {};\nedgekv_access_tokens.a = { name: 'eyJsecret' };",
      /something to compute at line 2/,
    ],
    [
      "a call after its declaration",
      "export const edgekv_access_tokens = {};\nObject.assign(edgekv_access_tokens, { a: 'eyJsecret' });",
      /something to compute at line 2/,
    ],
    [
      "two values",
      "let edgekv_access_tokens = {};\nedgekv_access_tokens = { a: 'eyJsecret' };\nexport { edgekv_access_tokens };",
      /sets edgekv_access_tokens twice at line 2/,
    ],
    ["an accessor", "export const edgekv_access_tokens = { get a() { return 'eyJsecret'; } };", /to compute/],
    ["no script", "export const edgekv_access_tokens = {\n'eyJsecret };", /can be read at line 2, column 1$/],
    [
      "a module of Node.js",
      "module.exports = { edgekv_access_tokens: { a: { name: 'eyJsecret' } } };",
      /is a CommonJS module, which EdgeWorkers do not import: write `export \{ edgekv_access_tokens \};`$/,
    ],
    [
      "a compiled module of Node.js",
      '"use strict";\nObject.defineProperty(exports, "__esModule", { value: true });\nexports.edgekv_access_tokens = {};',
      /is a CommonJS module/,
    ],
    [
      "another export",
      "const edgekv_access_tokens = {}; export default edgekv_access_tokens;",
      /must export an object/,
    ],
    ["text of another encoding", "\ufffd\ufffde\0x\0eyJsecret", /is not text in UTF-8: save it in UTF-8$/],
    [
      "an entry without a name",
      'var edgekv_access_tokens = {"a":{"value":"eyJsecret"}}\nexport { edgekv_access_tokens };',
      /entry a .* no name/,
    ],
    [
      "an entry that is none",
      'var edgekv_access_tokens = {"a":null}\nexport { edgekv_access_tokens };',
      /entry a .* no name/,
    ],
    [
      "a name that is none",
      'var edgekv_access_tokens = {"a":{"name":["eyJsecret"]}}\nexport { edgekv_access_tokens };',
      /entry a .* no name/,
    ],
  ])("is refused when it holds %s, and nothing of it is shown", (_what, text, message) => {
    expect(() => readTokensFile(text)).toThrow(message);
    try {
      readTokensFile(text);
    } catch (error) {
      expect(`${String(error)}${JSON.stringify(error)}`).not.toContain("eyJsecret");
    }
  });

  test("is answered for soon, however long it goes on", () => {
    const began = process.cpuUsage();
    const gap = " ".repeat(50_000);
    for (const text of [
      `edgekv_access_tokens={}${gap};${gap}x`,
      `edgekv_access_tokens={}${gap}x`,
      `edgekv_access_tokens={}export{edgekv_access_tokens${gap}x`,
      "}".repeat(50_000),
    ]) {
      expect(() => readTokensFile(text)).toThrow();
    }
    // Time of the processor: other work on the machine does not count.
    expect(process.cpuUsage(began).user).toBeLessThan(2_000_000);
  });
});

test("a file of any size is read in a moment: neither beginnings without an end nor blanks are looked at again and again", () => {
  const began = process.cpuUsage();
  for (const text of [
    "edgekv_access_tokens={".repeat(40_000),
    "edgekv_access_tokens={}export{edgekv_access_tokens}".repeat(20_000),
    `edgekv_access_tokens={}${" ".repeat(900_000)}`,
  ]) {
    expect(() => readTokensFile(text)).toThrow(
      /not an edgekv_tokens.js|not a module that can be read|sets edgekv_access_tokens twice|to compute/,
    );
  }
  expect(process.cpuUsage(began).user).toBeLessThan(2_000_000);
});
