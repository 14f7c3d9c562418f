/** The files of a program that declares what was adopted. Pure. */
import { version } from "../../provider/runtime/packageVersion";
import type { Declared } from "./declared";
import type { ProgramFile } from "./plan";
import { typescriptProgram } from "./typescript";
import { yamlResources } from "./yaml";

export const languages = ["typescript", "yaml"] as const;
export type Language = (typeof languages)[number];

interface Program {
  readonly resources: readonly Declared[];
  /** What stands there as a comment. */
  readonly suggested: readonly Declared[];
}

export function projectFiles(
  language: Language,
  name: string,
  { resources, suggested }: Program,
): ProgramFile[] {
  const common = { "import.json": importFile(resources), ".gitignore": "node_modules/\n" };
  const plugin = "plugins:\n  providers:\n    - name: akamai-edge\n      path: node_modules/.bin\n";
  const texts: Record<string, string> =
    language === "yaml"
      ? {
          ...common,
          "Pulumi.yaml": `name: ${JSON.stringify(name)}\nruntime: yaml\n${plugin}${yamlResources(resources, suggested)}`,
          "package.json": packageFile(name, {}),
        }
      : {
          ...common,
          "Pulumi.yaml": `name: ${JSON.stringify(name)}\nruntime: nodejs\n${plugin}`,
          "index.ts": typescriptProgram(resources, suggested),
          "package.json": packageFile(name, {
            main: "index.ts",
            devDependencies: { "@types/node": "^24.0.0", typescript: "^6.0.0" },
          }),
          "tsconfig.json": json({
            compilerOptions: {
              target: "es2022",
              module: "node16",
              moduleResolution: "node16",
              types: ["node"],
              strict: true,
              skipLibCheck: true,
            },
          }),
        };
  return Object.entries(texts).map(([path, text]) => ({
    path,
    bytes: Buffer.from(text),
    isPrivate: false,
  }));
}

/** In the form that `pulumi import --file` takes. */
function importFile(resources: readonly Declared[]): string {
  return json({
    resources: resources.map(({ token, name, id }) => ({ type: `akamai-edge:${token}`, name, id })),
  });
}

function packageFile(name: string, others: object): string {
  return json({
    name,
    private: true,
    ...others,
    dependencies: { "@pulumi/pulumi": "^3.240.0", "pulumi-akamai-edge": `^${version}` },
  });
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** A project's name: letters, digits, `_`, `-` and dots, at most 100. */
export function projectName(folder: string): string {
  return (
    folder
      .replace(/[^\w.-]+/g, "-")
      .replace(/^[^A-Za-z]+/, "")
      .slice(0, 100) || "adopted"
  );
}
