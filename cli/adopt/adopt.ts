/** The command as a function of what it is given: a context, a folder and two places for lines. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Context } from "../../provider/runtime/context";
import type { Declared, LeftOut } from "./declared";
import { readInventory, type Wanted } from "./inventory";
import { Plan, type ProgramFile } from "./plan";
import { type Language, projectFiles } from "./project";

export interface AdoptOptions extends Wanted {
  readonly language: Language;
  /** The name of the Pulumi project. */
  readonly project: string;
}

export interface Adopted {
  readonly resources: readonly Declared[];
  readonly leftOut: readonly LeftOut[];
  /** What a preview of the program would change or refuse, by the name of the resource. Empty: nothing. */
  readonly changes: ReadonlyMap<string, readonly string[]>;
}

/** Writes the program into the folder, and compares it with the account as a preview does. */
export async function adopt(
  context: Context,
  folder: string,
  { language, project, ...wanted }: AdoptOptions,
  onProgress: (line: string) => void,
): Promise<Adopted> {
  const write = (file: ProgramFile) => writeInto(folder, file);
  const inventory = await readInventory(context.http, wanted);
  const plan = new Plan({ context, write, pathOf: (path) => join(folder, path), onProgress });
  await plan.addAll(inventory);
  for (const file of projectFiles(language, project, plan)) write(file);
  const leftOut = [...inventory.leftOut, ...plan.leftOut];
  return { resources: plan.resources, leftOut, changes: await plan.preview() };
}

function writeInto(folder: string, { path, bytes, isPrivate }: ProgramFile): void {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, bytes, { mode: isPrivate ? 0o600 : 0o644, flag: "wx" });
}
