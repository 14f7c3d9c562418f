/** Answers that are made to hurt: bodies that grow when they are unpacked, numbers of any size, echoes of secrets. */
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { generate } from "selfsigned";
import { z } from "zod";
import { downloadItems } from "../../../provider/api/edgekv/downloads";
import { ApiError, explain, PreconditionError, UnexpectedReplyError } from "../../../provider/errors";
import { maxBodyBytes } from "../../../provider/http/body";
import { createHttpClient } from "../../../provider/http/client";
import { requestLogLine } from "../../../provider/http/requestLog";
import { limitsFromHeaders, retryAfterFromHeaders } from "../../../provider/http/retryAfter";
import type { ApiReply, ApiRequest } from "../../../provider/runtime/httpClient";

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** Sends zeros without an end. */
  readonly isEndless?: true;
}

const accountSwitchKey = "1-ABCDE:1-2RBL";
const secrets = {
  clientSecret: "TheClientSecret+/=",
  clientToken: "akab-the-client",
  accessToken: "akab-the-access",
};
let server: Server;
let certificate: string;
let answer: (authorization: string) => Answer;
const paths: string[] = [];

beforeAll(async () => {
  const made = await generate([{ name: "commonName", value: "127.0.0.1" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: new Date(Date.now() - 3_600_000),
    extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
  });
  certificate = made.cert;
  server = createServer({ cert: made.cert, key: made.private }, (request, response) => {
    paths.push(String(request.url));
    request.resume();
    const {
      status = 200,
      headers = {},
      body = "",
      isEndless,
    } = answer(String(request.headers.authorization));
    response.writeHead(status, { "content-type": "application/json", ...headers });
    if (!isEndless) return response.end(body);
    const zeros = Buffer.alloc(1024 * 1024);
    const more = () => {
      while (!response.destroyed && response.write(zeros));
    };
    response.on("drain", more);
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function send(request: Partial<ApiRequest>, given: Answer | ((authorization: string) => Answer)) {
  paths.length = 0;
  answer = typeof given === "function" ? given : () => given;
  let time = Date.parse("2026-03-04T09:00:00Z");
  const http = createHttpClient({
    credentials: { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, ...secrets },
    certificateAuthority: certificate,
    accountSwitchKey,
    clock: {
      now: () => time,
      sleep: async (milliseconds) => {
        time += milliseconds;
      },
    },
    random: () => 0.5,
    retry: { maxAttempts: 1, maxElapsedMs: 1000, baseDelayMs: 1, maxDelayMs: 1 },
  });
  try {
    return await http.send({ method: "GET", path: "/edgekv/v1/tokens", ...request });
  } catch (error) {
    return error as Error;
  }
}

const bomb = () => gzipSync(Buffer.alloc(maxBodyBytes + 1));

test.each<[string, Answer]>([
  ["a small body becomes a large one", { headers: { "content-encoding": "gzip" }, body: bomb() }],
  ["twice packed", { headers: { "content-encoding": "gzip, gzip" }, body: gzipSync(bomb()) }],
  [
    "by Brotli",
    { headers: { "content-encoding": "br" }, body: brotliCompressSync(Buffer.alloc(maxBodyBytes + 1)) },
  ],
  ["it has no end", { isEndless: true }],
  ["it has no end, and a size", { headers: { "content-length": "99999999999" }, isEndless: true }],
])("a body that is too large is an error that says so: %s", async (_, given) => {
  const error = await send({}, given);
  expect(error).toBeInstanceOf(UnexpectedReplyError);
  expect((error as Error).message).toMatch(
    /^GET \/edgekv\/v1\/tokens was answered with 200, but the body is not what the API documents: it has more than 32 MiB, and was not read/,
  );
  const refused = await send({}, { ...given, status: 400 });
  expect((refused as Error).message).toMatch(/400.*it has more than 32 MiB, and was not read/);
});

describe("a download", () => {
  let received: number;
  let most: number;
  /** Takes the body, and keeps none of it. */
  const consume = async (body: AsyncIterable<Uint8Array>) => {
    received = 0;
    for await (const chunk of body) {
      received += chunk.byteLength;
      most = Math.max(most, chunk.byteLength);
    }
  };
  beforeEach(() => {
    [received, most] = [0, 0];
  });

  test.each<[string, Answer]>([
    ["a small one becomes a large one", { headers: { "content-encoding": "gzip" }, body: bomb() }],
    ["twice packed", { headers: { "content-encoding": "gzip, gzip" }, body: gzipSync(bomb()) }],
    ["it has no end", { isEndless: true }],
    ["it has no end, and a size", { headers: { "content-length": "99999999999" }, isEndless: true }],
  ])("the body of its refusal is bounded: %s", async (_, given) => {
    for (const status of [400, 302]) {
      const refused = await send({ consume }, { ...given, status });
      expect((refused as Error).message).toMatch(
        new RegExp(`${status}.*it has more than 32 MiB, and was not read`),
      );
      expect(received).toBe(0);
    }
  });

  test("what its refusal repeats is hidden", async () => {
    const refused = await send({ consume }, (authorization) => ({
      status: 400,
      headers: { "content-encoding": "gzip" },
      body: gzipSync(JSON.stringify({ detail: `a ${authorization} ${secrets.accessToken} b` })),
    }));
    expect(refused).toBeInstanceOf(ApiError);
    expect((refused as Error).message).toContain("[secret]");
    expect((refused as Error).message).not.toContain(secrets.accessToken);
  });

  test("its data is unpacked as it comes, in pieces", async () => {
    const given = { headers: { "content-encoding": "gzip" }, body: bomb() };
    expect(await send({ consume }, given)).toMatchObject({ status: 200 });
    expect(received).toBe(maxBodyBytes + 1);
    expect(most).toBeLessThan(1024 * 1024);
  });

  test.each<[string, Answer, RegExp]>([
    [
      "cut off",
      { headers: { "content-encoding": "gzip" }, body: bomb().subarray(0, 500) },
      /can't be unpacked/,
    ],
    ["no gzip", { headers: { "content-encoding": "gzip" }, body: "a,b,c" }, /can't be unpacked/],
    ["packed as nobody asked", { headers: { "content-encoding": "br" }, body: "x" }, /was not asked for/],
    [
      "a page",
      { headers: { "content-type": "text/html" }, body: "<p>Sign in</p>" },
      /it is a page, not data/,
    ],
  ])("its data is refused: %s", async (_, given, reason) => {
    const error = await send({ consume }, given);
    expect(error).toBeInstanceOf(UnexpectedReplyError);
    expect((error as Error).message).toMatch(reason);
  });

  test("a redirect without a body is no empty download", async () => {
    const moved = { status: 302, headers: { location: "https://login.example.com" }, body: "" };
    expect(await send({ consume }, moved)).toBeInstanceOf(ApiError);
  });

  test("a record, and a name, have an end", async () => {
    const items: unknown[] = [];
    const start = () => ({ take: (item: unknown) => items.push(item), end: () => items });
    const ref = { network: "staging", namespace: "catalog" } as const;
    /** Why the download ended. */
    const download = async (given: Answer) => {
      const outcomes: unknown[] = [];
      const http = {
        send: async (request: ApiRequest) => {
          outcomes.push(await send(request, given));
          return outcomes[0] as ApiReply;
        },
      };
      await downloadItems(http, ref, start);
      return String(outcomes[0]);
    };
    expect(await download({ body: `g,k,"${"a".repeat(3_000_000)}"\r\n` })).toContain("more than 2 MiB");
    expect(await download({ isEndless: true })).toContain("more than 2 MiB");
    expect(await download({ body: `g,${"k".repeat(600)},v\r\n` })).toContain("more than 512 characters");
    expect(items).toEqual([]);
  });
});

test.each<[string, (bytes: Buffer) => Buffer]>([
  ["gzip", gzipSync],
  ["x-gzip", gzipSync],
  ["deflate", deflateSync],
  ["deflate", deflateRawSync],
  ["br", brotliCompressSync],
  ["identity", (bytes) => bytes],
])("a body packed by %s is read", async (encoding, pack) => {
  const reply = await send(
    {},
    { headers: { "content-encoding": encoding }, body: pack(Buffer.from('{"a":1}')) },
  );
  expect((reply as { as(shape: unknown): unknown }).as(z.object({ a: z.number() }))).toEqual({ a: 1 });
});

test.each(["gzip", "made-up", "gzip, gzip, gzip", "__proto__"])(
  "a body that is not packed by %s is an error",
  async (encoding) => {
    const error = await send({}, { headers: { "content-encoding": encoding }, body: "no such thing" });
    expect(error).toBeInstanceOf(UnexpectedReplyError);
  },
);

test("times and numbers of any size are bounded before they become a date", async () => {
  const digits = "9".repeat(400);
  const nowMs = Date.parse("2026-03-04T09:00:00Z");
  const year = 366 * 86_400_000;
  expect(retryAfterFromHeaders({ "retry-after": digits }, nowMs)).toBe(year);
  expect(retryAfterFromHeaders({ "retry-after": "+275760-09-12T00:00:00Z" }, nowMs)).toBe(year);
  expect(limitsFromHeaders({ "x-ratelimit-remaining": digits }, nowMs).remaining).toBe(1_000_000_000);
  const error = await send({}, { status: 429, headers: { "retry-after": digits } });
  expect(explain("reading", error)).toContain("until 2027-03-05T09:00:00.000Z");
});

test.each([
  "/edgeworkers/v1/ids/42/versions/.",
  "/edgeworkers/v1/ids/42/versions/..",
  "/edgeworkers/v1/ids/42/versions/%2e%2e",
  "/edgekv/v1/../../papi/v1/groups",
  "//example.com/edgekv/v1/tokens",
  "/\\example.com/edgekv/v1/tokens",
  "/edgekv/v1/tokens?x=1",
  "/edgekv/v1/tokens#x",
])("a path that changes when it is parsed is not sent: %s", async (path) => {
  const error = await send({ path }, { body: "{}" });
  expect(error).toBeInstanceOf(PreconditionError);
  expect((error as Error).message).toContain("was not sent: the path changes when it is parsed");
  expect(paths).toEqual([]);
});

describe("what an answer repeats is hidden", () => {
  const value = JSON.stringify({ user: "a", password: "correct horse battery" });
  const item = {
    method: "PUT",
    path: "/edgekv/v1/items/a",
    raw: { contentType: "application/json", bytes: value },
  } as const;

  test.each<[string, (authorization: string) => string]>([
    ["the value of an item", () => value],
    ["a part of the value", () => "correct horse battery"],
    ["the value in a URL", () => encodeURIComponent(value)],
    ["the value in base64", () => Buffer.from(value).toString("base64")],
    ["the beginning of the value", () => `x`.repeat(380) + value.slice(0, 44)],
    ["the authorization", (authorization) => authorization],
    [
      "the authorization in another spelling",
      (authorization) => authorization.toLowerCase().replace("-", "_"),
    ],
    ["the fields of the authorization", (authorization) => authorization.split(" ")[1] ?? ""],
    ["the credentials", () => Object.values(secrets).join(" ")],
    ["the account switch key", () => `/a?accountSwitchKey=${encodeURIComponent(accountSwitchKey)}`],
    ["the account switch key alone", () => `key ${accountSwitchKey}`],
  ])("%s", async (_, echo) => {
    let sent = "";
    for (const [field, body] of [
      ["detail", (text: string) => JSON.stringify({ title: "Bad Request", detail: text })],
      ["instance", (text: string) => JSON.stringify({ instance: text })],
      ["errorCode", (text: string) => JSON.stringify({ errorCode: text })],
      ["a page", (text: string) => `<p>${text}</p>`],
    ] as const) {
      const error = await send(item, (authorization) => {
        sent = authorization;
        return { status: 400, body: body(echo(authorization)) };
      });
      expect(error).toBeInstanceOf(ApiError);
      const shown = `${(error as Error).message} ${JSON.stringify(error)}`.toLowerCase();
      const signature = /signature=(.*)$/.exec(sent)?.[1] ?? "";
      for (const secret of [...Object.values(secrets), accountSwitchKey, "correct horse", "horse", signature])
        expect([field, shown.includes(secret.toLowerCase())]).toEqual([field, false]);
      expect(shown).not.toContain(encodeURIComponent(accountSwitchKey).toLowerCase());
    }
  });

  test("and in an answer that its caller expects", async () => {
    const reply = await send(
      { ...item, expectedStatuses: [404] },
      { status: 404, body: `{"detail":${JSON.stringify(value)}}` },
    );
    expect((reply as { text: string }).text).toBe('{"detail":"[secret]"}');
  });
});

test("a line of the request log is JSON without anything that a terminal obeys", () => {
  const hostile = "\u001b[31m\u009b\u202e\n::error::##vso[x]";
  const line = requestLogLine({
    beganMs: 0,
    endedMs: 1,
    method: "GET",
    path: `/a${hostile}`,
    outcome: hostile,
    attempt: 1,
    requestId: hostile.repeat(100_000),
  });
  expect(line).toMatch(/^[\x20-\x7e…]+$/);
  expect(line).not.toContain("##vso[");
  expect(JSON.parse(line)).toMatchObject({ attempt: 1 });
});
