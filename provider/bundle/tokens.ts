/** The access tokens in a bundle: where their files are, and what they hold. */
import { readTokensFile, type TokensFileEntry } from "../api/edgekv/tokensFile";
import { notUtf8, utf8Text } from "../runtime/encoding";
import type { BundleFiles } from "./files";
import { type Imports, resolveImport } from "./imports";
import type { BundleProblem } from "./problem";
import { isTokensFile, tokensFileName } from "./tokensFileName";

/**
 * Where a tokens file belongs: wherever a script imports one. Akamai's `edgekv.js` imports it from its own
 * folder. At the root when no script imports any.
 */
export function tokensPaths(files: BundleFiles, { byScript }: Imports): string[] {
  const resolved = [...byScript].flatMap(([importer, imports]) =>
    imports.flatMap(({ specifier }) => resolveImport(files, importer, specifier) ?? []),
  );
  const paths = [...new Set(resolved.filter((path) => isTokensFile(path) && !path.startsWith("../")))];
  return paths.length > 0 ? paths.sort() : [tokensFileName];
}

/** The entries of a tokens file by namespace. */
export function readTokens(content: Uint8Array): Record<string, TokensFileEntry> {
  const text = utf8Text(content);
  if (text === undefined) throw new Error(`${tokensFileName} ${notUtf8(content)}`);
  return readTokensFile(text);
}

/** @param isExtended whether tokens will be written into the file when the bundle is packed */
export function tokensProblems(path: string, content: Uint8Array, isExtended: boolean): BundleProblem[] {
  try {
    const entries = Object.entries(readTokens(content));
    if (entries.length === 0 && !isExtended)
      return [{ type: "ACCESS_TOKEN_MISSING", message: `${path} has no access token` }];
    return entries
      .filter(([, { reference, value }]) => !reference && !value)
      .map(([namespace]) => ({
        type: "ACCESS_TOKEN_MISSING",
        message: `${path}: the entry for the namespace ${namespace} has neither \`reference\` nor \`value\``,
      }));
  } catch (error) {
    return [{ type: "ACCESS_TOKEN_INVALID", message: `${path}: ${(error as Error).message}` }];
  }
}
