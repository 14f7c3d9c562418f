import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";

/** The provider runs in a process of its own, whose folder may be another. */
export function located(path: pulumi.Input<string | undefined>): pulumi.Output<string | undefined> {
  return pulumi.output(path).apply((known) => (typeof known === "string" ? resolve(known) : known));
}
