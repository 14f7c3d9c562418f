import { appendFileSync, chmodSync, statSync } from "node:fs";

/**
 * Appends lines to a file that only its owner may read. The file is made when it is missing. The first error ends the writing.
 * Lines of several processes do not mix: each is appended by one write.
 */
export function openPrivateFile(path: string, onError: (code: string) => void): (line: string) => void {
  let failed = false;
  const attempt = (act: () => void): void => {
    if (failed) return;
    try {
      act();
    } catch (error) {
      failed = true;
      onError(String((error as { code?: unknown }).code ?? error));
    }
  };
  attempt(() => {
    appendFileSync(path, "", { mode: 0o600 });
    // A file that was there before keeps its mode otherwise. A device, such as /dev/stderr, keeps it.
    if (statSync(path).isFile()) chmodSync(path, 0o600);
  });
  return (line) => attempt(() => appendFileSync(path, `${line}\n`));
}
