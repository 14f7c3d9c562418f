import type { Rule } from "../api/property/ruleTree";

/** A rule of this program's, without those below it. */
export interface OwnedRule {
  /** What it is known by within its resource: its name, below the keys of the owned rules above it. */
  readonly key: string;
  /** Ends its comments, and finds it again wherever it is and whatever it is called: see `markOf`. */
  readonly marker: string;
  /** The owned rule that it belongs into, or the names of the rules of others above it, from below the default rule. */
  readonly parent: { readonly owned: string } | { readonly path: readonly string[] };
  /** Where it has to be among the rules beside it. Absent: a new one comes last, and one that is there may be anywhere. */
  readonly position?: { readonly first: true } | { readonly before: string } | { readonly after: string } | undefined;
  /** Take over a rule of this name in this place that bears no mark. */
  readonly adopt?: boolean | undefined;
  /** As the service is to have it, comments with the mark; without children. */
  readonly rule: Rule;
}
