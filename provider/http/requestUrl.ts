import { PreconditionError, printablePart } from "../errors";
import type { ApiRequest } from "../runtime/httpClient";

/** The address of a request, with its query and the account switch key. A path that changes when it is parsed is refused. */
export function requestUrl(
  origin: string,
  accountSwitchKey: string | undefined,
  { method, path, query }: ApiRequest,
): URL {
  const url = new URL(path, origin);
  // A part that is `.` or `..` would make it another request.
  if (!isSamePath(url.pathname, path))
    throw new PreconditionError(
      `${method} ${printablePart(path)} was not sent: the path changes when it is parsed. A name, key or version in it can't be \`.\` or \`..\``,
    );
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  if (accountSwitchKey !== undefined) url.searchParams.set("accountSwitchKey", accountSwitchKey);
  return url;
}

/** Whether a path means the same after it was parsed. Characters that were encoded do not count. */
function isSamePath(parsed: string, given: string): boolean {
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
