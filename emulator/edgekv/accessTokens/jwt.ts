import { z } from "zod";
import { nextRandom, type Prng } from "../../prng";
import type { Token } from "../state";
import { networksOf } from "./lifecycle";

/** A JWT with the claims that clients read. Its signature is random: no client checks it. */
export function createJwt(token: Token, holder: Prng): string {
  const claims = {
    sub: token.name,
    jti: token.uuid,
    iat: Math.floor(token.issuedAt / 1000),
    exp: Date.parse(token.expiry) / 1000,
    env: networksOf(token).map((network) => network.charAt(0)),
    ewids: token.restrictToEdgeWorkerIds?.join(",") ?? "all",
    ...Object.fromEntries(
      Object.entries(token.namespacePermissions).map(([name, letters]) => [`namespace-${name}`, letters]),
    ),
  };
  const signature = Buffer.from(Array.from({ length: 32 }, () => Math.floor(nextRandom(holder) * 256)));
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  return [encode({ typ: "JWT", alg: "RS256" }), encode(claims), signature.toString("base64url")].join(".");
}

/** The claims of a JWT, or `undefined` when the value is not a JWT. */
export function jwtClaims(value: string): Record<string, unknown> | undefined {
  const parts = value.split(".");
  if (parts.length !== 3) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? "", "base64url").toString("utf8"));
    return z.looseObject({ exp: z.number() }).safeParse(claims).data;
  } catch {
    return undefined;
  }
}
