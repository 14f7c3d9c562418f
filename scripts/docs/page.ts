/** The page of a resource, from its contract, its comments, its example and what is written by hand about its life. */
import type { z } from "zod";
import { type AnyResource, meaning } from "../../provider/core/resource";
import { exported, fieldComments } from "./source";
import { defaultText, typeText } from "./types";

export const generated = "<!-- Made by `npm run docs` from the sources. Do not edit. -->";

export interface PageSources {
  readonly resource: AnyResource;
  /** Such as `edgekv` and `accessToken`: of all files that belong to the resource. */
  readonly product: string;
  readonly noun: string;
  /** The file of the resource, and those whose fields it takes over. */
  readonly contract: readonly string[];
  /** The file of the class. */
  readonly sdk: string;
  /** The program that the tests run. */
  readonly example: string;
  /** Markdown: what the operations do, and the errors. */
  readonly notes: string;
}

export function page({ resource, product, noun, contract, sdk, example, notes }: PageSources): string {
  const [title] = resource.token.split(":").slice(1);
  const about = exported(sdk).find(({ name }) => name === title);
  if (about === undefined || about.text === "") throw new Error(`the class ${title} has no comment`);
  const section = (heading: string, intro: string, shape: z.ZodObject["shape"], constant: string, facts: (field: z.ZodType) => string) => {
    const comments = fieldComments(contract, constant);
    const fields = Object.entries(shape).map(([name, field]) => {
      const comment = comments.get(name) ?? "";
      if (comment === "") throw new Error(`the field ${name} of ${resource.token} has no comment`);
      return `- **\`${name}\`**: \`${typeText(field as z.ZodType)}\`${facts(field as z.ZodType)}<br>\n  ${comment}`;
    });
    return `## ${heading}\n\n${intro}\n\n${fields.join("\n")}`;
  };

  return `${[
    `${generated}\n\n# ${product}.${title}`,
    about.text,
    `## Example\n\n[\`examples/${noun}\`](../../../examples/${noun}/index.ts), run by the tests with the Pulumi engine:`,
    fence(example),
    section("Arguments", argumentsIntro, resource.args.shape, `${noun}Args`, argumentFacts),
    section("What check adds", checkIntro, resource.computed.shape, `${noun}Computed`, changeFact),
    section("Outputs", outputsIntro, resource.outputs.shape, `${noun}Outputs`, outputFacts),
    notes.trim(),
  ].join("\n\n")}\n`;
}

const argumentsIntro =
  "Every value may be an output of another resource. _Update_ changes the object in place; _replace_ means another object. `up` tells the service only of what concerns it: a change of `deletion`, for one, changes nothing but the state.";
const checkIntro = "Inputs that a program does not say. They are known at preview, and `pulumi preview --diff` shows them.";
const outputsIntro = "Beside these, every argument is an output of the same name, defaults filled in.";

function argumentFacts(field: z.ZodType): string {
  const otherwise = defaultText(field);
  const presence = otherwise === undefined ? "required" : otherwise === null ? "optional" : `default \`${otherwise}\``;
  return `, ${presence}${changeFact(field)}`;
}

function changeFact(field: z.ZodType): string {
  return `; a change: ${meaning.get(field)?.change ?? "update"}`;
}

function outputFacts(field: z.ZodType): string {
  const maybe = field.safeParse(undefined).success ? ", not always there" : "";
  return `${maybe}${meaning.get(field)?.secret === true ? ", **secret**" : ""}`;
}

/**
 * The page of the lookups and helpers.
 * @param sdk the files of the SDK
 * @param reexported a file of which the SDK hands on `readTokensFile` and its result
 * @param results the file of the lookups' results
 */
export function lookupsPage(sdk: readonly string[], reexported: string, results: string, example: string): string {
  const handedOn = exported(reexported).filter(({ name }) => ["readTokensFile", "TokensFileEntry"].includes(name));
  const usable = [...sdk.flatMap(exported), ...handedOn];
  const functions = usable.filter(({ signature }) => /^export (?:async )?function/.test(signature));
  const shapes = [...usable, ...exported(results)].filter(({ signature }) => signature.startsWith("export interface"));
  const shown = (signature: string) =>
    signature
      .replace(/^export (?:async )?/, "")
      .replace(/\bedgekv\.(?=[A-Z])/g, "")
      .replace(/^ {2}readonly /gm, "  ");
  return `${[
    `${generated}\n\n# edgekv lookups and the tokens file`,
    "Functions that look at the account as it is, whoever made what is there. They use the same settings as the resources. A lookup fails when what it asks for is not there, and, but for `getDatabase`, when EdgeKV is not initialized.",
    "A plain lookup returns a promise and runs at preview too. Its `...Output` form takes outputs of other resources, and waits for them: at preview it does not run while one of them is unknown.",
    `## Example\n\n[\`examples/lookups\`](../../../examples/lookups/index.ts), run by the tests with the Pulumi engine:`,
    fence(example),
    "## Functions",
    ...functions.map(({ name, text, example: use, signature }) =>
      [`### ${name}`, text, fence(`${shown(signature)};`), ...(use === undefined ? [] : [fence(use)])].join("\n\n"),
    ),
    "## Types",
    ...shapes.map(({ text, signature }) => `${text === "" ? "" : `${text}\n\n`}${fence(shown(signature))}`),
  ].join("\n\n")}\n`;
}

function fence(code: string): string {
  return `\`\`\`ts\n${code.trim()}\n\`\`\``;
}
