import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, request, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { generate } from "selfsigned";
import { z } from "zod";
import {
  ApiError,
  ConnectionError,
  explain,
  PreconditionError,
  UnexpectedReplyError,
} from "../../../provider/errors";
import { createHttpClient, type HttpClientOptions } from "../../../provider/http/client";
import { type RequestAttempt, requestLogLine } from "../../../provider/http/requestLog";
import type { Clock } from "../../../provider/runtime/clock";
import type { ApiReply, ApiRequest } from "../../../provider/runtime/httpClient";
import { version } from "../../../provider/runtime/packageVersion";

/** A request as the server got it. */
interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}
interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** Instead of an answer: the connection ends, or nothing comes at all. */
  readonly fault?: "cut" | "cut in the body" | "silence";
  readonly after?: Promise<void>;
}

const secrets = {
  clientSecret: "TheClientSecret+/=",
  clientToken: "akab-client-token",
  accessToken: "akab-access-token",
};
let certificate: string;
let server: Server;
let host: string;
let seen: Seen[] = [];
let answers: Answer[] = [];

beforeAll(async () => {
  const names = { name: "subjectAltName" as const, altNames: [{ type: 7 as const, ip: "127.0.0.1" }] };
  const made = await generate([{ name: "commonName", value: "127.0.0.1" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: new Date(Date.now() - 3_600_000),
    extensions: [names],
  });
  certificate = made.cert;
  server = createServer({ cert: made.cert, key: made.private }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    seen.push({
      method: String(request.method),
      url: String(request.url),
      headers: request.headers,
      body: Buffer.concat(chunks),
    });
    const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? {};
    await answer.after;
    if (answer.fault === "silence") return;
    if (answer.fault === "cut") return void request.socket.destroy();
    if (answer.fault === "cut in the body") {
      response.writeHead(answer.status ?? 200, { "content-length": "1000" });
      response.write("{", () => request.socket.destroy());
      return;
    }
    response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
    response.end(answer.body ?? "{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  seen = [];
  answers = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function quickClock(): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  let time = Date.parse("2026-03-04T09:00:00Z");
  return {
    slept,
    now: () => time,
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
      time += milliseconds;
    },
  };
}
function client(more: Partial<HttpClientOptions> = {}) {
  return createHttpClient({
    credentials: { host, ...secrets },
    certificateAuthority: certificate,
    clock: quickClock(),
    random: () => 0.5,
    // An upper bound that no test reaches on a busy machine.
    timeoutMs: 60_000,
    ...more,
  });
}
async function failure(sending: Promise<unknown>): Promise<Error> {
  try {
    await sending;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error("this was to fail");
}
async function refusal(sending: Promise<unknown>): Promise<ApiError> {
  const error = await failure(sending);
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}
async function noAnswer(sending: Promise<unknown>): Promise<ConnectionError> {
  const error = await failure(sending);
  expect(error).toBeInstanceOf(ConnectionError);
  return error as ConnectionError;
}
const path = "/edgekv/v1/tokens";
const get: ApiRequest = { method: "GET", path };
const post: ApiRequest = { method: "POST", path, json: { name: "catalog-r" } };

/** The signature as Akamai's documentation defines it, with nothing of the library that made it. */
function signatureOf({ method, url, headers, body }: Seen): string {
  const [, unsigned = "", timestamp = ""] =
    /^(EG1-HMAC-SHA256 .*timestamp=([^;]*);nonce=[^;]*;)signature=/.exec(String(headers.authorization)) ?? [];
  const signed =
    method === "POST" && body.length > 0
      ? createHash("sha256").update(body.subarray(0, 131_072)).digest("base64")
      : "";
  const data = [method, "https", host, url, "", signed, unsigned].join("\t");
  const key = createHmac("sha256", secrets.clientSecret).update(timestamp).digest("base64");
  return createHmac("sha256", key).update(data).digest("base64");
}
function part(request: Seen | undefined, name: string): string {
  return new RegExp(`${name}=([^;]*)`).exec(String(request?.headers.authorization))?.[1] ?? "";
}

describe("the signature", () => {
  const big = "x".repeat(131_072);
  const raw = (contentType: string, bytes: Uint8Array | string) => ({ raw: { contentType, bytes } });
  const table: [what: string, request: ApiRequest][] = [
    ["a GET", get],
    ["a GET with a query", { ...get, query: { includeExpired: "true" } }],
    ["a GET with a query of any text", { ...get, query: { note: "a b+c/ü'~*()&=%🚀", empty: "" } }],
    ["a path with encoded parts", { ...get, path: `${path}/${encodeURIComponent("a b'ü")}` }],
    ["a POST with a body", post],
    ["a POST without a body", { method: "POST", path: `${path}/catalog-r/refresh` }],
    ["a POST with a body that is not ASCII", { ...post, json: { note: "Grüße 🚀 \u2028" } }],
    ["a POST at the length that is signed", { method: "POST", path, ...raw("text/plain", big) }],
    ["a POST over the length that is signed", { method: "POST", path, ...raw("text/plain", `${big}tail`) }],
    [
      "a POST over that length in bytes, not in characters",
      { method: "POST", path, ...raw("text/plain", "ü".repeat(70_000)) },
    ],
    [
      "a POST of bytes that are no text",
      { method: "POST", path, ...raw("application/gzip", Buffer.from([0x1f, 0x8b, 0xff, 0xfe, 0])) },
    ],
    [
      "a POST of bytes of any other type",
      { method: "POST", path, ...raw("application/octet-stream", Uint8Array.of(0, 255, 128)) },
    ],
    [
      "a PUT, whose body is not signed",
      { method: "PUT", path: "/edgekv/v1/initialize", json: { note: "Grüße" } },
    ],
    ["a DELETE", { method: "DELETE", path: `${path}/catalog-r` }],
  ];
  test.each(table)("is right for %s", async (_what, request) => {
    await client({ accountSwitchKey: "1-ABC:1-2RBL" }).send(request);
    const [got] = seen;
    expect(got).toBeDefined();
    expect(part(got, "signature")).toBe(got && signatureOf(got));
    expect(part(got, "client_token")).toBe(secrets.clientToken);
    expect(part(got, "access_token")).toBe(secrets.accessToken);
    expect(part(got, "timestamp")).toMatch(/^\d{8}T\d\d:\d\d:\d\d\+0000$/);
  });

  test("is made anew for every attempt", async () => {
    answers = [{ status: 503 }, { status: 503 }, { status: 200 }];
    await client().send(get);
    expect(seen).toHaveLength(3);
    expect(new Set(seen.map((one) => part(one, "nonce"))).size).toBe(3);
    for (const one of seen) expect(part(one, "signature")).toBe(signatureOf(one));
  });

  test("carries the time of this machine, not of the clock that waits are measured with", async () => {
    await client().send(get);
    expect(part(seen[0], "timestamp").slice(0, 4)).toBe(String(new Date().getUTCFullYear()));
  });
});

describe("before a change", () => {
  test("the run is asked at every attempt, and not for what only reads", async () => {
    answers = [{ status: 503 }, { status: 503 }, { status: 200 }];
    const seenThen: number[] = [];
    const http = client({ beforeChange: () => void seenThen.push(seen.length) });
    await http.send({ method: "PUT", path });
    expect(seenThen).toEqual([0, 1, 2]);
    await http.send(get);
    expect(seen).toHaveLength(4);
    expect(seenThen).toHaveLength(3);
  });

  test.each(["POST", "PUT", "DELETE"] as const)(
    "a run that may not go on sends no %s, and says why once",
    async (method) => {
      const why = new PreconditionError("the engine is gone");
      const clock = quickClock();
      let asked = 0;
      const beforeChange = () => {
        asked += 1;
        throw why;
      };
      expect(await failure(client({ beforeChange, clock }).send({ method, path }))).toBe(why);
      expect([asked, seen.length, clock.slept]).toEqual([1, 0, []]);
    },
  );

  test("a run that may not go on leaves out the repetition of what failed", async () => {
    answers = [{ status: 503 }, {}];
    const beforeChange = () => {
      if (seen.length > 0) throw new PreconditionError("the engine is gone");
    };
    expect(
      (await failure(client({ beforeChange }).send({ method: "PUT", path, adaptive: true }))).message,
    ).toBe("the engine is gone");
    expect(seen).toHaveLength(1);
  });
});

describe("a request", () => {
  test("names the account on every call when it is to be switched", async () => {
    answers = [{ status: 503 }, {}];
    const http = client({ accountSwitchKey: "1-ABC:1-2RBL" });
    await http.send(get);
    await http.send({ ...post, query: { a: "b" } });
    const keys = seen.map(({ url }) => new URL(url, "https://h").searchParams.get("accountSwitchKey"));
    expect(keys).toEqual(["1-ABC:1-2RBL", "1-ABC:1-2RBL", "1-ABC:1-2RBL"]);
    expect(seen[2]?.url).toContain("a=b");
  });

  test("names no account when there is none to switch to", async () => {
    await client().send(get);
    expect(seen[0]?.url).toBe(path);
  });

  test("names the version of this package", async () => {
    await client().send(get);
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(seen[0]?.headers["user-agent"]).toContain(`pulumi-akamai-edge/${version} `);
  });

  test("carries its body as JSON, or as it is", async () => {
    const http = client();
    await http.send(post);
    await http.send({ method: "PUT", path, raw: { contentType: "text/plain", bytes: "42" } });
    await http.send({
      method: "PUT",
      path,
      raw: { contentType: "application/gzip", bytes: Uint8Array.of(0x1f, 0x8b, 0xff) },
    });
    expect(seen.map(({ headers, body }) => [headers["content-type"], body.toString("hex")])).toEqual([
      ["application/json", Buffer.from('{"name":"catalog-r"}').toString("hex")],
      ["text/plain", Buffer.from("42").toString("hex")],
      ["application/gzip", "1f8bff"],
    ]);
  });

  test("that may change something is reported, whatever its outcome; one that only reads is not", async () => {
    let changes = 0;
    const http = client({ onChange: () => changes++ });
    await http.send(get);
    expect(changes).toBe(0);
    await http.send(post);
    answers = [{ status: 400 }];
    await failure(http.send({ method: "DELETE", path }));
    expect(changes).toBe(2);
  });

  test("that changes nothing, whatever its method, is not reported and may be repeated", async () => {
    let changes = 0;
    answers = [{ status: 503 }, { status: 200 }];
    await client({ onChange: () => changes++ }).send({ ...post, changesNothing: true });
    expect([seen.length, changes]).toEqual([2, 0]);
    answers = [{ status: 500 }];
    expect((await refusal(client().send({ ...post, changesNothing: true }))).isOutcomeUnknown).toBe(false);
  });

  test("has the headers that are asked for, and no others in place of its own", async () => {
    await client().send({ ...get, headers: { "if-match": '"e"', accept: "text/html" } });
    expect(seen[0]?.headers).toMatchObject({ "if-match": '"e"', accept: "application/json" });
  });

  test("waits for its turn when enough others are on their way", async () => {
    let open = 0;
    let most = 0;
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let reportTwo: () => void = () => undefined;
    const twoAreOpen = new Promise<void>((resolve) => {
      reportTwo = resolve;
    });
    answers = [{ after: gate }];
    const count = (_request: IncomingMessage, response: ServerResponse) => {
      open += 1;
      most = Math.max(most, open);
      if (open === 2) reportTwo();
      response.on("finish", () => {
        open -= 1;
      });
    };
    server.on("request", count);
    const http = client({ concurrency: 2 });
    const all = Promise.all(Array.from({ length: 6 }, () => http.send(get)));
    await twoAreOpen;
    // A third request would come in this time, on most machines.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(open).toBe(2);
    release();
    await all;
    server.removeListener("request", count);
    expect(most).toBe(2);
    expect(seen).toHaveLength(6);
  });
});

describe("a reply", () => {
  const replyTo = async (answer: Answer, request: ApiRequest = get): Promise<ApiReply> => {
    answers = [answer];
    return client().send(request);
  };

  test("is read as JSON of the shape that is asked for", async () => {
    const reply = await replyTo({
      status: 201,
      headers: { "x-trace-id": "t" },
      body: '{"name":"a","more":1}',
    });
    expect([reply.status, reply.headers["x-trace-id"], reply.as(z.object({ name: z.string() }))]).toEqual([
      201,
      "t",
      { name: "a" },
    ]);
  });

  test("keeps its bytes and its text as they came", async () => {
    const reply = await replyTo({ headers: { "content-type": "text/plain" }, body: '"42" ü' });
    expect([reply.text, Buffer.from(reply.bytes).toString("utf8")]).toEqual(['"42" ü', '"42" ü']);
  });

  test.each(["GET", "PUT", "POST", "DELETE"] as const)(
    "that is a page proves nothing of a %s, although its body is not read",
    async (method) => {
      const error = await failure(
        replyTo(
          { headers: { "content-type": "text/html; charset=utf-8" }, body: "\n<!DOCTYPE html>" },
          { method, path },
        ),
      );
      expect(error).toBeInstanceOf(UnexpectedReplyError);
      expect(error.message).toContain(
        `${method} ${path} was answered with 200, but the body is not what the API documents: it is a page`,
      );
    },
  );

  test("that is text may look like a page: it may be the value of an item", async () => {
    expect((await replyTo({ headers: { "content-type": "text/plain" }, body: "<html>" })).text).toBe(
      "<html>",
    );
  });

  test("may be empty", async () => {
    expect((await replyTo({ status: 204, body: "" })).text).toBe("");
  });

  test("from 400 up can be an answer", async () => {
    const reply = await replyTo(
      { status: 404, body: '{"accountStatus":"UNINITIALIZED"}' },
      { ...get, expectedStatuses: [404] },
    );
    expect([reply.status, reply.text]).toEqual([404, '{"accountStatus":"UNINITIALIZED"}']);
  });

  test("that leads elsewhere can be an answer", async () => {
    const reply = await replyTo(
      { status: 302, body: '{"redirectLink":"/x"}' },
      { ...get, expectedStatuses: [302] },
    );
    expect([reply.status, reply.text, seen.length]).toEqual([302, '{"redirectLink":"/x"}', 1]);
  });

  test("from 400 up is an error where it is none of the answers", async () => {
    expect((await refusal(replyTo({ status: 400 }, { ...get, expectedStatuses: [404] }))).status).toBe(400);
  });

  test.each(["DELETE", "PUT", "GET"] as const)(
    "that leads %s elsewhere is no success, and is not followed",
    async (method) => {
      const error = await refusal(
        replyTo({ status: 302, headers: { location: `https://${host}/login` } }, { method, path }),
      );
      expect(error.status).toBe(302);
      expect(seen).toHaveLength(1);
    },
  );

  test.each([
    ["HTML", "<html>welcome</html>", "it is a page, not JSON"],
    ["nothing", "", "it is empty"],
    [
      "JSON that is cut off",
      '{"name":"catalog-r","value":"eyJhbGciOiJSUzI1NiJ9.secret',
      "it is no JSON, or cut off",
    ],
    [
      "JSON of another shape",
      '{"name":42,"value":"eyJhbGciOiJSUzI1NiJ9.secret"}',
      "name: Invalid input: expected string, received number",
    ],
    ["JSON without a field", '{"value":"eyJhbGciOiJSUzI1NiJ9.secret"}', "name: is missing (expected string)"],
  ])(
    "that succeeds with %s fails as unexpected, and the error has nothing of the body",
    async (_what, body, problem) => {
      const reply = await replyTo({ body, headers: { "x-trace-id": "trace" } });
      const error = await failure((async () => reply.as(z.object({ name: z.string() })))());
      expect(error).toBeInstanceOf(UnexpectedReplyError);
      expect(error.message).toBe(
        `GET ${path} was answered with 200, but the body is not what the API documents: ${problem} (request trace)`,
      );
      expect(inspect(error, { depth: 10 }) + JSON.stringify(error)).not.toContain("eyJ");
    },
  );
});

describe("a request is sent again", () => {
  test.each(["GET", "PUT", "DELETE"] as const)(
    "when a %s was answered with 503, until it is not",
    async (method) => {
      answers = [{ status: 503 }, { status: 503 }, { status: 200, body: '{"done":true}' }];
      const clock = quickClock();
      const reply = await client({ clock }).send({ method, path });
      expect(reply.text).toBe('{"done":true}');
      expect(clock.slept).toEqual([250, 500]);
    },
  );

  test("never more often than the policy allows: got adds no retries of its own", async () => {
    answers = [{ status: 503, headers: { "retry-after": "1" } }];
    const clock = quickClock();
    const error = await refusal(
      client({
        clock,
        retry: { maxAttempts: 3, maxElapsedMs: 60_000, baseDelayMs: 100, maxDelayMs: 100 },
      }).send(get),
    );
    expect(error.status).toBe(503);
    expect(seen).toHaveLength(3);
    expect(clock.slept).toHaveLength(2);
  });

  // A wait on the machine's own clock as well would be longer than a test may take.
  test("only once for each wait, and without waiting any longer than that", async () => {
    answers = [{ status: 429, headers: { "retry-after": "300" } }, {}];
    const clock = quickClock();
    await client({ clock }).send(post);
    expect(clock.slept).toEqual([300_250]);
    expect(seen).toHaveLength(2);
  });

  test("although the time for an attempt is up while it waits", async () => {
    answers = [{ status: 503 }, { status: 200, body: '{"late":true}' }];
    const clock: Clock = {
      now: () => Date.now(),
      sleep: () => new Promise((resolve) => setTimeout(resolve, 1200)),
    };
    expect((await client({ clock, timeoutMs: 1000 }).send(get)).text).toBe('{"late":true}');
  });

  test("with the same body, when a POST was refused by a limit", async () => {
    answers = [{ status: 429 }, {}];
    await client().send(post);
    expect(seen.map(({ body }) => body.toString())).toEqual(['{"name":"catalog-r"}', '{"name":"catalog-r"}']);
  });

  test("as often as it takes, when the service names the time of the reset", async () => {
    const reset = (second: number) =>
      `2026-03-04T09:0${Math.floor(second / 60)}:${String(second % 60).padStart(2, "0")}Z`;
    const full = (second: number) => ({
      "x-ratelimit-version-per-minute-remaining": "0",
      "x-ratelimit-version-per-minute-reset": reset(second),
    });
    answers = [
      ...Array.from({ length: 8 }, (_, number) => ({ status: 429, headers: full(30 * (number + 1)) })),
      {},
    ];
    const clock = quickClock();
    await client({ clock, random: () => 0 }).send(post);
    expect([seen.length, clock.slept]).toEqual([9, Array.from({ length: 8 }, () => 30_000)]);
  });

  test("when only the text of the body names the time", async () => {
    const body =
      "Your request did not succeed as this operation has reached the limit for your account. Please try after 2026-03-04T09:00:20.500Z";
    answers = [{ status: 429, body, headers: { "content-type": "text/plain" } }, {}];
    const clock = quickClock();
    await client({ clock, random: () => 0 }).send(post);
    expect(clock.slept).toEqual([20_500]);
  });

  test("but not when that is hours away: the error names the time", async () => {
    const headers = {
      "x-ratelimit-ew-id-per-day-remaining": "0",
      "x-ratelimit-ew-id-per-day-reset": "2026-03-05T08:00:00Z",
    };
    answers = [{ status: 429, headers }];
    const clock = quickClock();
    const error = await refusal(client({ clock }).send(post));
    expect([seen.length, clock.slept, explain("making it", error)]).toEqual([
      1,
      [],
      expect.stringContaining("until 2026-03-05T08:00:00.000Z"),
    ]);
  });

  test("nor when there are as many as there may be", async () => {
    answers = [{ status: 429, body: '{"errorCode":"EW3002"}' }];
    const error = await refusal(client().send({ ...post, path: "/edgeworkers/v1/ids" }));
    expect([seen.length, explain("making it", error)]).toEqual([
      1,
      expect.stringContaining("not a rate limit"),
    ]);
  });

  test("when the connection broke under a GET", async () => {
    answers = [{ fault: "cut" }, { fault: "cut in the body" }, {}];
    await client().send(get);
    expect(seen).toHaveLength(3);
  });

  test.each([400, 401, 403, 404, 409, 413, 422, 501])("but not after %i", async (status) => {
    answers = [{ status }];
    expect((await refusal(client().send(get))).isOutcomeUnknown).toBe(false);
    expect(seen).toHaveLength(1);
  });

  test.each([500, 502, 503, 504])("but not a POST after %i: its effect is not known", async (status) => {
    answers = [{ status }];
    expect((await refusal(client().send(post))).isOutcomeUnknown).toBe(true);
    expect(seen).toHaveLength(1);
  });
});

describe("every attempt is reported", () => {
  const attemptsOf = async (request: ApiRequest, more: Partial<HttpClientOptions> = {}) => {
    const attempts: RequestAttempt[] = [];
    const sending = client({
      accountSwitchKey: "1-ABCDE:1-2RBL",
      onAttempt: (one) => attempts.push(one),
      ...more,
    }).send(request);
    await sending.catch(() => undefined);
    return attempts;
  };

  test("with its outcome, its number, its duration and the id of the request, and with no secret", async () => {
    answers = [
      { status: 503, headers: { "x-trace-id": "7d42" } },
      { fault: "cut" },
      { headers: { "x-trace-id": "7d43" } },
    ];
    const attempts = await attemptsOf({
      ...get,
      query: { details: "on" },
      headers: { "x-more": "in-a-header" },
    });
    const t = Date.parse("2026-03-04T09:00:00Z");
    const common = { method: "GET", path, query: { details: "on" } };
    expect(attempts).toEqual([
      { ...common, beganMs: t, endedMs: t, attempt: 1, outcome: 503, requestId: "7d42" },
      {
        ...common,
        beganMs: t + 250,
        endedMs: t + 250,
        attempt: 2,
        outcome: expect.stringMatching(/^E[A-Z_]+$/),
      },
      { ...common, beganMs: t + 750, endedMs: t + 750, attempt: 3, outcome: 200, requestId: "7d43" },
    ]);
    const lines = attempts.map(requestLogLine).join("\n");
    for (const secret of [...Object.values(secrets), "1-ABCDE", "in-a-header"])
      expect(lines).not.toContain(secret);
  });

  test("counted on when the limiter sends a request again", async () => {
    const full = { "x-ratelimit-x-remaining": "0", "x-ratelimit-x-reset": "2026-03-04T09:00:30Z" };
    answers = [{ status: 429, headers: full }, { status: 429, headers: full }, {}];
    expect((await attemptsOf(post)).map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 429],
      [2, 429],
      [3, 200],
    ]);
  });

  test("once, where a status is an answer, and where it is an error", async () => {
    answers = [{ status: 404 }];
    expect((await attemptsOf({ ...get, expectedStatuses: [404] })).map(({ outcome }) => outcome)).toEqual([
      404,
    ]);
    expect((await attemptsOf(get)).map(({ outcome }) => outcome)).toEqual([404]);
    answers = [{ status: 302, headers: { location: "/elsewhere" } }];
    expect((await attemptsOf(get)).map(({ outcome }) => outcome)).toEqual([302]);
  });

  test("but not one that a run without an engine left out", async () => {
    const beforeChange = () => {
      throw new PreconditionError("the engine is gone");
    };
    expect(await attemptsOf(post, { beforeChange })).toEqual([]);
  });
});

describe("when no answer comes", () => {
  const once = { maxAttempts: 1, maxElapsedMs: 1000, baseDelayMs: 1, maxDelayMs: 1 };

  test.each(["PUT", "DELETE"] as const)("the effect of a %s is not known", async (method) => {
    answers = [{ fault: "silence" }];
    const error = await noAnswer(client({ timeoutMs: 500, retry: once }).send({ method, path }));
    expect([error.reason, error.isOutcomeUnknown]).toEqual(["ETIMEDOUT", true]);
  });

  test("a POST that ran out of time is not sent again, and its effect is not known", async () => {
    answers = [{ fault: "silence" }];
    const error = await noAnswer(client({ timeoutMs: 2000 }).send(post));
    expect([error.reason, error.isOutcomeUnknown, seen.length]).toEqual(["ETIMEDOUT", true, 1]);
  });

  test.each(["cut", "cut in the body"] as const)(
    "a POST whose connection was %s is not sent again, and its effect is not known",
    async (fault) => {
      answers = [{ fault }];
      const error = await noAnswer(client().send(post));
      expect([error.isOutcomeUnknown, seen.length]).toEqual([true, 1]);
    },
  );

  test("a GET has no effect that could be unknown", async () => {
    answers = [{ fault: "silence" }];
    expect((await noAnswer(client({ timeoutMs: 500, retry: once }).send(get))).isOutcomeUnknown).toBe(false);
  });

  test("a connection that is refused had no effect, so that even a POST is sent again", async () => {
    const clock = quickClock();
    const error = await noAnswer(
      client({ credentials: { ...secrets, host: "127.0.0.1:1" }, clock }).send(post),
    );
    expect([error.reason, error.isOutcomeUnknown]).toEqual(["ECONNREFUSED", false]);
    expect(clock.slept.length).toBe(5);
    expect(explain("creating token a", error)).toContain("Check the network and the host");
  });
});

describe("a server", () => {
  // Jest gives its tests a process of their own making; what Node's TLS looks at is the real one.
  const outside = createServer.constructor("return process")() as NodeJS.Process;

  test.each([undefined, "0"])(
    "whose certificate no known authority signed is not talked to, with NODE_TLS_REJECT_UNAUTHORIZED=%s",
    async (value) => {
      const before = outside.env.NODE_TLS_REJECT_UNAUTHORIZED;
      const warned = jest.spyOn(outside, "emitWarning").mockImplementation(() => undefined);
      if (value !== undefined) outside.env.NODE_TLS_REJECT_UNAUTHORIZED = value;
      try {
        const clock = quickClock();
        const http = client({ certificateAuthority: undefined, clock });
        const error = await noAnswer(http.send(get));
        expect((await noAnswer(http.send(post))).isOutcomeUnknown).toBe(false);
        expect(seen).toEqual([]);
        expect(clock.slept).toEqual([]);
        // The variable does work on who does not guard against it.
        const careless = await new Promise((resolve) => {
          const plain = request(`https://${host}/`, { agent: false }, (response) =>
            resolve(response.resume().statusCode),
          );
          plain.on("error", (problem: NodeJS.ErrnoException) => resolve(problem.code)).end();
        });
        expect(careless).toBe(value === "0" ? 200 : "DEPTH_ZERO_SELF_SIGNED_CERT");
        expect(explain("creating token a", error)).toMatch(
          /certificate could not be verified.*akamai-edge:caFile/s,
        );
      } finally {
        warned.mockRestore();
        if (before === undefined) delete outside.env.NODE_TLS_REJECT_UNAUTHORIZED;
        else outside.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
      }
    },
  );

  test("whose certificate is for another name is not talked to", async () => {
    const elsewhere = host.replace("127.0.0.1", "localhost");
    const error = await noAnswer(client({ credentials: { ...secrets, host: elsewhere } }).send(get));
    expect(error.reason).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
    expect(seen).toEqual([]);
  });
});

describe("an error has", () => {
  const problem = (more: object) => JSON.stringify({ title: "Bad Request", status: 400, ...more });
  const table: [
    what: string,
    body: string,
    detail: string,
    code: string | undefined,
    id: string | undefined,
  ][] = [
    [
      "the reason of EdgeKV",
      problem({
        detail: "Invalid permission",
        errorCode: "EKV_2000",
        additionalDetail: { requestId: "7d42" },
        instance: "/edgekv/x",
      }),
      "Bad Request: Invalid permission",
      "EKV_2000",
      "7d42",
    ],
    [
      "the reason of the gateway",
      problem({ detail: "no grant", requestId: "abc", authzRealm: "r" }),
      "Bad Request: no grant",
      undefined,
      "abc",
    ],
    [
      "the instance where there is no id",
      problem({ instance: "/edgekv/error-instances/1" }),
      "Bad Request",
      undefined,
      "/edgekv/error-instances/1",
    ],
    [
      "the problem type of Property Manager",
      problem({
        type: "https://problems.luna.akamaiapis.net/papi/v0/property-version/lock-error",
        instance: "#7d42",
      }),
      "Bad Request",
      "property-version/lock-error",
      "#7d42",
    ],
    [
      "its message id",
      problem({ type: "https://problems/papi/v1/x", messageId: "missing_compliance_record" }),
      "Bad Request",
      "missing_compliance_record",
      "trace",
    ],
    [
      "all of a list",
      '{"errors":[{"detail":"one"},{"detail":"two"},null,{}]}',
      "one: two",
      undefined,
      "trace",
    ],
    [
      "the text of plain text",
      "upstream connect error\n\n  reset",
      "upstream connect error reset",
      undefined,
      "trace",
    ],
    [
      "the text of a page",
      "<html><head><style>b{}</style><script>x()</script></head><body><h1>Access Denied</h1></body></html>",
      "Access Denied",
      undefined,
      "trace",
    ],
    [
      "the text of a page, without its notes",
      "<!-- a > b --><p>You &amp; I&nbsp;&quot;wait&quot;</p>",
      'You & I "wait"',
      undefined,
      "trace",
    ],
    ["that there was nothing", "", "an empty body (HTTP 400)", undefined, "trace"],
    ["that no reason was given", "{}", "no reason given", undefined, "trace"],
    ["no reason where JSON is a bare word", "null", "null", undefined, "trace"],
    [
      "nothing of JSON that is cut off, which may hold a token",
      '{"value":"eyJ-the-tok',
      "JSON that is not whole (HTTP 400)",
      undefined,
      "trace",
    ],
    [
      "nothing of a list that is cut off",
      '[{"value":"eyJ-the-tok',
      "JSON that is not whole (HTTP 400)",
      undefined,
      "trace",
    ],
    ["plain text in brackets", "[error] no", "[error] no", undefined, "trace"],
    [
      "only what is text",
      '{"title":42,"detail":{"a":1},"errorCode":7,"requestId":[]}',
      "no reason given",
      undefined,
      "trace",
    ],
  ];
  test.each(table)("%s", async (_what, body, detail, code, requestId) => {
    answers = [{ status: 400, body, headers: { "x-trace-id": "trace" } }];
    const error = await refusal(client().send(get));
    expect({ detail: error.detail, code: error.code, requestId: error.requestId }).toEqual({
      detail,
      code,
      requestId,
    });
    expect(error.message).toContain(`GET ${path} was answered with 400: ${detail}`);
  });

  test("no more than a line or two of what goes on for pages", async () => {
    answers = [{ status: 400, body: `<p>${"word ".repeat(2000)}</p>` }];
    expect((await refusal(client().send(get))).message.length).toBeLessThan(600);
  });

  const hints: [what: string, status: number, body: string, request: ApiRequest, hint: RegExp][] = [
    ["credentials on 401", 401, "{}", get, /credentials were not accepted.*clock/],
    ["a grant on 403", 403, '{"detail":"The client does not have the grant needed"}', get, /READ-WRITE/],
    [
      "the contract on 403 of the initialization",
      403,
      "{}",
      { method: "PUT", path: "/edgekv/v1/initialize" },
      /contract has no EdgeKV/,
    ],
    ["the CP code on EKV_0000", 500, '{"errorCode":"EKV_0000"}', post, /CP Code - View CP Codes/],
    [
      "the CP code where a token cannot be retrieved",
      400,
      '{"detail":"The EdgeKV database is not initialized."}',
      post,
      /View CP Codes/,
    ],
    ["support on another 500", 500, '{"errorCode":"EKV_7777"}', post, /support the request id/],
    ["to slow down on 429", 429, "{}", post, /concurrency/],
    ["to come back on 504", 504, "{}", post, /run again later/i],
    ["to look on 404", 404, "{}", get, /pulumi refresh/],
    ["to wait on 409", 409, "{}", post, /wait until that is over/i],
    ["to run again on 412", 412, "{}", post, /changed by somebody else.*run again/i],
  ];
  test.each(hints)("what to do next: %s", async (_what, status, body, request, hint) => {
    answers = [{ status, body }];
    expect(explain("doing something", await refusal(client().send(request)))).toMatch(hint);
  });

  test.each<[string, Answer]>([
    ["refuses it", { status: 400, body: '{"detail":"no"}' }],
    ["fails", { status: 500, body: "{}" }],
    ["cuts the connection", { fault: "cut" }],
    ["never answers", { fault: "silence" }],
    ["leads elsewhere", { status: 302, body: "", headers: { "set-cookie": "a=b" } }],
  ])("no secret and nothing of the body that was sent, when the server %s", async (_what, answer) => {
    answers = [answer];
    const json = { name: "catalog-r", value: "eyJ-the-token" };
    const error = await failure(
      client(answer.fault === "silence" ? { timeoutMs: 2000 } : {}).send({ ...post, json }),
    );
    const printed = [
      error.message,
      explain("x", error),
      JSON.stringify(error),
      inspect(error, { depth: 10, showHidden: true }),
    ].join("\n");
    const [request] = seen;
    expect(part(request, "signature")).not.toBe("");
    for (const secret of [
      ...Object.values(secrets),
      part(request, "signature"),
      part(request, "nonce"),
      "EG1-HMAC",
      "eyJ",
    ]) {
      expect(printed).not.toContain(secret);
    }
  });

  test("nothing of the signed header that a proxy sends back", async () => {
    let header = "";
    const listen = (request: IncomingMessage) => {
      header = String(request.headers.authorization);
    };
    server.prependListener("request", listen);
    const http = client();
    for (const wrap of [
      (text: string) => `GET / HTTP/1.1\nAuthorization: ${text}\n`,
      (text: string) => JSON.stringify({ detail: text }),
    ]) {
      answers = [
        {
          status: 400,
          get body() {
            return wrap(header);
          },
        },
      ];
      const error = await refusal(http.send(get));
      expect(error.detail).toContain("EG1-HMAC-SHA256 …");
      expect(inspect(error, { depth: 10 })).not.toContain(secrets.accessToken);
    }
    server.removeListener("request", listen);
  });
});

test("nothing is printed while requests are signed and sent, even where the signer's log is asked for", async () => {
  const before = process.env.AKAMAI_LOG_LEVEL;
  process.env.AKAMAI_LOG_LEVEL = "trace";
  const printed: string[] = [];
  const record = (chunk: unknown) => {
    printed.push(String(chunk));
    return true;
  };
  // The signer's log does not go through process.stdout, but straight to the file descriptor.
  const fs = jest.requireActual<typeof import("node:fs")>("node:fs");
  const spies = [
    jest.spyOn(process.stdout, "write").mockImplementation(record),
    jest.spyOn(process.stderr, "write").mockImplementation(record),
    jest.spyOn(fs, "writeSync").mockImplementation((_fd, data) => {
      record(data);
      return String(data).length;
    }),
    jest.spyOn(fs, "write").mockImplementation((_fd: number, data: unknown) => record(data)),
  ];
  try {
    await jest.isolateModulesAsync(async () => {
      const fresh = jest.requireActual<{ createHttpClient: typeof createHttpClient }>(
        "../../../provider/http/client",
      );
      const http = fresh.createHttpClient({
        credentials: { host, ...secrets },
        certificateAuthority: certificate,
        clock: quickClock(),
        random: () => 0,
      });
      await http.send(post);
    });
  } finally {
    for (const spy of spies) spy.mockRestore();
    if (before === undefined) delete process.env.AKAMAI_LOG_LEVEL;
    else process.env.AKAMAI_LOG_LEVEL = before;
  }
  expect(seen).toHaveLength(1);
  expect(printed).toEqual([]);
});
