import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Context, constants, createContext, Script } from "node:vm";
import type * as Entry from "../guest/entry";

const GUEST = join(__dirname, "..", "guest");

/** A realm for the user's code: no code from strings, no WebAssembly. */
export const createRealm = (): Context =>
  createContext(constants.DONT_CONTEXTIFY as unknown as Context, {
    codeGeneration: { strings: false, wasm: false },
  });

type Wrapper = (exports: object, require: (name: string) => object) => void;

/** Loads the built-in modules' code into a realm. Their objects are then of that realm. */
export function loadGuest(realm: Context): typeof Entry {
  const loaded = new Map<string, object>();
  const load = (name: string): object => {
    const known = loaded.get(name);
    if (known !== undefined) return known;
    const text = readFileSync(join(GUEST, `${name}.js`), "utf8");
    const script = new Script(`(function (exports, require) {${text}\n})`, { filename: `built-in:${name}` });
    const exported = {};
    loaded.set(name, exported);
    (script.runInContext(realm) as Wrapper)(exported, (path) => load(path.replace(/^\.\//, "")));
    return exported;
  };
  return load("entry") as typeof Entry;
}
