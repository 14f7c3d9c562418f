/** The session of the guide "Local development", with the compiled command. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../../scripts/root";

const guide = readFileSync(join(root, "docs", "guides", "local-development.md"), "utf8");

/** The blocks of a language that follow the heading. */
function blocks(heading: string, language: string): string[] {
  const [section = ""] = guide.slice(guide.indexOf(`## ${heading}`) + 3).split(/^## /m);
  return [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(
    ([, text = ""]) => text,
  );
}

/** A helper with the form of Akamai's. */
const HELPER = `import { httpRequest } from "http-request"; import { edgekv_access_tokens } from "./edgekv_tokens.js";
export class EdgeKV {
  #of; constructor(of) { this.#of = of; }
  async getText({ item, default_value }) {
    const { namespace, group } = this.#of;
    const headers = { "X-Akamai-EdgeDB-Auth-Ref": [edgekv_access_tokens["namespace-" + namespace].reference] };
    const response = await httpRequest("https://edgekv.akamai-edge-svcs.net/api/v1/namespaces/" + namespace + "/groups/" + group + "/items/" + item, { headers });
    return response.status === 404 ? default_value : response.text();
  }
}`;

/** Without what differs from run to run. */
const steady = (text: string) =>
  text
    .replace(/\d+ ms/g, "N ms")
    .replace(/localhost:\d+/g, "localhost:PORT")
    .replace(/token=\S+/, "token=…");

test("the session of the guide gives what the guide says", async () => {
  const folder = mkdtempSync(join(tmpdir(), "guide-"));
  const worker = join(folder, "worker");
  mkdirSync(worker);
  const [main = ""] = blocks("Your EdgeWorker", "js");
  const [data = ""] = blocks("Your EdgeWorker", "csv");
  const [session = ""] = blocks("Your EdgeWorker", "console");
  const [shown = ""] = blocks("Your EdgeWorker", "text");
  writeFileSync(join(worker, "main.js"), main);
  writeFileSync(join(worker, "bundle.json"), '{"edgeworker-version":"1.0"}');
  writeFileSync(join(worker, "edgekv.js"), HELPER);
  writeFileSync(join(folder, "data.csv"), data);
  const cli = join(root, "dist", "cli", "main.js");
  const given = ["dev", worker, "--kv", join(folder, "data.csv"), "--cpu-factor", "5"];
  const child = spawn(process.execPath, [cli, ...given], { env: { ...process.env, NO_COLOR: "1" } });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  let terminal = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text) => {
      terminal += String(text);
    });
  const until = async (pattern: RegExp) => {
    for (const end = Date.now() + 30_000; !pattern.test(terminal); ) {
      if (Date.now() > end) throw new Error(`${pattern} does not come: ${terminal}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  try {
    await until(/^http:\S+\/$/m);
    const [, port = ""] = /^http:\/\/localhost:(\d+)/m.exec(terminal) ?? [];
    const commands = session.split(/^\$ /m).slice(1);
    expect(commands).toHaveLength(3);
    for (const [at, text] of commands.entries()) {
      const [command = "", expected = ""] = text.split("\n");
      const curl = spawnSync(
        "sh",
        ["-c", command.replaceAll(":40123", `:${port}`).replace("curl", "curl -s")],
        {
          encoding: "utf8",
        },
      );
      expect([command, curl.stdout.trim()]).toEqual([command, expected]);
      await until(new RegExp(`(?:GET .*\\n[^]*){${at + 1}}`));
    }
    const sorted = (text: string) => steady(text).trimEnd().split("\n").sort();
    expect(sorted(terminal)).toEqual(sorted(shown));
  } finally {
    child.kill("SIGTERM");
    await exited;
    rmSync(folder, { recursive: true, force: true });
  }
});
