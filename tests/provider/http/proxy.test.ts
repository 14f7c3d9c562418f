/** Requests through a proxy, by CONNECT: a small one runs in process. */
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { generate } from "selfsigned";
import { explain } from "../../../provider/errors";
import { createHttpClient, type HttpClientOptions } from "../../../provider/http/client";

const closing: (() => void)[] = [];
const port = (server: Server | ReturnType<typeof createServer>) => (server.address() as AddressInfo).port;
let certificate: string;
let host: string;
let proxy: Server;
let asked: { target: string; authorization: string | undefined; plain: boolean }[] = [];
/** What the proxy answers instead of a tunnel. */
let refused: number | undefined;

beforeAll(async () => {
  const made = await generate([{ name: "commonName", value: "api.example.test" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: new Date(Date.now() - 3_600_000),
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "api.example.test" }] }],
  });
  certificate = made.cert;
  const api = createServer({ cert: made.cert, key: made.private }, (_request, response) =>
    response.end("{}"),
  );
  proxy = createHttpServer((request, response) => {
    asked.push({ target: String(request.url), authorization: undefined, plain: true });
    response.end();
  });
  const sockets = new Set<Socket>();
  proxy.on("connect", (request, socket: Socket) => {
    const authorization = request.headers["proxy-authorization"];
    asked.push({ target: String(request.url), authorization, plain: false });
    socket.on("error", () => undefined);
    sockets.add(socket);
    if (refused === 0) return void socket.destroy();
    if (refused !== undefined)
      return void socket.end(
        `HTTP/1.1 ${refused} No\r\ncontent-type: application/json\r\n\r\n{"detail":"no"}`,
      );
    const target = connect(port(api), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      target.pipe(socket).pipe(target);
    });
    target.on("error", () => socket.destroy());
    sockets.add(target);
  });
  for (const server of [api, proxy])
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `api.example.test:${port(api)}`;
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    for (const server of [api, proxy]) server.close();
    api.closeAllConnections();
  });
});
beforeEach(() => {
  asked = [];
  refused = undefined;
});
afterAll(() => closing.forEach((close) => void close()));

function client(more: Partial<HttpClientOptions> = {}) {
  let time = 0;
  return createHttpClient({
    // Only the proxy can resolve the name.
    credentials: { host, clientToken: "t", accessToken: "a", clientSecret: "s" },
    certificateAuthority: certificate,
    proxy: {
      variable: "HTTPS_PROXY",
      address: `http://127.0.0.1:${port(proxy)}`,
      authorization: `Basic ${Buffer.from("ada:geheim").toString("base64")}`,
    },
    clock: {
      now: () => time,
      sleep: async (milliseconds) => {
        time += milliseconds;
      },
    },
    random: () => 0.5,
    ...more,
  });
}
const get = { method: "GET", path: "/edgekv/v1/tokens" } as const;
const failure = async (sending: Promise<unknown>): Promise<Error> =>
  sending.then(
    () => {
      throw new Error("this was to fail");
    },
    (error: unknown) => error as Error,
  );

test("go through a tunnel with the proxy's credentials, and keep it", async () => {
  const http = client();
  expect((await http.send(get)).status).toBe(200);
  expect((await http.send({ method: "POST", path: "/x", json: {} })).status).toBe(200);
  const authorization = `Basic ${Buffer.from("ada:geheim").toString("base64")}`;
  expect(asked).toEqual([{ target: host, authorization, plain: false }]);
});

test("the certificate of the service is verified behind the proxy: its authority, and its name", async () => {
  const unknown = await failure(client({ certificateAuthority: undefined }).send(get));
  expect(unknown.message).toMatch(/DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY/);
  const credentials = {
    host: `127.0.0.1:${host.split(":")[1]}`,
    clientToken: "t",
    accessToken: "a",
    clientSecret: "s",
  };
  expect((await failure(client({ credentials }).send(get))).message).toContain(
    "ERR_TLS_CERT_ALTNAME_INVALID",
  );
  expect(asked.length).toBe(2);
});

test.each<[status: number, attempts: number, message: RegExp]>([
  [
    407,
    1,
    /could not be reached: the proxy http:\/\/127\.0\.0\.1:\d+ refused the connection to api\.example\.test:\d+ with 407 \(PROXY\)\n {2}Put the user and the password of the proxy into HTTPS_PROXY/,
  ],
  [
    403,
    1,
    /with 403 \(PROXY\)\n {2}Ask for api\.example\.test:\d+ to be allowed there, check HTTPS_PROXY, or list/,
  ],
  [404, 1, /with 404 \(PROXY\)\n/],
  [502, 6, /in 6 attempts .*with 502 \(PROXY\)\n {2}The proxy may not be able to reach the host/],
  [0, 6, /the proxy http:\/\/127\.0\.0\.1:\d+ does not answer: .*\(PROXY\)\n {2}Check HTTPS_PROXY/],
])(
  "an answer of %i to CONNECT is an error of the proxy, and no answer of the service",
  async (status, attempts, message) => {
    refused = status;
    const expectedStatuses = [status];
    const error = await failure(client().send({ method: "POST", path: "/x", json: {}, expectedStatuses }));
    const shown = explain("making it", error);
    expect(shown).toMatch(message);
    expect(shown).not.toMatch(/geheim|YWRh/);
    expect(error).toMatchObject({ name: "ConnectionError", isOutcomeUnknown: false });
    expect(asked.length).toBe(attempts);
  },
);

test("a proxy that is not there is named", async () => {
  const error = await failure(
    client({ proxy: { variable: "https_proxy", address: "http://127.0.0.1:1" } }).send(get),
  );
  expect(explain("x", error)).toMatch(
    /the proxy http:\/\/127\.0\.0\.1:1 does not answer: connect ECONNREFUSED 127\.0\.0\.1:1 \(PROXY\)\n {2}Check https_proxy/,
  );
});
