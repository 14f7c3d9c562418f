/** The content of a version: files, tokens, and the name that may be derived from them. */

import { tokenKey } from "../../../api/edgekv/keys";
import { findToken, type Token } from "../../../api/edgekv/tokens";
import { BundleError, type BundleFiles, readBundle } from "../../../bundle/files";
import { autoVersion, type BundleToken, contentHash, numberedName, splitName } from "../../../bundle/finish";
import { describeLeftOut } from "../../../bundle/leftOut";
import { readManifest } from "../../../bundle/manifest";
import { digests, sha256 } from "../../../bundle/pack";
import { formatProblem } from "../../../bundle/problem";
import { type BundleSource, plainSource } from "../../../bundle/source";
import { validateBundle } from "../../../bundle/validate";
import { type Observation, pollUntil } from "../../../consistency/poll";
import { propagation } from "../../../consistency/propagation";
import { findEventually } from "../../../consistency/read";
import { InvalidInputError, PreconditionError } from "../../../errors";
import { same, shortHash } from "../../../framework/canonical";
import type { Draft } from "../../../framework/resource";
import { unknownValue } from "../../../framework/unknown";
import type { Context } from "../../../runtime/context";
import { versionsOfRun } from "../observe";
import type { VersionInputs } from "./schema";

type Wanted = Partial<VersionInputs>;
type VersionDraft = Draft<VersionInputs>;

/** The computed inputs of the content; `files` and `version` are unknown while the bundle is. */
export async function computeInputs(context: Context, draft: VersionDraft) {
  const { known, unknown, kept, oldInputs } = draft;
  if (kept.files !== undefined && known.bundle !== undefined) {
    const asNow = async () => (unknown.has("tokens") ? unknownValue : digestTokens(context, draft));
    const tokenDigests = kept.tokenDigests ?? (await asNow());
    // The same content has the same name, although the folder may have other files by now.
    if (same(tokenDigests, oldInputs.tokenDigests) && oldInputs.version !== undefined)
      return {
        bundle: sourceOf(known),
        version: oldInputs.version,
        ...(tokenDigests === undefined ? {} : { tokenDigests }),
      };
  }
  if (unknown.has("bundle") || unknown.has("exclude") || known.bundle === undefined) {
    return {
      ...(known.bundle === undefined ? {} : { bundle: sourceOf(known) }),
      files: unknownValue,
      version: unknownValue,
    };
  }
  const bundle = sourceOf(known);
  const leftOut = new Set<string>();
  const read = await filesOf(known, leftOut);
  reportLeftOut(context, draft, leftOut);
  await refuseInvalid(read, draft, [...leftOut]);
  const files = digests(read);
  const tokenDigests = unknown.has("tokens") ? unknownValue : await digestTokens(context, draft);
  const hash = typeof tokenDigests === "string" ? undefined : contentHash(files, tokenDigests ?? {});
  const version = await nameVersion(context, draft, read, hash);
  return { bundle, files, version, ...(tokenDigests === undefined ? {} : { tokenDigests }) };
}

// ---- files ----

function sourceOf({ bundle }: Wanted): BundleSource {
  try {
    return plainSource(bundle, process.cwd());
  } catch (error) {
    return wrongBundle(error);
  }
}

/** @param leftOut gets the paths that were left out */
export async function filesOf(inputs: Wanted, leftOut?: Set<string>): Promise<BundleFiles> {
  return readBundle(sourceOf(inputs), process.cwd(), inputs.exclude, leftOut).catch(wrongBundle);
}

function reportLeftOut(
  { logger }: Context,
  { logicalName }: VersionDraft,
  leftOut: ReadonlySet<string>,
): void {
  const report = describeLeftOut([...leftOut]);
  if (report?.hasSecrets) logger.warn(`${logicalName}: ${report.message}`);
  else if (report !== undefined) logger.info(`${logicalName}: ${report.message}`);
}

function wrongBundle(error: unknown): never {
  throw error instanceof BundleError ? new InvalidInputError("bundle", error.message) : error;
}

/** Also where a preview may not ask the service. */
async function refuseInvalid(
  files: BundleFiles,
  { known, unknown }: VersionDraft,
  leftOut: readonly string[],
): Promise<void> {
  const tokensComing = unknown.has("tokens") || (known.tokens ?? []).length > 0;
  const problems = await validateBundle(files, tokensComing, leftOut);
  if (problems.length > 0) throw new InvalidInputError("bundle", problems.map(formatProblem).join("; "));
}

// ---- tokens ----

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

async function digestTokens(
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

// ---- the name ----

async function nameVersion(
  context: Context,
  { known, unknown, oldInputs }: VersionDraft,
  files: BundleFiles,
  hash: string | undefined,
): Promise<string> {
  if (unknown.has("version")) return unknownValue;
  if (known.version !== undefined && known.version !== "auto") return known.version;
  const read = readManifest(files);
  const base = "manifest" in read ? read.manifest["edgeworker-version"] : undefined;
  if (known.version === undefined) {
    if (base !== undefined) return base;
    throw new InvalidInputError("version", "is required, or `edgeworker-version` in bundle.json");
  }
  if (hash === undefined) return unknownValue;
  const wanted = autoVersion(base, hash);
  if (known.edgeWorkerId === undefined) return wanted;
  // Where the first name was used up, the same content has a later one. A stale replica may not show that, but the last inputs do.
  const before =
    oldInputs.edgeWorkerId === known.edgeWorkerId && oldInputs.version !== undefined
      ? [{ version: oldInputs.version }]
      : [];
  const numbers = [...before, ...(await versionsOfRun(context, known.edgeWorkerId))].flatMap(
    ({ version }) => {
      const { stem, number } = splitName(version);
      return stem === wanted ? [number] : [];
    },
  );
  return numberedName(wanted, Math.max(1, ...numbers));
}

/** Whether the name was derived from the content: then it ends with the content's hash. */
export function isDerived({ version, files, tokenDigests }: VersionInputs): boolean {
  const hash = contentHash(files, tokenDigests ?? {});
  return hash !== undefined && splitName(version).stem.endsWith(hash);
}
