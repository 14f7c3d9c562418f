import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPrivateFile } from "../../../provider/runtime/privateFile";

const folder = mkdtempSync(join(tmpdir(), "private-file-"));
afterAll(() => rmSync(folder, { recursive: true }));
const fail = (code: string) => {
  throw new Error(code);
};
const modeOf = (path: string) => statSync(path).mode & 0o777;

test("lines are appended to a file that only its owner may read", () => {
  const path = join(folder, "new");
  const append = openPrivateFile(path, fail);
  append("one");
  openPrivateFile(path, fail)("two");
  append("three");
  expect([readFileSync(path, "utf8"), modeOf(path)]).toEqual(["one\ntwo\nthree\n", 0o600]);
});

test("a file that others could read is closed to them, and what is in it stays", () => {
  const path = join(folder, "open");
  writeFileSync(path, "before\n", { mode: 0o644 });
  openPrivateFile(path, fail)("after");
  expect([readFileSync(path, "utf8"), modeOf(path)]).toEqual(["before\nafter\n", 0o600]);
});

test("a device keeps its mode", () => {
  const before = modeOf("/dev/null");
  openPrivateFile("/dev/null", fail)("line");
  expect(modeOf("/dev/null")).toBe(before);
});

test("an error is reported once", () => {
  const errors: string[] = [];
  const append = openPrivateFile(join(folder, "missing", "file"), (code) => errors.push(code));
  append("one");
  append("two");
  expect(errors).toEqual(["ENOENT"]);
});
