import { environmentOf, shellLines } from "../../../emulator/cli/environment";

const running = {
  pid: 1,
  url: "https://localhost:1",
  edgerc: "/it's \\ here/.edgerc",
  caFile: "/d/ca.pem",
  controlUrl: "https://localhost:1/_emulator",
  controlToken: "t",
};

test("credentials in the environment are removed: they would take precedence over the file", () => {
  const unset = (section: string) =>
    environmentOf(running, section).flatMap(([name, value]) => (value === undefined ? [name] : []));
  const own = ["HOST", "CLIENT_TOKEN", "ACCESS_TOKEN", "CLIENT_SECRET", "ACCOUNT_KEY", "ACCOUNT_SWITCH_KEY"];
  expect(unset("default")).toEqual(own.map((name) => `AKAMAI_${name}`));
  expect(unset("read-only")).toEqual([
    ...own.map((name) => `AKAMAI_READ_ONLY_${name}`),
    ...own.map((name) => `AKAMAI_${name}`),
  ]);
  expect(environmentOf(running, "read-only")).toContainEqual(["AKAMAI_EDGERC_SECTION", "read-only"]);
});

test.each([
  ["sh", "export A='it'\\''s \\ $x'\nunset B\n"],
  ["bash", "export A='it'\\''s \\ $x'\nunset B\n"],
  ["zsh", "export A='it'\\''s \\ $x'\nunset B\n"],
  ["fish", "set -gx A 'it\\'s \\\\ $x';\nset -e B;\n"],
  ["powershell", "$env:A = 'it''s \\ $x'\nRemove-Item Env:B -ErrorAction SilentlyContinue\n"],
] as const)("%s: values are quoted", (shell, lines) => {
  expect(
    shellLines(
      [
        ["A", "it's \\ $x"],
        ["B", undefined],
      ],
      shell,
    ),
  ).toBe(lines);
});
