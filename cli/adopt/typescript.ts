/** A program in TypeScript. Pure. */
import { type Declared, ProgramPath, Reference, referencesIn } from "./declared";
import { variablesOf } from "./names";
import { commented, suggestion } from "./suggestion";

type VariableOf = (name: string) => string;

const lineWidth = 100;
const reserved = [
  ..."account akamai edgekv edgeworkers options property Provider".split(" "),
  ..."break case catch class const continue debugger default delete do else enum export extends false finally for".split(
    " ",
  ),
  ..."function if import in instanceof new null return super switch this throw true try typeof var void while".split(
    " ",
  ),
  ..."with yield let static await implements interface package private protected public".split(" "),
];

export function typescriptProgram(
  resources: readonly Declared[],
  suggested: readonly Declared[] = [],
): string {
  const variables = variablesOf(resources, reserved);
  const used = new Set(resources.flatMap((one) => [...referencesIn(one.args), ...one.dependsOn]));
  const variableOf = (name: string) => variables.get(name) ?? "undefined";
  const modules = [...new Set(resources.map(({ token }) => token.split(":")[0] ?? ""))].sort();
  const declarations = resources.map((one) => {
    const after = one.dependsOn.map(variableOf);
    const options = after.length === 0 ? "options" : `{ ...options, dependsOn: [${after.join(", ")}] }`;
    const head = used.has(one.name) ? `const ${variableOf(one.name)} = ` : "";
    return call(`${head}new ${one.token.replace(":", ".")}`, one, options, variableOf);
  });
  return [
    `import { ${[...modules, "Provider"].join(", ")} } from "pulumi-akamai-edge";`,
    "",
    "// Without settings: the credentials of the environment, or the section `default` of ~/.edgerc.",
    'const account = new Provider("account");',
    "const options = { provider: account };",
    "",
    ...declarations,
    ...suggested.flatMap((one) => [
      "",
      ...commented(
        "//",
        suggestion,
        `${call(`new ${one.token.replace(":", ".")}`, one, "options", variableOf)}`,
      ),
    ]),
    "",
  ].join("\n");
}

/** On one line where it fits, else the arguments on lines of their own. */
function call(head: string, { name, args }: Declared, options: string, variableOf: VariableOf): string {
  const line = `${head}(${JSON.stringify(name)}, ${literal(args, variableOf)}, ${options});`;
  if (line.length <= lineWidth && !line.includes("\n")) return line;
  const lines = [JSON.stringify(name), literal(args, variableOf, 1), options];
  return `${head}(\n${lines.map((one) => `  ${one},\n`).join("")});`;
}

/** A value as a literal, on one line where it fits. */
function literal(value: unknown, variableOf: VariableOf, depth = 0): string {
  if (value instanceof ProgramPath) return JSON.stringify(value.path);
  if (value instanceof Reference) return `${variableOf(value.target)}.${value.output}`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  const isList = Array.isArray(value);
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  const parts = isList
    ? value.map((one) => literal(one, variableOf, depth + 1))
    : Object.entries(value).map(
        ([name, one]) => `${memberName(name)}: ${literal(one, variableOf, depth + 1)}`,
      );
  if (parts.length === 0) return `${open}${close}`;
  const padding = isList ? "" : " ";
  const line = `${open}${padding}${parts.join(", ")}${padding}${close}`;
  if (!line.includes("\n") && line.length < lineWidth - 20 - 2 * depth) return line;
  const indent = "  ".repeat(depth + 1);
  return `${open}\n${parts.map((part) => `${indent}${part},\n`).join("")}${"  ".repeat(depth)}${close}`;
}

function memberName(name: string): string {
  if (name === "__proto__") return `["__proto__"]`;
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
