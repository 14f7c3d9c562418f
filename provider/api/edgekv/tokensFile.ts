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
 * The tokens in the text of an `edgekv_tokens.js`, by namespace. Understands what Akamai's tools and pages
 * have written over the years: keys with and without `namespace-` (with it wins where both are there),
 * `value` or `reference`, `;` or none, any spacing.
 */
export function readTokensFile(text: string): Record<string, TokensFileEntry> {
  const assigned = objectIn(text.replace(/^\uFEFF/, ""));
  if (assigned === undefined) {
    throw new Error(
      "this is not an edgekv_tokens.js: it must contain `var edgekv_access_tokens = {…}` and then `export { edgekv_access_tokens };`",
    );
  }
  let object: unknown;
  try {
    object = JSON.parse(assigned);
  } catch {
    // The parser's own message would quote the file, secrets included.
    throw new Error(
      "what edgekv_tokens.js assigns to edgekv_access_tokens is not strict JSON: names and texts need double quotes, and there must be no comments or trailing commas",
    );
  }
  const entries = Object.entries(object as object).map(([key, entry]: [string, unknown]) => ({
    key,
    entry: toEntry(key, entry),
  }));
  const plainFirst = entries.sort(
    (a, b) => Number(a.key.startsWith(prefix)) - Number(b.key.startsWith(prefix)),
  );
  return Object.fromEntries(
    plainFirst.map(({ key, entry }) => [key.startsWith(prefix) ? key.slice(prefix.length) : key, entry]),
  );
}

/**
 * The text of the object between the first assignment and the last export, which ends the file. Each is
 * looked for once: one expression for both would begin anew at every assignment that a file of any size may
 * have.
 */
function objectIn(text: string): string | undefined {
  const start = /edgekv_access_tokens\s*=\s*(?=\{)/.exec(text);
  const end = text.lastIndexOf("export");
  if (start === null || end < start.index) return undefined;
  if (!/^export\s*\{\s*edgekv_access_tokens\s*(?:,\s*)?\}\s*(?:;\s*)?$/.test(text.slice(end)))
    return undefined;
  const object = text
    .slice(start.index + start[0].length, end)
    .trimEnd()
    .replace(/;$/, "")
    .trimEnd();
  return object.endsWith("}") ? object : undefined;
}

function toEntry(key: string, entry: unknown): TokensFileEntry {
  const text = (member: string) => {
    const value =
      typeof entry === "object" && entry !== null && Object.hasOwn(entry, member)
        ? (entry as Record<string, unknown>)[member]
        : undefined;
    return typeof value === "string" ? value : undefined;
  };
  const [name, reference, value] = [text("name"), text("reference"), text("value")];
  if (name === undefined) throw new Error(`the entry ${key} of edgekv_tokens.js has no name`);
  return {
    name,
    ...(reference === undefined ? {} : { reference }),
    ...(value === undefined ? {} : { value }),
  };
}
