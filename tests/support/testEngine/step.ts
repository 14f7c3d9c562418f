/** What the engine does with one resource of a program. */
import type { DynamicProvider } from "../../../provider/dynamic";
import { type StackState, type StoredResource, urnOf } from "./stackState";

type Values = Record<string, unknown>;

export interface Plan {
  readonly inputs: Values;
  readonly failures: readonly { property: string; reason: string }[];
  /** What `up` would do. */
  readonly plan: "create" | "same" | "update" | "replace";
  readonly replaces: string[];
  readonly deleteBeforeReplace: boolean;
}

/** Inputs with what the classes add: the owner and the text of the provider. */
export const declared = (name: string, args: object): Values => ({
  ...args,
  owner: `project/stack/${name}`,
  __provider: "text",
});

/** Check and diff, as in a preview. */
export async function planStep(provider: DynamicProvider, news: Values, old?: StoredResource): Promise<Plan> {
  const checked = await provider.check(old?.inputs ?? {}, news);
  const none = { ...checked, replaces: [], deleteBeforeReplace: false };
  if (old === undefined || checked.failures.length > 0) return { ...none, plan: "create" };
  const { changes, replaces, deleteBeforeReplace } = await provider.diff(
    old.id,
    old.state,
    withText(checked.inputs, news),
  );
  if (replaces.length > 0)
    return { ...(await provider.check({}, news)), plan: "replace", replaces, deleteBeforeReplace };
  return { ...none, plan: changes || old.failed ? "update" : "same" };
}

/**
 * Carries a plan out. The new object of a replacement is made before the old one goes, unless the resource wants it the other way round.
 * What a failed operation made in part is stored.
 */
export async function carryOut(
  provider: DynamicProvider,
  { token, name }: Pick<StoredResource, "token" | "name">,
  news: Values,
  { inputs, failures, plan, deleteBeforeReplace }: Plan,
  state: StackState,
): Promise<StoredResource> {
  if (failures.length > 0)
    throw new Error(failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n"));
  const urn = urnOf({ token, name });
  const old = state.resources.get(urn);
  const stored = (id: string, outs: object): StoredResource => ({
    token,
    name,
    id,
    inputs,
    state: withText(outs, news),
  });
  const attempt = async (
    operation: () => Promise<{ id?: string; outs: Values }>,
    id = "",
  ): Promise<StoredResource> => {
    try {
      const made = await operation();
      return state.save(stored(made.id ?? id, made.outs));
    } catch (error) {
      if (isPartial(error)) state.save({ ...stored(String(error.id), error.properties), failed: true });
      throw error;
    }
  };
  const sent = withText(inputs, news);
  if (old === undefined) return attempt(() => provider.create(sent));
  if (plan === "same") return state.save({ ...old, inputs });
  if (plan === "update") return attempt(() => provider.update(old.id, old.state, sent), old.id);
  if (deleteBeforeReplace) {
    await provider.delete(old.id, old.state);
    state.remove(old);
    return attempt(() => provider.create(sent));
  }
  try {
    return await attempt(() => provider.create(sent));
  } finally {
    // Also after a failure that left a part: that part is the resource from now on, as in the engine.
    const current = state.resources.get(urn);
    if (current !== undefined && current !== old) state.supersede(old);
  }
}

/** The state after a refresh; undefined when the object is gone. */
export async function refreshed(
  provider: DynamicProvider,
  old: StoredResource,
): Promise<StoredResource | undefined> {
  const { id, props, inputs } = await provider.read(old.id, old.state);
  if (id === undefined) return undefined;
  return { ...old, id, inputs: inputs ?? old.inputs, state: withText(props ?? {}, old.state) };
}

export async function remove(
  provider: DynamicProvider,
  resource: StoredResource,
  state: StackState,
): Promise<void> {
  await provider.delete(resource.id, resource.state);
  state.remove(resource);
}

const withText = (values: object, { __provider }: Values): Values => ({ ...values, __provider });

/** An operation that failed after it had made something. */
export function isPartial(
  error: unknown,
): error is Error & { readonly id: unknown; readonly properties: Values } {
  return (
    error instanceof Error &&
    "id" in error &&
    error.id !== undefined &&
    "properties" in error &&
    error.properties !== undefined
  );
}
