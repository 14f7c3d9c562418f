/**
 * SIGKILL of the engine alone, in the middle of an update of many items. The provider must not go on without it: it would undo what the next run does.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandIn } from "../../scripts/pulumi-cli/find";
import { edgekv } from "../../sdk";
import { changed, EngineTest, killEngineAlone, succeeded } from "../support/engine";
import { accountOf } from "../support/testEngine/account";

const count = 150;
const sentBefore = 20;
const items = "/edgekv/v1/networks/staging/namespaces/catalog/groups/countries/items/*";

/** What full installations bring: a shell that stays between engine and provider. The tests' own launcher execs node. */
const launcherOfInstallations = `#!/bin/sh
PULUMI_DYNAMIC_PROVIDER_SCRIPT_PATH=$(node -e "console.log(require.resolve('@pulumi/pulumi/cmd/dynamic-provider'))")
if [ ! -z "$PULUMI_DYNAMIC_PROVIDER_SCRIPT_PATH" ]; then
    node "$PULUMI_DYNAMIC_PROVIDER_SCRIPT_PATH" $@
fi
`;

/** A folder of a Pulumi CLI with that launcher. */
function installation(): string {
  const cli = mkdtempSync(join(tmpdir(), "akamai-edge-cli-"));
  mkdirSync(join(cli, "bin"));
  symlinkSync(commandIn(String(process.env.AKAMAI_EDGE_TEST_CLI)), commandIn(cli));
  const launcher = join(cli, "bin", "pulumi-resource-pulumi-nodejs");
  writeFileSync(launcher, launcherOfInstallations);
  chmodSync(launcher, 0o755);
  return cli;
}

test("an engine that is killed takes its provider along, and the next run has the account for itself", async () => {
  const cli = installation();
  const engine = await EngineTest.start({ settings: { itemRatePerSecond: 10_000 } }, cli);
  const file = join(engine.folder, "items.csv");
  const declare = (value: string) => {
    const lines = Array.from({ length: count }, (_, index) => `key-${index},${value}`);
    writeFileSync(file, `key,value\n${lines.join("\n")}\n`);
  };
  const program = async () => {
    const { name } = new edgekv.Namespace("catalog", {
      network: "staging",
      groupId: 0,
      retentionInSeconds: 0,
    });
    new edgekv.ItemGroup("countries", {
      network: "staging",
      namespace: name,
      group: "countries",
      file,
      transfer: "items",
    });
  };
  const held = () => {
    const group = accountOf(engine.emulator).edgekv.items.staging.catalog?.countries ?? {};
    const values = Object.values(group).map((states) => JSON.stringify(states.at(-1)?.value));
    return new Set(values);
  };
  try {
    declare("first");
    await succeeded(engine.up(program));
    const first = held();
    expect(first.size).toBe(1);

    engine.emulator.clearJournal();
    engine.emulator.faults.add({ method: "PUT", path: items, kind: "slow", delayMs: 300, times: 10 * count });
    declare("second");
    const killed = engine.up(program);
    while (engine.changes().length < sentBefore) await new Promise((resolve) => setTimeout(resolve, 10));
    await killEngineAlone();
    const sent = engine.changes().length;
    expect(sent).toBeLessThan(count / 2);
    expect((await killed).error).toBeDefined();

    declare("first");
    await engine.stack.cancel();
    expect(engine.changes()).toHaveLength(sent);
    engine.emulator.faults.clear();
    // The engine says so itself: what the interrupted update had done is in no state.
    await succeeded(engine.refresh());
    await succeeded(engine.up(program));
    expect(held()).toEqual(first);
    expect(changed(await succeeded(engine.preview(program)))).toEqual([]);
    expect(held()).toEqual(first);
  } finally {
    await engine.close();
    rmSync(cli, { recursive: true, force: true });
  }
}, 300_000);
