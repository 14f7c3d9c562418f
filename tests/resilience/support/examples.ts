import { join } from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation";

/** The programs of the examples that make something, by name. */
export const examples = (names: readonly string[]): [string, PulumiFn][] =>
  names.map((name) => [name, require(join(__dirname, "../../../examples", name)) as PulumiFn]);
