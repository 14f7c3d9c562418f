/** What a program has as a comment, since it changes the account when it is declared. Pure. */

export const suggestion =
  "The rules that name EdgeWorkers. Declared, they get an ownership marker, in a new version of the property:";

export function commented(mark: "//" | "#", ...texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split("\n").map((line) => `${mark} ${line}`.trimEnd()));
}
