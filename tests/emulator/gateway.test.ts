import { createHash, createHmac, randomUUID } from "node:crypto";
import { connect } from "node:net";
import { Bench, catalog, expectGatewayError } from "./support/client";

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.ready();
});
afterAll(() => bench.close());

const INITIALIZE = "/edgekv/v1/initialize";
const NAMESPACES = "/edgekv/v1/networks/staging/namespaces";
const UNAUTHENTICATED = "pep-authn/deny";

const stamp = (time: number) =>
  new Date(time)
    .toISOString()
    .replace(/-/g, "")
    .replace(/\.\d+Z$/, "+0000");

/** A signature computed here, from the description of the scheme. */
function sign(
  method: string,
  url: string,
  changes: {
    body?: string | Buffer;
    host?: string;
    time?: number;
    nonce?: string;
    secret?: string;
    clientToken?: string;
    accessToken?: string;
  } = {},
) {
  const { host, clientToken, clientSecret, accessToken } = bench.emulator.credentials();
  const timestamp = stamp(changes.time ?? Date.now());
  const pairs = `client_token=${changes.clientToken ?? clientToken};access_token=${changes.accessToken ?? accessToken};timestamp=${timestamp};nonce=${changes.nonce ?? randomUUID()};`;
  const prefix = `EG1-HMAC-SHA256 ${pairs}`;
  const hash = changes.body ? createHash("sha256").update(changes.body).digest("base64") : "";
  const key = createHmac("sha256", changes.secret ?? clientSecret)
    .update(timestamp)
    .digest("base64");
  const data = `${method}\thttps\t${changes.host ?? host}\t${url}\t\t${hash}\t${prefix}`;
  return `${prefix}signature=${createHmac("sha256", key).update(data).digest("base64")}`;
}

test("accepts a signature made after the description, and one of Akamai's own library", async () => {
  expect((await bench.send("GET", INITIALIZE, { authorization: sign("GET", INITIALIZE) })).status).toBe(200);
  expect((await bench.send("GET", INITIALIZE)).status).toBe(200);
});

test("the signature covers the query", async () => {
  const url = `${NAMESPACES}?details=on&accountSwitchKey=A-CCT1234%3A1-2RBL`;
  expect((await bench.send("GET", url, { authorization: sign("GET", url) })).status).toBe(200);
  expectGatewayError(
    await bench.send("GET", url, { authorization: sign("GET", NAMESPACES) }),
    401,
    UNAUTHENTICATED,
    "The signature does not match",
  );
});

test("accountSwitchKey is accepted everywhere and shows in the journal", async () => {
  await bench.send("GET", "initialize?accountSwitchKey=A-CCT1234");
  expect(bench.emulator.journal().at(-1)).toMatchObject({
    path: INITIALIZE,
    query: { accountSwitchKey: "A-CCT1234" },
    status: 200,
  });
});

test.each([
  ["no header", () => null, "Missing authorization header"],
  ["another scheme", () => "Bearer x", "Invalid authorization header"],
  [
    "an unknown client",
    () => sign("GET", INITIALIZE, { clientToken: "akab-other" }),
    "Inactive client token",
  ],
  [
    "a wrong access token",
    () => sign("GET", INITIALIZE, { accessToken: "akab-other" }),
    "Invalid access token",
  ],
  ["a wrong secret", () => sign("GET", INITIALIZE, { secret: "other" }), "The signature does not match"],
  ["another method", () => sign("PUT", INITIALIZE), "The signature does not match"],
  [
    "another host",
    () => sign("GET", INITIALIZE, { host: "akab.luna.akamaiapis.net" }),
    "The signature does not match",
  ],
  [
    "no signature",
    () => sign("GET", INITIALIZE).replace(/signature=.*/, "signature="),
    "The signature does not match",
  ],
  [
    "a timestamp of a minute ago",
    () => sign("GET", INITIALIZE, { time: Date.now() - 60_000 }),
    "Invalid timestamp",
  ],
  [
    "a timestamp of the next minute",
    () => sign("GET", INITIALIZE, { time: Date.now() + 60_000 }),
    "Invalid timestamp",
  ],
  [
    "a timestamp in another form",
    () => sign("GET", INITIALIZE).replace(/timestamp=[^;]*/, `timestamp=${Date.now()}`),
    "Invalid timestamp",
  ],
])("refuses %s", async (_name, authorization, detail) => {
  expectGatewayError(
    await bench.send("GET", INITIALIZE, { authorization: authorization() }),
    401,
    UNAUTHENTICATED,
    detail,
  );
  expect(bench.emulator.journal().at(-1)).toMatchObject({ status: 401, client: null });
});

test("tolerates a small skew", async () => {
  for (const skew of [-25_000, 25_000]) {
    expect(
      (
        await bench.send("GET", INITIALIZE, {
          authorization: sign("GET", INITIALIZE, { time: Date.now() + skew }),
        })
      ).status,
    ).toBe(200);
  }
});

test("refuses a nonce that was used before, but not one of a request that was refused", async () => {
  const nonce = randomUUID();
  expect(
    (
      await bench.send("GET", INITIALIZE, {
        authorization: sign("GET", INITIALIZE, { nonce, secret: "other" }),
      })
    ).status,
  ).toBe(401);
  const authorization = sign("GET", INITIALIZE, { nonce });
  expect((await bench.send("GET", INITIALIZE, { authorization })).status).toBe(200);
  expectGatewayError(
    await bench.send("GET", INITIALIZE, { authorization }),
    401,
    UNAUTHENTICATED,
    "The nonce was used before",
  );
});

test("the skew is one against the machine, wherever the emulator's clock is", async () => {
  bench.emulator.clock.advance(86_400);
  expect((await bench.send("GET", INITIALIZE)).status).toBe(200);
});

test("the signature covers the body of a POST", async () => {
  const body = JSON.stringify({ ...catalog, namespace: "signed" });
  const refused = await bench.send("POST", NAMESPACES, {
    body,
    authorization: sign("POST", NAMESPACES, { body: body.replace("signed", "forged") }),
  });
  expectGatewayError(refused, 401, UNAUTHENTICATED, "The signature does not match");
  expect(
    (await bench.send("POST", NAMESPACES, { body, authorization: sign("POST", NAMESPACES, { body }) }))
      .status,
  ).toBe(200);
});

test("only the first 131072 bytes of a body are signed", async () => {
  const body = Buffer.from(`{"name":"${"ü".repeat(100_000)}"}`);
  const path = "/edgekv/v1/tokens";
  const authorization = sign("POST", path, { body: body.subarray(0, 131_072) });
  expect((await bench.send("POST", path, { body, authorization })).status).toBe(400);
});

test("the body of a PUT is not signed", async () => {
  const path = `${NAMESPACES}/default/groups/g/items/i`;
  expect((await bench.send("PUT", path, { body: "anything", authorization: sign("PUT", path) })).status).toBe(
    200,
  );
});

test("takes a body in chunks", async () => {
  const path = `${NAMESPACES}/default/groups/g/items/chunked`;
  const sent = { body: "in chunks", chunked: true, headers: { "Content-Type": "text/plain" } };
  expect((await bench.send("PUT", path, sent)).status).toBe(200);
  expect((await bench.send("GET", path)).text).toBe("in chunks");
});

test("a client with read-only access may not write", async () => {
  expect((await bench.send("GET", "networks/staging/namespaces", { section: "read-only" })).status).toBe(200);
  const refused = await bench.send("POST", "networks/staging/namespaces", {
    section: "read-only",
    body: catalog,
  });
  expectGatewayError(
    refused,
    403,
    "pep-authz/deny",
    "The client does not have the grant needed for the request",
  );
  expect(refused.json.authzRealm).toEqual(expect.any(String));
});

test("a client without a grant for the product may nothing", async () => {
  const other = await Bench.ready();
  const state = other.emulator.state.get() as { clients: Record<string, { grants: object }> };
  Object.assign(state.clients.default ?? {}, { grants: {} });
  other.emulator.state.put(state);
  expect((await other.send("GET", "initialize")).status).toBe(403);
  await other.close();
});

test("the gateway answers 404 for what does not exist, also for impossible paths", async () => {
  const detail = "The system was unable to locate the requested resource";
  expectGatewayError(await bench.send("GET", "nothing"), 404, "resource-impl/forward-origin-error", detail);
  expectGatewayError(await bench.send("PATCH", "tokens"), 404, "resource-impl/forward-origin-error", detail);
  expectGatewayError(
    await bench.send("GET", "//[", { authorization: sign("GET", "//[") }),
    404,
    "resource-impl/forward-origin-error",
    detail,
  );
  expect((await bench.send("GET", "tokens/%zz")).status).toBe(400);
});

test("the connection is TLS only, on the loopback address", async () => {
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(Number(bench.emulator.host.split(":")[1]), "127.0.0.1", () =>
      socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    );
    socket.on("data", (data) => resolve(data.toString()));
    socket.on("close", () => resolve(""));
    socket.on("error", () => resolve(""));
  });
  expect(answer).not.toMatch(/^HTTP\/1.1 200/);
});
