/** What can be set is on the page for it, and what the page names can be set. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startEmulator } from "../../emulator";
import { settingKeys } from "../../provider/config";
import { root } from "../../scripts/root";

const read = (path: string) => readFileSync(join(root, path), "utf8");

/** The names in the first column of the tables with these heads, code by code. */
function named(page: string, head: string): string[] {
  const tables = [...page.matchAll(new RegExp(`^\\| ${head} .*\\n\\| -.*\\n((?:\\|.*\\n)+)`, "gm"))];
  return tables
    .flatMap(([, rows = ""]) => rows.trim().split("\n"))
    .flatMap((row) => [...(row.split(" | ")[0] ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));
}

test("every setting of the provider", () => {
  expect(named(read("docs/installation-configuration.md"), "Setting").sort()).toEqual(
    [...settingKeys].sort(),
  );
});

test("every setting of the emulator", async () => {
  const emulator = await startEmulator();
  const { settings } = emulator.state.get() as { readonly settings: object };
  await emulator.close();
  expect(named(read("docs/emulator/settings.md"), "Setting").sort()).toEqual(Object.keys(settings).sort());
});

test("every option of the emulator's command", () => {
  const options = (text: string) => [...new Set(text.match(/--[a-z][a-z-]*/g))].sort();
  const sources = readdirSync(join(root, "emulator"), { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  const [usage = ""] = sources.flatMap(
    (file) => /const USAGE = `([\s\S]*?)`;/.exec(read(`emulator/${file}`))?.[1] ?? [],
  );
  expect(options(named(read("docs/emulator/README.md"), "Option").join(" "))).toEqual(options(usage));
});
