/** A program in YAML. Pure. */
import { stringify } from "yaml";
import { type Declared, ProgramPath, Reference } from "./declared";
import { variablesOf } from "./names";

export function yamlResources(resources: readonly Declared[]): string {
  const keys = variablesOf(resources, ["pulumi"]);
  const keyOf = (name: string) => keys.get(name) ?? "";
  const declared = resources.map((one) => [
    keyOf(one.name),
    {
      type: `akamai-edge:${one.token}`,
      name: one.name,
      properties: plain(one.args, keyOf),
      ...(one.dependsOn.length === 0
        ? {}
        : { options: { dependsOn: one.dependsOn.map((other) => `\${${keyOf(other)}}`) } }),
    },
  ]);
  return stringify({ resources: Object.fromEntries(declared) }, { lineWidth: 100 });
}

/** In YAML programs `${…}` is a reference, and `$${…}` the text. */
function plain(value: unknown, keyOf: (name: string) => string): unknown {
  if (value instanceof Reference) return `\${${keyOf(value.target)}.${value.output}}`;
  if (value instanceof ProgramPath) return value.path;
  if (typeof value === "string") return value.replaceAll("${", "$${");
  if (Array.isArray(value)) return value.map((one) => plain(one, keyOf));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one, keyOf)]));
}
