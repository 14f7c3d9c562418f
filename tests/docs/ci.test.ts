/** docs/guides/ci.md and its workflow: that GitHub can read it, and that what it runs is there and does what the page says. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { z } from "zod";
import { pulumiEnvironment, watch } from "../../scripts/engine";
import { root } from "../../scripts/root";
import { edgekv } from "../../sdk";
import { changed, EngineTest } from "../support/engine";
import { isFull } from "../support/extent";

const read = (path: string) => readFileSync(join(root, path), "utf8");

// The parser that Pulumi reads its own YAML with.
const { load } = createRequire(require.resolve("@pulumi/pulumi"))("js-yaml") as {
  load: (text: string) => unknown;
};

const Step = z.union([
  z.strictObject({
    // By commit: a tag can be moved to other code.
    uses: z.string().regex(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/),
    with: z.record(z.string(), z.unknown()).optional(),
  }),
  z.strictObject({
    if: z.string().optional(),
    run: z.string(),
    env: z.record(z.string(), z.string()).optional(),
  }),
]);
const Job = z.strictObject({
  if: z.string(),
  "runs-on": z.literal("ubuntu-latest"),
  environment: z.string(),
  "timeout-minutes": z.int(),
  concurrency: z.strictObject({ group: z.string(), "cancel-in-progress": z.boolean() }),
  steps: z.array(Step),
});
const Workflow = z.strictObject({
  name: z.string(),
  on: z.strictObject({
    pull_request: z.null(),
    push: z.strictObject({ branches: z.tuple([z.literal("main")]) }),
    schedule: z.tuple([z.strictObject({ cron: z.string().regex(/^[\d*]+( [\d*]+){4}$/) })]),
    workflow_dispatch: z.null(),
  }),
  permissions: z.strictObject({ contents: z.literal("read") }),
  env: z.record(z.string(), z.string()),
  jobs: z.strictObject({ preview: Job, up: Job, drift: Job }),
});

const workflow = () => Workflow.parse(load(read("docs/guides/ci-workflow.yml")));
const commandsOf = (job: z.infer<typeof Job>) =>
  job.steps.flatMap((step) => ("run" in step ? [step.run] : []));

/** The code blocks of a page in a language; the one that follows a text, where that is given. */
function block(path: string, language: string, after = ""): string {
  const text = read(path);
  const from = text.indexOf(after);
  const found = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text.slice(from));
  if (from < 0 || found?.[1] === undefined) throw new Error(`${path} has no ${language} after ${after}`);
  return found[1];
}

test("the workflow is one that GitHub understands; its secrets are secrets, and no `up` is cut off", () => {
  const { env, jobs } = workflow();
  expect(env).toEqual({ PULUMI_BACKEND_URL: `\${{ vars.PULUMI_BACKEND_URL }}` });
  const named = new Set(["PULUMI_BACKEND_URL"]);
  for (const step of Object.values(jobs).flatMap(({ steps }) => steps)) {
    if ("uses" in step) {
      // No later step can push with what the checkout leaves.
      if (step.uses.startsWith("actions/checkout@")) expect(step.with?.["persist-credentials"]).toBe(false);
      continue;
    }
    // Code of packages runs in all other steps.
    expect([step.run, step.env !== undefined]).toEqual([step.run, step.run.startsWith("pulumi ")]);
    for (const [name, value] of Object.entries(step.env ?? {})) {
      named.add(name);
      expect(value).toBe(`\${{ secrets.${name} }}`);
    }
  }
  expect(jobs.up.concurrency["cancel-in-progress"]).toBe(false);
  expect(new Set(Object.values(jobs).map(({ concurrency }) => concurrency.group)).size).toBe(3);
  expect(jobs.preview.if).toContain("head.repo.full_name == github.repository");
  // Every secret and variable is one that the page tells to set.
  expect([...named].filter((name) => !read("docs/guides/ci.md").includes(`\`${name}\``))).toEqual([]);
});

test("every npm command of the workflow exists in the project that the installation page describes", () => {
  const template = JSON.parse(block("docs/installation-configuration.md", "json", "`package.json`")) as {
    scripts: Record<string, string>;
  };
  const commands = Object.values(workflow().jobs).flatMap(commandsOf);
  expect(commands.filter((command) => !/^(npm|pulumi) /.test(command))).toEqual([]);
  for (const [, command, script] of commands.flatMap((line) => [
    ...line.matchAll(/^npm (\w+)(?: (\S+))?$/g),
  ])) {
    expect(command === "run" ? Object.keys(template.scripts) : ["ci"]).toContain(
      command === "run" ? script : command,
    );
  }
});

let engine: EngineTest | undefined;
afterEach(() => engine?.close());

test("the commands of page and workflow do what the page says", async () => {
  const started = await EngineTest.start();
  engine = started;
  const cli = String(process.env.AKAMAI_EDGE_TEST_CLI);
  const env = {
    ...process.env,
    ...pulumiEnvironment(started.folder),
    PATH: `${join(cli, "bin")}${delimiter}${process.env.PATH}`,
  };
  const shell = (command: string) =>
    new Promise<{ ok: boolean; text: string }>((resolve) => {
      execFile("sh", ["-c", command], { cwd: started.folder, env }, (error, stdout, stderr) =>
        resolve({ ok: error === null, text: stdout + stderr }),
      );
    });
  const helps: Partial<Record<string, ReturnType<typeof shell>>> = {};
  let retentionInSeconds = 86_400;
  const program = async () => {
    new edgekv.Namespace("catalog", { network: "staging", groupId: 72_297, retentionInSeconds });
  };

  /**
   * Runs a command as the workflow does. The CLI that `npm test` can build has no language host for Node, so that `preview` and `up` run through the
   * Automation API: the same engine and options, the program in this process. The CLI itself tells whether it knows the options.
   */
  const carryOut = async (command: string): Promise<{ ok: boolean; text: string }> => {
    const [, action = ""] = command.split(" ");
    if (command.startsWith("npm ")) return { ok: true, text: "" };
    if (action !== "preview" && action !== "up")
      return shell(command.replace("--stack staging", "--stack demo"));
    helps[action] = helps[action] ?? shell(`pulumi ${action} --help`);
    const { text: help } = await helps[action];
    expect([...command.matchAll(/--[\w-]+/g)].map(String).filter((option) => !help.includes(option))).toEqual(
      [],
    );
    const run = () => {
      if (action === "up") return started.up(program);
      if (!command.includes("--expect-no-changes")) return started.preview(program);
      return watch((onEvent) => started.stack.preview({ expectNoChanges: true, onEvent }));
    };
    const done = await run();
    return { ok: done.error === undefined, text: `${changed(done).join()}\n${done.text}` };
  };
  const job = async (name: "preview" | "up" | "drift") => {
    const results: { ok: boolean; text: string }[] = [];
    for (const command of commandsOf(workflow().jobs[name])) results.push(await carryOut(command));
    return {
      failed: results.filter(({ ok }) => !ok).length,
      output: results.map(({ text }) => text).join("\n"),
    };
  };

  for (const command of block("docs/guides/ci.md", "sh").trim().split("\n")) {
    expect([command, await shell(command)]).toEqual([command, { ok: true, text: expect.any(String) }]);
  }
  expect((await shell("pulumi stack ls")).text).toMatch(/^staging\*/m);
  expect(readFileSync(join(started.folder, "Pulumi.staging.yaml"), "utf8")).toContain(
    'shop:groupId: "12345"',
  );

  expect(await job("preview")).toMatchObject({
    failed: 0,
    output: expect.stringContaining("create catalog"),
  });
  expect(started.changes()).toEqual([]);
  expect((await job("up")).failed).toBe(0);
  expect(started.changes()).toEqual(["POST /edgekv/v1/networks/staging/namespaces"]);
  if (isFull) expect(await job("drift")).toMatchObject({ failed: 0 });

  // What somebody did is found, and what was never applied; both are left as they are.
  await started.somebody().send({
    method: "PUT",
    path: "/edgekv/v1/networks/staging/namespaces/catalog",
    json: { namespace: "catalog", retentionInSeconds: 259_200, groupId: 72_297 },
  });
  started.emulator.clearJournal();
  retentionInSeconds = 172_800;
  const { failed, output } = await job("drift");
  expect(failed).toBe(2);
  expect(output).toMatch(
    /retentionInSeconds.*no changes were expected for refresh.*no changes were expected/s,
  );
  expect(started.changes()).toEqual([]);
}, 120_000);
