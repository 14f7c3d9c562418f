/** Merges the criteria or the behaviors of an owned rule. Elements that only Akamai may change stay as they are. */

import type { Element } from "../../../api/property/ruleTree";
import { canonical, same } from "../../../framework/canonical";
import { changedLeaves, type Detail } from "./details";
import { agrees, asTable, mergedTable, projected } from "./values";

type Elements = readonly Element[];

export interface MergedElements {
  /** The live list itself when nothing changes. */
  readonly elements: Elements | undefined;
  readonly details: readonly Detail[];
  /** Elements that differ from the wanted ones and that only Akamai may change. */
  readonly blocked: readonly string[];
}

/** The three versions of one element. */
interface Versions {
  /** Such as `path`, or `path[1]` for the second of that name. */
  readonly label: string;
  /** Its index in the live list. */
  readonly index?: number | undefined;
  readonly last?: Element | undefined;
  readonly live?: Element | undefined;
  readonly wanted?: Element | undefined;
}

/** Whether only Akamai may change, remove or reorder the element. */
export function isLockedElement({ name, uuid, locked }: Element): boolean {
  return name === "advanced" || name === "matchAdvanced" || Boolean(uuid) || Boolean(locked);
}

/** @param last the list as it was written last; undefined for a rule that was never written */
export function mergedElements(
  at: string,
  last: Elements | undefined,
  live: Elements | undefined,
  wanted: Elements,
): MergedElements {
  const trios = paired(last ?? [], live ?? [], wanted).map(alignedTrio);
  const list = inOrder(trios);
  const result = list.flatMap((trio) => merged(trio) ?? []);
  const details = trios.flatMap((trio) => detailsOf(`${at}.${trio.label}`, trio, last !== undefined));
  const liveOrder = list.flatMap(({ index }) => index ?? []);
  if (liveOrder.some((index, position) => index < (liveOrder[position - 1] ?? -1))) {
    details.push({ at, live: (live ?? []).map(({ name }) => name), wanted: result.map(({ name }) => name) });
  }
  const isUnchanged =
    result.length === (live ?? []).length && result.every((element, index) => element === live?.[index]);
  return {
    elements: isUnchanged ? live : result,
    details,
    blocked: trios.filter(isBlocked).map(({ label }) => `${at}.${label}`),
  };
}

/** The live elements that `last` has, and those that others added. Locked elements that `last` lacks are no deviation. */
export function projectedElements(last: Elements, live: Elements): Elements {
  return paired([], live, last)
    .filter(({ live, wanted }) => live !== undefined && (wanted !== undefined || !isLockedElement(live)))
    .sort((a, b) => (a.index ?? 0) - (b.index ?? 0))
    .flatMap(({ live, wanted }) =>
      wanted === undefined ? (live ?? []) : { ...wanted, options: optionsAsFarAs(wanted, live) },
    );
}

function optionsAsFarAs(last: Element, live: Element | undefined): Element["options"] {
  // A set keeps the order of the program.
  const seen = live === undefined ? undefined : inOrderOf(last, live);
  return asTable(projected(asTable(seen?.options), asTable(last.options)));
}

/**
 * Pairs the nth element of a name with the nth of that name. A locked element may be the program's, locked since. It is paired only when there are
 * too few free ones, and with the last wanted ones: so an element added before it is paired with its own the next time.
 */
function paired(last: Elements, live: Elements, wanted: Elements): Versions[] {
  const [number, taken] = [counter(), new Set<number>()];
  const trio = (name: string, rest: (nth: number) => Partial<Versions>): Versions => {
    const nth = number(name);
    return {
      label: nth === 0 ? name : `${name}[${nth}]`,
      last: last.filter((element) => element.name === name)[nth],
      ...rest(nth),
    };
  };
  const counterpart = (name: string, nth: number) => {
    const named = live.flatMap((element, index) => (element.name === name ? { index, live: element } : []));
    const [fixed, free] = [
      named.filter((one) => isLockedElement(one.live)),
      named.filter((one) => !isLockedElement(one.live)),
    ];
    const count = wanted.filter((element) => element.name === name).length;
    const fromFixed = count - Math.min(fixed.length, Math.max(0, count - free.length));
    const found = nth < fromFixed ? free[nth] : fixed[nth - fromFixed];
    if (found !== undefined) taken.add(found.index);
    return found;
  };
  const own = wanted.map((element) =>
    trio(element.name, (nth) => ({ ...counterpart(element.name, nth), wanted: element })),
  );
  const others = live.flatMap((element, index) =>
    taken.has(index) ? [] : trio(element.name, () => ({ index, live: element })),
  );
  return [...own, ...others];
}

/** The values of a criterion such as `IS_ONE_OF` are a set: they get the order that the live element has. */
function alignedTrio(trio: Versions): Versions {
  const { live, last, wanted } = trio;
  if (live === undefined) return trio;
  return {
    ...trio,
    ...(last && { last: inOrderOf(live, last) }),
    ...(wanted && { wanted: inOrderOf(live, wanted) }),
  };
}

function inOrderOf(model: Element, element: Element): Element {
  if (!/(^|_)ONE_OF$/.test(String(element.options.matchOperator))) return element;
  const options = Object.entries(element.options).map(([name, value]) => {
    const other = model.options[name];
    return [name, isSameSet(value, other) ? other : value] as const;
  });
  return { ...element, options: Object.fromEntries(options) };
}

function isSameSet(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return false;
  const sorted = (list: unknown[]) => list.map((one) => canonical(one)).sort();
  return same(sorted(a), sorted(b));
}

function counter(): (name: string) => number {
  const counts = new Map<string, number>();
  return (name) => {
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return count;
  };
}

const isUnchangeable = ({ live }: Versions) => live !== undefined && isLockedElement(live);

/** The wanted order. Locked elements keep their order, each behind the element that it follows now, as far as possible. */
function inOrder(trios: readonly Versions[]): Versions[] {
  const result = trios.filter((trio) => trio.wanted !== undefined && !isUnchangeable(trio));
  const live = trios.filter(
    (trio) => trio.live !== undefined && (trio.wanted !== undefined || isUnchangeable(trio)),
  );
  let previous: Versions | undefined;
  let fixed: Versions | undefined;
  for (const trio of live.sort((a, b) => (a.index ?? 0) - (b.index ?? 0))) {
    if (isUnchangeable(trio)) {
      const behind = [previous, fixed].map((other) => (other === undefined ? -1 : result.indexOf(other)));
      result.splice(Math.max(...behind) + 1, 0, trio);
      fixed = trio;
    }
    previous = trio;
  }
  return result;
}

function merged({ last, live, wanted }: Versions): Element | undefined {
  if (live === undefined) return wanted;
  if (wanted === undefined || isLockedElement(live)) return live;
  const before = asTable(live.options);
  const options = mergedTable(asTable(last?.options), before, asTable(wanted.options));
  return options === before ? live : { ...live, options };
}

function detailsOf(at: string, trio: Versions, written: boolean): Detail[] {
  const { last, live, wanted } = trio;
  if (isUnchangeable(trio)) return [];
  if (live !== undefined && wanted !== undefined)
    return changedLeaves(`${at}.options`, last?.options, live.options, merged(trio)?.options);
  const changed =
    written &&
    (live === undefined ? last !== undefined : last === undefined || !agrees(live.options, last.options));
  return [
    { at, live: live?.options, wanted: wanted?.options, ...(changed && { last: { value: last?.options } }) },
  ];
}

function isBlocked(trio: Versions): boolean {
  const { live, wanted } = trio;
  return isUnchangeable(trio) && wanted !== undefined && !agrees(live?.options, wanted.options);
}
