/** Pulumi's own options on resources of this package: what docs/guides/resource-options.md promises. */
import type * as pulumi from "@pulumi/pulumi";
import { outputsOf } from "../../scripts/engine";
import { edgekv } from "../../sdk";
import { changed, EngineTest, succeeded } from "../support/engine";
import { fullTest } from "../support/extent";

let engine: EngineTest;
beforeEach(async () => {
  engine = await EngineTest.start();
});
afterEach(() => engine.close());

interface Options {
  readonly namespace?: pulumi.CustomResourceOptions;
  readonly item?: pulumi.CustomResourceOptions;
}

const shop =
  (values: { retention?: number; value?: string } = {}, options: Options = {}) =>
  async () => {
    const namespace = new edgekv.Namespace(
      "catalog",
      { network: "staging", groupId: 72_297, retentionInSeconds: values.retention ?? 0 },
      options.namespace,
    );
    new edgekv.Item(
      "greeting",
      { namespace, group: "words", key: "greeting", value: values.value ?? "Hello" },
      options.item,
    );
  };

const item: pulumi.CustomResourceOptions = {
  protect: true,
  transforms: [({ props, opts }) => ({ props: { ...props, value: `${props.value}!` }, opts })],
};

test('a transform changes inputs, `ignoreChanges: ["*"]` keeps what is there, `protect` refuses a delete, and a namespace goes with its items', async () => {
  await succeeded(engine.up(shop({}, { item })));
  expect((await engine.resources()).find(({ urn }) => urn.endsWith("::greeting"))?.outputs.value).toBe(
    "Hello!",
  );
  engine.emulator.clearJournal();
  const ignoreChanges = ["*"];
  const other = shop(
    { retention: 86_400, value: "Servus" },
    { namespace: { ignoreChanges }, item: { ...item, ignoreChanges } },
  );
  expect(changed(await succeeded(engine.up(other)))).toEqual([]);
  expect((await engine.destroy()).error).toBeDefined();
  expect(engine.changes()).toEqual([]);

  await succeeded(engine.up(shop({ value: "Hello!" })));
  // No item is deleted by itself.
  expect(changed(await succeeded(engine.destroy())).sort()).toEqual(["delete catalog", "delete greeting"]);
  expect(engine.changes()).toEqual(["DELETE /edgekv/v1/networks/staging/namespaces/catalog"]);
});

fullTest("`retainOnDelete` sends no delete", async () => {
  const retained: Options = {
    namespace: { retainOnDelete: true },
    item: { ...item, protect: false, retainOnDelete: true },
  };
  await succeeded(engine.up(shop({}, retained)));
  engine.emulator.clearJournal();
  await succeeded(engine.destroy());
  expect(engine.changes()).toEqual([]);
});

fullTest(
  "`replaceOnChanges` is not supported: a change stays an update in place, and no data goes",
  async () => {
    await succeeded(engine.up(shop()));
    engine.emulator.clearJournal();
    const replaceOnChanges = ["*"];
    const other = shop(
      { value: "Servus", retention: 86_400 },
      { namespace: { replaceOnChanges }, item: { replaceOnChanges: ["value"] } },
    );
    expect(changed(await succeeded(engine.up(other))).sort()).toEqual(["update catalog", "update greeting"]);
    expect(engine.changes().filter((request) => request.startsWith("DELETE"))).toEqual([]);
  },
);

fullTest(
  "`get` reads a namespace that others manage: it is not in the program's hands, and its items are deleted by themselves",
  async () => {
    await engine.somebody().send({
      method: "POST",
      path: "/edgekv/v1/networks/staging/namespaces",
      json: { namespace: "theirs", groupId: 72_297, retentionInSeconds: 86_400 },
    });
    const program = async () => {
      const theirs = edgekv.Namespace.get("theirs", "staging/theirs", { network: "staging", name: "theirs" });
      new edgekv.Item("greeting", { namespace: theirs, group: "words", key: "greeting", value: "Hello" });
      return { retention: theirs.retentionInSeconds };
    };
    await succeeded(engine.up(program));
    expect((await outputsOf(engine.stack)).retention?.value).toBe(86_400);
    engine.emulator.clearJournal();
    await succeeded(engine.destroy());
    expect(engine.changes()).toEqual([
      "DELETE /edgekv/v1/networks/staging/namespaces/theirs/groups/words/items/greeting",
    ]);
  },
);
