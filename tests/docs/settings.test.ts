/** What can be set is on the page for it, and what the page names can be set. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
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
  const { stdout } = spawnSync(process.execPath, [join(root, "dist/emulator/cli/main.js"), "--help"], {
    encoding: "utf8",
  });
  const page = options(named(read("docs/emulator/README.md"), "Option").join(" "));
  expect(page).toEqual(options(/^Options:\n[\s\S]*?\n\n/m.exec(stdout)?.[0] ?? ""));
});

test("every option of the doctor", () => {
  const options = (text: string) => [...new Set(text.match(/--[a-z][a-z-]*/g))].sort();
  const { stdout } = spawnSync(process.execPath, [join(root, "dist/cli/main.js"), "doctor", "--help"], {
    encoding: "utf8",
  });
  const page = options(named(read("docs/guides/doctor.md"), "Option").join(" "));
  expect(page).toEqual(options(/^Options:\n[\s\S]*?\n\n/m.exec(stdout)?.[0] ?? ""));
});

test("every option of dev", () => {
  const options = (text: string) => [...new Set(text.match(/--[a-z][a-z-]*/g))].sort();
  const { stdout } = spawnSync(process.execPath, [join(root, "dist/cli/main.js"), "dev", "--help"], {
    encoding: "utf8",
  });
  const page = options(named(read("docs/guides/local-development.md"), "Option").join(" "));
  expect([...page, "--help"].sort()).toEqual(options(/^Options:\n[\s\S]*/m.exec(stdout)?.[0] ?? ""));
});
