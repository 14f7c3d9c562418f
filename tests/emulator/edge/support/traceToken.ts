import { createHash } from "node:crypto";

/** A trace token for a hostname, in the form of `POST /secure-token`. */
export function traceToken(hostname: string, now: number, more: object = {}): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const claims = { hostnames: [hostname], acl: "/*", exp: Math.floor(now / 1000) + 600, ...more };
  const content = `${encode({ typ: "JWT", alg: "HS256" })}.${encode(claims)}`;
  return `${content}.${createHash("sha256").update(content).digest("base64url")}`;
}
