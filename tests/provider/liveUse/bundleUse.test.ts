import type { BundleFiles } from "../../../provider/bundle/files";
import { useOfNamespace, useOfToken, usesOfBundle } from "../../../provider/liveUse/bundleUse";
import {
  bundle,
  jwt,
  library,
  minified,
  otherReference,
  packed,
  plain,
  read,
  reference,
  rolledUp,
  tokensFile,
} from "./bundles";

const token = { name: "reader", reference };
const main = read;
const tokens = (text: string) => plain(main, { "edgekv_tokens.js": text });

describe("access tokens in a bundle", () => {
  const cases: [
    what: string,
    files: BundleFiles,
    asked: Parameters<typeof useOfToken>[1],
    found: string | undefined,
  ][] = [
    ["by its name", tokens(tokensFile("words", "reader", "not-the-one")), { name: "reader" }, "uses"],
    ["by its uuid, under another name", tokens(tokensFile("words", "renamed")), token, "uses"],
    [
      "by its uuid in capitals",
      tokens(tokensFile("words", "renamed", reference.toUpperCase())),
      token,
      "uses",
    ],
    [
      "by its JWT",
      tokens(`export const edgekv_access_tokens = { "namespace-words": { name: "x", value: "${jwt}" } };`),
      { name: "old", value: jwt },
      "uses",
    ],
    [
      "under a plain key",
      tokens(
        `var edgekv_access_tokens = { words: { name: "reader", reference: "${reference}" } }\nexport { edgekv_access_tokens };`,
      ),
      token,
      "uses",
    ],
    [
      "as the documents write it by mistake: a uuid as `value`",
      tokens(`export const edgekv_access_tokens = { "words": { "name": "x", "value": "${reference}" } };`),
      token,
      "uses",
    ],
    [
      "put together of two texts",
      tokens(
        `export const edgekv_access_tokens = { "namespace-words": { name: "x", reference: "${reference.slice(0, 20)}" + "${reference.slice(20)}" } };`,
      ),
      token,
      "uses",
    ],
    [
      "in a folder below the root",
      plain(main, { "edgekv_tokens.js": undefined, "lib/edgekv_tokens.js": tokensFile() }),
      token,
      "uses",
    ],
    ["in what rollup made", rolledUp(main), token, "uses"],
    ["in what a minifier left", minified(), token, "uses"],
    ["in what webpack made", packed, token, "uses"],
    [
      "written into the code",
      plain(`const ref = "${reference}";\n${main}`, { "edgekv_tokens.js": undefined }),
      token,
      "uses",
    ],
    [
      "as a token of its own in the constructor",
      plain(`export const kv = new EdgeKV({ namespace: "words", token_override: "${jwt}" });`),
      { name: "a", value: jwt },
      "uses",
    ],
    [
      "in a text file",
      plain(main, {
        "notes.txt": `reader ${reference}`,
        "edgekv_tokens.js": tokensFile("a", "b", otherReference),
      }),
      token,
      "uses",
    ],
    [
      "in a form that can't be read",
      tokens(`import { make } from "./make.js"; export const edgekv_access_tokens = make();`),
      token,
      "cannot tell",
    ],
    [
      "no module at all, but its uuid is in it",
      tokens(`edgekv_access_tokens = { "namespace-words": { name: reader, reference: "${reference}" `),
      token,
      "uses",
    ],
    [
      "put together of parts in the code",
      plain(
        `const ref = "${reference.slice(0, 8)}" + \`-${reference.slice(9, 20)}\` + "${reference.slice(20)}";\n${main}`,
        {
          "edgekv_tokens.js": tokensFile("a", "b", otherReference),
        },
      ),
      token,
      "uses",
    ],
    [
      "put together of a list",
      plain(`const ref = [${reference.split("-").map((part) => JSON.stringify(part))}].join("-");\n${main}`, {
        "edgekv_tokens.js": tokensFile("a", "b", otherReference),
      }),
      token,
      "uses",
    ],
    [
      "in the second of several tokens files",
      plain(main, {
        "edgekv_tokens.js": tokensFile("a", "b", otherReference),
        "shop/edgekv_tokens.js": tokensFile("words", "renamed"),
      }),
      token,
      "uses",
    ],
    [
      "under a key with a prefix and a suffix of a bundler's",
      bundle(
        `var edgekv_access_tokens$1 = {"namespace-words":{name:"x",reference:\`${reference}\`}};${library.replace(/import .*\n/g, "")}`,
        {
          "edgekv.js": undefined,
          "edgekv_tokens.js": undefined,
        },
      ),
      token,
      "uses",
    ],
    [
      "as the default export",
      tokens(`export default { "namespace-words": { name: "x", reference: "${reference}" } };`),
      token,
      "uses",
    ],
    [
      "as the default export, by its name alone",
      tokens(`export default { "namespace-words": { name: "reader", reference: "${otherReference}" } };`),
      token,
      "uses",
    ],
    [
      "in a JSON file",
      plain(main, { "edgekv_tokens.js": undefined, "tokens.json": JSON.stringify({ words: { reference } }) }),
      token,
      "uses",
    ],
    [
      "in a comment of a tokens file",
      tokens(`// the old one: ${reference}\n${tokensFile("words", "other", otherReference)}`),
      token,
      "uses",
    ],
    ["another token", tokens(tokensFile("words", "other", otherReference)), token, undefined],
    [
      "no token",
      bundle(`export function onClientRequest() {}`, {
        "edgekv.js": undefined,
        "edgekv_tokens.js": undefined,
      }),
      token,
      undefined,
    ],
    ["a name that begins alike", tokens(tokensFile("words", "reader-2", otherReference)), token, undefined],
    [
      "a name in a comment of the code",
      plain(`// reader\n${main}`, { "edgekv_tokens.js": tokensFile("words", "other", otherReference) }),
      token,
      undefined,
    ],
  ];
  for (const [what, files, asked, found] of cases)
    test(what, () => {
      expect(useOfToken(usesOfBundle(files), asked)?.certainty).toBe(found);
    });

  test("no message has anything of a token", () => {
    const broken = tokens(`export const edgekv_access_tokens = secret("${jwt}", "${reference}");`);
    const use = useOfToken(usesOfBundle(broken), { name: "other" });
    expect(JSON.stringify(use)).not.toMatch(new RegExp(`${jwt.slice(0, 10)}|${reference.slice(0, 8)}`));
  });
});

// The tokens file is for another namespace, so that the code alone shows the use.
const elsewhere = { "edgekv_tokens.js": tokensFile("other", "other", otherReference) };
const unknownTokens = { "edgekv_tokens.js": "export const edgekv_access_tokens = make();" };
const code = (text: string, more: Readonly<Record<string, string | undefined>> = {}) =>
  plain(text, { ...elsewhere, ...more });

describe("namespaces that code uses", () => {
  const cases: [what: string, files: BundleFiles, certainty: string | undefined][] = [
    ["an object for the constructor", code(main), "uses"],
    ["the name alone", code(`new EdgeKV("words", "g").getText({ item: "a" });`), "uses"],
    ["a constant", code(`const NS = "words"; export const kv = new EdgeKV({ namespace: NS });`), "uses"],
    [
      "two texts",
      code("const a = `wo`; export const kv = new EdgeKV({ namespace: `$" + "{a}` + 'rds' });"),
      "uses",
    ],
    [
      "a member of a constant",
      code(
        `const config = Object.freeze({ kv: { namespace: "words" } }); export const kv = new EdgeKV({ namespace: config.kv.namespace });`,
      ),
      "uses",
    ],
    [
      "a constant of another file",
      code(`import { NS } from "./config.js"; export const kv = new EdgeKV({ namespace: NS });`, {
        "config.js": `export const NS = "words";`,
      }),
      "uses",
    ],
    [
      "all constants of another file",
      code(`import * as config from "./config.js"; export const kv = new EdgeKV({ namespace: config.NS });`, {
        "config.js": `const NS = "words"; export { NS };`,
      }),
      "uses",
    ],
    [
      "a spread object",
      code(`const base = { namespace: "words" }; export const kv = new EdgeKV({ ...base, group: "g" });`),
      "uses",
    ],
    ["one of two", code(`export const kv = (x) => new EdgeKV({ namespace: x ? "a" : "words" });`), "uses"],
    [
      "a namespace of the call's own",
      code(`const kv = new EdgeKV({ namespace: "a" }); kv.getText({ namespace: "words", item: "b" });`),
      "uses",
    ],
    [
      "a helper that is exported again",
      bundle(`import { Store } from "./lib/kv.js"; export const kv = new Store({ namespace: "words" });`, {
        ...elsewhere,
        "lib/kv.js": `export { EdgeKV as Store } from "../edgekv.js";`,
      }),
      "uses",
    ],
    [
      "a helper behind `export *`",
      bundle(`import { EdgeKV as K } from "./lib/index.js"; new K({ namespace: "words" });`, {
        ...elsewhere,
        "lib/index.js": `export * from "./kv.js";`,
        "lib/kv.js": `export * from "../edgekv.js";`,
      }),
      "uses",
    ],
    [
      "a helper as the default of another file",
      bundle(`import Store from "./kv.js"; new Store({ namespace: "words" });`, {
        ...elsewhere,
        "kv.js": `import { EdgeKV } from "./edgekv.js"; export default EdgeKV;`,
      }),
      "uses",
    ],
    [
      "all of the helper's file as one object",
      bundle(`import * as lib from "./edgekv.js"; new lib.EdgeKV({ namespace: "words" });`, elsewhere),
      "uses",
    ],
    [
      "a class that inherits",
      code(
        `class Words extends EdgeKV { constructor() { super({ namespace: "words" }); } } export const w = new Words();`,
      ),
      "uses",
    ],
    ["what rollup made", rolledUp(main, tokensFile("other", "other", otherReference)), "uses"],
    ["what a minifier left", minified(otherReference), "uses"],
    ["what webpack made", packed, "uses"],
    [
      "a file that the entry reaches through another",
      bundle(`import "./a/b.js";`, {
        ...elsewhere,
        "a/b.js": `import { EdgeKV } from "../edgekv.js";\n${main}`,
      }),
      "uses",
    ],
    [
      "a token for the namespace, whatever the code does",
      plain(`export function onClientRequest() {}`),
      "uses",
    ],
    [
      "a computed name",
      plain(`export const kv = (ns) => new EdgeKV({ namespace: ns });`, unknownTokens),
      "cannot tell",
    ],
    [
      "a name of the request",
      plain(
        `export const onClientRequest = (r) => new EdgeKV({ namespace: r.host }).getText({ item: "a" });`,
        unknownTokens,
      ),
      "cannot tell",
    ],
    [
      "options that come from elsewhere",
      plain(`export const kv = (options) => new EdgeKV(options);`, unknownTokens),
      "cannot tell",
    ],
    [
      "a call with options of unknown content",
      plain(`const kv = new EdgeKV("a"); export const get = (o) => kv.getText(o);`, unknownTokens),
      "cannot tell",
    ],
    ["the class handed on", plain(`export const make = (f) => f(EdgeKV);`, unknownTokens), "cannot tell"],
    [
      "requests without the class, with a token in the code",
      bundle(
        `import { httpRequest } from "http-request"; export const get = (n) => httpRequest("https://edgekv.akamai-edge-svcs.net/api/v1/namespaces/" + n, { headers: { "X-Akamai-EdgeDB-Auth-Ref": ["${reference}"] } });`,
        { "edgekv.js": undefined, "edgekv_tokens.js": undefined },
      ),
      "cannot tell",
    ],
    [
      "a script that can't be read",
      bundle(`import { EdgeKV from "./edgekv.js";`, unknownTokens),
      "cannot tell",
    ],
    [
      "an import by a computed name",
      plain(`export const load = (n) => import(n);`, unknownTokens),
      "cannot tell",
    ],
    [
      "a helper that is imported while the code runs, under another name",
      bundle(
        `const { EdgeKV: K } = await import("./edgekv.js"); export const kv = new K({ namespace: "words" });`,
        unknownTokens,
      ),
      "cannot tell",
    ],
    [
      "a helper's file that is imported while the code runs",
      bundle(
        `export const load = async () => new (await import("./lib/kv.js")).Store({ namespace: "words" });`,
        {
          ...unknownTokens,
          "lib/kv.js": `export { EdgeKV as Store } from "../edgekv.js";`,
        },
      ),
      "cannot tell",
    ],
    [
      "all exports of a file that has the class, taken apart",
      bundle(
        `import * as lib from "./lib/kv.js"; const { Store } = lib; new Store({ namespace: "words" });`,
        {
          ...unknownTokens,
          "lib/kv.js": `export { EdgeKV as Store } from "../edgekv.js";`,
        },
      ),
      "cannot tell",
    ],
    [
      "an object of exports within another one",
      bundle(`import * as all from "./lib/index.js"; new all.kv.Store({ namespace: "words" });`, {
        ...elsewhere,
        "lib/index.js": `export * as kv from "./kv.js";`,
        "lib/kv.js": `export { EdgeKV as Store } from "../edgekv.js";`,
      }),
      "uses",
    ],
    [
      "a class without a name that is put into an object",
      bundle(
        `const exports = {}; exports.K = class { get(n) { return fetch("https://edgekv.akamai-edge-svcs.net/" + n); } }; export const kv = new exports.K("words");`,
        { ...unknownTokens, "edgekv.js": undefined },
      ),
      "cannot tell",
    ],
    [
      "an object that goes elsewhere, where it may name another namespace",
      plain(`const kv = new EdgeKV("a"); export const f = (g) => g(kv);`, unknownTokens),
      "cannot tell",
    ],
    [
      "options that are changed",
      plain(
        `const o = { namespace: "a" }; o.namespace = "words"; new EdgeKV(o).getText({ item: "a" });`,
        unknownTokens,
      ),
      "cannot tell",
    ],
    [
      "options within others that are changed",
      plain(
        `const o = { kv: { namespace: "a" } }; o.kv.namespace = "words"; new EdgeKV(o.kv).getText({ item: "a" });`,
        unknownTokens,
      ),
      "cannot tell",
    ],
    [
      "options that are changed by a call",
      plain(
        `const o = { namespace: "a" }; Object.assign(o, { namespace: "words" }); new EdgeKV(o).getText({ item: "a" });`,
        unknownTokens,
      ),
      "cannot tell",
    ],
    [
      "options that are changed under another name",
      plain(
        `const o = { namespace: "a" }; const p = o; p.namespace = "words"; new EdgeKV(o).getText({ item: "a" });`,
        unknownTokens,
      ),
      "cannot tell",
    ],
    [
      "options that another file changes",
      plain(`import { o } from "./o.js"; new EdgeKV(o).getText({ item: "a" });`, {
        ...unknownTokens,
        "o.js": `export const o = { namespace: "a" }; o.namespace = "words";`,
      }),
      "cannot tell",
    ],
    [
      "a tagged template",
      plain("new EdgeKV({ namespace: String.raw`words` }).getText({ item: 'a' });", unknownTokens),
      "cannot tell",
    ],
    [
      "a helper, and no use of it that can be found",
      bundle(`import "./edgekv.js"; export function onClientRequest() {}`, unknownTokens),
      "cannot tell",
    ],
    [
      "a text of the options that is handed on",
      plain(
        `const o = { namespace: "a", url: "/b" }; load(o.url); new EdgeKV(o).getText({ item: "a" });`,
        unknownTokens,
      ),
      undefined,
    ],
    [
      "code in a comment",
      plain(
        `// new EdgeKV({ namespace: "words" })\n/* ${"new EdgeKV('words')"} */ const text = "new EdgeKV({ namespace: 'words' })"; new EdgeKV("a").getText({ item: text });`,
        unknownTokens,
      ),
      undefined,
    ],
    [
      "a computed name, but no token that could be for it",
      code(`export const kv = (ns) => new EdgeKV({ namespace: ns });`),
      undefined,
    ],
    ["another namespace", code(`new EdgeKV({ namespace: "word" }).getText({ item: "a" });`), undefined],
    [
      "a constant of the same name in another scope",
      code(
        `const ns = "a"; function f() { const ns = "words"; return ns; } export const kv = new EdgeKV({ namespace: ns, f });`,
      ),
      undefined,
    ],
    [
      "a file that nothing imports",
      code(`export function onClientRequest() {}`, {
        "old.js": `import { EdgeKV } from "./edgekv.js";\n${main}`,
      }),
      undefined,
    ],
    [
      "a class of the same name as a local one",
      bundle(`class Store {} export const kv = new Store({ namespace: "words" });`, elsewhere),
      undefined,
    ],
    ["the default namespace", code(`new EdgeKV().getText({ item: "a" });`), undefined],
    [
      "no EdgeKV at all",
      bundle(`export function onClientRequest() {}`, {
        "edgekv.js": undefined,
        "edgekv_tokens.js": undefined,
      }),
      undefined,
    ],
  ];
  for (const [what, files, certainty] of cases)
    test(what, () => {
      expect(useOfNamespace(usesOfBundle(files), "words")?.certainty).toBe(certainty);
    });
});

const operations = (text: string, more: Readonly<Record<string, string | undefined>> = {}) => {
  const { uses, unclear } = usesOfBundle(plain(text, more)).code;
  if (unclear.length > 0 || uses.some((use) => use.operations === undefined || use.namespaces === undefined))
    return "cannot tell";
  return [...new Set(uses.flatMap((use) => use.operations))].sort().join("");
};
const made = `const kv = new EdgeKV({ namespace: "words", group: "g" });\n`;

test.each<[what: string, found: string, text: string, more?: Record<string, string>]>([
  ["reads", "r", `${made}export const f = () => kv.getJson({ item: "a" });`],
  ["writes", "w", `${made}export const f = () => kv.putJsonNoWait({ item: "a", value: 1 });`],
  ["deletes", "d", `${made}export const f = () => kv.delete({ item: "a" });`],
  [
    "all of them",
    "drw",
    `${made}export const f = async () => { await kv.getText({ item: "a" }); kv.putText({ item: "a" }); kv.deleteNoWait({ item: "a" }); };`,
  ],
  [
    "at once",
    "r",
    `export const f = async () => (await new EdgeKV({ namespace: "words" }).getText({ item: "a" }));`,
  ],
  [
    "under another name",
    "r",
    `${made}const other = kv; export const f = () => other?.getText({ item: "a" });`,
  ],
  [
    "set later",
    "w",
    `let kv; export function f() { kv ??= new EdgeKV({ namespace: "words" }); return kv.putText({ item: "a" }); }`,
  ],
  [
    "a private field",
    "r",
    `class Store { #kv = new EdgeKV({ namespace: "words" }); get(item) { return this.#kv.getText({ item }); } } export const s = new Store();`,
  ],
  [
    "a field set by the constructor",
    "w",
    `class Store { constructor() { this.kv = new EdgeKV({ namespace: "words" }); } put(item) { return this.kv.putText({ item }); } } export const s = new Store();`,
  ],
  [
    "what a function returns",
    "r",
    `const open = () => new EdgeKV({ namespace: "words" }); export const f = async () => open().getText({ item: "a" });`,
  ],
  [
    "what an async function returns",
    "r",
    `async function open() { return new EdgeKV({ namespace: "words" }); } export const f = async () => (await open()).getText({ item: "a" });`,
  ],
  [
    "exported, and used in another file",
    "rw",
    `import { kv } from "./store.js"; export const f = () => kv.getText({ item: "a" });`,
    {
      "store.js": `import { EdgeKV } from "./edgekv.js"; export const kv = new EdgeKV({ namespace: "words" }); kv.putText({ item: "b" });`,
    },
  ],
  [
    "the default of another file",
    "r",
    `import kv from "./store.js"; export const f = () => kv.getText({ item: "a" });`,
    {
      "store.js": `import { EdgeKV } from "./edgekv.js"; export default new EdgeKV({ namespace: "words" });`,
    },
  ],
  [
    "through all exports as one object",
    "d",
    `import * as store from "./store.js"; export const f = () => store.kv.delete({ item: "a" });`,
    {
      "store.js": `import { EdgeKV } from "./edgekv.js"; export const kv = new EdgeKV({ namespace: "words" });`,
    },
  ],
  ["made and never used", "", `${made}export const f = () => typeof kv;`],
  ["handed on", "cannot tell", `${made}export const f = (g) => g(kv);`],
  ["in a list", "cannot tell", `export const all = [new EdgeKV({ namespace: "words" })];`],
  ["in an object", "cannot tell", `export const all = { words: new EdgeKV({ namespace: "words" }) };`],
  ["a method whose name is computed", "cannot tell", `${made}export const f = (m) => kv[m]({ item: "a" });`],
  ["a method that is not the library's", "cannot tell", `${made}export const f = () => kv.text("a");`],
  ["a method taken out of it", "cannot tell", `${made}const { getText } = kv; export const f = getText;`],
  [
    "a token of its own",
    "cannot tell",
    `const kv = new EdgeKV({ namespace: "words", token_override: "x" }); export const f = () => kv.getText({ item: "a" });`,
  ],
  [
    "a class that inherits",
    "cannot tell",
    `class Words extends EdgeKV { read() { return this.putText({ item: "a" }); } } export const w = new Words("words");`,
  ],
])("operations: %s", (_what, found, text, ...[more]) => {
  expect(operations(text, more)).toBe(found);
});

test("a use is named with its file and line", () => {
  expect(usesOfBundle(plain(main)).code.uses).toEqual([
    { file: "main.js", line: 2, namespaces: ["words"], operations: [] },
    { file: "main.js", line: 4, namespaces: ["words"], operations: ["r"] },
  ]);
});

test("the helper's own file is no use of EdgeKV, and other EdgeWorkers that the code runs are named", () => {
  const manifest = `{ "edgeworker-version": "1.0", "dependencies": { "geo": { "edgeWorkerId": 4242, "version": "active" }, "other": { "edgeWorkerId": 7, "version": "1.2" } } }`;
  const use = usesOfBundle(bundle(`export {};`, { "bundle.json": manifest, "edgekv.js": library }));
  expect(use.code).toEqual({ uses: [], unclear: [] });
  expect(use.dependencies).toEqual([
    { edgeWorkerId: 4242, version: "active" },
    { edgeWorkerId: 7, version: "1.2" },
  ]);
});

/** Constants that are each made of the one before, fifty times. Others may have written this code. */
const growing = (make: (before: string) => string): string =>
  Array.from({ length: 25 }, (_, at) => `const a${at + 1} = ${make(`a${at}`)};`).join("\n");
const fifty = (part: string) => Array.from({ length: 50 }, () => part).join("");

test.each<[string, string]>([
  ["texts", `const a0 = "x";\n${growing((before) => `\`${fifty(`\${${before}}`)}\``)}`],
  ["sums", `const a0 = "x";\n${growing((before) => Array.from({ length: 50 }, () => before).join(" + "))}`],
  ["choices", `const a0 = "x";\n${growing((before) => `${before} ? ${before} : ${before}`)}`],
  ["objects", `const a0 = { b: "x" };\n${growing((before) => `{ ${fifty(`...${before}, `)} }`)}`],
])("code whose %s grow without end takes a moment", (_, text) => {
  // The time of the processor: a busy machine takes longer.
  const began = process.cpuUsage();
  const made = text.includes("...") ? "a25.b" : "a25";
  const main = `${text}\nexport const kv = new EdgeKV({ namespace: ${made} });`;
  // So it counts as use of each namespace that it has a token for.
  expect(useOfNamespace(usesOfBundle(plain(main)), "words")).toBeDefined();
  const { user, system } = process.cpuUsage(began);
  expect(user + system).toBeLessThan(5_000_000);
});
