/** Set-up of `npm run test:one`: builds when `dist` is not what the sources make, and fails when that fails. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "../../scripts/root";
import { type BuiltFile, staleBuild } from "../../scripts/staleBuild";
import setUpEngine from "./engine-setup";

const folders = ["provider", "sdk", "emulator", "cli", "examples", "scripts"];
/** What the build makes of all sources. */
const made = /^dist\/(plugin\/|provider\/plugin\/schema\.json$)/;
const settings = ["package.json", "tsconfig.json", "tsconfig.build.json", "scripts/copy-files.mjs"];

export default async function setUp({
  nonFlagArgs,
}: {
  readonly nonFlagArgs: readonly string[];
}): Promise<void> {
  if (nonFlagArgs.length === 0)
    throw new Error("name a test file: npm run test:one -- tests/provider/config.test.ts");
  const { reason, orphans } = staleBuild({
    sources: folders.flatMap((folder) => filesBelow(folder).filter(({ path }) => goesIntoBuild(path))),
    settings: settings.map(fileAt),
    outputs: existsSync(join(root, "dist"))
      ? filesBelow("dist").filter(({ path }) => !/\.d\.ts$/.test(path) && !made.test(path))
      : [],
  });
  if (reason !== undefined) {
    process.stderr.write(`${reason}: building\n`);
    for (const orphan of orphans) rmSync(join(root, orphan));
    execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: "inherit" });
  }
  await setUpEngine();
}

function fileAt(path: string): BuiltFile {
  return { path, writtenAt: statSync(join(root, path)).mtimeMs };
}

function filesBelow(folder: string): BuiltFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
    .map((entry) => fileAt(relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/")));
}

/** Sources are compiled; what an example has in a folder beside its program is copied. */
function goesIntoBuild(path: string): boolean {
  if (/\.d\.ts$/.test(path)) return false;
  return (
    path.endsWith(".ts") || /^examples\/[^/]+\/(?!(?:python|go|yaml)\/|[^/]+\.(?:json|yaml)$)/.test(path)
  );
}
