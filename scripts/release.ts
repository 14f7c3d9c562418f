/**
 * `npm run release`: everything that a release consists of, in one folder, with the digest of each file. The same checkout gives the same bytes. It publishes
 * nothing. `-- --out FOLDER` names another folder than `dist-release`.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import { launcher, pluginFolder } from "./bundle";
import { archive, entriesOf } from "./release/archive";
import { platforms } from "./release/node";
import { pluginTarball, tarballName } from "./release/pluginTarball";
import { generateSdks, languages } from "./release/sdks";
import { root } from "./root";
import { schemaFile } from "./schema";

export async function release(out: string, print: (line: string) => void): Promise<void> {
  const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    name: string;
    version: string;
  };
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const write = (file: string, content: Buffer) => {
    writeFileSync(join(out, file), content);
    print(`${file}: ${(content.length / 1_000_000).toFixed(1)} MB`);
  };

  // What `npm run build` has made, as it is.
  await promisify(execFile)("npm", ["pack", root, "--silent", "--ignore-scripts", "--pack-destination", out]);
  write("schema.json", readFileSync(schemaFile));

  const generated = mkdtempSync(join(tmpdir(), "akamai-edge-sdks-"));
  try {
    await generateSdks(schemaFile, generated, print);
    for (const language of languages)
      write(`${name}-${language}-${version}.tar.gz`, await archive(entriesOf(join(generated, language))));
  } finally {
    rmSync(generated, { recursive: true, force: true });
  }

  const bundle = readFileSync(join(pluginFolder, launcher), "utf8");
  for (const platform of platforms)
    write(tarballName(version, platform), await pluginTarball(platform, { bundle, version, print }));

  writeFileSync(join(out, "SHA256SUMS"), sums(out));
}

/** As `sha256sum --check` reads it. */
function sums(folder: string): string {
  const line = (file: string) =>
    `${createHash("sha256")
      .update(readFileSync(join(folder, file)))
      .digest("hex")}  ${file}\n`;
  return readdirSync(folder).sort().map(line).join("");
}

if (require.main === module) {
  const { values } = parseArgs({ options: { out: { type: "string", default: join(root, "dist-release") } } });
  release(resolve(values.out), (line) => console.log(line)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  });
}
