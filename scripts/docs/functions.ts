/**
 * The page of a product's functions: their comments and signatures, and the types that they take and return.
 */
import { z } from "zod";
import { unwrapped } from "../../provider/framework/defaults";
import { shapeNames } from "../../provider/framework/lookup";
import { lookups } from "../../provider/functions/registry";
import { packageName } from "../../provider/plugin/resources";
import { Sources } from "../schema/comments";
import { constantOf } from "../schema/functions";
import { exampleSection, fence, generated } from "./markdown";
import { interfaceText } from "./shapes";
import { type Documented, exported, reexported } from "./source";

export interface FunctionsSources {
  readonly product: string;
  /** When they fail, and what else holds for all of them. */
  readonly about: string;
  /** The program that the tests run, where one shows them all. */
  readonly example?: { readonly folder: string; readonly text: string };
  /** The files of the SDK. */
  readonly sdk: readonly string[];
  /** A file whose functions the SDK exports. */
  readonly helpers?: string;
  /** The files of what they take and give. */
  readonly shapes: readonly string[];
}

export function functionsPage({ product, about, example, sdk, helpers, shapes }: FunctionsSources): string {
  const own = sdk.flatMap(exported);
  const passedOn = new Set(sdk.flatMap(reexported));
  const usable = [
    ...own,
    ...[helpers ?? "", ...shapes].flatMap(exported).filter(({ name }) => passedOn.has(name)),
  ];
  const functions = usable.filter(({ signature }) => /^export (?:async )?function/.test(signature));
  const names = new Set(functions.map(({ name }) => name));
  // The `...Output` form of a function stands with it.
  const plain = functions.filter(
    ({ name }) => !(name.endsWith("Output") && names.has(name.slice(0, -"Output".length))),
  );
  const formOf = ({ name }: Documented) => functions.filter((one) => one.name === `${name}Output`);
  const schemas = schemasOf(product);
  const sources = new Sources(shapes);
  const typeSection = ({ name, text, signature }: Documented) => {
    const schema = schemas.get(name);
    const isDerived = schema !== undefined && /extends z\./.test(signature);
    const constant = isDerived ? constantOf(schema) : "";
    const shape = isDerived ? interfaceText(name, schema, sources.fieldsOfAll([constant])) : shown(signature);
    const above = text === "" ? sources.above(constant) : text;
    return `${above === "" ? "" : `${above}\n\n`}${fence(shape)}`;
  };

  return `${[
    `${generated}\n\n# ${product} functions`,
    `Functions read the account as it is, whoever made what they find. They use the same settings as the resources. With a \`Provider\` in the options, \`{ provider }\`, or one that the \`parent\` there has, they read its account by the native plugin. ${about}`,
    "The plain form returns a promise and runs at preview too. The `…Output` form takes outputs of resources and returns an output. `Inputs<T>` is `T` whose members may be outputs. The function waits while one is unknown. To read an object that the same program creates, pass an output that is known after `up` only, such as its `id`.",
    plain
      .map(({ name, text }) => `- [\`${name}\`](#${name.toLowerCase()}): ${text.split(/(?<=\.)\s/)[0]}`)
      .join("\n"),
    ...(example === undefined ? [] : exampleSection("Example Usage", example, "../..")),
    "## Functions",
    ...plain.map((one) => functionSection(product, one, formOf(one))),
    "## Types",
    ...usable.filter(isShape).map(typeSection),
  ].join("\n\n")}\n`;
}

/** The objects with a name that the lookups of a product take and give. */
function schemasOf(product: string): ReadonlyMap<string, z.ZodObject> {
  const found = new Map<string, z.ZodObject>();
  const visit = (schema: z.ZodType): void => {
    const name = shapeNames.get(schema)?.name;
    if (name !== undefined && schema instanceof z.ZodObject) found.set(name, schema);
    const inner = unwrapped(schema);
    if (inner !== undefined) visit(inner);
    if (schema instanceof z.ZodArray) visit(schema.element as z.ZodType);
    if (schema instanceof z.ZodObject)
      for (const member of Object.values(schema.shape)) visit(member as z.ZodType);
  };
  for (const { token, args, result } of lookups.values())
    if (token.startsWith(`${product}:`)) for (const one of [...args, result]) visit(one);
  return found;
}

function functionSection(
  product: string,
  { name, text, example, signature }: Documented,
  outputForms: readonly Documented[],
): string {
  const signatures = [signature, ...outputForms.map((form) => form.signature)]
    .map((one) => `${shown(one)};`)
    .join("\n");
  const lookup = lookups.get(`${product}:${name}`);
  const listed =
    lookup?.member === undefined ? "" : `. Its result is an object there, with \`${lookup.member}\``;
  return [
    `### ${name}`,
    text,
    fence(signatures),
    ...(example === undefined ? [] : [fence(example)]),
    ...(lookup === undefined ? [] : [`In other languages: \`${packageName}:${lookup.token}\`${listed}.`]),
  ].join("\n\n");
}

function isShape({ signature }: Documented): boolean {
  return /^export (?:interface|type) /.test(signature);
}

/** A declaration as a reader needs it, without the words of the code's own modules. */
function shown(signature: string): string {
  return (
    signature
      .replace(/^export (?:async )?/, "")
      // The parameters of a function in one line.
      .replace(/^function \w+\([^)]*\)/, (head) =>
        head
          .replace(/\(\s+/, "(")
          .replace(/,?\s+\)/, ")")
          .replace(/\s+/g, " "),
      )
      .replace(/\b(?:edgekv|edgeworkers|property)\.(?=[A-Z])/g, "")
      .replace(/\breadonly (?=\w+\??:)/g, "")
      .replace(/: Network\b/g, ': "staging" | "production"')
  );
}
