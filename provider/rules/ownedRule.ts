import type { Rule } from "../api/property/ruleTree";

/** A rule that this program manages, without the rules below it. */
export interface OwnedRule {
  /** Identifies it in its resource: its name, behind the keys of the owned rules above it. */
  readonly key: string;
  /** The ownership marker at the end of its comments. It finds the rule after others moved or renamed it. */
  readonly marker: string;
  /** The owned rule above it, or the names of the foreign rules above it, from below the default rule. */
  readonly parent: { readonly owned: string } | { readonly path: readonly string[] };
  /** Its position among its siblings. Absent: a new rule comes last, and an existing one may be anywhere. */
  readonly position?:
    | { readonly first: true }
    | { readonly before: string }
    | { readonly after: string }
    | undefined;
  /** Adopt an existing rule of this name below the same parent, if it has no marker. */
  readonly adopt?: boolean | undefined;
  /** The rule as it is sent, with the marker in its comments and without children. */
  readonly rule: Rule;
}
