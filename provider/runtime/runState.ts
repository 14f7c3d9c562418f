/** What one engine run knows, shared by all resources of the process. It knows no product: keys and slots are made by those who use them. */

declare const isKey: unique symbol;

/** Names one object of the account, such as `namespace staging/catalog`. Made by `keyOf`. */
export type Key = string & { readonly [isKey]: true };

/**
 * The key of an object, from its kind and what identifies it.
 *
 * @example
 * keyOf("namespace", "staging", "catalog"); // "namespace staging/catalog"
 */
export function keyOf(kind: string, ...parts: readonly (string | number)[]): Key {
  return (parts.length === 0 ? kind : `${kind} ${parts.join("/")}`) as Key;
}

/** A value that lives as long as the run, with its type. */
export interface Slot<T> {
  readonly initial: () => T;
}

/**
 * Declares a slot. Keep it beside the code that uses it.
 *
 * @example
 * const declaredGroups = slot(() => new Map<string, number>());
 * runState.get(declaredGroups).set("catalog", 72297);
 */
export function slot<T>(initial: () => T): Slot<T> {
  return { initial };
}

export class RunState {
  /** Objects that the state of this run owns. */
  readonly owned = new Set<Key>();
  /** Objects that this run is going to create. */
  readonly planned = new Set<Key>();
  /** Objects that this run created or brought back. A stale replica may not show them yet. */
  readonly created = new Set<Key>();
  /** Objects that this run deleted at once. A stale replica may still show them. */
  readonly deleted = new Set<Key>();
  /** Whether the engine has shown this run a resource of the program. A destroy shows none: its program is empty. */
  hasProgram = false;
  readonly #slots = new Map<Slot<unknown>, unknown>();
  readonly #claims = new Map<Key, string>();
  readonly #reads = new Map<Key, Promise<unknown>>();
  readonly #lasting = new Set<Promise<unknown>>();

  /** The value of a slot: made when it is first asked for. */
  get<T>(of: Slot<T>): T {
    if (!this.#slots.has(of)) this.#slots.set(of, of.initial());
    return this.#slots.get(of) as T;
  }

  /** Claims what only one resource of a program can have. Returns the owner of another resource that has it. */
  claim(key: Key, owner: string): string | undefined {
    const holder = this.#claims.get(key) ?? owner;
    this.#claims.set(key, holder);
    return holder === owner ? undefined : holder;
  }

  /**
   * One read for each object and run: previews of many resources ask the same questions.
   * @param lasts whether the answer holds for the run, whatever it changes. Default: any change makes it stale
   */
  read<T>(key: Key, load: () => Promise<T>, lasts: (value: T) => boolean = () => false): Promise<T> {
    const known = this.#reads.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const loading = load();
    this.#reads.set(key, loading);
    loading.then(
      (value) => {
        if (!lasts(value)) return;
        this.#lasting.add(loading);
        // A change may have come in between.
        if (!this.#reads.has(key)) this.#reads.set(key, loading);
      },
      // The next one who needs a read that failed asks again.
      () => {
        if (this.#reads.get(key) === loading) this.#reads.delete(key);
      },
    );
    return loading;
  }

  /** After any change, what was read before it proves nothing, unless it lasts. */
  forgetReads(): void {
    for (const [key, read] of this.#reads) if (!this.#lasting.has(read)) this.#reads.delete(key);
  }
}
