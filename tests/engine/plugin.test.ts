/** The native plugin in the real engine. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { startEmulator } from "../../emulator";
import { launcher, pluginFolder } from "../../scripts/bundle";
import { isOfPackage } from "../../scripts/engine";
import { signalEngines } from "../../scripts/processes";
import { root } from "../../scripts/root";
import { edgekv, Provider } from "../../sdk";
import { changed, EngineTest, killEngineAlone, succeeded } from "../support/engine";
import { fullTest, isFull } from "../support/extent";
import { ProjectTest } from "../support/project";

let engine: EngineTest | undefined;
let project: ProjectTest | undefined;
afterEach(async () => {
  await engine?.close();
  await project?.close();
  engine = undefined;
  project = undefined;
});

/** A stack that the end of the test closes. */
async function started(options: Parameters<typeof EngineTest.startNative>[0] = {}): Promise<EngineTest> {
  const made = await EngineTest.startNative(options);
  engine = made;
  return made;
}

const catalog = (retentionInSeconds: number) => async () => {
  const { name, policy, namespaceStatus } = new edgekv.Namespace("catalog", {
    network: "staging",
    groupId: 72297,
    retentionInSeconds,
  });
  const place = { network: "staging", namespace: name, group: "g", waitForPropagation: false } as const;
  new edgekv.Item("staying", {
    ...place,
    key: "a",
    json: policy.apply((known) => ({ known: JSON.stringify(known) })),
  });
  new edgekv.Item("changing", { ...place, key: "b", value: namespaceStatus });
};

test("a stack moves from dynamic to native and back: all the same, without a changing request", async () => {
  const engine = await started();
  engine.isNative = false;
  await succeeded(engine.up(catalog(0)));
  engine.emulator.clearJournal();
  const dynamic = await engine.resources();
  for (const isNative of [true, false]) {
    engine.isNative = isNative;
    expect(changed(await succeeded(engine.up(catalog(0))))).toEqual([]);
    expect(engine.changes()).toEqual([]);
    const moved = await engine.resources();
    expect(moved.map(({ type }) => type.split(":")[0])).toEqual(
      moved.map(() => (isNative ? "akamai-edge" : "pulumi-nodejs")),
    );
    expect(moved.map(({ id }) => id).sort()).toEqual(dynamic.map(({ id }) => id).sort());
  }

  engine.isNative = true;
  // What stays is known at the preview of an update: only what depends on the rest may change.
  const preview = await succeeded(engine.preview(catalog(86_400)));
  expect(changed(preview)).toEqual(["update catalog", "update changing"]);
  // moving.test.ts has whole stacks.
  if (!isFull) return;
  expect(changed(await succeeded(engine.up(catalog(86_400))))).toEqual(["update catalog"]);
  engine.isNative = false;
  expect(changed(await succeeded(engine.up(catalog(86_400))))).toEqual([]);
  await succeeded(engine.destroy());
  expect(await engine.resources()).toEqual([]);
  // Seven runs of the engine.
}, 300_000);

test("two Providers are two accounts, `import` takes an object over, and no state has credentials in clear", async () => {
  const engine = await started();
  engine.isNative = false;
  const other = await startEmulator({
    dir: join(engine.folder, "other"),
    lag: "none",
    settings: { initialized: true },
  });
  try {
    await engine.somebody().send({
      method: "POST",
      path: "/edgekv/v1/networks/staging/namespaces",
      json: { namespace: "legacy", groupId: 0, retentionInSeconds: 0 },
    });
    engine.emulator.clearJournal();
    const accounts = [engine.emulator, other].map((emulator) => ({
      ...emulator.credentials(),
      caFile: String(emulator.caFile),
    }));
    const program = async () => {
      const [mine, theirs] = accounts.map((settings, index) => new Provider(`account-${index}`, settings));
      if (mine === undefined || theirs === undefined) throw new Error("there are two accounts");
      const args = { network: "staging", groupId: 0, retentionInSeconds: 0 } as const;
      new edgekv.Namespace("legacy", args, { provider: mine, import: "staging/legacy" });
      const there = new edgekv.Namespace("there", args, { provider: theirs });
      // A function reads the account of its Provider. At the first preview, `there` is still to be made.
      const found = edgekv.getNamespaceOutput({ network: "staging", name: there.name }, { provider: theirs });
      const names = edgekv
        .getNamespacesOutput({ network: "staging" }, { provider: mine })
        .apply((all) => all.map(({ name }) => name));
      pulumi.all([found.namespaceStatus, names]).apply((known) => seen.push(known));
    };
    const seen: unknown[] = [];
    await succeeded(engine.preview(program));
    expect(seen).toEqual([]);
    expect(changed(await succeeded(engine.up(program))).sort()).toEqual(["create there", "import legacy"]);
    expect(seen).toEqual([["READY", ["default", "legacy"]]]);
    expect(engine.changes()).toEqual([]);
    const created = other.journal().filter(({ method }) => method !== "GET");
    expect(created.map(({ path }) => path)).toEqual(["/edgekv/v1/networks/staging/namespaces"]);
    const state = engine.checkpoint();
    for (const { clientSecret, clientToken, accessToken } of accounts)
      for (const secret of [clientSecret, clientToken, accessToken]) expect(state).not.toContain(secret);
    expect(changed(await succeeded(engine.preview(program)))).toEqual([]);
  } finally {
    await other.close();
  }
}, 300_000);

test("an engine that is killed takes the plugin along, and the next run ends with one object of each", async () => {
  // A create that waits for half an hour.
  const engine = await started({ lag: { preset: "none", activation: 86_400 } });
  const program = async () => {
    const { name } = new edgekv.Namespace("words", { network: "staging", groupId: 0, retentionInSeconds: 0 });
    new edgekv.AccessToken("reader", {
      allowOnStaging: true,
      namespacePermissions: name.apply((known) => ({ [known]: ["r"] })),
    });
  };
  void engine.up(program);
  while (!engine.changes().includes("POST /edgekv/v1/tokens"))
    await new Promise((resolve) => setTimeout(resolve, 20));
  // Fails when something that the engine started is still running.
  await killEngineAlone();
  // The next run goes on with what is there.
  await engine.stack.cancel();
  engine.emulator.clock.advance(86_400);
  await succeeded(engine.up(program));
  const { tokens } = (await engine.somebody().send({ method: "GET", path: "/edgekv/v1/tokens" })).as(
    z.object({ tokens: z.array(z.object({ name: z.string() })) }),
  );
  expect(tokens).toHaveLength(1);
  expect((await engine.resources()).map(({ type }) => type).sort()).toEqual([
    "akamai-edge:edgekv:AccessToken",
    "akamai-edge:edgekv:Namespace",
  ]);
}, 300_000);

/** What a step is called in the engine's events, and in its preview as JSON. */
const nameOf = (urn: string) => urn.split("::").at(-1) ?? "";

fullTest(
  "`pulumi preview --json` names what `up` then does: creates, a rotation, and nothing",
  async () => {
    const started = await ProjectTest.start(
      join(root, "examples", "geo-greeting"),
      { settings: { initialized: false } },
      "native",
    );
    project = started;
    const planned = async () => {
      const { steps } = await started.previewJson();
      return steps
        .filter(({ op, urn }) => op !== "same" && isOfPackage(urn.split("::").at(-2) ?? ""))
        .map(({ op, urn }) => `${op} ${nameOf(urn)}`)
        .sort();
    };
    // A preview as JSON has one step of a replacement.
    const done = async () =>
      changed(await succeeded(started.up({ transpileOnly: true })))
        .filter((step) => !/^(create-replacement|delete-replaced) /.test(step))
        .sort();

    const creates = await planned();
    expect(creates.length).toBeGreaterThan(5);
    expect(started.changes()).toEqual([]);
    expect(await done()).toEqual(creates);
    await started.setConfig("permissions", '["r","w"]');
    const rotation = await planned();
    expect(rotation).toEqual(expect.arrayContaining([expect.stringMatching(/^replace /)]));
    expect(await done()).toEqual(rotation);
    expect(await planned()).toEqual([]);
  },
  300_000,
);

fullTest(
  "attached to a plugin that runs already, runs share neither memory nor a cancellation",
  async () => {
    const engine = await started({ lag: { preset: "none", activation: 86_400 } });
    const plugin = spawn(process.execPath, [join(pluginFolder, launcher)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const [port] = (await once(createInterface(plugin.stdout), "line")) as [string];
      Object.assign(engine.stack.workspace.envVars, { PULUMI_DEBUG_PROVIDERS: `akamai-edge:${port}` });
      const namespace = () =>
        new edgekv.Namespace("words", { network: "staging", groupId: 0, retentionInSeconds: 0 }).name;
      await succeeded(engine.up(async () => void namespace()));

      const withToken = async () => {
        const namespacePermissions = namespace().apply((name) => ({ [name]: ["r" as const] }));
        new edgekv.AccessToken("reader", { allowOnStaging: true, namespacePermissions });
      };
      const running = engine.up(withToken);
      while (!engine.changes().includes("POST /edgekv/v1/tokens"))
        await new Promise((resolve) => setTimeout(resolve, 20));
      signalEngines("SIGINT");
      expect((await running).error).toBeDefined();
      // It was started by hand, so it is ended by hand.
      expect(plugin.exitCode).toBeNull();

      engine.emulator.clock.advance(86_400);
      await succeeded(engine.up(withToken));
      expect(engine.changes().filter((one) => one === "POST /edgekv/v1/tokens")).toHaveLength(1);
      const [reader] = (await engine.resources()).filter(({ type }) => type.endsWith(":AccessToken"));
      await engine.somebody().send({ method: "DELETE", path: `/edgekv/v1/tokens/${reader?.id}` });
      await succeeded(engine.refresh());
      expect((await engine.resources()).map(({ urn }) => nameOf(urn))).toEqual(["words"]);
      expect(plugin.exitCode).toBeNull();
    } finally {
      const ended = once(plugin, "exit");
      plugin.kill();
      await ended;
    }
  },
  300_000,
);
