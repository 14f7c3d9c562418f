import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { generate } from "selfsigned";
import { targetOf } from "../../../../provider/resources/probe/edgeHost";
import { awaitProbe, codeOf } from "../../../../provider/resources/probe/probe";
import { after } from "../../../../provider/resources/probe/schema";
import type { Context } from "../../../../provider/runtime/context";
import { offline } from "../../framework/fakes";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
let server: Server | undefined;
afterEach(() => new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve())));

async function serve(answer: Answer, secure?: { key: string; cert: string }): Promise<number> {
  server = secure ? createSecureServer(secure, answer) : createServer(answer);
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A context whose clock is turned by each wait. */
function contextOf(settings: Partial<Context["settings"]> = {}): { context: Context; lines: string[] } {
  const base = offline(settings);
  let now = 0;
  const lines: string[] = [];
  const clock = {
    now: () => now,
    sleep: async (milliseconds: number) => {
      now += milliseconds;
    },
  };
  const logger = {
    info: (text: string) => void lines.push(text),
    warn: (text: string) => void lines.push(text),
  };
  return { context: { ...base, clock, logger } as Context, lines };
}

const code = { edgeWorkerId: 54_321, version: "1.0" };
const info = (version = "1.0", status = "Success", id = 54_321) =>
  `ew=${id} v${version}:Greeter; status=${status}`;
const probe = (url: string, more: object = {}, expected: object = {}) =>
  after.parse({ probe: { url, expect: { status: 200, ...expected }, ...more } });

test("it has to succeed so many times in a row; one failure begins anew", async () => {
  const answers = [200, 500, 200, 200, 200, 200];
  let sent = 0;
  const port = await serve((_request, response) => {
    response.writeHead(answers[sent++] ?? 404, { "X-Akamai-EdgeWorker-onClientRequest-Info": info() }).end();
  });
  const { context, lines } = contextOf();
  await awaitProbe(context, probe(`http://127.0.0.1:${port}/hello`), "EdgeWorker 54321", code);
  expect(sent).toBe(5);
  expect(lines[0]).toBe(
    `EdgeWorker 54321: probing http://127.0.0.1:${port}/hello on staging, 3 times in a row.`,
  );
});

test("Host, path, method, headers, and the debug header are sent", async () => {
  const seen: IncomingMessage[] = [];
  const port = await serve((request, response) => {
    seen.push(request);
    response.end();
  });
  const { context } = contextOf();
  const what = probe("http://www.example.com/a?b=c", {
    connectTo: `127.0.0.1:${port}`,
    method: "POST",
    headers: { "X-Test": "1" },
    times: 1,
  });
  await awaitProbe(context, what, "property www.example.com", undefined);
  expect(
    seen.map(({ method, url, headers }) => [method, url, headers.host, headers.pragma, headers["x-test"]]),
  ).toEqual([["POST", "/a?b=c", "www.example.com", "akamai-x-ew-debug", "1"]]);
});

test("SNI and certificate are those of the site, whatever it connects to", async () => {
  const names: (string | false)[] = [];
  const { private: key, cert } = await generate([{ name: "commonName", value: "www.example.com" }], {
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "www.example.com" }] }],
  });
  const port = await serve(
    (request, response) => {
      names.push((request.socket as unknown as { servername: string | false }).servername);
      response.end();
    },
    { key, cert },
  );
  const { context } = contextOf({ certificateAuthority: cert });
  const what = probe("https://www.example.com/", { connectTo: `127.0.0.1:${port}`, times: 1 });
  await awaitProbe(context, what, "p", undefined);
  expect(names).toEqual(["www.example.com"]);
  await expect(
    awaitProbe(contextOf().context, { ...what, probe: { ...what.probe, within: 5 } }, "p", undefined),
  ).rejects.toThrow(
    /it is still no answer \((?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE)\)/,
  );
});

test.each<[what: string, answer: Answer, expected: object, seen: string]>([
  ["another status", (_q, r) => r.writeHead(503).end(), {}, "status 503, not 200"],
  [
    "a header",
    (_q, r) => r.writeHead(200, { "x-a": "b" }).end(),
    { header: { "X-A": "c" } },
    'header X-A: "b", not "c"',
  ],
  ["no header", (_q, r) => r.writeHead(200).end(), { header: { "X-A": "c" } }, 'header X-A: none, not "c"'],
  ["the body", (_q, r) => r.writeHead(200).end("Hello"), { body: "Guten Tag" }, 'a body without "Guten Tag"'],
  ["no answer", (q) => q.socket.destroy(), {}, "no answer (ECONNRESET)"],
  [
    "no debug header",
    (_q, r) => r.writeHead(200).end(),
    {},
    "no debug header that shows version 1.0 of EdgeWorker 54321 with Success",
  ],
  [
    "another version",
    (_q, r) => r.writeHead(200, { "X-Akamai-EdgeWorker-onClientRequest-Info": info("0.9") }).end(),
    {},
    "version 0.9 with Success, not version 1.0 of EdgeWorker 54321 with Success",
  ],
  [
    "a failure",
    (_q, r) =>
      r.writeHead(200, { "X-Akamai-EdgeWorker-onClientResponse-Info": info("1.0", "ExecutionError") }).end(),
    {},
    "version 1.0 with ExecutionError, not version 1.0 of EdgeWorker 54321 with Success",
  ],
  [
    "another EdgeWorker",
    (_q, r) =>
      r.writeHead(200, { "X-Akamai-EdgeWorker-onClientRequest-Info": info("1.0", "Success", 7) }).end(),
    {},
    "no debug header that shows version 1.0 of EdgeWorker 54321 with Success",
  ],
])("a probe that fails shows what was seen: %s", async (_what, answer, expected, seen) => {
  const port = await serve(answer);
  const url = `http://127.0.0.1:${port}/`;
  const failing = awaitProbe(
    contextOf().context,
    probe(url, { within: 20 }, expected),
    "EdgeWorker 54321",
    code,
  );
  await expect(failing).rejects.toThrow(
    `for the probe of ${url} on staging to succeed 3 times in a row; it is still ${seen}. Nothing was activated: what was live before still is. The next \`up\` probes again.`,
  );
});

test.each<[url: string, connectTo: string | undefined, network: string, target: string]>([
  ["https://www.example.com/", undefined, "staging", "www.example.com.edgekey-staging.net:443"],
  ["https://www.example.com:8443/", undefined, "production", "www.example.com.edgekey.net:8443"],
  ["http://direct.edgesuite.net/", undefined, "staging", "direct.edgesuite-staging.net:80"],
  ["http://127.0.0.1:8080/", undefined, "staging", "127.0.0.1:8080"],
  ["http://www.example.com.localhost:8080/", undefined, "staging", "127.0.0.1:8080"],
  ["http://[::1]:81/", undefined, "staging", "::1:81"],
  ["https://www.example.com/", "edge.example.net:444", "staging", "edge.example.net:444"],
  ["https://www.example.com/", "edge.example.net", "staging", "edge.example.net:443"],
])("%s, connectTo %s, on %s: connects to %s", async (url, connectTo, network, expected) => {
  const aliases: Record<string, string> = {
    "www.example.com": "cdn.example.com",
    "cdn.example.com": "www.example.com.edgekey.net.",
  };
  const resolve = async (name: string) => [aliases[name] ?? []].flat();
  const { host, port } = await targetOf(new URL(url), network, connectTo, resolve);
  expect(`${host}:${port}`).toBe(expected);
});

test("a hostname without an alias to an edge host", async () => {
  await expect(
    targetOf(new URL("https://www.example.org/"), "staging", undefined, async () => []),
  ).rejects.toThrow(
    "the edge host of www.example.org on staging can't be determined: DNS shows no alias to edgesuite.net, edgekey.net or akamaized.net. Set `after.probe.connectTo` to the host",
  );
});

test("an activation of an EdgeWorker names the code that must have served", () => {
  const of = (activation?: string) => codeOf({ ...probe("http://a/"), activation });
  expect([of("54321/staging/1.0"), of("54321/staging"), of("prp_1/staging/4"), of()]).toEqual([
    code,
    undefined,
    undefined,
    undefined,
  ]);
});
