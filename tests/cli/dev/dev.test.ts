/** `akamai-edge dev`: the compiled command on a folder. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kvItems } from "../../../cli/dev/kvFile";
import { sourceLine } from "../../../cli/dev/sourceLine";

const CLI = join(__dirname, "../../../dist/cli/main.js");
const HELPER = join(__dirname, "../../../examples/full-site/worker/edgekv.js");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dev-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await check()); ) {
    if (Date.now() > end) throw new Error("it does not come");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("it runs the folder with its data, reloads it after a change, keeps the code when the change is broken, and shows the line of an error", async () => {
  writeFileSync(join(folder, "bundle.json"), '{"edgeworker-version":"1.0"}');
  writeFileSync(join(folder, "edgekv.js"), readFileSync(HELPER));
  const main = (word: string) => `import { EdgeKV } from "./edgekv.js";
import { logger } from "log";
export async function onClientRequest(request) {
  logger.log("asked");
  if (request.path === "/throw") throw new Error("no");
  const kv = new EdgeKV("words", "g");
  request.respondWith(200, {}, "${word} " + (await kv.text("US")));
}`;
  writeFileSync(join(folder, "main.js"), main("first"));
  writeFileSync(join(folder, ".data.csv"), "namespace,group,item,value\nwords,g,US,hello\n");
  const child = spawn(
    process.execPath,
    [CLI, "dev", folder, "--kv", join(folder, ".data.csv"), "--cpu-factor", "5"],
    {
      env: { ...process.env, NO_COLOR: "1" },
    },
  );
  let [out, err] = ["", ""];
  child.stdout.on("data", (text) => {
    out += String(text);
  });
  child.stderr.on("data", (text) => {
    err += String(text);
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  try {
    await until(() => out.includes("\n"));
    const url = out.trim();
    const text = async (path = "") => (await fetch(`${url}${path}`)).text();
    expect(await text()).toBe("first hello");
    await text("throw");
    await until(() => err.includes("^"));
    expect(err).toContain("Running version 1.0\n");
    expect(err).toContain("  onClientRequest log main.js:4 asked\n");
    expect(err).toMatch(/GET {4}staging localhost\/ 200 \d+ ms\n/);
    expect(err).toContain(
      '    5 |   if (request.path === "/throw") throw new Error("no");\n      |                                        ^\n',
    );
    writeFileSync(join(folder, "main.js"), "export function (");
    await until(() => err.includes("STATIC_VALIDATION_FAILED"));
    expect(await text()).toBe("first hello");
    writeFileSync(join(folder, "main.js"), main("second"));
    await until(async () => (await text()) === "second hello");
  } finally {
    child.kill("SIGTERM");
  }
  expect(await exited).toBe(0);
});

test("the data file names what is wrong with it", () => {
  expect(kvItems("item,value\na,1\n", "f")).toEqual([
    { namespace: "default", group: "default", item: "a", value: "1" },
  ]);
  expect(() => kvItems("key,value\na,1\n", "f.csv")).toThrow(
    "f.csv has the column key; columns are namespace, group, item, value",
  );
  expect(() => kvItems("item,value\na b,1\n", "f.csv")).toThrow('f.csv, row 1: "a b" is no name of an item');
});

test("a place outside of the folder shows no line", () => {
  expect(sourceLine(folder, "../x.js:f:1:1 Error")).toBeUndefined();
  expect(sourceLine(folder, "used more than 20 ms")).toBeUndefined();
});

test("the mark stands below its column: in a line with tabs, and in one that has all of the code", () => {
  writeFileSync(join(folder, "tabs.js"), "\t\tthrow new Error();\n");
  expect(sourceLine(folder, "tabs.js:f:1:3 Error")).toBe("    1 |   throw new Error();\n      |   ^");
  writeFileSync(join(folder, "all.js"), `${"a;".repeat(5000)}throw x;${"b;".repeat(5000)}`);
  const [line = "", mark = ""] = (sourceLine(folder, "all.js:f:1:10001 Error") ?? "").split("\n");
  expect(line.length).toBeLessThan(180);
  expect(line.slice(mark.indexOf("^"))).toMatch(/^throw x;/);
});

test("nothing of the folder is obeyed by a terminal: names of files, and lines of code", async () => {
  const hostile = "\u001b[31m\u202e##vso[task.x]";
  writeFileSync(join(folder, "bundle.json"), '{"edgeworker-version":"1.0"}');
  writeFileSync(
    join(folder, "main.js"),
    `import { logger } from "log";
export function onClientRequest(request) {
  logger.log("%s", ${JSON.stringify(`::add-mask::x${hostile}`)});
  throw new Error(${JSON.stringify(hostile)}); // ${hostile}
}`,
  );
  const child = spawn(process.execPath, [CLI, "dev", folder, "--cpu-factor", "5"], {
    env: { ...process.env, NO_COLOR: "1" },
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (text) => {
    out += String(text);
  });
  child.stderr.on("data", (text) => {
    err += String(text);
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  try {
    await until(() => out.includes("\n"));
    await (await fetch(out.trim())).text();
    await until(() => err.includes("^"));
    writeFileSync(join(folder, "main.js"), `import "./${hostile}.js";\nexport function onClientRequest() {}`);
    await until(() => err.includes("STATIC_VALIDATION_FAILED") || /ERROR|WARN/.test(err));
  } finally {
    child.kill("SIGTERM");
  }
  await exited;
  expect(err).toContain("\\x{1b}[31m");
  expect(err).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]|##vso\[|^\s*::/mu);
});
