/** `npm run docs`: writes the reference pages below docs/resources from the contracts, their comments and the examples. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { registry } from "../provider/registry";
import { lookupsPage, page } from "./docs/page";
import { root } from "./root";

/** Where everything about a resource is, from its token. */
export function filesOf(token: string) {
  const [product = "", title = ""] = token.split(":");
  const noun = title.charAt(0).toLowerCase() + title.slice(1);
  // Where two products have the noun, the example of the first one in the registry has it alone.
  const first = [...registry.keys()].find((one) => one.endsWith(`:${title}`)) ?? token;
  const folder = first === token ? noun : product + title;
  return {
    product,
    noun,
    folder,
    contract: [`provider/resources/${product}/${noun}.ts`, "provider/core/resource.ts"],
    sdk: `sdk/${product}/${noun}.ts`,
    example: `examples/${folder}/index.ts`,
    notes: `scripts/docs/${product}/${noun}.md`,
    page: `docs/resources/${product}/${noun}.md`,
  };
}

/** The reference pages, by path. */
export function pages(read: (path: string) => string): Map<string, string> {
  const made = new Map<string, string>();
  for (const [token, resource] of registry) {
    const { product, noun, folder, contract, sdk, example, notes, page: path } = filesOf(token);
    const sources = { contract: contract.map(read), sdk: read(sdk), example: { folder, text: read(example) }, notes: read(notes) };
    made.set(path, page({ resource, product, noun, ...sources }));
  }
  made.set(
    "docs/resources/edgekv/lookups.md",
    lookupsPage({
      heading: "edgekv lookups and the tokens file",
      about: "A lookup fails when what it asks for is not there, and, but for `getDatabase`, when EdgeKV is not initialized.",
      example: { folder: "lookups", text: read("examples/lookups/index.ts") },
      sdk: ["sdk/edgekv/lookups.ts", "sdk/edgekv/tokensFile.ts"].map(read),
      helpers: read("provider/api/edgekv/tokensFile.ts"),
      results: read("provider/lookups/edgekv.ts"),
    }),
  );
  made.set(
    "docs/resources/edgeworkers/lookups.md",
    lookupsPage({
      heading: "edgeworkers lookups",
      about: "A lookup fails when what it asks for by name or id is not there, or can't be seen by the API client.",
      sdk: [read("sdk/edgeworkers/lookups.ts")],
      results: read("provider/lookups/edgeworkers.ts"),
    }),
  );
  made.set(
    "docs/resources/property/lookups.md",
    lookupsPage({
      heading: "property lookups",
      about:
        "A lookup fails when the property or the version that it asks for is not there, or can't be seen by the API client. Contract and group of a property are looked up where they are left out.",
      sdk: [read("sdk/property/lookups.ts")],
      results: read("provider/lookups/property.ts"),
    }),
  );
  return made;
}

if (require.main === module) {
  for (const [path, text] of pages((file) => readFileSync(join(root, file), "utf8"))) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(path);
  }
}
