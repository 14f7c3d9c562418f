/** Names of resources and variables of a program. Pure. */

/** Each text once: the second one gets a number behind it. */
export class UniqueNames {
  readonly #taken: Set<string>;

  constructor(
    taken: Iterable<string> = [],
    private readonly separator = "-",
  ) {
    this.#taken = new Set(taken);
  }

  of(wanted: string): string {
    for (let count = 1; ; count += 1) {
      const name = count === 1 ? wanted : `${wanted}${this.separator}${count}`;
      if (this.#taken.has(name)) continue;
      this.#taken.add(name);
      return name;
    }
  }
}

/** A resource's name: letters, digits, dots, `_` and `-` of the object's name. */
export function resourceName(...parts: readonly string[]): string {
  const text = parts.map((part) => part.replace(/[^\w.-]+/g, "-").replace(/^-+|-+$/g, "")).join("-");
  return text.replace(/-{2,}/g, "-") || "unnamed";
}

/** A variable in JavaScript: `catalog-staging` is `catalogStaging`. */
export function variableName(name: string): string {
  const [first = "", ...others] = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const text = [
    first.charAt(0).toLowerCase() + first.slice(1),
    ...others.map((word) => word.charAt(0).toUpperCase() + word.slice(1)),
  ].join("");
  return /^[A-Za-z]/.test(text) ? text : `_${text}`;
}

/** A variable for each resource, by the resource's name. */
export function variablesOf(
  resources: readonly { readonly name: string }[],
  reserved: readonly string[],
): ReadonlyMap<string, string> {
  const names = new UniqueNames(reserved, "");
  return new Map(resources.map(({ name }) => [name, names.of(variableName(name))]));
}

/** A folder or file of a name: no separator, no dot at the beginning. */
export function fileName(name: string): string {
  return name.replace(/[^\w.-]+/g, "-").replace(/^\.+/, "") || "unnamed";
}
