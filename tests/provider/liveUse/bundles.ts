/** Bundles as people, Akamai's CLI and bundlers leave them. */
import type { BundleFiles } from "../../../provider/bundle/files";

export const reference = "1ab0e94b-c47e-568e-ab3e-1921ffcefe0c";
export const otherReference = "99999999-c47e-568e-ab3e-1921ffcefe0c";
export const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJuYW1lc3BhY2Utd29yZHMiOlsiciJdfQ.c2lnbmF0dXJl";

/** In the manner of Akamai's library: one object for the constructor, one for each call. */
export const library = `import { httpRequest } from "http-request";
import { edgekv_access_tokens } from "./edgekv_tokens.js";
export class EdgeKV {
  #namespace; #group; #uri;
  constructor(namespace = "default", group = "default") {
    if (typeof namespace === "object") {
      this.#namespace = namespace.namespace || "default";
      this.#group = namespace.group || "default";
    } else {
      this.#namespace = namespace;
      this.#group = group;
    }
    this.#uri = "https://edgekv.akamai-edge-svcs.net";
  }
  #headers(namespace) {
    const token = edgekv_access_tokens["namespace-" + namespace];
    return { "X-Akamai-EdgeDB-Auth-Ref": [token.reference] };
  }
  #url(namespace, group, item) {
    return this.#uri + "/api/v1/namespaces/" + namespace + "/groups/" + group + "/items/" + item;
  }
  async getText({ namespace = this.#namespace, group = this.#group, item, default_value = null } = {}) {
    const response = await httpRequest(this.#url(namespace, group, item), { headers: this.#headers(namespace) });
    return response.status === 404 ? default_value : response.text();
  }
  async getJson(options) { return JSON.parse(await this.getText(options)); }
  async putText({ namespace = this.#namespace, group = this.#group, item, value } = {}) {
    return httpRequest(this.#url(namespace, group, item), { method: "PUT", body: value, headers: this.#headers(namespace) });
  }
  async putJsonNoWait(options) { return this.putText(options); }
  async delete({ namespace = this.#namespace, group = this.#group, item } = {}) {
    return httpRequest(this.#url(namespace, group, item), { method: "DELETE", headers: this.#headers(namespace) });
  }
}
`;

export const tokensFile = (namespace = "words", name = "reader", id = reference) =>
  `var edgekv_access_tokens = {\n  "namespace-${namespace}": {\n    "name": "${name}",\n    "reference": "${id}"\n  }\n}\nexport { edgekv_access_tokens };\n`;

export const read = `const words = new EdgeKV({ namespace: "words", group: "countries" });
export async function onClientRequest(request) {
  request.respondWith(200, {}, await words.getText({ item: "DE", default_value: "Hello" }));
}
`;
const importHelper = `import { EdgeKV } from "./edgekv.js";\n`;

/** A bundle from texts. Akamai's library and a tokens file are in it unless they are set otherwise. */
export function bundle(main: string, more: Readonly<Record<string, string | undefined>> = {}): BundleFiles {
  const files: Record<string, string | undefined> = {
    "bundle.json": '{ "edgeworker-version": "1.0" }',
    "edgekv.js": library,
    "edgekv_tokens.js": tokensFile(),
    "main.js": main,
    ...more,
  };
  return new Map(
    Object.entries(files).flatMap(([path, text]) => (text === undefined ? [] : [[path, Buffer.from(text)]])),
  );
}

/** The same with the helper imported from beside it. */
export const plain = (main: string, more: Readonly<Record<string, string | undefined>> = {}) =>
  bundle(importHelper + main, more);

/** What rollup makes of code, library and tokens: one file. */
export const rolledUp = (main: string, tokens = tokensFile()) =>
  bundle(
    [
      `import { httpRequest } from 'http-request';`,
      tokens.replace(/export .*/, ""),
      library.replace(/import .*\n/g, "").replace("export class", "class"),
      main.replace("export async", "async"),
      "export { onClientRequest };",
    ].join("\n"),
    { "edgekv.js": undefined, "edgekv_tokens.js": undefined },
  );

/** What a minifier leaves: other names, no spaces. */
export const minified = (id = reference) =>
  bundle(
    `import{httpRequest as t}from"http-request";var e={"namespace-words":{name:"reader",reference:"${id}"}};const n="https://edgekv.akamai-edge-svcs.net";class a{#a;constructor(t){this.#a=t.namespace||"default"}async getText({namespace:a=this.#a,item:r}={}){return(await t(n+"/api/v1/namespaces/"+a+"/groups/g/items/"+r,{headers:{"X-Akamai-EdgeDB-Auth-Ref":[e["namespace-"+a].reference]}})).text()}}const r=new a({namespace:"words",group:"g"});async function o(t){t.respondWith(200,{},await r.getText({item:"DE"}))}export{o as onClientRequest};`,
    { "edgekv.js": undefined, "edgekv_tokens.js": undefined },
  );

/** webpack's modules as functions: names are looked up while the code runs. */
export const packed = bundle(
  `var __webpack_modules__ = { 1: (m, exports, require) => { require.d(exports, { EdgeKV: () => EdgeKV }); ${library
    .replace(/import .*\n/g, "")
    .replace("export class", "class")
    .replaceAll(
      "edgekv_access_tokens",
      "tokens",
    )} }, 2: (m, exports, require) => { var _edgekv = require(1); const words = new _edgekv.EdgeKV({ namespace: "words", group: "g" }); exports.handler = async (request) => words.getText({ item: "DE" }); } };
var tokens = { "namespace-words": { name: "reader", reference: "${reference}" } };
export const onClientRequest = (request) => start(2).handler(request);
function start(id) { const exports = {}; __webpack_modules__[id]({}, exports, start); return exports; }
`,
  { "edgekv.js": undefined, "edgekv_tokens.js": undefined },
);
