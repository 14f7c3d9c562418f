/** What the generated pages have in common. */
export const generated = "<!-- Made by `npm run docs` from the sources. Do not edit. -->";

export function fence(code: string): string {
  return `\`\`\`ts\n${code.trim()}\n\`\`\``;
}

/** A program that the tests run, under a heading. `up` leads from the page to the root of the project. */
export function exampleSection(
  heading: string,
  { folder, text }: { readonly folder: string; readonly text: string },
  up: string,
): string[] {
  return [
    `## ${heading}`,
    `[\`examples/${folder}\`](${up}/examples/${folder}/index.ts). The tests run it with the Pulumi engine against the emulator.`,
    fence(text),
  ];
}
