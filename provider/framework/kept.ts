import { same } from "./canonical";
import type { AnyResource } from "./resource";

type Values = Readonly<Record<string, unknown>>;

/**
 * Computed inputs that come in with their last value: `ignoreChanges` names them, and the engine puts the last inputs
 * in their place. They stay as they are.
 */
export function keptInputs({ args, computed }: AnyResource, olds: Values, news: Values): Values {
  const fields = Object.keys(computed.shape).filter(
    (field) => field !== "owner" && !Object.hasOwn(args.shape, field),
  );
  const isKept = (field: string) =>
    Object.hasOwn(news, field) && Object.hasOwn(olds, field) && same(news[field], olds[field]);
  return Object.fromEntries(fields.filter(isKept).map((field) => [field, olds[field]]));
}
