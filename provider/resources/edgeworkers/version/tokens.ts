/** The access tokens of a version: whether they can be used, and what the bundle has of them. */
import { tokenKey } from "../../../api/edgekv/keys";
import { findToken, type Token } from "../../../api/edgekv/tokens";
import type { BundleToken } from "../../../bundle/finish";
import { sha256 } from "../../../bundle/pack";
import { type Observation, pollUntil } from "../../../consistency/poll";
import { propagation } from "../../../consistency/propagation";
import { findEventually } from "../../../consistency/read";
import { InvalidInputError, PreconditionError } from "../../../errors";
import { same, shortHash } from "../../../framework/canonical";
import type { Draft } from "../../../framework/resource";
import { unknownValue } from "../../../framework/unknown";
import type { Context } from "../../../runtime/context";
import type { VersionInputs } from "./schema";

type VersionDraft = Draft<VersionInputs>;

/** A token as it is now; `planned` when this program is still to create it. */
async function observeToken(
  context: Context,
  name: string,
): Promise<Token | "planned" | "expired" | undefined> {
  const { runState } = context;
  const find = async () => {
    const found = await findToken(context.http, name);
    return found === "revoked" ? undefined : found;
  };
  // One that this run created is there, although a stale replica may not show it yet.
  if (runState.created.has(tokenKey(name))) return findEventually(context, find);
  return runState.planned.has(tokenKey(name)) ? "planned" : find();
}

export async function digestTokens(
  context: Context,
  { known }: VersionDraft,
): Promise<Record<string, string> | undefined> {
  if (known.tokens === undefined || known.tokens.length === 0) return undefined;
  const entries = await Promise.all(
    known.tokens.map(async (name) => {
      const token = await observeToken(context, name);
      if (typeof token === "object") return [name, digestOf(token)] as const;
      // A preview that may not read does not know whether the program creates it.
      if (token === "planned" || (token === undefined && !context.settings.previewReads))
        return [name, unknownValue] as const;
      throw new InvalidInputError("tokens", `the access token ${name} ${whyUnusable(context, name, token)}`);
    }),
  );
  return Object.fromEntries(entries);
}

/** A token that the state has is declared, but nothing makes it anew before a refresh removes it from the state. */
function whyUnusable({ runState }: Context, name: string, token: "expired" | undefined): string {
  const what = token === "expired" ? "has expired" : "is not there";
  if (runState.owned.has(tokenKey(name)))
    return `${token === "expired" ? what : "was revoked"} outside of this program: run \`pulumi refresh\`, and the next \`up\` makes a new one`;
  return token === "expired" ? what : `${what}, and no resource before this one declares it`;
}

/** Differs between two tokens of one name, and reveals nothing else. */
function digestOf(token: Token): string {
  const { reference, value, namespaces } = forBundle(token);
  return shortHash({ reference, value: value && sha256(value), namespaces }, 12);
}

function forBundle(token: Token): BundleToken {
  const { name, uuid, value } = token;
  return { name, reference: uuid, value: value ?? undefined, namespaces: namespacesOf(token) };
}

/** A token of the older generation names its namespaces in itself only: in the claims of a JWT. */
function namespacesOf({ name, value, namespacePermissions }: Token): string[] {
  const granted = Object.keys(namespacePermissions ?? {});
  const prefix = "namespace-";
  const claims = Object.keys(claimsOf(value ?? "")).filter((claim) => claim.startsWith(prefix));
  const namespaces = granted.length > 0 ? granted : claims.map((claim) => claim.slice(prefix.length));
  if (namespaces.length === 0)
    throw new InvalidInputError("tokens", `the access token ${name} does not name its namespaces`);
  return namespaces.sort();
}

function claimsOf(jwt: string): object {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString("utf8"));
    return typeof claims === "object" && claims !== null ? claims : {};
  } catch {
    return {};
  }
}

function statusOf({ tokenActivationStatus }: Token): string {
  // Tokens of the older generation have no status: they can be used at once.
  return tokenActivationStatus ?? "COMPLETE";
}

/** The tokens to write into the bundle, or undefined while one of them can't be used. */
export async function usableTokens(
  context: Context,
  { known, unknown }: VersionDraft,
): Promise<readonly Token[] | undefined> {
  if (unknown.has("tokens")) return undefined;
  const found = await Promise.all((known.tokens ?? []).map((name) => observeToken(context, name)));
  const usable = found
    .filter((token) => typeof token === "object")
    .filter((token) => statusOf(token) === "COMPLETE");
  return usable.length === found.length ? usable : undefined;
}

/** The same when the bundle is packed: EdgeWorkers refuses a bundle with a token that is not COMPLETE. */
export async function awaitTokens(context: Context, inputs: VersionInputs): Promise<readonly Token[]> {
  const tokens: Token[] = [];
  const began = context.clock.now();
  for (const name of inputs.tokens ?? []) {
    const token = await pollUntil(context, {
      what: `access token ${name} to be COMPLETE`,
      observe: async (): Promise<Observation<Token>> => {
        const seen = await findToken(context.http, name);
        if (typeof seen === "string") {
          const isNew = context.clock.now() - began < propagation.tokenExistence.seconds * 1000;
          return { state: seen === "expired" ? "expired" : "not there", is: isNew ? "pending" : "failed" };
        }
        const state = statusOf(seen);
        if (state === "COMPLETE") return { state, is: "reached", value: seen };
        return { state, is: state === "IN_PROGRESS" ? "pending" : "failed" };
      },
      interval: 2,
      timeout: propagation.tokenActivated.seconds,
    });
    tokens.push(token);
  }
  const now = Object.fromEntries(tokens.map((token) => [token.name, digestOf(token)]));
  if (!same(now, inputs.tokenDigests ?? {}))
    throw new PreconditionError(
      "an access token was replaced while `up` was running. Run it again, so that the version has the new one",
    );
  return tokens;
}

export function bundleTokens(tokens: readonly Token[]): BundleToken[] {
  return tokens.map(forBundle);
}
