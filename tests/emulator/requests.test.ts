/** What is reported of each request, and what plain HTTP gets. */
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { Bench, createNamespace } from "./support/client";

test("every request is reported once it is over, also one without an answer; control requests are not", async () => {
  const seen: string[] = [];
  const bench = await Bench.ready({
    onRequest: ({ method, path, status }) => seen.push(`${method} ${path} ${status}`),
  });
  await createNamespace(bench);
  await bench.send("GET", "nowhere?secret=1");
  await bench.control("GET", "/clock");
  bench.emulator.faults.add({ method: "POST", kind: "reset-after" });
  await createNamespace(bench).catch(() => undefined);
  bench.emulator.faults.add({ method: "POST", kind: "hang" });
  const hanging = createNamespace(bench).catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await bench.close();
  await hanging;
  const path = "/edgekv/v1/networks/staging/namespaces";
  expect(seen).toEqual([
    `POST ${path} 200`,
    "GET /edgekv/v1/nowhere 404",
    `POST ${path} null`,
    `POST ${path} null`,
  ]);
});

describe("plain HTTP", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.ready();
  });
  afterEach(() => bench.close());

  const port = () => Number(bench.emulator.host.split(":")[1]);
  const send = (host: string, method: string, path: string, body?: string) =>
    new Promise<{ status?: number; text: string }>((resolve, reject) => {
      const request = httpRequest({ host, port: port(), method, path, agent: false }, (response) => {
        let text = "";
        response.on("data", (data) => {
          text += data;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      });
      request.on("error", reject);
      request.end(body);
    });

  test.each([
    ["127.0.0.1", "GET", "/edgekv/v1/tokens?a=b", undefined],
    ["127.0.0.1", "POST", "/edgekv/v1/tokens", "x".repeat(200_000)],
  ])("gets 400 with the URL to use (%s %s)", async (host, method, path, body) => {
    expect(await send(host, method, path, body)).toEqual({
      status: 400,
      text: `This port speaks HTTPS only. Use https://localhost:${port()}${path}\n`,
    });
    // HTTPS goes on.
    expect((await bench.send("GET", "initialize")).status).toBe(200);
  });

  test("of the control path, too, and what is neither is cut", async () => {
    expect((await send("127.0.0.1", "GET", "/_emulator/state")).status).toBe(400);
    const ended = new Promise<string>((resolve) => {
      const socket = connect(port(), "127.0.0.1", () => socket.write("\u0000\u0001garbage"));
      socket
        .on("data", () => undefined)
        .on("error", () => undefined)
        .on("close", () => resolve("closed"));
    });
    expect(await ended).toBe("closed");
    expect((await bench.send("GET", "initialize")).status).toBe(200);
  });
});
