/** The compiled command. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CLI = join(__dirname, "../../dist/cli/main.js");

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { AKAMAI_HOST: _host, ...rest } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    encoding: "utf8",
    env: { ...rest, HOME: __dirname, ...env },
  });
  return { status, stdout, stderr };
}

test("help names the sub-commands, and the version is the package's", () => {
  const { status, stdout } = run(["--help"]);
  expect(status).toBe(0);
  for (const name of ["emulator", "dev", "doctor", "adopt", "completion"])
    expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
  expect(run(["--version"]).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.each([
  [["docter"], "akamai-edge: unknown command 'docter'\n(Did you mean doctor?)\nTry --help.\n"],
  [["--vers"], "akamai-edge: unknown option '--vers'\n(Did you mean --version?)\nTry --help.\n"],
  [["doctor", "--jsn"], "akamai-edge doctor: unknown option '--jsn'\n(Did you mean --json?)\nTry --help.\n"],
  [
    ["doctor", "now"],
    "akamai-edge doctor: too many arguments for 'doctor'. Expected 0 arguments but got 1: now.\nTry --help.\n",
  ],
  [
    ["emulator", "--dri", "d"],
    "akamai-edge emulator: unknown option '--dri'\n(Did you mean --dir?)\nTry --help.\n",
  ],
  [
    ["emulator", "--dir", "d", "--clock", "x0"],
    'akamai-edge emulator: --clock: "x0" is not real, manual, or xN with a number N above 0 and up to 1000000, such as x60\nTry --help.\n',
  ],
])("%j ends with 2, and names what is close", (args, message) => {
  expect(run(args)).toEqual({ status: 2, stdout: "", stderr: message });
});

test("each name that the package installs is a command, the emulator's old one too", () => {
  const root = join(__dirname, "../..");
  const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    bin: Record<string, string>;
  };
  for (const [name, usage] of [
    ["akamai-edge", /^Usage: akamai-edge \[/m],
    ["akamai-edge-emulator", /^Usage: akamai-edge-emulator --dir DIR /m],
  ] as const) {
    const { status, stdout } = spawnSync(process.execPath, [join(root, bin[name] ?? ""), "--help"], {
      encoding: "utf8",
    });
    expect([name, status]).toEqual([name, 0]);
    expect(stdout).toMatch(usage);
  }
});

test("doctor --json prints findings for a program, and its exit code counts", () => {
  const { status, stdout, stderr } = run(["doctor", "--json", "--edgerc", "/none"]);
  expect([status, stderr]).toEqual([1, ""]);
  expect(JSON.parse(stdout)).toMatchObject({
    exitCode: 1,
    findings: [{ area: "Credentials", level: "problem" }, { level: "info" }],
    requests: [],
  });
});

test.each([
  [["--edgerc", "/none"], "--edgerc asks for the section [default] of /none, but the file does not exist.\n"],
  [
    ["--ca-file", "/none"],
    "no credentials found. Download the .edgerc file of an API client to ~/.edgerc, name it by --edgerc FILE --section NAME, ",
  ],
])("adopt with %j names its own options for what is wrong with credentials", (args, message) => {
  const { status, stderr } = run(["adopt", "--out", join(tmpdir(), "akamai-edge-not-made"), ...args], {
    AKAMAI_EDGERC: "",
  });
  expect([status, stderr]).toEqual([1, expect.stringContaining(`akamai-edge adopt: ${message}`)]);
  expect(stderr).not.toContain("akamai-edge:");
});

test("a reader that goes away is no error", () => {
  const { stderr } = spawnSync("sh", ["-c", '"$0" "$1" --help | true', process.execPath, CLI], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
});

test("colours are for terminals, and NO_COLOR turns them off", () => {
  const args = ["doctor", "--edgerc", "/none"];
  expect(run(args).stdout).not.toContain("\u001b");
  expect(run(args, { FORCE_COLOR: "1", NO_COLOR: "" }).stdout).toContain("\u001b[31m✗");
  expect(run(args, { NO_COLOR: "1" }).stdout).not.toContain("\u001b");
});
