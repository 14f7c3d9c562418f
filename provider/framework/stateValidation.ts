import type { z } from "zod";
import { exceedsInputLimits } from "./inputLimits";
import type { AnyResource } from "./resource";

type State = Readonly<Record<string, unknown>>;

/** What in a state can't be what this provider wrote, such as after an edit by hand; undefined when all of it can. */
export function invalidState(resource: AnyResource, state: State): string | undefined {
  return find(resource, state, () => true);
}

/** The same, for wrong types only: a value from the service may be outside of what a program may set. */
export function wrongType(resource: AnyResource, state: State): string | undefined {
  return find(resource, state, ({ code }, value) => code === "invalid_type" && value !== undefined);
}

type Issue = z.core.$ZodIssue;

function find(
  { args, computed, outputs }: AnyResource,
  state: State,
  counts: (issue: Issue, value: unknown) => boolean,
): string | undefined {
  for (const [field, schema] of Object.entries({ ...args.shape, ...computed.shape, ...outputs.shape })) {
    const value = Object.hasOwn(state, field) ? state[field] : undefined;
    const tooMuch = exceedsInputLimits(value);
    if (tooMuch !== undefined) return `\`${field}\` ${tooMuch}`;
    const issue = (schema as z.ZodType).safeParse(value).error?.issues.find((one) => counts(one, value));
    if (issue === undefined) continue;
    const problem = issue.message.replace(", received undefined", ", which is missing");
    return `\`${field}\` ${value === undefined ? "is missing" : `can't be read (${problem})`}`;
  }
  return undefined;
}
