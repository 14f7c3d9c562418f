import * as pulumi from "@pulumi/pulumi";
import { settingKeys } from "../provider/config";
import { explain } from "../provider/errors";
import { openContext } from "../provider/openContext";
import type { Context } from "../provider/runtime/context";
import { LookupError } from "./lookupError";

/** One for each stack: a process that runs several (the Automation API) must not ask the account of one for another. */
const opened = new Map<string, Context>();

/** The context of the program itself, with the same settings as its resources. */
function context(): Context {
  const config = new pulumi.Config("akamai-edge");
  const settings = JSON.stringify([
    pulumi.getProject(),
    pulumi.getStack(),
    ...settingKeys.map((key) => config.get(key)),
  ]);
  const known = opened.get(settings) ?? openContext((key) => config.get(key));
  opened.set(settings, known);
  return known;
}

/** Reads the live account. `operation` names the read in errors, such as `looking up the namespaces`. */
export async function invoke<T>(operation: string, read: (context: Context) => Promise<T>): Promise<T> {
  try {
    return await read(context());
  } catch (error) {
    throw new LookupError(explain(operation, error), error);
  }
}
