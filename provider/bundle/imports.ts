/** What the scripts of a bundle import, and the files that the service takes it for. */
import { posix } from "node:path";
import { parse as parseScript } from "acorn";
import { init, parse } from "es-module-lexer";
import { positionOf, sourcePlace } from "../errors/sourcePlace";
import { notUtf8, utf8Text } from "../runtime/encoding";
import type { BundleFiles } from "./files";
import { isTokensFile } from "./tokensFileName";

/** An import as it is written. A dynamic one is here only when its name is a literal. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** The imports of each script by its path, and of those that can't be read the reason. */
export interface Imports {
  readonly byScript: ReadonlyMap<string, readonly Import[]>;
  readonly unreadable: readonly string[];
}

const script = /\.m?js$/;

export async function importsOf(files: BundleFiles): Promise<Imports> {
  await init;
  const byScript = new Map<string, readonly Import[]>();
  const unreadable: string[] = [];
  for (const [path, content] of files) {
    if (!script.test(path)) continue;
    const text = utf8Text(content);
    if (text === undefined) unreadable.push(`${path} ${notUtf8(content)}`);
    else {
      try {
        byScript.set(path, importsIn(text));
      } catch (error) {
        unreadable.push(describeParseError(path, text, error));
      }
    }
  }
  return { byScript, unreadable };
}

function importsIn(text: string): Import[] {
  const [found] = parse(text);
  return found.flatMap((one) => {
    // A template with parts to compute has no name before the code runs.
    if (typeof one.specifier !== "string" || (one.type === "dynamic" && one.glob)) return [];
    return [{ specifier: one.specifier, line: positionOf(text, one.importStart).line }];
  });
}

/** Where a script can't be read, with its line. The file of the tokens has secrets in its lines. */
function describeParseError(path: string, text: string, error: unknown): string {
  const index = syntaxErrorIndex(text) ?? (error as { readonly idx?: unknown }).idx;
  if (typeof index !== "number") return `${path} is not a script that can be read`;
  const { place, source } = sourcePlace(text, index);
  const reason = `${path}:${place} is not a script that can be read`;
  return isTokensFile(path) ? reason : `${reason}: ${source}`;
}

/** Of something left open, the lexer only knows where it begins. A parser knows where the text stops making sense. */
function syntaxErrorIndex(text: string): unknown {
  try {
    parseScript(text, { ecmaVersion: "latest", sourceType: "module" });
    return undefined;
  } catch (error) {
    return (error as { readonly pos?: unknown }).pos;
  }
}

/** Modules of the platform, by the names that code imports. */
const builtIn: ReadonlySet<string> = new Set([
  "log",
  "http-request",
  "create-response",
  "cookies",
  "url-search-params",
  "streams",
  "text-encode-transform",
  "encoding",
  "crypto",
  "html-rewriter",
]);

/**
 * The file of the bundle that an import stands for: relative to its script, or to the root of the bundle.
 * Undefined for a module of the platform or of another EdgeWorker. Names are exact: no extension is added.
 */
export function resolveImport(files: BundleFiles, importer: string, specifier: string): string | undefined {
  if (/^\.{1,2}(?:\/|$)/.test(specifier)) return posix.join(posix.dirname(importer), specifier);
  const path = posix.normalize(specifier.replace(/^\/+/, ""));
  if (specifier.startsWith("/")) return path;
  if (builtIn.has(specifier) || /^[a-z]+:/i.test(specifier)) return undefined;
  if (/\.(?:m?js|json)$/i.test(specifier)) return path;
  // Without an extension it may be meant for a file, which the service would not find.
  return files.has(path) || findMeant(files, path) !== undefined ? path : undefined;
}

/** The file that a path without a file may mean: with another ending, in other capitals, or of the same name. */
export function findMeant(files: BundleFiles, path: string): string | undefined {
  const stem = path.replace(/\.(?:m?[jt]s|cjs|jsx|tsx)$/i, "");
  const endings = [".js", ".mjs", ".json", "/index.js", "/index.mjs"];
  const candidates = [path, stem].flatMap((one) => endings.map((ending) => posix.join(one + ending)));
  const names = [...files.keys()];
  const same = (one: string) => names.find((name) => name.toLowerCase() === one.toLowerCase());
  const exact = candidates.find((one) => files.has(one)) ?? [path, ...candidates].map(same).find(Boolean);
  if (exact !== undefined) return exact;
  const base = posix.basename(path).toLowerCase();
  return path.includes(".") ? names.find((name) => posix.basename(name).toLowerCase() === base) : undefined;
}

/** How a script names a file of its bundle. */
export function specifierOf(importer: string, path: string): string {
  const relative = posix.relative(posix.dirname(importer), path);
  return relative.startsWith(".") ? relative : `./${relative}`;
}
