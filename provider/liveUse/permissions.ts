/** What access tokens allow, beside what the code does with them. */
import type { CodeUses, Operation } from "./code";

/** An access token, and what it allows in each namespace. */
export interface Grant {
  readonly name: string;
  readonly permissions: Readonly<Record<string, readonly string[]>>;
}

/** A line of code that no token allows. */
export interface Lack {
  readonly namespace: string;
  readonly operation: Operation;
  readonly file: string;
  readonly line: number;
  /** The token for the namespace; undefined: there is none. */
  readonly token: Grant | undefined;
}

const letters: readonly Operation[] = ["r", "w", "d"];

/** What the code does for certain, and no token allows: one line for each namespace and operation. */
export function lacking({ uses }: CodeUses, grants: readonly Grant[]): Lack[] {
  const found = new Map<string, Lack>();
  for (const { namespaces = [], operations = [], file, line } of uses) {
    const [namespace, ...others] = namespaces;
    // One of several is no certainty.
    if (namespace === undefined || others.length > 0) continue;
    const token = grants.find(({ permissions }) => permissions[namespace] !== undefined);
    for (const operation of operations) {
      const key = `${namespace} ${operation}`;
      if (token?.permissions[namespace]?.includes(operation) || found.has(key)) continue;
      found.set(key, { namespace, operation, file, line, token });
    }
  }
  return [...found.values()];
}

/** The permissions that are enough for a token; undefined when it has no more than that, or when that can't be determined. */
export function smallerPermissions(
  { uses, unclear }: CodeUses,
  { permissions }: Grant,
): Record<string, Operation[]> | undefined {
  const isClear = unclear.length === 0 && uses.every((use) => use.namespaces && use.operations);
  const hasUse = uses.some(({ operations = [] }) => operations.length > 0);
  if (!isClear || !hasUse) return undefined;
  const enough: Record<string, Operation[]> = {};
  for (const [namespace, allowed] of Object.entries(permissions)) {
    const done = new Set(
      uses.flatMap(({ namespaces = [], operations = [] }) =>
        namespaces.includes(namespace) ? operations : [],
      ),
    );
    const needed = letters.filter((letter) => allowed.includes(letter) && done.has(letter));
    if (needed.length > 0) enough[namespace] = needed;
  }
  const size = (of: Readonly<Record<string, readonly string[]>>) => Object.values(of).flat().length;
  return size(enough) < size(permissions) ? enough : undefined;
}
