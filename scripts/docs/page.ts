/**
 * The page of a resource: its contract, its comments, its example, and the prose that stands beside its code.
 */
import type { z } from "zod";
import { type AnyResource, meaning } from "../../provider/framework/resource";
import { type Example, examplesSection, generated } from "./markdown";
import { exported, fieldComments, ownMembers } from "./source";
import { defaultText, typeText } from "./types";

export interface PageSources {
  readonly resource: AnyResource;
  /** Such as `edgekv` and `accessToken`: of all files that belong to the resource. */
  readonly product: string;
  readonly noun: string;
  /** The file of the contract, and those whose fields it spreads. */
  readonly contract: readonly string[];
  /** The file of the class. */
  readonly sdk: string;
  /** Files of types that several classes extend. */
  readonly sharedTypes: readonly string[];
  /** The programs that the tests run. */
  readonly example: Example;
  /** Markdown from `docs.md`: sections of its own, and those of `proseHeadings`. */
  readonly prose: string;
}

/** The headings that every page of a resource has, in this order. */
export const headings = [
  "Example Usage",
  "Inputs",
  "Outputs",
  "Import or Adopt",
  "Lifecycle",
  "Timeouts",
  "Errors",
] as const;

export function page(sources: PageSources): string {
  const { resource, product, noun, contract, sdk, sharedTypes, example, prose } = sources;
  const [title] = resource.token.split(":").slice(1);
  const about = exported(sdk).find(({ name }) => name === title);
  if (about === undefined || about.text === "") throw new Error(`the class ${title} has no comment`);
  const own = ownMembers([sdk, ...sharedTypes], `${title}Args`);

  type Field = readonly [name: string, schema: z.ZodType];
  const fieldsOf = (shape: z.ZodObject["shape"]): Field[] =>
    Object.entries(shape).map(([name, field]) => [name, field as z.ZodType]);
  const list = (fields: readonly Field[], part: SchemaPart, facts: (field: z.ZodType) => string) => {
    const comments = commentsOf(resource, part, contract, noun);
    return fields
      .map(([name, field]) => {
        const member = part === "args" ? own.get(name) : undefined;
        const comment = member?.shared ?? comments.get(name) ?? "";
        if (comment === "") throw new Error(`the field ${name} of ${resource.token} has no comment`);
        const type = member?.type ?? typeText(field);
        return `- **\`${name}\`** (\`${type}\`${facts(field)})<br>\n  ${comment}`;
      })
      .join("\n");
  };

  const args = fieldsOf(resource.args.shape);
  const isRequired = ([, field]: Field) => defaultText(field) === undefined;
  const required = args.filter(isRequired);
  const optional = args.filter((field) => !isRequired(field));
  const inputs = [
    "## Inputs",
    inputsIntro,
    ...(required.length > 0 ? ["### Required", list(required, "args", inputFacts)] : []),
    ...(optional.length > 0 ? ["### Optional", list(optional, "args", inputFacts)] : []),
    "### Computed",
    computedIntro,
    list(fieldsOf(resource.computed.shape), "computed", replacementFact),
  ];
  const outputs = [
    "## Outputs",
    outputsIntro,
    list(fieldsOf(resource.outputs.shape), "outputs", outputFacts),
  ];

  return `${[
    `${generated}\n\n# ${product}.${title}`,
    about.text,
    ...examplesSection("Example Usage", example, {
      up: "../../..",
      guide: "../../guides/from-dynamic-to-native.md#other-languages",
    }),
    ...inputs,
    ...outputs,
    prose.trim(),
  ].join("\n\n")}\n`;
}

export const schemaParts = ["args", "computed", "outputs"] as const;
export type SchemaPart = (typeof schemaParts)[number];

/**
 * The comments on the fields of a part of the schema, by field. `defineSchema` adds the computed inputs of
 * every resource.
 */
export function commentsOf(
  resource: AnyResource,
  part: SchemaPart,
  contract: readonly string[],
  noun: string,
): Map<string, string> {
  const common = part === "computed" ? fieldComments(contract, "ownership") : new Map<string, string>();
  if (Object.keys(resource[part].shape).every((field) => common.has(field))) return common;
  const own = fieldComments(contract, noun + part.charAt(0).toUpperCase() + part.slice(1));
  return new Map([...own, ...common]);
}

const inputsIntro =
  "Every value may be an output of another resource. A change updates the object in place, unless its input forces replacement. A change of a policy such as `deletion` is recorded in the state, and sends nothing.";
const computedIntro =
  "The provider computes these inputs, so a preview knows them. `pulumi preview --diff` shows them.";
const outputsIntro =
  "Every input is an output of the same name, with its default filled in. These come in addition:";

function inputFacts(field: z.ZodType): string {
  const value = defaultText(field);
  return `${value === undefined || value === null ? "" : `, default \`${value}\``}${replacementFact(field)}`;
}

function replacementFact(field: z.ZodType): string {
  return meaning.get(field)?.change === "replace" ? ", **changing this forces replacement**" : "";
}

function outputFacts(field: z.ZodType): string {
  const maybe = field.safeParse(undefined).success ? ", optional" : "";
  return `${maybe}${meaning.get(field)?.secret === true ? ", **secret**" : ""}`;
}
