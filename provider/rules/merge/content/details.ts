/** Which members of a value change, and which of them somebody else changed since the last write. */
import { agrees, isTable, member, membersOf } from "./values";

export interface Detail {
  /** Such as `behaviors.edgeWorker.options.edgeWorkerId`, `criteria.path[1].options.values`, `criteriaMustSatisfy`, `comments`, `name`. */
  readonly at: string;
  /** Undefined when it is missing. */
  readonly live: unknown;
  /** Undefined when it is removed. */
  readonly wanted: unknown;
  /** What this resource wrote; present when somebody else changed it since. */
  readonly last?: { readonly value: unknown };
}

/** The leaves that differ between the live and the wanted value. Lists are leaves. */
export function changedLeaves(at: string, last: unknown, live: unknown, wanted: unknown): Detail[] {
  if (Object.is(live, wanted)) return [];
  if (!isTable(live) || !isTable(wanted)) return [{ at, live, wanted, ...drift(last, live) }];
  const names = new Set([...membersOf(wanted), ...membersOf(live)]);
  const below = (value: unknown, name: string) => (isTable(value) ? member(value, name) : undefined);
  return [...names].flatMap((name) =>
    changedLeaves(memberPath(at, name), below(last, name), below(live, name), below(wanted, name)),
  );
}

function drift(last: unknown, live: unknown): { readonly last?: { readonly value: unknown } } {
  return last === undefined || agrees(live, last) ? {} : { last: { value: last } };
}

function memberPath(at: string, name: string): string {
  if (at === "") return name;
  return /^[\w-]+$/.test(name) ? `${at}.${name}` : `${at}[${JSON.stringify(name)}]`;
}
