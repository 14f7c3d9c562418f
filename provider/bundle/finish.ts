import { type TokenForFile, writeTokensFile } from "../api/edgekv/tokensFile";
import { shortHash } from "../framework/canonical";
import { hasUnknown } from "../framework/unknown";
import type { BundleFiles } from "./files";
import { importsOf } from "./imports";
import { manifestFile, withVersion } from "./manifest";
import { packBundle } from "./pack";
import { readTokens, tokensPaths } from "./tokens";

/** A token whose reference goes into the bundle. */
export type BundleToken = TokenForFile;

/** Digits of the content's hash in a derived version. */
const hashLength = 10;
const longestVersion = 32;
/** Room for the `~2` of a name whose first form was used up. */
const spare = 3;

/** One short text for all of a bundle's content, or undefined while some of it is not known. */
export function contentHash(
  files: Readonly<Record<string, string>>,
  tokenDigests: Readonly<Record<string, string>>,
): string | undefined {
  return hasUnknown(files) || hasUnknown(tokenDigests)
    ? undefined
    : shortHash({ files, tokenDigests }, hashLength);
}

/** The version that `auto` stands for: the base of `bundle.json` and the content. */
export function autoVersion(base: string | undefined, hash: string): string {
  return base === undefined ? hash : `${base.slice(0, longestVersion - hashLength - 1 - spare)}-${hash}`;
}

/** A derived name and how often the names before it were used up: `1.0-… ~2` is the second. */
export function splitName(name: string): { readonly stem: string; readonly number: number } {
  const found = /^(.+)~([2-9]|[1-9]\d)$/.exec(name);
  return found?.[1] === undefined ? { stem: name, number: 1 } : { stem: found[1], number: Number(found[2]) };
}

export function numberedName(stem: string, number: number): string {
  return number === 1 ? stem : `${stem}~${number}`;
}

/**
 * The archive to upload: the files, with the version in the manifest, and the tokens where the scripts import
 * them.
 */
export async function finish(
  files: BundleFiles,
  version: string,
  tokens: readonly BundleToken[],
): Promise<Buffer> {
  const finished = new Map(files);
  finished.set(manifestFile, withVersion(files.get(manifestFile), version));
  const paths = tokens.length === 0 ? [] : tokensPaths(files, await importsOf(files));
  for (const path of paths) finished.set(path, Buffer.from(mergeTokens(files.get(path), tokens)));
  return packBundle(finished);
}

/** The tokens of the program replace those in the file for the same namespaces; the others stay. */
function mergeTokens(existing: Uint8Array | undefined, tokens: readonly BundleToken[]): string {
  const named = new Set(tokens.flatMap(({ namespaces }) => namespaces));
  const others = Object.entries(existing === undefined ? {} : readTokens(existing)).filter(
    ([namespace]) => !named.has(namespace),
  );
  return writeTokensFile([
    ...tokens,
    ...others.map(([namespace, entry]) => ({ ...entry, namespaces: [namespace] })),
  ]);
}
