import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../../provider/runtime/packageVersion";
import { root } from "../../../scripts/root";

const expected = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string })
  .version;

test("the version is that of package.json, from the sources and from the build", () => {
  expect(version).toBe(expected);
  const built = join(root, "dist/provider/runtime/packageVersion.js");
  const print = `console.log(require(${JSON.stringify(built)}).version)`;
  expect(execFileSync(process.execPath, ["-e", print], { encoding: "utf8" }).trim()).toBe(expected);
});
