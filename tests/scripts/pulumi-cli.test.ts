import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isRunning } from "../../scripts/processes";
import { ensurePulumi, nothingWorked } from "../../scripts/pulumi-cli";
import { commandsOn, suits, unusable, versionsFolder } from "../../scripts/pulumi-cli/find";
import { isStale, parseHolder, withLock } from "../../scripts/pulumi-cli/lock";
import {
  commandLast,
  dynamicProviderLauncher,
  goArguments,
  goBuild,
  type Maker,
  pinnedVersion,
} from "../../scripts/pulumi-cli/make";
import { lastLines, run } from "../../scripts/pulumi-cli/run";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pulumi-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function script(file: string, text: string): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}
const cliIn = (root: string, version: string) => script(join(root, "bin/pulumi"), `echo v${version}`);

describe("versions", () => {
  test.each([
    ["3.240.0", true],
    ["3.239.9", false],
    ["v3.259.0", true],
    ["3.1000.0", true],
    ["3.241.0-alpha.1+abc", true],
    ["4.0.0", false],
    ["2.999.0", false],
    ["3.240", false],
    ["3.240.0x", false],
    ["", false],
  ])("%s suits: %s", (version, expected) => {
    expect(suits(version, "3.240.0")).toBe(expected);
  });

  test.each([
    ["require github.com/pulumi/pulumi/pkg/v3 v3.1.0\n", "3.1.0"],
    [
      "require (\n\tgithub.com/pulumi/pulumi/sdk/v3 v3.2.0\n\tgithub.com/pulumi/pulumi/pkg/v3 v3.1.0 // indirect\n)",
      "3.1.0",
    ],
  ])("the pinned one is read from go.mod %#", (goMod, expected) => {
    expect(pinnedVersion(goMod)).toBe(expected);
  });

  test("a go.mod that pins none is an error", () => {
    expect(() => pinnedVersion("tool github.com/pulumi/pulumi/pkg/v3/cmd/pulumi")).toThrow("does not pin");
  });

  test("the built CLI gets its version", () => {
    expect(goArguments("3.1.0", "/tmp/pulumi")).toEqual([
      "build",
      "-trimpath",
      "-ldflags",
      "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.1.0",
      "-o",
      "/tmp/pulumi",
      "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    ]);
  });
});

describe("places", () => {
  test("PATH is searched in its order, each folder once", () => {
    expect(commandsOn(["/a/bin", "", "/b", "/a/bin"].join(delimiter))).toEqual([
      "/a/bin/pulumi",
      "/b/pulumi",
    ]);
    expect(commandsOn(undefined)).toEqual([]);
  });

  test.each([
    ["/usr/local/bin/pulumi", "/usr/local/bin/pulumi", undefined],
    ["/home/ada/.pulumi/bin/pulumi", "/opt/pulumi-3/pulumi", undefined],
    ["/app/node_modules/.bin/pulumi", "/app/node_modules/pulumi/run.js", "launcher of the npm package"],
    ["/app/node_modules/.bin/pulumi", "/app/node_modules/.bin/pulumi", "launcher of the npm package"],
    ["/usr/bin/pulumi", "/usr/lib/node_modules/pulumi/run.js", "launcher of the npm package"],
    [
      "C:\\app\\node_modules\\.bin/pulumi",
      "C:\\app\\node_modules\\.bin/pulumi",
      "launcher of the npm package",
    ],
    ["/opt/pulumi/pulumi", "/opt/pulumi/pulumi", "not in a folder named bin"],
  ])("%s -> %s is passed over: %s", (command, realPath, reason) => {
    const why = unusable(command, realPath);
    if (reason === undefined) expect(why).toBeUndefined();
    else expect(why).toContain(reason);
  });

  test("PULUMI_HOME moves the versions", () => {
    expect(versionsFolder({ PULUMI_HOME: "/p" })).toBe("/p/versions");
    expect(versionsFolder({ PULUMI_HOME: "" })).toMatch(/\.pulumi.versions$/);
  });
});

describe("ensurePulumi", () => {
  const maker = (found: Maker["found"], version: string, make: Maker["make"]): Maker => ({
    found,
    version,
    make,
    announcement: `making ${found}`,
  });
  const refused = maker("installer", "3.270.0", async () => {
    throw new Error("no network");
  });
  const works = maker("go", "3.259.0", async (root) => {
    cliIn(root, "3.259.0");
    script(join(root, "bin/pulumi-language-nodejs"), "");
  });

  async function ensure(path: string[], makers: Maker[] = []) {
    const messages: string[] = [];
    const env = {
      PATH: path.map((name) => join(folder, name)).join(delimiter),
      PULUMI_HOME: join(folder, "home"),
    };
    const cli = await ensurePulumi({ print: (line) => messages.push(line), env, makers });
    return { ...cli, messages };
  }
  const inFolder = (root: string, version: string, found: string) => ({
    root: join(folder, root),
    command: join(folder, root, "bin/pulumi"),
    version,
    found,
  });

  test("takes the first suitable CLI on PATH, past a launcher, an old and a broken one", async () => {
    const launcher = script(join(folder, "node_modules/pulumi/run.js"), "echo v3.299.0");
    mkdirSync(join(folder, "npm/bin"), { recursive: true });
    symlinkSync(launcher, join(folder, "npm/bin/pulumi"));
    cliIn(join(folder, "old"), "3.100.0");
    script(join(folder, "broken/bin/pulumi"), "exit 1");
    cliIn(join(folder, "good"), "3.245.0");
    cliIn(join(folder, "later"), "3.250.0");
    cliIn(join(folder, "home/versions/3.259.0"), "3.259.0");
    const found = await ensure(
      ["npm/bin", "empty", "old/bin", "broken/bin", "good/bin", "later/bin"],
      [works],
    );
    expect(found).toEqual({ ...inFolder("good", "3.245.0", "path"), messages: [] });
  });

  test("takes the one at home when PATH has none, in the order of the makers", async () => {
    cliIn(join(folder, "home/versions/3.259.0"), "3.259.0");
    expect(await ensure([], [refused, works])).toEqual({
      ...inFolder("home/versions/3.259.0", "3.259.0", "home"),
      messages: [],
    });
    cliIn(join(folder, "home/versions/3.270.0"), "3.270.0");
    expect(await ensure([], [refused, works])).toEqual({
      ...inFolder("home/versions/3.270.0", "3.270.0", "home"),
      messages: [],
    });
  });

  test("makes one when there is none, with all that belongs to it, and leaves nothing else", async () => {
    const made = await ensure([], [refused, works]);
    expect(made).toEqual({
      ...inFolder("home/versions/3.259.0", "3.259.0", "go"),
      messages: ["making installer", "the download failed: no network", "making go"],
    });
    expect(readdirSync(join(folder, "home/versions"))).toEqual(["3.259.0"]);
    expect(readdirSync(join(made.root, "bin"))).toEqual(["pulumi", "pulumi-language-nodejs"]);
    expect((await ensure([], [refused, works])).found).toBe("home");
  });

  test("replaces a broken one and clears what a killed process left", async () => {
    script(join(folder, "home/versions/3.259.0/bin/pulumi"), "exit 1");
    mkdirSync(join(folder, "home/versions/.new/bin"), { recursive: true });
    expect((await ensure([], [works])).found).toBe("go");
    expect(readdirSync(join(folder, "home/versions"))).toEqual(["3.259.0"]);
  });

  test("two at once make one", async () => {
    let times = 0;
    const slow = maker("go", "3.259.0", async (root) => {
      times += 1;
      await pause(50);
      cliIn(root, "3.259.0");
    });
    const found = await Promise.all([ensure([], [slow]), ensure([], [slow])]);
    expect(times).toBe(1);
    expect(found.map((cli) => cli.found).toSorted()).toEqual(["go", "home"]);
    expect(found.flatMap(({ messages }) => messages).join()).toMatch(/Waiting for process \d+, which holds/);
  });

  test("says what was tried when nothing works", async () => {
    cliIn(join(folder, "old"), "3.100.0");
    const useless = maker("go", "3.259.0", async (root) => void cliIn(root, "3.1.0"));
    const error = await ensure(["old/bin"], [refused, useless]).catch((reason: Error) => reason.message);
    const home = join(folder, "home/versions");
    expect(error).toBe(
      nothingWorked([
        `${join(folder, "old/bin/pulumi")} is version 3.100.0, and at least 3.240.0 of the same major version is needed`,
        `${join(home, "3.270.0/bin/pulumi")} is not there`,
        `${join(home, "3.259.0/bin/pulumi")} is not there`,
        "the download failed: no network",
        "the Go build failed: the new CLI is version 3.1.0, and at least 3.240.0 of the same major version is needed",
      ]),
    );
    expect(error).toContain("https://www.pulumi.com/docs/iac/download-install/");
    expect(readdirSync(home)).toEqual([]);
  });

  test("builds with the go on PATH", async () => {
    script(
      join(folder, "tools/go"),
      `printf '#!/bin/sh\\necho v3.259.0\\n' > "$6"; /bin/chmod 755 "$6"; test -f go.mod && test -f go.sum`,
    );
    const built = await ensure(["tools"], [goBuild]);
    expect(built).toMatchObject({ found: "go", version: "3.259.0", messages: [goBuild.announcement] });
    expect(readdirSync(join(built.root, "bin"))).toEqual(["pulumi", "pulumi-resource-pulumi-nodejs"]);
    expect(readFileSync(join(built.root, "bin/pulumi-resource-pulumi-nodejs"), "utf8")).toBe(
      dynamicProviderLauncher,
    );
  });

  test("tells why a build failed", async () => {
    await expect(ensure(["nothing"], [goBuild])).rejects.toThrow(
      "the Go build failed: there is no go on PATH",
    );
    script(join(folder, "tools/go"), "echo first; echo 'go: no such module' >&2; exit 1");
    await expect(ensure(["tools"], [goBuild])).rejects.toThrow(
      "the Go build failed: go ended with 1: first | go: no such module",
    );
  });
});

test("the command comes last into its place", () => {
  expect(commandLast(["a", "pulumi", "pulumi-language-nodejs"])).toEqual([
    "a",
    "pulumi-language-nodejs",
    "pulumi",
  ]);
});

test("the launcher passes every argument on to the provider of the folder it is started in", () => {
  const provider = join(folder, "node_modules/@pulumi/pulumi/cmd/dynamic-provider/index.js");
  mkdirSync(dirname(provider), { recursive: true });
  writeFileSync(provider, "console.log(JSON.stringify(process.argv.slice(1)))");
  const launcher = join(folder, "launcher");
  writeFileSync(launcher, dynamicProviderLauncher, { mode: 0o755 });
  const args = ["127.0.0.1:1", "--logtostderr", "-v=9", "two words", "$HOME", "'", '"', ""];
  const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` };
  expect(JSON.parse(execFileSync(launcher, args, { cwd: folder, env, encoding: "utf8" }))).toEqual([
    provider,
    ...args,
  ]);
});

describe("a lock", () => {
  const here = { host: "here", alive: (pid: number) => pid === 1 };
  test.each([
    ["its process lives", { pid: 1, host: "here", ageMs: 0 }, false],
    ["its process is gone", { pid: 2, host: "here", ageMs: 0 }, true],
    ["its process is on another machine", { pid: 2, host: "there", ageMs: 0 }, false],
    ["the other machine is silent", { pid: 1, host: "there", ageMs: 61_000 }, true],
    ["another process got its number", { pid: 1, host: "here", ageMs: 61_000 }, true],
    ["it is being written", { pid: undefined, host: undefined, ageMs: 0 }, false],
    ["it was never written", { pid: undefined, host: undefined, ageMs: 61_000 }, true],
  ])("when %s, is stale: %#", (_what, holder, expected) => {
    expect(isStale(holder, here)).toBe(expected);
  });

  test.each([
    ['{"pid":12,"host":"here"}', { pid: 12, host: "here" }],
    ["", { pid: undefined, host: undefined }],
  ])("%j is read", (text, expected) => {
    expect(parseHolder(text)).toEqual(expected);
  });

  const quiet = () => undefined;
  test("holds this process's pid while the work lasts, and goes with it", async () => {
    const file = join(folder, "lock");
    await expect(
      withLock(file, quiet, async () => parseHolder(readFileSync(file, "utf8")).pid),
    ).resolves.toBe(process.pid);
    await expect(withLock(file, quiet, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(existsSync(file)).toBe(false);
  });

  test("of a dead or silent process is taken over", async () => {
    const file = join(folder, "lock");
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    writeFileSync(file, JSON.stringify({ pid: dead, host: hostname() }));
    expect(await withLock(file, quiet, async () => "done")).toBe("done");
    writeFileSync(file, JSON.stringify({ pid: process.pid, host: hostname() }));
    utimesSync(file, 0, 0);
    expect(await withLock(file, quiet, async () => "done")).toBe("done");
  });

  test("of a living process is waited for", async () => {
    const file = join(folder, "lock");
    const order: string[] = [];
    const work = (name: string) => () => pause(20).then(() => order.push(`${name} began`, `${name} ended`));
    await Promise.all(["a", "b", "c"].map((name) => withLock(file, quiet, work(name), 5)));
    expect(order.filter((_, index) => index % 2 === 0).map((line) => line.replace("began", "ended"))).toEqual(
      order.filter((_, index) => index % 2 === 1),
    );
  });
});

describe("run", () => {
  const options = { env: process.env, withinMs: 10_000 };

  test("ends all that a command started when the time is over", async () => {
    const pidFile = join(folder, "pid");
    const grandchild = `sleep 60 & echo $! > '${pidFile}'; wait`;
    await expect(
      run("/bin/sh", ["-c", grandchild], { ...options, cwd: folder, withinMs: 1_000 }),
    ).rejects.toThrow("not done within 1 s");
    const pid = Number(readFileSync(pidFile, "utf8"));
    expect(pid).toBeGreaterThan(1);
    // It ends at once, and not after its minute: the test would not last that long.
    while (isRunning(pid)) await pause(20);
  }, 30_000);

  test("ends on Ctrl-C, and says so", async () => {
    const listeners = process.listenerCount("SIGINT");
    const running = run("/bin/sh", ["-c", "sleep 5"], { ...options, cwd: folder });
    process.emit("SIGINT", "SIGINT");
    await expect(running).rejects.toMatchObject({ name: "Interrupted", message: "stopped by SIGINT" });
    expect(process.listenerCount("SIGINT")).toBe(listeners);
  });

  test("quotes the last lines of a failure", () => {
    expect(lastLines("1\n2\n\n 3 \n4\n", 3)).toBe("2 | 3 | 4");
  });
});
