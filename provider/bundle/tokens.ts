import { readTokensFile } from "../api/edgekv/tokensFile";
import type { BundleFiles } from "./files";
import { tokensFileName } from "./validate";

/** The access tokens that a bundle holds, and the namespaces that each of them is for. None when it has no tokens file. */
export function tokensInBundle(files: BundleFiles): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [path, bytes] of files) {
    if (path !== tokensFileName && !path.endsWith(`/${tokensFileName}`)) continue;
    for (const [namespace, { name }] of Object.entries(readTokensFile(Buffer.from(bytes).toString("utf8")))) {
      found.set(name, [...(found.get(name) ?? []), namespace]);
    }
  }
  return found;
}
