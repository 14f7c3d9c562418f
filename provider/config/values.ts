/** How single settings are read, whatever names them. */

/** A setting is missing or wrong. The message names keys, variables and files, never a value that could be a secret. */
export class ConfigError extends Error {
  override readonly name: string = "ConfigError";
}

/** No source has any part of the credentials. */
export class NoCredentialsError extends ConfigError {
  override readonly name = "NoCredentialsError";
}

/** An empty value counts as unset; the line break of a pasted value is no part of it. */
export function filled(value: string | undefined): string | undefined {
  return value?.trim() || undefined;
}

export function parseBoolean(key: string, value: string | undefined, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (value === "true" || value === "false") return value === "true";
  throw new ConfigError(`akamai-edge:${key} must be true or false.`);
}

export function parseCount(key: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (/^[1-9]\d{0,5}$/.test(value)) return Number(value);
  throw new ConfigError(`akamai-edge:${key} must be a whole number from 1 to 999999.`);
}

/** The code of a failed file access, such as `ENOENT`. */
export function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code ?? "unknown reason");
}

/** Why a file can't be read, in words where the code of the system says little. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "it does not exist",
    EACCES: "its permissions forbid it: EACCES",
    EPERM: "its permissions forbid it: EPERM",
    EISDIR: "it is a folder, not a file",
    ENOTDIR: "a part of the path is a file, not a folder",
    ELOOP: "its symbolic links lead to themselves",
  };
  return reasons[code] ?? code;
}
