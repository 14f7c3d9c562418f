import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EdgeGrid from "akamai-edgegrid";
import { startEmulator } from "../../emulator/index";
import { SAVE_INTERVAL } from "../../emulator/savedState";
import { Bench, createNamespace } from "./support/client";

/** What Akamai's library can do besides signing. */
type ReaderOfFiles = new (file: object) => { config: object };

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "emulator-"));
});
afterEach(() => rmSync(parent, { recursive: true }));

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

test("writes .edgerc and ca.pem, and what is secret only for the user", async () => {
  const dir = join(parent, "made", "here");
  const bench = await Bench.start({ dir });
  const { emulator } = bench;
  expect(readdirSync(dir).sort()).toEqual([".akamai-edge-emulator", ".edgerc", "ca.pem"]);
  expect([mode(dir), mode(join(dir, ".edgerc"))]).toEqual(["700", "600"]);
  const own = join(dir, ".akamai-edge-emulator");
  expect([own, ...readdirSync(own).map((name) => join(own, name))].map(mode)).toEqual([
    "700",
    "600",
    "600",
    "600",
  ]);
  expect(emulator).toMatchObject({
    dir,
    edgerc: join(dir, ".edgerc"),
    caFile: join(dir, "ca.pem"),
    section: "default",
  });
  expect(readFileSync(join(dir, "ca.pem"), "utf8")).toBe(emulator.ca);
  expect(readFileSync(join(dir, "ca.pem"), "utf8")).not.toContain("PRIVATE");
  for (const section of ["default", "read-only"]) {
    const { clientToken, accessToken, clientSecret } = emulator.credentials(section);
    const { config } = new (EdgeGrid as unknown as ReaderOfFiles)({ path: emulator.edgerc, section });
    expect(config).toMatchObject({
      host: emulator.url,
      client_token: clientToken,
      access_token: accessToken,
      client_secret: clientSecret,
    });
  }
  await bench.close();
});

test("writes nothing without a directory", async () => {
  const bench = await Bench.start();
  expect([bench.emulator.dir, bench.emulator.edgerc, bench.emulator.caFile]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  await bench.close();
});

test("keeps state, credentials and time across restarts", async () => {
  const options = { dir: parent, persist: true, seed: 3 };
  const first = await Bench.ready(options);
  await createNamespace(first);
  first.emulator.clock.advance(1e6);
  await first.send("PUT", "networks/staging/namespaces/default/groups/g/items/i", { body: "kept" });
  const [credentials, now] = [first.emulator.credentials(), first.emulator.clock.now()];
  expect(mode(join(parent, "state.json"))).toBe("600");
  // What was answered is on disk soon, also when the end comes without warning.
  await new Promise((resolve) => setTimeout(resolve, 2 * SAVE_INTERVAL));
  expect(readFileSync(join(parent, "state.json"), "utf8")).toContain("kept");
  await first.send("PUT", "networks/staging/namespaces/default/groups/g/items/last", { body: "last" });
  await first.close();
  expect(readFileSync(join(parent, "state.json"), "utf8")).toContain("last");

  const second = await Bench.start(options);
  expect(second.emulator.credentials()).toEqual({ ...credentials, host: second.emulator.host });
  expect(second.emulator.clock.now()).toBe(now);
  expect((await second.send("GET", "networks/staging/namespaces/default/groups/g/items/i")).text).toBe(
    "kept",
  );
  expect((await createNamespace(second)).status).toBe(200);
  await second.close();

  const fresh = await Bench.start({ dir: parent });
  expect((await fresh.send("GET", "initialize")).json.accountStatus).toBe("UNINITIALIZED");
  expect(fresh.emulator.credentials().clientSecret).not.toBe(credentials.clientSecret);
  await fresh.close();
});

test("a seed file is merged into the fresh account", async () => {
  const seedFile = join(parent, "seed.json");
  const clients = { "no-cp-codes": { grants: { edgekv: "READ-WRITE" }, viewCpCodes: false } };
  writeFileSync(
    seedFile,
    JSON.stringify({
      settings: { initialized: true, namespacesPerNetwork: 1 },
      clients,
      groups: [{ groupId: 7, groupName: "Only" }],
    }),
  );
  const bench = await Bench.start({ seedFile, dir: join(parent, "d") });
  expect((await createNamespace(bench, "staging", { groupId: 7 })).status).toBe(413);
  expect((await bench.send("GET", "auth/groups")).json.groups).toHaveLength(1);
  expect((await bench.send("GET", "initialize", { section: "no-cp-codes" })).status).toBe(500);
  expect(readFileSync(bench.emulator.edgerc ?? "", "utf8")).toContain("[no-cp-codes]");
  await bench.close();
  writeFileSync(seedFile, JSON.stringify({ grops: [] }));
  await expect(startEmulator({ seedFile })).rejects.toThrow(/not a state of the emulator/);
});

test("options that cannot be are refused", async () => {
  await expect(startEmulator({ persist: true })).rejects.toThrow("persist needs dir");
  await expect(startEmulator({ settings: { namespacesPerNetwork: -1 } })).rejects.toThrow();
  await expect(startEmulator({ lag: -1 })).rejects.toThrow(RangeError);
  expect(existsSync(join(parent, ".edgerc"))).toBe(false);
});

describe("a file that the emulator did not write", () => {
  const content = "[default]\nclient_secret = a person's own\n";
  const notWritten = (path: string) =>
    `${path} exists, and the emulator did not write it. Move it away, or choose another directory.`;

  test.each([
    [".edgerc", false],
    [".edgerc", true],
    ["ca.pem", false],
    ["state.json", true],
  ])("%s, persist %s: it is refused, and the directory stays as it was", async (name, persist) => {
    const path = join(parent, name);
    writeFileSync(path, content);
    await expect(startEmulator({ dir: parent, persist })).rejects.toThrow(notWritten(path));
    expect(readdirSync(parent)).toEqual([name]);
    expect(readFileSync(path, "utf8")).toBe(content);
  });

  test("state.json stays as it is where the state is not kept", async () => {
    writeFileSync(join(parent, "state.json"), content);
    await (await startEmulator({ dir: parent })).close();
    expect(readFileSync(join(parent, "state.json"), "utf8")).toBe(content);
  });

  test("a link to such a file is refused", async () => {
    const [real, dir] = [join(parent, "real"), join(parent, "d")];
    mkdirSync(dir);
    symlinkSync(real, join(dir, ".edgerc"));
    await expect(startEmulator({ dir })).rejects.toThrow(notWritten(join(dir, ".edgerc")));
    expect(existsSync(real)).toBe(false);
  });

  test("a copy of a file that the emulator wrote elsewhere is refused", async () => {
    const [here, there] = [join(parent, "here"), join(parent, "there")];
    await (await startEmulator({ dir: here })).close();
    mkdirSync(there);
    copyFileSync(join(here, ".edgerc"), join(there, ".edgerc"));
    await expect(startEmulator({ dir: there })).rejects.toThrow(notWritten(join(there, ".edgerc")));
  });

  test.each([".edgerc", "ca.pem"])("%s that was changed since is refused", async (name) => {
    await (await startEmulator({ dir: parent })).close();
    const path = join(parent, name);
    const changed = `${readFileSync(path, "utf8")}\n${content}`;
    writeFileSync(path, changed);
    await expect(startEmulator({ dir: parent })).rejects.toThrow(
      `${path} was changed after the emulator wrote it. Move it away to keep it, or delete it, and start again.`,
    );
    expect(readFileSync(path, "utf8")).toBe(changed);
    rmSync(path);
    await (await startEmulator({ dir: parent })).close();
    expect(existsSync(path)).toBe(true);
  });

  test(".edgerc that was changed during the run is not overwritten", async () => {
    const bench = await Bench.start({ dir: parent });
    const path = join(parent, ".edgerc");
    writeFileSync(path, content);
    const state = bench.emulator.state.get() as object;
    const reply = await bench.control("PUT", "/state", state);
    expect([reply.status, reply.json.detail]).toEqual([400, expect.stringContaining(`${path} was changed`)]);
    expect(readFileSync(path, "utf8")).toBe(content);
    await bench.close();
  });

  test("a user may edit state.json, as long as it is a state", async () => {
    const options = { dir: parent, persist: true };
    await (await startEmulator(options)).close();
    const path = join(parent, "state.json");
    const edited = { ...JSON.parse(readFileSync(path, "utf8")), accountId: "A-EDITED" };
    writeFileSync(path, JSON.stringify(edited));
    const emulator = await startEmulator(options);
    expect(emulator.state.get()).toMatchObject({ accountId: "A-EDITED" });
    await emulator.close();
    writeFileSync(path, content);
    await expect(startEmulator(options)).rejects.toThrow(`${path} is not a state of the emulator`);
    expect(readFileSync(path, "utf8")).toBe(content);
  });

  test("a manifest that is not the emulator's is refused", async () => {
    const own = join(parent, ".akamai-edge-emulator");
    mkdirSync(own);
    writeFileSync(join(own, "manifest.json"), "{}");
    await expect(startEmulator({ dir: parent })).rejects.toThrow(
      `${join(own, "manifest.json")} is not a manifest of the emulator.`,
    );
  });
});

describe("a directory that can't be used", () => {
  // Each of them ends at once: one path made Node's own recursive mkdir spin.
  test.each([
    ["/proc/x", "The directory /proc/x can't be made: /proc doesn't let directories be made in it."],
    ["/proc/x/y/z", "The directory /proc/x/y/z can't be made: /proc doesn't let directories be made in it."],
    ["/dev/null", "The directory /dev/null can't be made: /dev/null is a file."],
    ["/dev/null/x/y", "The directory /dev/null/x/y can't be made: /dev/null is a file."],
  ])("%s", async (dir, message) => {
    await expect(startEmulator({ dir })).rejects.toThrow(`${message} Choose another directory.`);
  });

  test("a file in the way, a link to nothing, and a name that is too long", async () => {
    const [file, link, long] = [join(parent, "file"), join(parent, "link"), join(parent, "n".repeat(300))];
    writeFileSync(file, "");
    symlinkSync(join(parent, "nothing"), link);
    await expect(startEmulator({ dir: join(file, "d") })).rejects.toThrow(
      `can't be made: ${file} is a file.`,
    );
    await expect(startEmulator({ dir: join(link, "d") })).rejects.toThrow(`${link} is a link to nothing.`);
    await expect(startEmulator({ dir: long })).rejects.toThrow("the name is too long");
    expect(readdirSync(parent).sort()).toEqual(["file", "link"]);
  });

  test("where a file of the emulator's own is a folder or a link, the message names it", async () => {
    const own = join(parent, ".akamai-edge-emulator");
    mkdirSync(own);
    symlinkSync(join(parent, "nothing"), join(own, "lock"));
    await expect(startEmulator({ dir: parent })).rejects.toThrow(
      `${join(own, "lock")} is not a lock of the emulator.`,
    );
    rmSync(join(own, "lock"));
    mkdirSync(join(own, "running.json"));
    await expect(startEmulator({ dir: parent })).rejects.toThrow(/The directory .* can't be used: .*running/);
  });
});

describe("the lock", () => {
  const lock = () => join(parent, ".akamai-edge-emulator", "lock");
  const leaveLock = (text: string) => {
    mkdirSync(join(parent, ".akamai-edge-emulator"));
    writeFileSync(lock(), text);
  };

  test("refuses a directory that another emulator uses", async () => {
    const options = { dir: parent, persist: true };
    const first = await startEmulator(options);
    const before = readFileSync(join(parent, ".edgerc"), "utf8");
    await expect(startEmulator(options)).rejects.toThrow(
      `${parent} is in use by another emulator (process ${process.pid}). Stop that one, or choose another directory.`,
    );
    expect(readFileSync(join(parent, ".edgerc"), "utf8")).toBe(before);
    await first.close();
    expect(existsSync(lock())).toBe(false);
    await (await startEmulator(options)).close();
  });

  test("is released when the start fails", async () => {
    await expect(startEmulator({ dir: parent, seedFile: join(parent, "missing") })).rejects.toThrow(
      `The seed file ${join(parent, "missing")} can't be read: it does not exist.`,
    );
    expect(existsSync(lock())).toBe(false);
  });

  test.each([
    ["is gone", () => ({ pid: spawnSync(process.execPath, ["-e", ""]).pid })],
    ["is gone, and its id is used again", () => ({ pid: process.pid, startTime: "another" })],
  ])("of a process that %s is taken over", async (_case, holder) => {
    leaveLock(JSON.stringify(holder()));
    const emulator = await startEmulator({ dir: parent });
    expect(JSON.parse(readFileSync(lock(), "utf8"))).toMatchObject({ pid: process.pid });
    await emulator.close();
    expect(readdirSync(join(parent, ".akamai-edge-emulator"))).toEqual(["manifest.json"]);
  });

  test("that is not the emulator's is refused", async () => {
    leaveLock("somebody's");
    await expect(startEmulator({ dir: parent })).rejects.toThrow(`${lock()} is not a lock of the emulator.`);
    expect(readFileSync(lock(), "utf8")).toBe("somebody's");
  });
});
