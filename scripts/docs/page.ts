/** The page of a resource, from its contract, its comments, its example and what is written by hand about its life. */
import type { z } from "zod";
import { type AnyResource, meaning } from "../../provider/core/resource";
import { exported, fieldComments, handedOn, memberTypes } from "./source";
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
  /** The program that the tests run: its folder and its text. */
  readonly example: { readonly folder: string; readonly text: string };
  /** Markdown: what the operations do, and the errors. */
  readonly notes: string;
}

export function page({ resource, product, noun, contract, sdk, example, notes }: PageSources): string {
  const [title] = resource.token.split(":").slice(1);
  const about = exported(sdk).find(({ name }) => name === title);
  if (about === undefined || about.text === "") throw new Error(`the class ${title} has no comment`);
  const own = memberTypes(sdk, `${title}Args`);
  const section = (heading: string, intro: string, shape: z.ZodObject["shape"], constant: string, facts: (field: z.ZodType) => string) => {
    const comments = fieldComments(contract, constant);
    const fields = Object.entries(shape).map(([name, field]) => {
      const comment = comments.get(name) ?? "";
      if (comment === "") throw new Error(`the field ${name} of ${resource.token} has no comment`);
      const type = (heading === "Arguments" && own.get(name)) || typeText(field as z.ZodType);
      return `- **\`${name}\`**: \`${type}\`${facts(field as z.ZodType)}<br>\n  ${comment}`;
    });
    return `## ${heading}\n\n${intro}\n\n${fields.join("\n")}`;
  };

  return `${[
    `${generated}\n\n# ${product}.${title}`,
    about.text,
    `## Example\n\n${runByTests(example.folder)}`,
    fence(example.text),
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

/** The sources of a page of lookups and helpers. */
export interface LookupsSources {
  readonly heading: string;
  /** When they fail, and what else is true of all of them. */
  readonly about: string;
  /** The program that the tests run, where one shows them all: its folder and its text. */
  readonly example?: { readonly folder: string; readonly text: string };
  /** The files of the SDK. */
  readonly sdk: readonly string[];
  /** A file of which the SDK hands on functions. */
  readonly helpers?: string;
  /** The file of the lookups' results. */
  readonly results: string;
}

export function lookupsPage({ heading, about, example, sdk, helpers, results }: LookupsSources): string {
  const passedOn = new Set(sdk.flatMap(handedOn));
  const own = sdk.flatMap(exported);
  const isShape = ({ signature }: { readonly signature: string }) => /^export (?:interface|type) /.test(signature);
  // What a shape of the SDK is made of belongs to it.
  for (const { signature } of own.filter(isShape))
    for (const [name] of signature.matchAll(/(?<=\b(?:edgekv|edgeworkers|property)\.)[A-Z]\w+/g)) passedOn.add(name);
  const usable = [...own, ...[helpers ?? "", results].flatMap(exported).filter(({ name }) => passedOn.has(name))];
  const functions = usable.filter(({ signature }) => /^export (?:async )?function/.test(signature));
  const shapes = usable.filter(isShape);
  const shown = (signature: string) =>
    signature
      .replace(/^export (?:async )?/, "")
      .replace(/\b(?:edgekv|edgeworkers|property)\.(?=[A-Z])/g, "")
      .replace(/\breadonly (?=\w+\??:)/g, "")
      .replace(/: Network\b/g, ': "staging" | "production"');
  return `${[
    `${generated}\n\n# ${heading}`,
    `Functions that look at the account as it is, whoever made what is there. They use the same settings as the resources. ${about}`,
    "A plain lookup returns a promise and runs at preview too. Its `...Output` form takes outputs of other resources, and waits for them: at preview it does not run while one of them is unknown.",
    ...(example === undefined ? [] : [`## Example\n\n${runByTests(example.folder)}`, fence(example.text)]),
    "## Functions",
    ...functions.map(({ name, text, example: use, signature }) =>
      [`### ${name}`, text, fence(`${shown(signature)};`), ...(use === undefined ? [] : [fence(use)])].join("\n\n"),
    ),
    "## Types",
    ...shapes.map(({ text, signature }) => `${text === "" ? "" : `${text}\n\n`}${fence(shown(signature))}`),
  ].join("\n\n")}\n`;
}

function runByTests(folder: string): string {
  return `[\`examples/${folder}\`](../../../examples/${folder}/index.ts), run by the tests with the Pulumi engine:`;
}

function fence(code: string): string {
  return `\`\`\`ts\n${code.trim()}\n\`\`\``;
}
