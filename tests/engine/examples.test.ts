import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { root } from "../../scripts/root";
import { changed, EngineTest, succeeded } from "../support/engine";

const folder = join(root, "examples");
const examples = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** What has to be gone back on first: rules that are live need their EdgeWorker. */
const wayBack: Readonly<Record<string, readonly [key: string, value: string]>> = { "full-site": ["greeter", "off"] };

test.each(examples)("examples/%s is a project of its own", (name) => {
  expect(["Pulumi.yaml", "index.ts"].filter((file) => !existsSync(join(folder, name, file)))).toEqual([]);
});

test.each(examples)(
  "examples/%s runs on a new account: preview, up, nothing more to do, destroy",
  async (name) => {
    const program = require(join(folder, name)) as PulumiFn;
    const engine = await EngineTest.start({ settings: { initialized: false } });
    try {
      const previewed = await succeeded(engine.preview(program));
      expect(engine.changes()).toEqual([]);
      expect(changed(previewed).length).toBeGreaterThan(0);
      expect(changed(await succeeded(engine.up(program))).sort()).toEqual(changed(previewed).sort());
      expect(changed(await succeeded(engine.up(program)))).toEqual([]);
      const back = wayBack[name];
      if (back !== undefined) {
        await engine.stack.setConfig(`shop:${back[0]}`, { value: back[1] });
        expect(changed(await succeeded(engine.up(program))).length).toBeGreaterThan(0);
        expect(changed(await succeeded(engine.up(program)))).toEqual([]);
      }
      const destroyed = changed(await succeeded(engine.destroy())).sort();
      expect(destroyed).toEqual(
        changed(previewed)
          .map((step) => step.replace(/^create /, "delete "))
          .sort(),
      );
      expect(await engine.resources()).toEqual([]);
    } finally {
      await engine.close();
    }
    // The whole site goes live twice, and comes back.
  },
  120_000,
);
