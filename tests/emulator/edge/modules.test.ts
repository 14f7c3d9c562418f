/** The built-in modules, the realm of the code, and Akamai's edgekv.js. Runs the compiled emulator. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { edgeWorker, SITE, TestSite } from "./support/site";

let site: TestSite;
const PAGE =
  "<!doctype html><html><head><title>T</title></head><body><div id=main class='a b'><p>one<p>two</div><img src=x><script>'<p>'</script></body></html>";
const origin = createServer(({ headers }, response) =>
  response.writeHead(200, { "Content-Type": "text/html", "X-Echo": headers["x-name"] ?? "" }).end(PAGE),
);
beforeAll(async () => {
  await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", () => resolve()));
  site = await TestSite.start(
    { origins: { "*": `http://127.0.0.1:${(origin.address() as AddressInfo).port}` } },
    { settings: { initialized: true } },
  );
});
afterAll(async () => {
  await site.close();
  origin.close();
});

let versions = 0;
/** What an expression, or the body of an async function, gives in the handler. */
async function given(imports: string, body: string): Promise<unknown> {
  versions += 1;
  await site.run(
    `${imports}\nexport async function onClientRequest(request) { const result = await (async () => { ${body} })(); request.respondWith(200, {}, JSON.stringify(result) ?? "undefined"); }`,
    { version: `m${versions}`, tier: 280 },
  );
  const text = await site.text("/page?q=1", { headers: { cookie: "a=1; b=x%20y; a=2" } });
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

test("cookies", async () => {
  expect(
    await given(
      'import { Cookies, SetCookie } from "cookies";',
      `const c = new Cookies(request.getHeader("Cookie"));
       const s = new SetCookie({ name: "location", value: "US+MI", maxAge: 86400, path: "/" });
       const quoted = new Cookies('q="a b/c"; gone=1; r=x/y'); quoted.delete("gone"); quoted.add("new", "a/b");
       return [c.get("a"), c.getAll("a"), c.get("b"), c.names(), new Cookies(undefined).get("a") === undefined, s.toHeader(),
         new SetCookie("n=v; path=/x; HTTPONLY; samesite=Lax").toHeader(),
         new SetCookie("id=1; Secure; httponly; path=/; domain=example.com; expires=Thu, 23 Jun 2022 02:31:15 GMT; max-age=5").toHeader(), quoted.get("q"), quoted.toHeader()];`,
    ),
  ).toEqual([
    "1",
    ["1", "2"],
    "x y",
    ["a", "b"],
    true,
    "location=US%2BMI; Max-Age=86400; Path=/",
    "n=v; Path=/x; HttpOnly; SameSite=Lax",
    "id=1; Expires=Thu, 23 Jun 2022 02:31:15 GMT; Max-Age=5; Domain=example.com; Path=/; Secure; HttpOnly",
    "a b/c",
    'q="a b/c"; r=x/y; new=a%2Fb',
  ]);
});

test("cookies with a coding of one's own", async () => {
  expect(
    await given(
      'import { Cookies, SetCookie } from "cookies";',
      `const options = { encode: (text) => encodeURI(text), decode: (text) => decodeURI(text) };
       const c = new Cookies("a=x%20y; b=1%2F2", options); c.add("c", "p q");
       return [c.get("a"), c.get("b"), c.toHeader(), c.toHeader(options), new SetCookie("n=v w/x").toHeader(options), new SetCookie("n=v%2Fw", options).value,
         new SetCookie({ name: "n", value: "v w" }, options).toHeader(), new SetCookie({ name: "n", value: "v w" }).toHeader({ encode: (text) => text })];`,
    ),
  ).toEqual([
    "x y",
    "1%2F2",
    "a=x%20y; b=1%2F2; c=p%20q",
    "a=x%20y; b=1%252F2; c=p%20q",
    "n=v%20w/x",
    "v%2Fw",
    "n=v%20w",
    "n=v w",
  ]);
});

test("encoding, with arrays of the code's realm", async () => {
  expect(
    await given(
      'import { atob, btoa, base64, base64url, base16, TextEncoder, TextDecoder } from "encoding";',
      `const bytes = new TextEncoder().encode("hé€");
       return [btoa("abc"), atob("YWJj"), base64.encode(bytes), base64url.decode("aMOp4oKs") instanceof Uint8Array, base64url.encode(new Uint8Array([255])),
         base16.decode("6869", "String"), base16.encode(new Uint8Array([1, 255])), new TextDecoder().decode(bytes), bytes instanceof Uint8Array, bytes.buffer instanceof ArrayBuffer];`,
    ),
  ).toEqual(["YWJj", "abc", "aMOp4oKs", true, "_w", "hi", "01ff", "hé€", true, true]);
});

test("crypto: HMAC, digest and random bytes; errors are of the code's realm", async () => {
  expect(
    await given(
      'import { crypto, pem2ab } from "crypto"; import { base16, TextEncoder } from "encoding";',
      `const key = await crypto.subtle.importKey("raw", new TextEncoder().encode("key"), { name: "HMAC", hash: "SHA-256" }, true, ["sign", "verify"]);
       const data = new TextEncoder().encode("data");
       const signature = await crypto.subtle.sign("HMAC", key, data);
       let error; try { await crypto.subtle.digest("NONE", data); } catch (thrown) { error = thrown; }
       return [base16.encode(new Uint8Array(signature)).slice(0, 16), signature instanceof ArrayBuffer, await crypto.subtle.verify("HMAC", key, signature, data), key.extractable,
         crypto.getRandomValues(new Uint8Array(4)).length, error instanceof Error, typeof crypto.subtle.generateKey, new Uint8Array(pem2ab("-----BEGIN X-----\\nAQID\\n-----END X-----")).length];`,
    ),
  ).toEqual(["5031fe3d989c6d15", true, true, false, 4, true, "undefined", 3]);
});

test("what is no key in PEM, and more than one argument to encode, throws", async () => {
  expect(
    await given(
      'import { pem2ab } from "crypto"; import { base64, base16 } from "encoding";',
      `const thrown = (act) => { try { act(); return "nothing"; } catch (error) { return error.constructor.name; } };
       const lines = (begin, text, end) => "-----BEGIN " + begin + "-----\\n" + text + "\\n-----END " + end + "-----\\n";
       return [new Uint8Array(pem2ab("before\\n" + lines("A KEY", "AQ\\n  ID", "A KEY"))).join(), thrown(() => pem2ab("AQID")), thrown(() => pem2ab(lines("A", "AQID", "B"))),
         thrown(() => pem2ab(lines("A", "A*ID", "A"))), thrown(() => [new Uint8Array(1)].map(base64.encode)), thrown(() => base16.encode(new Uint8Array(1), 1))];`,
    ),
  ).toEqual(["1,2,3", "TypeError", "TypeError", "TypeError", "TypeError", "TypeError"]);
});

test("headers of a sub-response by get, as in the Fetch API", async () => {
  expect(
    await given(
      'import { httpRequest } from "http-request";',
      `const { headers } = await httpRequest("https://o.example.com/page");
       const own = Object.keys(headers).length; headers.has = (name) => headers.get(name) !== null;
       return [headers.get("CONTENT-TYPE"), headers.get("none"), own, headers.has("content-type")];`,
    ),
  ).toEqual(["text/html", null, 0, true]);
});

test("an element of html-rewriter has its selector and its tag, and gives back the attribute that it loses", async () => {
  expect(
    await given(
      'import { HtmlRewritingStream } from "html-rewriter"; import { ReadableStream } from "streams"; import { TextEncoder, TextDecoder } from "encoding";',
      `const seen = []; const rewriter = new HtmlRewritingStream();
       rewriter.onElement("A[href]", (el) => {
         seen.push(el.selector, el.tag, el.removeAttribute("EXTERNAL"), el.removeAttribute("external") ?? "none", el.getAttribute("external") ?? "none");
         for (const name of ["", "a b", "a=b", "a>"]) try { el.setAttribute(name, "c"); } catch (error) { seen.push(error instanceof TypeError); }
       });
       rewriter.onElement("a", (el) => void seen.push(el.selector));
       rewriter.onElement("p\\"]", (el) => void seen.push(el.tag));
       const source = new ReadableStream({ start(c) { for (const part of ["<A HREF='1' exter", "nal='2'>x</A><p>"]) c.enqueue(new TextEncoder().encode(part).buffer); c.close(); } });
       let text = ""; for await (const chunk of source.pipeThrough(rewriter)) text += new TextDecoder().decode(chunk);
       return [text, ...seen];`,
    ),
  ).toEqual(["<A HREF='1'>x</A><p>", "A[href]", "a", "2", "none", "none", true, true, true, true, "a", "p"]);
});

test("header values are UTF-8 on every way", async () => {
  const bytes = (text: string) => Buffer.from(text, "utf8").toString("latin1");
  versions += 1;
  await site.run(
    `import { httpRequest } from "http-request";
     export async function onClientRequest(request) {
       const [given] = request.getHeader("X-Given");
       const echoed = await httpRequest("https://o.example.com/echo", { headers: { "X-Name": given + "é" } });
       request.respondWith(200, { "X-Name": [given, echoed.getHeader("X-Echo")[0]] }, given + request.userLocation.city); }`,
    { version: `m${versions}` },
  );
  const response = await site.edge.fetch(`${SITE}/`, {
    headers: { "X-Given": "日本" },
    location: { city: "東京" },
  });
  expect([await response.text(), response.headers.get("x-name")]).toEqual(["日本東京", bytes("日本, 日本é")]);
});

test("log formats, URLSearchParams is the default export, bundle files are found from the root and relatively", async () => {
  versions += 1;
  await site.run(
    `import { logger } from "log"; import URLSearchParams from "url-search-params"; import { a } from "lib/a.js"; import { b } from "./lib/b.js";
export function onClientRequest(request) {
  logger.log("%s has %d, %o and %%", "x", "4", { y: 1 }, "more");
  logger.error("second"); request.respondWith(200, {}, new URLSearchParams(request.query).get("q") + a + b); }`,
    {
      version: `m${versions}`,
      files: {
        "lib/a.js": 'import { b } from "../lib/b.js"; export const a = "A" + b;',
        "lib/b.js": 'export const b = "B";',
      },
    },
  );
  const headers = await site.traced();
  const response = await site.edge.fetch(`${SITE}/?q=1`, { headers });
  expect(await response.text()).toBe("1ABB");
  const logged = "x-akamai-edgeworker-onclientrequest-log";
  expect(response.headers.get(logged)).toBe('D:main.js:3 x has 4, {"y":1} and % more|E::4 second');
  const logging = { level: "WARN", network: "STAGING", createdBy: "test", createdAt: 0, endsAt: 0 };
  site.change(({ edgeworkers }) =>
    Object.assign(edgeworkers.belongings[9] as object, { loggings: [logging] }),
  );
  const warned = await site.edge.fetch(`${SITE}/?q=1`, { headers });
  await warned.arrayBuffer();
  expect(warned.headers.get(logged)).toBe("E:main.js:4 second");
});

test("streams, text streams and html-rewriter change the page of the origin", async () => {
  versions += 1;
  site.rules([
    edgeWorker(9),
    { name: "origin", options: { hostname: "o.example.com", forwardHostHeader: "REQUEST_HOST_HEADER" } },
  ]);
  await site.deploy({
    version: `m${versions}`,
    tier: 280,
    files: {
      "main.js": `import { HtmlRewritingStream } from "html-rewriter"; import { httpRequest } from "http-request"; import { createResponse } from "create-response";
      import { TextDecoderStream, TextEncoderStream } from "text-encode-transform"; import { TransformStream } from "streams";
      export async function responseProvider(request) {
        const page = await httpRequest("/page");
        const rewriter = new HtmlRewritingStream();
        rewriter.onElement("head > title", (el) => { el.after("<1>"); el.after("<2>"); el.prepend("<3>"); el.prepend("<4>"); el.append("<5>"); el.append("<6>"); el.before("<7>"); });
        rewriter.onElement("div#main.b p:not(.x)", (el) => { el.append("!", { insert_implicit_close: true }); });
        rewriter.onElement("img[src]", (el) => { el.setAttribute("src", el.getAttribute("src") + "y"); el.setAttribute("alt", "z", { quote: '"' }); });
        const upper = new TransformStream({ transform(chunk, controller) { controller.enqueue(chunk.replaceAll("two", "TWO")); } });
        return createResponse(page.status, { "Content-Type": page.getHeader("content-type") }, page.body.pipeThrough(rewriter).pipeThrough(new TextDecoderStream()).pipeThrough(upper).pipeThrough(new TextEncoderStream()));
      }`,
    },
  });
  expect(await site.text("/")).toBe(
    "<!doctype html><html><head><7><title><4><3>T<5><6></title><2><1></head><body><div id=main class='a b'><p>one!</p><p>TWO!</p></div><img src='xy' alt=\"z\"><script>'<p>'</script></body></html>",
  );
});

test("the realm: time stands still, nothing makes code of strings, nothing of Node is there", async () => {
  expect(
    await given(
      'import { ReadableStream } from "streams"; import { logger } from "log"; import { httpRequest } from "http-request";',
      `const started = Date.now(); for (let i = 0; i < 1e6; i++); const refused = [];
       for (const act of [() => eval("1"), () => new Function("return 1")(), () => logger.log.constructor("return process")(), () => new ReadableStream().getReader.constructor("return process")(), () => httpRequest.constructor("return process")(),
         () => ReadableStream.constructor("return process")(), () => Object.getPrototypeOf(ReadableStream).constructor("return process")(),
         () => { try { ReadableStream.prototype.getReader.call(1); } catch (error) { return error.constructor.constructor("return process")(); } },
         () => new ReadableStream().cancel().constructor.constructor("return process")(), () => request.respondWith.constructor("return process")(),
         () => (async () => {}).constructor("return process")(), () => (function* () {}).constructor("return process")(), () => console.log.constructor("return process")()])
         try { act(); refused.push(false); } catch { refused.push(true); }
       return [Date.now() === started, new Date().getTime() === started, new Date() instanceof Date, new Date(0).toISOString(), refused,
         ["process", "require", "setTimeout", "WebAssembly", "SharedArrayBuffer", "Atomics", "fetch"].map((name) => typeof globalThis[name])];`,
    ),
  ).toEqual([true, true, true, "1970-01-01T00:00:00.000Z", Array(13).fill(true), Array(7).fill("undefined")]);
  expect(await given("", "return Date.now();")).toBe(site.emulator.clock.now());
});

test("a console is there, as a vendor's package for EdgeWorkers calls it, and does nothing", async () => {
  const calls =
    '["debug", "error", "info", "log", "trace", "warn"].map((name) => typeof console[name]("x", {}))';
  expect(await given("", `return ${calls};`)).toEqual(Array(6).fill("undefined"));
});

test("the helper of EdgeKV reaches the data plane of the emulator, and the journal says for which code", async () => {
  const helper = readFileSync(join(__dirname, "../../../examples/full-site/worker/edgekv.js"), "utf8");
  const tokens =
    'export var edgekv_access_tokens = { "namespace-catalog": { name: "t", reference: "no-such-token" } };';
  versions += 1;
  await site.run(
    `import { EdgeKV } from "./edgekv.js";
    export async function onClientRequest(request) {
      let text; try { text = await new EdgeKV("catalog", "g").text("US", "none"); } catch (error) { text = error.message; }
      request.respondWith(200, {}, text); }`,
    { version: `m${versions}`, files: { "edgekv.js": helper, "edgekv_tokens.js": tokens } },
  );
  expect(await site.text("/")).toBe("EdgeKV answered 401 for catalog/g/US");
  const entry = site.emulator.journal().findLast(({ path }) => path.startsWith("/api/v1/"));
  expect([entry?.path, entry?.edge]).toEqual([
    "/api/v1/namespaces/catalog/groups/g/items/US",
    { network: "staging", edgeWorkerId: "9" },
  ]);
});

test.each([
  [false, "12"],
  [true, "11"],
])(
  "with fresh %s, what a module variable keeps from one event to the next is there, or not",
  async (fresh, seen) => {
    const other = await TestSite.start({ fresh });
    try {
      await other.run(
        `let count = 0;
       export function onClientRequest(request) { count += 1; request.setVariable("PMUSER_FIRST", count); request.respondWith(200, {}, ""); }
       export function onClientResponse(request, response) { count += 1; response.setHeader("X-Counts", request.getVariable("PMUSER_FIRST") + count); }`,
      );
      await other.edge.warmUp();
      const response = await other.edge.fetch(`${SITE}/`);
      await response.arrayBuffer();
      expect(response.headers.get("x-counts")).toBe(seen);
    } finally {
      await other.close();
    }
  },
);
