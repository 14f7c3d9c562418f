/**
 * Part of `npm run build`: the plugin as one file that needs Node.js and nothing else, with its version and its schema inside. Its folder is one that the engine
 * takes as a plugin.
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { root } from "./root";
import { schemaFile } from "./schema";

/** The folder of the bundle, which is the launcher too. */
export const pluginFolder = join(root, "dist", "plugin");
export const launcher = "pulumi-resource-akamai-edge";

/**
 * akamai-edgegrid loads it, to send requests. Here it signs only, and loading it takes a tenth of a second of each run. The package has no entry for the part
 * that signs.
 */
const withoutSender = `
  const interceptors = { use: () => undefined };
  module.exports = { interceptors: { request: interceptors, response: interceptors } };
`;

/** Modules that read files of the package, and what is loaded without being used, with what a bundle has in their place. */
export function builtIn(version: string, schema: string): Readonly<Record<string, string>> {
  return {
    "provider/runtime/packageVersion.ts": `export const version = ${JSON.stringify(version)};`,
    "node_modules/axios/dist/node/axios.cjs": withoutSender,
    "provider/plugin/schemaText.ts": `export const schemaText = () => ${JSON.stringify(schema)};`,
  };
}

/** The text of the bundle. The same sources give the same bytes. */
export async function bundlePlugin(modules: Readonly<Record<string, string>>): Promise<string> {
  const replaced = new Set<string>();
  const replace: Plugin = {
    name: "built-in",
    setup: ({ onLoad }) => {
      for (const [path, contents] of Object.entries(modules)) {
        const file = join(root, path);
        onLoad({ filter: new RegExp(`${escaped(file)}$`) }, () => {
          replaced.add(path);
          return { contents, loader: "js" };
        });
      }
    },
  };
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["provider/plugin/main.ts"],
    bundle: true,
    write: false,
    platform: "node",
    target: "node22.12",
    // Names stay as they are, so that a stack trace can be read.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
    plugins: [replace],
  });
  const missing = Object.keys(modules).filter((path) => !replaced.has(path));
  if (missing.length > 0) throw new Error(`the plugin does not load ${missing.join(", ")}`);
  return outputFiles.map(({ text }) => text).join("");
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Tells the engine that the folder is a plugin, and how it runs where its launcher can't. */
export const pluginYaml = "name: akamai-edge\nruntime: nodejs\n";

async function main(): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const text = await bundlePlugin(builtIn(version, readFileSync(schemaFile, "utf8")));
  mkdirSync(pluginFolder, { recursive: true });
  writeFileSync(join(pluginFolder, launcher), text);
  chmodSync(join(pluginFolder, launcher), 0o755);
  writeFileSync(join(pluginFolder, "PulumiPlugin.yaml"), pluginYaml);
}

if (require.main === module)
  main().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
