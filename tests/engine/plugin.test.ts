/** The native plugin in the real engine. */
import { edgekv } from "../../sdk";
import { changed, EngineTest, succeeded } from "../support/engine";

let engine: EngineTest;
afterEach(() => engine.close());

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
  engine = await EngineTest.startNative();
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
  expect(changed(await succeeded(engine.up(catalog(86_400))))).toEqual(["update catalog"]);
  engine.isNative = false;
  expect(changed(await succeeded(engine.up(catalog(86_400))))).toEqual([]);
  await succeeded(engine.destroy());
  expect(await engine.resources()).toEqual([]);
  // Seven runs of the engine.
}, 300_000);
