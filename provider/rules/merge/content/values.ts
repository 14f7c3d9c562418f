/** Merges JSON that a program and a service both write. The program manages the members that it sets, the service the others. */
import { same } from "../../../framework/canonical";

export type Table = Readonly<Record<string, unknown>>;

export function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether the table itself has the member, even one called `__proto__` or `constructor`. */
export function has(table: Table, name: string): boolean {
  return member(table, name) !== undefined;
}

export function member(table: Table, name: string): unknown {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** The names of the members that have a value. */
export function membersOf(table: Table): string[] {
  return Object.keys(table).filter((name) => has(table, name));
}

export function asTable(value: unknown): Table {
  return isTable(value) ? value : {};
}

/** Whether the live value has all that is wanted. It may have more members. */
export function agrees(live: unknown, wanted: unknown): boolean {
  if (isTable(live) && isTable(wanted))
    return membersOf(wanted).every((name) => agrees(member(live, name), member(wanted, name)));
  const items = zipped(live, wanted);
  if (items !== undefined) return items.every(([item, other]) => agrees(item, other));
  return same(live, wanted);
}

/** The live value with the wanted members, without those that were written last and are no longer wanted. The live value itself when nothing changes. */
export function mergedValue(last: unknown, live: unknown, wanted: unknown): unknown {
  if (isTable(live) && isTable(wanted)) return mergedTable(asTable(last), live, wanted);
  const items = agrees(live, wanted) ? zipped(live, wanted) : undefined;
  if (items === undefined) return same(live, wanted) ? live : wanted;
  const before = zipped(last, wanted);
  const merged = items.map(([item, other], index) => mergedValue(before?.[index]?.[0], item, other));
  return items.every(([item], index) => Object.is(item, merged[index])) ? live : merged;
}

export function mergedTable(last: Table, live: Table, wanted: Table): Table {
  const set = new Map(
    membersOf(wanted).map(
      (name) => [name, mergedValue(member(last, name), member(live, name), member(wanted, name))] as const,
    ),
  );
  const value = (name: string) =>
    set.has(name) ? set.get(name) : has(last, name) ? undefined : member(live, name);
  const names = [...new Set([...Object.keys(live), ...set.keys()])];
  if (names.every((name) => Object.is(value(name), member(live, name)))) return live;
  // An assignment would lose a member called `__proto__`.
  return Object.fromEntries(
    names.filter((name) => value(name) !== undefined).map((name) => [name, value(name)]),
  );
}

/** The members of the live value that `last` has; `last` itself when they agree. */
export function projected(live: unknown, last: unknown): unknown {
  if (agrees(live, last)) return last;
  if (isTable(live) && isTable(last)) {
    const names = membersOf(last).filter((name) => has(live, name));
    return Object.fromEntries(names.map((name) => [name, projected(member(live, name), member(last, name))]));
  }
  return zipped(live, last)?.map(([item, other]) => projected(item, other)) ?? live;
}

/** The items of two lists of the same length, in pairs. */
function zipped(a: unknown, b: unknown): (readonly [unknown, unknown])[] | undefined {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return undefined;
  return a.map((item: unknown, index) => [item, b[index] as unknown]);
}
