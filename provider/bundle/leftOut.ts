/** Files that are part of a project, but of no bundle: they are left out, and named once. */

/** Why a file or folder of this name is left out of a bundle. */
export type LeftOutKind = "secret" | "tool";

/** Credentials and private keys. */
const secrets =
  /^(?:\.env.*|\.npmrc|\.yarnrc(?:\.yml)?|\.edgerc.*|\.netrc|\.aws|\.ssh|\.git-credentials|id_(?:rsa|dsa|ecdsa|ed25519)|.*\.(?:pem|key|p12|pfx|jks|keystore|kdbx|env))$/i;
/** Packages, and the files that fix their versions. */
const packages =
  /^(?:node_modules|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|bun\.lockb|.*\.lock|bower_components)$/i;
/** What systems and editors leave behind. */
const leftBehind = /^(?:__MACOSX|thumbs\.db|desktop\.ini|.*~|.*\.sw[a-p]|#.*#)$/i;

/**
 * Why a file or folder is left out: it holds secrets, or belongs to tools. Undefined for what is packed.
 * @param name without the folders before it
 */
export function leftOutKind(name: string): LeftOutKind | undefined {
  if (secrets.test(name)) return "secret";
  // No code of a bundle has a name that begins with a dot.
  return name.startsWith(".") || packages.test(name) || leftBehind.test(name) ? "tool" : undefined;
}

/** Paths that a message names. */
const maxShown = 10;

/** One line on all that was left out. Undefined when there is none. */
export function describeLeftOut(
  paths: readonly string[],
): { readonly message: string; readonly hasSecrets: boolean } | undefined {
  if (paths.length === 0) return undefined;
  const sorted = [...paths].sort();
  const more = sorted.length - maxShown;
  const shown = sorted.slice(0, maxShown).join(", ") + (more > 0 ? ` and ${more} more` : "");
  const hasSecrets = sorted.some((path) => leftOutKind(path.slice(path.lastIndexOf("/") + 1)) === "secret");
  const caution = hasSecrets ? " Such files may hold secrets, which no bundle should have." : "";
  const message = `left out of the bundle: ${shown}.${caution} Name them in \`exclude\` to leave them out silently.`;
  return { message, hasSecrets };
}
