/**
 * The text that stands for the provider in every state file: it names the package and the resource, captures nothing, and must be the same for
 * every build on every machine. Pulumi would make such a text from a function by reading its source; written out it can't change by accident.
 */
export function closure(token: string): string {
  return `exports.handler = () => require("pulumi-akamai-edge/dynamic").handler(${JSON.stringify(token)});\n`;
}
