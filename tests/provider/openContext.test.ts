import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openContext } from "../../provider/openContext";
import type { Context } from "../../provider/runtime/context";

const folder = mkdtempSync(join(tmpdir(), "request-log-"));
afterAll(() => rmSync(folder, { recursive: true }));

const secrets = {
  clientToken: "the-client-token",
  accessToken: "the-access-token",
  clientSecret: "the-client-secret",
};
const host = "no-such-host.invalid";
const accountSwitchKey = "1-ABCDE:1-2RBL";

function open(requestLog: string | undefined, warnings: string[] = []): Context {
  const config: Record<string, string | undefined> = { ...secrets, host, accountSwitchKey, requestLog };
  return openContext((key) => config[key], undefined, {
    info: () => undefined,
    warn: (line) => warnings.push(line),
  });
}

test("the setting's file is made at once, and only its owner may read it", () => {
  const path = join(folder, "log");
  open(path);
  expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["", 0o600]);
});

test("a log that can't be written is reported once", () => {
  const warnings: string[] = [];
  const path = join(folder, "missing", "log");
  open(path, warnings);
  expect(warnings).toEqual([
    expect.stringMatching(
      /^the request log .*log can't be written \(ENOENT\)\. Set `akamai-edge:requestLog` to a file in a folder that exists/,
    ),
  ]);
});

test("without the setting nothing is written", () => {
  const warnings: string[] = [];
  open(undefined, warnings);
  expect(warnings).toEqual([]);
});
