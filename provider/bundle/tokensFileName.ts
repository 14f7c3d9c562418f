import { posix } from "node:path";

/** The file that Akamai's `edgekv.js` imports its tokens from. */
export const tokensFileName = "edgekv_tokens.js";

export function isTokensFile(path: string): boolean {
  return posix.basename(path) === tokensFileName;
}
