import { posix } from "node:path";
import { type Context, type Module, SourceTextModule, SyntheticModule } from "node:vm";

/** A bundle that can't be compiled or linked. */
export class LinkError extends Error {}

/** Compiles and links `main.js` with all that it imports. */
export async function linkBundle(
  realm: Context,
  files: Readonly<Record<string, string>>,
  builtIn: Readonly<Record<string, Record<string, unknown>>>,
): Promise<SourceTextModule> {
  const loaded = new Map<string, Module>();
  const source = (name: string): Module => {
    const known = loaded.get(name);
    if (known !== undefined) return known;
    const made = compiled(name, files[name] ?? "", realm);
    loaded.set(name, made);
    return made;
  };
  const platform = (name: string): Module => {
    const known = loaded.get(`built-in:${name}`);
    if (known !== undefined) return known;
    const exported = builtIn[name] ?? {};
    const made = new SyntheticModule(
      Object.keys(exported),
      () => {
        for (const [key, value] of Object.entries(exported)) made.setExport(key, value);
      },
      { identifier: `built-in:${name}`, context: realm },
    );
    loaded.set(`built-in:${name}`, made);
    return made;
  };
  try {
    if (!Object.hasOwn(files, "main.js")) throw new LinkError("main.js is missing");
    const main = source("main.js") as SourceTextModule;
    await main.link((specifier, importer) => {
      if (Object.hasOwn(builtIn, specifier)) return platform(specifier);
      return source(resolveFile(specifier, importer.identifier, files));
    });
    return main;
  } catch (error) {
    throw new LinkError(linkMessage(error));
  }
}

/** The engine does not say where the text is wrong, so the message names at least the file. */
function compiled(name: string, text: string, context: Context): SourceTextModule {
  const importModuleDynamically = () => {
    throw new TypeError("import() is not supported");
  };
  try {
    return new SourceTextModule(text, { identifier: name, context, importModuleDynamically });
  } catch (error) {
    throw new LinkError(`${name}: ${linkMessage(error)}`);
  }
}

/** The file of a bundle that a specifier names: relative to the importer, or from the root of the bundle. */
function resolveFile(specifier: string, importer: string, files: Readonly<Record<string, string>>): string {
  const isRelative = /^\.{1,2}\//.test(specifier);
  const name = isRelative
    ? posix.join(posix.dirname(importer), specifier)
    : posix.normalize(specifier.replace(/^\//, ""));
  if (/\.m?js$/.test(name) && Object.hasOwn(files, name)) return name;
  if (isRelative || /\.m?js$/.test(specifier))
    throw new LinkError(`Cannot find module "${specifier}" imported by ${importer}`);
  throw new LinkError(`Unknown built-in module: "${specifier}"`);
}

/** With the place, as V8 writes it on the first line of the stack. */
function linkMessage(error: unknown): string {
  const { message = String(error), stack = "" } = (error ?? {}) as { message?: string; stack?: string };
  const place = /^(\S+\.m?js:\d+)\n/.exec(stack)?.[1];
  const name = error instanceof LinkError ? "" : `${(error as { name?: string }).name ?? "Error"}: `;
  return `${place === undefined ? "" : `${place}: `}${name}${message}`;
}
