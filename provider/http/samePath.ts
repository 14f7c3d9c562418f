/** Whether a path means the same after it was parsed. Characters that were encoded do not count. */
export function isSamePath(parsed: string, given: string): boolean {
  const parts = (path: string) => path.split("/").map(decoded).join("\n");
  return parsed === given || parts(parsed) === parts(given);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
