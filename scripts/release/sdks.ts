/** The packages for other languages, from the schema. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ensureGoTool, sdkGenerator } from "../goTools";
import { pinnedVersion } from "../pulumi-cli/make";
import { root } from "../root";

export const languages = ["python", "go"] as const;
export type Language = (typeof languages)[number];

/** Writes a folder for each language. */
export async function generateSdks(
  schemaFile: string,
  folder: string,
  print: (line: string) => void,
): Promise<void> {
  const generator = await ensureGoTool(sdkGenerator, { print });
  await promisify(execFile)(generator, [schemaFile, folder]);
  const { language } = JSON.parse(readFileSync(schemaFile, "utf8")) as {
    language: { go: { importBasePath: string } };
  };
  writeFileSync(join(folder, "go", "go.mod"), goModule(language.go.importBasePath));
}

/** The generator leaves it to its user. */
function goModule(path: string): string {
  const pulumi = pinnedVersion(readFileSync(join(root, sdkGenerator.module, "go.mod"), "utf8"));
  return `module ${path}

go 1.25

require (
	github.com/blang/semver v3.5.1+incompatible
	github.com/pulumi/pulumi/sdk/v3 v${pulumi}
)
`;
}
