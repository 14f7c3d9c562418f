import * as pulumi from "@pulumi/pulumi";
import { settingKeys } from "../provider/config";
import { checkArgs, isAbsent, type Lookup, lookUp } from "../provider/framework/lookup";
import { hasPlaceholder } from "../provider/framework/placeholder";
import { openContext } from "../provider/openContext";
import type { Context } from "../provider/runtime/context";
import { nativeProvider, packageName } from "./provider";

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

/** Reads the live account: that of a `Provider`, by the plugin, or else that of the stack config. */
export async function invoke<Args extends object, Result>(
  lookup: Lookup<Args, Result>,
  args: Args,
  options: pulumi.InvokeOptions = {},
): Promise<Result> {
  const checked = checkArgs(lookup, onlyNamed(lookup, args));
  const [failure] = checked.failures;
  if (failure !== undefined) throw new Error(`${lookup.token.replace(":", ".")}: ${failure.reason}`);
  const known = checked.args as Args;
  const type = `${packageName}:${lookup.token}`;
  const provider = nativeProvider(type, options);
  if (provider === undefined) return lookUp(context(), lookup, known);
  const answer = (await pulumi.runtime.invoke(type, known, { ...options, provider })) as Readonly<
    Record<string, unknown>
  >;
  // Without any member, the settings of the `Provider` are not known yet.
  if (hasPlaceholder(answer) || Object.keys(answer).length === 0)
    throw new PendingError(
      `${lookup.operation(known)}: it is known after \`pulumi up\` only, because the program is going to create it. Use the form that ends in Output`,
    );
  return (lookup.member === undefined ? answer : answer[lookup.member]) as Result;
}

/** A preview does not know the result yet. */
export class PendingError extends Error {
  override readonly name = "PendingError";
}

/** What a program passes on of another object may have more members. */
function onlyNamed(lookup: Pick<Lookup, "args">, args: object): Record<string, unknown> {
  const names = new Set(lookup.args.flatMap(({ shape }) => Object.keys(shape)));
  return Object.fromEntries(Object.entries(args).filter(([name]) => names.has(name)));
}

export { isAbsent };
