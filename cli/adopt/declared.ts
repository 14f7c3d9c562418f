/** Objects of an account as the resources of a program. */

/** The value of an output of another resource of the program. */
export class Reference {
  /**
   * @param target the name of the resource in the program
   * @param value what the output is now
   */
  constructor(
    readonly target: string,
    readonly output: string,
    readonly value: unknown,
  ) {}
}

/** A path in the folder of the program, such as `./edgeworkers/greeter`. */
export class ProgramPath {
  constructor(readonly path: string) {}
}

/** A resource of the program. */
export interface Declared {
  /** Such as `edgekv:Namespace`. */
  readonly token: string;
  /** Its name in the program, unique among all. */
  readonly name: string;
  /** Its id, as `pulumi import` takes it. */
  readonly id: string;
  /** What the program sets: values of JSON, with references and paths in them. */
  readonly args: Readonly<Record<string, unknown>>;
  /** Names of the resources that have to exist before it, beside those that its arguments name. */
  readonly dependsOn: readonly string[];
}

/** An object that the program leaves to others, and why. */
export interface LeftOut {
  readonly object: string;
  readonly reason: string;
}

/** The arguments as the provider gets them. */
export function plainArgs(args: unknown, pathOf: (path: string) => string): unknown {
  if (args instanceof Reference) return args.value;
  if (args instanceof ProgramPath) return pathOf(args.path);
  if (Array.isArray(args)) return args.map((one) => plainArgs(one, pathOf));
  if (typeof args !== "object" || args === null) return args;
  return Object.fromEntries(Object.entries(args).map(([name, one]) => [name, plainArgs(one, pathOf)]));
}

/** Names of all resources that a value refers to. */
export function referencesIn(value: unknown): string[] {
  if (value instanceof Reference) return [value.target];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(referencesIn);
}

/** An object of the program by reference, another one by its value. */
export function referenceTo(target: Declared | undefined, output: string, value: unknown): unknown {
  return target === undefined ? value : new Reference(target.name, output, value);
}
