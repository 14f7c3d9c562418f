/** Bundles as people write them: what their own pages promise. Runs the compiled emulator. */
import { createHmac, createSign, generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync, gzipSync } from "node:zlib";
import { edgeWorker, SITE, TestSite } from "./support/site";

let site: TestSite;
const seen: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[] = [];
const pages: Record<
  string,
  () => { status?: number; headers?: Record<string, string>; body: string | Buffer }
> = {
  "/packed": () => ({
    headers: { "Content-Type": "text/html", "Content-Encoding": "gzip" },
    body: gzipSync("<b>Hello</b>"),
  }),
  "/one.js": () => ({ body: "one();" }),
  "/two.js": () => ({ body: "two();" }),
  "/moved": () => ({ status: 302, headers: { Location: `${SITE}/landed?x=1` }, body: "" }),
  "/landed?x=1": () => ({ headers: { "Content-Type": "text/html" }, body: "<head><title>T</title></head>" }),
  "/busy": () => ({ status: 503, headers: { "Retry-After": "7" }, body: "no" }),
  "/menu.json": () => ({
    headers: { "Content-Type": "application/json" },
    body: '[{"name":"Tea","price":3}]',
  }),
  "/menu": () => ({ body: "<main><h1>Menu</h1><section>old</section></main>" }),
  "/text": () => ({
    headers: { Vary: "x", Connection: "keep-alive" },
    body: "<body>the cat, the hat, the mat</body>",
  }),
  "/data": () => ({ headers: { "Content-Type": "application/json" }, body: '{"a":1}' }),
};
const origin = createServer((incoming, response) => {
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  incoming.on("end", () => {
    const { method = "", url = "", headers } = incoming;
    const body = Buffer.concat(chunks).toString();
    seen.push({ method, url, headers, body });
    const page = pages[url]?.() ?? { body: `${method} ${url} ${body}` };
    response.writeHead(page.status ?? 200, { "Content-Type": "text/plain", ...page.headers }).end(page.body);
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", () => resolve()));
  site = await TestSite.start({
    origins: { "*": `http://127.0.0.1:${(origin.address() as AddressInfo).port}` },
  });
});
afterAll(async () => {
  await site.close();
  origin.close();
});
beforeEach(() => void seen.splice(0));

const toOrigin = {
  name: "origin",
  options: { hostname: "origin.example.com", forwardHostHeader: "ORIGIN_HOSTNAME" },
};
let count = 0;
async function deploy(
  main: string,
  variables: Record<string, string> = {},
  more: Record<string, string> = {},
  tier = 200,
) {
  count += 1;
  site.rules([toOrigin, edgeWorker(9)], [], {
    variables: Object.entries(variables).map(([name, value]) => ({
      name,
      value,
      hidden: false,
      sensitive: false,
    })),
  });
  await site.deploy({ version: `b${count}`, tier, files: { "main.js": main, ...more } });
}

async function until(check: () => boolean): Promise<void> {
  for (const end = Date.now() + 5000; !check(); ) {
    if (Date.now() > end) throw new Error("it does not come");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("a request object shows what it holds as JSON", async () => {
  await deploy(`export function onClientRequest(request) {
    const header = request.getHeader("X-Show");
    if (header && header[0] === "yes") request.respondWith(200, { "Content-Type": ["text/html;charset=utf-8"] }, "<pre>" + JSON.stringify(request) + "</pre>"); }`);
  const text = await site.text("/p?q=1", { headers: { "X-Show": "yes" }, device: { isMobile: true } });
  const shown = JSON.parse(text.replace(/<\/?pre>/g, ""));
  expect(shown).toMatchObject({
    method: "GET",
    path: "/p",
    query: "q=1",
    url: "/p?q=1",
    scheme: "https",
    device: { isMobile: true },
    cacheKey: {},
  });
});

test("a sub-request that nobody awaits is made, also when the handler ends at once", async () => {
  await deploy(`import { httpRequest } from "http-request";
    export function onClientRequest(request) { httpRequest("https://logs.example.com/first", { method: "POST", body: "a" }); }
    export function onClientResponse(request, response) { httpRequest("/last", { method: "PUT", body: String(response.status) }).catch(() => undefined); }`);
  for (let i = 1; i <= 5; i += 1) {
    expect(await site.status("/x")).toBe(200);
    await until(() => seen.length === 3 * i);
  }
  expect(
    seen
      .slice(0, 3)
      .map(({ method, url, body }) => [method, url, body])
      .sort(),
  ).toEqual([
    ["GET", "/x", ""],
    ["POST", "/first", "a"],
    ["PUT", "/last", "200"],
  ]);
});

test("a sub-request whose body is a stream is made too, when the handler does not wait for it", async () => {
  await deploy(`import { httpRequest } from "http-request"; import { ReadableStream } from "streams"; import { TextEncoderStream } from "text-encode-transform";
    export function onClientRequest(request) {
      const text = new ReadableStream({ start(c) { for (const part of ["a ", "stream"]) c.enqueue(part); c.close(); } });
      httpRequest("/sink", { method: "POST", body: text.pipeThrough(new TextEncoderStream()) });
      httpRequest("/never", { method: "POST", body: new ReadableStream({}) });
      request.respondWith(200, {}, "answered"); }`);
  for (let i = 1; i <= 3; i += 1) {
    expect(await site.text("/")).toBe("answered");
    await until(() => seen.length === i);
  }
  expect(seen.map(({ url, body }) => [url, body])).toEqual(Array(3).fill(["/sink", "a stream"]));
});

test("a body made of several sub-requests, one after the other, through one stream", async () => {
  await deploy(`import { httpRequest } from "http-request"; import { createResponse } from "create-response"; import { TransformStream } from "streams";
    async function concatenated(urls, writable) {
      const promises = urls.map((url) => httpRequest(url));
      for (const promise of promises) { const response = await promise; if (!response.ok) throw \`Received \${response.status}\`; await response.body.pipeTo(writable, { preventClose: true }); }
      await writable.close();
    }
    export async function responseProvider() { const output = new TransformStream(); concatenated(["/one.js", "/two.js"], output.writable); return createResponse(200, { "Content-Type": ["text/javascript"] }, output.readable); }`);
  const response = await site.edge.fetch(`${SITE}/`);
  expect([response.headers.get("content-type"), await response.text()]).toEqual([
    "text/javascript",
    "one();two();",
  ]);
});

test("streams of one's own: a pair of streams, a class that extends TransformStream, an async iteration, tee and a reader", async () => {
  await deploy(
    `import { httpRequest } from "http-request"; import { createResponse } from "create-response";
    import { ReadableStream, WritableStream, TransformStream } from "streams"; import { TextEncoderStream, TextDecoderStream } from "text-encode-transform";
    class Pair { constructor() { let out; this.readable = new ReadableStream({ start(controller) { out = controller; } }); let done = Promise.resolve();
      this.writable = new WritableStream({ write(text) { done = (async () => { out.enqueue(text.replace("</body>", "<i></i></body>")); })(); }, close() { done.then(() => out.close()); } }); } }
    class Replace extends TransformStream { constructor(from, to) { let kept = ""; super({ start(c) { c.enqueue("["); }, transform(chunk) { kept += chunk; }, flush(c) { c.enqueue(kept.replaceAll(from, to)); c.enqueue("]"); } }); } }
    const UNSAFE = ["content-length", "transfer-encoding", "connection", "vary"];
    export function responseProvider(request) {
      return httpRequest(\`\${request.scheme}://\${request.host}\${request.url}\`).then(async (response) => {
        const headers = response.getHeaders();
        for (const name of UNSAFE) if (name in headers) delete headers[name];
        const [one, two] = response.body.tee();
        let size = 0; for await (const chunk of two) size += chunk.length;
        headers["x-size"] = [String(size)];
        return createResponse(response.status, headers, one.pipeThrough(new TextDecoderStream()).pipeThrough(new Pair()).pipeThrough(new Replace("the ", request.getVariable("PMUSER_NEW"))).pipeThrough(new TextEncoderStream()));
      }); }`,
    { PMUSER_NEW: "a " },
  );
  const response = await site.edge.fetch(`${SITE}/text`);
  expect(await response.text()).toBe("[<body>a cat, a hat, a mat<i></i></body>]");
  expect([response.headers.get("x-size"), response.headers.get("vary"), response.status]).toEqual([
    "38",
    null,
    200,
  ]);
});

test("a compressed body is given as text, and as it came to code that wants to keep it", async () => {
  await deploy(`import { CompressionStream, DecompressionStream, ReadableStream } from "streams"; import { HtmlRewritingStream } from "html-rewriter"; import { httpRequest } from "http-request"; import { createResponse } from "create-response";
    export async function responseProvider(request) {
      if (request.path === "/plain") { const response = await httpRequest("/packed"); return createResponse(200, response.getHeaders(), await response.text()); }
      const response = await httpRequest("/packed", { headers: { "Accept-Encoding": "gzip" }, preserveEncoding: true });
      const opened = response.body.pipeThrough(new DecompressionStream("gzip"));
      const rewriter = new HtmlRewritingStream(); rewriter.onElement("b", (el) => el.append(" World"));
      if (request.path === "/open") { let text = ""; for await (const chunk of opened) text += (chunk instanceof Uint8Array) + String.fromCharCode(...chunk); return createResponse(200, {}, text); }
      return createResponse(200, { "Content-Encoding": response.getHeader("content-encoding") }, opened.pipeThrough(rewriter).pipeThrough(new CompressionStream("gzip"))); }`);
  const plain = await site.edge.fetch(`${SITE}/plain`);
  expect([await plain.text(), plain.headers.get("content-encoding")]).toEqual(["<b>Hello</b>", null]);
  expect(await site.text("/open")).toBe("true<b>Hello</b>");
  const packed = await site.edge.fetch(`${SITE}/`);
  expect(packed.headers.get("content-encoding")).toBe("gzip");
  expect(gunzipSync(Buffer.from(await packed.arrayBuffer())).toString()).toBe("<b>Hello World</b>");
  expect(seen.map(({ headers }) => headers["accept-encoding"])).toEqual([undefined, "gzip", "gzip"]);
});

test("JSON with a callback around it, and several APIs in one answer", async () => {
  await deploy(`import { TransformStream } from "streams"; import { httpRequest } from "http-request"; import { createResponse } from "create-response"; import URLSearchParams from "url-search-params";
    const bytes = (s) => Uint8Array.from(Array.from(s, (x) => x.charCodeAt(0)));
    const json = async (url) => { const r = await httpRequest(url); return r.ok ? await r.json() : { error: "Failed " + url }; };
    export async function responseProvider(request) {
      const params = new URLSearchParams(request.query); const callback = params.get("callback"); params.delete("callback");
      if (callback === null) { const result = {}; await Promise.all(["/data", "/menu.json", "/busy"].map((url) => json(url).then((value) => { result[url] = value; }))); return createResponse(200, { "Content-Type": ["application/json"] }, JSON.stringify(result)); }
      const response = await httpRequest(\`https://\${request.host}/data?\${params.toString()}\`.replace(/\\?$/, ""), { headers: { Accept: "application/json" } });
      return createResponse(response.status, {}, response.body.pipeThrough(new TransformStream({ start(c) { c.enqueue(bytes(callback + "(")); }, transform(chunk, c) { if (chunk) c.enqueue(chunk); }, flush(c) { c.enqueue(bytes(")")); } })));
    }`);
  expect(await site.text("/j?callback=cb")).toBe('cb({"a":1})');
  expect(JSON.parse(await site.text("/j"))).toEqual({
    "/data": { a: 1 },
    "/menu.json": [{ name: "Tea", price: 3 }],
    "/busy": { error: "Failed /busy" },
  });
});

test("redirects of the origin are followed at the edge, and the page learns its new address", async () => {
  await deploy(`import { httpRequest } from "http-request"; import { createResponse } from "create-response"; import { HtmlRewritingStream } from "html-rewriter";
    export function responseProvider(request) { return chase(request.scheme, request.host, request.url, false); }
    function chase(scheme, host, url, moved) { return httpRequest(\`\${scheme}://\${host}\${url}\`).then((response) => {
      if ([301, 302].includes(response.status)) { const location = response.getHeaders()["location"][0]; if (location.startsWith(\`\${scheme}://\${host}\`)) return chase(scheme, host, location.replace(\`\${scheme}://\${host}\`, ""), true); }
      if (!moved) return createResponse(response.status, {}, response.body);
      const rewriter = new HtmlRewritingStream(); rewriter.onElement("title", (el) => el.after("<script>" + url + "</script>"));
      return createResponse(response.status, {}, response.body.pipeThrough(rewriter)); }); }`);
  expect(await site.text("/moved")).toBe("<head><title>T</title><script>/landed?x=1</script></head>");
});

test("a page is assembled from a template and data", async () => {
  await deploy(`import { HtmlRewritingStream } from "html-rewriter"; import { httpRequest } from "http-request"; import { createResponse } from "create-response";
    export async function responseProvider() {
      const [{ name, price }] = await (await httpRequest("/menu.json")).json();
      const rewriter = new HtmlRewritingStream();
      rewriter.onElement("section", (el) => { el.before("<h2>" + name + "</h2>"); el.after("<a>after</a>"); el.prepend("<a>first</a>"); el.append("<a>last</a>"); el.replaceChildren("<a>" + price + "</a>"); });
      const page = await httpRequest("/menu", { headers: { "X-Subrequest": ["true"] } });
      return page.ok ? createResponse(200, {}, page.body.pipeThrough(rewriter)) : createResponse(500, {}, "no"); }`);
  expect(await site.text("/")).toBe(
    "<main><h1>Menu</h1><h2>Tea</h2><section><a>first</a><a>3</a><a>last</a></section><a>after</a></main>",
  );
  expect(seen.at(-1)?.headers["x-subrequest"]).toBe("true");
});

test("with the length of another body, a longer one is cut, and a shorter one ends the connection", async () => {
  await deploy(`import { createResponse } from "create-response"; import { ReadableStream } from "streams"; import { TextEncoder } from "encoding";
    export function responseProvider(request) {
      const stream = new ReadableStream({ start(c) { for (const text of ["one ", "two ", "three"]) c.enqueue(new TextEncoder().encode(text)); c.close(); } });
      return createResponse(200, { "Content-Length": [request.query] }, request.path === "/text" ? "one two three" : stream); }`);
  const lengths = ["/?6", "/?8", "/?13", "/text?6"];
  const texts = [];
  for (const path of lengths) texts.push(await site.text(path));
  expect(texts).toEqual(["one tw", "one two ", "one two three", "one tw"]);
  await expect(site.text("/?20")).rejects.toThrow();
});

test("a handler may set members of `this`, and headers that are not given are none", async () => {
  await deploy(`import { httpRequest } from "http-request"; import { createResponse } from "create-response";
    export async function responseProvider(request) {
      this.request = request;
      const response = await httpRequest(\`\${request.scheme}://\${request.host}/data\`);
      return createResponse(response.status, response.headers, response.body); }
    export function onClientResponse(request, response) { response.setHeader("X-This", String(this === globalThis)); }`);
  const response = await site.edge.fetch(`${SITE}/`);
  expect([response.status, await response.text(), response.headers.get("x-this")]).toEqual([
    200,
    '{"a":1}',
    "true",
  ]);
});

test("a request is cloned to a second origin, with its method, headers and body", async () => {
  await deploy(
    `import { httpRequest } from "http-request"; import { createResponse } from "create-response"; import { logger } from "log";
    export async function responseProvider(request) {
      const headers = request.getHeaders(); delete headers["host"];
      const options = { method: request.method, headers, body: await request.text() };
      httpRequest(\`https://\${request.getVariable("PMUSER_B")}\${request.url}\`, options).catch((error) => logger.log("Error : %s", error.message));
      const response = await httpRequest(\`https://\${request.getVariable("PMUSER_A")}\${request.url}\`, options);
      return Promise.resolve(createResponse(response.status, { "X-Seen": response.getHeader("content-type") }, response.body)); }`,
    { PMUSER_A: "a.example.com", PMUSER_B: "b.example.com" },
  );
  expect(
    await site.text("/c?d=1", {
      method: "POST",
      body: "hello",
      headers: { "X-Mine": "1", "Accept-Encoding": "gzip" },
    }),
  ).toBe("POST /c?d=1 hello");
  expect(await site.text("/c")).toBe("GET /c ");
  await until(() => seen.length === 4);
  expect(
    seen
      .slice(0, 2)
      .map(({ body, headers }) => [body, headers["x-mine"], headers.host, headers["accept-encoding"]])
      .sort(),
  ).toEqual([
    ["hello", "1", "a.example.com", undefined],
    ["hello", "1", "b.example.com", undefined],
  ]);
});

test("variants of a test: cookies go to the origin and to the browser, the query and the origin are routed", async () => {
  await deploy(`import { Cookies, SetCookie } from "cookies"; import URLSearchParams from "url-search-params";
    const variants = [{ name: "1a", act(request) { request.route({ origin: "micro1" }); } }];
    export function onClientRequest(request) {
      const cookies = new Cookies(request.getHeader("Cookie")); const params = new URLSearchParams(request.query);
      cookies.delete("t"); cookies.add("t", "1a"); request.setHeader("Cookie", cookies.toHeader());
      params.append("t", "1a"); request.route({ query: params.toString() });
      request.setVariable("PMUSER_BUCKET", "A"); request.cacheKey.includeVariable("PMUSER_BUCKET");
    }
    export function onClientResponse(request, response) {
      const expires = new Date(); expires.setDate(expires.getDate() + 7);
      response.addHeader("Set-Cookie", new SetCookie({ name: "bucket", value: request.getVariable("PMUSER_BUCKET"), expires }).toHeader());
      const other = new SetCookie({ name: "t", value: new Cookies(request.getHeader("Cookie")).get("t") }); other.path = "/"; other.secure = true; other.sameSite = "None";
      response.addHeader("Set-Cookie", other.toHeader()); }`);
  const response = await site.edge.fetch(`${SITE}/v?a=b`, { headers: { cookie: "t=old; k=v" } });
  expect(await response.text()).toBe("GET /v?a=b&t=1a ");
  expect(seen[0]?.headers.cookie).toBe("k=v; t=1a");
  const expires = new Date(site.emulator.clock.now());
  expires.setDate(expires.getDate() + 7);
  expect(response.headers.getSetCookie()).toEqual([
    `bucket=A; Expires=${expires.toUTCString()}`,
    "t=1a; Path=/; Secure; SameSite=None",
  ]);
});

test("route takes members without a value and refuses an object without members; a header without a value is none", async () => {
  await deploy(`export function onClientRequest(request) {
    let query; const refused = []; request.route({ query });
    request.setHeader("not a name: x"); request.addHeader("X-None", undefined);
    for (const one of [{}, undefined, null, "x"]) try { request.route(one); } catch (error) { refused.push(error instanceof TypeError); }
    request.setHeader("X-Refused", refused.join()); }`);
  expect(await site.text("/r?a=1")).toBe("GET /r?a=1 ");
  expect(seen[0]?.headers["x-refused"]).toBe("true,true,true,true");
  expect(seen[0]?.headers["x-none"]).toBeUndefined();
});

test("route can be called for each member apart, and the cache key has what it says", async () => {
  await deploy(`export function onClientRequest(request) {
    request.route({ query: "one=1" }); request.route({ query: "one=1&two=2" }); request.route({ origin: "other.example.com" }); request.route({ path: "/mobile" + request.path }); }`);
  const response = await site.edge.fetch(`${SITE}/r?a=1`, {
    headers: { pragma: "akamai-x-get-true-cache-key" },
  });
  expect(await response.text()).toBe("GET /mobile/r?one=1&two=2 ");
  expect(response.headers.get("x-true-cache-key")).toBe("/L/origin.example.com/mobile/r?one=1&two=2");
});

test("a page for an origin that is overloaded", async () => {
  await deploy(`export function onOriginResponse(request, response) {
    response.addHeader("Origin-Response-Status", response.status);
    if (response.status === 503) request.respondWith(200, { "Content-Type": ["text/html"] }, "retry " + (parseInt(response.getHeader("Retry-After")) || 10) + escape(request.path)); }`);
  expect(await site.text("/busy")).toBe("retry 7/busy");
  const fine = await site.edge.fetch(`${SITE}/fine`);
  await fine.text();
  expect(fine.headers.get("origin-response-status")).toBe("200");
});

test("an error as a body or in a log is its text, and an error that is thrown on fails the handler", async () => {
  await deploy(`import { logger } from "log";
    export async function onClientRequest(request) {
      try { JSON.parse("{"); } catch (error) { logger.error("Error in it", error); logger.log(error); request.respondWith(400, {}, error); } }`);
  const response = await site.edge.fetch(`${SITE}/`, { headers: await site.traced() });
  expect([response.status, (await response.text()).startsWith("SyntaxError: ")]).toEqual([400, true]);
  expect(response.headers.get("x-akamai-edgeworker-onclientrequest-log")).toMatch(
    /^E:main\.js:3 Error in it SyntaxError: .*\|D::3 SyntaxError: /,
  );
});

test("tokens: HMAC, RSA and ECDSA are signed and verified as elsewhere", async () => {
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = (key: typeof ec.publicKey) => key.export({ type: "spki", format: "pem" }).toString();
  const now = Math.floor(site.emulator.clock.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = (alg: string, sign: (text: string) => Buffer) => {
    const text = `${part({ alg, typ: "JWT" })}.${part({ sub: "me", exp: now + 60, nbf: now - 60 })}`;
    return `${text}.${sign(text).toString("base64url")}`;
  };
  const tokens = [
    signed("HS256", (text) => createHmac("sha256", "secret").update(text).digest()),
    signed("RS256", (text) => createSign("sha256").update(text).sign(rsa.privateKey)),
    signed("ES256", (text) =>
      createSign("sha256").update(text).sign({ key: ec.privateKey, dsaEncoding: "ieee-p1363" }),
    ),
  ];
  await deploy(
    `import { crypto, pem2ab } from "crypto"; import { base64url, base16, TextEncoder } from "encoding"; import { logger } from "log";
    const hash = "SHA-256";
    async function keyOf(alg, request) {
      if (alg === "HS256") return crypto.subtle.importKey("raw", new TextEncoder().encode(request.getVariable("PMUSER_SECRET")).buffer, { name: "HMAC", hash }, false, ["verify"]);
      if (alg === "RS256") return crypto.subtle.importKey("spki", pem2ab(request.getVariable("PMUSER_RSA")), { name: "RSASSA-PKCS1-v1_5", hash }, false, ["verify"]);
      return crypto.subtle.importKey("spki", pem2ab(request.getVariable("PMUSER_EC")), { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    }
    const NAMES = { HS256: { name: "HMAC" }, RS256: { name: "RSASSA-PKCS1-v1_5" }, ES256: { name: "ECDSA", hash: { name: hash } } };
    export async function onClientRequest(request) {
      try {
        const token = request.getHeader("Authorization")[0]; const [head, payload, signature] = token.split(".");
        const { alg } = JSON.parse(base64url.decode(head, "String")); const claims = JSON.parse(base64url.decode(payload, "String"));
        if (claims.exp < Math.floor(Date.now() / 1e3)) throw new Error("expired");
        const key = await keyOf(alg, request);
        if (![key].every((one) => one.type !== undefined && one.extractable === false && one.algorithm !== null)) throw new Error("no key");
        if (!(await crypto.subtle.verify(NAMES[alg], key, base64url.decode(signature, "Uint8Array").buffer, new TextEncoder().encode(head + "." + payload)))) throw new Error("signature");
        request.respondWith(200, {}, alg + " " + claims.sub);
      } catch (error) { logger.log(error); request.respondWith(401, {}, error.message); } }`,
    { PMUSER_SECRET: "secret", PMUSER_RSA: pem(rsa.publicKey), PMUSER_EC: pem(ec.publicKey) },
  );
  for (const [at, alg] of ["HS256", "RS256", "ES256"].entries()) {
    const token = tokens[at] ?? "";
    expect(await site.text("/", { headers: { authorization: token } })).toBe(`${alg} me`);
    const [head, , signature] = token.split(".");
    const forged = `${head}.${part({ sub: "you", exp: now + 60 })}.${signature}`;
    expect(await site.text("/", { headers: { authorization: forged } })).toBe("signature");
  }
});

test("binary tokens: keys as JWK, bytes in hexadecimal, arrays of the code's realm", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = { ...privateKey.export({ format: "jwk" }), key_ops: ["sign"], ext: false };
  await deploy(
    `import { crypto, pem2ab } from "crypto"; import { base16, TextEncoder, TextDecoder } from "encoding";
    let decoder; try { decoder = new globalThis.TextDecoder(); } catch { decoder = new TextDecoder(); }
    function isBytes(data) { if (!(data instanceof Uint8Array)) throw new Error("Invalid token type, expected Uint8Array!"); return data.dataView || (data.dataView = new DataView(data.buffer, data.byteOffset, data.byteLength)); }
    const jwk = ${JSON.stringify(jwk)};
    export async function onClientRequest(request) {
      const ecdsa = { name: "ECDSA", namedCurve: "P-256" }; const how = { name: "ECDSA", hash: "SHA-256" };
      const signing = await crypto.subtle.importKey("jwk", jwk, ecdsa, !1, ["sign"]);
      const text = new Uint8Array([...new TextEncoder().encode("claims"), ...crypto.getRandomValues(new Uint8Array(2))]);
      const hex = base16.encode(new Uint8Array(await crypto.subtle.sign(how, signing, text)));
      const back = base16.decode(hex, "Uint8Array"); isBytes(back); isBytes(text.subarray(0, 6));
      const verifying = await crypto.subtle.importKey("spki", pem2ab(request.getVariable("PMUSER_PUBLIC")), ecdsa, false, ["verify"]);
      const aes = await crypto.subtle.importKey("raw", base16.decode("000102030405060708090a0b0c0d0e0f").buffer, "AES-CBC", false, ["encrypt", "decrypt"]);
      const iv = new Uint8Array(16); const secret = await crypto.subtle.encrypt({ name: "AES-CBC", iv }, aes, text);
      const plain = await crypto.subtle.decrypt({ name: "AES-CBC", iv }, aes, secret);
      const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("abc"));
      request.respondWith(200, {}, JSON.stringify([await crypto.subtle.verify(how, verifying, back, text), decoder.decode(new Uint8Array(plain).slice(0, 6)), base16.encode(new Uint8Array(digest)).slice(0, 8), hex.length])); }`,
    { PMUSER_PUBLIC: publicKey.export({ type: "spki", format: "pem" }).toString() },
  );
  expect(JSON.parse(await site.text("/"))).toEqual([true, "claims", "ba7816bf", 128]);
});

test("the body of a request, whole and as a stream into a sub-request", async () => {
  await deploy(`import { httpRequest } from "http-request"; import { createResponse } from "create-response";
    export async function responseProvider(request) {
      if (request.path === "/json") return createResponse(200, { "Powered-By": ["Us"] }, request.method + ": " + (await request.json()).a);
      if (request.path === "/buffer") return createResponse(200, {}, String((await request.arrayBuffer()) instanceof ArrayBuffer));
      const response = await httpRequest("/sink", { method: "POST", body: request.body }); return createResponse(response.status, {}, response.body); }`);
  const send = (path: string, body: string) => site.text(path, { method: "POST", body });
  expect([
    await send("/json", '{"a":2}'),
    await send("/buffer", "x"),
    await send("/stream", "streamed"),
  ]).toEqual(["POST: 2", "true", "POST /sink streamed"]);
});

/** Name, main.js, status, and what the message says. Other files of the bundle may follow. */
const BROKEN: [string, string, string, RegExp, Record<string, string>?][] = [
  [
    "a try without a catch",
    "export function onClientRequest(request) { try { request.path; } }",
    "GenericError",
    /^main.js: SyntaxError: Missing catch or finally/,
  ],
  [
    "a file of the bundle that is nowhere",
    'import { x } from "find-replace-stream.js"; export function responseProvider() {}',
    "GenericError",
    /^Cannot find module "find-replace-stream.js" imported by main.js$/,
  ],
  [
    "a relative file that is nowhere",
    'import "./lib/x.js"; export function onClientRequest() {}',
    "GenericError",
    /^Cannot find module ".\/lib\/x.js" imported by main.js$/,
  ],
  [
    "a file without its extension",
    'import "./x"; export function onClientRequest() {}',
    "GenericError",
    /^Cannot find module ".\/x"/,
    { "x.js": "" },
  ],
  [
    "a module that the platform does not have",
    'import fs from "fs"; export function onClientRequest() {}',
    "GenericError",
    /^Unknown built-in module: "fs"$/,
  ],
  [
    "a module of Node.js by its scheme",
    'import fs from "node:fs"; export function onClientRequest() {}',
    "GenericError",
    /^Unknown built-in module: "node:fs"$/,
  ],
  [
    "a name that a module does not export",
    'import { log } from "log"; export function onClientRequest() {}',
    "GenericError",
    /does not provide an export named 'log'/,
  ],
  [
    "a name that a file does not export",
    'import { y } from "./x.js"; export function onClientRequest() {}',
    "GenericError",
    /does not provide an export named 'y'/,
    { "x.js": "export const x = 1;" },
  ],
  [
    "a file that does not parse",
    'import "./x.js"; export function onClientRequest() {}',
    "GenericError",
    /^x.js: SyntaxError/,
    { "x.js": "export const = 1;" },
  ],
  [
    "JSON",
    'import data from "./data.json"; export function onClientRequest() {}',
    "GenericError",
    /^Cannot find module ".\/data.json"/,
    { "data.json": "{}" },
  ],
  [
    "JSON with its type",
    'import data from "./data.json" with { type: "json" }; export function onClientRequest() {}',
    "GenericError",
    /data.json/,
    { "data.json": "{}" },
  ],
  [
    "code that needs sloppy mode",
    "export function onClientRequest() { with ({}) {} }",
    "GenericError",
    /SyntaxError/,
  ],
  [
    "two exports of one name",
    "export function onClientRequest() {} export { onClientRequest };",
    "GenericError",
    /Duplicate export/,
  ],
  [
    "an exception while it starts",
    'throw new TypeError("start"); export function onClientRequest() {}',
    "ExecutionError",
    /^main.js::1:7 TypeError: start$/,
  ],
  [
    "an exception while a file starts",
    'import "./x.js"; export function onClientRequest() {}',
    "ExecutionError",
    /^x.js::1:1 ReferenceError: nope is not defined$/,
    { "x.js": "nope();" },
  ],
  [
    "an await that fails while it starts",
    "await Promise.reject(new Error('late')); export function onClientRequest() {}",
    "ExecutionError",
    /Error: late$/,
  ],
  [
    "a circle that reads too early",
    'import { b } from "./b.js"; export const a = b; export function onClientRequest() {}',
    "ExecutionError",
    /Cannot access 'a' before initialization/,
    { "b.js": 'import { a } from "./main.js"; export const b = a;' },
  ],
  [
    "require",
    'const x = require("./x.js"); export function onClientRequest() {}',
    "ExecutionError",
    /require is not defined/,
    { "x.js": "" },
  ],
  [
    "an undeclared name in a handler",
    "export function onClientRequest(request) { rewriter.onElement('p'); }",
    "ExecutionError",
    /rewriter is not defined/,
  ],
  [
    "a dynamic import",
    'export async function onClientRequest() { await import("./x.js"); }',
    "ExecutionError",
    /TypeError: import\(\) is not supported$/,
    { "x.js": "" },
  ],
  [
    "a timer",
    "export function onClientRequest(request) { setTimeout(() => undefined, 1); }",
    "ExecutionError",
    /setTimeout is not defined/,
  ],
  [
    "code from a string",
    'export function onClientRequest() { new Function("return 1")(); }',
    "ExecutionError",
    /EvalError/,
  ],
  [
    "what is thrown is no error",
    'export function onClientRequest() { throw "text"; }',
    "ExecutionError",
    /text$/,
  ],
  [
    "a promise that is rejected",
    "export async function onClientRequest() { return Promise.reject(new RangeError('r')); }",
    "ExecutionError",
    /RangeError: r$/,
  ],
];

test.each(BROKEN.map((row) => [row[0], row] as const))("%s fails with its status", async (_name, row) => {
  const [, main, status, message, more] = row;
  await deploy(main, {}, more);
  const response = await site.edge.fetch(`${SITE}/`, { headers: await site.traced() });
  await response.arrayBuffer();
  expect(response.status).toBe(500);
  const info = response.headers.get("x-akamai-edgeworker-onclientrequest-info") ?? "";
  const text = /status_msg=([^;]*)/.exec(info)?.[1]?.replaceAll("+", " ") ?? "";
  expect(info).toContain(`status=${status};`);
  expect(text).toMatch(message);
});

const WORKING: [string, string, string, Record<string, string>?][] = [
  ["a handler that is no function", "export const onClientRequest = 1;", "GET / "],
  [
    "an await while it starts",
    "const x = await Promise.resolve(1); export function onClientRequest(r) { r.respondWith(200, {}, String(x)); }",
    "1",
  ],
  [
    "files that import each other",
    'import { b } from "./b.js"; export const a = () => "a"; export function onClientRequest(r) { r.respondWith(200, {}, b()); }',
    "ba",
    { "b.js": 'import { a } from "main.js"; export const b = () => "b" + a();' },
  ],
  [
    "a file in a folder, from the root and relative",
    'import { x } from "lib/x.js"; export function onClientRequest(r) { r.respondWith(200, {}, x); }',
    "xy",
    { "lib/x.js": 'import { y } from "../y.js"; export const x = "x" + y;', "y.js": 'export const y = "y";' },
  ],
  [
    "handlers that are exported again",
    'export * from "./h.js";',
    "again",
    { "h.js": 'export const onClientRequest = (r) => r.respondWith(200, {}, "again");' },
  ],
  [
    "a handler that is exported by another name",
    "function go(r) { r.respondWith(200, {}, 'named'); } export { go as onClientRequest };",
    "named",
  ],
  [
    "a module by its namespace",
    'import * as log from "log"; export function onClientRequest(r) { r.respondWith(200, {}, Object.keys(log).join()); }',
    "logger",
  ],
];

test.each(WORKING.map((row) => [row[0], row] as const))("%s works", async (_name, row) => {
  const [, main, text, more] = row;
  await deploy(main, {}, more);
  expect(await site.text("/")).toBe(text);
});
