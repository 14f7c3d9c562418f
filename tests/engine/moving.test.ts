/** Whole stacks move from dynamic to native and back: the account does not notice. */
import { join } from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { root } from "../../scripts/root";
import { changed, EngineTest, succeeded } from "../support/engine";
import { fullTest } from "../support/extent";
import { keptVersions, restored } from "../support/keptStates";

const fullSite = require(join(root, "examples", "full-site")) as PulumiFn;

let engine: EngineTest;
afterEach(() => engine.close());

/** A site that a dynamic provider made. */
async function dynamicSite(): Promise<EngineTest> {
  const made = await EngineTest.startNative();
  made.isNative = false;
  await succeeded(made.up(fullSite));
  return made;
}

const prefixes = async () => new Set((await engine.resources()).map(({ type }) => type.split(":")[0]));
const ids = async () => (await engine.resources()).map(({ id }) => id).sort();

const stacks: readonly (readonly [what: string, start: () => Promise<EngineTest>])[] = [
  ["of full-site", dynamicSite],
  ...keptVersions.map((version) => [`of ${version}`, () => restored(version, 0, "native")] as const),
];

fullTest.each(stacks)(
  "a stack %s moves over and back by a Provider: all the same, without a changing request; then the plugin takes it down",
  async (_what, start) => {
    engine = await start();
    engine.emulator.clearJournal();
    const before = await ids();
    for (const isNative of [true, false, true]) {
      engine.isNative = isNative;
      expect(changed(await succeeded(engine.up(fullSite)))).toEqual([]);
      expect(await prefixes()).toEqual(new Set([isNative ? "akamai-edge" : "pulumi-nodejs"]));
      expect(await ids()).toEqual(before);
    }
    const refreshed = await succeeded(engine.refresh());
    expect(changed(refreshed).filter((step) => !step.startsWith("refresh "))).toEqual([]);
    expect(engine.changes()).toEqual([]);

    await engine.stack.setConfig("shop:greeter", { value: "off" });
    await succeeded(engine.up(fullSite));
    expect(changed(await succeeded(engine.destroy()))).toHaveLength(before.length);
    expect(await engine.resources()).toEqual([]);
  },
  900_000,
);
