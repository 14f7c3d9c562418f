import fc from "fast-check";
import type { Rule } from "../../../../provider/api/property/ruleTree";
import { same } from "../../../../provider/framework/canonical";
import { formatChanges } from "../../../../provider/rules/changes";
import { type Merged, type MergeInput, merge } from "../../../../provider/rules/merge/merge";
import { readBack } from "../../../../provider/rules/merge/readBack";
import type { OwnedRule } from "../../../../provider/rules/ownedRule";
import { isOwnedBy } from "../../../../provider/rules/ownershipMarker";
import { edit, edited, served } from "./edits";
import {
  expectAdditionsKept,
  expectForeignKept,
  expectPlaced,
  expectSeen,
  isStuckIn,
  partsOf,
  rulesBelow,
} from "./oracle";
import { foreignTree, newWishes, wantedFrom, wishes } from "./random";
import { owner, sent } from "./trees";

/** What can be done of what is wanted; what can't is refused, and nothing of it happens. */
function feasible(input: MergeInput): MergeInput {
  const { problems } = merge(input);
  const refused = new Set(problems.map(({ key }) => key));
  if (refused.size === 0) return input;
  const wanted = input.wanted.filter(
    ({ key, parent }) => !refused.has(key) && !("owned" in parent && refused.has(parent.owned)),
  );
  const keys = new Set(wanted.map(({ key }) => key));
  return feasible({
    ...input,
    wanted: wanted.filter(({ parent }) => !("owned" in parent) || keys.has(parent.owned)),
  });
}

/** Merges, and checks all that a merge promises. Gives the tree as the service has it then. */
function checked(raw: MergeInput): {
  readonly input: MergeInput;
  readonly result: Merged;
  readonly tree: Rule;
} {
  const input = feasible(raw);
  const { live, wanted } = input;
  const text = JSON.stringify(live);
  const result = merge(input);
  expect(JSON.stringify(live)).toBe(text);
  expect(result.changes.length === 0).toBe(JSON.stringify(result.tree) === text);
  for (const line of formatChanges(result.changes)) expect(line).toMatch(/^[-+~>] \S.*$/);
  const parts = partsOf(input, result);
  expectForeignKept(input, result, parts);
  expectAdditionsKept(input, result, parts);
  expectPlaced(input, result, parts);
  expectSeen(
    wanted,
    readBack({ owner, live: sent(result.tree), last: wanted, uuids: result.uuids }),
    result.tree,
  );
  const tree = served(result.tree);
  expectNothingToDo({ ...input, live: tree, last: wanted, uuids: result.uuids });
  expectNothingToDo({ ...input, live: result.tree, last: wanted, uuids: result.uuids });
  expect(({} as { polluted?: boolean }).polluted).toBe(undefined);
  return { input, result, tree };
}

function expectNothingToDo(input: MergeInput): void {
  const { changes, tree, problems } = merge(input);
  expect([changes, problems]).toEqual([[], []]);
  expect(tree).toBe(input.live);
}

/** A refresh sees something exactly when merging the same again would change something. */
function expectDriftSeen(input: MergeInput): void {
  const { changes, problems } = merge(input);
  const uuids = Object.values(input.uuids);
  const ours = rulesBelow(input.live).filter(
    (live) => isOwnedBy(live, owner) || uuids.includes(live.uuid ?? ""),
  );
  if (input.wanted.some(({ rule }) => ours.some((live) => isStuckIn(live, rule)))) return;
  const seen = readBack(input);
  const isAsWritten = problems.length === 0 && changes.every(({ kind }) => kind === "remove");
  expect(same(seen, input.last)).toBe(isAsWritten);
}

const uuidsOf = (
  tree: Rule,
  wanted: readonly OwnedRule[],
  last: Record<string, string>,
): Record<string, string> => ({
  ...last,
  ...merge({ owner, live: tree, last: wanted, wanted, uuids: last }).uuids,
});

/** Takes out the rules of these uuids with all below them. */
const withoutOurs = (rule: Rule, uuids: ReadonlySet<unknown>): Rule => ({
  ...rule,
  children: (rule.children ?? [])
    .filter(({ uuid }) => !uuids.has(uuid))
    .map((child) => withoutOurs(child, uuids)),
});

const turnsOfEdits = fc.record({
  tree: foreignTree,
  wishes,
  turns: fc.array(fc.record({ edits: fc.array(edit, { maxLength: 4 }), wishes: newWishes }), {
    maxLength: 2,
  }),
});

test("whatever others and the service do between merges, theirs stays theirs and ours is as wanted", () => {
  fc.assert(
    fc.property(turnsOfEdits, ({ tree: foreign, wishes, turns }) => {
      const start = served(foreign);
      let { input, result, tree } = checked({
        owner,
        live: start,
        last: [],
        wanted: wantedFrom(start, wishes),
        uuids: {},
      });
      for (const turn of turns) {
        const uuids = uuidsOf(tree, input.wanted, result.uuids);
        const live = turn.edits.reduce<Rule>(edited, tree);
        expectDriftSeen({ owner, live, last: input.wanted, wanted: input.wanted, uuids });
        const wanted = wantedFrom(live, turn.wishes, input.wanted);
        ({ input, result, tree } = checked({ owner, live, last: input.wanted, wanted, uuids }));
      }
      const uuids = uuidsOf(tree, input.wanted, result.uuids);
      const end = checked({ owner, live: tree, last: input.wanted, wanted: [], uuids });
      expect(rulesBelow(end.result.tree).filter((rule) => isOwnedBy(rule, owner))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("what came goes without a trace", () => {
  fc.assert(
    fc.property(foreignTree, wishes, (foreign, wishes) => {
      const start = served(foreign);
      const wanted = wantedFrom(start, wishes).map((one) => ({ ...one, adopt: false }));
      const { input, result, tree } = checked({ owner, live: start, last: [], wanted, uuids: {} });
      const uuids = uuidsOf(tree, input.wanted, result.uuids);
      expect(withoutOurs(tree, new Set(Object.values(uuids)))).toEqual(start);
      expect(merge({ owner, live: tree, last: input.wanted, wanted: [], uuids }).tree).toEqual(start);
    }),
    { numRuns: 300 },
  );
});
