/** EdgeKV is no place for secrets: whoever may read the namespace reads them in clear text. */
import * as pulumi from "@pulumi/pulumi";
import { isDeferred } from "../jsonInput";

/** Most members of a map that are looked at. */
const maxMembers = 1000;

/** Warns, once for a resource, when a value of it is a secret. Nothing waits for that. */
export function warnOfSecrets(what: string, values: readonly unknown[]): void {
  const deferred = values.flatMap((value) => deferredIn(value));
  if (deferred.length === 0) return;
  const areSecret = Promise.all(deferred.map((one) => pulumi.isSecret(pulumi.output(one))));
  void areSecret
    .then(async (found) => {
      if (!found.includes(true)) return;
      await pulumi.log.warn(
        `${what} has a secret as its value. The item holds it in clear text, for everyone who may read the namespace. Keep secrets out of EdgeKV.`,
      );
    })
    // A value that fails is reported where it is used.
    .catch(() => undefined);
}

/** The outputs in a value: deep ones too, as far as that is quick. */
function deferredIn(value: unknown, depth = 0): pulumi.Input<unknown>[] {
  if (isDeferred(value)) return [value];
  if (typeof value !== "object" || value === null || depth > 4) return [];
  return Object.values(value)
    .slice(0, maxMembers)
    .flatMap((member) => deferredIn(member, depth + 1));
}
