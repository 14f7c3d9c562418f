/** The criteria or the behaviors of a rule of ours: as wanted, but for what only Akamai's people may write. */
import { type Detail, leaves } from "./details";
import type { Element } from "../../../api/property/ruleTree";
import { agrees, asTable, mergedTable, projected } from "./values";

type Elements = readonly Element[];

export interface MergedElements {
  /** The live list itself when nothing becomes another. */
  readonly elements: Elements | undefined;
  readonly details: readonly Detail[];
  /** Of the elements that only Akamai's people may change, those that are not as wanted. */
  readonly stuck: readonly string[];
}

/** One element, as it was written last, as it is and as it is wanted. */
interface Trio {
  /** Such as `path`, or `path[1]` for the second of that name. */
  readonly label: string;
  /** Where it is in the live list. */
  readonly index?: number | undefined;
  readonly last?: Element | undefined;
  readonly live?: Element | undefined;
  readonly wanted?: Element | undefined;
}

/** What Property Manager lets nobody but Akamai's people change, take away or put in another order. */
export function isFixed({ name, uuid, locked }: Element): boolean {
  return name === "advanced" || name === "matchAdvanced" || Boolean(uuid) || Boolean(locked);
}

/** @param last what was written last; undefined when nothing was */
export function mergedElements(at: string, last: Elements | undefined, live: Elements | undefined, wanted: Elements): MergedElements {
  const trios = paired(last ?? [], live ?? [], wanted);
  const list = inOrder(trios);
  const result = list.flatMap((trio) => merged(trio) ?? []);
  const details = trios.flatMap((trio) => detailsOf(`${at}.${trio.label}`, trio, last !== undefined));
  const kept = list.flatMap(({ index }) => index ?? []);
  if (kept.some((index, place) => index < (kept[place - 1] ?? -1))) {
    details.push({ at, live: (live ?? []).map(({ name }) => name), wanted: result.map(({ name }) => name) });
  }
  const asItWas = result.length === (live ?? []).length && result.every((element, index) => element === live?.[index]);
  return { elements: asItWas ? live : result, details, stuck: trios.filter(isStuck).map(({ label }) => `${at}.${label}`) };
}

/** The live list as far as `last` says anything, with what others added; what only Akamai's people may write is nobody's deviation. */
export function projectedElements(last: Elements, live: Elements): Elements {
  return paired([], live, last)
    .filter(({ live, wanted }) => live !== undefined && (wanted !== undefined || !isFixed(live)))
    .sort((a, b) => (a.index ?? 0) - (b.index ?? 0))
    .flatMap(({ live, wanted }) => (wanted === undefined ? (live ?? []) : { ...wanted, options: optionsAsFarAs(wanted, live) }));
}

function optionsAsFarAs(last: Element, live: Element | undefined): Element["options"] {
  return asTable(projected(asTable(live?.options), asTable(last.options)));
}

/**
 * The nth of a name belongs to the nth of that name. Those that Akamai fixed may be the program's, locked since: they are taken when there are no
 * others, and for the last that are wanted, so that one that is added before them is found in its place again.
 */
function paired(last: Elements, live: Elements, wanted: Elements): Trio[] {
  const [number, taken] = [counter(), new Set<number>()];
  const trio = (name: string, rest: (nth: number) => Partial<Trio>): Trio => {
    const nth = number(name);
    return { label: nth === 0 ? name : `${name}[${nth}]`, last: last.filter((element) => element.name === name)[nth], ...rest(nth) };
  };
  const counterpart = (name: string, nth: number) => {
    const named = live.flatMap((element, index) => (element.name === name ? { index, live: element } : []));
    const [fixed, free] = [named.filter((one) => isFixed(one.live)), named.filter((one) => !isFixed(one.live))];
    const count = wanted.filter((element) => element.name === name).length;
    const fromFixed = count - Math.min(fixed.length, Math.max(0, count - free.length));
    const found = nth < fromFixed ? free[nth] : fixed[nth - fromFixed];
    if (found !== undefined) taken.add(found.index);
    return found;
  };
  const those = wanted.map((element) => trio(element.name, (nth) => ({ ...counterpart(element.name, nth), wanted: element })));
  const others = live.flatMap((element, index) => (taken.has(index) ? [] : trio(element.name, () => ({ index, live: element }))));
  return [...those, ...others];
}

function counter(): (name: string) => number {
  const counts = new Map<string, number>();
  return (name) => {
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return count;
  };
}

const staysAsItIs = ({ live }: Trio) => live !== undefined && isFixed(live);

/** As wanted; the fixed ones among them in the order that they have, each behind what it is behind now, as far as that goes together. */
function inOrder(trios: readonly Trio[]): Trio[] {
  const result = trios.filter((trio) => trio.wanted !== undefined && !staysAsItIs(trio));
  const live = trios.filter((trio) => trio.live !== undefined && (trio.wanted !== undefined || staysAsItIs(trio)));
  let previous: Trio | undefined;
  let fixed: Trio | undefined;
  for (const trio of live.sort((a, b) => (a.index ?? 0) - (b.index ?? 0))) {
    if (staysAsItIs(trio)) {
      const behind = [previous, fixed].map((other) => (other === undefined ? -1 : result.indexOf(other)));
      result.splice(Math.max(...behind) + 1, 0, trio);
      fixed = trio;
    }
    previous = trio;
  }
  return result;
}

function merged({ last, live, wanted }: Trio): Element | undefined {
  if (live === undefined) return wanted;
  if (wanted === undefined || isFixed(live)) return live;
  const before = asTable(live.options);
  const options = mergedTable(asTable(last?.options), before, asTable(wanted.options));
  return options === before ? live : { ...live, options };
}

function detailsOf(at: string, trio: Trio, written: boolean): Detail[] {
  const { last, live, wanted } = trio;
  if (staysAsItIs(trio)) return [];
  if (live !== undefined && wanted !== undefined) return leaves(`${at}.options`, last?.options, live.options, merged(trio)?.options);
  const changed = written && (live === undefined ? last !== undefined : last === undefined || !agrees(live.options, last.options));
  return [{ at, live: live?.options, wanted: wanted?.options, ...(changed && { last: { value: last?.options } }) }];
}

function isStuck(trio: Trio): boolean {
  const { live, wanted } = trio;
  return staysAsItIs(trio) && wanted !== undefined && !agrees(live?.options, wanted.options);
}
