type Values = Record<string, unknown>;

/** A resource as the engine stores it. */
export interface StoredResource {
  /** Such as `edgekv:Namespace`. */
  readonly token: string;
  /** In the program. */
  readonly name: string;
  readonly id: string;
  readonly inputs: Values;
  readonly state: Values;
  /** The last change did not finish: the engine updates it in the next run, whether anything changed or not. */
  readonly failed?: true;
  /** When a run last came to it: what it needs has a lower number. */
  readonly order?: number;
}

/** Token and name in the program, such as `edgekv:Namespace catalog`. */
export const urnOf = ({ token, name }: Pick<StoredResource, "token" | "name">) => `${token} ${name}`;

/** Last first: what needs others goes before them. */
export const inDeletionOrder = (resources: readonly StoredResource[]) =>
  [...resources].sort((a, b) => (b.order ?? 0) - (a.order ?? 0));

/**
 * Nothing needs items or activations, so the engine deletes them side by side. Where one follows the other, activations go first: items
 * wait for those.
 */
export function inDestroyOrder(resources: readonly StoredResource[]): StoredResource[] {
  const lastFirst = inDeletionOrder(resources);
  const firstItem = lastFirst.findIndex(({ token }) => /^edgekv:Item(Group)?$/.test(token));
  if (firstItem < 0) return lastFirst;
  const rest = lastFirst.slice(firstItem);
  const isActivation = ({ token }: StoredResource) => token === "edgeworkers:Activation";
  return [
    ...lastFirst.slice(0, firstItem),
    ...rest.filter(isActivation),
    ...rest.filter((resource) => !isActivation(resource)),
  ];
}

/** What the engine stores of a stack: the resources by urn, and the replaced ones that are still to be deleted. */
export class StackState {
  #order = 0;

  constructor(
    public resources = new Map<string, StoredResource>(),
    public replaced: StoredResource[] = [],
  ) {
    this.#order = Math.max(0, ...[...resources.values()].map(({ order = 0 }) => order));
  }

  save(resource: StoredResource): StoredResource {
    const saved = { ...resource, order: ++this.#order };
    this.resources.set(urnOf(saved), saved);
    return saved;
  }

  /** Another object has its name from now on; it is deleted at the end of a run. */
  supersede(resource: StoredResource): void {
    this.replaced = [...this.replaced, resource];
  }

  remove(resource: StoredResource): void {
    if (this.resources.get(urnOf(resource)) === resource) this.resources.delete(urnOf(resource));
    this.replaced = this.replaced.filter((one) => one !== resource);
  }
}
