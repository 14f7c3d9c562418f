import { exportedLiteral, type Literally, type LiteralObject } from "./exportedLiteral";
import { LiteralError } from "./literalError";

/**
 * The token for one namespace in the file: `reference` for tokens of the current generation, `value` (a JWT)
 * for older ones.
 */
export interface TokensFileEntry {
  readonly name: string;
  readonly reference?: string;
  readonly value?: string;
}

/** A token for the file, and the namespaces that it is for. */
export interface TokenForFile {
  readonly name: string;
  readonly reference?: string | undefined;
  readonly value?: string | undefined;
  readonly namespaces: readonly string[];
}

const prefix = "namespace-";
const fileName = "edgekv_tokens.js";
const variable = "edgekv_access_tokens";

/**
 * The text of `edgekv_tokens.js`. Akamai's `edgekv.js` looks for `namespace-` and the namespace's name, and
 * takes `value` where there is one, else `reference`. Akamai's CLI reads the file by cutting it at `=` and
 * parsing JSON up to the export: strict JSON, no other `=`, no `;` after the object.
 */
export function writeTokensFile(tokens: readonly TokenForFile[]): string {
  const entries = new Map<string, TokensFileEntry>();
  for (const { name, reference, value, namespaces } of tokens) {
    const entry: TokensFileEntry =
      value === undefined || value === "" ? { name, reference: reference ?? "" } : { name, value };
    if (entry.value === undefined && entry.reference === "")
      throw new Error(
        `access token ${name} has neither a reference nor a value, so that no EdgeWorker could use it`,
      );
    if (JSON.stringify(entry).includes("="))
      throw new Error(
        `access token ${name} has a \`=\` in it, which the readers of edgekv_tokens.js do not understand`,
      );
    for (const namespace of namespaces) {
      const other = entries.get(namespace);
      if (other !== undefined && other.name !== name) {
        throw new Error(
          `the access tokens ${other.name} and ${name} are both for the namespace ${namespace}, and the file has room for one: make one token with the permissions of both`,
        );
      }
      entries.set(namespace, entry);
    }
  }
  const sorted = [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([namespace, entry]) => [prefix + namespace, entry]);
  return `var edgekv_access_tokens = ${JSON.stringify(Object.fromEntries(sorted), null, 2)}\nexport { edgekv_access_tokens };\n`;
}

/**
 * The tokens in the text of an `edgekv_tokens.js`, by namespace. The file is read as a module with literals,
 * in whatever form an author, a formatter or a bundler leaves it. Keys may have `namespace-` or not: with it
 * wins where both are there. An entry has `value` or `reference`.
 */
export function readTokensFile(text: string): Record<string, TokensFileEntry> {
  if (/\0|^\ufffd\ufffd/.test(text)) throw new Error(`${fileName} is not text in UTF-8: save it in UTF-8`);
  const tokens = tokensIn(text);
  const entries = [...tokens].map(([key, entry]) => ({ key, entry: toEntry(key, entry) }));
  const plainFirst = entries.sort(
    (a, b) => Number(a.key.startsWith(prefix)) - Number(b.key.startsWith(prefix)),
  );
  return Object.fromEntries(
    plainFirst.map(({ key, entry }) => [key.startsWith(prefix) ? key.slice(prefix.length) : key, entry]),
  );
}

function tokensIn(text: string): LiteralObject {
  let exported: ReturnType<typeof exportedLiteral>;
  try {
    exported = exportedLiteral(text, variable);
  } catch (error) {
    // No other message: it might quote the file, secrets included.
    throw new Error(
      error instanceof LiteralError
        ? `${fileName} ${error.message}`
        : `${fileName} is nested too deep to be read`,
    );
  }
  if (exported?.value instanceof Map) return exported.value as LiteralObject;
  const isCommonJs = /\bexports\b/.test(text);
  throw new Error(
    isCommonJs
      ? `${fileName} is a CommonJS module, which EdgeWorkers do not import: write \`export { ${variable} };\``
      : `this is not an ${fileName}: it must export an object, as in \`export const ${variable} = {…};\``,
  );
}

function toEntry(key: string, entry: Literally): TokensFileEntry {
  const text = (member: string) => {
    const value = entry instanceof Map ? (entry as LiteralObject).get(member) : undefined;
    return typeof value === "string" ? value : undefined;
  };
  const [name, reference, value] = [text("name"), text("reference"), text("value")];
  if (name === undefined) throw new Error(`the entry ${key} of ${fileName} has no name`);
  return {
    name,
    ...(reference === undefined ? {} : { reference }),
    ...(value === undefined ? {} : { value }),
  };
}
