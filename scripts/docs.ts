/**
 * `npm run docs`: writes docs/resources and docs/functions from the contracts, their comments, the examples
 * and the prose beside each resource.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { registry } from "../provider/registry";
import { type FunctionsSources, functionsPage } from "./docs/functions";
import { otherLanguages } from "./docs/markdown";
import { page } from "./docs/page";
import { root } from "./root";
import { functionFiles } from "./schema/functions";

/** Where everything about a resource is, from its token. */
export function filesOf(token: string) {
  const [product = "", title = ""] = token.split(":");
  const noun = title.charAt(0).toLowerCase() + title.slice(1);
  // Where two products have the noun, the example of the first one in the registry has it alone.
  const first = [...registry.keys()].find((one) => one.endsWith(`:${title}`)) ?? token;
  const folder = first === token ? noun : product + title;
  return {
    product,
    title,
    noun,
    folder,
    contract: [`provider/resources/${product}/${noun}/schema.ts`, "provider/framework/resource.ts"],
    sdk: `sdk/${product}/${noun}.ts`,
    example: `examples/${folder}/index.ts`,
    prose: `provider/resources/${product}/${noun}/docs.md`,
    page: `docs/resources/${product}/${noun}.md`,
  };
}

/**
 * The sources of a page of functions: what holds for all of them, and where their declarations are.
 */
interface Functions extends Pick<FunctionsSources, "product" | "about"> {
  readonly sdk: readonly string[];
  readonly helpers?: string;
  readonly example?: string;
}

const functions: readonly Functions[] = [
  {
    product: "edgekv",
    about:
      "A function fails when the object that it asks for does not exist. All but `getDatabase` fail when EdgeKV is not initialized.",
    sdk: ["sdk/edgekv/functions.ts", "sdk/edgekv/tokensFile.ts"],
    helpers: "provider/api/edgekv/tokensFile.ts",
    example: "functions",
  },
  {
    product: "edgeworkers",
    about:
      "A function fails when what it asks for by name or id does not exist, or when the API client can't see it.",
    sdk: ["sdk/edgeworkers/functions.ts"],
  },
  {
    product: "property",
    about:
      "A function fails when the property or the version does not exist, or when the API client can't see it. The contract and the group of a property are found by the function where you leave them out.",
    sdk: ["sdk/property/functions.ts"],
  },
];

/** Types that the arguments of several classes extend. */
const sharedTypes = ["sdk/edgekv/inNamespace.ts"];

/** The generated pages, by path. */
export function pages(read: (path: string) => string): Map<string, string> {
  const made = new Map<string, string>();
  for (const [token, resource] of registry) {
    const { product, noun, folder, contract, sdk, example, prose, page: path } = filesOf(token);
    const sources = {
      contract: contract.map(read),
      sdk: read(sdk),
      sharedTypes: sharedTypes.map(read),
      example: {
        folder,
        text: read(example),
        others: Object.fromEntries(
          otherLanguages.map(({ program }) => [program, read(`examples/${folder}/${program}`)]),
        ),
      },
      prose: read(prose),
    };
    made.set(path, page({ resource, product, noun, ...sources }));
  }
  for (const { product, about, sdk, helpers, example } of functions) {
    made.set(
      `docs/functions/${product}.md`,
      functionsPage({
        product,
        about,
        sdk: sdk.map(read),
        shapes: functionFiles(product).shapes.map(read),
        ...(helpers === undefined ? {} : { helpers: read(helpers) }),
        ...(example === undefined
          ? {}
          : { example: { folder: example, text: read(`examples/${example}/index.ts`) } }),
      }),
    );
  }
  return made;
}

if (require.main === module) {
  for (const [path, text] of pages((file) => readFileSync(join(root, file), "utf8"))) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(path);
  }
}
