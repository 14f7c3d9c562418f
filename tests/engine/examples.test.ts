import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/root";
import { changed, succeeded } from "../support/engine";
import { ProjectTest } from "../support/project";

const examples = readdirSync(join(root, "examples"));
/** Every folder of the checkout in which somebody may type `pulumi up`, from its root. */
const projects = [...examples.map((name) => `examples/${name}`), "."];

/** What destroys need first: an EdgeWorker stays while live rules send requests to it. */
const beforeDestroy: Readonly<Record<string, readonly [key: string, value: string]>> = {
  "examples/full-site": ["greeter", "off"],
  ".": ["greeter", "off"],
};

test.each(projects)(
  "%s runs on a new account: preview, up, nothing more to do, destroy",
  async (folder) => {
    const project = await ProjectTest.start(join(root, folder), { settings: { initialized: false } });
    try {
      const previewed = await succeeded(project.preview());
      expect(project.changes()).toEqual([]);
      expect(changed(previewed).length).toBeGreaterThan(0);
      expect(changed(await succeeded(project.up({ transpileOnly: true }))).sort()).toEqual(changed(previewed).sort());
      expect(changed(await succeeded(project.up({ transpileOnly: true })))).toEqual([]);
      const setting = beforeDestroy[folder];
      if (setting !== undefined) {
        await project.setConfig(...setting);
        expect(changed(await succeeded(project.up({ transpileOnly: true }))).length).toBeGreaterThan(0);
        expect(changed(await succeeded(project.up({ transpileOnly: true })))).toEqual([]);
      }
      const destroyed = changed(await succeeded(project.destroy())).sort();
      expect(destroyed).toEqual(
        changed(previewed)
          .map((step) => step.replace(/^create /, "delete "))
          .sort(),
      );
      expect(project.resources()).toEqual([]);
    } finally {
      await project.close();
    }
    // The whole site goes live twice, and is taken down.
  },
  240_000,
);
