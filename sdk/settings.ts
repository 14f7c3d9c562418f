import * as pulumi from "@pulumi/pulumi";
import { settingKeys } from "../provider/config/settings";
import { nearest } from "../provider/errors/nearest";

const prefix = "akamai-edge:";
/** The runs that were checked: a process of the Automation API has several. */
const checked = new WeakSet<object>();

/** Warns of keys in the stack config that no setting has, once in a run: a mistyped one would have no effect, and nobody would know. */
export function warnOfUnknownSettings(): void {
  const run = pulumi.runtime.getStackResource();
  if (run === undefined || checked.has(run)) return;
  checked.add(run);
  for (const text of unknownSettings(Object.keys(pulumi.runtime.allConfig()))) void pulumi.log.warn(text);
}

/** A sentence for each key under `akamai-edge:` without a meaning. */
export function unknownSettings(keys: readonly string[]): string[] {
  const known: readonly string[] = settingKeys;
  return keys.flatMap((key) => {
    if (!key.startsWith(prefix)) return [];
    const name = key.slice(prefix.length);
    if (known.includes(name)) return [];
    const meant = nearest(name, known);
    const hint =
      meant === undefined
        ? `there are ${known.map((one) => prefix + one).join(", ")}`
        : `did you mean ${prefix}${meant}?`;
    return [`there is no setting ${key}, so it has no effect; ${hint}`];
  });
}
