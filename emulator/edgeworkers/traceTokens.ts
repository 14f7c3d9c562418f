/** Tokens that allow details in the debug headers of a site. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** New in each process: a token of an earlier one is refused. */
const KEY = randomBytes(32);

const signatureOf = (content: string): Buffer => createHmac("sha256", KEY).update(content).digest();

export function createTraceToken(claims: object): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const content = `${encode({ typ: "JWT", alg: "HS256" })}.${encode(claims)}`;
  return `${content}.${signatureOf(content).toString("base64url")}`;
}

/** What a token of this emulator says. Undefined for any other. */
export function readTraceToken(token: string): Readonly<Record<string, unknown>> | undefined {
  const [head = "", claims = "", signature = ""] = token.split(".");
  const expected = signatureOf(`${head}.${claims}`);
  const given = Buffer.from(signature, "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  return JSON.parse(Buffer.from(claims, "base64url").toString("utf8"));
}
