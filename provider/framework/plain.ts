/** Values as JSON has them: without `undefined`, at any depth. Pulumi can't transport it. */
export function plain(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(values)) as Record<string, unknown>;
}
