/** Which members of a value become other ones, each at its place, with what was written there last when somebody else changed it. */
import { agrees, isTable, member, membersOf } from "./values";

export interface Detail {
  /** Such as `behaviors.edgeWorker.options.edgeWorkerId`, `criteria.path[1].options.values`, `criteriaMustSatisfy`, `comments`, `name`. */
  readonly at: string;
  /** Undefined: not there. */
  readonly live: unknown;
  /** Undefined: goes away. */
  readonly wanted: unknown;
  /** Present when somebody changed it since this resource wrote it: what it wrote. */
  readonly last?: { readonly value: unknown };
}

/** The leaves that differ between the live value and the one that takes its place. Lists are leaves. */
export function leaves(at: string, last: unknown, live: unknown, wanted: unknown): Detail[] {
  if (Object.is(live, wanted)) return [];
  if (!isTable(live) || !isTable(wanted)) return [{ at, live, wanted, ...drift(last, live) }];
  const names = new Set([...membersOf(wanted), ...membersOf(live)]);
  const below = (value: unknown, name: string) => (isTable(value) ? member(value, name) : undefined);
  return [...names].flatMap((name) => leaves(placeIn(at, name), below(last, name), below(live, name), below(wanted, name)));
}

function drift(last: unknown, live: unknown): { readonly last?: { readonly value: unknown } } {
  return last === undefined || agrees(live, last) ? {} : { last: { value: last } };
}

function placeIn(at: string, name: string): string {
  if (at === "") return name;
  return /^[\w-]+$/.test(name) ? `${at}.${name}` : `${at}[${JSON.stringify(name)}]`;
}
