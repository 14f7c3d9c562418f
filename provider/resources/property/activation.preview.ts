/** What `up` would run into with an activation, told at preview. */
import { liveVersion } from "../../api/papi/activations";
import { findProperty, type Property } from "../../api/papi/properties";
import { findRules } from "../../api/papi/rules";
import type { Context } from "../../core/context";
import { type Draft, type Failure, nameInProgram } from "../../core/resource";
import type { ActivationInputs } from "./activation";
import { networkOf } from "./activation.live";
import { findingsInWords } from "./findings";

/** Two that want one place would undo each other for ever. */
export function declaredTwice({ known }: Draft<ActivationInputs>, { memory }: Context): Failure[] {
  const { propertyId, network, owner = "" } = known;
  if (propertyId === undefined || network === undefined) return [];
  const other = memory.takePlace(`activation ${networkOf({ propertyId, network })}`, owner);
  if (other === undefined) return [];
  const name = nameInProgram(other);
  return [{ property: "network", reason: `the program has an activation of property ${propertyId} on ${network} already: ${name}` }];
}

export async function observeActivation(draft: Draft<ActivationInputs>, context: Context): Promise<Failure[]> {
  const { known, olds } = draft;
  const { propertyId, contractId, groupId, network, version } = known;
  if (propertyId === undefined || contractId === undefined || groupId === undefined || network === undefined) return [];
  const place = { propertyId, contractId, groupId };
  const property = await context.memory.read(`versions of ${propertyId}`, () => findProperty(context.http, place));
  if (property === undefined) {
    const reason = `there is no property ${propertyId} in contract ${contractId} and group ${groupId}, or the API client can't see it. If it was moved, \`pulumi refresh\` takes note of that`;
    return [{ property: "propertyId", reason }];
  }
  const before = olds.propertyId === propertyId && olds.network === network ? olds.version : undefined;
  const live = liveVersion(property, network);
  if (live !== undefined && live !== version) tellOfLive({ property, network, live, before, wanted: version }, context);
  return version === undefined || version === before || version === live ? [] : versionTrouble(property, draft, version, context);
}

interface Live {
  readonly property: Property;
  readonly network: string;
  readonly live: number;
  /** What this resource asked for last. */
  readonly before: number | undefined;
  readonly wanted: number | undefined;
}

/** Says what the activation replaces, where that is not what it asked for last. */
function tellOfLive({ property, network, live, before, wanted }: Live, { notices }: Context): void {
  if (live === before) return;
  const what = `property ${property.propertyName}: version ${live} is live on ${network}`;
  // Of a run that failed, nothing is known here but what it asked for.
  const up = wanted === before ? "after `pulumi refresh`, or when the last run failed, `up`" : "`up`";
  if (wanted !== undefined && live > wanted) {
    notices.warn(
      `${what}, newer than ${wanted} and not activated by this resource: ${up} goes back to ${wanted} and takes off what others activated since.`,
    );
  } else if (before !== undefined) {
    notices.warn(`${what}, though this resource asked for ${before} last: ${up} replaces it.`);
  } else if (wanted !== undefined) {
    notices.info(`${what}; ${up} replaces it with ${wanted}.`);
  }
}

/** What the service would refuse to activate. */
async function versionTrouble(
  property: Property,
  { known, unknown }: Draft<ActivationInputs>,
  version: number,
  { http, memory, notices }: Context,
): Promise<Failure[]> {
  const { propertyName, propertyId, latestVersion } = property;
  const found = await memory.read(`rules of ${propertyId}/${version}`, () => findRules(http, property, version));
  if (found === undefined) {
    return [{ property: "version", reason: `property ${propertyName} has no version ${version}; its latest is ${latestVersion}` }];
  }
  const errors = findingsInWords(found.errors, found.rules);
  if (errors.length > 0) {
    const reason = `the rules of version ${version} have errors, with which it can't be activated:\n  - ${errors.join("\n  - ")}`;
    return [{ property: "version", reason }];
  }
  const warnings = findingsInWords(found.warnings, found.rules);
  if (warnings.length > 0 && known.acknowledgeWarnings === undefined && !unknown.has("acknowledgeWarnings")) {
    notices.warn(
      `property ${propertyName}: the rules of version ${version} have warnings. \`up\` will fail, and tell their ids, unless \`acknowledgeWarnings\` says that they are no reason not to activate it:\n  - ${warnings.join("\n  - ")}`,
    );
  }
  return [];
}
