/**
 * Values of the provider protocol as the resources take them: plain, with the places of secrets beside. What is not known yet keeps the engine's mark, which is
 * the same one in both protocols.
 */

export type Values = Record<string, unknown>;

/** From the outermost value down to one inside of it. */
export type Path = readonly (string | number)[];

const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** Values, and where in them the secrets are. */
export interface Marked {
  readonly values: Values;
  readonly secrets: readonly Path[];
}

/** Takes the marks of secrets off, at any depth. A secret inside of a secret is one. */
export function unmarked(marked: Readonly<Values>): Marked {
  const secrets: Path[] = [];
  const strip = (value: unknown, path: Path, isInside: boolean): unknown => {
    if (Array.isArray(value)) return value.map((one, index) => strip(one, [...path, index], isInside));
    if (typeof value !== "object" || value === null) return value;
    const members = value as Readonly<Values>;
    if (members[signatureKey] !== secretSignature)
      return Object.fromEntries(
        Object.entries(members).map(([name, one]) => [name, strip(one, [...path, name], isInside)]),
      );
    if (!isInside) secrets.push(path);
    return strip(members.value, path, true);
  };
  return { values: strip(marked, [], false) as Values, secrets };
}

/**
 * Marks what is at the given places as secret. Where a place is gone, because a check gave the value another form, all that is left of it is marked: the
 * nearest value around it.
 */
export function withSecrets(values: Readonly<Values>, secrets: readonly Path[]): Values {
  const marks = new Marks();
  for (const path of secrets) marks.add(existing(values, path));
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, mark(value, marks.inner.get(name))]),
  );
}

/** Places as a tree, so that values are gone through once. */
class Marks {
  isSecret = false;
  readonly inner = new Map<string | number, Marks>();

  add([first, ...rest]: Path): void {
    if (first === undefined) this.isSecret = true;
    else this.#below(first).add(rest);
  }

  #below(name: string | number): Marks {
    const below = this.inner.get(name) ?? new Marks();
    this.inner.set(name, below);
    return below;
  }
}

function mark(value: unknown, marks: Marks | undefined): unknown {
  if (marks === undefined) return value;
  if (marks.isSecret) return { [signatureKey]: secretSignature, value };
  if (Array.isArray(value)) return value.map((one, index) => mark(one, marks.inner.get(index)));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, mark(one, marks.inner.get(name))]),
  );
}

/** The part of a path that leads to something. A field that is gone altogether has nothing to mark. */
function existing(values: Readonly<Values>, path: Path): Path {
  const found: (string | number)[] = [];
  let at: unknown = values;
  for (const name of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) break;
    found.push(name);
    at = (at as Record<string | number, unknown>)[name];
  }
  return found.length === 0 ? path : found;
}
