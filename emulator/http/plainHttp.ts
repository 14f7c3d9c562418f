import type { AddressInfo, Server, Socket } from "node:net";

/** The first byte of every TLS connection. */
const TLS_HANDSHAKE = 0x16;
/** Milliseconds that a client gets to read the answer. */
const CLOSE_AFTER = 1000;

/**
 * Answers plain HTTP on an HTTPS server with 400 and the URL to use. Node would cut the connection without a word.
 * The first bytes of each connection decide, and then go back for the server to read.
 * @param silenceMs milliseconds without a first byte, after which a connection is cut
 */
export function refusePlainHttp(server: Server, silenceMs: number): void {
  const secure = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    // Without a listener, a client that goes away early would end the process.
    socket.on("error", () => socket.destroy());
    const silence = () => socket.destroy();
    socket.setTimeout(silenceMs, silence);
    socket.once("data", (bytes: Buffer) => {
      socket.setTimeout(0);
      socket.removeListener("timeout", silence);
      socket.pause();
      const line = requestLineOf(bytes);
      if (line !== undefined) return answer(socket, line, (server.address() as AddressInfo | null)?.port);
      socket.unshift(bytes);
      for (const listener of secure) listener.call(server, socket);
      process.nextTick(() => socket.resume());
    });
  });
}

interface RequestLine {
  readonly method: string;
  readonly target: string;
}

/** The request line of plain HTTP/1. */
export function requestLineOf(bytes: Buffer): RequestLine | undefined {
  if (bytes[0] === TLS_HANDSHAKE) return undefined;
  const [, method = "", target = ""] = /^([A-Z]{3,10}) (\S{1,8000})/.exec(bytes.toString("latin1")) ?? [];
  return method === "" ? undefined : { method, target };
}

function answer(socket: Socket, { method, target }: RequestLine, port: number | undefined): void {
  const path = /^\/[\x21-\x7e]*$/.test(target) ? target : "/";
  const body = `This port speaks HTTPS only. Use https://localhost:${port}${path}\n`;
  const head = [
    "HTTP/1.1 400 Bad Request",
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  // What else the client sends is read: unread bytes would reset the connection before it has the answer.
  socket.resume();
  socket.end(`${head.join("\r\n")}\r\n\r\n${method === "HEAD" ? "" : body}`);
  socket.setTimeout(CLOSE_AFTER, () => socket.destroy());
}
