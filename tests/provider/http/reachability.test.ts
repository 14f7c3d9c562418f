/** A host that is down, a request that hangs, a run that is cancelled. */
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { generate } from "selfsigned";
import { ConnectionError, explain, PreconditionError } from "../../../provider/errors";
import { createHttpClient, type HttpClientOptions } from "../../../provider/http/client";
import { cancellable } from "../../../provider/runtime/clock";

let server: Server;
let certificate: string;
let isSilent = false;
let requests = 0;
const address = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeAll(async () => {
  const made = await generate([{ name: "commonName", value: "127.0.0.1" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: new Date(Date.now() - 3_600_000),
    extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
  });
  certificate = made.cert;
  server = createServer({ cert: made.cert, key: made.private }, (_request, response) => {
    requests += 1;
    if (!isSilent) response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
beforeEach(() => {
  isSilent = false;
  requests = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function client(host: string, more: Partial<HttpClientOptions> = {}) {
  let time = 0;
  const attempts: string[] = [];
  const http = createHttpClient({
    credentials: { host, clientToken: "t", accessToken: "a", clientSecret: "s" },
    certificateAuthority: certificate,
    advice: "The host is from AKAMAI_HOST in the environment.",
    onAttempt: ({ outcome }) => attempts.push(String(outcome)),
    clock: {
      now: () => time,
      sleep: async (milliseconds) => {
        time += milliseconds;
      },
    },
    random: () => 0.5,
    ...more,
  });
  return { http, attempts, seconds: () => time / 1000 };
}
const get = (path: string) => ({ method: "GET", path }) as const;
const failure = (sending: Promise<unknown>): Promise<Error> =>
  sending.then(
    () => {
      throw new Error("this was to fail");
    },
    (error: unknown) => error as Error,
  );
/** A port where nothing listens. */
async function closedPort(): Promise<string> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  await new Promise((resolve) => other.close(resolve));
  return `127.0.0.1:${port}`;
}

describe("a host that was never reached", () => {
  test("is one error, with what was tried and what to check; all others fail at once", async () => {
    const host = await closedPort();
    const { http, attempts, seconds } = client(host);
    const first = await failure(http.send(get("/first")));
    expect(explain("reading a", first)).toBe(
      `reading a: GET /first got no answer: ${host} could not be reached in 6 attempts over 8 s: connect ECONNREFUSED ${host} (ECONNREFUSED)\n` +
        "  Check the network and the host, then run again. What was done so far is kept. The host is from AKAMAI_HOST in the environment.",
    );
    const began = seconds();
    for (const method of ["GET", "POST"] as const) {
      const later = await failure(http.send({ method, path: "/later" }));
      expect(explain("reading b", later)).toBe(
        `reading b: ${method} /later got no answer: it was not sent, because ${host} could not be reached before (ECONNREFUSED)\n` +
          "  The first error of this run has the cause, and what to check.",
      );
      expect(later).toMatchObject({ isOutcomeUnknown: false });
    }
    expect([attempts.length, seconds()]).toEqual([6, began]);
  });

  test("ends the attempts of all that try beside the first, queued ones too", async () => {
    const { http } = client(await closedPort());
    const all = await Promise.all(
      Array.from({ length: 30 }, (_, number) => failure(http.send(get(`/${number}`)))),
    );
    expect(all.filter(({ message }) => message.includes("could not be reached in")).length).toBe(1);
    expect(all.filter(({ message }) => message.includes("it was not sent, because")).length).toBe(29);
  });

  test("ends the wait of another request at once", async () => {
    let sleeps = 0;
    const clock = {
      now: () => 0,
      // The one that fails first waits for ever.
      sleep: () => (sleeps++ === 0 ? new Promise<void>(() => undefined) : Promise.resolve()),
    };
    const { http, attempts } = client(await closedPort(), { clock });
    const waiting = failure(http.send(get("/waiting")));
    while (sleeps === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(attempts.length).toBe(1);
    await failure(http.send(get("/first")));
    expect((await waiting).message).toContain("it was not sent, because");
  }, 30_000);

  test("is tried for half a minute, however many attempts the policy allows", async () => {
    const retry = { maxAttempts: 100, maxElapsedMs: 180_000, baseDelayMs: 4000, maxDelayMs: 4000 };
    const { http, seconds } = client(await closedPort(), { retry });
    await failure(http.send(get("/x")));
    expect(seconds()).toBeGreaterThan(25);
    expect(seconds()).toBeLessThanOrEqual(30);
  });

  test("because of its certificate: one attempt, and one error", async () => {
    const { http, attempts } = client(address(), { certificateAuthority: undefined });
    expect(explain("x", await failure(http.send(get("/a"))))).toMatch(
      /127\.0\.0\.1:\d+ could not be reached: .+ \(DEPTH_ZERO_SELF_SIGNED_CERT\)\n {2}The server's certificate .* The host is from/,
    );
    expect((await failure(http.send(get("/b")))).message).toContain("it was not sent");
    expect(attempts).toEqual(["DEPTH_ZERO_SELF_SIGNED_CERT"]);
  });

  test("is another one in another run", async () => {
    await failure(client(await closedPort()).http.send(get("/x")));
    expect((await client(address()).http.send(get("/x"))).status).toBe(200);
  });
});

test("a host that answered before is tried again by every request, for as long as usual", async () => {
  const host = address();
  const { http, attempts } = client(host);
  await http.send(get("/up"));
  const { port } = server.address() as AddressInfo;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  try {
    for (const path of ["/a", "/b"]) {
      const error = await failure(http.send(get(path)));
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error.message).toMatch(/got no answer: connect ECONNREFUSED/);
    }
    expect(attempts.length).toBe(13);
  } finally {
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  }
  expect((await http.send(get("/up again"))).status).toBe(200);
});

describe("a request that hangs", () => {
  test("is mentioned once, and others beside it are not", async () => {
    isSilent = true;
    const lines: string[] = [];
    const { http } = client(address(), {
      onProgress: (line) => lines.push(line),
      slowAfterMs: 50,
      timeoutMs: 400,
      retry: { maxAttempts: 2, maxElapsedMs: 1000, baseDelayMs: 1, maxDelayMs: 1 },
    });
    await Promise.all([failure(http.send(get("/a"))), failure(http.send(get("/b")))]);
    expect(lines).toEqual([`${address()} has not answered GET /a for 0 s; one attempt may take 0 s`]);
    expect(requests).toBe(4);
  });

  test("is mentioned after 30 s where nothing else is set", async () => {
    const delays: (number | undefined)[] = [];
    const real = globalThis.setTimeout;
    const spied = jest.spyOn(globalThis, "setTimeout").mockImplementation(((
      call: () => void,
      milliseconds?: number,
    ) => {
      delays.push(milliseconds);
      return real(call, milliseconds);
    }) as typeof setTimeout);
    try {
      await client(address()).http.send(get("/a"));
    } finally {
      spied.mockRestore();
    }
    expect(delays).toContain(30_000);
  });

  test("is not mentioned when it is answered in time", async () => {
    const lines: string[] = [];
    const { http } = client(address(), { onProgress: (line) => lines.push(line), slowAfterMs: 300 });
    for (let number = 0; number < 5; number++) await http.send(get(`/${number}`));
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(lines).toEqual([]);
  });
});

describe("a run that is cancelled", () => {
  const reason = new PreconditionError("the run was cancelled");
  const real = {
    now: () => Date.now(),
    sleep: (milliseconds: number) =>
      new Promise<void>((resolve) => setTimeout(resolve, milliseconds).unref()),
  };

  test("sends nothing more", async () => {
    const controller = new AbortController();
    const { http } = client(address(), { signal: controller.signal });
    await http.send(get("/before"));
    controller.abort(reason);
    for (const method of ["GET", "POST", "DELETE"] as const)
      expect(await failure(http.send({ method, path: "/after" }))).toBe(reason);
    expect(requests).toBe(1);
  });

  test("ends backoffs at once", async () => {
    const controller = new AbortController();
    const { http } = client(await closedPort(), {
      signal: controller.signal,
      clock: cancellable(real, controller.signal),
      retry: { maxAttempts: 5, maxElapsedMs: 600_000, baseDelayMs: 20_000, maxDelayMs: 20_000 },
    });
    const sent = failure(http.send({ method: "POST", path: "/x" }));
    setTimeout(() => controller.abort(reason), 200);
    const began = Date.now();
    expect(await sent).toBe(reason);
    expect(Date.now() - began).toBeLessThan(5000);
  });

  test("ends a read that hangs, and waits for the answer to a change", async () => {
    isSilent = true;
    const controller = new AbortController();
    const { http } = client(address(), {
      signal: controller.signal,
      timeoutMs: 1500,
      retry: { maxAttempts: 1, maxElapsedMs: 1, baseDelayMs: 1, maxDelayMs: 1 },
    });
    const began = Date.now();
    const [read, change] = [
      failure(http.send(get("/x"))),
      failure(http.send({ method: "POST", path: "/x" })),
    ];
    setTimeout(() => controller.abort(reason), 300);
    expect(await read).toBe(reason);
    expect(Date.now() - began).toBeLessThan(1400);
    expect(await change).toMatchObject({ name: "ConnectionError", isOutcomeUnknown: true });
  });

  test("ends waits of its clock, and those that come after", async () => {
    const controller = new AbortController();
    const clock = cancellable(real, controller.signal);
    await clock.sleep(1);
    const waits = [failure(clock.sleep(60_000)), failure(clock.sleep(60_000))];
    controller.abort(reason);
    expect(await Promise.all([...waits, failure(clock.sleep(1))])).toEqual([reason, reason, reason]);
  });
});
