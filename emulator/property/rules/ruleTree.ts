import { z } from "zod";

/** A behavior or a criterion. Members without a schema are kept as they are. */
export const Element = z.looseObject({
  name: z.string().min(1),
  options: z.record(z.string(), z.unknown()),
  uuid: z.string().optional(),
  locked: z.unknown().optional(),
});
export type Element = z.infer<typeof Element>;

const Variable = z.looseObject({
  name: z.string(),
  value: z.string().nullish(),
  description: z.string().nullish(),
  hidden: z.boolean(),
  sensitive: z.boolean(),
});

/** A rule with all below it. */
export const RuleTree = z.looseObject({
  name: z.string().min(1),
  criteria: z.array(Element).optional(),
  behaviors: z.array(Element).optional(),
  get children() {
    return z.array(RuleTree).optional();
  },
  criteriaMustSatisfy: z.enum(["all", "any"]).optional(),
  comments: z.string().optional(),
  options: z.record(z.string(), z.unknown()).optional(),
  variables: z.array(Variable).optional(),
  uuid: z.string().optional(),
  criteriaLocked: z.boolean().optional(),
  advancedOverride: z.string().nullish(),
  customOverride: z.looseObject({ name: z.string(), overrideId: z.string() }).nullish(),
});
export type Rule = z.infer<typeof RuleTree>;

/** The two lists of a rule, by the names that they have in it. */
export const KINDS = ["criteria", "behaviors"] as const;
export type Kind = (typeof KINDS)[number];

export interface RuleLocation {
  readonly rule: Rule;
  /** As in errors: `#/rules/children/0`. */
  readonly location: string;
  /** The rules above, outermost first. */
  readonly ancestors: readonly Rule[];
}

/** Every rule of a tree, the default rule first. */
export function rulesOf(rule: Rule, location = "#/rules", ancestors: readonly Rule[] = []): RuleLocation[] {
  const below = (rule.children ?? []).flatMap((child, index) =>
    rulesOf(child, `${location}/children/${index}`, [...ancestors, rule]),
  );
  return [{ rule, location, ancestors }, ...below];
}

export interface ElementLocation extends RuleLocation {
  readonly kind: Kind;
  readonly element: Element;
}

/** Every criterion and behavior of a tree; `location` is theirs. */
export const elementsOf = (root: Rule): ElementLocation[] =>
  rulesOf(root).flatMap(({ rule, location, ancestors }) =>
    KINDS.flatMap((kind) =>
      (rule[kind] ?? []).map((element, index) => ({
        rule,
        ancestors,
        kind,
        element,
        location: `${location}/${kind}/${index}`,
      })),
    ),
  );

/** Rules on the longest way down, without the default rule. */
export const depthOf = ({ children = [] }: Rule): number =>
  Math.max(0, ...children.map((child) => 1 + depthOf(child)));

/** Whether only Akamai may change the element. */
const isAdvanced = ({ name, uuid, locked }: Element): boolean =>
  name === "advanced" ||
  name === "matchAdvanced" ||
  uuid !== undefined ||
  (locked !== undefined && locked !== null && locked !== false);

/** JSON with the keys of every object in order: equal for what means the same. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  ) ?? "null";

const keyOf = ({ uuid }: Rule, isRoot: boolean): string => (isRoot ? "default" : (uuid ?? ""));

/** The parts of a tree that a customer may not change: by rule, in order. */
function fixedIn(root: Rule): Map<string, { text: string; reported: object }[]> {
  const fixed: ReturnType<typeof fixedIn> = new Map();
  for (const { rule, location, ancestors } of rulesOf(root)) {
    const found: { text: string; reported: object }[] = KINDS.flatMap((kind) =>
      (rule[kind] ?? []).flatMap((element, index) =>
        isAdvanced(element)
          ? [
              {
                text: `${kind} ${canonical(element)}`,
                reported: {
                  [kind === "criteria" ? "criterion" : "behavior"]: element,
                  location: `${location}/${kind}/${index}`,
                },
              },
            ]
          : [],
      ),
    );
    if (rule.criteriaLocked)
      found.push({
        text: `locked ${canonical(rule.criteria ?? [])}`,
        reported: { criteria: rule.criteria, location },
      });
    const { advancedOverride } = rule;
    if (advancedOverride)
      found.push({ text: `override ${advancedOverride}`, reported: { advancedOverride, location } });
    const key = keyOf(rule, ancestors.length === 0);
    if (found.length > 0) fixed.set(key, [...(fixed.get(key) ?? []), ...found]);
  }
  return fixed;
}

/** The changes of a new tree that only Akamai may make. `undefined`: none. */
export function forbiddenChanges(
  before: Rule,
  after: Rule,
): { removed: object[]; added: object[] } | undefined {
  const [was, is] = [fixedIn(before), fixedIn(after)];
  const removed: object[] = [];
  const added: object[] = [];
  for (const key of new Set([...was.keys(), ...is.keys()])) {
    const [old, now] = [was.get(key) ?? [], is.get(key) ?? []];
    if (canonical(old.map(({ text }) => text)) === canonical(now.map(({ text }) => text))) continue;
    const missing = old.filter(({ text }) => !now.some((one) => one.text === text));
    const extra = now.filter(({ text }) => !old.some((one) => one.text === text));
    // Only the order differs.
    removed.push(...(missing.length + extra.length === 0 ? old : missing).map(({ reported }) => reported));
    added.push(...extra.map(({ reported }) => reported));
  }
  return removed.length + added.length === 0 ? undefined : { removed, added };
}

/** Options that the server adds to those of a feature. */
const DEFAULTS: Record<Kind, Record<string, (ruleFormat: string) => Record<string, unknown>>> = {
  behaviors: {
    // What only the user interface fills is null.
    edgeWorker: (ruleFormat) => ({
      createEdgeWorker: null,
      resourceTier: null,
      mPulse: false,
      mPulseInformation: null,
      ...(ruleFormat !== "latest" && ruleFormat < "v2026" && { continueOnError: false }),
    }),
    failAction: () => ({ allowFCMParentOverride: false }),
  },
  criteria: {
    edgeWorkersFailure: () => ({ execStatus: "FAILURE" }),
    hostname: () => ({ matchOperator: "IS_ONE_OF" }),
    path: () => ({ matchOperator: "MATCHES_ONE_OF", matchCaseSensitive: false, normalize: false }),
    matchResponseCode: () => ({ matchOperator: "IS_ONE_OF" }),
  },
};

/** Whether a rule has advanced features: those of Akamai, which its uuid marks. */
export const hasAdvanced = ({
  criteria = [],
  behaviors = [],
  criteriaLocked,
  advancedOverride,
  customOverride,
}: Rule) =>
  [...criteria, ...behaviors].some(isAdvanced) ||
  criteriaLocked === true ||
  Boolean(advancedOverride) ||
  Boolean(customOverride);

/** A tree as the server stores it: with empty lists and default options, and a uuid for each rule with advanced features. */
export function withServerDefaults(root: Rule, ruleFormat: string, newUuid: () => string): Rule {
  const used = new Set<string>();
  const uuidOf = (rule: Rule): { uuid?: string } => {
    const isFree = rule.uuid !== undefined && rule.uuid !== "" && !used.has(rule.uuid);
    const uuid = isFree ? rule.uuid : hasAdvanced(rule) ? newUuid() : undefined;
    if (uuid === undefined) return {};
    used.add(uuid);
    return { uuid };
  };
  const elementWithDefaults = (element: Element, kind: Kind): Element => {
    const defaults = Object.hasOwn(DEFAULTS[kind], element.name)
      ? DEFAULTS[kind][element.name]?.(ruleFormat)
      : undefined;
    return { ...element, options: { ...defaults, ...element.options } };
  };
  const ruleWithDefaults = ({ uuid, ...rule }: Rule, isRoot: boolean): Rule => ({
    ...rule,
    ...(isRoot ? uuid !== undefined && { uuid } : uuidOf({ ...rule, uuid })),
    criteria: (rule.criteria ?? []).map((element) => elementWithDefaults(element, "criteria")),
    behaviors: (rule.behaviors ?? []).map((element) => elementWithDefaults(element, "behaviors")),
    ...(!isRoot && { criteriaMustSatisfy: rule.criteriaMustSatisfy ?? "all" }),
    children: (rule.children ?? []).map((child) => ruleWithDefaults(child, false)),
  });
  return ruleWithDefaults(root, true);
}
