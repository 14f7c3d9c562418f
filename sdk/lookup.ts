import * as pulumi from "@pulumi/pulumi";
import { openContext } from "../provider/context";
import type { Context } from "../provider/core/context";
import { explain } from "../provider/core/errors";

let opened: Context | undefined;

/** The program's own way to the account, with the same settings as its resources. */
function context(): Context {
  const config = new pulumi.Config("akamai-edge");
  opened ??= openContext((key) => config.get(key));
  return opened;
}

/** A look at the live account, as a promise; `what` names it in errors, such as `looking up the namespaces`. */
export async function lookUp<T>(what: string, look: (context: Context) => Promise<T>): Promise<T> {
  try {
    return await look(context());
  } catch (error) {
    throw new Error(explain(what, error));
  }
}
