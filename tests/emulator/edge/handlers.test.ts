/** Deployed code answers requests: handlers, what each may do, and what is live when. Runs the compiled emulator. */
import { Agent, createServer, request as plainRequest } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { edgeWorker, rule, SITE, TestSite } from "./support/site";

let site: TestSite;
const origin = createServer((incoming, response) => {
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  incoming.on("end", () => {
    response.writeHead(200, { "Content-Type": "application/json", "X-Origin": "yes" });
    const { method, url, headers } = incoming;
    response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", () => resolve()));
  const { port } = origin.address() as AddressInfo;
  site = await TestSite.start({ origins: { "origin.example.com": `http://127.0.0.1:${port}` } });
});
afterAll(async () => {
  await site.close();
  origin.close();
});

const originBehavior = {
  name: "origin",
  options: { originType: "CUSTOMER", hostname: "origin.example.com", forwardHostHeader: "ORIGIN_HOSTNAME" },
};

test("onClientRequest responds, and onClientResponse sees that response", async () => {
  await site.run(`
    export function onClientRequest(request) { request.respondWith(201, { "X-One": ["a", "b"], "Set-Cookie": "a=1" }, "hello " + request.url); }
    export function onClientResponse(request, response) { response.setHeader("X-Status", response.status); }`);
  const response = await site.edge.fetch(`${SITE}/a?b=c`);
  expect(response.status).toBe(201);
  expect(await response.text()).toBe("hello /a?b=c");
  const { headers } = response;
  expect([
    headers.get("x-one"),
    headers.get("x-status"),
    headers.get("content-type"),
    headers.get("set-cookie"),
  ]).toEqual(["a, b", "201", "text/html", null]);
});

test("requests go to the mapped origin with the changes of both request handlers, and its response comes back changed", async () => {
  await site.deploy({
    version: "2.0",
    files: {
      "main.js": `
    export function onClientRequest(request) { request.setHeader("X-First", "1"); request.setVariable("PMUSER_A", "x"); request.route({ path: "/routed", query: "q=1" }); }
    export function onOriginRequest(request) { request.addHeader("X-Second", [request.getHeader("x-first")[0], request.getVariable("PMUSER_A")]); }
    export function onOriginResponse(request, response) { response.setHeader("X-Seen", response.getHeader("x-origin")); request.setVariable("PMUSER_B", "1"); }
    export function onClientResponse(request, response) { response.status = 203; response.addHeader("X-B", String(request.getVariable("PMUSER_B"))); response.addHeader("X-S", String(request.getHeader("x-second"))); }`,
    },
  });
  site.rules([edgeWorker(9), originBehavior]);
  const response = await site.edge.fetch(`${SITE}/start`, { method: "POST", body: "sent" });
  expect(await response.json()).toMatchObject({
    method: "POST",
    url: "/routed?q=1",
    headers: { host: "origin.example.com", "x-first": "1", "x-second": "1, x" },
    body: "sent",
  });
  expect(response.status).toBe(203);
  expect(["x-seen", "x-b", "x-s"].map((name) => response.headers.get(name))).toEqual([
    "yes",
    "undefined",
    "undefined",
  ]);
});

test("an origin that is not mapped answers 502 with the option to type", async () => {
  site.rules([
    {
      name: "origin",
      options: { hostname: "elsewhere.example.com", forwardHostHeader: "REQUEST_HOST_HEADER" },
    },
  ]);
  const response = await site.edge.fetch(`${SITE}/`);
  expect([response.status, response.headers.get("server")]).toEqual([502, "akamai-edge-emulator"]);
  expect(((await response.json()) as { detail: string }).detail).toBe(
    "The rules send this request to the origin elsewhere.example.com. The local edge never leaves this machine. Map the origin: --origin elsewhere.example.com=http://127.0.0.1:3000",
  );
});

test("each handler has its own members", async () => {
  const members = `Object.keys(request).sort().join(" ") + "|" + typeof request.respondWith + typeof request.route + typeof request.setHeader + typeof request.setVariable + typeof request.text`;
  await site.run(
    `import { createResponse } from "create-response"; import { logger } from "log";
    export function onClientRequest(request) { request.setVariable("PMUSER_C", ${members}); }
    export async function responseProvider(request) { return createResponse(200, {}, request.getVariable("PMUSER_C") + "\\n" + ${members} + "\\n" + await request.text()); }`,
    { version: "3.0" },
  );
  const [client = "", provider = "", body] = (await site.text("/", { method: "POST", body: "body" })).split(
    "\n",
  );
  expect(client).toMatch(
    /^addHeader cacheKey clientIp cpCode device getHeader getHeaders getVariable .*\|functionfunctionfunctionfunctionundefined$/,
  );
  expect(provider).toMatch(/\|undefinedundefinedundefinedundefinedfunction$/);
  expect(body).toBe("body");
});

test("location, device and address come from the request's options", async () => {
  await site.run(
    `export function onClientRequest(r) { r.respondWith(200, {}, [r.userLocation.country, r.userLocation.city, r.device.brandName, r.device.isMobile, r.clientIp, r.getHeader("x-emulator-location")].join()); }`,
    { version: "4.0" },
  );
  expect(await site.text("/")).toBe("reserved,reserved,,false,127.0.0.1,");
  const options = {
    location: { country: "DE" },
    device: { brandName: "Apple", isMobile: true },
    clientIp: "192.0.2.1",
  };
  expect(await site.text("/", options)).toBe("DE,,Apple,true,192.0.2.1,");
  expect(await site.text("/", { headers: { "X-Emulator-Location": "country=FR; city=PARIS" } })).toBe(
    "FR,PARIS,,false,127.0.0.1,",
  );
});

test("a version is live exactly from the moment its activation is complete, on its network", async () => {
  const answer = (text: string) =>
    `export function onClientRequest(r) { r.respondWith(200, {}, "${text}"); }`;
  await site.run(answer("old"), { version: "5.0" });
  await site.deploy({
    version: "5.1",
    files: { "main.js": answer("new") },
    networks: ["STAGING"],
    seconds: 60,
  });
  expect(await site.text("/")).toBe("old");
  site.emulator.clock.advance(59);
  expect(await site.text("/")).toBe("old");
  site.emulator.clock.advance(1);
  expect([await site.text("/"), await site.text("/", { network: "production" })]).toEqual(["new", "old"]);
});

test("HTTPS speaks with a certificate of the site that the emulator's CA signed", async () => {
  const { port } = new URL(site.edge.staging);
  const status = await new Promise((resolve, reject) =>
    request(
      {
        host: "127.0.0.1",
        port,
        path: "/",
        servername: "www.example.com",
        headers: { host: "www.example.com" },
        ca: site.emulator.ca,
        agent: false,
      },
      (response) => resolve(response.resume().statusCode),
    )
      .on("error", reject)
      .end(),
  );
  expect(status).toBe(200);
});

test("Host names the site in any case and with a port; a whole URL counts instead of it", async () => {
  await site.run("export function onClientRequest(r) { r.respondWith(200, {}, r.host + ' ' + r.url); }", {
    version: "6.0",
  });
  const { port } = new URL(site.edge.staging);
  const ask = (path: string, host: string) =>
    new Promise<string>((resolve, reject) =>
      plainRequest({ host: "127.0.0.1", port, path, headers: { host }, agent: false }, (response) => {
        let text = "";
        response.on("data", (part) => {
          text += String(part);
        });
        response.on("end", () => resolve(text));
      })
        .on("error", reject)
        .end(),
    );
  expect(await ask("/a?b=c", "WWW.Example.com:8443")).toBe("www.example.com /a?b=c");
  expect(await ask("/", "www.example.com.localhost")).toBe("www.example.com /");
  expect(await ask("http://www.example.com?x=1", "nowhere.test")).toBe("www.example.com /?x=1");
  for (const host of ["__proto__", "evil.test", "www.example.com.evil.test", "www.example.com@evil.test"])
    expect(await ask("/", host)).toContain("Unknown hostname");
});

test("requests on one connection are answered without a delay of the network", async () => {
  const agent = new Agent({ keepAlive: true });
  await site.run("export function onClientRequest(r) { r.respondWith(200, {}, 'x'); }", { version: "7.0" });
  const times: number[] = [];
  for (let count = 0; count < 15; count += 1) {
    const began = performance.now();
    await new Promise((resolve, reject) =>
      plainRequest(site.edge.staging, { agent, headers: { host: "www.example.com" } }, (response) =>
        response.resume().on("end", resolve),
      )
        .on("error", reject)
        .end(),
    );
    times.push(performance.now() - began);
  }
  agent.destroy();
  expect(times.sort((a, b) => a - b)[3]).toBeLessThan(20);
});

test("a hostname that is not live is refused with those that are", async () => {
  const response = await site.edge.fetch("https://nowhere.example.com/");
  expect(response.status).toBe(404);
  expect(await response.text()).toContain(
    "No property with the hostname nowhere.example.com is live on staging. Live there: www.example.com, shop.example.com, blog.example.com.",
  );
});

test("GET /edge/explain lists the rules that matched and why", async () => {
  site.rules(
    [originBehavior],
    [
      rule(
        "Api",
        [{ name: "path", options: { matchOperator: "MATCHES_ONE_OF", values: ["/api/*"] } }],
        [edgeWorker(9)],
      ),
    ],
  );
  const { controlUrl, controlToken, ca } = site.emulator;
  const answer = await new Promise<string>((resolve, reject) =>
    request(
      `${controlUrl}/edge/explain?url=${encodeURIComponent(`${SITE}/api/1`)}`,
      { ca, headers: { authorization: `Bearer ${controlToken}` }, agent: false },
      (response) => {
        let text = "";
        response.on("data", (chunk) => {
          text += String(chunk);
        });
        response.on("end", () => resolve(text));
      },
    )
      .on("error", reject)
      .end(),
  );
  expect(JSON.parse(answer)).toMatchObject({
    propertyName: "www.example.com",
    propertyVersion: 3,
    edgeWorker: { id: 9, rule: "default > Api" },
    origin: "origin.example.com",
    rules: [
      { rule: "default", matched: true, behaviors: ["origin"] },
      {
        rule: "default > Api",
        matched: true,
        criteria: [{ name: "path", matched: true }],
        behaviors: ["edgeWorker"],
      },
    ],
  });
});
