/** What a program is going to make, as far as the engine has asked: a lookup at a preview does not find it yet. */
import { hasPlaceholder, placeholdersAsUnknown } from "../framework/placeholder";
import type { Context } from "../runtime/context";
import { slot } from "../runtime/runState";
import type { Values } from "./values";

export interface Planned {
  readonly token: string;
  readonly inputs: Values;
}

const plannedResources = slot((): Planned[] => []);
const answeredBefore = slot(() => ({ isTrue: false }));

export function notePlanned({ runState }: Pick<Context, "runState">, planned: Planned): void {
  runState.get(plannedResources).push(planned);
}

export function plannedOf({ runState }: Pick<Context, "runState">): readonly Planned[] {
  return runState.get(plannedResources);
}

/** Notes that a lookup was answered by what stands for a value that is not known yet. */
export function notePlaceholders({ runState }: Pick<Context, "runState">): void {
  runState.get(answeredBefore).isTrue = true;
}

/** Inputs in which the result of such a lookup is unknown. Without such a lookup the text is the program's own. */
export function withoutPlaceholders({ runState }: Pick<Context, "runState">, inputs: Values): Values {
  return runState.get(answeredBefore).isTrue && hasPlaceholder(inputs)
    ? placeholdersAsUnknown(inputs)
    : inputs;
}
