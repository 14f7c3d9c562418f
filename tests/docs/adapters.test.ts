/** docs/development/testing.md names the adapters of each engine test as jest.engine.cjs runs them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/root";

const only = require("../engine/adapters.cjs") as Record<"dynamic" | "native", Record<string, string>>;
const files = readdirSync(join(root, "tests", "engine")).filter((name) => name.endsWith(".test.ts"));

test("each engine test has its row", () => {
  const page = readFileSync(join(root, "docs", "development", "testing.md"), "utf8");
  const rows = [...page.matchAll(/^\| `([\w-]+\.test\.ts)` +\|(.*)\|(.*)\|(.*)\|$/gm)].map((row) =>
    row.slice(1).map((cell) => cell.trim()),
  );
  const expected = files.sort().map((name) => {
    const reason = only.dynamic[name] ?? only.native[name] ?? "";
    return [name, name in only.native ? "" : "yes", name in only.dynamic ? "" : "yes", reason];
  });
  expect(rows).toEqual(expected);
});

test("a file that one adapter has for itself is there", () => {
  const named = [...Object.keys(only.dynamic), ...Object.keys(only.native)];
  expect(named.filter((name) => !files.includes(name))).toEqual([]);
});
