/** What the generated pages have in common. */
export const generated = "<!-- Made by `npm run docs` from the sources. Do not edit. -->";

export function fence(code: string, language = "ts"): string {
  return `\`\`\`${language}\n${code.trim()}\n\`\`\``;
}

/** An example in another language: what a reader calls it, how Markdown names it, and its program below the folder of the example. */
export interface LanguageForm {
  readonly name: string;
  readonly fence: string;
  readonly program: string;
}

export const otherLanguages: readonly LanguageForm[] = [
  { name: "Python", fence: "python", program: "python/__main__.py" },
  { name: "Go", fence: "go", program: "go/main.go" },
  { name: "YAML", fence: "yaml", program: "yaml/Pulumi.yaml" },
];

/** An example of a resource in each language. `up` leads from the page to the root of the project. */
export function examplesSection(
  heading: string,
  { folder, text, others }: Example,
  { up, guide }: { readonly up: string; readonly guide: string },
): string[] {
  return [
    `## ${heading}`,
    `The programs are in [\`examples/${folder}\`](${up}/examples/${folder}). The tests run each with the Pulumi engine against the emulator. Other languages than TypeScript use the [native plugin](${guide}).`,
    "### TypeScript",
    fence(text),
    ...otherLanguages.flatMap(({ name, fence: language, program }) => [
      `### ${name}`,
      fence(others[program] ?? "", language),
    ]),
  ];
}

export interface Example {
  readonly folder: string;
  /** The program in TypeScript. */
  readonly text: string;
  /** The programs in other languages, by their files below the folder. */
  readonly others: Readonly<Record<string, string>>;
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
