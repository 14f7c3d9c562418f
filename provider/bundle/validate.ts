import { init, parse } from "es-module-lexer";
import { z } from "zod";
import { readTokensFile } from "../api/edgekv/tokensFile";
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

const Manifest = z.looseObject({
  "edgeworker-version": z
    .string()
    .regex(versionPattern, "must be 1 to 32 letters, digits, `.`, `_`, `~` or `-`, without two dots in a row")
    .optional(),
  "bundle-version": z.int().min(1).optional(),
  "api-version": z
    .string()
    .regex(/^[0-9.]*$/)
    .optional(),
  description: z.string().optional(),
});
export type Manifest = z.output<typeof Manifest>;

/** The manifest of the bundle, or what is wrong with it. */
export function readManifest(files: BundleFiles): Manifest | BundleProblem {
  const content = files.get(manifestFile);
  if (content === undefined)
    return { type: "MISSING_MANDATORY_FILES", message: `${manifestFile} is missing; it must be at the root of the bundle` };
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(content).toString("utf8"));
  } catch (error) {
    return { type: "INVALID_MANIFEST", message: `${manifestFile} is not JSON: ${(error as Error).message}` };
  }
  const parsed = Manifest.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return { type: "INVALID_MANIFEST", message: `${manifestFile}: ${issue?.path.join(".") || "it"}: ${issue?.message ?? "is wrong"}` };
}

export function isProblem(value: Manifest | BundleProblem): value is BundleProblem {
  return "type" in value && "message" in value && typeof value.type === "string" && /^[A-Z_]+$/.test(value.type);
}

/**
 * All that can be said of a bundle without asking anybody.
 * @param tokensComing whether tokens will be written into it when it is packed
 */
export async function validateBundle(files: BundleFiles, tokensComing: boolean): Promise<BundleProblem[]> {
  const problems: BundleProblem[] = [];
  if (files.size === 0) return [{ type: "EMPTY_TARBALL", message: "there is no file in the bundle" }];
  const manifest = readManifest(files);
  if (isProblem(manifest)) problems.push(manifest);
  const main = files.get(mainFile);
  if (main === undefined)
    problems.push({ type: "MISSING_MANDATORY_FILES", message: `${mainFile} is missing; it must be at the root of the bundle` });
  const size = [...files.values()].reduce((sum, content) => sum + content.length, 0);
  if (size > mostUncompressed) {
    problems.push({
      type: "MAX_UNCOMPRESSED_SIZE_EXCEEDED",
      message: `the files have ${size} bytes; ${mostUncompressed} (1 MB) is the most`,
    });
  }
  const imports = new Map<string, readonly string[]>();
  await init;
  for (const [path, content] of files) {
    if (!path.endsWith(".js") && !path.endsWith(".mjs")) continue;
    try {
      const [found] = parse(Buffer.from(content).toString("utf8"), path);
      imports.set(
        path,
        found.flatMap(({ specifier }) => (typeof specifier === "string" ? [specifier] : [])),
      );
    } catch (error) {
      problems.push({
        type: "STATIC_VALIDATION_FAILED",
        message: `${path} is not a script that can be read: ${(error as Error).message.split("\n")[0] ?? ""}`,
      });
    }
  }
  problems.push(...edgeKvProblems(files, imports, tokensComing));
  const tokens = files.get(tokensFileName);
  if (tokens !== undefined) {
    try {
      readTokensFile(Buffer.from(tokens).toString("utf8"));
    } catch (error) {
      problems.push({ type: "ACCESS_TOKEN_INVALID", message: `${tokensFileName}: ${(error as Error).message}` });
    }
  }
  return problems;
}

/** The packed archive must not be larger than EdgeWorkers takes. */
export function validatePacked(bytes: Uint8Array): BundleProblem[] {
  return bytes.length <= mostCompressed
    ? []
    : [
        {
          type: "MAX_COMPRESSED_SIZE_EXCEEDED",
          message: `the packed bundle has ${bytes.length} bytes; ${mostCompressed} (512 KB) is the most`,
        },
      ];
}

/** The helper library and the tokens stand and fall together: what is imported must be there, and the library must not lie about unused. */
function edgeKvProblems(files: BundleFiles, imports: ReadonlyMap<string, readonly string[]>, tokensComing: boolean): BundleProblem[] {
  const imported = (file: string) => [...imports.values()].some((names) => names.some((name) => name.replace(/^(\.\.?\/)+/, "") === file));
  const problems: BundleProblem[] = [];
  if (imported(helperFile) && !files.has(helperFile)) {
    problems.push({ type: "EDGEKV_FILE_MISSING", message: `${helperFile} is imported, but it is not in the bundle` });
  }
  if (files.has(helperFile) && imports.size > 0 && !imported(helperFile)) {
    problems.push({ type: "INVALID_EDGEKV_IMPORTS", message: `${helperFile} is in the bundle, but nothing imports it` });
  }
  if (imported(tokensFileName) && !files.has(tokensFileName) && !tokensComing) {
    problems.push({
      type: "EDGEKV_TOKENS_FILE_MISSING",
      message: `${tokensFileName} is imported, but it is not in the bundle: name the access tokens in \`tokens\``,
    });
  }
  return problems;
}
