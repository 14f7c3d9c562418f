import type { z } from "zod";
import type { Context } from "../runtime/context";
import { same } from "./canonical";
import { withDefaults } from "./defaults";
import { type AnyResource, inputFields, meaning } from "./resource";

export interface Difference {
  readonly changes: boolean;
  readonly replaces: string[];
  readonly deleteBeforeReplace: boolean;
}

type Values = Readonly<Record<string, unknown>>;

/**
 * What `up` would do, from the last state and the new inputs. Only the fields of the contract count, compared by meaning.
 * A missing field counts as its default, on both sides: the state may be older than the field.
 */
export async function diff(
  context: Context,
  resource: AnyResource,
  state: Values,
  inputs: Values,
): Promise<Difference> {
  const [old, news] = [withDefaults(resource, state), withDefaults(resource, inputs)];
  const changed = changedFields(resource, state, inputs);
  const replaces = changed.filter(
    (field) =>
      changeOf(resource, field) === "replace" &&
      (resource.diff.requiresReplacement?.(field, old, news) ?? true),
  );
  const hasDrift = (changed.length === 0 && (await resource.diff.hasDrift?.(context, old))) ?? false;
  const updates = replaces.length === 0 && (changed.length > 0 || hasDrift);
  if (updates && context.settings.previewReads) await resource.diff.preflightUpdate?.(context, old, news);
  return {
    changes: changed.length > 0 || hasDrift,
    replaces,
    deleteBeforeReplace: replaces.length > 0 && resource.diff.deleteBeforeReplace(old, news),
  };
}

/** The inputs that differ in meaning, in the order of the contract. */
export function changedFields(resource: AnyResource, state: Values, inputs: Values): string[] {
  const [old, news] = [withDefaults(resource, state), withDefaults(resource, inputs)];
  return inputFields(resource).filter(
    (field) => !same(old[field], news[field]) && !isSameContent(resource, field, old, news),
  );
}

/** A path that names the same content as another one did, such as a folder that was moved. */
function isSameContent({ content }: AnyResource, field: string, old: Values, news: Values): boolean {
  const described = content?.[field] ?? [];
  const isSet = (values: Values, name: string) => values[name] !== undefined && values[name] !== null;
  return (
    [old, news].every((values) => isSet(values, field)) &&
    described.some((name) => isSet(old, name)) &&
    described.every((name) => same(old[name], news[name]))
  );
}

function changeOf(resource: AnyResource, field: string): "update" | "replace" {
  const schema = (resource.args.shape[field] ?? resource.computed.shape[field]) as z.ZodType | undefined;
  return (schema === undefined ? undefined : meaning.get(schema)?.change) ?? "update";
}
