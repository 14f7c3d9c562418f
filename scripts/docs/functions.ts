/**
 * The page of a product's functions: their comments and signatures, and the types that they take and return.
 */
import { exampleSection, fence, generated } from "./markdown";
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
  /** The file of the results' types. */
  readonly results: string;
}

export function functionsPage({ product, about, example, sdk, helpers, results }: FunctionsSources): string {
  const own = sdk.flatMap(exported);
  const passedOn = new Set([...sdk.flatMap(reexported), ...own.filter(isShape).flatMap(shapesIn)]);
  const usable = [
    ...own,
    ...[helpers ?? "", results].flatMap(exported).filter(({ name }) => passedOn.has(name)),
  ];
  const functions = usable.filter(({ signature }) => /^export (?:async )?function/.test(signature));
  const names = new Set(functions.map(({ name }) => name));
  // The `...Output` form of a function stands with it.
  const plain = functions.filter(
    ({ name }) => !(name.endsWith("Output") && names.has(name.slice(0, -"Output".length))),
  );
  const formOf = ({ name }: Documented) => functions.filter((one) => one.name === `${name}Output`);

  return `${[
    `${generated}\n\n# ${product} functions`,
    `Functions read the account as it is, whoever made what they find. They use the same settings as the resources. ${about}`,
    "The plain form returns a promise and runs at preview too. The `…Output` form takes outputs of resources and returns an output. `Inputs<T>` is `T` whose members may be outputs. The function waits while one is unknown. To read an object that the same program creates, pass an output that is known after `up` only, such as its `id`.",
    plain
      .map(({ name, text }) => `- [\`${name}\`](#${name.toLowerCase()}): ${text.split(/(?<=\.)\s/)[0]}`)
      .join("\n"),
    ...(example === undefined ? [] : exampleSection("Example Usage", example, "../..")),
    "## Functions",
    ...plain.map((one) => functionSection(one, formOf(one))),
    "## Types",
    ...usable
      .filter(isShape)
      .map(({ text, signature }) => `${text === "" ? "" : `${text}\n\n`}${fence(shown(signature))}`),
  ].join("\n\n")}\n`;
}

function functionSection(
  { name, text, example, signature }: Documented,
  outputForms: readonly Documented[],
): string {
  const signatures = [signature, ...outputForms.map((form) => form.signature)]
    .map((one) => `${shown(one)};`)
    .join("\n");
  return [`### ${name}`, text, fence(signatures), ...(example === undefined ? [] : [fence(example)])].join(
    "\n\n",
  );
}

function isShape({ signature }: Documented): boolean {
  return /^export (?:interface|type) /.test(signature);
}

/** The types that a type of the SDK consists of. */
function shapesIn({ signature }: Documented): string[] {
  return [...signature.matchAll(/(?<=\b(?:edgekv|edgeworkers|property)\.)[A-Z]\w+/g)].map(([name]) => name);
}

/** A declaration as a reader needs it, without the words of the code's own modules. */
function shown(signature: string): string {
  return signature
    .replace(/^export (?:async )?/, "")
    .replace(/\b(?:edgekv|edgeworkers|property)\.(?=[A-Z])/g, "")
    .replace(/\breadonly (?=\w+\??:)/g, "")
    .replace(/: Network\b/g, ': "staging" | "production"');
}
