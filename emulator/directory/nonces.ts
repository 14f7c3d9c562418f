import { lstatSync, readFileSync } from "node:fs";
import type { NonceStore } from "../gateway";
import { append, writeDraft } from "./draft";

/** Lines after which the file is written anew, without those that are over. */
const MOST_LINES = 20_000;

/** Nonces of kept credentials, one line each: a request that was sent before a restart is refused after it, too. */
export function nonceFile(path: string): NonceStore {
  let lines = 0;
  const read = (): [string, number][] => {
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return [];
    const now = Date.now();
    return readFileSync(path, "utf8")
      .split("\n")
      .map((line): [string, number] => {
        const [digest = "", until = ""] = line.split(" ");
        return [digest, Number(until)];
      })
      .filter(([digest, until]) => /^[0-9a-f]{32}$/.test(digest) && until > now);
  };
  const rewrite = (): [string, number][] => {
    const left = read();
    writeDraft(path, left.map((nonce) => `${nonce.join(" ")}\n`).join(""), 0o600);
    lines = left.length;
    return left;
  };
  return {
    load: rewrite,
    add(digest, until) {
      append(path, `${digest} ${until}\n`, 0o600);
      lines += 1;
      if (lines > MOST_LINES) rewrite();
    },
  };
}
