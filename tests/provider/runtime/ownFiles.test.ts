import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { SnapshotWriter } from "../../../provider/items/snapshot/files";
import { openContext } from "../../../provider/openContext";
import { makeWorkFolder, removeLeftWorkFolders } from "../../../provider/runtime/ownFiles";

let temporary: string;
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), "akamai-edge-work-"));
});
afterEach(() => {
  rmSync(temporary, { recursive: true, force: true });
});

/** The folder as a process with another id would have named it. */
function folderOf(pid: number, parent = temporary): string {
  const mine = makeWorkFolder(parent);
  const path = join(parent, basename(mine).replace(`-${process.pid}-`, `-${pid}-`));
  rmSync(mine, { recursive: true });
  mkdirSync(path);
  writeFileSync(join(path, "1.partial"), "a,b,c\r\n");
  return path;
}
const ended = () => spawnSync(process.execPath, ["-e", ""]).pid;

test("a work folder and what a copy of data writes into it are the owner's alone", () => {
  const folder = makeWorkFolder(temporary);
  const writer = new SnapshotWriter(join(folder, "1"), { network: "staging", namespace: "shop" });
  const modes = [folder, join(folder, "1"), writer.path].map((path) => statSync(path).mode & 0o777);
  expect(modes).toEqual([0o700, 0o700, 0o600]);
  writer.discard();
});

test("a folder of a process that has ended goes, and one of a process that is alive, or of another host, stays", () => {
  const [mine, left, alive] = [makeWorkFolder(temporary), folderOf(ended()), folderOf(process.ppid)];
  const elsewhere = join(temporary, basename(left).replace("move-", "move-x"));
  mkdirSync(elsewhere);
  const unlike = join(temporary, "akamai-edge-move-notes");
  mkdirSync(unlike);
  removeLeftWorkFolders(temporary);
  expect([mine, left, alive, elsewhere, unlike].map((path) => existsSync(path))).toEqual([
    true,
    false,
    true,
    true,
    true,
  ]);
});

test("the next run removes them when it starts", () => {
  const left = folderOf(ended(), tmpdir());
  const config = {
    host: "akaa-x.luna.akamaiapis.net",
    clientToken: "akab-a",
    clientSecret: "s".repeat(20),
    accessToken: "akab-b",
  } as Record<string, string>;
  openContext((key) => config[key]);
  expect(existsSync(left)).toBe(false);
});

test("a snapshot that a killed run began goes with the next one of its namespace, and others' stay", () => {
  const of = { network: "staging", namespace: "shop" } as const;
  const begun = (pid: number, namespace = "shop") => {
    const writer = new SnapshotWriter(temporary, { ...of, namespace });
    const path = writer.path.replace(`-${process.pid}.`, `-${pid}.`);
    writeFileSync(path, "words,US,Hello\r\n");
    writer.discard();
    return path;
  };
  const [alive, other] = [begun(process.ppid), begun(ended(), "shop-2")];
  const left = begun(ended());
  new SnapshotWriter(temporary, of).discard();
  expect([left, alive, other].map((path) => existsSync(path))).toEqual([false, true, true]);
});

test("a file with the name of a work folder stays, and so does a folder with that of a snapshot", () => {
  const file = folderOf(ended());
  rmSync(file, { recursive: true });
  writeFileSync(file, "notes");
  const of = { network: "staging", namespace: "shop" } as const;
  const begun = new SnapshotWriter(temporary, of);
  const folder = begun.path.replace(`-${process.pid}.`, `-${ended()}.`);
  begun.discard();
  mkdirSync(folder);
  removeLeftWorkFolders(temporary);
  new SnapshotWriter(temporary, of).discard();
  expect([file, folder].map((path) => existsSync(path))).toEqual([true, true]);
});
