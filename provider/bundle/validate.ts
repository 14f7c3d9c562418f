import { posix } from "node:path";
import { init, parse } from "es-module-lexer";
import { z } from "zod";
import { readTokensFile } from "../api/edgekv/tokensFile";
import { sourcePlace } from "../errors/sourcePlace";
import { exceedsInputLimits } from "../framework/inputLimits";
import type { BundleFiles } from "./files";

/** What speaks against a bundle, under the name that the EdgeWorkers API gives it. */
export interface BundleProblem {
  /** Such as `MISSING_MANDATORY_FILES`. */
  readonly type: string;
  readonly message: string;
}

const mostCompressed = 512 * 1024;
const mostUncompressed = 1024 * 1024;

export const manifestFile = "bundle.json";
export const tokensFileName = "edgekv_tokens.js";
const mainFile = "main.js";
const helperFile = "edgekv.js";

/** 1 to 32 letters, digits, `.`, `_`, `~` and `-`; no two dots in a row. */
export const versionPattern = /^(?!.*\.\.)[.a-zA-Z0-9_~-]{1,32}$/;

const aVersion = z
  .string("must be a text")
  .regex(versionPattern, "must be 1 to 32 letters, digits, `.`, `_`, `~` or `-`, without two dots in a row");
const anObject = z.looseObject({}, "must be an object");
const Manifest = z.looseObject(
  {
    // The version that the program sets, or `auto`, may replace it.
    "edgeworker-version": aVersion.optional(),
    "bundle-version": z.int("must be a whole number").min(1, "must be at least 1").optional(),
    "api-version": z
      .string("must be a text")
      .regex(/^[0-9.]*$/, "must be made of digits and dots")
      .optional(),
    description: z.string("must be a text").optional(),
    misc: anObject.optional(),
    "invoke-for-edgeworker-clients": z.boolean("must be true or false").optional(),
    config: anObject.optional(),
    dependencies: anObject.optional(),
  },
  "it must be an object",
);
export type Manifest = z.output<typeof Manifest>;

/** The manifest of the bundle, or what is wrong with it. */
export function readManifest(
  files: BundleFiles,
): { readonly manifest: Manifest } | { readonly problem: BundleProblem } {
  const content = files.get(manifestFile);
  if (content === undefined) return { problem: missing(manifestFile) };
  const invalid = (what: string) => ({
    problem: { type: "INVALID_MANIFEST", message: `${manifestFile} ${what}` },
  });
  const text = textOf(content);
  if (text === undefined) return invalid("is not UTF-8 text");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return invalid(`is not JSON: ${(error as Error).message}`);
  }
  const tooMuch = exceedsInputLimits(json);
  if (tooMuch !== undefined) return invalid(tooMuch);
  const parsed = Manifest.safeParse(json);
  if (parsed.success) return { manifest: parsed.data };
  const [issue] = parsed.error.issues;
  return invalid(`is wrong: ${[issue?.path.join("."), issue?.message].filter((part) => part).join(": ")}`);
}

/**
 * All checks of a bundle that need no request.
 * @param tokensComing whether tokens will be written into it when it is packed
 */
export async function validateBundle(files: BundleFiles, tokensComing: boolean): Promise<BundleProblem[]> {
  if (files.size === 0) return [{ type: "EMPTY_TARBALL", message: "there is no file in the bundle" }];
  const problems: BundleProblem[] = [];
  const read = readManifest(files);
  if ("problem" in read) problems.push(read.problem);
  if (!files.has(mainFile)) problems.push(missing(mainFile));
  const size = [...files.values()].reduce((sum, content) => sum + content.length, 0);
  if (size > mostUncompressed) {
    problems.push({
      type: "MAX_UNCOMPRESSED_SIZE_EXCEEDED",
      message: `the files have ${size} bytes; ${mostUncompressed} (1 MB) are the most`,
    });
  }
  const imports = await importsOf(files, problems);
  problems.push(
    ...importProblems(files, imports, tokensComing),
    ...tokensProblems(files.get(tokensFileName), tokensComing),
  );
  return problems;
}

/** The packed archive must not be larger than EdgeWorkers takes. */
export function validatePacked(bytes: Uint8Array): BundleProblem[] {
  if (bytes.length <= mostCompressed) return [];
  const message = `the packed bundle has ${bytes.length} bytes; ${mostCompressed} (512 KB) are the most`;
  return [{ type: "MAX_COMPRESSED_SIZE_EXCEEDED", message }];
}

export function formatProblem({ type, message }: BundleProblem): string {
  return `${type}: ${message}`;
}

function missing(file: string): BundleProblem {
  return {
    type: "MISSING_MANDATORY_FILES",
    message: `${file} is missing; it must be at the root of the bundle`,
  };
}

/** The text of a file, when it is one. */
function textOf(content: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return undefined;
  }
}

/** What each script imports, as it is written. */
async function importsOf(
  files: BundleFiles,
  problems: BundleProblem[],
): Promise<Map<string, readonly string[]>> {
  await init;
  const imports = new Map<string, readonly string[]>();
  for (const [path, content] of files) {
    if (!/\.m?js$/.test(path)) continue;
    const text = textOf(content);
    try {
      if (text === undefined) throw new Error("it is not UTF-8 text");
      const [found] = parse(text, path);
      const specifiers = found.flatMap(({ specifier }) => (typeof specifier === "string" ? [specifier] : []));
      imports.set(path, specifiers);
    } catch (error) {
      const reason = scriptError(path, text, error);
      problems.push({
        type: "STATIC_VALIDATION_FAILED",
        message: `${path} is not a script that can be read: ${reason}`,
      });
    }
  }
  return imports;
}

/** Where a script can't be read, with its line. The file of the tokens has secrets in its lines. */
function scriptError(path: string, text: string | undefined, error: unknown): string {
  const index = (error as { idx?: unknown }).idx;
  if (text === undefined || typeof index !== "number")
    return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
  const { place, source } = sourcePlace(text, index);
  return posix.basename(path) === tokensFileName ? `${path}:${place}` : `${path}:${place}: ${source}`;
}

/** What is imported must be there; and the helper library and the tokens stand and fall together. */
function importProblems(
  files: BundleFiles,
  imports: ReadonlyMap<string, readonly string[]>,
  tokensComing: boolean,
): BundleProblem[] {
  const problems: BundleProblem[] = [];
  const imported = new Set<string>();
  for (const [importer, specifiers] of imports) {
    for (const specifier of specifiers) {
      const name = posix.basename(specifier);
      const special = name === helperFile || name === tokensFileName;
      if (!/^\.{1,2}\//.test(specifier)) {
        // Others that are not relative are modules of the platform.
        if (special)
          problems.push({
            type: "INVALID_EDGEKV_IMPORTS",
            message: `${importer} must import ./${name}, not ${JSON.stringify(specifier)}`,
          });
        continue;
      }
      const path = posix.join(posix.dirname(importer), specifier);
      imported.add(path);
      if (!special && /\.m?js$/.test(path) && !files.has(path)) {
        problems.push({
          type: "STATIC_VALIDATION_FAILED",
          message: `${importer} imports ${specifier}, which is not in the bundle`,
        });
      }
    }
  }
  const has = (path: string) => files.has(path) || (path === tokensFileName && tokensComing);
  const named = (name: string) =>
    [...new Set([...files.keys(), ...imported])].filter((path) => posix.basename(path) === name);
  for (const helper of named(helperFile)) {
    if (!files.has(helper))
      problems.push({
        type: "EDGEKV_FILE_MISSING",
        message: `${helper} is imported, but it is not in the bundle`,
      });
    else if (imports.size > 0 && !imported.has(helper)) {
      problems.push({
        type: "INVALID_EDGEKV_IMPORTS",
        message: `${helper} is in the bundle, but nothing imports it`,
      });
    }
  }
  for (const tokens of named(tokensFileName)) {
    if (has(tokens)) continue;
    const message = `${tokens} is imported, but it is not in the bundle: name the access tokens in \`tokens\``;
    problems.push({ type: "EDGEKV_TOKENS_FILE_MISSING", message });
  }
  if ((files.has(tokensFileName) || tokensComing) && imports.size > 0 && !imported.has(tokensFileName)) {
    problems.push({
      type: "INVALID_EDGEKV_IMPORTS",
      message: `nothing imports ${tokensFileName}, so that no token would be used: ${helperFile} of Akamai does, and belongs into the bundle`,
    });
  }
  return problems;
}

function tokensProblems(content: Uint8Array | undefined, tokensComing: boolean): BundleProblem[] {
  if (content === undefined) return [];
  try {
    const entries = Object.entries(readTokensFile(textOf(content) ?? ""));
    if (entries.length === 0 && !tokensComing)
      return [{ type: "ACCESS_TOKEN_MISSING", message: `${tokensFileName} has no access token` }];
    return entries
      .filter(([, { reference, value }]) => !reference && !value)
      .map(([namespace]) => ({
        type: "ACCESS_TOKEN_MISSING",
        message: `${tokensFileName}: the entry for the namespace ${namespace} has neither \`reference\` nor \`value\``,
      }));
  } catch (error) {
    return [{ type: "ACCESS_TOKEN_INVALID", message: `${tokensFileName}: ${(error as Error).message}` }];
  }
}
