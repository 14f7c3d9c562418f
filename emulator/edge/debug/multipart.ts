import type { Outgoing } from "../request/messages";
import { type EventRecord, infoOf, logText } from "./trace";

const BOUNDARY = "response-provider-debug";

/** The body of a response provider with its trace behind it, as a form of two parts. */
export function multipart(response: Outgoing, record: EventRecord): Outgoing {
  const type = response.headers["content-type"]?.[0] ?? "application/octet-stream";
  const { "content-length": _length, "content-encoding": _encoding, ...headers } = response.headers;
  return {
    status: response.status,
    headers: {
      ...headers,
      "content-type": [`multipart/form-data; boundary=${BOUNDARY}`],
      "cache-control": ["no-store"],
    },
    body: parts(response.body, type, record),
  };
}

async function* parts(body: Outgoing["body"], type: string, record: EventRecord): AsyncGenerator<Uint8Array> {
  const part = (name: string, contentType: string) =>
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\nContent-Type: ${contentType}\r\n\r\n`,
    );
  yield part("response-provider-body", type);
  let failure: string | undefined;
  try {
    if (Buffer.isBuffer(body)) yield body;
    else yield* body;
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  yield Buffer.from("\r\n");
  yield part("stream-trace", "text/plain");
  const lines = [infoOf(record, true), logText(record.logs, undefined), failure ?? ""].filter(
    (line) => line !== "",
  );
  yield Buffer.from(`${lines.join("\r\n")}\r\n--${BOUNDARY}--\r\n`);
}
