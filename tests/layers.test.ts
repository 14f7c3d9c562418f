/** The shape of the source tree: layers without circles, and files that can be read in one go. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../scripts/root";

const longest = 250;

/** Files that may be longer, and why: tables of data and seeds only. */
const exceptions: Readonly<Record<string, string>> = {
  "emulator/property/seed.ts": "the property of a fresh account: a rule tree as data",
};

const sources = ["provider", "sdk", "emulator", "cli", "scripts"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(ts|mjs|cjs|js)$/.test(file))
    .map((file) => join(folder, file).replaceAll("\\", "/")),
);

const linesOf = (file: string) => readFileSync(join(root, file), "utf8").trimEnd().split("\n").length;

test("imports point to lower layers only, and no file is in a circle (`npm run layers`)", () => {
  const installed = join(root, "node_modules", "dependency-cruiser");
  const { bin } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as {
    bin: Record<string, string>;
  };
  const cruiser = join(installed, bin.depcruise ?? "");
  const folders = ["provider", "sdk", "emulator", "cli", "scripts"];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [cruiser, "--config", ".dependency-cruiser.cjs", ...folders],
    {
      cwd: root,
      encoding: "utf8",
    },
  );
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
  // A check of nothing would be clean too.
  expect(stdout).toMatch(/no dependency violations found \(\d{3,} modules/);
});

test(`no source file has more than ${longest} lines, but for tables of data and seeds`, () => {
  const long = sources.filter((file) => !Object.hasOwn(exceptions, file) && linesOf(file) > longest);
  expect(long.map((file) => `${file}: ${linesOf(file)} lines`)).toEqual([]);
});

test("every exception is there, and still needs to be one", () => {
  expect(
    Object.keys(exceptions).filter((file) => !sources.includes(file) || linesOf(file) <= longest),
  ).toEqual([]);
});
