import { findToken } from "../../../api/edgekv/tokens";
import { downloadVersion, findVersion } from "../../../api/edgeworkers/versions";
import { type BundleFiles, unpack } from "../../../bundle/files";
import { readTokens } from "../../../bundle/tokens";
import { isTokensFile } from "../../../bundle/tokensFileName";
import { findEventually } from "../../../consistency/read";
import { ApiError, PreconditionError } from "../../../errors";
import type { ImportHooks } from "../../../framework/resource";
import type { Context } from "../../../runtime/context";
import { notUtf8, utf8Text } from "../../../runtime/encoding";
import { type VersionState, versionArgs } from "./schema";

export const importVersion: ImportHooks<VersionState> = {
  form: "EDGEWORKER-ID/VERSION",
  example: "42/1.4.0",

  identify(id) {
    const [edgeWorkerId = "", version, ...rest] = id.split("/");
    const isId = /^[1-9]\d{0,14}$/.test(edgeWorkerId);
    const isName = version !== undefined && versionArgs.shape.version.safeParse(version).success;
    if (rest.length > 0 || !isId || !isName || version === "auto") return undefined;
    return { edgeWorkerId: Number(edgeWorkerId), version };
  },

  /** The files of the archive as texts. Where the account has the tokens in it, they are named instead. */
  async find(context, known) {
    const state = known as VersionState;
    const { edgeWorkerId, version } = state;
    const live = await findEventually(context, () => findVersion(context.http, edgeWorkerId, version));
    if (live === undefined) return undefined;
    const archive = await downloadVersion(context.http, edgeWorkerId, version);
    const files = await unpack(archive, `the archive of version ${version}`);
    const tokens = await tokensOf(context, files);
    const kept = [...files].filter(([path]) => tokens === undefined || !isTokensFile(path));
    return {
      ...state,
      bundle: Object.fromEntries(kept.map(([path, bytes]) => [path, textOf(path, bytes)])),
      ...(tokens === undefined ? {} : { tokens }),
      checksum: live.checksum,
      ...(live.createdTime ? { createdTime: live.createdTime } : {}),
    };
  },

  /** Tokens that the account does not have: their file stays in the bundle. */
  secretsOf: ({ bundle }) =>
    typeof bundle === "string"
      ? []
      : Object.keys(bundle)
          .filter(isTokensFile)
          .map((path) => ["bundle", path]),
};

function textOf(path: string, bytes: Uint8Array): string {
  const text = utf8Text(bytes);
  if (text === undefined) throw new PreconditionError(`${path} in its archive ${notUtf8(bytes)}`);
  return text;
}

/** The names of the tokens in the files, when each is the one that the account has now. */
async function tokensOf(context: Context, files: BundleFiles): Promise<string[] | undefined> {
  const entries = [...files].flatMap(([path, bytes]) =>
    isTokensFile(path) ? Object.values(readTokens(bytes)) : [],
  );
  const names = [...new Set(entries.map(({ name }) => name))];
  if (names.length === 0) return undefined;
  for (const { name, reference, value } of entries) {
    const found = name === undefined ? undefined : await liveToken(context, name);
    const isSame = reference === undefined ? found?.value === value : found?.uuid === reference;
    if (found === undefined || !isSame) return undefined;
  }
  return names.filter((name) => name !== undefined).sort();
}

async function liveToken(context: Context, name: string) {
  try {
    const found = await findEventually(context, async () => {
      const seen = await findToken(context.http, name);
      return typeof seen === "object" ? seen : undefined;
    });
    return found;
  } catch (error) {
    // Without EdgeKV there is no token.
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}
