import { printablePart } from "../errors";

/** Characters of a message: a report of the service, or a name in a bundle, has any length. */
const maxMessageLength = 1000;

/** What speaks against a bundle, under the name that the EdgeWorkers API gives it. */
export interface BundleProblem {
  /** Such as `MISSING_MANDATORY_FILES`. */
  readonly type: string;
  readonly message: string;
}

export function formatProblem({ type, message }: BundleProblem): string {
  return `${printablePart(type)}: ${printablePart(message, maxMessageLength)}`;
}

/** @param paths those of the bundle: one of the same name in a folder shows that `bundle` names the folder above */
export function missing(file: string, paths: Iterable<string>): BundleProblem {
  const elsewhere = [...paths].find((path) => path.endsWith(`/${file}`));
  const hint = elsewhere === undefined ? "" : `, and is at ${elsewhere}: set \`bundle\` to that folder`;
  return {
    type: "MISSING_MANDATORY_FILES",
    message: `${file} is missing; it must be at the root of the bundle${hint}`,
  };
}
