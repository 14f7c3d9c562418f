import { posix } from "node:path";
import type { Program } from "acorn";
import { z } from "zod";
import type { Account } from "../../account/account";
import type { EmulatorSettings } from "../../account/settings";
import { jwtClaims } from "../../edgekv/accessTokens/jwt";
import { isActive, tokenByUuid } from "../../edgekv/accessTokens/lifecycle";
import { table } from "../../json";
import { EXPIRES_SOON_SECONDS } from "../limits";
import { type ArchivedFile, readArchive, UnreadableArchive } from "./archive";
import { type Finding, finding } from "./findings";
import { exportedLiteral, importsOf, parseModule } from "./modules";

/** A code bundle, as far as it can be checked without the account. */
export interface Bundle {
  /** What is wrong with it, whatever the account has. */
  readonly findings: Finding[];
  /** Of the manifest. */
  readonly version?: string;
  /** EdgeWorkers that it is composed with, of the manifest. */
  readonly dependencies?: Readonly<Record<string, Dependency>>;
  /** The entries of its tokens file, by their keys. */
  readonly tokens: Record<string, unknown>;
}

const Dependency = z.strictObject({ edgeWorkerId: z.int().positive(), version: z.string().min(1) });
export type Dependency = z.infer<typeof Dependency>;

const MANIFEST = "bundle.json";
const MAIN = "main.js";
const HELPER = "edgekv.js";
const TOKENS = "edgekv_tokens.js";
const TOKENS_VARIABLE = "edgekv_access_tokens";

const Manifest = z.looseObject({
  "edgeworker-version": z.string().regex(/^(?!.*?\.{2})[.a-zA-Z0-9_~-]{1,32}$/),
  "bundle-version": z.int().min(1).optional(),
  "api-version": z
    .string()
    .regex(/^[0-9.]*$/)
    .optional(),
  description: z.string().optional(),
  misc: z.looseObject({}).optional(),
  "invoke-for-edgeworker-clients": z.boolean().optional(),
  config: z.looseObject({}).optional(),
  dependencies: z.record(z.string(), Dependency).optional(),
});

/** Unpacks a bundle and checks every file. */
export async function readBundle(
  bytes: Buffer,
  { bundleBytes, bundleUncompressedBytes }: EmulatorSettings,
): Promise<Bundle> {
  try {
    return inspect(await readArchive(bytes, bundleBytes, bundleUncompressedBytes));
  } catch (error) {
    if (error instanceof UnreadableArchive) return { findings: [error.finding], tokens: table() };
    throw error;
  }
}

function inspect(files: ReadonlyMap<string, ArchivedFile>): Bundle {
  const findings: Finding[] = [];
  const missing = [MAIN, MANIFEST].filter((name) => !files.has(name));
  if (missing.length > 0)
    findings.push(finding("MISSING_MANDATORY_FILES", `mandatory files are missing: ${missing.join(", ")}`));
  for (const [name, { mode }] of files) {
    if (mode & 0o111)
      findings.push(finding("INVALID_FILE_PERMISSION", `file ${name} must not be executable`));
  }
  const manifest = files.get(MANIFEST);
  const found = manifest && manifestIn(manifest.text, findings);
  const version = found?.["edgeworker-version"];
  const dependencies = found?.dependencies;
  const modules = parseAll(files, findings);
  const imported = checkImports(modules, files, findings);
  checkEdgeKv(files, imported, findings);
  return {
    findings,
    ...(version !== undefined && { version }),
    ...(dependencies !== undefined && { dependencies }),
    tokens: tokensIn(modules, findings),
  };
}

function manifestIn(text: string, findings: Finding[]): z.infer<typeof Manifest> | undefined {
  try {
    const result = Manifest.safeParse(JSON.parse(text));
    if (result.success) return result.data;
    const { path = [], message } = result.error.issues[0] ?? {};
    findings.push(finding("INVALID_MANIFEST", `manifest file is invalid: ${path.join(".")}: ${message}`));
  } catch {
    findings.push(finding("INVALID_MANIFEST", "manifest file is invalid: it is not JSON"));
  }
  return undefined;
}

/** The syntax trees of all scripts. */
function parseAll(files: ReadonlyMap<string, ArchivedFile>, findings: Finding[]): Map<string, Program> {
  const modules = new Map<string, Program>();
  for (const [name, { text }] of files) {
    if (!/\.m?js$/.test(name)) continue;
    try {
      modules.set(name, parseModule(text));
    } catch (error) {
      // Also what is nested too deeply.
      const reason = error instanceof Error ? error.message : error;
      findings.push(finding("STATIC_VALIDATION_FAILED", `static validation failed: ${name}: ${reason}`));
    }
  }
  return modules;
}

/** The files that other files import. Those of EdgeKV are checked apart. */
function checkImports(
  modules: ReadonlyMap<string, Program>,
  files: ReadonlyMap<string, ArchivedFile>,
  findings: Finding[],
): Set<string> {
  const imported = new Set<string>();
  for (const [importer, program] of modules) {
    for (const specifier of importsOf(program)) {
      const base = posix.basename(specifier);
      if (!/^\.{1,2}\//.test(specifier)) {
        // Others that are not relative are modules of the platform.
        if (base === HELPER || base === TOKENS) {
          findings.push(
            finding("INVALID_EDGEKV_IMPORTS", `${importer} must import ./${base}, not ${specifier}`),
          );
        }
        continue;
      }
      const name = posix.join(posix.dirname(importer), specifier);
      imported.add(name);
      if (!files.has(name) && base !== HELPER && base !== TOKENS) {
        findings.push(
          finding(
            "STATIC_VALIDATION_FAILED",
            `static validation failed: ${importer} imports ${specifier}, which is missing`,
          ),
        );
      }
    }
  }
  return imported;
}

function checkEdgeKv(
  files: ReadonlyMap<string, ArchivedFile>,
  imported: ReadonlySet<string>,
  findings: Finding[],
): void {
  const known = new Set([...files.keys(), ...imported]);
  const resolveNamed = (base: string) => [...known].filter((name) => posix.basename(name) === base);
  const [helpers, tokens] = [resolveNamed(HELPER), resolveNamed(TOKENS)];
  for (const helper of helpers) {
    if (!files.has(helper))
      findings.push(finding("EDGEKV_FILE_MISSING", `${helper} is imported, but is not in the bundle`));
  }
  const hasTokens = tokens.some((name) => files.has(name));
  if (!hasTokens && (tokens.length > 0 || helpers.some((name) => files.has(name)))) {
    findings.push(finding("EDGEKV_TOKENS_FILE_MISSING", `${TOKENS} is not in the bundle`));
  }
  for (const name of [...helpers, ...tokens]) {
    if (files.has(name) && !imported.has(name))
      findings.push(finding("INVALID_EDGEKV_IMPORTS", `${name} is not imported`));
  }
}

/** The entries of the tokens files. */
function tokensIn(modules: ReadonlyMap<string, Program>, findings: Finding[]): Record<string, unknown> {
  const all = table<unknown>();
  for (const [name, program] of modules) {
    if (posix.basename(name) !== TOKENS) continue;
    const tokens = z.record(z.string(), z.unknown()).safeParse(exportedLiteral(program, TOKENS_VARIABLE));
    if (!tokens.success) {
      findings.push(finding("ACCESS_TOKEN_INVALID", `${name} does not export an object ${TOKENS_VARIABLE}`));
    } else if (Object.keys(tokens.data).length === 0) {
      findings.push(finding("ACCESS_TOKEN_MISSING", `${name} has no access tokens`));
    } else Object.assign(all, tokens.data);
  }
  return all;
}

/** All findings of a bundle for this account and time. */
export function findingsOf(
  bundle: Bundle,
  account: Account,
  now: number,
): { errors: Finding[]; warnings: Finding[] } {
  const about = Object.entries(bundle.tokens).flatMap(([key, entry]) =>
    tokenFindings(key, entry, account, now),
  );
  const isWarning = ({ type }: Finding) => type === "ACCESS_TOKEN_EXPIRING_SOON";
  return {
    errors: [...bundle.findings, ...about.filter((one) => !isWarning(one))],
    warnings: about.filter(isWarning),
  };
}

const Entry = z.looseObject({
  name: z.string().optional(),
  value: z.string().optional(),
  reference: z.string().optional(),
});

function tokenFindings(key: string, entry: unknown, account: Account, now: number): Finding[] {
  const result = Entry.safeParse(entry);
  if (!result.success) return [finding("ACCESS_TOKEN_INVALID", `the access token of ${key} is invalid`)];
  const { value, reference } = result.data;
  if (value !== undefined) return jwtFindings(key, value, now);
  if (reference === undefined)
    return [finding("ACCESS_TOKEN_MISSING", `the access token of ${key} is missing`)];
  const token = tokenByUuid(account.edgekv, reference);
  if (token && isActive(token, now)) return [];
  const message = `the access token reference of ${key} does not exist or is not activated`;
  return [finding("ACCESS_TOKEN_REFERENCE_INVALID", message)];
}

function jwtFindings(key: string, value: string, now: number): Finding[] {
  const claims = jwtClaims(value);
  const namespace = `namespace-${key.replace(/^namespace-/, "")}`;
  if (claims === undefined || !(namespace in claims))
    return [finding("ACCESS_TOKEN_INVALID", `the access token of ${key} is invalid`)];
  const left = Number(claims.exp) * 1000 - now;
  if (left <= 0) return [finding("ACCESS_TOKEN_EXPIRED", `the access token of ${key} has expired`)];
  if (left > EXPIRES_SOON_SECONDS * 1000) return [];
  return [
    finding(
      "ACCESS_TOKEN_EXPIRING_SOON",
      `the access token of ${key} expires on ${new Date(now + left).toISOString().slice(0, 10)}`,
    ),
  ];
}
