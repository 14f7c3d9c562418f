/** All checks of a bundle that need no request. */
import { posix } from "node:path";
import { notUtf8, utf16Kind } from "../runtime/encoding";
import type { BundleFiles } from "./files";
import { findMeant, type Imports, importsOf, resolveImport, specifierOf } from "./imports";
import { manifestFile, readManifest } from "./manifest";
import { type BundleProblem, missing } from "./problem";
import { tokensPaths, tokensProblems } from "./tokens";
import { isTokensFile, tokensFileName } from "./tokensFileName";

const maxCompressedBytes = 512 * 1024;
const maxUncompressedBytes = 1024 * 1024;

const mainFile = "main.js";
const helperFile = "edgekv.js";
/** Files that are text, beside scripts and the manifest. Others may have any bytes. */
const textFile = /\.(?:json|txt|html?|css|csv|md|svg|xml|ya?ml)$/i;

/**
 * What speaks against a bundle.
 * @param tokensComing whether tokens will be written into it when it is packed
 * @param leftOut paths that were left out of it
 */
export async function validateBundle(
  files: BundleFiles,
  tokensComing: boolean,
  leftOut: readonly string[] = [],
): Promise<BundleProblem[]> {
  if (files.size === 0) return [{ type: "EMPTY_TARBALL", message: "there is no file in the bundle" }];
  const problems: BundleProblem[] = [];
  const read = readManifest(files);
  if ("problem" in read) problems.push(read.problem);
  if (!files.has(mainFile)) problems.push(missing(mainFile, files.keys()));
  const size = [...files.values()].reduce((sum, content) => sum + content.length, 0);
  if (size > maxUncompressedBytes) {
    problems.push({
      type: "MAX_UNCOMPRESSED_SIZE_EXCEEDED",
      message: `the files have ${size} bytes; ${maxUncompressedBytes} (1 MB) are the most`,
    });
  }
  for (const [path, content] of files) {
    if (textFile.test(path) && path !== manifestFile && utf16Kind(content) !== undefined)
      problems.push(staticProblem(`${path} ${notUtf8(content)}`));
  }
  const imports = await importsOf(files);
  problems.push(...imports.unreadable.map(staticProblem));
  const dependencies = "manifest" in read ? Object.keys(read.manifest.dependencies ?? {}) : [];
  problems.push(...importProblems({ files, imports, tokensComing, leftOut, dependencies }));
  const targets = tokensComing ? tokensPaths(files, imports) : [];
  for (const [path, content] of files) {
    if (isTokensFile(path)) problems.push(...tokensProblems(path, content, targets.includes(path)));
  }
  return problems;
}

/** The packed archive must not be larger than EdgeWorkers takes. */
export function validatePacked(bytes: Uint8Array): BundleProblem[] {
  if (bytes.length <= maxCompressedBytes) return [];
  const message = `the packed bundle has ${bytes.length} bytes; ${maxCompressedBytes} (512 KB) are the most`;
  return [{ type: "MAX_COMPRESSED_SIZE_EXCEEDED", message }];
}

function staticProblem(message: string): BundleProblem {
  return { type: "STATIC_VALIDATION_FAILED", message };
}

interface Scripts {
  readonly files: BundleFiles;
  readonly imports: Imports;
  readonly tokensComing: boolean;
  readonly leftOut: readonly string[];
  /** Other EdgeWorkers that the manifest names. */
  readonly dependencies: readonly string[];
}

/** What is imported must be there. And the helper library and the tokens stand and fall together. */
function importProblems(scripts: Scripts): BundleProblem[] {
  const { files, imports, dependencies } = scripts;
  const problems: BundleProblem[] = [];
  const imported = new Set<string>();
  for (const [importer, found] of imports.byScript) {
    for (const { specifier, line } of found) {
      const path = dependencies.includes(specifier) ? undefined : resolveImport(files, importer, specifier);
      if (path === undefined) continue;
      const name = posix.basename(path);
      const isEdgeKv = name === helperFile || name === tokensFileName;
      if (isEdgeKv && !/^\.{1,2}\//.test(specifier)) {
        problems.push({
          type: "INVALID_EDGEKV_IMPORTS",
          message: `${importer}, line ${line}, must import ${specifierOf(importer, path)}, not ${JSON.stringify(specifier)}`,
        });
        continue;
      }
      imported.add(path);
      if (isEdgeKv || files.has(path)) continue;
      const meant = findMeant(withTokensFile(scripts, path), path);
      // It counts as imported: one mistake is one problem.
      if (meant !== undefined) imported.add(meant);
      problems.push(
        staticProblem(
          `${importer}, line ${line}, imports ${JSON.stringify(specifier)}, which ${whyAbsent(scripts, path)}${hint(importer, specifier, meant)}`,
        ),
      );
    }
  }
  return [...problems, ...helperProblems(scripts, imported), ...tokensFileProblems(scripts, imported)];
}

function whyAbsent({ leftOut }: Scripts, path: string): string {
  const isLeftOut = leftOut.some((one) => path === one || path.startsWith(`${one}/`));
  return isLeftOut ? "is left out of the bundle" : "is not in the bundle";
}

function hint(importer: string, specifier: string, meant: string | undefined): string {
  if (meant === undefined) return "";
  const wanted = specifier.startsWith(".") ? specifierOf(importer, meant) : meant;
  return `: EdgeWorkers take names as they are, so it may have to be ${JSON.stringify(wanted)}`;
}

/** The files of the bundle, with the tokens file that will be written beside this one. */
function withTokensFile({ files, tokensComing }: Scripts, path: string): BundleFiles {
  const coming = posix.join(posix.dirname(path), tokensFileName);
  return tokensComing ? new Map([...files, [coming, new Uint8Array()]]) : files;
}

/** Paths of this name that are in the bundle or imported. */
function named(name: string, files: BundleFiles, imported: ReadonlySet<string>): string[] {
  return [...new Set([...files.keys(), ...imported])].filter((path) => posix.basename(path) === name);
}

function helperProblems({ files, imports }: Scripts, imported: ReadonlySet<string>): BundleProblem[] {
  return named(helperFile, files, imported).flatMap((helper) => {
    if (!files.has(helper)) {
      const elsewhere = findMeant(files, helper);
      const where = elsewhere === undefined ? "" : `; there is ${elsewhere}`;
      return [
        {
          type: "EDGEKV_FILE_MISSING",
          message: `${helper} is imported, but it is not in the bundle${where}`,
        },
      ];
    }
    if (imports.byScript.size === 0 || imported.has(helper)) return [];
    return [
      {
        type: "INVALID_EDGEKV_IMPORTS",
        message: `${helper} is in the bundle, but nothing imports it`,
      },
    ];
  });
}

function tokensFileProblems(
  { files, imports, tokensComing }: Scripts,
  imported: ReadonlySet<string>,
): BundleProblem[] {
  const problems: BundleProblem[] = [];
  const all = named(tokensFileName, files, imported);
  for (const path of all) {
    if (files.has(path) || (tokensComing && !path.startsWith("../"))) continue;
    const message = `${path} is imported, but it is not in the bundle: name the access tokens in \`tokens\``;
    problems.push({ type: "EDGEKV_TOKENS_FILE_MISSING", message });
  }
  const isComing = tokensComing && !all.some((path) => imported.has(path));
  const unused = [...(isComing ? [tokensFileName] : []), ...all.filter((path) => !imported.has(path))];
  if (imports.byScript.size === 0) return problems;
  for (const path of new Set(unused)) {
    problems.push({
      type: "INVALID_EDGEKV_IMPORTS",
      message: `nothing imports ${path}, so that no token would be used: ${helperFile} of Akamai does, and belongs into the bundle`,
    });
  }
  return problems;
}
