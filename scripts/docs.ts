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
  return {
    product,
    noun,
    contract: [`provider/resources/${product}/${noun}.ts`, "provider/core/resource.ts"],
    sdk: `sdk/${product}/${noun}.ts`,
    example: `examples/${noun}/index.ts`,
    notes: `scripts/docs/${product}/${noun}.md`,
    page: `docs/resources/${product}/${noun}.md`,
  };
}

/** The reference pages, by path. */
export function pages(read: (path: string) => string): Map<string, string> {
  const made = new Map<string, string>();
  for (const [token, resource] of registry) {
    const { product, noun, contract, sdk, example, notes, page: path } = filesOf(token);
    const sources = { contract: contract.map(read), sdk: read(sdk), example: read(example), notes: read(notes) };
    made.set(path, page({ resource, product, noun, ...sources }));
  }
  made.set(
    "docs/resources/edgekv/lookups.md",
    lookupsPage(
      ["sdk/edgekv/lookups.ts", "sdk/edgekv/tokensFile.ts"].map(read),
      read("provider/api/edgekv/tokensFile.ts"),
      read("provider/lookups/edgekv.ts"),
      read("examples/lookups/index.ts"),
    ),
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
