/** What a sandbox does not have, for an item and for a group of items. */
import type { CheckFailure } from "../../../framework/resource";

interface InSandbox {
  readonly network?: string | undefined;
  readonly sandboxId?: string | undefined;
}

export function sandboxFailures({ network, sandboxId }: InSandbox): CheckFailure[] {
  if (sandboxId === undefined || network === undefined || network === "staging") return [];
  return [{ property: "sandboxId", reason: "can be set on staging only: production has no sandboxes" }];
}
