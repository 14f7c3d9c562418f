/** What a new schema takes away from the programs that were written for an older one. */
import type { PackageSpec, ResourceSpec } from "../schema";
import type { ObjectSpec, PropertySpec, TypeSpec } from "./types";

/** Each change that breaks a program, as a line. Empty: none does. */
export function breakingChanges(released: PackageSpec, now: PackageSpec): string[] {
  return [
    ...members("the provider", {
      before: released.provider.inputProperties,
      now: now.provider.inputProperties,
    }),
    ...each("the resource", released.resources, now.resources, resource),
    ...each("the type", released.types, now.types, (name, before, after) => [
      ...members(name, { before: before.properties, now: after.properties }),
      ...newlyRequired(name, before.required, after.required),
    ]),
    ...each("the function", released.functions, now.functions, (name, before, after) => [
      ...members(`${name}, argument`, { before: before.inputs.properties, now: after.inputs.properties }),
      ...newlyRequired(name, before.inputs.required, after.inputs.required),
      ...members(`${name}, result`, { before: before.outputs.properties, now: after.outputs.properties }),
      ...newlyAbsent(name, before.outputs, after.outputs),
    ]),
  ];
}

function resource(name: string, before: ResourceSpec, now: ResourceSpec): string[] {
  return [
    ...members(`${name}, input`, { before: before.inputProperties, now: now.inputProperties }),
    ...newlyRequired(name, before.requiredInputs, now.requiredInputs),
    ...members(`${name}, output`, { before: before.properties, now: now.properties }),
    ...newlyAbsent(name, before, now),
  ];
}

interface Members {
  readonly properties: ObjectSpec["properties"];
  readonly required: readonly string[];
}

function newlyAbsent(name: string, before: Members, now: Members): string[] {
  return before.required
    .filter((field) => field in now.properties && !now.required.includes(field))
    .map((field) => `${name}: the output ${field} may be absent now`);
}

function each<Spec>(
  kind: string,
  before: Readonly<Record<string, Spec>>,
  now: Readonly<Record<string, Spec>>,
  compare: (name: string, before: Spec, now: Spec) => string[],
): string[] {
  return Object.entries(before).flatMap(([name, spec]) => {
    const same = now[name];
    return same === undefined ? [`${kind} ${name} is gone`] : compare(name, spec, same);
  });
}

type Properties = ObjectSpec["properties"];

function members(name: string, { before, now }: { before: Properties; now: Properties }): string[] {
  return each(`${name}:`, before, now, (field, old, next) =>
    takes(next, old) ? [] : [`${name}: the type of ${field} is another one`],
  );
}

function newlyRequired(name: string, before: readonly string[], now: readonly string[]): string[] {
  return now.filter((field) => !before.includes(field)).map((field) => `${name}: ${field} is required now`);
}

/** Whether everything of the old type is of the new one. A type may get more choices. */
function takes(now: TypeSpec, old: TypeSpec): boolean {
  const choices = ({ oneOf, ...own }: TypeSpec) => (oneOf ?? [own]).map(shapeOf);
  const taken = choices(now);
  return taken.includes('{"$ref":"pulumi.json#/Any"}') || choices(old).every((one) => taken.includes(one));
}

function shapeOf({ type, items, additionalProperties, $ref }: TypeSpec & Partial<PropertySpec>): string {
  return JSON.stringify({ type, items, additionalProperties, $ref });
}
