/** Requests of strangers to a site: they may be slow, silent and large, and go away unanswered. */
import { connect } from "node:net";
import { SiteCertificates } from "../../../emulator/edge/certificates";
import { type EdgeListener, listenEdge } from "../../../emulator/edge/listener";
import { refusal } from "../../../emulator/edge/request/messages";

let listener: EdgeListener;
const answer = async () => refusal(404, "No site", "none");
let certificates: SiteCertificates;
beforeAll(async () => {
  certificates = await SiteCertificates.create();
  listener = await listenEdge("staging", 0, certificates, answer, {
    requestTimeout: 500,
    heldBytes: 1_000_000,
  });
});
afterAll(() => listener.close());

/** What comes back until the connection is closed. */
function answerTo(start: string | Buffer, drip = ""): Promise<string> {
  const socket = connect({ port: listener.port, host: "127.0.0.1" });
  let answer = "";
  const dripping = setInterval(() => drip !== "" && socket.writable && socket.write(drip), 100);
  socket.on("error", () => undefined);
  socket.on("data", (bytes) => {
    answer += bytes.toString("latin1");
  });
  if (start.length > 0) socket.write(start);
  return new Promise((resolve) =>
    socket.once("close", () => {
      clearInterval(dripping);
      resolve(answer);
    }),
  );
}

test.each<[string, string | Buffer, string]>([
  ["that never begins", "", ""],
  ["with a head that never ends", "GET / HTTP/1.1\r\nHost: localhost\r\nX: ", "x"],
  ["with a body that never ends", "PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n", "x"],
  ["with a handshake that never ends", Buffer.from([0x16, 0x03, 0x01]), ""],
])(
  "a connection %s is cut off",
  async (_, start, drip) => {
    expect(await answerTo(start, drip)).toMatch(/^$|^HTTP\/1.1 408 /);
  },
  10_000,
);

test("bodies of many requests fit into memory: those that don't are refused, and the next is answered", async () => {
  const put = (length: number, sent: number) =>
    answerTo(
      Buffer.concat([
        Buffer.from(
          `PUT / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`,
        ),
        Buffer.alloc(sent),
      ]),
    );
  const answers = await Promise.all(Array.from({ length: 8 }, () => put(300_001, 300_000)));
  expect(answers.filter((one) => one.startsWith("HTTP/1.1 503 ")).length).toBeGreaterThan(3);
  expect(answers.find((one) => one.startsWith("HTTP/1.1 503 "))).toContain("bodies of up to 1000000 bytes");
  expect(await put(300_000, 300_000)).toMatch(/^HTTP\/1.1 404 /);
}, 10_000);
