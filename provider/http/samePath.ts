/** Whether a path means the same after it was parsed. Characters that were encoded do not count. */
export function isSamePath(parsed: string, given: string): boolean {
  const parts = (path: string) => path.split("/").map((part) => decodeURIComponent(encodeURI(part)));
  return parsed === given || parts(parsed).join("\n") === parts(given).join("\n");
}
