import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

// The compiled command: `npm test` builds before it tests.
const CLI = join(__dirname, "../../dist/emulator/cli/main.js");

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "emulator-cli-"));
});
afterEach(() => rmSync(parent, { recursive: true }));

/** The command, with what it printed and how it ended. */
function run(...args: string[]) {
  const child: ChildProcess = spawn(process.execPath, [CLI, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  child.stderr?.on("data", (data) => {
    output.stderr += data;
  });
  const line = new Promise<string>((resolve) =>
    child.stdout?.on("data", (data) => {
      output.stdout += data;
      if (output.stdout.includes("\n")) resolve(output.stdout);
    }),
  );
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  return { child, output, line, ended };
}

const status = (url: string, ca: string, token: string) =>
  new Promise<number>((resolve, reject) => {
    get(url, { ca, headers: { Authorization: `Bearer ${token}` } }, (response) =>
      resolve(response.resume().statusCode ?? 0),
    ).on("error", reject);
  });

test("prints one line of JSON once it answers, and ends with 0 at SIGTERM and SIGINT", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const dir = join(parent, signal);
    const { child, line, ended, output } = run("--dir", dir, "--clock", "x60", "--lag", "none", "--persist");
    const { url, edgerc, section, caFile, controlUrl, controlToken } = JSON.parse(await line);
    expect([edgerc, section, caFile]).toEqual([join(dir, ".edgerc"), "default", join(dir, "ca.pem")]);
    expect(url).toMatch(/^https:\/\/localhost:\d+$/);
    expect(await status(`${controlUrl}/clock`, readFileSync(caFile, "utf8"), controlToken)).toBe(200);
    child.kill(signal);
    expect(await ended).toBe(0);
    expect(output.stdout.trim().split("\n")).toHaveLength(1);
    expect(output.stderr).toBe("");
    expect(existsSync(join(dir, "state.json"))).toBe(true);
  }
});

test("--help", async () => {
  const { ended, output } = run("--help");
  expect(await ended).toBe(0);
  expect(output.stdout).toMatch(/^Usage: akamai-edge-emulator --dir DIR/);
});

test.each([
  [["--bogus"], /--bogus/],
  [["--dir", "d", "positional"], /unknown argument "positional"/],
  [["--dir", "d", "--clok", "real"], /unknown option '--clok'\n\(Did you mean --clock\?\)\nTry --help\.\n$/],
  [["--dir", "d", "--clock"], /'--clock <MODE>' argument missing/],
  [["env"], /--dir is missing/],
  [["env", "--dir", "d", "--shell", "cmd"], /Allowed choices are sh, bash, zsh, fish, powershell/],
  [[], /--dir is missing/],
  [["--dir", "d", "--clock", "fast"], /--clock: "fast"/],
  [["--dir", "d", "--lag", "-1"], /--lag/],
  [["--dir", "d", "--lag", "soon"], /--lag: "soon"/],
  [["--dir", "d", "--port", "70000"], /--port: "70000"/],
  [["--dir", "d", "--seed", "1.5"], /--seed: "1.5"/],
])("%j is refused with exit code 2", async (args, message) => {
  const { ended, output } = run(...args);
  expect(await ended).toBe(2);
  expect(output.stdout).toBe("");
  expect(output.stderr).toMatch(message);
});

test("what goes wrong later ends with 1", async () => {
  const { ended, output } = run("--dir", join(parent, "d"), "--seed-file", join(parent, "missing.json"));
  expect(await ended).toBe(1);
  expect(output.stderr).toBe(
    `akamai-edge-emulator: The seed file ${join(parent, "missing.json")} can't be read: it does not exist.\n`,
  );
});

test("a line on stderr for each request, without query and secrets, and none with --quiet", async () => {
  for (const quiet of [false, true]) {
    const dir = join(parent, String(quiet));
    const { child, line, ended, output } = run("--dir", dir, ...(quiet ? ["--quiet"] : []));
    const { url, caFile } = JSON.parse(await line);
    const ca = readFileSync(caFile, "utf8");
    expect(await status(`${url}/edgekv/v1/tokens?secret=1`, ca, "secret")).toBe(401);
    child.kill("SIGTERM");
    await ended;
    expect(output.stderr).toMatch(quiet ? /^$/ : /^GET {4}\/edgekv\/v1\/tokens 401 \d+ ms\n$/);
    expect(output.stdout.trim().split("\n")).toHaveLength(1);
  }
});

test("env prints the environment of the emulator that runs in the directory, for a shell to evaluate", async () => {
  const dir = join(parent, "it's here");
  const before = run("env", "--dir", dir);
  expect([await before.ended, before.output]).toEqual([
    1,
    {
      stdout: "",
      stderr: `akamai-edge-emulator env: no emulator runs in ${dir}. Start one with akamai-edge emulator --dir ${dir}\n`,
    },
  ]);
  // Started from another folder than the one that `env` runs in.
  const emulator = run("--dir", relative(process.cwd(), dir));
  const { controlUrl, controlToken } = JSON.parse(await emulator.line);
  const { status, stdout } = spawnSync(
    "sh",
    [
      "-c",
      'lines=$("$0" "$1" env --dir "$2") && eval "$lines" && "$0" -p "JSON.stringify(process.env)"',
      process.execPath,
      CLI,
      "it's here",
    ],
    { encoding: "utf8", cwd: parent, env: { ...process.env, AKAMAI_HOST: "a-real-account" } },
  );
  const env = JSON.parse(stdout);
  expect([status, env.AKAMAI_HOST]).toEqual([0, undefined]);
  expect(env).toMatchObject({
    AKAMAI_EDGERC: join(dir, ".edgerc"),
    AKAMAI_EDGERC_SECTION: "default",
    AKAMAI_CA_FILE: join(dir, "ca.pem"),
    NODE_EXTRA_CA_CERTS: join(dir, "ca.pem"),
    EMULATOR_CONTROL_URL: controlUrl,
    EMULATOR_CONTROL_TOKEN: controlToken,
  });
  emulator.child.kill("SIGKILL");
  await emulator.ended;
  const after = run("env", "--dir", dir);
  expect([await after.ended, after.output.stderr]).toEqual([
    1,
    expect.stringContaining(`no emulator runs in ${dir}`),
  ]);
});

test("a file that the emulator did not write ends it with 1", async () => {
  const path = join(parent, ".edgerc");
  writeFileSync(path, "[default]\n");
  const { ended, output } = run("--dir", parent, "--persist");
  expect(await ended).toBe(1);
  expect([output.stdout, output.stderr]).toEqual([
    "",
    `akamai-edge-emulator: ${path} exists, and the emulator did not write it. Move it away, or choose another directory.\n`,
  ]);
  expect(readFileSync(path, "utf8")).toBe("[default]\n");
});

test("a directory that another emulator uses ends it with 1, until that one is gone", async () => {
  const first = run("--dir", parent, "--persist");
  await first.line;
  const second = run("--dir", parent, "--persist");
  expect(await second.ended).toBe(1);
  expect(second.output.stderr).toBe(
    `akamai-edge-emulator: ${parent} is in use by another emulator (process ${first.child.pid}). Stop that one, or choose another directory.\n`,
  );
  first.child.kill("SIGKILL");
  await first.ended;
  const third = run("--dir", parent, "--persist");
  await third.line;
  third.child.kill("SIGTERM");
  expect(await third.ended).toBe(0);
});
