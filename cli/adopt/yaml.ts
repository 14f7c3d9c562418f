/** A program in YAML. Pure. */
import { stringify } from "yaml";
import { type Declared, ProgramPath, Reference } from "./declared";
import { variablesOf } from "./names";
import { commented, suggestion } from "./suggestion";

const lineWidth = 100;

export function yamlResources(resources: readonly Declared[], suggested: readonly Declared[] = []): string {
  const keys = variablesOf([...resources, ...suggested], ["pulumi"]);
  const keyOf = (name: string) => keys.get(name) ?? "";
  const written = (all: readonly Declared[]) =>
    Object.fromEntries(all.map((one) => [keyOf(one.name), declaration(one, keyOf)]));
  const text = stringify({ resources: written(resources) }, { lineWidth });
  if (suggested.length === 0) return text;
  const more = stringify(written(suggested), { lineWidth }).trimEnd().replace(/^/gm, "  ");
  return `${[text.trimEnd(), ...commented("#", suggestion, more)].join("\n")}\n`;
}

function declaration(
  { token, name, args, dependsOn }: Declared,
  keyOf: (name: string) => string,
): Record<string, unknown> {
  const after = dependsOn.map((other) => `\${${keyOf(other)}}`);
  return {
    type: `akamai-edge:${token}`,
    name,
    properties: plain(args, keyOf),
    ...(after.length === 0 ? {} : { options: { dependsOn: after } }),
  };
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
