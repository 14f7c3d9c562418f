/** Attacks by whoever reaches the port, and by whoever may write into a folder that an emulator is given. */
import { createHash, createHmac, randomUUID } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { asciiJson, printable } from "../../emulator/cli/printable";
import { requestLine } from "../../emulator/cli/requestLine";
import { createClock, LATEST } from "../../emulator/clock";
import { matchesWildcards } from "../../emulator/edge/wildcards";
import { createTraceToken, readTraceToken } from "../../emulator/edgeworkers/traceTokens";
import { startEmulator } from "../../emulator/index";
import { pathPattern } from "../../emulator/pathPattern";
import { applyPatch, Patch, PatchError } from "../../emulator/property/rules/jsonPatch";
import { parseEdgerc } from "../../provider/config/edgerc";
import { Bench, catalog } from "./support/client";

const INITIALIZE = "/edgekv/v1/initialize";
const NAMESPACES = "/edgekv/v1/networks/staging/namespaces";

let bench: Bench;
let folder: string;
beforeAll(async () => {
  bench = await Bench.ready();
  folder = mkdtempSync(join(tmpdir(), "akamai-edge-hostile-"));
});
afterAll(async () => {
  await bench.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Milliseconds that something takes. */
function duration(act: () => unknown): number {
  const began = performance.now();
  act();
  return performance.now() - began;
}
/** As long as a busy machine may take for what is linear. */
const briefly = 2000;

describe("requests of strangers", () => {
  const body = JSON.stringify({ ...catalog, padding: "x".repeat(100_000) });

  test.each<[string, string | null]>([
    ["without a signature", null],
    [
      "with a wrong one",
      "EG1-HMAC-SHA256 client_token=a;access_token=b;timestamp=20260101T00:00:00+0000;nonce=c;signature=d",
    ],
  ])("%s: nothing of the body is kept", async (_, authorization) => {
    for (const method of ["POST", "PUT"]) {
      expect((await bench.send(method, NAMESPACES, { body, authorization })).status).toBe(401);
      const entry = bench.emulator.journal().at(-1);
      expect(entry).toMatchObject({ status: 401, method, path: NAMESPACES });
      expect(entry).not.toHaveProperty("body");
    }
  });

  test("a POST with a signature of another body", async () => {
    const authorization = bench.sign("POST", NAMESPACES, "other");
    expect((await bench.send("POST", NAMESPACES, { body, authorization })).status).toBe(401);
    expect(bench.emulator.journal().at(-1)).not.toHaveProperty("body");
  });

  test("the journal is bounded in bytes, and its counts in names", async () => {
    for (let at = 0; at < 60; at++)
      await bench.send("GET", `/${at}/${"a".repeat(4000)}?${"b".repeat(8000)}=1`, { authorization: null });
    const value = JSON.stringify({ name: "x".repeat(1_500_000) });
    for (let at = 0; at < 12; at++) await bench.send("POST", NAMESPACES, { body: value });
    expect(JSON.stringify(bench.emulator.journal()).length).toBeLessThan(32 * 1024 * 1024);
    const { journal } = bench.emulator;
    expect(journal().at(-1)).toHaveProperty("body.name");
    bench.emulator.clearJournal();
  });

  test("a body that is nested deep is kept by its size, and refused", async () => {
    const deep = "[".repeat(50_000) + "]".repeat(50_000);
    const path = "/papi/v1/properties/173136/versions/3/rules";
    expect((await bench.send("PUT", path, { body: `{"rules":${deep}}` })).status).toBeGreaterThanOrEqual(400);
    expect(bench.emulator.journal().at(-1)?.body).toMatch(/^\(\d+ bytes\)$/);
    expect((await bench.send("GET", INITIALIZE)).status).toBe(200);
  });

  test.each<[string, string]>([
    ["a head that never ends", "GET / HTTP/1.1\r\nHost: localhost\r\nX: "],
    [
      "a body that never ends",
      `PUT ${NAMESPACES} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{`,
    ],
  ])(
    "%s is cut off",
    async (_, start) => {
      const impatient = await Bench.ready({ requestTimeoutMs: 1000 });
      const { host, ca } = impatient.emulator;
      const socket = connect({ port: portOf(host), host: "127.0.0.1", ca, servername: "localhost" });
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.on("error", () => undefined);
      socket.write(start);
      const drip = setInterval(() => socket.writable && socket.write("x"), 200);
      await closed;
      clearInterval(drip);
      socket.destroy();
      await impatient.close();
    },
    20_000,
  );

  test.each([
    "evil.example.com",
    "localhost.evil.example.com",
    "127.0.0.1.evil.example.com:80",
    "localhost:x",
  ])("a foreign host is refused, since a page on another name can lead a browser here: %s", async (host) => {
    const socket = connect({
      port: portOf(bench.emulator.host),
      host: "127.0.0.1",
      ca: bench.emulator.ca,
      servername: "localhost",
    });
    const answer = new Promise<string>((resolve) =>
      socket.once("data", (bytes) => resolve(bytes.toString())),
    );
    socket.write(
      `GET ${INITIALIZE} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${sign(randomUUID(), bench.emulator, host)}\r\n\r\n`,
    );
    expect(await answer).toMatch(/^HTTP\/1.1 401.*Invalid host/s);
    socket.destroy();
  });
});

const portOf = (host: string) => Number(host.split(":")[1]);

/** A signature with any nonce, or none. */
function sign(nonce: string | undefined, emulator = bench.emulator, host = emulator.host): string {
  const { clientToken, clientSecret, accessToken } = emulator.credentials();
  const timestamp = new Date()
    .toISOString()
    .replace(/-/g, "")
    .replace(/\.\d+Z$/, "+0000");
  const part = nonce === undefined ? "" : `nonce=${nonce};`;
  const prefix = `EG1-HMAC-SHA256 client_token=${clientToken};access_token=${accessToken};timestamp=${timestamp};${part}`;
  const hmac = (text: string, key: string) => createHmac("sha256", key).update(text).digest("base64");
  const data = `GET\thttps\t${host}\t${INITIALIZE}\t\t\t${prefix}`;
  return `${prefix}signature=${hmac(data, hmac(timestamp, clientSecret))}`;
}

test.each([undefined, "", "a b", "x".repeat(200)])(
  "a signature with the nonce %j is refused",
  async (nonce) => {
    const reply = await bench.send("GET", INITIALIZE, { authorization: sign(nonce) });
    expect([reply.status, reply.json.detail]).toEqual([401, "Invalid nonce"]);
  },
);

test("a signature is used once, also over a restart and a kill", async () => {
  const dir = join(folder, "restarted");
  const first = await startEmulator({ dir, persist: true });
  const port = Number(first.host.split(":")[1]);
  const authorization = sign(randomUUID(), first);
  const ask = async (emulator: typeof first) => {
    const client = new (Bench as unknown as new (of: typeof first) => Bench)(emulator);
    return (await client.send("GET", INITIALIZE, { authorization })).json.detail;
  };
  expect(await ask(first)).toBeUndefined();
  // As it is right after a kill: nothing was written at the end.
  const nonces = readFileSync(join(dir, ".akamai-edge-emulator", "nonces"), "utf8");
  expect(nonces).toMatch(/^[0-9a-f]{32} \d+\n$/);
  await first.close();
  const second = await startEmulator({ dir, persist: true, port });
  expect(await ask(second)).toBe("The nonce was used before");
  await second.close();
});

describe("a patch is refused before it is carried out", () => {
  const tree = () => ({ rules: { name: "default", children: [{ name: "a".repeat(100) }] } });
  const refused = (patch: unknown, document = tree()): string => {
    const before = JSON.stringify(document);
    try {
      applyPatch(document, Patch.parse(patch));
    } catch (error) {
      expect(JSON.stringify(document).length).toBeLessThan(before.length + 2_100_000);
      return (error as Error).message;
    }
    return "carried out";
  };
  const copies = Array.from({ length: 60 }, () => ({
    op: "copy",
    from: "/rules",
    path: "/rules/children/0",
  }));

  test.each<[string, unknown, RegExp]>([
    ["that doubles", copies, /nested more than|more than 2000000 characters/],
    [
      "that doubles side by side",
      Array.from({ length: 60 }, () => ({ op: "copy", from: "/rules/children", path: "/rules/children/-" })),
      /nested|characters/,
    ],
    ["of an index far away", [{ op: "add", path: "/rules/children/999999999", value: 1 }], /./],
    [
      "of a deep value",
      [{ op: "add", path: "/rules/x", value: JSON.parse("[".repeat(150) + "]".repeat(150)) }],
      /nested more than 100/,
    ],
    ["of a prototype", [{ op: "add", path: "/__proto__/polluted", value: 1 }], /"__proto__" can't be a name/],
    [
      "of a constructor",
      [{ op: "add", path: "/constructor/prototype/polluted", value: 1 }],
      /"constructor" can't be a name/,
    ],
    ["into itself", [{ op: "move", from: "/rules", path: "/rules/children/0" }], /into itself/],
    [
      "of many operations",
      Array.from({ length: 3000 }, () => ({ op: "test", path: "/a", value: 1 })),
      /at most 2000 operations/,
    ],
    ["of a long path", [{ op: "remove", path: `/${"a".repeat(5000)}` }], /at most 2000 characters/],
  ])("%s", (_, patch, reason) => {
    expect(refused(patch)).toMatch(reason);
    expect({}).not.toHaveProperty("polluted");
  });

  test("and the emulator answers 400", async () => {
    const path = "/papi/v1/properties/173136/versions/3/rules";
    for (const patch of [
      copies,
      [{ op: "add", path: "/__proto__/a", value: 1 }],
      [{ op: "add", path: "/rules/a", value: { ["__proto__"]: 1 } }],
    ]) {
      const reply = await bench.send("PATCH", path, {
        body: patch,
        headers: { "Content-Type": "application/json-patch+json" },
      });
      expect([200, 400, 403]).toContain(reply.status);
    }
    expect(PatchError).toBeDefined();
  });
});

test("no pattern of a fault takes long", () => {
  const path = `/${"a".repeat(15_000)}`;
  for (const pattern of [
    "/*a*a*a*a*a*a*a*a*a*a*a*a*b",
    `/${"*a".repeat(240)}b`,
    "/:a/:b/*/:c",
    `/${":a*".repeat(200)}b`,
  ])
    expect(duration(() => pathPattern(pattern)(path))).toBeLessThan(briefly);
  expect(() => bench.emulator.faults.add({ path: `/${"*a".repeat(4000)}`, kind: "hang" })).toThrow(/path/);
  const matches = (pattern: string, given: string) => pathPattern(pattern)(given);
  expect(
    ["*", "/a/*", "/a/:b", "/a/:b/c*", "*/d", "/a/b/c/d"].map((one) => matches(one, "/a/b/c/d")),
  ).toEqual([...[true, true, false, true, true, true]]);
  expect([
    matches("/a/:b", "/a/"),
    matches("/a.b", "/axb"),
    matches("/:a", "/x:y"),
    matches("/a:b", "/a:b"),
  ]).toEqual([...[false, false, true, true]]);
});

test("an .edgerc of any content takes linear time", () => {
  const blanks = " ".repeat(200_000);
  for (const line of [
    `[${"]".repeat(200_000)}x`,
    `[${"] ".repeat(100_000)}x`,
    `[a]${blanks}x`,
    `host = a${blanks}x`,
    `host = "${`" `.repeat(100_000)}x`,
    `host = "a${blanks}x`,
    `host${blanks}x`,
    `${"a".repeat(200_000)} x`,
  ])
    expect([line.slice(0, 12), duration(() => parseEdgerc(`[default]\n${line}\n`)) < briefly]).toEqual([
      line.slice(0, 12),
      true,
    ]);
});

test("no pattern of a rule, and none of a trace token, takes long", () => {
  const path = `/${"a".repeat(15_000)}`;
  for (const pattern of [
    `/${"*a".repeat(200)}b`,
    `/${"a*".repeat(200)}b`,
    `/${"*?".repeat(200)}b`,
    "/*".repeat(100),
  ])
    expect(duration(() => matchesWildcards(pattern, path))).toBeLessThan(briefly);
  const table: [string, string, boolean][] = [
    ...([
      ["", "", true],
      ["*", "", true],
      ["?", "", false],
      ["a?c", "abc", true],
      ["a?c", "a?c", true],
    ] as const),
    ...([
      ["/a/*", "/a/b/c", true],
      ["*.jpg", "/a.jpg.png", false],
      ["*.jpg", "/a.jpg.jpg", true],
    ] as const),
    ...([
      ["a*b*c", "a1b2b3c", true],
      ["a*b*c", "a1c", false],
      ["a.c", "abc", false],
      ["**", "x", true],
    ] as const),
  ].map(([pattern, text, is]) => [pattern, text, is]);
  for (const [pattern, text, is] of table)
    expect([pattern, text, matchesWildcards(pattern, text)]).toEqual([pattern, text, is]);
  expect([matchesWildcards("/a?b", "/acb", false), matchesWildcards("/a?b", "/a?b", false)]).toEqual([
    false,
    true,
  ]);
});

test("a trace token that somebody else has made is refused, whatever it says", () => {
  const claims = { hostnames: ["/*"], exp: 1e12 };
  const own = createTraceToken(claims);
  expect(readTraceToken(own)).toEqual(claims);
  const [head, body, signature] = own.split(".");
  const part = (value: string) => Buffer.from(value).toString("base64url");
  for (const forged of [
    "",
    "...",
    `${head}.${body}.`,
    `${head}.${part("null")}.${signature}`,
    `${head}.${part(JSON.stringify(claims))}.${createHash("sha256").update(`${head}.${body}`).digest("base64url")}`,
    `${part('{"alg":"none"}')}.${body}.`,
  ])
    expect([forged, readTraceToken(forged)]).toEqual([forged, undefined]);
});

describe("requests of code at the edge, which have no signature", () => {
  const item = "/api/v1/namespaces/a/groups/b/items/c";
  const edgeHeaders = { "x-emulator-edgeworker-id": "9".repeat(10_000), "x-emulator-network": "staging" };

  test.each(["GET", "PUT", "DELETE"])(
    "%s: nothing of a body is kept, and little of a header",
    async (method) => {
      const body = JSON.stringify({ marker: "kept-by-nobody" });
      const sent = { body, authorization: null, headers: edgeHeaders };
      expect((await bench.send(method, item, sent)).status).toBe(401);
      const entry = JSON.stringify(bench.emulator.journal().at(-1));
      expect(entry).not.toContain("kept-by-nobody");
      expect(entry.length).toBeLessThan(1000);
    },
  );

  test.each([item, "/_emulator/clock"])("a foreign host is refused: %s", async (path) => {
    const headers = { Host: "evil.example.com" };
    const authorization = `Bearer ${bench.emulator.controlToken}`;
    const reply = await bench.send("GET", path, { authorization, headers });
    expect([reply.status, reply.json.detail]).toEqual([401, "Invalid host"]);
  });
});

test("the clock can't leave the range of dates", async () => {
  expect(createClock("manual", 1e300).now()).toBe(LATEST);
  const fast = createClock({ scale: 1e300 });
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(fast.now()).toBe(LATEST);
  expect(new Date(fast.now()).toISOString()).toMatch(/^9999/);
  const state = bench.emulator.state.get() as { now: number };
  expect(() => bench.emulator.state.put({ ...state, now: 1e300 })).toThrow(
    /now must be a time from 1970 to the year 9999/,
  );
  expect((await bench.control("POST", "/clock", { advanceSeconds: 1e300 })).status).toBe(400);
  expect((await bench.send("GET", INITIALIZE)).status).toBe(200);
});

describe("a folder that was there before", () => {
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
  const own = ".akamai-edge-emulator";

  test("is for its owner only, when it has nothing else", async () => {
    const dir = join(folder, "open");
    mkdirSync(join(dir, own), { recursive: true });
    for (const path of [dir, join(dir, own)]) chmodSync(path, 0o777);
    await (await startEmulator({ dir })).close();
    expect([mode(dir), mode(join(dir, own))]).toEqual(["700", "700"]);
  });

  test("keeps its mode, when somebody's files are in it", async () => {
    const dir = join(folder, "shared");
    mkdirSync(dir, { mode: 0o755 });
    chmodSync(dir, 0o755);
    writeFileSync(join(dir, "notes.txt"), "");
    await (await startEmulator({ dir })).close();
    expect([mode(dir), mode(join(dir, own)), mode(join(dir, ".edgerc"))]).toEqual(["755", "700", "600"]);
  });

  test("has drafts that are links: what they lead to stays", async () => {
    const dir = join(folder, "links");
    mkdirSync(join(dir, own), { recursive: true });
    const victim = join(folder, "victim");
    writeFileSync(victim, "mine", { mode: 0o644 });
    for (const name of [
      ".edgerc",
      "ca.pem",
      "state.json",
      "manifest.json",
      "running.json",
      `lock.${process.pid}`,
    ])
      symlinkSync(victim, join(dir, own, `${name}.tmp`));
    symlinkSync(victim, join(dir, own, "nonces"));
    const emulator = await startEmulator({ dir, persist: true });
    expect(lstatSync(join(dir, ".edgerc")).isFile()).toBe(true);
    await emulator.close();
    expect([readFileSync(victim, "utf8"), mode(victim)]).toEqual(["mine", "644"]);
  });

  test("a folder of its own that is a link is refused", async () => {
    const dir = join(folder, "linked");
    mkdirSync(dir);
    const elsewhere = join(folder, "elsewhere");
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, join(dir, own));
    await expect(startEmulator({ dir })).rejects.toThrow(/is a link/);
    expect(existsSync(join(elsewhere, "lock"))).toBe(false);
  });
});

test.each(["a]\n[default", "a\nclient_secret = x", "[a", "", "\u001b", "a\u2028b", " a"])(
  "an API client can't be named %j: that would be another line of .edgerc",
  (name) => {
    const state = bench.emulator.state.get() as { clients: Record<string, object> };
    const clients = { ...state.clients, [name]: state.clients.default };
    expect(() => bench.emulator.state.put({ ...state, clients })).toThrow(/clients/);
  },
);

describe("what the command prints", () => {
  test("has no control character, mark of direction or command", () => {
    const hostile = "a\u001b[31m\u009b\u202e\r\n::error::b ##vso[c]";
    expect(printable(hostile)).toBe(
      "a\\x{1b}[31m\\x{9b}\\x{202e}\\x{d}\\x{a}::error::b #\\x{23}vso[c]".replace(
        "#\\x{23}",
        "\\x{23}\\x{23}",
      ),
    );
    expect(printable("a:\n  own line")).toBe("a:\n  own line");
    expect(printable("::x")).toBe("\\x{3a}:x");
    expect(printable("x".repeat(100_000)).length).toBeLessThan(4100);
    expect(JSON.parse(asciiJson({ a: hostile }))).toEqual({ a: hostile });
    expect(asciiJson({ a: hostile })).toMatch(/^[\x20-\x7e]+$/);
  });

  test("of a request: one line of ASCII, and its beginning", () => {
    const line = requestLine(
      { method: "GET", path: `/\u202e##[x]${"y".repeat(10_000)}`, status: 200, milliseconds: 1 },
      (_, text) => text,
    );
    expect(line.length).toBeLessThan(1200);
    expect(line).toMatch(/^[\x20-\x7e]+$/);
    expect(line).not.toContain("##[");
  });
});

test("the hash of a body is over its first bytes only: what comes after is still refused when it is too large", async () => {
  const body = Buffer.alloc(17 * 1024 * 1024);
  const hash = createHash("sha256").update(body.subarray(0, 131_072)).digest("base64");
  expect(hash).not.toBe("");
  const sent = bench.send("PUT", NAMESPACES, { body }).then(
    ({ status }) => status,
    () => 413,
  );
  expect(await sent).toBe(413);
  expect((await bench.send("GET", INITIALIZE)).status).toBe(200);
});
