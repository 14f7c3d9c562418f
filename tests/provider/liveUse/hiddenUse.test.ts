/** Uses that are hard to see: what bundlers and minifiers leave, what is put together while code runs, what goes through other files. */

import type { BundleFiles } from "../../../provider/bundle/files";
import {
  type TokenIdentity,
  useOfNamespace,
  useOfToken,
  usesOfBundle,
} from "../../../provider/liveUse/bundleUse";
import { bundle, jwt, library, otherReference, plain, read, reference, tokensFile } from "./bundles";

// Whatever these tokens are for: the code alone shows what it uses.
const unknownTokens = { "edgekv_tokens.js": "export const edgekv_access_tokens = make();" };
const otherTokens = { "edgekv_tokens.js": tokensFile("a", "b", otherReference) };
const noHelper = { ...unknownTokens, "edgekv.js": undefined };
const alone = (t: string, m = {}) => bundle(t, { ...unknownTokens, ...m });
const withClass = (t: string, m = {}) => plain(t, { ...unknownTokens, ...m });
const dollar = "$";
type Certainty = "uses" | "cannot tell" | undefined;

test.each<[what: string, certainty: Certainty, files: BundleFiles]>([
  [
    "a minified import",
    "uses",
    alone(
      `import{EdgeKV as o}from"./edgekv.js";var s=new o({namespace:"words",group:"g"});async function t(e){e.respondWith(200,{},await s.getText({item:"DE"}))}export{t as onClientRequest};`,
    ),
  ],
  [
    "a class taken out of all exports of its file",
    "cannot tell",
    alone(
      `import * as kv from "./edgekv.js"; const { EdgeKV: K } = kv; new K({ namespace: "words" }).getText({item:"a"});`,
    ),
  ],
  [
    "a class taken out of an object",
    "cannot tell",
    withClass(
      `const lib = { EdgeKV }; const { EdgeKV: K } = lib; new K({ namespace: "words" }).getText({item:"a"}); new EdgeKV("a").getText({item:"x"});`,
    ),
  ],
  [
    "a static field",
    "uses",
    withClass(`class S { static kv = new EdgeKV({ namespace: "words" }); } export const s = S;`),
  ],
  [
    "one class of two",
    "cannot tell",
    withClass(
      `class Fake { getText() {} } export const make = (f) => { const C = f ? EdgeKV : Fake; return new C({ namespace: "words" }); };`,
    ),
  ],
  [
    "a default of what is taken apart",
    "cannot tell",
    withClass(
      `export const f = (options) => { const { ns = "words" } = options; return new EdgeKV({ namespace: ns }).getText({item:"a"}); };`,
    ),
  ],
  [
    "a default of a parameter",
    "cannot tell",
    withClass(`export const open = (ns = "words") => new EdgeKV({ namespace: ns });`),
  ],
  [
    "an object that an async function gets",
    "uses",
    withClass(`export const withKv = async (fn) => fn(new EdgeKV({ namespace: "words" }));`),
  ],
  [
    "the default of a file that exports another one's",
    "uses",
    alone(`import K from "./a.js"; new K({ namespace: "words" }).getText({item:"a"});`, {
      "a.js": `export { default } from "./b.js";`,
      "b.js": `export { EdgeKV as default } from "./edgekv.js";`,
    }),
  ],
  [
    "a list that is walked through by a function",
    "cannot tell",
    withClass(`export const all = ["a", "words"].map((ns) => new EdgeKV({ namespace: ns }));`),
  ],
  [
    "a list that is walked through by a loop",
    "cannot tell",
    withClass(`for (const ns of ["words"]) new EdgeKV({ namespace: ns }).getText({ item: "a" });`),
  ],
  [
    "a constant in a file of JSON",
    "uses",
    withClass(
      `import cfg from "./config.json" with { type: "json" }; new EdgeKV({ namespace: cfg.ns }).getText({item:"a"});`,
      { "config.json": `{"ns":"words"}` },
    ),
  ],
  [
    "a constant taken out of a file of JSON",
    "cannot tell",
    withClass(
      `import cfg from "./config.json" with { type: "json" }; const { ns } = cfg; new EdgeKV({ namespace: ns }).getText({item:"a"});`,
      { "config.json": `{"ns":"words"}` },
    ),
  ],
  [
    "Reflect.construct",
    "cannot tell",
    withClass(
      `new EdgeKV("a").getText({item:"x"}); export const kv = Reflect.construct(EdgeKV, [{ namespace: "words" }]);`,
    ),
  ],
  [
    "a subclass without a name",
    "uses",
    withClass(`export const kv = new (class extends EdgeKV {})({ namespace: "words" });`),
  ],
  [
    "a subclass without a name that sets it",
    "uses",
    withClass(`export const kv = new (class extends EdgeKV { constructor() { super("words"); } })();`),
  ],
  [
    "a method of the prototype",
    "cannot tell",
    withClass(
      `new EdgeKV("a").getText({item:"x"}); export const get = (o) => EdgeKV.prototype.getText.call(o, { namespace: "words" });`,
    ),
  ],
  [
    "an object with members of another one",
    "cannot tell",
    withClass(`export const kv = Object.assign(new EdgeKV("a"), { ns: "words" });`),
  ],
  [
    "a class that is bound",
    "cannot tell",
    withClass(
      `new EdgeKV("a").getText({item:"x"}); const K = EdgeKV.bind(null, { namespace: "words" }); new K().getText({item:"a"});`,
    ),
  ],
  [
    "a class put into the global object",
    "cannot tell",
    withClass(
      `new EdgeKV("a").getText({item:"x"}); globalThis.K = EdgeKV; new globalThis.K("words").getText({item:"a"});`,
    ),
  ],
  [
    "a call as Babel writes it",
    "cannot tell",
    alone(
      `import * as _edgekv from "./edgekv.js"; new (0, _edgekv.EdgeKV)({ namespace: "words" }).getText({item:"a"});`,
    ),
  ],
  [
    "require, and the class as a member",
    "uses",
    alone(
      `var edgekv_1 = require("./edgekv.js"); new edgekv_1.EdgeKV({ namespace: "words" }).getText({item:"a"});`,
    ),
  ],
  [
    "require, and the class under another name",
    "cannot tell",
    alone(`const { EdgeKV: K } = require("./edgekv.js"); new K({ namespace: "words" }).getText({item:"a"});`),
  ],
  [
    "what rollup makes of all exports",
    "uses",
    withClass(
      `var lib = Object.freeze({ __proto__: null, EdgeKV: EdgeKV }); new lib.EdgeKV({ namespace: "words" }).getText({item:"a"});new EdgeKV("a").getText({item:"x"});`,
    ),
  ],
  [
    "what esbuild makes of all exports",
    "cannot tell",
    withClass(
      `var lib_exports = {}; __export(lib_exports, { K: () => EdgeKV }); new lib_exports.K({ namespace: "words" }); new EdgeKV("a").getText({item:"x"});`,
    ),
  ],
  [
    "an address put together of literals",
    "cannot tell",
    bundle(
      `import { httpRequest } from "http-request"; const host = "https://edgekv." + "akamai-edge-svcs" + ".net"; export const get = (n) => httpRequest(host + "/api/v1/namespaces/words/" + n, { headers: { ["X-Akamai-" + "EdgeDB-Auth"]: ["x"] } });`,
      noHelper,
    ),
  ],
  [
    "an address put together of constants",
    "cannot tell",
    bundle(
      `import { httpRequest } from "http-request"; const d = "akamai-edge-svcs"; const host = \`https://edgekv.${dollar}{d}.net\`; export const get = (n) => httpRequest(host + "/api/v1/namespaces/words/" + n);`,
      noHelper,
    ),
  ],
  [
    "an address in another file",
    "cannot tell",
    bundle(
      `import { httpRequest } from "http-request"; import { host } from "./hosts.js"; export const get = (n) => httpRequest(host + n);`,
      { ...noHelper, "hosts.js": `export const host = "https://edgekv.akamai-edge-svcs.net";` },
    ),
  ],
  [
    "tokens that the code takes out of their file",
    "cannot tell",
    bundle(
      `import { httpRequest } from "http-request"; import { edgekv_access_tokens as t } from "./edgekv_tokens.js"; export const get = (u, h) => httpRequest(u, { headers: { [h]: [t["namespace-words"].reference] } });`,
      noHelper,
    ),
  ],
  [
    "tokens that the code takes out of their file, beside the class",
    "cannot tell",
    withClass(
      `import { httpRequest } from "http-request"; import { edgekv_access_tokens as t } from "./edgekv_tokens.js"; new EdgeKV("a").getText({item:"x"}); export const get = (u, h) => httpRequest(u, { headers: { [h]: [t["namespace-words"].reference] } });`,
    ),
  ],
  [
    "an object made within try",
    "uses",
    withClass(
      `let kv; try { kv = new EdgeKV({ namespace: "words" }); } catch {} export const f = () => kv.getText({item:"a"});`,
    ),
  ],
  [
    "a member of the object around",
    "cannot tell",
    withClass(
      `class A { ns = "words"; get kv() { return new EdgeKV({ namespace: this.ns }); } } export const a = new A();`,
    ),
  ],
  [
    "options with others over them",
    "cannot tell",
    withClass(`export const f = (over) => new EdgeKV({ namespace: "a", ...over }).getText({item:"a"});`),
  ],
  [
    "a member of the object that is set",
    "cannot tell",
    withClass(`const kv = new EdgeKV("a"); kv.namespace = "words"; kv.getText({item:"a"});`),
  ],
  [
    "Object.assign as the argument of a call",
    "cannot tell",
    withClass(
      `const kv = new EdgeKV("a"); kv.getText(Object.assign({ item: "x" }, { namespace: "words" }));`,
    ),
  ],
  [
    "options within those of a call",
    "uses",
    withClass(`const kv = new EdgeKV("a"); kv.getText({ item: "x", ...{ namespace: "words" } });`),
  ],
  [
    "apply",
    "cannot tell",
    withClass(`const kv = new EdgeKV("a"); kv.getText.apply(kv, [{ namespace: "words" }]);`),
  ],
  [
    "arguments of a call that are a list",
    "cannot tell",
    withClass(`const kv = new EdgeKV("a"); const args = [{ namespace: "words" }]; kv.getText(...args);`),
  ],
  [
    "arguments of the constructor that are a list",
    "cannot tell",
    withClass(`const args = [{ namespace: "words" }]; new EdgeKV(...args).getText({item:"a"});`),
  ],
  ["eval", "cannot tell", withClass(`new EdgeKV("a").getText({ item: "a" }); eval("new EdgeKV('words')");`)],
  [
    "code that is a text, and gets the class",
    "cannot tell",
    withClass(`new EdgeKV("a").getText({ item: "a" }); new Function("K", "return new K('words')")(EdgeKV);`),
  ],
  ["a generator", "uses", withClass(`export function* g() { yield new EdgeKV("words"); }`)],
  [
    "an object made within switch",
    "uses",
    withClass(
      `let kv; export function f(x) { switch (x) { case 1: kv = new EdgeKV({ namespace: "words" }); } return kv.getText({item:"a"}); }`,
    ),
  ],
  [
    "a list put together",
    "cannot tell",
    withClass(`new EdgeKV(["wo", "rds"].join("")).getText({item:"a"});`),
  ],
  [
    "a text that is changed",
    "cannot tell",
    withClass(`new EdgeKV("WORDS".toLowerCase()).getText({item:"a"});`),
  ],
  [
    "a member of a frozen object",
    "uses",
    withClass(
      `const NS = Object.freeze({ W: "words" }); new EdgeKV({ namespace: NS.W }).getText({item:"a"});`,
    ),
  ],
  [
    "an enum as TypeScript writes it",
    "cannot tell",
    withClass(
      `var NS; (function (NS) { NS["W"] = "words"; })(NS || (NS = {})); new EdgeKV({ namespace: NS.W }).getText({item:"a"});`,
    ),
  ],
  [
    "a Map",
    "cannot tell",
    withClass(
      `const m = new Map([["w", "words"]]); new EdgeKV({ namespace: m.get("w") }).getText({item:"a"});`,
    ),
  ],
  [
    "a variable that a loop sets",
    "cannot tell",
    withClass(`let ns = "a"; for (ns of ["words"]) {} new EdgeKV(ns).getText({item:"a"});`),
  ],
  [
    "a variable set by what is taken apart",
    "cannot tell",
    withClass(`let ns = "a"; [ns] = ["words"]; new EdgeKV(ns).getText({item:"a"});`),
  ],
  [
    "a variable with more added",
    "cannot tell",
    withClass(`let ns = "wo"; ns += "rds"; new EdgeKV(ns).getText({item:"a"});`),
  ],
  [
    "a variable set where it has a value",
    "cannot tell",
    withClass(`let ns = "a"; ns &&= "words"; new EdgeKV(ns).getText({item:"a"});`),
  ],
  [
    "a variable that another file's function sets",
    "cannot tell",
    withClass(`import { ns, set } from "./s.js"; set("words"); new EdgeKV(ns).getText({item:"a"});`, {
      "s.js": `export let ns = "a"; export const set = (v) => { ns = v; };`,
    }),
  ],
  [
    "defineProperty",
    "cannot tell",
    withClass(
      `const o = { namespace: "a" }; Object.defineProperty(o, "namespace", { value: "words" }); new EdgeKV(o).getText({item:"a"});`,
    ),
  ],
  [
    "an option that a function returns",
    "cannot tell",
    withClass(`new EdgeKV({ get namespace() { return "words"; } }).getText({item:"a"});`),
  ],
  [
    "an option of the variable's name",
    "uses",
    withClass(`const namespace = "words"; new EdgeKV({ namespace }).getText({item:"a"});`),
  ],
  [
    "an option whose key is a constant",
    "uses",
    withClass(`const k = "namespace"; new EdgeKV({ [k]: "words" }).getText({item:"a"});`),
  ],
  ["escapes in a key", "uses", withClass(`new EdgeKV({ "name\\u0073pace": "words" }).getText({item:"a"});`)],
  ["escapes in a text", "uses", withClass(`new EdgeKV({ namespace: "w\\x6frds" }).getText({item:"a"});`)],
  [
    "objects in a list",
    "uses",
    withClass(
      `const all = [new EdgeKV("a"), new EdgeKV("words")]; export const f = (i) => all[i].getText({item:"a"});`,
    ),
  ],
  [
    "a variable that is declared twice",
    "uses",
    withClass(`var ns = "a"; var ns = "words"; new EdgeKV(ns).getText({item:"a"});`),
  ],
  [
    "`export *` of two files",
    "uses",
    alone(`import { Store } from "./i.js"; new Store("words").getText({item:"a"});`, {
      "i.js": `export * from "./x.js"; export * from "./y.js";`,
      "x.js": `export const a = 1;`,
      "y.js": `import { EdgeKV } from "./edgekv.js"; export { EdgeKV as Store };`,
    }),
  ],
  [
    "the default in parentheses",
    "uses",
    alone(`import Store from "./y.js"; new Store("words").getText({item:"a"});`, {
      "y.js": `import { EdgeKV } from "./edgekv.js"; export default (EdgeKV);`,
    }),
  ],
  [
    "a function in an object of another file",
    "cannot tell",
    alone(`import kv from "./y.js"; kv.open("words").getText({item:"a"});`, {
      "y.js": `import { EdgeKV } from "./edgekv.js"; export default { open: (ns) => new EdgeKV(ns) };`,
    }),
  ],
  [
    "a call that names it, of an object that another file makes",
    "uses",
    alone(`import { open } from "./y.js"; open().getText({ item: "a", namespace: "words" });`, {
      "y.js": `import { EdgeKV } from "./edgekv.js"; export function open() { return new EdgeKV("a"); }`,
    }),
  ],
  [
    "optional calls",
    "uses",
    withClass(`const kv = new EdgeKV("a"); kv?.getText?.({ namespace: "words", item: "a" });`),
  ],
  [
    "import() and then",
    "cannot tell",
    withClass(
      `import("./edgekv.js").then(({ EdgeKV: K }) => new K("words").getText({item:"a"})); new EdgeKV("a").getText({item:"x"});`,
    ),
  ],
  [
    "a copy of the library under other names",
    "uses",
    alone(
      `import { Client } from "./client.js"; new Client("words").getText({item:"a"}); import { EdgeKV } from "./edgekv.js"; new EdgeKV("a").getText({item:"x"});`,
      { "client.js": library.replace("class EdgeKV", "class Client") },
    ),
  ],
  [
    "a function in place of the class",
    "cannot tell",
    alone(`import { get } from "./client.js"; get("words", "a");`, {
      "edgekv.js": undefined,
      "client.js": `import { httpRequest } from "http-request"; import { edgekv_access_tokens as t } from "./edgekv_tokens.js"; export function get(ns, i) { return httpRequest("https://edgekv.akamai-edge-svcs.net/api/v1/namespaces/" + ns + "/" + i, { headers: { "X-Akamai-EdgeDB-Auth": [t["namespace-" + ns].value] } }); }`,
    }),
  ],
])("a namespace in %s", (_what, certainty, files) => {
  expect(useOfNamespace(usesOfBundle(files), "words")?.certainty).toBe(certainty);
});

test.each<[what: string, files: BundleFiles]>([
  [
    "another class with such an option",
    withClass(
      `import { Other } from "./o.js"; new Other({ namespace: "words" }); new EdgeKV("a").getText({ item: "x" });`,
      { "o.js": `export class Other { constructor(o) { this.o = o; } }` },
    ),
  ],
  [
    "a file of JSON for something else",
    withClass(
      `import cfg from "./config.json" with { type: "json" }; export const c = cfg.x; new EdgeKV("a").getText({ item: "x" });`,
      { "config.json": `{"x":"words"}` },
    ),
  ],
  [
    "the name as a text elsewhere",
    withClass(`console.log("words"); new EdgeKV({ namespace: "a" }).getText({ item: "words" });`),
  ],
  [
    "another namespace, minified",
    alone(
      `import{EdgeKV as o}from"./edgekv.js";var s=new o({namespace:"a",group:"words"});async function t(e){e.respondWith(200,{},await s.getText({item:"DE"}))}export{t as onClientRequest};`,
    ),
  ],
  [
    "a tokens file that is imported for nothing",
    withClass(`import "./edgekv_tokens.js"; new EdgeKV("a").getText({ item: "x" });`),
  ],
  [
    "eval as the name of a method",
    withClass(`const o = { eval() {} }; o.eval("words"); new EdgeKV("a").getText({ item: "x" });`),
  ],
  [
    "require of what is not in the bundle",
    withClass(
      `const r = (require) => require("./edgekv-2.js"); export const f = r; new EdgeKV("a").getText({ item: "x" });`,
    ),
  ],
])("no use of the namespace: %s", (_what, files) => {
  expect(useOfNamespace(usesOfBundle(files), "words")).toBeUndefined();
});

test("a token that code brings along may be for any namespace", () => {
  const files = plain(
    `export const f = (ns, t) => new EdgeKV({ namespace: ns, token_override: t }).getText({ item: "a" });`,
    otherTokens,
  );
  expect(useOfNamespace(usesOfBundle(files), "words")?.certainty).toBe("cannot tell");
});

const token = { name: "reader", reference };
const inCode = (text: string) => plain(`${text}\n${read}`, otherTokens);
const [header = "", ...rest] = jwt.split(".");

test.each<[what: string, certainty: Certainty, files: BundleFiles, asked: TokenIdentity]>([
  [
    "exported from another name",
    "uses",
    plain(read, {
      "edgekv_tokens.js": `const x = { "namespace-words": { name: "n", reference: "${reference}" } };\nexport { x as edgekv_access_tokens };`,
    }),
    token,
  ],
  [
    "exported from another name, found by the token's name",
    "uses",
    plain(read, {
      "edgekv_tokens.js": `const x = { "namespace-words": { name: "reader", reference: "${otherReference}" } };\nexport { x as edgekv_access_tokens };`,
    }),
    token,
  ],
  ["with escapes in the text", "uses", inCode(`const ref = "\\x31${reference.slice(1)}";`), token],
  ["with escapes in a template", "uses", inCode(`const ref = \`\\u{31}${reference.slice(1)}\`;`), token],
  [
    "put together of constants",
    "cannot tell",
    inCode(`const a = "${reference.slice(0, 20)}", c = "${reference.slice(20)}"; const ref = a + c;`),
    token,
  ],
  [
    "put together of a list that has a name",
    "cannot tell",
    inCode(`const a = ${JSON.stringify(reference.split("-"))}; const ref = a.join("-");`),
    token,
  ],
  [
    "in a text of JSON in the code",
    "uses",
    inCode(`const t = JSON.parse('{"namespace-words":{"name":"n","reference":"${reference}"}}');`),
    token,
  ],
  [
    "exported from another file",
    "cannot tell",
    plain(read, {
      "edgekv_tokens.js": `export { edgekv_access_tokens } from "./s.js";`,
      "s.js": `export const edgekv_access_tokens = make();`,
    }),
    token,
  ],
  [
    "that is a JWT, put together of a list",
    "uses",
    inCode(`const v = ["${jwt.split(".").join('", "')}"].join(".");`),
    { name: "n", value: jwt },
  ],
  [
    "that is a JWT, put together of constants",
    "cannot tell",
    inCode(`const h = "${header}"; const q = h + ".${rest.join(".")}";`),
    { name: "n", value: jwt },
  ],
  ["without its dashes", "cannot tell", inCode(`const r = "${reference.replaceAll("-", "")}";`), token],
  [
    "of which the code has the beginning alone",
    undefined,
    inCode(`const r = "${reference.slice(0, 20)}";`),
    token,
  ],
])("a token %s", (_what, certainty, files, asked) => {
  expect(useOfToken(usesOfBundle(files), asked)?.certainty).toBe(certainty);
});
